//! Who hears of the access tokens of an institution, and how they end with the password of who made them.

use domain::{
    access::Scope,
    calendar::{japanese_date, japanese_datetime},
    ids::InstitutionId,
};
use storage::{
    Tx,
    access::{NewToken, Own},
    accounts::Account,
    boxed,
};

use crate::{
    Ctx, Result,
    accounts::{audit_as, letter_to, links, membership::ROLE_OWNER},
    mail::queue,
};

/// Tokens that the person made for institutions and that still work.
///
/// # Errors
/// [`crate::Error::LoginRequired`].
#[boxed]
pub async fn own_alive(ctx: &Ctx<'_>) -> Result<Vec<Own>> {
    Ok(storage::access::of_account(&mut ctx.app.db.read().await?, ctx.account()?, ctx.now).await?)
}

/// Tells the owners that a token was made.
pub(super) async fn tell_made(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    institution: InstitutionId,
    new: &NewToken<'_>,
) -> Result<()> {
    let scopes: Vec<&str> = Scope::split(new.scopes).iter().map(|scope| scope.label()).collect();
    let further = [
        ("token", new.name.to_owned()),
        ("scopes", scopes.join("・")),
        ("last_day", japanese_date(new.ends_at.date())),
        ("actor", ctx.session()?.name.clone()),
    ];
    tell_owners(ctx, tx, institution, ("access_token_made", &further)).await
}

/// Ends the tokens that a person made for institutions, because their password was set anew by mail: whoever took over their
/// session may have made them. The owners are told, for their systems stand still now.
pub(crate) async fn end_with_password(ctx: &Ctx<'_>, tx: &mut Tx, person: &Account) -> Result<()> {
    let mut left = storage::access::of_account(tx, person.id, ctx.now).await?;
    for one in &left {
        storage::access::revoke(tx, one.id, Some(one.institution), person.id, ctx.now).await?;
        audit_as(ctx, tx, person.id, "access_token.revoke", format!("access_token:{}", one.id));
    }
    while let Some(institution) = left.first().map(|one| one.institution) {
        let (here, others): (Vec<Own>, Vec<Own>) = left.into_iter().partition(|one| one.institution == institution);
        let names: Vec<String> = here.into_iter().map(|one| format!("・{}", one.name)).collect();
        let further = [("tokens", names.join("\n")), ("actor", person.name.clone())];
        tell_owners(ctx, tx, institution, ("access_tokens_ended", &further)).await?;
        left = others;
    }
    Ok(())
}

async fn tell_owners(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    institution: InstitutionId,
    (text, further): (&str, &[(&'static str, String)]),
) -> Result<()> {
    let members = storage::accounts::members_in_force(tx, institution).await?;
    for owner in members.iter().filter(|one| one.role == ROLE_OWNER) {
        let own = [
            ("person", owner.person_name.clone()),
            ("institution", owner.institution_name.clone()),
            ("when", japanese_datetime(ctx.now)),
            ("page_url", links::access_tokens(ctx)),
        ];
        let values = [&own[..], further].concat();
        queue(ctx, tx, &letter_to(text, owner.account_id, &owner.person_email), &values).await?;
    }
    Ok(())
}

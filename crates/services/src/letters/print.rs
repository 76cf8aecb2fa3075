//! Letters as PDF.

use domain::{
    calendar::{YearMonth, japanese_date},
    ids::{ApplicationId, BatchId, LetterId},
    institutions::{Institution, InstitutionCode},
    permissions::Permission,
    text::months_in_words,
};
use letters::{IssuanceNotice, MembershipLetter, Recipient, Sender, UserIdNotice};
use storage::boxed;
use storage::{Conn, letters::Letter};

use super::{ISSUANCE_NOTICE, SEAL, desk::reference_of};
use crate::{Ctx, Error, Result};

/// A letter with its secret, ready to be printed.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Identifier.
    pub id: LetterId,
    /// The PDF.
    pub pdf: Vec<u8>,
}

enum Content {
    Issuance(Box<IssuanceNotice>),
    Membership(Box<MembershipLetter>),
}

/// The operator as a letter names it.
pub(crate) fn sender(ctx: &Ctx<'_>) -> Sender {
    let operator = &ctx.app.settings.operator;
    Sender {
        name: operator.name.clone(),
        postal_code: operator.postal_code.clone(),
        address: operator.address.clone(),
        contact: operator.phone.clone(),
        hours: operator.hours.clone(),
    }
}

fn recipient(institution: &Institution, addressee: &str) -> Recipient {
    Recipient {
        postal_code: institution.postal_code.clone(),
        address: institution.address.clone(),
        institution_name: institution.name.clone(),
        addressee: addressee.to_owned(),
    }
}

fn grouped_code(code: &InstitutionCode) -> String {
    code.grouped()
}

async fn content(ctx: &Ctx<'_>, conn: &mut Conn, letter: &Letter) -> Result<Content> {
    let sealed = letter.secret_sealed.as_ref().ok_or(Error::ChangedMeanwhile)?;
    let secret = String::from_utf8(ctx.app.vault.open(SEAL, sealed)?).map_err(Error::internal)?;
    let to = storage::institutions::find(conn, letter.institution_id).await?.ok_or(Error::NotFound)?;
    let reference = reference_of(conn, letter).await?;
    if letter.kind == ISSUANCE_NOTICE {
        return issuance(ctx, conn, letter, &to, reference, secret).await;
    }
    let id = letter.membership_id.ok_or_else(|| Error::internal("letter without membership"))?;
    let membership = storage::accounts::membership(conn, id).await?.ok_or(Error::NotFound)?;
    Ok(Content::Membership(Box::new(MembershipLetter {
        sender: sender(ctx),
        recipient: recipient(&to, &letter.addressee),
        issued_on: japanese_date(ctx.now.date()),
        reference,
        institution_code: grouped_code(&to.code),
        person_name: membership.person_name,
        person_email: membership.person_email,
        code: secret,
        page_url: format!("{}/memberships/{id}/code", ctx.app.settings.portal_url),
        deadline: japanese_date((letter.created_at + crate::accounts::membership::CODE_LIFE).date()),
    })))
}

async fn issuance(
    ctx: &Ctx<'_>,
    conn: &mut Conn,
    letter: &Letter,
    to: &Institution,
    reference: String,
    secret: String,
) -> Result<Content> {
    let id = letter.application_id.ok_or_else(|| Error::internal("letter without case"))?;
    let case = storage::applications::find(conn, id).await?.ok_or(Error::NotFound)?;
    let profile = crate::authority::profile_of(ctx, &case);
    let months = profile.term().months.min(ctx.app.rules().certificate_months);
    Ok(Content::Issuance(Box::new(IssuanceNotice {
        sender: sender(ctx),
        recipient: recipient(to, &letter.addressee),
        issued_on: japanese_date(ctx.now.date()),
        reference,
        institution_code: grouped_code(&to.code),
        terminal_name: case.terminal_name.unwrap_or_default(),
        pickup_id: letter.pickup_id.clone().unwrap_or_default(),
        pickup_secret: secret,
        pickup_url: format!("{}/", ctx.app.settings.closed_url),
        pickup_deadline: letter.deadline.map(|at| japanese_date(at.date())).unwrap_or_default(),
        validity: format!("発行日から{}", months_in_words(months)),
    })))
}

async fn render(ctx: &Ctx<'_>, contents: Vec<Content>) -> Result<Vec<u8>> {
    let press = ctx.app.press.clone();
    let print = move || {
        let (mut notices, mut memberships) = (vec![], vec![]);
        for content in contents {
            match content {
                Content::Issuance(notice) => notices.push(*notice),
                Content::Membership(letter) => memberships.push(*letter),
            }
        }
        if memberships.is_empty() { press.issuance_notices(&notices) } else { press.membership_letters(&memberships) }
    };
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// The PDF of one kind of letter in a batch that is not yet confirmed; printing is recorded. Letters that died since
/// the batch was made are left out.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::ChangedMeanwhile`] when no letter is left whose secret exists,
/// [`Error::NotFound`] when the batch has no letter of the kind.
#[boxed]
pub async fn batch_pdf(ctx: &Ctx<'_>, id: BatchId, kind: &str) -> Result<Vec<u8>> {
    ctx.permit(Permission::DispatchLetters)?;
    let mut conn = ctx.app.db.read().await?;
    let mut letters = storage::letters::of_batch(&mut conn, id).await?;
    letters.retain(|letter| letter.kind == kind);
    if letters.is_empty() {
        return Err(Error::NotFound);
    }
    let mut contents = vec![];
    for letter in letters.iter().filter(|letter| !letter.is_dead()) {
        contents.push(content(ctx, &mut conn, letter).await?);
    }
    drop(conn);
    if contents.is_empty() {
        return Err(Error::ChangedMeanwhile);
    }
    let pdf = render(ctx, contents).await?;
    let mut tx = ctx.app.db.write().await?;
    storage::letters::opened(&mut tx, id, kind, ctx.now).await?;
    ctx.audit(&mut tx, "batch.print", format!("batch:{id}"), "", &pki::sha256_hex(&pdf));
    tx.commit().await?;
    Ok(pdf)
}

/// One letter as PDF while its secret exists; only the installation itself may do this, never a person.
///
/// # Errors
/// [`Error::Forbidden`] for persons, [`Error::ChangedMeanwhile`] when its secret is destroyed.
#[boxed]
pub async fn printed_letter(ctx: &Ctx<'_>, id: LetterId) -> Result<Printed> {
    if !matches!(ctx.actor, crate::Actor::System(_)) {
        return Err(Error::Forbidden);
    }
    let mut conn = ctx.app.db.read().await?;
    let letter = storage::letters::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let content = content(ctx, &mut conn, &letter).await?;
    drop(conn);
    Ok(Printed { id, pdf: render(ctx, vec![content]).await? })
}

/// Puts a copy of each letter into the post box of an installation that has one (the demo's stand-in for the post).
pub(super) async fn keep_copies(ctx: &Ctx<'_>, id: BatchId) -> Result<()> {
    if ctx.app.post_box.is_some() {
        for letter in storage::letters::of_batch(&mut ctx.app.db.read().await?, id).await? {
            crate::demo::keep(ctx.app, &letter).await?;
        }
    }
    Ok(())
}

/// The user ID notice of an accepted claims filing (spec 05).
///
/// # Errors
/// [`Error::NotFound`] for another institution's case or one that is not accepted.
#[boxed]
pub async fn user_id_notice(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Vec<u8>> {
    use domain::applications::{Kind, State};
    let case = crate::applications::own(ctx, id).await?;
    if case.kind != Kind::Claims || !matches!(case.state, State::Accepted | State::InForce) {
        return Err(Error::NotFound);
    }
    let to = storage::institutions::find(&mut ctx.app.db.read().await?, case.institution_id)
        .await?
        .ok_or(Error::NotFound)?;
    let month = case.start_month.as_deref().and_then(|month| month.parse::<YearMonth>().ok());
    let notice = UserIdNotice {
        sender: sender(ctx),
        recipient: recipient(&to, ""),
        issued_on: japanese_date(case.state_since.date()),
        reference: crate::applications::tell::grouped(case.reference.as_deref().unwrap_or_default()),
        institution_code: grouped_code(&to.code),
        user_id: format!("{}{}", to.code.score_table().code(), to.code.as_str()),
        first_password: None,
        start_month: month.map(|month| month.to_string()).unwrap_or_default(),
        login_url: String::new(),
    };
    let press = ctx.app.press.clone();
    let print = move || press.user_id_notice(&notice);
    tokio::task::spawn_blocking(print).await.map_err(Error::internal)?.map_err(Error::internal)
}

//! Applicants who lost the app of their second factor and its recovery codes: an administrator takes it away once the call
//! centre knows who they are. The password stays, and the person and the owners of their institutions are told.

use std::collections::BTreeMap;

use domain::{accounts::clean_text, forms::Finding, ids::AccountId, permissions::Permission};
use storage::{Tx, accounts::Account, boxed};

use crate::{
    Ctx, Result,
    accounts::{
        entry,
        membership::{ACTIVE, ROLE_OWNER},
        totp,
    },
};

/// Longest description of how the person was known, in characters.
const LONGEST: usize = 500;

/// What taking a second factor away led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freed {
    /// It is gone; everybody concerned was told.
    Done,
    /// What is wrong; fields `email`, `proof`.
    Slips(Vec<Finding>),
}

/// Takes the second factor of an applicant away and ends their sessions; `proof` says how the person was known, and stays in
/// the audit chain.
///
/// # Errors
/// [`crate::Error::Forbidden`] without [`Permission::ManageStaff`].
#[boxed]
pub async fn free(ctx: &Ctx<'_>, email: &str, proof: &str) -> Result<Freed> {
    ctx.permit(Permission::ManageStaff)?;
    let mut slips = vec![];
    let email = entry::keep(&mut slips, entry::address(email));
    let proof = entry::keep(&mut slips, proof_of(proof));
    let (Some(email), Some(proof)) = (email, proof) else { return Ok(Freed::Slips(slips)) };
    let mut tx = ctx.app.db.write().await?;
    let found = storage::accounts::by_email(&mut tx, &email).await?;
    let bound = |account: &Account| !account.staff && !account.disabled && account.totp_secret.is_some();
    let Some(account) = found.filter(bound) else {
        tx.rollback().await?;
        let message = "このメールアドレスの申請者は、二段階認証を設定していません。メールアドレスを確かめてください。";
        return Ok(Freed::Slips(vec![entry::finding("email", message)]));
    };
    totp::drop_factor(&mut tx, account.id).await?;
    storage::sessions::end_others(&mut tx, account.id, "").await?;
    tell(ctx, &mut tx, &account).await?;
    ctx.audit(&mut tx, "account.reset_second_factor", format!("account:{}", account.id), "", &proof);
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Freed::Done)
}

fn proof_of(typed: &str) -> Result<String, Finding> {
    match clean_text(typed, LONGEST) {
        Ok(proof) if proof.is_empty() => {
            Err(entry::finding("proof", "ご本人であることを、どのように確かめたかを入力してください。"))
        }
        Ok(proof) => Ok(proof),
        Err(fault) => Err(entry::finding("proof", format!("「本人を確かめた方法」：{fault}"))),
    }
}

/// Tells the person, and once each owner of an institution that the person acts for.
async fn tell(ctx: &Ctx<'_>, tx: &mut Tx, account: &Account) -> Result<()> {
    let mut readers: BTreeMap<AccountId, (String, String)> =
        BTreeMap::from([(account.id, (account.name.clone(), account.email.clone()))]);
    for place in storage::accounts::memberships_of_account(tx, account.id).await? {
        if place.state != ACTIVE {
            continue;
        }
        let members = storage::accounts::members_in_force(tx, place.institution_id).await?;
        let owners = members.into_iter().filter(|one| one.role == ROLE_OWNER);
        readers.extend(owners.map(|one| (one.account_id, (one.person_name, one.person_email))));
    }
    for (id, (name, email)) in &readers {
        totp::tell_off(ctx, tx, account, (*id, name, email), totp::BY_OPERATOR).await?;
    }
    Ok(())
}

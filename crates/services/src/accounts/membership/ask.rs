//! Asking to belong to an institution.

use domain::{
    clock::Timestamp,
    forms::Finding,
    ids::{AccountId, InstitutionId, MembershipId},
    institutions::{Institution, InstitutionCode, InstitutionStatus},
};
use storage::boxed;
use storage::{Tx, accounts::Membership};

use super::{
    super::{CodeTyped, audit_as, entry, letter_to, limits, links},
    LETTER, OWNER, REVIEWER, ROLE_STAFF,
    code::{NewCode, new_code, order_letter},
    day_in, owners,
};
use crate::{
    Ctx, Error, MembershipRule, Result,
    institutions::{CodeAnswer, explain},
    mail::queue,
};

/// What is said of the code of an institution that the register knows as closed.
const CLOSED: &str = "この医療機関等は、台帳で廃止となっています。コードを確かめてください。\
    内容に誤りがあるときは、コールセンターへお問い合わせください。";
/// Days in which an owner is asked to answer.
const ANSWER_DAYS: i64 = 14;

/// How a person wants to prove the membership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProveBy {
    /// As the installation rules: by letter, or by a reviewer.
    #[default]
    Rule,
    /// By an owner of the institution; where there is none, as the installation rules.
    Owner,
}

/// How a membership that was asked for will be proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A letter with a code goes to the registered address.
    Letter {
        /// The membership.
        membership: MembershipId,
        /// Until when the code is accepted.
        until: Timestamp,
    },
    /// A letter will prove it, but so many were ordered that none is ordered now; the person may ask for it later.
    NoLetterYet {
        /// The membership.
        membership: MembershipId,
        /// From when the next one can be ordered.
        from: Timestamp,
    },
    /// The owners were asked.
    Owner {
        /// The membership.
        membership: MembershipId,
    },
    /// A reviewer decides.
    Reviewer {
        /// The membership.
        membership: MembershipId,
    },
    /// The institution is not in the register yet (「確認待ち」): the person is told when it is.
    Waiting {
        /// The membership.
        membership: MembershipId,
    },
    /// The person belongs to it, or has asked before.
    Already {
        /// The membership.
        membership: MembershipId,
        /// Its state.
        state: String,
    },
}

/// What asking for a further institution led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requested {
    /// It is under way.
    Asked(Asked),
    /// What is wrong with the code; fields `prefecture`, `score_table`, `code`, `wait`.
    Slips {
        /// One sentence per field.
        slips: Vec<Finding>,
        /// Whether the code is sound but not in the register: the page offers `wait`.
        may_wait: bool,
    },
}

/// The person who asks.
pub(in crate::accounts) struct Applicant<'a> {
    /// Account.
    pub(in crate::accounts) id: AccountId,
    /// Name.
    pub(in crate::accounts) name: &'a str,
    /// Address.
    pub(in crate::accounts) email: &'a str,
}

/// Where a typed code leads.
pub(in crate::accounts) enum Where {
    /// To this institution; perhaps one that waits for the register and is not stored yet.
    At(Box<Institution>),
    /// Nowhere.
    Slip(Slip),
}

/// What is said of a code that leads nowhere.
pub(in crate::accounts) struct Slip {
    /// The sentence.
    pub(in crate::accounts) slip: Finding,
    /// Whether the code is sound but not in the register.
    pub(in crate::accounts) may_wait: bool,
}

/// Asks that the person who is logged in may act for a further institution.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::Forbidden`] for staff of the operator; [`Error::TooManyTries`].
#[boxed]
pub async fn request(ctx: &Ctx<'_>, typed: &CodeTyped, prove_by: ProveBy, wait: bool) -> Result<Requested> {
    let session = ctx.session()?;
    if session.staff {
        return Err(Error::Forbidden);
    }
    let place = match institution_of(ctx, typed, wait).await? {
        Where::At(place) => place,
        Where::Slip(Slip { slip, may_wait }) => return Ok(Requested::Slips { slips: vec![slip], may_wait }),
    };
    let code = new_code(ctx).await?;
    let mut tx = ctx.app.db.write().await?;
    limits::REQUESTS.insist(ctx, &mut tx, &[&session.account_id.to_string()]).await?;
    let applicant = Applicant { id: session.account_id, name: &session.name, email: &session.email };
    let asked = ask(ctx, &mut tx, &applicant, &place, prove_by, code).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Requested::Asked(asked))
}

/// Finds the institution of a code; one that is not in the register only with the person's word that it is right.
pub(in crate::accounts) async fn institution_of(ctx: &Ctx<'_>, typed: &CodeTyped, wait: bool) -> Result<Where> {
    let slip =
        |field, message: String, may_wait| Ok(Where::Slip(Slip { slip: entry::finding(field, message), may_wait }));
    match explain(ctx.app, typed.input()).await? {
        CodeAnswer::Found(place) if place.status == InstitutionStatus::Closed => slip("code", CLOSED.to_owned(), false),
        CodeAnswer::Found(place) => Ok(Where::At(place)),
        CodeAnswer::Unknown { code, valid: true, .. } if wait => Ok(Where::At(Box::new(waiting(ctx, code)))),
        CodeAnswer::Unknown { valid, message, .. } => slip("code", message, valid),
        CodeAnswer::Invalid { field, message } => slip(field, message, false),
    }
}

/// An institution that is not in the register yet; the import fills in the rest.
pub(crate) fn waiting(ctx: &Ctx<'_>, code: InstitutionCode) -> Institution {
    Institution {
        id: InstitutionId::new(ctx.now, &*ctx.app.randomness),
        code,
        name: "（確認待ち）".to_owned(),
        name_kana: String::new(),
        postal_code: String::new(),
        address: String::new(),
        phone: String::new(),
        founder: String::new(),
        status: InstitutionStatus::Active,
        valid_from: None,
        valid_to: None,
        in_register: false,
    }
}

/// Notes the wish to belong to an institution and sets its proof under way.
pub(in crate::accounts) async fn ask(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    applicant: &Applicant<'_>,
    place: &Institution,
    prove_by: ProveBy,
    code: NewCode,
) -> Result<Asked> {
    let place = stored(ctx, tx, applicant, place).await?;
    let members = storage::accounts::members_in_force(tx, place.id).await?;
    let by_owner = prove_by == ProveBy::Owner && owners(&members).next().is_some();
    let state = match ctx.app.settings.membership {
        _ if by_owner => OWNER,
        MembershipRule::Letter => LETTER,
        MembershipRule::Reviewer => REVIEWER,
    };
    let new = MembershipId::new(ctx.now, &*ctx.app.randomness);
    let added = storage::accounts::insert_membership(tx, new, applicant.id, place.id, ROLE_STAFF, state, ctx.now);
    let Some(membership) = added.await? else {
        let earlier = storage::accounts::membership_of(tx, applicant.id, place.id).await?.ok_or(Error::NotFound)?;
        return Ok(Asked::Already { membership: earlier.id, state: earlier.state });
    };
    audit_as(ctx, tx, applicant.id, "membership.request", format!("membership:{membership}"));
    if by_owner {
        tell_owners(ctx, tx, applicant, &members).await?;
        return Ok(Asked::Owner { membership });
    }
    prove(ctx, tx, membership, &place, applicant.name, code).await
}

/// The institution as stored; one that waits for the register is stored now.
async fn stored(ctx: &Ctx<'_>, tx: &mut Tx, applicant: &Applicant<'_>, place: &Institution) -> Result<Institution> {
    if !place.in_register && storage::institutions::insert(tx, place, ctx.now).await? {
        audit_as(ctx, tx, applicant.id, "institution.wait", format!("institution:{}", place.id));
    }
    storage::institutions::by_code(tx, place.code.as_str()).await?.ok_or(Error::NotFound)
}

/// Sets the proof of a membership in state `letter` or `reviewer` under way.
pub(super) async fn prove(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    membership: MembershipId,
    place: &Institution,
    person: &str,
    code: NewCode,
) -> Result<Asked> {
    if !place.in_register {
        return Ok(Asked::Waiting { membership });
    }
    match ctx.app.settings.membership {
        MembershipRule::Reviewer => Ok(Asked::Reviewer { membership }),
        MembershipRule::Letter => {
            let ordered = order_letter(ctx, tx, membership, place.id, person, code).await?;
            Ok(match ordered {
                Ok(until) => Asked::Letter { membership, until },
                Err(over) => Asked::NoLetterYet { membership, from: over.until },
            })
        }
    }
}

async fn tell_owners(ctx: &Ctx<'_>, tx: &mut Tx, applicant: &Applicant<'_>, members: &[Membership]) -> Result<()> {
    for owner in owners(members) {
        let values = [
            ("person", owner.person_name.clone()),
            ("institution", owner.institution_name.clone()),
            ("requester", applicant.name.to_owned()),
            ("requester_email", applicant.email.to_owned()),
            ("deadline", day_in(ctx, ANSWER_DAYS)),
            ("link", links::members(ctx)),
        ];
        queue(ctx, tx, &letter_to("membership_requested", owner.account_id, &owner.person_email), &values).await?;
    }
    Ok(())
}

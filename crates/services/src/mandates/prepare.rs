//! Who may prepare a case, and what a vendor who does so neither sees nor answers.

use domain::{
    applications::{Kind, ReadingLine},
    forms::{Answers, Checked, Field, Section},
    ids::{ApplicationId, UploadId},
    mandates::{Act, Standing},
};
use storage::{
    Tx,
    applications::Application,
    mandates::{Mandate, Preparation},
    sessions::{Acting, Under},
};

use super::record;
use crate::{
    Ctx, Error, Result,
    accounts::membership::acting_for,
    applications::{CheckState, FormState, denied},
};

/// The person as one who prepares something under a mandate: for that institution only, and as nobody's member.
pub(super) fn under<'a>(ctx: &Ctx<'a>, mandate: &Mandate) -> Result<Ctx<'a>> {
    let mut session = ctx.session()?.clone();
    session.institution = Some(Acting {
        id: mandate.institution,
        code: mandate.code.clone(),
        name: mandate.name.clone(),
        role: String::new(),
        mandate: Some(Under { id: mandate.id, company: mandate.company.clone() }),
    });
    Ok(Ctx { now: ctx.now, ..Ctx::person(ctx.app, session, ctx.source.clone()) })
}

/// A case that the person may prepare, and the context in which they do: a member of its institution as such, whichever of
/// theirs they chose, a vendor who began it under a mandate that is in force as the holder of that mandate.
///
/// # Errors
/// [`Error::LoginRequired`]; [`Error::NotFound`] for everyone else, which is noted; [`Error::MandateOver`] for a vendor who
/// prepared it until the mandate ended.
pub(crate) async fn prepared<'a>(ctx: &Ctx<'a>, id: ApplicationId) -> Result<(Ctx<'a>, Application)> {
    let session = ctx.session()?;
    let mut conn = ctx.app.db.read().await?;
    let case = storage::applications::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    if session.institution.as_ref().is_some_and(|acting| acting.id == case.institution_id) {
        return Ok((ctx.clone(), case));
    }
    // A tab that was left open, or a form that outlived its session, goes on with its own institution.
    if let Some(own) = acting_for(ctx, case.institution_id).await? {
        return Ok((own, case));
    }
    let me = session.account_id;
    let began = storage::mandates::preparation(&mut conn, id, me).await?;
    // A machine's token is for its own institution, and whoever examines prepares nothing.
    if began.is_none() || session.bearer.is_some() || session.staff {
        drop(conn);
        denied(ctx, id).await?;
        return Err(Error::NotFound);
    }
    let mandate = storage::mandates::in_force(&mut conn, me, case.institution_id, ctx.now).await?;
    let covers =
        |mandate: &Mandate| mandate.standing(ctx.now) == Standing::InForce && mandate.kinds.contains(&case.kind);
    let mandate = mandate.filter(covers).ok_or(Error::MandateOver)?;
    Ok((under(ctx, &mandate)?, case))
}

/// Notes that a vendor begins a case, in the transaction that adds it; members begin theirs without a note.
pub(crate) async fn note_beginning(ctx: &Ctx<'_>, tx: &mut Tx, draft: &Application) -> Result<()> {
    let Some(mandate) = ctx.mandate() else { return Ok(()) };
    let new = Preparation {
        application: draft.id,
        account: ctx.account()?,
        mandate: mandate.id,
        institution: draft.institution_id,
        begun_at: ctx.now,
    };
    storage::mandates::begin(tx, &new).await?;
    record(ctx, tx, mandate.id, Act::Begin, &ctx.actor_name(), draft.kind.label()).await
}

/// What a form is begun with besides when a vendor begins it: whom to ask about technical matters.
pub(crate) fn suggested(ctx: &Ctx<'_>, kind: Kind, known: &mut Answers) {
    let (Some(mandate), Ok(session)) = (ctx.mandate(), ctx.session()) else { return };
    if kind == Kind::Certificate {
        known.set("technical_contact", format!("{} {}", mandate.company, session.name));
        known.set("technical_mail", &session.email);
    }
}

/// Agreement is no vendor's to give: what was typed for it is taken out, and what members agreed to before is asked again when
/// anything else changes.
pub(crate) fn withhold(ctx: &Ctx<'_>, sections: &[Section], before: &Answers, answers: &mut Answers) {
    if ctx.mandate().is_none() {
        return;
    }
    let keys: Vec<&str> = consents(sections).map(|field| field.key.as_str()).collect();
    keys.iter().for_each(|key| answers.set(*key, before.get(key)));
    if answers != before {
        keys.iter().for_each(|key| answers.set(*key, ""));
    }
}

/// A vendor who writes again what the institution was asked to confirm takes that wish back.
pub(crate) async fn settle_written(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId) -> Result<()> {
    if ctx.mandate().is_some() {
        storage::mandates::set_asked(tx, id, ctx.account()?, None).await?;
    }
    Ok(())
}

/// The questions of a form that are agreed to, or not.
fn consents(sections: &[Section]) -> impl Iterator<Item = &Field> {
    sections.iter().flat_map(|section| &section.fields).filter(|field| field.is_consent())
}

/// Takes out of a form what is not for a vendor: agreement, and files of others.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn narrow(ctx: &Ctx<'_>, state: &mut FormState) -> Result<()> {
    if ctx.mandate().is_none() {
        return Ok(());
    }
    state.by_vendor = true;
    let keys: Vec<String> = consents(&state.sections).map(|field| field.key.clone()).collect();
    state.editable.retain(|key| !keys.contains(key));
    state.case.reasons.retain(|(key, _)| !keys.contains(key));
    for section in &mut state.sections {
        section.fields.retain(|field| !field.is_consent());
    }
    state.sections.retain(|section| !section.fields.is_empty());
    let own = own_files(ctx, state.case.id).await?;
    state.facts.known.uploads.retain(|file| own.contains(&file.id));
    Ok(())
}

/// Takes out of what was found what is not for a vendor to put right.
pub(crate) fn leave_out_consents(ctx: &Ctx<'_>, sections: &[Section], checked: &mut Checked) {
    if ctx.mandate().is_some() {
        let is_consent = |key: &str| consents(sections).any(|field| field.key == key);
        checked.findings.errors.retain(|finding| !is_consent(&finding.field));
    }
}

/// The check page as a vendor sees it.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn narrow_check(ctx: &Ctx<'_>, state: &mut CheckState, sections: &[Section]) -> Result<()> {
    state.by_vendor = true;
    // What was filed before is no case of the vendor's.
    state.differences = None;
    leave_out_consents(ctx, sections, &mut state.checked);
    let own = own_files(ctx, state.case.id).await?;
    let keep = |line: &ReadingLine| !consents(sections).any(|field| field.key == line.key);
    for (_, lines) in &mut state.reading {
        lines.retain(keep);
        lines.iter_mut().for_each(|line| line.files.retain(|file| own.contains(&file.id)));
    }
    state.reading.retain(|(_, lines)| !lines.is_empty());
    Ok(())
}

async fn own_files(ctx: &Ctx<'_>, case: ApplicationId) -> Result<Vec<UploadId>> {
    let (me, mut conn) = (ctx.account()?, ctx.app.db.read().await?);
    let rows = storage::uploads::of_case(&mut conn, case).await?;
    Ok(rows.into_iter().filter(|row| row.author == me).map(|row| row.upload.id).collect())
}

/// Goes on only when a file may be opened or taken away here: a vendor's hands are on the vendor's own files.
///
/// # Errors
/// [`Error::NotFound`] for the files of others.
pub(crate) fn author_only(ctx: &Ctx<'_>, author: domain::ids::AccountId) -> Result<()> {
    let own = ctx.mandate().is_none() || ctx.account()? == author;
    if own { Ok(()) } else { Err(Error::NotFound) }
}

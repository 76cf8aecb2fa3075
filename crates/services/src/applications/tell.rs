//! Mails about a case: one set of values for all texts. A date that hangs on what happened comes from the verb, so that
//! no text can promise one that was counted for another event.

use domain::{
    applications::{CORRECTION_DAYS, Event, Facts, Kind},
    calendar::{Start, cut_off, japanese_date, japanese_datetime, visit_window},
    clock::Timestamp,
    ids::ApplicationId,
    text::thousands,
};
use serde_json::json;
use storage::{Tx, accounts::Membership, applications::Application};
use time::{Date, Duration};

use super::submit::{CheckState, Sent};
use crate::{
    Ctx, Error, Result,
    accounts::membership::ROLE_OWNER,
    mail::{Letterhead, queue},
};

/// A value for a placeholder.
pub(crate) type Value = (&'static str, String);

/// The person a case's mails go to.
struct Recipient {
    id: domain::ids::AccountId,
    name: String,
    email: String,
}

async fn recipient(tx: &mut Tx, case: &Application) -> Result<Recipient> {
    let id = case.submitted_by.unwrap_or(case.created_by);
    let account = storage::accounts::find(tx, id).await?.ok_or(Error::NotFound)?;
    Ok(Recipient { id, name: account.name, email: account.email })
}

/// Address of a case's page.
pub(crate) fn case_url(ctx: &Ctx<'_>, id: ApplicationId) -> String {
    format!("{}/applications/{id}", ctx.app.settings.portal_url)
}

/// Business days after a day.
fn after(ctx: &Ctx<'_>, day: Date, business_days: u32) -> Date {
    ctx.app.holidays().add_business_days(day, business_days)
}

/// When the result of a case that is sent now is known.
fn result(ctx: &Ctx<'_>) -> Value {
    ("expected_date", japanese_date(after(ctx, ctx.now.date(), ctx.app.rules().review_days)))
}

/// When a letter arrives that is ordered now.
pub(crate) fn letter_ordered_now(ctx: &Ctx<'_>) -> Value {
    ("expected_date", japanese_date(after(ctx, ctx.now.date(), ctx.app.rules().arrival_days)))
}

/// When a letter arrives that is posted now.
pub(crate) fn letter_posted_now(ctx: &Ctx<'_>) -> Value {
    ("expected_date", japanese_date(after(ctx, ctx.now.date(), ctx.app.rules().delivery_days())))
}

/// When the letter arrives of a certificate application that is sent now: it is examined before.
pub(crate) fn letter_applied_for_now(ctx: &Ctx<'_>) -> Value {
    let rules = &ctx.app.rules();
    let approved = after(ctx, ctx.now.date(), rules.review_days);
    ("expected_date", japanese_date(after(ctx, approved, rules.arrival_days)))
}

/// Until when a letter's certificate can be fetched.
pub(crate) fn pickup_until(deadline: Timestamp) -> Value {
    ("pickup_deadline", japanese_date(deadline.date()))
}

/// What an acceptance leads to, and when.
pub(super) fn after_acceptance(ctx: &Ctx<'_>, case: &Application) -> Vec<Value> {
    match case.kind {
        Kind::Eligibility => vec![],
        Kind::Common(_) => vec![("next_step", next_step(case))],
        Kind::Certificate => vec![letter_ordered_now(ctx), pickup_until(pickup_deadline(ctx))],
        Kind::Claims => {
            let sent = case.submitted_at.unwrap_or(ctx.now).date();
            let (from, until) = visit_window(cut_off(sent, ctx.app.rules().cut_off));
            let from = from.max(ctx.now.date());
            vec![("visit_from", japanese_date(from)), ("visit_until", japanese_date(until.max(from)))]
        }
    }
}

/// What comes next, in the words of the procedure or by its start.
fn next_step(case: &Application) -> String {
    let words = case.kind.words();
    match case.start().filter(|_| words.accepted.is_empty()) {
        Some(start) => format!("{start}から利用できます。"),
        None => words.after_acceptance().to_owned(),
    }
}

/// Until when corrections are awaited that are asked for now.
pub(super) fn correction_until(ctx: &Ctx<'_>) -> Value {
    ("deadline", japanese_date((ctx.now + Duration::days(CORRECTION_DAYS)).date()))
}

fn start(case: &Application) -> String {
    case.start().map_or_else(|| "－".to_owned(), |start| start.to_string())
}

/// Values for the placeholders that mean the same in every text about a case.
fn values(ctx: &Ctx<'_>, case: &Application, institution: &str, person: &str) -> Vec<Value> {
    let rules = &ctx.app.rules();
    let terminal = case.terminal_name.clone().unwrap_or_default();
    let business_days = |count: u32| format!("{count}営業日");
    vec![
        ("procedure", case.kind.label().to_owned()),
        ("reference", grouped(case.reference.as_deref().unwrap_or_default())),
        ("person", person.to_owned()),
        ("institution", institution.to_owned()),
        ("submitted_at", japanese_datetime(case.submitted_at.unwrap_or(ctx.now))),
        ("start_month", start(case)),
        ("review_days", business_days(rules.review_days)),
        ("arrival_days", business_days(rules.arrival_days)),
        ("case_url", case_url(ctx, case.id)),
        ("notice_url", format!("{}/user-id-notice.pdf", case_url(ctx, case.id))),
        ("certificate_url", format!("{}/procedures/certificate", ctx.app.settings.portal_url)),
        ("when", japanese_datetime(ctx.now)),
        ("actor", ctx.actor_name_for_applicants()),
        ("terminal", terminal),
        ("addressee", case.answers.get("contact").to_owned()),
    ]
}

/// What the certificate of a case costs.
async fn fee(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<Value> {
    Ok(("fee", format!("{}円", thousands(crate::fees::fee_of(ctx, tx, case).await?))))
}

/// Where the case stands after all that the transaction wrote, in the very sentence that its page shows.
async fn explained(ctx: &Ctx<'_>, tx: &mut Tx, id: ApplicationId) -> Result<Value> {
    Ok(("explained", super::view::explained(ctx, tx, id).await?.sentence()))
}

/// A reference number in groups.
pub(crate) fn grouped(reference: &str) -> String {
    domain::reference::ReferenceNumber::parse(reference)
        .map_or_else(|_| reference.to_owned(), |number| number.to_string())
}

/// The way a fee is paid, in words.
pub(crate) fn payment_words(ctx: &Ctx<'_>, payment: &str) -> String {
    ctx.app
        .reference()
        .lists
        .entry("fee_payments", payment)
        .map_or_else(|| payment.to_owned(), |entry| entry.label.clone())
}

/// Tells the applicant that a case was received, with the copy attached.
pub(super) async fn received(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    state: &CheckState,
    facts: &Facts,
    sent: &[Sent],
) -> Result<()> {
    let case = &state.case;
    let session = ctx.session()?;
    let reference = sent.first().map(|first| first.reference.clone()).unwrap_or_default();
    let shown = Application { reference: Some(reference), submitted_at: Some(ctx.now), ..case.clone() };
    let shown =
        Application { start_month: case.kind.procedure().start(&state.checked.answers).map(Start::as_text), ..shown };
    let shown = Application { answers: state.checked.answers.clone(), ..shown };
    let mut values = values(ctx, &shown, &facts.institution.name, &session.name);
    values.push(if case.kind == Kind::Certificate { letter_applied_for_now(ctx) } else { result(ctx) });
    let lines = state.reading.iter().flat_map(|(_, lines)| lines).filter(|line| !line.shown);
    values
        .push(("summary", lines.map(|line| format!("{}：{}", line.label, line.value)).collect::<Vec<_>>().join("\n")));
    let terminals = sent
        .iter()
        .map(|s| format!("{}（受付番号 {}）", s.terminal.as_deref().unwrap_or_default(), grouped(&s.reference)));
    values.push(("terminals", terminals.collect::<Vec<_>>().join("\n")));
    let count = i64::try_from(sent.len()).unwrap_or(1);
    values.push(("count", count.to_string()));
    values.push(("fee", format!("{}円", thousands(facts.rules.certificate_fee_yen))));
    values.push(("fee_total", format!("{}円", thousands(count * facts.rules.certificate_fee_yen))));
    values.push(("fee_payment", payment_words(ctx, &super::review::payment_of(facts))));
    values.push(explained(ctx, tx, case.id).await?);
    let text = match case.kind {
        Kind::Eligibility => "eligibility_received",
        Kind::Certificate => "certificate_received",
        Kind::Claims => "claims_received",
        Kind::Common(_) => "application_received",
    };
    let head = Letterhead {
        account: Some(session.account_id),
        application: Some(case.id),
        attachment: Some(json!({ "copy": case.id })),
        ..Letterhead::new(text, &session.email)
    };
    queue(ctx, tx, &head, &values).await
}

/// Tells the applicant about a later event of a case.
pub(crate) async fn about(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, text: &str, further: &[Value]) -> Result<()> {
    let recipient = recipient(tx, case).await?;
    let institution = storage::institutions::find(tx, case.institution_id).await?.ok_or(Error::NotFound)?;
    let mut values = values(ctx, case, &institution.name, &recipient.name);
    values.push(("address", institution.address.clone()));
    values.push(fee(ctx, tx, case).await?);
    values.push(explained(ctx, tx, case.id).await?);
    values.extend(further.iter().cloned());
    let head = Letterhead {
        account: Some(recipient.id),
        application: Some(case.id),
        ..Letterhead::new(text, &recipient.email)
    };
    queue(ctx, tx, &head, &values).await
}

/// Tells all owners of the institution about an event of a case that no person there caused; the applicant, if nobody owns it.
pub(crate) async fn owners_about(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    case: &Application,
    text: &str,
    further: &[Value],
) -> Result<()> {
    let institution = storage::institutions::find(tx, case.institution_id).await?.ok_or(Error::NotFound)?;
    let members = storage::accounts::members_in_force(tx, case.institution_id).await?;
    let owners: Vec<_> = members.iter().filter(|one| is_owner(one)).collect();
    if owners.is_empty() {
        return about(ctx, tx, case, text, further).await;
    }
    each(ctx, tx, case, &institution.name, &owners, (text, further)).await
}

/// Tells all owners of the institution about an event of a case, and whoever filed it while a member; the applicant alone,
/// if nobody is left.
pub(crate) async fn owners_and_applicant_about(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    case: &Application,
    text: &str,
    further: &[Value],
) -> Result<()> {
    let institution = storage::institutions::find(tx, case.institution_id).await?.ok_or(Error::NotFound)?;
    let members = storage::accounts::members_in_force(tx, case.institution_id).await?;
    let filed_by = case.submitted_by.unwrap_or(case.created_by);
    let concerned = |one: &&Membership| is_owner(one) || one.account_id == filed_by;
    let concerned: Vec<_> = members.iter().filter(concerned).collect();
    if concerned.is_empty() {
        return about(ctx, tx, case, text, further).await;
    }
    each(ctx, tx, case, &institution.name, &concerned, (text, further)).await
}

fn is_owner(one: &Membership) -> bool {
    one.role == ROLE_OWNER
}

async fn each(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    case: &Application,
    institution: &str,
    readers: &[&Membership],
    (text, further): (&str, &[Value]),
) -> Result<()> {
    let explained = explained(ctx, tx, case.id).await?;
    let fee = fee(ctx, tx, case).await?;
    for reader in readers {
        let mut values = values(ctx, case, institution, &reader.person_name);
        values.push(fee.clone());
        values.push(explained.clone());
        values.extend(further.iter().cloned());
        let head = Letterhead {
            account: Some(reader.account_id),
            application: Some(case.id),
            ..Letterhead::new(text, &reader.person_email)
        };
        queue(ctx, tx, &head, &values).await?;
    }
    Ok(())
}

/// The end of the day on which a certificate must have been fetched.
pub(crate) fn pickup_deadline(ctx: &Ctx<'_>) -> Timestamp {
    let days = i64::from(ctx.app.rules().pickup_days);
    Timestamp::end_of_day((ctx.now + Duration::days(days)).date())
}

/// Which mail tells of an event that a reviewer caused.
pub(super) fn text_of(kind: Kind, event: Event) -> &'static str {
    match (kind, event) {
        (Kind::Eligibility, Event::Accept) => "eligibility_accepted",
        (Kind::Claims, Event::Accept) => "claims_accepted",
        (Kind::Certificate, Event::Accept) => "certificate_approved",
        (Kind::Common(_), Event::Accept) => "application_accepted",
        (_, Event::Return) => "application_returned",
        (_, Event::Supersede) => "application_superseded",
        _ => "application_rejected",
    }
}

//! What hangs on the cases: certificates, letters, mails, fees, inquiries, and the work of the night that is over.

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    ids::{BatchId, CertificateId, CheckId, EntryId, JobId, LetterId, MailId},
    reference::ReferenceNumber,
};
use pki::Serial;
use services::letters::ISSUANCE_NOTICE;
use storage::dump::{Loader, Value};
use time::Duration;
use uuid::Uuid;

use super::{
    cases::Case,
    fill::{Found, World},
    sheet::{Sheet, at, id, maybe, text},
};

/// Fees of the present month.
const FEES: usize = 20_000;
/// Mails.
const MAILS: usize = 150_000;
/// Inquiries, and those that wait for an answer.
const INQUIRIES: usize = 20_000;
const UNANSWERED: usize = 300;
/// Letters of one batch.
const BATCH: usize = 200;
/// Kinds of work that is done once a day, and was done this morning.
const DONE_TODAY: [&str; 5] =
    ["terminals.warn", "application.sweep_drafts", "audit.purge", "retention.cases", "retention.mails"];

const CERTIFICATES: [&str; 14] = [
    "id",
    "authority_id",
    "application_id",
    "institution_id",
    "serial",
    "profile",
    "state",
    "subject",
    "key_hash",
    "tbs",
    "certificate",
    "not_before",
    "not_after",
    "prepared_at",
];
const ANSWERS: [&str; 6] = ["certificate_id", "status", "tbs", "answer", "produced_at", "next_update"];
const LETTERS: [&str; 14] = [
    "id",
    "kind",
    "state",
    "application_id",
    "institution_id",
    "addressee",
    "pickup_id",
    "tries",
    "batch_id",
    "tracking_number",
    "created_at",
    "printed_at",
    "posted_at",
    "delivered_at",
];

/// Writes everything; gives what pages can be opened with.
pub(super) async fn write(world: &World, cases: &[Case]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let open = |kind: Kind| cases.iter().rfind(|case| case.kind == kind && case.state == State::Submitted);
    let names = [("eligibility", Kind::Eligibility), ("claims", Kind::Claims), ("certificate", Kind::Certificate)];
    for (name, kind) in names {
        found.names.push((name, open(kind).map(|case| case.id.to_string()).unwrap_or_default()));
    }
    let mut loader = world.db.adder().await?;
    certificates(world, &mut loader, cases).await?;
    letters(world, &mut loader, cases, &mut found).await?;
    mails(world, &mut loader, cases).await?;
    fees(world, &mut loader, cases).await?;
    inquiries(world, &mut loader, &mut found).await?;
    night(world, &mut loader).await?;
    loader.finish().await?;
    Ok(found)
}

/// Certificates of fetched cases, each with an OCSP answer.
async fn certificates(world: &World, loader: &mut Loader, cases: &[Case]) -> anyhow::Result<()> {
    let authorities = storage::authority::authorities(&mut world.db.read().await?).await?;
    let issuing = authorities.iter().find(|one| one.role == "issuing").map_or(Uuid::nil(), |one| one.id);
    let mut rows = Sheet::new(loader, "certificates", &CERTIFICATES)?;
    let mut answers = Sheet::new(loader, "ocsp_answers", &ANSWERS)?;
    let fetched = |case: &&Case| matches!(case.state, State::PickedUp | State::Installed);
    for case in cases.iter().filter(fetched) {
        let (own, serial) = (CertificateId::new(case.since, &world.numbers), Serial::generate(&world.numbers));
        let row = vec![
            id(own.0),
            id(issuing),
            id(case.id.0),
            id(case.institution.0),
            text(serial.to_hex()),
            text("p256"),
            text("valid"),
            text("C=JP, O=計測, CN=受付の端末"),
            text(pki::sha256_hex(serial.as_bytes())),
            Value::Bytes(vec![0; 500]),
            Value::Bytes(vec![0; 600]),
            at(case.since),
            at(case.since + Duration::days(1_186)),
            at(case.since),
        ];
        rows.push(loader, row).await?;
        let answer = Value::Bytes(vec![0; 200]);
        let (made, next) = (at(world.now), at(world.now + Duration::days(7)));
        answers.push(loader, vec![id(own.0), text("valid"), answer.clone(), answer, made, next]).await?;
    }
    rows.flush(loader).await?;
    answers.flush(loader).await
}

/// State of a letter by that of its case; none before one is ordered.
fn letter_state(state: State) -> Option<&'static str> {
    Some(match state {
        State::Approved => "to_print",
        State::LetterPrinted => "printed",
        State::LetterPosted | State::PickedUp | State::Installed => "posted",
        State::LetterReturned => "dead",
        _ => return None,
    })
}

async fn letters(world: &World, loader: &mut Loader, cases: &[Case], found: &mut Found) -> anyhow::Result<()> {
    let mut batches =
        Sheet::new(loader, "letter_batches", &["id", "created_by", "created_at", "confirmed_at", "number"])?;
    let mut rows = Sheet::new(loader, "letters", &LETTERS)?;
    let (mut batch, mut number) = (BatchId::new(world.now, &world.numbers), 0_usize);
    for case in cases {
        let Some(state) = letter_state(case.state) else { continue };
        let printed = (state != "to_print").then_some(case.since - Duration::hours(20));
        if printed.is_some() {
            if number % BATCH == 0 {
                batch = BatchId::new(case.since, &world.numbers);
                let (made, place) = (at(case.since), Value::Integer(i64::try_from(number / BATCH)? + 1));
                batches.push(loader, vec![id(batch.0), text("発送 太郎"), made.clone(), made, place]).await?;
            }
            number += 1;
        }
        let letter = LetterId::new(case.since, &world.numbers);
        if state == "posted" {
            found.names.retain(|(name, _)| *name != "letter" && *name != "batch");
            found.names.extend([("letter", letter.to_string()), ("batch", batch.to_string())]);
        }
        rows.push(loader, letter_row(world, case, (state, letter), printed.map(|at| (batch, at)))).await?;
    }
    batches.flush(loader).await?;
    rows.flush(loader).await
}

fn letter_row(
    world: &World,
    case: &Case,
    (state, letter): (&str, LetterId),
    printed: Option<(BatchId, Timestamp)>,
) -> Vec<Value> {
    let posted = (state == "posted" || state == "dead").then_some(case.since - Duration::hours(10));
    let delivered = matches!(case.state, State::PickedUp | State::Installed).then_some(case.since);
    let pickup = ReferenceNumber::generate(&world.numbers).as_str().to_owned();
    let tracking = posted.map(|_| format!("{:011}", letter.0.as_u128() % 100_000_000_000));
    vec![
        id(letter.0),
        text(ISSUANCE_NOTICE),
        text(state),
        id(case.id.0),
        id(case.institution.0),
        text("事務部 山田 花子"),
        text(pickup),
        Value::Integer(0),
        maybe(printed, |(batch, _)| id(batch.0)),
        maybe(tracking, text),
        at(case.since - Duration::hours(30)),
        maybe(printed, |(_, when)| at(when)),
        maybe(posted, at),
        maybe(delivered, at),
    ]
}

async fn mails(world: &World, loader: &mut Loader, cases: &[Case]) -> anyhow::Result<()> {
    let columns = [
        "id",
        "recipient",
        "subject",
        "body",
        "state",
        "answer",
        "message_id",
        "account_id",
        "application_id",
        "created_at",
        "sent_at",
    ];
    let mut rows = Sheet::new(loader, "mails", &columns)?;
    let body = "医療法人社団　青葉会　様\n\n申請を受け付けました。\n".repeat(8);
    for (number, case) in cases.iter().rev().take(MAILS).enumerate() {
        let (own, when) = (MailId::new(case.sent_at, &world.numbers), at(case.sent_at));
        let row = vec![
            id(own.0),
            text(format!("owner{}@clinic.example", case.owner)),
            text("申請を受け付けました"),
            text(body.as_str()),
            text(if number % 500 == 0 { "refused" } else { "sent" }),
            text("250 2.0.0 OK"),
            text(format!("{own}@madoguchi.example")),
            id(world.owners[case.owner].0),
            id(case.id.0),
            when.clone(),
            when,
        ];
        rows.push(loader, row).await?;
    }
    rows.flush(loader).await
}

/// A fee for each accepted certificate application; those of the last ones fall into the present month.
async fn fees(world: &World, loader: &mut Loader, cases: &[Case]) -> anyhow::Result<()> {
    let columns = ["id", "institution_id", "application_id", "kind", "amount_yen", "payment", "note", "at"];
    let mut rows = Sheet::new(loader, "ledger", &columns)?;
    let charged = cases.iter().rev().filter(|case| letter_state(case.state).is_some());
    let month = Timestamp::start_of_day(domain::calendar::YearMonth::of(world.now.date()).first_day());
    let length = (world.now - month) / i32::try_from(FEES)?;
    for (number, case) in charged.enumerate() {
        let when = if number < FEES { month + length * i32::try_from(number)? } else { case.since.min(month) };
        let row = vec![
            id(EntryId::new(when, &world.numbers).0),
            id(case.institution.0),
            id(case.id.0),
            text("charge"),
            Value::Integer(1_500),
            text(if number % 4 == 0 { "payment_slip" } else { "deduction" }),
            text(""),
            at(when),
        ];
        rows.push(loader, row).await?;
    }
    rows.flush(loader).await
}

async fn inquiries(world: &World, loader: &mut Loader, found: &mut Found) -> anyhow::Result<()> {
    let columns = [
        "id",
        "reference",
        "institution_id",
        "account_id",
        "category",
        "state",
        "created_at",
        "answered_at",
        "since",
        "messages",
        "answered_month",
        "answer_ms",
        "answered_late",
    ];
    let mut rows = Sheet::new(loader, "inquiries", &columns)?;
    let said = ["id", "inquiry_id", "number", "author", "way", "body", "attachments", "created_at"];
    let mut messages = Sheet::new(loader, "inquiry_messages", &said)?;
    for number in 0..INQUIRIES {
        let when = world.now - Duration::minutes(30) * i32::try_from(INQUIRIES - number)?;
        let waits = number >= INQUIRIES - UNANSWERED;
        let answered = when + Duration::hours(3);
        let own = domain::ids::InquiryId::new(when, &world.numbers);
        let owner = number % world.owners.len();
        let row = vec![
            id(own.0),
            text(ReferenceNumber::generate(&world.numbers).as_str()),
            id(world.institutions[owner].0),
            id(world.owners[owner].0),
            text("other"),
            text(if waits { "open" } else { "answered" }),
            at(when),
            if waits { Value::Null } else { at(answered) },
            at(if waits { when } else { answered }),
            Value::Integer(if waits { 1 } else { 2 }),
            if waits { Value::Null } else { text(answered.date().to_string().get(..7).unwrap_or_default()) },
            if waits { Value::Null } else { Value::Integer(10_800_000) },
            if waits { Value::Null } else { Value::Boolean(false) },
        ];
        rows.push(loader, row).await?;
        let words =
            [("applicant", "通知書がまだ届きません。", when), ("staff", "配達の状況をお調べしました。", answered)];
        for (place, (author, body, said_at)) in words.into_iter().take(if waits { 1 } else { 2 }).enumerate() {
            let message = vec![
                id(domain::ids::MessageId::new(said_at, &world.numbers).0),
                id(own.0),
                Value::Integer(i64::try_from(place)? + 1),
                text(author),
                text("page"),
                text(body),
                text(""),
                at(said_at),
            ];
            messages.push(loader, message).await?;
        }
        found.names.retain(|(name, _)| *name != "inquiry");
        found.names.push(("inquiry", own.to_string()));
    }
    rows.flush(loader).await?;
    messages.flush(loader).await
}

/// The work that is done once a day was done this morning: what is measured is an ordinary day.
async fn night(world: &World, loader: &mut Loader) -> anyhow::Result<()> {
    let columns = ["id", "kind", "dedup_key", "payload", "run_at", "attempt", "leased_until", "done_at"];
    let mut jobs = Sheet::new(loader, "jobs", &columns)?;
    for kind in DONE_TODAY {
        let (own, now) = (JobId::new(world.now, &world.numbers), at(world.now));
        let (key, none) = (format!("{kind}:{}", world.now.date()), Value::Integer(0));
        jobs.push(loader, vec![id(own.0), text(kind), text(key), text("{}"), now.clone(), none.clone(), none, now])
            .await?;
    }
    jobs.flush(loader).await?;
    let mut checks =
        Sheet::new(loader, "certificate_checks", &["id", "night", "begun_at", "ended_at", "place_at", "place_id"])?;
    let (own, now) = (CheckId::new(world.now, &world.numbers), at(world.now));
    let row = vec![id(own.0), text(world.now.date().to_string()), now.clone(), now.clone(), now, id(Uuid::nil())];
    checks.push(loader, row).await?;
    checks.flush(loader).await
}

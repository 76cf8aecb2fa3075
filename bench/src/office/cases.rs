//! 300,000 cases of all procedures in all states, each with the life that led there.

use domain::{
    applications::{Event, Kind, State},
    clock::Timestamp,
    ids::{ApplicationId, EventId, InstitutionId},
    reference::ReferenceNumber,
};
use storage::dump::{Loader, Value};
use time::Duration;

use super::{
    fill::World,
    sheet::{Sheet, at, below, id, maybe, text},
};

/// Cases.
const CASES: usize = 300_000;
/// Cases that are not decided, the latest ones.
const OPEN: usize = 10_000;
/// Days over which they were sent.
const DAYS: i64 = 1_095;

/// A case, as far as papers are made from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) id: ApplicationId,
    pub(super) kind: Kind,
    pub(super) state: State,
    pub(super) institution: InstitutionId,
    /// Place of its owner among the owners.
    pub(super) owner: usize,
    pub(super) sent_at: Timestamp,
    /// Since when it is in its state.
    pub(super) since: Timestamp,
}

const COLUMNS: [&str; 22] = [
    "id",
    "kind",
    "institution_id",
    "state",
    "version",
    "reference",
    "answers",
    "findings",
    "line_id",
    "terminal_name",
    "start_month",
    "sent_with",
    "created_by",
    "submitted_by",
    "assignee",
    "reasons",
    "created_at",
    "updated_at",
    "submitted_at",
    "state_since",
    "prefecture",
    "score_table",
];
const EVENTS: [&str; 8] = ["id", "application_id", "event", "state", "actor", "actor_name", "note", "at"];

/// How a case came to its state.
fn life(kind: Kind, state: State) -> Vec<(Event, State)> {
    use Event as E;
    use State as S;
    let accepted = if kind == Kind::Certificate { S::Approved } else { S::Accepted };
    let letter = [(E::PrintLetter, S::LetterPrinted), (E::PostLetter, S::LetterPosted)];
    let mut life = vec![(E::Submit, S::Submitted)];
    let further: &[(Event, State)] = match state {
        S::Submitted => &[],
        S::InReview => &[(E::Take, S::InReview)],
        S::Returned => &[(E::Take, S::InReview), (E::Return, S::Returned)],
        S::Rejected => &[(E::Take, S::InReview), (E::Reject, S::Rejected)],
        S::Withdrawn | S::Cancelled => &[(E::Withdraw, state)],
        _ => &[(E::Take, S::InReview), (E::Accept, accepted)],
    };
    life.extend_from_slice(further);
    let rest: Vec<(Event, State)> = match state {
        S::InForce => vec![(E::TakeEffect, state)],
        S::Superseded => vec![(E::TakeEffect, S::InForce), (E::Supersede, state)],
        S::LetterPrinted => letter[..1].to_vec(),
        S::LetterPosted => letter.to_vec(),
        S::LetterReturned => [&letter[..], &[(E::LetterComesBack, state)]].concat(),
        S::PickedUp => [&letter[..], &[(E::PickUp, state)]].concat(),
        S::Installed => [&letter[..], &[(E::PickUp, S::PickedUp), (E::Install, state)]].concat(),
        _ => vec![],
    };
    life.extend(rest);
    life
}

/// Where a case stands.
fn state_of(number: usize, kind: Kind) -> State {
    let (left, certificate) = (CASES - number, kind == Kind::Certificate);
    // Kinds come in turns: each has its cases in all states, however many kinds there are.
    let turn = number / Kind::ALL.len();
    if left <= OPEN {
        return match turn % 10 {
            0..=5 => State::Submitted,
            6..=8 => State::InReview,
            _ => State::Returned,
        };
    }
    match (turn % 20, certificate) {
        (0, _) => State::Rejected,
        (1, true) => State::Cancelled,
        (1, false) => State::Withdrawn,
        (2..=5, false) => State::Superseded,
        (_, false) if left < OPEN + 6_000 => State::Accepted,
        (_, false) => State::InForce,
        (_, true) if left < OPEN + 1_200 => State::Approved,
        (_, true) if left < OPEN + 2_400 => State::LetterPrinted,
        (_, true) if left < OPEN + 6_000 => State::LetterPosted,
        (2, true) => State::LetterReturned,
        (3, true) => State::PickedUp,
        _ => State::Installed,
    }
}

/// Writes all cases and their lives.
pub(super) async fn write(world: &World) -> anyhow::Result<Vec<Case>> {
    let mut loader = world.db.adder().await?;
    let mut cases = Sheet::new(&loader, "applications", &COLUMNS)?;
    let mut events = Sheet::new(&loader, "application_events", &EVENTS)?;
    let mut all = Vec::with_capacity(CASES);
    for number in 0..CASES {
        let case = one(world, number)?;
        let life = life(case.kind, case.state);
        let since = case.sent_at + Duration::hours(7) * i32::try_from(life.len() - 1)?;
        let case = Case { since: since.min(world.now), ..case };
        cases.push(&mut loader, row(world, number, &case)).await?;
        write_life(world, &mut loader, &mut events, &case, &life).await?;
        all.push(case);
    }
    cases.flush(&mut loader).await?;
    events.flush(&mut loader).await?;
    loader.finish().await?;
    Ok(all)
}

fn one(world: &World, number: usize) -> anyhow::Result<Case> {
    let kind = Kind::ALL.get(number % Kind::ALL.len()).copied().unwrap_or(Kind::Claims);
    let owner = number / Kind::ALL.len() % world.owners.len();
    let place = Duration::days(DAYS) * i32::try_from(CASES - number)? / i32::try_from(CASES)?;
    let sent_at = world.now - place - Duration::minutes(i64::try_from(below(&world.numbers, 600))?);
    Ok(Case {
        id: ApplicationId::new(sent_at, &world.numbers),
        kind,
        state: state_of(number, kind),
        institution: world.institutions[owner],
        owner,
        sent_at,
        since: sent_at,
    })
}

fn answers(number: usize, kind: Kind) -> String {
    match kind {
        Kind::Certificate => format!(
            "{{\"consent\":\"agree\",\"contact\":\"事務部 山田 花子\",\"terminal_count\":\"1\",\"terminal_name\":\"受付の端末{number}\",\
             \"terminal_os\":\"windows_11\",\"purpose\":\"both\"}}"
        ),
        _ => format!(
            "{{\"application_kind\":\"start\",\"connection\":\"ip_vpn_ipv6\",\"customer_id_kind\":\"cop\",\"customer_id\":\"COP{number:08}\",\
             \"customer_id_confirm\":\"COP{number:08}\",\"fee_payment\":\"deduction\",\"product\":\"opt_one3\",\"start_month\":\"2026-07\"}}"
        ),
    }
}

fn row(world: &World, number: usize, case: &Case) -> Vec<Value> {
    let certificate = case.kind == Kind::Certificate;
    let prefecture = super::fill::place(case.owner);
    let owner = id(world.owners[case.owner].0);
    let reviewer = (case.state == State::InReview).then(|| id(world.staff[number % 2].1.0));
    let reference = ReferenceNumber::generate(&world.numbers).as_str().to_owned();
    vec![
        id(case.id.0),
        text(case.kind.as_str()),
        id(case.institution.0),
        text(case.state.as_str()),
        Value::Integer(3),
        text(reference),
        text(answers(number, case.kind)),
        text("[]"),
        if certificate { Value::Null } else { text(format!("COP{number:08}")) },
        maybe(certificate.then(|| format!("受付の端末{number}")), text),
        if certificate { Value::Null } else { text("2026-07") },
        Value::Null,
        owner.clone(),
        owner,
        reviewer.unwrap_or(Value::Null),
        text("[]"),
        at(case.sent_at),
        at(case.since),
        at(case.sent_at),
        at(case.since),
        text(prefecture.map(|(one, _)| one.code().to_string()).unwrap_or_default()),
        text(prefecture.map(|(_, table)| table.code().to_string()).unwrap_or_default()),
    ]
}

async fn write_life(
    world: &World,
    loader: &mut Loader,
    events: &mut Sheet,
    case: &Case,
    life: &[(Event, State)],
) -> anyhow::Result<()> {
    for (step, (event, state)) in life.iter().enumerate() {
        let when = (case.sent_at + Duration::hours(7) * i32::try_from(step)?).min(world.now);
        let by_owner = matches!(event, Event::Submit | Event::Withdraw | Event::PickUp | Event::Install);
        let actor = if by_owner { world.owners[case.owner] } else { world.staff[step % 2].1 };
        let name = if by_owner { "計測 太郎" } else { "審査 太郎" };
        let row = vec![
            id(EventId::new(when, &world.numbers).0),
            id(case.id.0),
            text(event.as_str()),
            text(state.as_str()),
            text(format!("account:{actor}")),
            text(name),
            text(""),
            at(when),
        ];
        events.push(loader, row).await?;
    }
    Ok(())
}

//! The register of one's institution's terminals: where each stands, which certificate it has, and what comes next
//! (spec 04.5).

use std::collections::BTreeMap;

use domain::{
    accounts::clean_line,
    applications::{Explanation, Moment, State, explain},
    clock::Timestamp,
    ids::{ApplicationId, CertificateId, InstitutionId},
    terminals::standing::{Condition, Issued, NextStep, Standing, standing},
};
use storage::{
    Conn,
    applications::Application,
    boxed,
    terminals::{Glance, LossReport, Noted, Range},
};

use crate::{Ctx, Error, Result, applications::own};

/// Longest place in characters.
const LONGEST_PLACE: usize = 60;
/// Terminals that are read in one go.
const PART: i64 = 100;

/// A terminal with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Its last case: under this name it is found again.
    pub id: ApplicationId,
    /// 端末名称等.
    pub name: String,
    /// 設置場所; empty while nobody said.
    pub place: String,
    /// 用途, in words.
    pub purpose: String,
    /// How it stands.
    pub standing: Standing,
    /// Its certificates, oldest first.
    pub certificates: Vec<Glance>,
    /// Its applications, oldest first.
    pub cases: Vec<Application>,
    /// The application that is under way, and where it stands in words.
    pub under_way: Option<(ApplicationId, Explanation)>,
    /// Reports that a key of it was lost, newest first.
    pub losses: Vec<LossReport>,
}

impl Terminal {
    /// The certificate that counts.
    pub fn current(&self) -> Option<&Glance> {
        self.standing.current.and_then(|place| self.certificates.get(place))
    }

    /// The certificate that counts, while it is not revoked.
    pub fn valid(&self) -> Option<&Glance> {
        self.current().filter(|one| one.state == "valid")
    }

    /// Whether any certificate of it works at an instant, also one that was fetched and not shown yet.
    pub fn has_working(&self, now: Timestamp) -> bool {
        self.certificates.iter().any(|one| one.state == "valid" && one.not_after > now)
    }

    /// A certificate that was fetched and not shown yet, if it is the one to be put into the terminal next.
    pub fn fetched(&self) -> Option<&Glance> {
        self.certificates.iter().rfind(|one| one.state == "valid" && one.installed_at.is_none())
    }

    /// What is to be done next, in one sentence.
    pub fn next(&self) -> String {
        match self.standing.next {
            NextStep::Nothing => "いま、していただくことはありません。".to_owned(),
            NextStep::Renew => {
                "オンライン請求ネットワーク（閉域網）の更新のページで、端末の電子証明書を更新してください。".to_owned()
            }
            NextStep::TestConnection => "端末に入れてから、接続テストをしてください。".to_owned(),
            NextStep::SeeToApplication => self.under_way.as_ref().map(|(_, e)| e.next_step()).unwrap_or_default(),
            NextStep::Apply => "これからも使うときは、新しい端末の電子証明書を申請してください。".to_owned(),
            NextStep::Revoke => "盗難・紛失の届出があります。すぐに失効させてください。".to_owned(),
        }
    }

    /// How soon somebody must look at it: the condition, and the days that are left.
    fn urgency(&self) -> (bool, Condition, Option<i64>) {
        let condition = self.standing.condition;
        (!condition.asks_for_action(), condition, self.standing.days_left)
    }
}

/// A page of the register.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The terminals, by name.
    pub terminals: Vec<Terminal>,
    /// The last name, when there are more.
    pub next: Option<String>,
}

/// Terminals of one's institution by name; `after` is the last name of the page before, or empty.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn page(ctx: &Ctx<'_>, after: &str, limit: i64) -> Result<Page> {
    let institution = ctx.institution()?;
    let mut conn = ctx.app.db.read().await?;
    let mut names = storage::terminals::names(&mut conn, institution, after, limit + 1).await?;
    let more = i64::try_from(names.len()).unwrap_or(i64::MAX) > limit;
    if more {
        names.pop();
    }
    let terminals = gather(ctx, &mut conn, institution, &names).await?;
    Ok(Page { terminals, next: names.pop().filter(|_| more) })
}

/// All terminals of one's institution by name.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn all(ctx: &Ctx<'_>) -> Result<Vec<Terminal>> {
    let mut found = page(ctx, "", PART).await?;
    let mut terminals = found.terminals;
    while let Some(after) = found.next {
        found = page(ctx, &after, PART).await?;
        terminals.append(&mut found.terminals);
    }
    Ok(terminals)
}

/// What the home page shows of the terminals.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Those that need somebody most, at most ten.
    pub first: Vec<Terminal>,
    /// How many there are.
    pub count: usize,
    /// How many of all of them need somebody.
    pub waiting: usize,
}

/// The terminals of one's institution that are in use, for its home page; those that need somebody first. Before the first
/// certificate the home page's tasks say all that there is.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn overview(ctx: &Ctx<'_>) -> Result<Overview> {
    let institution = ctx.institution()?;
    if !storage::terminals::any_certificate(&mut ctx.app.db.read().await?, institution).await? {
        return Ok(Overview::default());
    }
    let mut terminals = all(ctx).await?;
    terminals.retain(|one| one.standing.condition != Condition::Retired);
    let count = terminals.len();
    let waiting = terminals.iter().filter(|one| one.standing.condition.asks_for_action()).count();
    terminals.sort_by_key(Terminal::urgency);
    terminals.truncate(10);
    Ok(Overview { first: terminals, count, waiting })
}

/// The terminal of a case of one's institution.
///
/// # Errors
/// [`Error::NotFound`] when the case belongs to another institution or to no terminal.
#[boxed]
pub async fn terminal(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Terminal> {
    let case = own(ctx, id).await?;
    let name = case.terminal_name.filter(|_| case.submitted_at.is_some()).ok_or(Error::NotFound)?;
    let mut conn = ctx.app.db.read().await?;
    let mut found = gather(ctx, &mut conn, case.institution_id, &[name]).await?;
    found.pop().ok_or(Error::NotFound)
}

/// Notes where a terminal of one's institution stands, or says what is wrong with the words.
///
/// # Errors
/// [`Error::Forbidden`] for members who are not owners, [`Error::NotFound`] for another institution's terminal.
#[boxed]
pub async fn set_place(ctx: &Ctx<'_>, id: ApplicationId, typed: &str) -> Result<Result<(), String>> {
    let institution = ctx.owner()?;
    let known = terminal(ctx, id).await?;
    let place = match clean_line(typed, LONGEST_PLACE) {
        Ok(place) => place,
        Err(fault) => return Ok(Err(format!("「設置場所」：{fault}"))),
    };
    let mut tx = ctx.app.db.write().await?;
    storage::terminals::set_place(&mut tx, institution, &known.name, &place, ctx.now).await?;
    ctx.audit(&mut tx, "terminal.place", format!("application:{id}"), &known.place, &place);
    tx.commit().await?;
    Ok(Ok(()))
}

/// How many people are told before a certificate ends: the active members.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn readers(ctx: &Ctx<'_>) -> Result<usize> {
    let institution = ctx.institution()?;
    let members = storage::accounts::members_in_force(&mut ctx.app.db.read().await?, institution).await?;
    Ok(members.iter().filter(|one| !domain::accounts::is_provisional(&one.person_email)).count())
}

/// Everything about terminals whose names follow each other.
async fn gather(ctx: &Ctx<'_>, conn: &mut Conn, institution: InstitutionId, names: &[String]) -> Result<Vec<Terminal>> {
    let (Some(first), Some(last)) = (names.first(), names.last()) else { return Ok(vec![]) };
    let range = Range { first, last };
    let mut cases = by_name(storage::applications::cases_of_terminals(conn, institution, &range).await?, |case| {
        case.terminal_name.clone().unwrap_or_default()
    });
    let mut certificates =
        by_name(storage::terminals::certificates(conn, institution, &range).await?, |one| one.terminal.clone());
    let mut notes = storage::terminals::notes(conn, institution, &range).await?;
    let losses = match certificates.is_empty() {
        true => vec![],
        false => storage::terminals::losses_of(conn, institution).await?,
    };
    let deadlines = deadlines(conn, institution, &cases).await?;
    let terminal = |name: &String| {
        let parts = Parts {
            noted: notes.remove(name).unwrap_or_default(),
            cases: cases.remove(name).unwrap_or_default(),
            certificates: certificates.remove(name).unwrap_or_default(),
        };
        assemble(ctx, name, parts, &losses, &deadlines)
    };
    Ok(names.iter().filter_map(terminal).collect())
}

fn by_name<T>(all: Vec<T>, name: impl Fn(&T) -> String) -> BTreeMap<String, Vec<T>> {
    let mut groups: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for one in all {
        groups.entry(name(&one)).or_default().push(one);
    }
    groups
}

/// Until when certificates can be fetched, when a letter was ordered for any of the cases.
async fn deadlines(
    conn: &mut Conn,
    institution: InstitutionId,
    cases: &BTreeMap<String, Vec<Application>>,
) -> Result<BTreeMap<ApplicationId, Timestamp>> {
    if cases.values().flatten().any(|case| is_under_way(case.state) && case.state.may_have_letter()) {
        return Ok(storage::letters::deadlines_of_institution(conn, institution).await?.into_iter().collect());
    }
    Ok(BTreeMap::new())
}

fn is_under_way(state: State) -> bool {
    !state.is_over() && !matches!(state, State::Draft | State::PickedUp | State::Installed)
}

/// What belongs to one terminal.
struct Parts {
    noted: Noted,
    cases: Vec<Application>,
    certificates: Vec<Glance>,
}

fn assemble(
    ctx: &Ctx<'_>,
    name: &str,
    parts: Parts,
    losses: &[LossReport],
    deadlines: &BTreeMap<ApplicationId, Timestamp>,
) -> Option<Terminal> {
    let Parts { noted, cases, certificates } = parts;
    let last = cases.iter().rfind(|case| !case.state.is_over()).or_else(|| cases.last())?;
    let ids: Vec<CertificateId> = certificates.iter().map(|one| one.id).collect();
    let losses: Vec<LossReport> = losses.iter().filter(|one| ids.contains(&one.certificate)).cloned().collect();
    let open = |id| losses.iter().any(|one| one.certificate == id && one.clock.done_at.is_none());
    let issued: Vec<Issued> = certificates.iter().map(|one| of(one, open(one.id))).collect();
    let retired = is_retired(certificates.last(), noted.retired_at);
    let going = cases.iter().rfind(|case| is_under_way(case.state));
    let (rules, holidays) = (ctx.app.rules(), ctx.app.holidays());
    let words = |case: &Application| {
        let (kind, state, since) = (case.kind, case.state, case.state_since);
        let moment = Moment { kind, state, since, start: None, pickup: deadlines.get(&case.id).copied(), asked: false };
        (case.id, explain(moment, &rules, &holidays))
    };
    let lists = ctx.app.reference().lists;
    let purpose = last.answers.get("purpose_1");
    let terminal = Terminal {
        id: last.id,
        name: name.to_owned(),
        place: noted.place,
        purpose: lists.entry("purposes", purpose).map_or_else(|| purpose.to_owned(), |entry| entry.label.clone()),
        standing: standing(&issued, going.map(|case| case.state), retired, ctx.now.date()),
        under_way: going.map(words),
        losses,
        certificates,
        cases,
    };
    Some(terminal)
}

/// Whether the use of a terminal was ended after its last certificate, by word or by the reason of the revocation.
fn is_retired(last: Option<&Glance>, retired_at: Option<Timestamp>) -> bool {
    let Some(last) = last else { return false };
    let ended = ["cessationOfOperation", "affiliationChanged"];
    let by_reason = last.revocation_reason.as_deref().is_some_and(|reason| ended.contains(&reason));
    by_reason || retired_at.is_some_and(|at| last.revoked_at.is_some_and(|revoked| at >= revoked))
}

fn of(one: &Glance, lost: bool) -> Issued {
    Issued { not_after: one.not_after, revoked: one.state != "valid", installed: one.installed_at.is_some(), lost }
}

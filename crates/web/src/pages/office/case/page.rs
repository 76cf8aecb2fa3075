//! The page of a case: two columns, what was sent on the left, the decision on the right.

use askama::Template;
use domain::{
    applications::{Effect, Flag, Kind, Life},
    calendar::{japanese_date, japanese_datetime},
    ids::ApplicationId,
    permissions::Permission,
};
use services::{
    applications::{self, CaseView},
    mandates::Prepared,
    rows::{Application, Note, Question},
};

use super::{
    checks::{self, ChecksView},
    sent::{self, Line},
    standing::Standing,
};
use crate::{
    pages::{
        applications::state_view,
        office::{
            links::{above, entry_of, queue_of},
            master_account, parts,
            queue::{Wanted, age, case_in, flag_view},
            words::yen,
        },
    },
    site::{Failure, Visit, grouped_code},
    view::{
        frame::{Frame, Link},
        parts::{CompareView, CopyView, StateView, SummaryListView, TableView},
    },
};

/// The page of a case.
#[derive(Template)]
#[template(path = "office/case.html")]
pub(super) struct CasePage {
    pub(super) frame: Frame,
    id: ApplicationId,
    version: i64,
    kind: Kind,
    queue: String,
    way: Option<Way>,
    reference: CopyView,
    state: StateView,
    flag: Option<StateView>,
    rule: String,
    since: String,
    explained: String,
    prepared: Vec<String>,
    waiting: String,
    place: Place,
    room: Option<Link>,
    checks: ChecksView,
    differences: Option<CompareView>,
    reasons: Vec<(String, String)>,
    questions: Vec<Asked>,
    notes: Vec<Noted>,
    may_note: bool,
    may_ask: bool,
    sections: Vec<SummaryListView>,
    tables: Vec<TableView>,
    history: Vec<Line>,
    standing: Standing,
    assignee: Option<String>,
    why_not: String,
    consequence: String,
}

/// The institution beside the title.
struct Place {
    name: String,
    code: String,
    href: String,
}

/// The way through the queue from which the case was opened.
struct Way {
    previous: Option<String>,
    next: Option<String>,
    list: String,
}

/// A question to the applicant.
struct Asked {
    question: String,
    asked: String,
    answer: String,
    answered: String,
}

/// A note among staff.
struct Noted {
    note: String,
    by: String,
}

/// The page of a case as it is now; `queue` is the filter of the queue from which it was opened, empty for none.
pub(super) async fn page(visit: &Visit, view: &CaseView, queue: &str) -> Result<CasePage, Failure> {
    let case = &view.case;
    let standing = Standing::of(visit, view);
    let reference = case.reference.clone().unwrap_or_default();
    let groups: Vec<String> = reference.split('-').map(str::to_owned).collect();
    let open = case.state.is_open_for_review();
    let further = [master_accounts(visit, view).await?, steps(visit, view).await?];
    let mut frame = frame(visit, view, &reference, queue);
    frame.banners.extend(sent::undelivered(view));
    Ok(CasePage {
        frame,
        id: case.id,
        version: case.version,
        kind: case.kind,
        queue: queue.to_owned(),
        way: way(visit, view, queue).await?,
        reference: CopyView::new("受付番号", reference, groups),
        state: state_view(case.state),
        flag: (open && case.flag != Flag::Plain).then(|| flag_view(case.flag)),
        rule: if open { rule(case) } else { String::new() },
        since: japanese_date(case.state_since.date()),
        explained: view.explanation.sentence(),
        prepared: view.prepared.iter().map(prepared).collect(),
        waiting: waiting(visit, view),
        place: place(visit, view),
        room: room(visit, view),
        checks: checks::of(view),
        differences: sent::differences(view),
        reasons: case.reasons.iter().map(|(key, words)| (label(view, key), words.clone())).collect(),
        questions: view.questions.iter().map(asked).collect(),
        notes: view.notes.iter().map(noted).collect(),
        may_note: view.may_note,
        sections: sent::sections(view),
        tables: tables(visit, view).into_iter().chain(further.into_iter().flatten()).collect(),
        history: sent::history(view),
        assignee: assignee(view),
        why_not: standing.why_not(view),
        consequence: consequence(view),
        may_ask: standing.decides() && case.flag != Flag::Asked,
        standing,
    })
}

/// The room of the office where more of a procedure is done.
fn room(visit: &Visit, view: &CaseView) -> Option<Link> {
    let case = &view.case;
    let subsidy = case.kind.effect() == Effect::Award && parts::may(visit, Permission::ReadGrants);
    subsidy.then(|| Link::new("補助金の計算を開く", format!("/office/subsidies/cases/{}", case.id)))
}

/// What belongs to the case, as tables; empty ones are left out.
fn tables(visit: &Visit, view: &CaseView) -> Vec<TableView> {
    let tables = [
        sent::letters(visit, view),
        sent::certificates(visit, view),
        sent::fees(visit, view),
        sent::mails(view),
        sent::related(view),
    ];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// The master accounts that an accepted eligibility application gave its institution.
async fn master_accounts(visit: &Visit, view: &CaseView) -> Result<Option<TableView>, Failure> {
    if view.case.kind != Kind::Eligibility {
        return Ok(None);
    }
    let table = master_account::table(visit, view.case.institution_id).await?;
    Ok(table.filter(|table| !table.rows.is_empty()))
}

/// The steps that an accepted closing planned or did.
async fn steps(visit: &Visit, view: &CaseView) -> Result<Option<TableView>, Failure> {
    if view.case.kind.effect() != Effect::Closing {
        return Ok(None);
    }
    let shown = crate::pages::closing::of_case(visit, view.case.id).await?;
    Ok(shown.map(|(table, _)| table))
}

impl CasePage {
    /// Opens the case that comes next: in the queue from which this one was opened, or of all.
    pub(super) fn next_case(&self) -> Link {
        let (kind, after) = (self.kind.as_str(), self.id.to_string());
        let address = match self.queue.as_str() {
            "" => "/office/next".to_owned(),
            queue => parts::address("/office/next", &[("kind", kind), ("queue", queue), ("after", &after)]),
        };
        Link::new("次の申請を審査する", address)
    }

    /// The page on which a decision with words is written.
    fn act_page(&self, act: &str) -> String {
        parts::address(&format!("/office/applications/{}/{act}", self.id), &[("queue", &self.queue)])
    }
}

async fn way(visit: &Visit, view: &CaseView, queue: &str) -> Result<Option<Way>, Failure> {
    if queue.is_empty() {
        return Ok(None);
    }
    let wanted = Wanted::parse(queue);
    let filter = wanted.filter(visit, view.case.kind);
    let beside = applications::neighbours(&visit.ctx(), &filter, &view.case).await?;
    let to = |id| case_in(id, &wanted.query());
    Ok(Some(Way {
        previous: beside.previous.map(to),
        next: beside.next.map(to),
        list: wanted.address(view.case.kind, &[]),
    }))
}

/// What the rule that may accept by itself said.
fn rule(case: &Application) -> String {
    match case.flag {
        _ if case.rule_words.is_empty() => String::new(),
        Flag::Held => format!("自動では承認していません。人の確認が必要なもの：{}", case.rule_words),
        _ => format!("{}により、人が確認します。", case.rule_words),
    }
}

/// Who prepared a case, and under which mandate.
fn prepared(one: &Prepared) -> String {
    let last = one.ends_at - time::Duration::MILLISECOND;
    let (from, until) = (japanese_date(one.given_at.date()), japanese_date(last.date()));
    format!("{}　{}（委任の期間：{from}から{until}まで）", one.company, one.person)
}

fn asked(question: &Question) -> Asked {
    let until = japanese_date(question.until.date());
    let answered = question.answered_at.map(|at| format!("{}　{}", japanese_datetime(at), question.answered_name));
    Asked {
        question: question.question.clone(),
        asked: format!("{}　{}", japanese_datetime(question.asked_at), question.asked_by_name),
        answer: question.answer.clone(),
        answered: answered.unwrap_or_else(|| format!("回答を待っています（期限：{until}）")),
    }
}

fn noted(note: &Note) -> Noted {
    Noted { note: note.note.clone(), by: format!("{}　{}", japanese_datetime(note.at), note.author_name) }
}

/// Who has the case; none when it is not being examined.
fn assignee(view: &CaseView) -> Option<String> {
    let nobody = || view.case.state.is_open_for_review().then(|| "（未定）".to_owned());
    view.assignee_name.clone().or_else(nobody)
}

fn frame(visit: &Visit, view: &CaseView, reference: &str, queue: &str) -> Frame {
    let kind = view.case.kind;
    let mut frame = visit.office_frame(format!("{reference}　{}", view.institution.name), &entry_of(kind));
    frame.breadcrumb.extend(above(kind));
    let list = if queue.is_empty() { queue_of(kind) } else { Wanted::parse(queue).address(kind, &[]) };
    frame.breadcrumb.push(Link::new(kind.label(), list));
    frame
}

fn place(visit: &Visit, view: &CaseView) -> Place {
    let institution = &view.institution;
    let linked = parts::may(visit, Permission::ReadInstitutions);
    Place {
        name: institution.name.clone(),
        code: grouped_code(institution.code.as_str()),
        href: if linked { format!("/office/institutions/{}", institution.id) } else { String::new() },
    }
}

fn waiting(visit: &Visit, view: &CaseView) -> String {
    let Some(sent) = view.case.submitted_at else { return String::new() };
    let day = japanese_date(sent.date());
    if !view.case.state.is_open_for_review() {
        return format!("送信：{day}");
    }
    let (days, late) = age(visit, sent);
    let target = visit.site.app.rules().review_days;
    let late = if late { "。目安を過ぎています" } else { "" };
    format!("送信：{day}（{days}営業日経過、目安{target}営業日{late}）")
}

/// The label of a field of the case; the empty key stands for the whole form.
pub(super) fn label(view: &CaseView, key: &str) -> String {
    let lines = view.reading.iter().flat_map(|(_, lines)| lines);
    let found = lines.into_iter().find(|line| line.key == key).map(|line| line.label.clone());
    found.unwrap_or_else(|| "全体".to_owned())
}

/// What happens when the case is accepted, after 「承認すると、」.
fn consequence(view: &CaseView) -> String {
    let told = "申請者にメールで知らせます。取り消せません。";
    if view.case.kind == Kind::Certificate {
        let fee = yen(view.fee_yen);
        return format!("発行料{fee}が台帳に記録され、通知書が印刷待ちに入ります。{told}");
    }
    let start = view.case.start();
    let plain =
        if view.case.kind.life() == Life::Once { "受付済みになります。" } else { "有効になります。" };
    let start = start.map_or_else(|| plain.to_owned(), |start| format!("{start}から有効になります。"));
    let change = view.case.answers.is("application_kind", "change");
    let before = if change { "それまで有効だった内容は終わります。" } else { "" };
    format!("{start}{before}{told}")
}

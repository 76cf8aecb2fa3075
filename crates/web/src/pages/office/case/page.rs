//! The page of a case: two columns, what was sent on the left, the decision on the right.

use askama::Template;
use domain::{
    applications::Kind,
    calendar::{YearMonth, japanese_date},
    ids::ApplicationId,
    permissions::Permission,
};
use services::applications::CaseView;

use super::{
    sent::{self, Line},
    standing::Standing,
};
use crate::{
    pages::{
        applications::state_view,
        office::{links::queue_of, parts, queue::age, words::yen},
    },
    site::{Visit, grouped_code},
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
    kind: &'static str,
    reference: CopyView,
    state: StateView,
    since: String,
    explained: String,
    waiting: String,
    place: Place,
    checks: Vec<Check>,
    differences: Option<CompareView>,
    reasons: Vec<(String, String)>,
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

/// A check done by rule.
struct Check {
    ok: bool,
    label: String,
    detail: String,
}

/// The page of a case as it is now.
pub(super) fn page(visit: &Visit, view: &CaseView) -> CasePage {
    let case = &view.case;
    let standing = Standing::of(visit, view);
    let reference = case.reference.clone().unwrap_or_default();
    let groups: Vec<String> = reference.split('-').map(str::to_owned).collect();
    let tables =
        [sent::letters(visit, view), sent::certificates(visit, view), sent::fees(visit, view), sent::mails(view)];
    CasePage {
        frame: frame(visit, view, &reference),
        id: case.id,
        version: case.version,
        kind: case.kind.label(),
        reference: CopyView::new("受付番号", reference, groups),
        state: state_view(case.state),
        since: japanese_date(case.state_since.date()),
        explained: view.explanation.sentence(),
        waiting: waiting(visit, view),
        place: place(visit, view),
        checks: checks(visit, view),
        differences: sent::differences(view),
        reasons: case.reasons.iter().map(|(key, words)| (label(view, key), words.clone())).collect(),
        sections: sent::sections(view),
        tables: tables.into_iter().filter(|table| !table.rows.is_empty()).collect(),
        history: sent::history(view),
        assignee: assignee(view),
        why_not: standing.why_not(view),
        consequence: consequence(visit, view),
        standing,
    }
}

/// Who has the case; none when it is not being examined.
fn assignee(view: &CaseView) -> Option<String> {
    let nobody = || view.case.state.is_open_for_review().then(|| "（未定）".to_owned());
    view.assignee_name.clone().or_else(nobody)
}

fn frame(visit: &Visit, view: &CaseView, reference: &str) -> Frame {
    let queue = queue_of(view.case.kind);
    let mut frame = visit.office_frame(format!("{reference}　{}", view.institution.name), &queue);
    frame.breadcrumb.push(Link::new(view.case.kind.label(), queue));
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

fn checks(visit: &Visit, view: &CaseView) -> Vec<Check> {
    let institution = &view.institution;
    let check = |ok: bool, label: &str, detail: &str| Check {
        ok,
        label: label.to_owned(),
        detail: if ok { String::new() } else { detail.to_owned() },
    };
    let holds = institution.code.check_digit_holds();
    let works = institution.works_on(visit.ctx().now.date());
    let status = format!("台帳では「{}」です。指定の期間もご確認ください。", institution.status.label());
    let mut checks = vec![
        check(institution.in_register, "台帳への掲載", "台帳にまだありません（確認待ち）。"),
        check(holds, "コードの検査数字", "検査数字が合いません。台帳にあるため受け付けています。"),
        check(works, "医療機関等の状態", &status),
    ];
    if view.case.remarks.is_empty() {
        checks.push(check(true, "送信時の自動の確認", ""));
    }
    checks.extend(view.case.remarks.iter().map(|(key, remark)| check(false, &label(view, key), remark)));
    checks
}

/// What happens when the case is accepted, after 「承認すると、」.
fn consequence(visit: &Visit, view: &CaseView) -> String {
    let told = "申請者にメールで知らせます。取り消せません。";
    if view.case.kind == Kind::Certificate {
        let fee = yen(visit.site.app.rules().certificate_fee_yen);
        return format!("発行料{fee}が台帳に記録され、通知書が印刷待ちに入ります。{told}");
    }
    let start = view.case.start_month.as_deref().and_then(|month| month.parse::<YearMonth>().ok());
    let start = start.map_or_else(|| "有効になります。".to_owned(), |month| format!("{month}から有効になります。"));
    let change = view.case.answers.is("application_kind", "change");
    let before = if change { "それまで有効だった内容は終わります。" } else { "" };
    format!("{start}{before}{told}")
}

//! The queue of a procedure: filters, counts, age in business days against the target, paging by key (spec 6.2).

mod bulk;
mod others;
mod saved;
mod wanted;

use askama::Template;
use axum::extract::{Path, Query};
use domain::{
    applications::{Act, Age, Flag, Kind, State},
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    ids::{AccountId, RunId},
    institutions::{Prefecture, ScoreTable},
};
use services::{
    Error,
    applications::{self, OPEN, reviewing},
    rows::{Counts, Listed, SavedFilter},
};

use super::{
    links::{above, entry_of, queue_of},
    parts,
};
use crate::{
    pages::applications::state_view,
    site::{Failure, Html, Visit, grouped_code},
    view::{
        form::{FieldView, InputView},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, ColumnView, FilterBarView, RowView, StateView, TableView, Tone},
    },
};

pub(super) use bulk::{choose, decide, result};
pub(super) use others::others;
pub(super) use saved::{delete, save};
pub(super) use wanted::{Wanted, case_in};

/// The queue.
#[derive(Template)]
#[template(path = "office/queue.html")]
pub(super) struct QueuePage {
    frame: Frame,
    kind: Kind,
    lead: String,
    counts: Vec<Count>,
    next: Option<Link>,
    filters: FilterBarView,
    saved: Vec<Saved>,
    query: String,
    table: TableView,
    acts: Vec<Act>,
    run: RunId,
    empty: (&'static str, &'static str),
}

/// How many cases are in a state.
struct Count {
    label: &'static str,
    cases: i64,
    /// What of them is remarkable; empty for nothing.
    note: String,
    href: String,
    current: bool,
}

/// A filter that the person saved.
struct Saved {
    link: Link,
    delete: String,
}

/// The queue of a procedure.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<QueuePage>, Failure> {
    let kind: Kind = name.parse().map_err(|_| Error::NotFound)?;
    parts::insist(&visit, &[applications::reading(kind)])?;
    let ctx = visit.ctx();
    let (state, may_decide) = (wanted.state(), ctx.permit(reviewing(kind)).is_ok());
    let cases = applications::queue(&ctx, &wanted.filter(&visit, kind), parts::after(&wanted.after)).await?;
    let counts = applications::queue_counts(&ctx).await?;
    let reviewers = applications::reviewers(&ctx, kind).await?;
    let saved = applications::filters(&ctx, kind).await?;
    let choosing = may_decide && state.is_open_for_review();
    let next = cases
        .first()
        .filter(|_| choosing)
        .map(|first| Link::new("次の申請を審査する", case_in(first.id, &wanted.query())));
    let mut frame = visit.office_frame(kind.label(), &entry_of(kind));
    frame.breadcrumb.extend(above(kind));
    frame.banners.extend(said(&wanted.said));
    Ok(Html(QueuePage {
        frame,
        kind,
        lead: lead(&visit, state),
        counts: figures(kind, state, &wanted, &counts),
        next,
        filters: filters(kind, &wanted, &reviewers),
        saved: saved.iter().map(|filter| kept(kind, filter)).collect(),
        query: wanted.query(),
        table: table(&visit, kind, &wanted, &cases, choosing),
        acts: if choosing { Act::ALL.to_vec() } else { vec![] },
        run: RunId::new(ctx.now, &*visit.site.app.randomness),
        empty: ("この条件の申請はありません", "ほかの状態や条件を選んで、「絞り込む」を押してください。"),
    }))
}

fn lead(visit: &Visit, state: State) -> String {
    match state {
        State::Submitted | State::InReview => {
            format!("先に送信されたものから並びます。審査の目安は{}営業日です。", visit.site.app.rules().review_days)
        }
        _ => "先に送信されたものから並びます。".to_owned(),
    }
}

fn said(word: &str) -> Option<crate::view::frame::BannerView> {
    let (kind, words) = match word {
        "none" => (BannerKind::Info, "この条件の次の申請は、もうありません。"),
        "saved" => (BannerKind::Success, "条件を保存しました。あなただけに表示されます。"),
        "deleted" => (BannerKind::Success, "保存した条件を削除しました。"),
        "unchosen" => (BannerKind::Error, "申請が選ばれていません。一覧の左端で選んでから、もう一度押してください。"),
        _ => return None,
    };
    Some(parts::banner(kind, words, &[]))
}

fn kept(kind: Kind, filter: &SavedFilter) -> Saved {
    let wanted = Wanted::parse(&filter.query);
    Saved {
        link: Link::new(&filter.name, wanted.address(kind, &[])),
        delete: format!("{}/filters/{}/delete", queue_of(kind), filter.id),
    }
}

/// Numbers of open cases; what is past the target, and what waits for an answer, stands beside them.
fn figures(kind: Kind, state: State, wanted: &Wanted, counts: &[(Kind, Counts)]) -> Vec<Count> {
    let plain = !wanted.is_narrow();
    let count = |open: State| {
        let found = counts.iter().find(|(of, counts)| *of == kind && counts.state == open).map(|(_, counts)| counts);
        let notes = found.map(|counts| {
            let late = if open == State::Returned { 0 } else { counts.late };
            [("目安超過", late), ("回答待ち", counts.asked), ("回答あり", counts.answered)]
        });
        let notes = notes.into_iter().flatten().filter(|(_, count)| *count > 0);
        Count {
            label: open.label(),
            cases: found.map_or(0, |counts| counts.cases),
            note: notes.map(|(words, count)| format!("{words} {count}件")).collect::<Vec<_>>().join("、"),
            href: format!("{}?state={open}", queue_of(kind)),
            current: plain && state == open,
        }
    };
    OPEN.into_iter().map(count).collect()
}

/// The states that a case of the procedure can be in, in the order of its life.
fn states(kind: Kind) -> impl Iterator<Item = State> {
    let reached = move |state: &State| kind.moves().any(|step| step.to == *state);
    State::ALL.iter().copied().filter(reached)
}

fn filters(kind: Kind, wanted: &Wanted, reviewers: &[(AccountId, String)]) -> FilterBarView {
    let queue = queue_of(kind);
    let state = wanted.state();
    let states = states(kind).map(|state| (state.as_str().to_owned(), state.label().to_owned()));
    let mut state_field = parts::filter("state", "状態", states, state.as_str());
    if let InputView::Select { placeholder, .. } = &mut state_field.input {
        placeholder.clear();
    }
    let mut fields = vec![state_field];
    fields.extend(of_place(wanted));
    fields.extend(of_time(wanted));
    fields.extend(of_people(wanted, reviewers));
    let built_in = |words: &str, query: &str| Link::new(words, format!("{queue}?{query}"));
    FilterBarView {
        reset: if state == State::Submitted && !wanted.is_narrow() { String::new() } else { queue.clone() },
        saved: vec![
            built_in("目安を過ぎたもの", "state=submitted&age=over"),
            built_in("今日が目安の日", "state=submitted&age=today"),
            built_in("自分の担当", "state=in_review&assignee=me"),
            built_in("申請者の回答あり", "state=in_review&flag=answered"),
            built_in("抜取り", "state=submitted&flag=sampled"),
        ],
        action: queue,
        fields,
    }
}

fn of_place(wanted: &Wanted) -> [FieldView; 2] {
    let prefectures = Prefecture::all().map(|p| (p.code().to_owned(), p.label()));
    let tables = ScoreTable::ALL.iter().map(|table| (table.code().to_owned(), table.label()));
    [
        parts::filter("prefecture", "都道府県", prefectures, &wanted.prefecture),
        parts::filter("score_table", "点数表", tables, &wanted.score_table),
    ]
}

fn of_time(wanted: &Wanted) -> [FieldView; 2] {
    let ages = Age::ALL.iter().map(|age| (age.as_str().to_owned(), age.label().to_owned()));
    let days = wanted::DAYS.iter().map(|days| (days.to_string(), format!("{days}日以内")));
    [
        parts::filter("age", "審査の目安", ages, &wanted.age),
        parts::filter("deadline", "申請者の期限", days, &wanted.deadline),
    ]
}

fn of_people(wanted: &Wanted, reviewers: &[(AccountId, String)]) -> [FieldView; 2] {
    let known = [(wanted::ME, "自分"), (wanted::NOBODY, "（未定）")].map(|(value, label)| (value.into(), label.into()));
    let named = reviewers.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let flags = Flag::ALL.iter().filter(|flag| **flag != Flag::Plain);
    let flags = flags.map(|flag| (flag.as_str().to_owned(), flag.label().to_owned()));
    [
        parts::filter("assignee", "担当", known.into_iter().chain(named), &wanted.assignee),
        parts::filter("flag", "目印", flags, &wanted.flag),
    ]
}

fn table(visit: &Visit, kind: Kind, wanted: &Wanted, cases: &[Listed], choosing: bool) -> TableView {
    let labels = ["受付番号", "医療機関等", "状態", "送信した日時", "経過（営業日）", "申請者の期限", "担当"];
    let page = |after: &str| wanted.address(kind, &[("after", after)]);
    let last = cases.last().filter(|_| cases.len() == parts::PAGE);
    let last = last.and_then(|case| Some(parts::after_text(case.submitted_at?, case.id)));
    let mut columns = parts::columns(&labels, &[4]);
    if choosing {
        columns.insert(0, ColumnView::new("選択"));
    }
    TableView {
        columns,
        row_header: usize::from(choosing),
        extent: format!("{}件を表示しています", cases.len()),
        first: (!wanted.after.is_empty()).then(|| page("")),
        next: last.map(|after| page(&after)),
        ..parts::table(
            &format!("{}：{}", kind.label(), wanted.state().label()),
            &[],
            cases.iter().map(|case| row(visit, case, &wanted.query(), choosing)).collect(),
        )
    }
}

fn row(visit: &Visit, case: &Listed, query: &str, choosing: bool) -> RowView {
    let sent = case.submitted_at.unwrap_or(case.state_since);
    let open = case.state.is_open_for_review();
    let (age, late) = age(visit, sent);
    let words = if open && late { format!("{age}（目安超過）") } else { age.to_string() };
    let reference = reference(case);
    let place = grouped_code(&case.institution_code);
    let note =
        case.terminal_name.as_ref().map_or_else(|| place.clone(), |terminal| format!("{place}　端末：{terminal}"));
    let check = CellView::Check {
        name: "case".to_owned(),
        value: format!("{}:{}", case.id, case.version),
        label: format!("{reference}を選ぶ"),
    };
    let cells = [
        CellView::link(reference, case_in(case.id, query)),
        CellView::Lines(case.institution_name.clone(), note),
        state(case),
        CellView::Text(japanese_datetime(sent)),
        CellView::Number(words),
        CellView::Text(case.deadline_at.map_or_else(|| "－".to_owned(), |at| japanese_date(at.date()))),
        CellView::Text(case.assignee_name.clone().unwrap_or_else(|| "（未定）".to_owned())),
    ];
    RowView { cells: choosing.then_some(check).into_iter().chain(cells).collect(), strong: open && late }
}

fn reference(case: &Listed) -> String {
    case.reference.clone().unwrap_or_else(|| "番号なし".to_owned())
}

/// What stands beside the state counts more than the state, of which the whole list is.
fn state(case: &Listed) -> CellView {
    if case.flag == Flag::Plain {
        CellView::State(state_view(case.state))
    } else {
        CellView::State(flag_view(case.flag))
    }
}

/// What stands beside a state, as a badge.
pub(super) fn flag_view(flag: Flag) -> StateView {
    let tone = match flag {
        Flag::Asked => Tone::Waiting,
        Flag::Answered | Flag::Held | Flag::Sampled => Tone::Attention,
        Flag::Plain => Tone::Idle,
    };
    StateView::new(tone, flag.label())
}

/// Business days since an instant, and whether that is more than a case should wait.
pub(super) fn age(visit: &Visit, since: Timestamp) -> (i64, bool) {
    let app = &visit.site.app;
    let days = app.holidays().business_days_between(since.date(), visit.ctx().now.date());
    (days, days > i64::from(app.rules().review_days))
}

//! One decision on several cases of a queue: chosen in the list, asked once more, then told case by case.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Act, Entry, Kind},
    ids::RunId,
};
use services::{
    Error,
    applications::{self, Chosen, Order, reviewing},
};

use super::{Wanted, case_in, flag_view, parts};
use crate::{
    pages::{
        applications::state_view,
        office::links::{above, entry_of},
    },
    site::{Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError},
        frame::{BannerKind, Frame, Link},
        parts::{CellView, StateView, TableView, Tone},
    },
};

/// The page that asks once more, and for the reason.
#[derive(Template)]
#[template(path = "office/bulk.html")]
struct BulkPage {
    frame: Frame,
    errors: ErrorSummary,
    kind: Kind,
    act: Act,
    run: String,
    query: String,
    back: String,
    chosen: Vec<String>,
    table: TableView,
    canned: Vec<ChoiceView>,
    words: String,
    error: Option<String>,
    before: String,
    button: String,
}

/// What became of a decision on several cases.
#[derive(Template)]
#[template(path = "office/bulk_result.html")]
struct ResultPage {
    frame: Frame,
    next: Link,
    back: Link,
    table: TableView,
}

/// What a page of the queue or the page that asks once more sends.
struct Asked {
    kind: Kind,
    act: Act,
    run: RunId,
    wanted: Wanted,
    chosen: Vec<Chosen>,
}

impl Asked {
    fn of(visit: &Visit, name: &str, posted: &Posted) -> Result<Self, Failure> {
        let kind: Kind = name.parse().map_err(|_| Error::NotFound)?;
        parts::insist(visit, &[reviewing(kind)])?;
        let read = |text: &str| {
            let (id, version) = text.split_once(':')?;
            Some(Chosen { id: id.parse().ok()?, version: version.parse().ok()? })
        };
        let mut chosen: Vec<Chosen> = posted.all("case").filter_map(read).take(applications::MOST_AT_ONCE).collect();
        chosen.dedup_by_key(|chosen| chosen.id);
        Ok(Self {
            kind,
            act: posted.get("act").parse().map_err(|_| Failure::Unreadable)?,
            run: posted.get("run").parse().map_err(|_| Failure::Unreadable)?,
            wanted: Wanted::parse(posted.get("queue")),
            chosen,
        })
    }
}

/// Several cases were chosen: taking and letting go is done at once, a decision is asked for once more.
pub(in crate::pages::office) async fn choose(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let asked = Asked::of(&visit, &name, &posted)?;
    if asked.chosen.is_empty() {
        return Ok(see_other(&asked.wanted.address(asked.kind, &[("said", "unchosen")])));
    }
    match asked.act {
        Act::Take | Act::Release => carry_out(&visit, &asked, &[]).await,
        Act::Accept | Act::Return | Act::Reject => {
            Ok(Html(page(&visit, &asked, &Posted::default(), None).await?).into_response())
        }
    }
}

/// Decides the cases that were chosen.
pub(in crate::pages::office) async fn decide(
    visit: Visit,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let asked = Asked::of(&visit, &name, &posted)?;
    let reasons = reasons(&visit, &asked, &posted);
    let needs = matches!(asked.act, Act::Return | Act::Reject);
    if needs && reasons.is_empty() {
        let slip = "理由を選ぶか、入力してください。".to_owned();
        return Ok(Html(page(&visit, &asked, &posted, Some(slip)).await?).with_faults());
    }
    carry_out(&visit, &asked, &reasons).await
}

async fn carry_out(visit: &Visit, asked: &Asked, reasons: &[(String, String)]) -> Result<Response, Failure> {
    let back = asked.wanted.query();
    let order = Order { run: asked.run, kind: asked.kind, act: asked.act, chosen: &asked.chosen, reasons, back: &back };
    applications::decide_all(&visit.ctx(), &order).await?;
    Ok(see_other(&format!("/office/runs/{}", asked.run)))
}

/// Canned texts that fit the procedure, whatever field they are about.
fn canned(visit: &Visit, kind: Kind, act: Act) -> Vec<Entry> {
    let list = if act == Act::Return { "return_reasons" } else { "rejection_reasons" };
    let lists = visit.site.app.reference().lists;
    let fits = |entry: &&Entry| [kind.as_str(), "all"].contains(&entry.group.as_str());
    lists.entries(list).iter().filter(fits).cloned().collect()
}

/// The one reason for all: what was typed, for the field of the canned text that was chosen.
fn reasons(visit: &Visit, asked: &Asked, posted: &Posted) -> Vec<(String, String)> {
    let (joined, edited) = (posted.get("canned"), posted.get("about-canned"));
    let chosen = if joined.is_empty() { edited } else { joined };
    let entry = canned(visit, asked.kind, asked.act).into_iter().find(|entry| entry.value == chosen);
    let words = posted.get("words").trim();
    let (field, label) = entry.map(|entry| (entry.field, entry.label)).unwrap_or_default();
    let label = if joined.is_empty() { String::new() } else { label };
    let reason: Vec<&str> = [label.as_str(), words].into_iter().filter(|part| !part.is_empty()).collect();
    if reason.is_empty() { vec![] } else { vec![(field, reason.join("\n"))] }
}

async fn page(visit: &Visit, asked: &Asked, posted: &Posted, slip: Option<String>) -> Result<BulkPage, Failure> {
    let cases = applications::several(&visit.ctx(), asked.kind, &asked.chosen).await?;
    let (kind, act, count) = (asked.kind, asked.act, cases.len());
    let mut frame = visit.office_frame(several(count, act).replace("する", "します"), &entry_of(kind));
    frame.breadcrumb.extend(above(kind));
    let back = asked.wanted.address(kind, &[]);
    frame.breadcrumb.push(Link::new(kind.label(), &back));
    frame.has_errors = slip.is_some();
    let rows = cases.iter().map(|(case, institution)| {
        let number = case.reference.clone().unwrap_or_default();
        parts::row(vec![
            CellView::link(number, case_in(case.id, &asked.wanted.query())),
            CellView::Lines(institution.name.clone(), grouped_code(institution.code.as_str())),
            CellView::State(if case.rule_words.is_empty() { state_view(case.state) } else { flag_view(case.flag) }),
            CellView::Text(case.remarks.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join("\n")),
        ])
    });
    let chosen = posted.get("canned");
    let choice =
        |entry: &Entry| ChoiceView { selected: entry.value == chosen, ..ChoiceView::new(&entry.value, &entry.label) };
    let error = |message: &String| FieldError { key: "words".to_owned(), message: message.clone() };
    Ok(BulkPage {
        table: parts::table("選んだ申請", &["受付番号", "医療機関等", "状態", "送信時の注意"], rows.collect()),
        errors: ErrorSummary { errors: slip.iter().map(error).collect() },
        canned: if act == Act::Accept { vec![] } else { canned(visit, kind, act).iter().map(choice).collect() },
        chosen: asked.chosen.iter().map(|chosen| format!("{}:{}", chosen.id, chosen.version)).collect(),
        run: asked.run.to_string(),
        query: asked.wanted.query(),
        words: posted.get("words").to_owned(),
        error: slip,
        before: before(act).to_owned(),
        button: format!("この{}", several(count, act)),
        frame,
        kind,
        act,
        back,
    })
}

/// What is done to so many cases, in words.
fn several(count: usize, act: Act) -> String {
    let between = if act == Act::Return { "の" } else { "を" };
    format!("{count}件{between}{}", act.label())
}

const fn before(act: Act) -> &'static str {
    match act {
        Act::Accept => "1件ずつ確かめて承認し、申請者にメールで知らせます。取り消せません。",
        Act::Return => "同じ理由で補正を依頼し、申請者にメールで知らせます。",
        Act::Reject => "同じ理由で却下し、申請者にメールで知らせます。元に戻せません。",
        Act::Take | Act::Release => "",
    }
}

/// What became of each case.
pub(in crate::pages::office) async fn result(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    parts::insist(&visit, &super::super::case::DECIDE)?;
    let run = applications::run(&visit.ctx(), parts::id(&name)?).await?;
    let (kind, wanted) = (run.run.kind, Wanted::parse(&run.run.back));
    let act: Act = run.run.act.parse().map_err(|_| Error::NotFound)?;
    let done = run.results.iter().filter(|result| result.outcome == "done").count();
    let left = run.results.len() - done;
    let mut frame = visit.office_frame(format!("結果：{}", act.label()), &entry_of(kind));
    frame.breadcrumb.extend(above(kind));
    frame.breadcrumb.push(Link::new(kind.label(), wanted.address(kind, &[])));
    let (tone, words) = match left {
        0 => (BannerKind::Success, format!("{done}件すべて、終わりました。")),
        _ => {
            (BannerKind::Warning, format!("{done}件が終わり、{left}件は終わっていません。理由は下の一覧のとおりです。"))
        }
    };
    frame.banners.push(parts::banner(tone, words, &[]));
    let row = |result: &services::rows::RunResult| {
        let state = match result.outcome.as_str() {
            "done" => StateView::new(Tone::Done, "終わりました"),
            _ => StateView::new(Tone::Attention, "していません"),
        };
        parts::row(vec![
            CellView::link(&result.reference, case_in(result.case, &run.run.back)),
            CellView::Text(result.institution.clone()),
            CellView::State(state),
            CellView::Text(result.words.clone()),
        ])
    };
    let rows = run.results.iter().map(row).collect();
    let next = parts::address("/office/next", &[("kind", kind.as_str()), ("queue", &run.run.back)]);
    Ok(Html(ResultPage {
        frame,
        next: Link::new("次の申請を審査する", next),
        back: Link::new("一覧に戻る", wanted.address(kind, &[])),
        table: parts::table("申請ごとの結果", &["受付番号", "医療機関等", "結果", "理由"], rows),
    })
    .into_response())
}

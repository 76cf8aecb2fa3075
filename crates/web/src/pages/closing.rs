//! 廃止・休止の状況: what is planned, step by step, and calling it off (spec 6.1).

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use domain::{
    applications::Kind,
    calendar::{japanese_date, japanese_datetime, typed_day},
    closing::Deed,
    ids::ApplicationId,
    procedures::Common,
};
use serde::Deserialize;
use services::{
    Error,
    closing::{self, Called, Shown},
};

use crate::{
    pages::applications::UnderWay,
    site::{Access, Failure, Html, Posted, Routes, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CellView, ColumnView, Fact, NextStepView, RowView, StateView, TableView, Tone},
    },
};

/// Address of the page.
const PAGE: &str = "/closing";
/// Its name.
const TITLE: &str = "廃止・休止の状況";

pub(super) fn routes() -> Routes {
    Routes::default().get(PAGE, Access::Member, show).post("/closing/{id}/cancel", Access::Owner, cancel)
}

#[derive(Template)]
#[template(path = "closing/status.html")]
struct StatusPage {
    frame: Frame,
    closures: Vec<ClosureView>,
    /// The case that waits for its acceptance.
    under_way: Option<UnderWay>,
    owner: bool,
}

/// A closing as the page shows it.
struct ClosureView {
    title: String,
    state: StateView,
    steps: TableView,
    /// Address of the case.
    case: String,
    /// Address that calls it off; empty when it cannot be.
    cancel: String,
    consequence: String,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    done: String,
}

async fn show(visit: Visit, Query(said): Query<Said>) -> Result<Html<StatusPage>, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    let shown = closing::closing(&ctx).await?;
    let mut frame = visit.frame(TITLE);
    frame.banners.extend(told(&said.done));
    let under_way = UnderWay::of(&ctx, Kind::Common(Common::Closing)).await?;
    let closures = shown.iter().map(view).collect();
    Ok(Html(StatusPage { frame, closures, under_way, owner: ctx.owner().is_ok() }))
}

/// What stands in the place of a beginning at an institution that is about to close or rest.
pub(super) async fn next_step(ctx: &services::Ctx<'_>) -> Result<Option<NextStepView>, Failure> {
    let planned = closing::planned(ctx).await?;
    Ok(planned.map(|closure| NextStepView {
        title: format!("{}の届出を受け付けています", closure.deed.label()),
        says: vec![
            "その日になると、届け出たとおりに進みます。新しい申請を始める前に、その日をご確認ください。".to_owned(),
        ],
        facts: vec![Fact::new(format!("{}の日", closure.deed.label()), day(&closure.day))],
        href: PAGE.to_owned(),
        label: format!("{TITLE}を見る"),
    }))
}

fn told(word: &str) -> Option<BannerView> {
    let (kind, title) = match word {
        "cancelled" => (BannerKind::Success, "取りやめました。その日になっても、何も変わりません。"),
        "before" => (BannerKind::Info, "すでに取りやめています。"),
        "late" => (
            BannerKind::Warning,
            "その日になったため、取りやめることはできません。お困りのときは、お問い合わせください。",
        ),
        _ => return None,
    };
    Some(BannerView { kind, title: title.to_owned(), body: vec![], link: None })
}

fn day(text: &str) -> String {
    typed_day(text).map_or_else(|| text.to_owned(), japanese_date)
}

fn state(shown: &Shown) -> StateView {
    let closure = &shown.closure;
    match (closure.cancelled_at, closure.done_at) {
        (Some(_), _) => StateView::new(Tone::Stopped, "取りやめ"),
        (None, Some(_)) => StateView::new(Tone::Done, "完了"),
        (None, None) if shown.open => StateView::new(Tone::Waiting, "予定"),
        (None, None) => StateView::new(Tone::Active, "実行中"),
    }
}

fn view(shown: &Shown) -> ClosureView {
    let closure = &shown.closure;
    let until = match closure.until.as_str() {
        "" => String::new(),
        until => format!("（再開の見込み：{}）", day(until)),
    };
    ClosureView {
        title: format!("{}：{}{until}", closure.deed.label(), day(&closure.day)),
        state: state(shown),
        steps: steps(shown),
        case: format!("/applications/{}", closure.application),
        cancel: if shown.open { format!("{PAGE}/{}/cancel", closure.application) } else { String::new() },
        consequence: match closure.deed {
            Deed::Resume => "取りやめると、休止のままになります。",
            Deed::Abolish | Deed::Suspend => {
                "取りやめると、その日になっても何も終了しません。もう一度届け出るときは、はじめから入力します。"
            }
        }
        .to_owned(),
    }
}

/// The steps of a closing, planned or done.
pub(super) fn steps(shown: &Shown) -> TableView {
    let cancelled = shown.closure.cancelled_at.is_some();
    let row = |number: usize, one: &services::rows::ClosureStep| {
        let (when, count) = match one.done_at {
            Some(at) => (format!("{}に完了", japanese_datetime(at)), format!("{}件", one.count)),
            None if cancelled => ("取りやめ".to_owned(), "－".to_owned()),
            None => (format!("{}の予定", day(&shown.closure.day)), "－".to_owned()),
        };
        RowView {
            cells: vec![
                CellView::Text(format!("{}. {}", number + 1, one.step.label())),
                CellView::Text(when),
                CellView::Number(count),
            ],
            strong: false,
        }
    };
    TableView {
        caption: "終了の手順".to_owned(),
        columns: ["手順", "予定と完了", "件数"].map(ColumnView::new).to_vec(),
        rows: shown.steps.iter().enumerate().map(|(number, one)| row(number, one)).collect(),
        ..TableView::default()
    }
}

/// Calls a closing off.
async fn cancel(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let id: ApplicationId = name.parse().map_err(|_| Failure::from(Error::NotFound))?;
    Ok(see_other(match closing::call_off(&visit.ctx(), id).await? {
        Called::Off => "/closing?done=cancelled",
        Called::Before => "/closing?done=before",
        Called::TooLate => "/closing?done=late",
    }))
}

/// What the page of a case says of what it led to.
pub(super) async fn of_case(visit: &Visit, id: ApplicationId) -> Result<Option<(TableView, Link)>, Failure> {
    let shown = closing::of_case(&visit.ctx(), id).await?;
    Ok(shown.map(|shown| (steps(&shown), Link::new(TITLE, PAGE))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};
    use domain::{clock::Timestamp, closing::steps as steps_of, ids::InstitutionId};
    use services::rows::{Closure, ClosureStep};
    use uuid::Uuid;

    fn shown(cancelled: bool, done: i64) -> Shown {
        let at = Timestamp::from_millis(1_782_745_200_000);
        let closure = Closure {
            application: ApplicationId(Uuid::nil()),
            institution: InstitutionId(Uuid::nil()),
            deed: Deed::Abolish,
            day: "2026-06-30".to_owned(),
            until: String::new(),
            revokes: true,
            begins_at: at,
            accepted_at: at,
            cancelled_at: cancelled.then_some(at),
            done_at: (done == 8).then_some(at),
        };
        let all = steps_of(Deed::Abolish, true);
        let step = |(place, step): (i64, &domain::closing::Step)| ClosureStep {
            place,
            step: *step,
            count: if place < done { 2 } else { 0 },
            done_at: (place < done).then_some(at),
        };
        Shown { closure, steps: (0..).zip(all).map(step).collect(), open: done == 0 && !cancelled }
    }

    #[test]
    fn a_closing_planned_under_way_done_called_off_and_none() {
        for (name, closures) in [
            ("closing-none", vec![]),
            ("closing-planned", vec![view(&shown(false, 0))]),
            ("closing-under-way", vec![view(&shown(false, 3))]),
            ("closing-done", vec![view(&shown(false, 8)), view(&shown(true, 0))]),
        ] {
            let under_way = (name == "closing-under-way").then(|| UnderWay {
                sentence: "2026年5月20日（水）に受け付けました。審査担当が内容を確認します。".to_owned(),
                link: "/applications/1".to_owned(),
            });
            let page = StatusPage { frame: member(TITLE), closures, under_way, owner: true };
            show(name, &page);
        }
    }
}

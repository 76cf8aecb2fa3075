//! The guided list.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::{
    applications::{Kind, State},
    calendar::{japanese_date, typed_day},
    ids::ApplicationId,
    procedures::Common,
};
use services::succession::{self, Begun, Guide, OldTerminal, Side, Step};

use super::{GUIDE, TITLE, id};
use crate::{
    pages::applications::{UnderWay, state_view},
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{StateView, SummaryListView, SummaryRow, TaskListView, TaskView, Tone},
    },
};

#[derive(Template)]
#[template(path = "succession/guide.html")]
pub(super) struct GuidePage {
    frame: Frame,
    /// False on the page of those whose institution has no succession.
    any: bool,
    /// The case that waits for its acceptance, while there is no succession yet.
    under_way: Option<UnderWay>,
    countdown: String,
    facts: SummaryListView,
    /// Said where the person must change to the new institution first.
    elsewhere: String,
    steps: TaskListView,
    terminals: Vec<TerminalLine>,
    is_new: bool,
    history: bool,
}

/// A terminal of the old code.
struct TerminalLine {
    name: String,
    until: String,
    state: StateView,
    /// The application under the new code, or the address that begins one.
    case: Option<Link>,
    begin: String,
}

/// The guided list of one's institution.
pub(super) async fn show(visit: Visit) -> Result<Html<GuidePage>, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    let guide = succession::guide(&ctx).await?;
    let mut page = page(visit.frame(TITLE), guide.as_ref());
    if guide.is_none() {
        page.under_way = UnderWay::of(&ctx, Kind::Common(Common::Succession)).await?;
    }
    Ok(Html(page))
}

fn page(frame: Frame, guide: Option<&Guide>) -> GuidePage {
    let Some(guide) = guide else {
        return GuidePage {
            frame,
            any: false,
            under_way: None,
            countdown: String::new(),
            facts: SummaryListView::default(),
            elsewhere: String::new(),
            steps: TaskListView::default(),
            terminals: vec![],
            is_new: false,
            history: false,
        };
    };
    GuidePage {
        frame,
        any: true,
        under_way: None,
        countdown: countdown(guide),
        facts: facts(guide),
        elsewhere: match guide.side {
            Side::Old => format!(
                "新しいコードの手続は、画面の上の「切り替える」で「{}」（{}）を選んでから進めます。切り替え先にないときは、「医療機関等とメンバー」で所属の確認をしてください。",
                guide.new.name,
                guide.new.code.grouped()
            ),
            Side::New => String::new(),
        },
        steps: TaskListView { tasks: guide.steps.iter().map(task).collect(), ..TaskListView::default() },
        terminals: guide.terminals.iter().map(|one| line(guide, one)).collect(),
        is_new: guide.side == Side::New,
        history: guide.history,
    }
}

fn countdown(guide: &Guide) -> String {
    match (guide.succession.ended_at, guide.days_left) {
        (Some(at), _) => {
            format!(
                "前のコードの期間は終わりました。残っていた端末の電子証明書は{}に失効しました。",
                japanese_date(at.date())
            )
        }
        (None, left) if left > 0 => format!("あと{left}日"),
        (None, 0) => "今日まで".to_owned(),
        (None, _) => "期限が過ぎました。まもなく失効します。".to_owned(),
    }
}

fn facts(guide: &Guide) -> SummaryListView {
    let row = |label: &str, value: String| SummaryRow { label: label.to_owned(), value, ..SummaryRow::default() };
    let changed = typed_day(&guide.succession.changed_on).map(japanese_date).unwrap_or_default();
    let place = |one: &domain::institutions::Institution| format!("{}　{}", one.code.grouped(), one.name);
    let history = if guide.succession.history { "引き継ぎました" } else { "引き継いでいません" };
    SummaryListView {
        title: String::new(),
        rows: vec![
            row("前のコード", place(&guide.old)),
            row("新しいコード", place(&guide.new)),
            row("コードが変わる日", changed),
            row("前のコードの端末の電子証明書が使える最後の日", japanese_date(guide.succession.ends_at.date())),
            row("申請の記録", history.to_owned()),
        ],
    }
}

fn begun(state: Option<State>) -> StateView {
    state.map_or_else(|| StateView::new(Tone::Idle, "まだ申請していません"), state_view)
}

fn task(step: &Step) -> TaskView {
    let next = match (step.kind, step.case, step.waits) {
        (Kind::Certificate, ..) if step.early => "利用申請を送信すると、下の一覧から端末ごとに申請できます。",
        (Kind::Common(_), ..) if step.early => "端末の電子証明書を取得し、接続テストが済むと、登録できます。",
        (Kind::Common(_), None, _) => "接続テストが済みました。運用を始める日を登録してください。",
        (Kind::Certificate, _, _) => "下の一覧から、端末ごとに申請できます。",
        (_, None, _) => "新しいコードで、はじめから申請します。",
        (_, Some(_), true) => "していただくことがあります。",
        (_, Some(_), false) => "いま、していただくことはありません。",
    };
    TaskView {
        title: step.kind.label().to_owned(),
        href: match step.case {
            Some((id, _)) => format!("/applications/{id}"),
            None => format!("/procedures/{}", step.kind),
        },
        state: match (step.kind, step.case) {
            (Kind::Common(_), None) => StateView::new(Tone::Idle, "まだ登録していません"),
            (_, case) => begun(case.map(|(_, state)| state)),
        },
        next: next.to_owned(),
        current: step.waits,
        ..TaskView::default()
    }
}

fn line(guide: &Guide, one: &OldTerminal) -> TerminalLine {
    let open = |(id, _): (ApplicationId, State)| Link::new("新しいコードの申請を見る", format!("/applications/{id}"));
    TerminalLine {
        name: one.name.clone(),
        until: one.until.map_or_else(
            || "前のコードの端末の電子証明書は、もう使えません。".to_owned(),
            |until| format!("前のコードの端末の電子証明書は、{}まで使えます。", japanese_date(until.date())),
        ),
        state: begun(one.case.map(|(_, state)| state)),
        case: one.case.map(open),
        begin: match guide.side {
            Side::New if one.case.is_none() => format!("{GUIDE}/terminals/{}", one.id),
            _ => String::new(),
        },
    }
}

/// Begins the application for a terminal under the new code.
pub(super) async fn begin(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let ctx = visit.ctx();
    Ok(match succession::begin_for_terminal(&ctx, id(&name)?).await? {
        Begun::Draft(case) => see_other(&format!("/applications/{case}/edit")),
        Begun::MissingBefore(sentence) => {
            let mut page = page(visit.frame(TITLE), succession::guide(&ctx).await?.as_ref());
            page.frame.banners.push(BannerView {
                kind: BannerKind::Warning,
                title: sentence.to_owned(),
                body: vec!["下の一覧の上から順に申請してください。".to_owned()],
                link: None,
            });
            Html(page).with_faults().into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::procedures::Common;

    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn the_guided_list_from_both_sides_and_where_there_is_none() {
        show("succession-none", &page(member(TITLE), None));
        let case = UnderWay {
            sentence: domain::applications::Explanation::awaiting_code(domain::clock::Timestamp::from_millis(
                1_782_745_200_000,
            ))
            .sentence(),
            link: "/applications/1".to_owned(),
        };
        show("succession-sent", &GuidePage { under_way: Some(case), ..page(member(TITLE), None) });
        let line = |name: &str, case: Option<State>, begin: &str| TerminalLine {
            name: name.to_owned(),
            until: "前のコードの端末の電子証明書は、2026年9月29日（火）まで使えます。".to_owned(),
            state: begun(case),
            case: case.map(|_| Link::new("新しいコードの申請を見る", "/applications/1")),
            begin: begin.to_owned(),
        };
        let row = |label: &str, value: &str| SummaryRow {
            label: label.to_owned(),
            value: value.to_owned(),
            ..SummaryRow::default()
        };
        for is_new in [true, false] {
            let page = GuidePage {
                frame: member(TITLE),
                any: true,
                under_way: None,
                countdown: "あと64日".to_owned(),
                facts: SummaryListView {
                    title: String::new(),
                    rows: vec![row("前のコード", "13-3-0100016　さくら歯科"), row("申請の記録", "引き継ぎました")],
                },
                elsewhere: if is_new {
                    String::new()
                } else {
                    "「切り替える」で選んでから進めます。".to_owned()
                },
                steps: TaskListView {
                    tasks: Kind::JOURNEY
                        .into_iter()
                        .chain([Kind::Common(Common::OperationStart)])
                        .map(|kind| {
                            let waits = matches!(kind, Kind::Eligibility | Kind::Claims);
                            task(&Step { kind, case: None, waits, early: !waits })
                        })
                        .collect(),
                    ..TaskListView::default()
                },
                terminals: vec![
                    line("オンライン資格確認パソコン", Some(State::InReview), ""),
                    line("受付2台目のとても長い名前の端末で、2階の奥の部屋にあるもの", None, "/succession/terminals/1"),
                ],
                is_new,
                history: is_new,
            };
            show(if is_new { "succession-new" } else { "succession-old" }, &page);
        }
    }
}

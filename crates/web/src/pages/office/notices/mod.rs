//! Notices: the list, one with its history, and its end (spec 7).

mod form;
mod typed;

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    content::notices::{NoticeAct, NoticeState, Standing},
    ids::NoticeId,
    permissions::Permission as P,
};
use serde::Deserialize;
use services::{
    content::notice_desk::{self, NoticeView, PAGE, Written},
    rows::{Notice, NoticeSearch, NoticeVersion},
};
use uuid::Uuid;

use self::typed::Typed;
use super::parts;
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, to_html},
    view::{
        form::{FieldView, InputView, TextView},
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{
            CellView, CompareRow, CompareView, FilterBarView, RowView, StateView, SummaryListView, SummaryRow,
            TableView, Tone,
        },
    },
};

pub(super) use form::{ask, ask_new, change, create};

const LIST: &str = "/office/notices";

/// Which notices are shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    standing: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    after: String,
}

/// All notices, the one that was changed last first.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    let now = visit.ctx().now;
    let search = NoticeSearch {
        standing: wanted.standing.parse::<Standing>().map(|one| one.to_string()).unwrap_or_default(),
        words: wanted.text.chars().take(100).collect(),
        after: parts::after::<Uuid>(&wanted.after),
    };
    let found = notice_desk::list(&visit.ctx(), &search).await?;
    let page = |after: &str| {
        let pairs = [("standing", wanted.standing.as_str()), ("text", &wanted.text), ("after", after)];
        parts::address(LIST, &pairs)
    };
    let last = found.last().filter(|_| i64::try_from(found.len()) == Ok(PAGE));
    let place = |last: &Notice| parts::after_text(Timestamp::from_millis(last.updated_at), last.id);
    let labels = ["題名", "状態", "掲載の開始", "掲載の終了", "対象", "閲覧回数", "最後の変更"];
    let table = TableView {
        columns: parts::columns(&labels, &[5]),
        first: (!wanted.after.is_empty()).then(|| page("")),
        next: last.map(|last| page(&place(last))),
        ..parts::table("お知らせ（変更の新しい順）", &[], found.iter().map(|notice| row(notice, now)).collect())
    };
    let frame = visit.office_frame("お知らせ", LIST);
    let empty = ("この条件のお知らせはありません", "条件を変えるか、「お知らせを書く」を押してください。");
    let links = vec![Link::new("お知らせを書く", format!("{LIST}/new"))];
    let lead =
        "ポータルに掲載するお知らせを書きます。開始と終了の日時になると、自動で掲載され、終わります。".to_owned();
    let page = parts::ListPage::new(frame, table, empty);
    Ok(Html(parts::ListPage { lead, links, filters: Some(filters(&wanted)), ..page }))
}

fn filters(wanted: &Wanted) -> FilterBarView {
    let standings = Standing::ALL.iter().map(|one| (one.as_str().to_owned(), one.label().to_owned()));
    let any = !wanted.standing.is_empty() || !wanted.text.is_empty();
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![
            parts::filter("standing", "状態", standings, &wanted.standing),
            FieldView::new("text", "ことば", InputView::Text(TextView::new(&wanted.text))),
        ],
        reset: if any { LIST.to_owned() } else { String::new() },
        saved: vec![],
    }
}

fn state(standing: Standing) -> StateView {
    let tone = match standing {
        Standing::Draft => Tone::Active,
        Standing::Scheduled => Tone::Waiting,
        Standing::Live => Tone::Done,
        Standing::Ended => Tone::Idle,
        Standing::Withdrawn => Tone::Stopped,
    };
    StateView::new(tone, standing.label())
}

fn marked(title: &str, important: bool) -> String {
    format!("{}{title}", if important { "【重要】" } else { "" })
}

/// When a notice begins, in words.
fn begin(published_at: i64, decided: NoticeState) -> String {
    match (published_at, decided) {
        (0, NoticeState::Draft) => "公開したとき".to_owned(),
        (0, _) => "掲載していません".to_owned(),
        (at, _) => japanese_datetime(Timestamp::from_millis(at)),
    }
}

/// When it ends, in words.
fn end(until: Option<i64>) -> String {
    until.map_or_else(|| "決めていません".to_owned(), |at| japanese_datetime(Timestamp::from_millis(at)))
}

fn row(notice: &Notice, now: Timestamp) -> RowView {
    parts::row(vec![
        CellView::link(marked(&notice.title, notice.important), format!("{LIST}/{}", notice.id)),
        CellView::State(state(notice.standing(now))),
        CellView::Text(begin(notice.published_at, notice.decided())),
        CellView::Text(end(notice.until_at)),
        CellView::Text(notice.audience().words()),
        CellView::Number(domain::text::thousands(notice.views)),
        CellView::Text(japanese_datetime(Timestamp::from_millis(notice.updated_at))),
    ])
}

/// A version with what it changed.
struct VersionView {
    title: String,
    person: String,
    changes: Option<CompareView>,
}

#[derive(Template)]
#[template(path = "office/notice.html")]
struct NoticePage {
    frame: Frame,
    state: StateView,
    facts: SummaryListView,
    body: String,
    address: String,
    /// Its page for everybody; empty while nobody reads it.
    public: String,
    seen: i64,
    can_edit: bool,
    can_end: bool,
    can_withdraw: bool,
    versions: Vec<VersionView>,
    older: String,
}

/// What of a notice is shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    done: String,
    #[serde(default)]
    before: Option<i64>,
}

/// One notice: how it stands, its text, who changed what when.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    let view = notice_desk::one(&visit.ctx(), parts::id(&name)?, shown.before).await?;
    let mut page = page(&visit, &view)?;
    page.frame.banners.extend(told(&shown.done, &view.notice, visit.ctx().now));
    Ok(Html(page).into_response())
}

fn told(done: &str, notice: &Notice, now: Timestamp) -> Option<BannerView> {
    let begins = format!("{}に、自動で掲載されます。", begin(notice.published_at, notice.decided()));
    let (title, body): (_, &[&str]) = match (done, notice.standing(now)) {
        ("save", Standing::Draft) => ("下書きを保存しました。", &["まだだれにも表示されていません。"]),
        ("save", _) => ("保存しました。", &[]),
        ("publish", Standing::Scheduled) => ("公開を予約しました。", &[&begins]),
        ("publish", _) => ("公開しました。", &["いま、ポータルに表示されています。"]),
        ("end", _) => ("掲載を終了しました。", &[]),
        ("withdraw", _) => ("取り下げました。", &[]),
        _ => return None,
    };
    Some(parts::banner(BannerKind::Success, title, body))
}

fn page(visit: &Visit, view: &NoticeView) -> Result<NoticePage, Failure> {
    let (notice, now) = (&view.notice, visit.ctx().now);
    let standing = notice.standing(now);
    let may = |act| notice.decided().after(act).is_some();
    let mut frame = visit.office_frame(marked(&notice.title, notice.important), LIST);
    frame.breadcrumb.push(Link::new("お知らせ", LIST));
    let older = view.versions.last().filter(|last| last.version > 1).map(|last| last.version);
    let older = older.filter(|_| i64::try_from(view.versions.len()) == Ok(PAGE));
    Ok(NoticePage {
        frame,
        state: state(standing),
        facts: SummaryListView { title: String::new(), rows: facts(notice) },
        body: to_html(&notice_desk::preview(&visit.ctx(), &notice.body)?).0,
        address: format!("{LIST}/{}", notice.id),
        public: if standing == Standing::Live { format!("/notices/{}", notice.slug) } else { String::new() },
        seen: notice.version,
        can_edit: may(NoticeAct::Save),
        can_end: may(NoticeAct::End),
        can_withdraw: may(NoticeAct::Withdraw),
        versions: versions(&view.versions),
        older: older.map(|last| format!("{LIST}/{}?before={last}", notice.id)).unwrap_or_default(),
    })
}

fn facts(notice: &Notice) -> Vec<SummaryRow> {
    let mails =
        if notice.tells { "知らせる（掲載の開始のとき、1人に1通）" } else { "知らせない" };
    vec![
        SummaryRow::new("掲載の開始", begin(notice.published_at, notice.decided())),
        SummaryRow::new("掲載の終了", end(notice.until_at)),
        SummaryRow::new("対象", notice.audience().words()),
        SummaryRow::new("購読者へのメール", mails),
        SummaryRow::new("閲覧回数", domain::text::thousands(notice.views)),
    ]
}

fn versions(all: &[NoticeVersion]) -> Vec<VersionView> {
    let view = |(place, version): (usize, &NoticeVersion)| {
        let act = version.act.parse::<NoticeAct>().map_or("", NoticeAct::label);
        let rows =
            all.get(place + 1).map(|before| differences(&Typed::of_version(before), &Typed::of_version(version)));
        VersionView {
            title: format!("版{}：{act}", version.version),
            person: format!("{}（{}）", version.person, japanese_datetime(Timestamp::from_millis(version.at))),
            changes: rows.filter(|rows| !rows.is_empty()).map(|rows| compared("前の版", "この版", rows)),
        }
    };
    all.iter().enumerate().map(view).collect()
}

fn compared(before: &str, after: &str, rows: Vec<CompareRow>) -> CompareView {
    let (before, after) = (before.to_owned(), after.to_owned());
    CompareView { caption: format!("{before}と{after}の違い"), before, after, rows }
}

/// What differs between two texts of a notice.
fn differences(before: &Typed, after: &Typed) -> Vec<CompareRow> {
    let (before, after) = (before.in_words(), after.in_words());
    let row = |((label, before), (_, after)): ((&str, String), (&str, String))| CompareRow {
        label: label.to_owned(),
        before,
        after,
    };
    before.into_iter().zip(after).map(row).filter(CompareRow::differs).collect()
}

/// Ends a notice or takes it back.
pub(super) async fn close(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::EditContent])?;
    let id: NoticeId = parts::id(&name)?;
    let act = if posted.get("act") == "end" { NoticeAct::End } else { NoticeAct::Withdraw };
    let seen = posted.number("seen").unwrap_or(-1);
    if let Written::Done(_) = notice_desk::close(&visit.ctx(), id, seen, act).await? {
        return Ok(see_other(&format!("{LIST}/{id}?done={act}")));
    }
    let mut page = page(&visit, &notice_desk::one(&visit.ctx(), id, None).await?)?;
    let body = ["まだ終了も取下げもしていません。下の内容をご確認のうえ、必要であればもう一度操作してください。"];
    page.frame.banners.push(parts::banner(BannerKind::Error, "このお知らせは、画面を開いた後に変更されました", &body));
    page.frame.has_errors = true;
    Ok((StatusCode::CONFLICT, Html(page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::member;

    #[test]
    fn a_notice_with_its_history() {
        let rows = vec![CompareRow {
            label: "題名".into(), before: "メンテナンス".into(), after: "計画停止".into()
        }];
        let version = |title: &str, changes| VersionView {
            title: title.to_owned(),
            person: "山田 花子（2026年11月20日（金）14:05）".to_owned(),
            changes,
        };
        let page = NoticePage {
            frame: member("【重要】計画停止"),
            state: state(Standing::Live),
            facts: SummaryListView {
                title: String::new(), rows: vec![SummaryRow::new("対象", "東京都の歯科")]
            },
            body: "<p>停止します。</p>".to_owned(),
            address: "/office/notices/1".to_owned(),
            public: "/notices/x".to_owned(),
            seen: 2,
            can_edit: true,
            can_end: true,
            can_withdraw: true,
            versions: vec![version("版2：保存", Some(compared("前の版", "この版", rows))), version("版1：公開", None)],
            older: String::new(),
        };
        crate::gallery::show("office-notice", &page);
    }
}

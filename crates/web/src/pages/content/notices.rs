//! お知らせ: the list with its filters, and a notice.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    applications::Kind,
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    content::{
        Subject,
        notices::{Audience, Standing},
    },
    text::thousands,
    typed::search_key,
};
use serde::Deserialize;
use services::{
    content::{self, NoticeReading as Reading},
    rows::{Notice, NoticeFilter},
};
use time::{Date, Month};
use uuid::Uuid;

use super::{feed, home, meta, named, reading};
use crate::{
    pages::{address, after},
    site::{Failure, Html, TableOfContents, Visit, to_html},
    view::{
        form::{ChoiceView, FieldView, InputView, TextView},
        frame::{Frame, Link, Section},
        parts::{ArticleMeta, FilterBarView, VoteView},
    },
};

/// Notices on a page of the list.
const PAGE: usize = 20;
/// Notices that are offered in place of one that is gone.
const OFFERED: usize = 5;
/// Years that can be chosen at most.
const YEARS: i32 = 20;
/// Where the list is.
const LIST: &str = "/notices";
/// The word of the address for everything, also what does not concern the member's institution.
const ALL: &str = "all";

/// A line of a list of notices.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) important: bool,
    pub(super) views: String,
    pub(super) date: String,
    /// The mean of its stars; empty before the first.
    pub(super) mean: String,
    /// Whom it concerns; empty for everybody.
    pub(super) audience: String,
}

/// A notice as a line.
pub(super) fn line(notice: &Notice) -> Line {
    let audience = notice.audience();
    Line {
        href: format!("{LIST}/{}", notice.slug),
        title: notice.title.clone(),
        important: notice.important,
        views: thousands(notice.views),
        date: japanese_date(Timestamp::from_millis(notice.published_at).date()),
        mean: mean(notice),
        audience: if audience.is_everyone() { String::new() } else { audience.words() },
    }
}

/// The mean of the stars in words; nothing before the first.
fn mean(notice: &Notice) -> String {
    match notice.rating().tenths() {
        0 => String::new(),
        tenths => format!("★{}.{}（{}人）", tenths / 10, tenths % 10, thousands(notice.votes)),
    }
}

/// The fields that choose procedures, as the list, the mails and the editor ask for them.
pub(in crate::pages) fn procedure_boxes(key: &str, label: &str, chosen: Audience) -> FieldView {
    let chosen: Vec<Kind> = chosen.procedures().collect();
    let choice =
        |kind: &Kind| ChoiceView { selected: chosen.contains(kind), ..ChoiceView::new(kind.as_str(), kind.label()) };
    FieldView::new(key, label, InputView::Checks { choices: Kind::ALL.iter().map(choice).collect() })
}

/// Which notices are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    procedure: String,
    #[serde(default)]
    important: String,
    #[serde(default)]
    year: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    after: String,
}

impl Wanted {
    fn words(&self) -> String {
        self.q.replace(char::is_control, " ").trim().chars().take(100).collect()
    }

    fn year(&self) -> Option<i32> {
        self.year.parse().ok().filter(|year| (2000..2200).contains(year))
    }

    /// What the database is asked for.
    fn filter(&self, reader: Audience) -> NoticeFilter {
        let begin = |year: i32| Date::from_calendar_date(year, Month::January, 1).ok().map(Timestamp::start_of_day);
        let since = self.year().and_then(begin);
        let until = self.year().and_then(|year| begin(year + 1)).map(|end| (end, Uuid::nil()));
        NoticeFilter {
            before: after::<Uuid>(&self.after).or(until),
            since: since.unwrap_or(Timestamp::from_millis(0)),
            important: self.important == "1",
            procedures: feed::procedure_of(&self.procedure).unwrap_or_default().procedures,
            reader,
            words: search_key(&self.words()),
        }
    }

    /// The list with the same filters and another scope or place.
    fn address(&self, scope: &str, place: &str) -> String {
        let words = self.words();
        let pairs = [
            ("q", words.as_str()),
            ("procedure", &self.procedure),
            ("important", &self.important),
            ("year", &self.year),
            ("scope", scope),
            ("after", place),
        ];
        address(LIST, &pairs)
    }

    fn is_filtered(&self) -> bool {
        [&self.q, &self.procedure, &self.important, &self.year].iter().any(|value| !value.is_empty())
    }
}

/// For whom the list of a member is, and the way to the other one.
struct Scope {
    words: String,
    other: Link,
}

#[derive(Template)]
#[template(path = "content/notices.html")]
pub(super) struct NoticesPage {
    frame: Frame,
    filters: FilterBarView,
    scope: Option<Scope>,
    notices: Vec<Line>,
    filtered: bool,
    first: String,
    next: String,
    feed: String,
    subscription: &'static str,
}

/// The list, newest first; members see what concerns their institution, and everything with one click.
pub(super) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Html<NoticesPage>, Failure> {
    let ctx = visit.ctx();
    let own = content::reader(&ctx).await?;
    let reader = own.filter(|_| wanted.scope != ALL).unwrap_or_default();
    let found = content::notices(&ctx, &wanted.filter(reader), PAGE as i64 + 1).await?;
    let last = found.get(PAGE - 1).filter(|_| found.len() > PAGE);
    let place = |last: &Notice| format!("{}_{}", last.published_at, last.id);
    let first_year = content::first_notice(&ctx).await?.map_or(ctx.now.date().year(), |first| first.date().year());
    let frame = Frame { current: Section::Notices, ..visit.frame("お知らせ") };
    Ok(Html(NoticesPage {
        filters: filters(&wanted, first_year, ctx.now.date().year()),
        scope: own.map(|_| scope(&wanted)),
        notices: found.iter().take(PAGE).map(line).collect(),
        filtered: wanted.is_filtered() || own.is_some() && wanted.scope != ALL,
        first: if wanted.after.is_empty() { String::new() } else { wanted.address(&wanted.scope, "") },
        next: last.map(|last| wanted.address(&wanted.scope, &place(last))).unwrap_or_default(),
        feed: feed::address_of(&wanted.procedure, wanted.important == "1"),
        subscription: if visit.session().is_some() { "/notices/subscription/mine" } else { "/notices/subscription" },
        frame,
    }))
}

fn scope(wanted: &Wanted) -> Scope {
    if wanted.scope == ALL {
        let words = "すべてのお知らせを表示しています。".to_owned();
        return Scope {
            words, other: Link::new("自分の医療機関等に関するものだけを見る", wanted.address("", ""))
        };
    }
    let words = "医療機関等の所在地と点数表、行っている手続に関するお知らせを表示しています。".to_owned();
    Scope { words, other: Link::new("すべてのお知らせを見る", wanted.address(ALL, "")) }
}

fn select(key: &str, label: &str, choices: Vec<(String, String)>, chosen: &str) -> FieldView {
    let choice =
        |(value, label): (String, String)| ChoiceView { selected: value == chosen, ..ChoiceView::new(value, label) };
    let choices = choices.into_iter().map(choice).collect();
    FieldView::new(key, label, InputView::Select { choices, placeholder: "すべて".to_owned() })
}

fn filters(wanted: &Wanted, first: i32, last: i32) -> FilterBarView {
    let kinds = Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned())).collect();
    let years = (first.max(last - YEARS)..=last).rev().map(|year| (year.to_string(), format!("{year}年"))).collect();
    let important = vec![("1".to_owned(), "重要なものだけ".to_owned())];
    let mut fields = vec![
        FieldView::new("q", "ことば", InputView::Text(TextView::new(wanted.words()))),
        select("procedure", "手続", kinds, &wanted.procedure),
        select("important", "重要度", important, &wanted.important),
        select("year", "掲載した年", years, &wanted.year),
    ];
    if wanted.scope == ALL {
        fields.push(select("scope", "範囲", vec![(ALL.to_owned(), "すべての医療機関等".to_owned())], ALL));
    }
    let reset = if wanted.is_filtered() { address(LIST, &[("scope", &wanted.scope)]) } else { String::new() };
    FilterBarView { action: LIST.to_owned(), fields, reset, saved: vec![] }
}

#[derive(Template)]
#[template(path = "content/notice.html")]
pub(super) struct NoticePage {
    frame: Frame,
    important: bool,
    meta: ArticleMeta,
    /// Whom it concerns and until when it is shown.
    facts: Vec<String>,
    toc: TableOfContents,
    body: String,
    vote: VoteView,
}

#[derive(Template)]
#[template(path = "content/notice_gone.html")]
struct GonePage {
    frame: Frame,
    words: &'static str,
    notices: Vec<Line>,
}

/// A notice; its reading is counted. One that is not shown any more says so, with what is.
pub(super) async fn show(visit: Visit, Path(slug): Path<String>) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let notice = match content::notice(&ctx, named(&slug)?).await? {
        Reading::Live(notice) => *notice,
        Reading::Gone(standing) => return gone(&visit, standing).await,
    };
    let subject = Subject::Notice(notice.slug.clone());
    let waiting = reading::note(&visit, &subject);
    let (body, toc) = to_html(&notice.body);
    let at = Timestamp::from_millis(notice.published_at);
    let mut facts = vec![format!("対象：{}", notice.audience().words())];
    facts.extend(notice.period().until.map(|until| format!("掲載の終了：{}", japanese_datetime(until))));
    let permalink = format!("{LIST}/{}", notice.slug);
    let mut meta = ArticleMeta { permalink, ..meta(ctx.now, at, notice.views + waiting) };
    let vote = reading::stars(&visit, &subject, &mut meta).await?;
    Ok(Html(NoticePage {
        frame: Frame { current: Section::Notices, breadcrumb: path(), ..visit.frame(&notice.title) },
        important: notice.important,
        meta,
        facts,
        toc,
        body,
        vote,
    })
    .into_response())
}

fn path() -> Vec<Link> {
    home().into_iter().chain([Link::new("お知らせ", LIST)]).collect()
}

async fn gone(visit: &Visit, standing: Standing) -> Result<Response, Failure> {
    let (title, words) = match standing {
        Standing::Withdrawn => (
            "このお知らせは取り下げました",
            "内容を見直したため、掲載をやめました。新しい内容は、お知らせの一覧でご確認ください。",
        ),
        _ => ("このお知らせの掲載は終わりました", "掲載の期間が過ぎました。いまのお知らせは、次のとおりです。"),
    };
    let newest = content::newest_notices(&visit.ctx()).await?;
    let reader = content::reader(&visit.ctx()).await?.unwrap_or_default();
    let notices = content::concerning(&newest, reader, visit.ctx().now).take(OFFERED).map(line).collect();
    let frame = Frame { current: Section::Notices, breadcrumb: path(), ..visit.frame(title) };
    Ok((StatusCode::GONE, Html(GonePage { frame, words, notices })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    fn sample(title: &str, important: bool, audience: &str) -> Line {
        Line {
            href: "/notices/x".to_owned(),
            title: title.to_owned(),
            important,
            views: "1,234".to_owned(),
            date: "2026年11月20日（金）".to_owned(),
            mean: "★4.2（12人）".into(),
            audience: audience.to_owned(),
        }
    }

    #[test]
    fn the_list_for_a_member_and_what_stands_in_place_of_a_notice_that_is_gone() {
        let wanted = Wanted { procedure: "claims".to_owned(), ..Wanted::default() };
        let lines = || vec![sample("計画停止", true, ""), sample("届出の締切", false, "東京都・大阪府の歯科・調剤")];
        let page = NoticesPage {
            frame: member("お知らせ"),
            filters: filters(&wanted, 2024, 2026),
            scope: Some(scope(&wanted)),
            notices: lines(),
            filtered: true,
            first: String::new(),
            next: wanted.address("", "1_x"),
            feed: feed::address_of("claims", false),
            subscription: "/notices/subscription/mine",
        };
        show("notices", &page);
        let words = "掲載の期間が過ぎました。";
        show("notice-gone", &GonePage { frame: member("掲載は終わりました"), words, notices: lines() });
    }

    #[test]
    fn a_year_is_a_range_and_the_place_of_a_page_goes_before_its_end() {
        let wanted = Wanted { year: "2026".to_owned(), ..Wanted::default() };
        let filter = wanted.filter(Audience::default());
        assert_eq!(filter.since.date().to_string(), "2026-01-01");
        assert_eq!(filter.before.map(|(end, _)| end.date().to_string()).as_deref(), Some("2027-01-01"));
        let later = Wanted { after: format!("5_{}", Uuid::nil()), ..wanted };
        assert_eq!(later.filter(Audience::default()).before, Some((Timestamp::from_millis(5), Uuid::nil())));
        assert_eq!(later.address("all", ""), "/notices?year=2026&scope=all");
    }
}

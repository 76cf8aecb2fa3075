//! お知らせ: the list and a notice.

use askama::Template;
use axum::extract::Path;
use domain::{calendar::japanese_date, clock::Timestamp, content::Subject, text::thousands};
use services::{content, rows::Notice};

use super::{home, meta, named, reading};
use crate::{
    site::{Failure, Html, TableOfContents, Visit, to_html},
    view::{
        frame::{Frame, Link, Section},
        parts::{ArticleMeta, VoteView},
    },
};

/// Most notices in the list.
const MOST: i64 = 100;

/// A line of a list of notices.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) important: bool,
    pub(super) views: String,
    pub(super) date: String,
}

/// A notice as a line; 【重要】 in the title is not repeated beside the mark.
pub(super) fn line(notice: &Notice) -> Line {
    Line {
        href: format!("/notices/{}", notice.slug),
        title: plain_title(notice).to_owned(),
        important: notice.important,
        views: thousands(notice.views),
        date: japanese_date(Timestamp::from_millis(notice.published_at).date()),
    }
}

/// The title without the mark, which pages set themselves.
fn plain_title(notice: &Notice) -> &str {
    notice.title.strip_prefix("【重要】").unwrap_or(&notice.title)
}

#[derive(Template)]
#[template(path = "content/notices.html")]
pub(super) struct NoticesPage {
    frame: Frame,
    notices: Vec<Line>,
}

/// The list, newest first.
pub(super) async fn list(visit: Visit) -> Result<Html<NoticesPage>, Failure> {
    let notices = content::notices(&visit.ctx(), MOST).await?.iter().map(line).collect();
    let frame = Frame { current: Section::Notices, ..visit.frame("お知らせ") };
    Ok(Html(NoticesPage { frame, notices }))
}

#[derive(Template)]
#[template(path = "content/notice.html")]
pub(super) struct NoticePage {
    frame: Frame,
    important: bool,
    meta: ArticleMeta,
    toc: TableOfContents,
    body: String,
    vote: VoteView,
}

/// A notice; its reading is counted.
pub(super) async fn show(visit: Visit, Path(slug): Path<String>) -> Result<Html<NoticePage>, Failure> {
    let ctx = visit.ctx();
    let notice = content::notice(&ctx, named(&slug)?).await?;
    let subject = Subject::Notice(notice.slug.clone());
    let waiting = reading::note(&visit, &subject);
    let (body, toc) = to_html(&notice.body);
    let at = Timestamp::from_millis(notice.published_at);
    let mut breadcrumb = home();
    breadcrumb.push(Link::new("お知らせ", "/notices"));
    let permalink = format!("/notices/{}", notice.slug);
    let mut meta = ArticleMeta { permalink, ..meta(ctx.now, at, notice.views + waiting) };
    let vote = reading::stars(&visit, &subject, &mut meta).await?;
    Ok(Html(NoticePage {
        frame: Frame { current: Section::Notices, breadcrumb, ..visit.frame(plain_title(&notice)) },
        important: notice.important,
        meta,
        toc,
        body,
        vote,
    }))
}

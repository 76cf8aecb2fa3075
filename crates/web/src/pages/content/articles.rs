//! The knowledge base and よくある質問.

use askama::Template;
use axum::extract::Path;
use domain::{applications::Kind, clock::Timestamp, content::Subject};
use services::{content, rows::Article};
use time::Duration;

use super::{home, meta, named, reading, side_menu};
use crate::{
    site::{Failure, Html, TableOfContents, Visit, to_html},
    view::{
        frame::{Frame, Link, MenuGroup, Section},
        parts::{ArticleMeta, VoteView},
    },
};

/// Kind of the articles that answer one question.
const FAQ: &str = "faq";
/// Kind of all others.
const ARTICLE: &str = "article";
/// The article that leads to the procedures of each business (manual 1-3, 3-1).
const APPLICATIONS: &str = "applications";
/// How long a changed answer is marked 「更新」.
const FRESH: Duration = Duration::days(14);

#[derive(Template)]
#[template(path = "content/article.html")]
pub(super) struct ArticlePage {
    frame: Frame,
    meta: ArticleMeta,
    toc: TableOfContents,
    body: String,
    before: &'static str,
    buttons: Vec<Link>,
    faq: bool,
    vote: VoteView,
    menu: Vec<MenuGroup>,
}

/// An article by slug or number; its reading is counted.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Html<ArticlePage>, Failure> {
    let ctx = visit.ctx();
    let article = content::article(&ctx, named(&name)?).await?;
    let subject = Subject::Article(article.slug.clone());
    let waiting = reading::note(&visit, &subject);
    let (body, toc) = to_html(&article.body);
    let at = Timestamp::from_millis(article.updated_at);
    let number = article.number.clone();
    let faq = article.kind == FAQ;
    let mut breadcrumb = home();
    breadcrumb.push(Link::new("よくある質問と解説", "/faq"));
    let current = if faq { Section::Faq } else { Section::Business };
    let mut meta = ArticleMeta {
        permalink: format!("/articles/{}", article.number),
        editor: article.editor,
        number: article.number,
        ..meta(ctx.now, at, article.views + waiting)
    };
    let vote = reading::stars(&visit, &subject, &mut meta).await?;
    Ok(Html(ArticlePage {
        frame: Frame { current, breadcrumb, ..visit.frame(&article.title) },
        meta,
        toc,
        body,
        before: before(&number),
        buttons: buttons(&article.slug, &number),
        faq,
        vote,
        menu: side_menu(&visit),
    }))
}

/// The buttons below an article: to the form that it is read before, or to the procedures of each business.
fn buttons(slug: &str, number: &str) -> Vec<Link> {
    if slug == APPLICATIONS {
        return vec![
            Link::new("オンライン資格確認の申請はこちら", "/procedures"),
            Link::new("オンライン請求の申請はこちら", "/procedures?category=claims"),
        ];
    }
    let read_before = Kind::ALL.iter().filter(|kind| kind.procedure().article() == number);
    read_before.map(|kind| Link::new(label(*kind), format!("/procedures/{kind}"))).collect()
}

fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Eligibility => "オンライン資格確認等システムの利用申請画面へ進む",
        Kind::Certificate => "電子証明書の申請画面へ進む",
        Kind::Claims => "オンライン請求に関する届出画面へ進む",
    }
}

/// What the next page does by itself (manual 2-2 asks 「利用申請は、行いましたか」).
fn before(number: &str) -> &'static str {
    if Kind::Certificate.procedure().article() == number {
        "オンライン資格確認の利用申請が済んでいるかどうかは、次の画面でポータルが確かめます。まだのときは、先に行う申請をご案内します。"
    } else {
        ""
    }
}

/// A question of the list.
struct Question {
    href: String,
    title: String,
    fresh: bool,
}

/// The questions of a category.
struct Category {
    title: String,
    questions: Vec<Question>,
}

#[derive(Template)]
#[template(path = "content/faq.html")]
pub(super) struct FaqPage {
    frame: Frame,
    categories: Vec<Category>,
    articles: Vec<Question>,
    menu: Vec<MenuGroup>,
}

/// よくある質問 by category, and the articles.
pub(super) async fn faq(visit: Visit) -> Result<Html<FaqPage>, Failure> {
    let ctx = visit.ctx();
    let since = (ctx.now - FRESH).as_millis();
    let mut categories: Vec<Category> = vec![];
    for article in content::articles(&ctx, FAQ).await? {
        let question = question(&article, since);
        match categories.iter_mut().find(|category| category.title == article.category) {
            Some(category) => category.questions.push(question),
            None => categories.push(Category { title: article.category, questions: vec![question] }),
        }
    }
    let articles = content::articles(&ctx, ARTICLE).await?.iter().map(|article| question(article, since)).collect();
    let frame = Frame { current: Section::Faq, ..visit.frame("よくある質問") };
    Ok(Html(FaqPage { frame, categories, articles, menu: side_menu(&visit) }))
}

fn question(article: &Article, since: i64) -> Question {
    Question {
        href: format!("/articles/{}", article.slug),
        title: article.title.clone(),
        fresh: article.updated_at >= since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_procedure_is_reached_from_the_article_read_before_it() {
        for kind in Kind::ALL {
            let buttons = buttons("some-slug", kind.procedure().article());
            assert_eq!(buttons.len(), 1);
            assert_eq!(buttons[0].href, format!("/procedures/{kind}"));
        }
        assert_eq!(buttons(APPLICATIONS, "KB0010012").len(), 2);
        assert!(buttons("letter-lost", "KB0020002").is_empty());
    }
}

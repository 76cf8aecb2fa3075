//! The knowledge base and よくある質問.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{applications::Kind, clock::Timestamp, content::Subject, forms::Finding, ids::FileId, text::thousands};
use serde::Deserialize;
use services::{
    content::{self, Reading, Shown},
    rows::{ArticleEntry, ArticleFile},
};
use time::Duration;

use super::{home, meta, named, reading, side_menu};
use crate::{
    pages::address,
    site::{Failure, Html, NamedFile, NamedFiles, Posted, TableOfContents, Visit, see_other, to_html_with, with_slips},
    view::{
        form::{ErrorSummary, FieldView, InputView},
        frame::{Frame, Link, MenuGroup, Section},
        parts::{ArticleMeta, VoteView},
    },
};

/// Kind of the articles that answer one question.
const FAQ: &str = "faq";
/// Kind of all others.
const ARTICLE: &str = "article";
/// Address of the lists.
const LIST: &str = "/faq";
/// The article that leads to the procedures of each business (manual 1-3, 3-1).
const APPLICATIONS: &str = "applications";
/// The article about the notices of master accounts.
const MASTER_ACCOUNT: &str = "master-account";
/// How long a changed answer is marked 「更新」.
const FRESH: Duration = Duration::days(14);

#[derive(Template)]
#[template(path = "content/article.html")]
struct ArticlePage {
    frame: Frame,
    errors: ErrorSummary,
    meta: ArticleMeta,
    toc: TableOfContents,
    body: String,
    before: &'static str,
    buttons: Vec<Link>,
    /// Files below the text: words and address.
    attachments: Vec<Link>,
    /// Procedures that it is about, besides the one that its button leads to.
    related: Vec<Link>,
    faq: bool,
    vote: VoteView,
    menu: Vec<MenuGroup>,
    /// Address to which the reader's answer is sent.
    answer: String,
    /// Whether the reader has just answered.
    thanked: bool,
    question: Asked,
}

/// 「役に立ちましたか」 with what was typed or answered before.
struct Asked {
    /// `yes`, `no`, or nothing.
    chosen: String,
    error: Option<String>,
    words: FieldView,
    /// Whether the field for words is open.
    open: bool,
}

/// What was just done.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    thanks: String,
}

/// An article by slug or number; its reading is counted.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let shown = match content::article(&ctx, named(&name)?).await? {
        Reading::Shown(shown) => shown,
        Reading::Gone { title, number } => return Ok(gone(&visit, &title, number)),
    };
    let waiting = reading::note(&visit, &Subject::Article(shown.article.slug.clone()));
    let views = shown.article.views;
    let mut page = page(&visit, *shown, None, &[]).await?;
    page.meta.views = thousands(views + waiting);
    page.thanked = !said.thanks.is_empty();
    Ok(Html(page).into_response())
}

async fn page(visit: &Visit, shown: Shown, typed: Option<&Posted>, slips: &[Finding]) -> Result<ArticlePage, Failure> {
    let Shown { article, related, files, attachments } = shown;
    let (ctx, subject) = (visit.ctx(), Subject::Article(article.slug.clone()));
    let mine = content::my_answer(&ctx, &article.slug, &visit.csrf).await?;
    let (question, errors) = asked(mine, typed, slips);
    let (body, toc) = to_html_with(&article.body, &named_files(&files));
    let at = Timestamp::from_millis(article.updated_at);
    let number = article.number.clone();
    let faq = article.kind == FAQ;
    let mut breadcrumb = home();
    breadcrumb.push(Link::new("よくある質問と解説", "/faq"));
    let current = if faq { Section::Faq } else { Section::Business };
    let (buttons, related) = ways_on(visit, &article.slug, &number, &related);
    let mut meta = ArticleMeta {
        permalink: format!("/articles/{}", article.number),
        editor: article.editor,
        number: article.number,
        ..meta(ctx.now, at, article.views)
    };
    let vote = reading::stars(visit, &subject, &mut meta).await?;
    Ok(ArticlePage {
        frame: Frame { current, breadcrumb, has_errors: !errors.is_empty(), ..visit.frame(&article.title) },
        errors,
        meta,
        toc,
        body,
        before: if buttons.is_empty() { "" } else { before(&number) },
        attachments: attachments.iter().map(attachment).collect(),
        related,
        buttons,
        faq,
        vote,
        menu: side_menu(visit),
        answer: format!("/articles/{number}/answer"),
        thanked: false,
        question,
    })
}

/// The page in place of an article that is no longer published (410).
#[derive(Template)]
#[template(path = "content/article_gone.html")]
struct GonePage {
    frame: Frame,
    title: String,
    number: String,
}

fn gone(visit: &Visit, title: &str, number: String) -> Response {
    let mut breadcrumb = home();
    breadcrumb.push(Link::new("よくある質問と解説", "/faq"));
    let frame = Frame { current: Section::Faq, breadcrumb, ..visit.frame("この記事は公開を終えました") };
    (StatusCode::GONE, Html(GonePage { frame, title: title.to_owned(), number })).into_response()
}

/// Uploaded files as a text names them.
pub(in crate::pages) fn named_files(files: &[ArticleFile]) -> NamedFiles {
    let size = |file: &ArticleFile| {
        let sides = (u32::try_from(file.width).ok()?, u32::try_from(file.height).ok()?);
        (sides.0 > 0).then_some(sides)
    };
    let named = |file: &ArticleFile| NamedFile { href: format!("/files/{}/{}", file.id, file.name), size: size(file) };
    files.iter().map(|file| (FileId(file.id), named(file))).collect()
}

/// A file below the text, with its kind and size.
fn attachment(file: &ArticleFile) -> Link {
    let ending = file.name.rsplit('.').next().unwrap_or_default().to_uppercase();
    let size = (file.size + 1_023) / 1_024;
    Link::new(
        format!("{}（{ending}、{}KB）", file.title, domain::text::thousands(size)),
        format!("/files/{}/{}", file.id, file.name),
    )
}

/// The way to a procedure.
fn procedure(kind: Kind) -> Link {
    Link::new(kind.label(), format!("/procedures/{kind}"))
}

/// The buttons below an article, and the other procedures that it is about; without those that say no to the reader.
fn ways_on(visit: &Visit, slug: &str, number: &str, related: &[Kind]) -> (Vec<Link>, Vec<Link>) {
    let mut buttons = buttons(slug, number);
    let leads = |link: &Link| buttons.iter().any(|button| button.href == link.href);
    let mut related = related.iter().map(|kind| procedure(*kind)).filter(|link| !leads(link)).collect();
    visit.keep_open_links(&mut buttons);
    visit.keep_open_links(&mut related);
    (buttons, related)
}

/// 「役に立ちましたか」 and its slips.
fn asked(mine: Option<bool>, typed: Option<&Posted>, slips: &[Finding]) -> (Asked, ErrorSummary) {
    let before = mine.map(|yes| if yes { "yes" } else { "no" }).unwrap_or_default();
    let value = typed.map(|posted| posted.get("words").to_owned()).unwrap_or_default();
    let maxlength = u32::try_from(content::LONGEST_WORDS).unwrap_or(0);
    let open = !value.is_empty();
    let fields = vec![
        FieldView::new("helpful", "", InputView::default()),
        FieldView::new("words", "ひとこと", InputView::LongText { value, maxlength }).with_help(
            "わかりにくかった所などをお書きください。お名前や患者さんの情報は書かないでください。個別のお返事はしていません。",
        ),
    ];
    let (mut fields, errors) = with_slips(fields, slips);
    let words = fields.pop().unwrap_or_default();
    let error = fields.pop().and_then(|field| field.error);
    let chosen = typed.map_or(before, |posted| posted.get("helpful")).to_owned();
    (Asked { chosen, error, words, open }, errors)
}

/// Keeps a reader's answer, in place of an earlier one.
pub(super) async fn answer(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let shown = match content::article(&ctx, named(&name)?).await? {
        Reading::Shown(shown) => shown,
        Reading::Gone { title, number } => return Ok(gone(&visit, &title, number)),
    };
    let (helpful, words) = (posted.get("helpful"), posted.get("words"));
    match content::answer(&ctx, &name, &visit.csrf, helpful, words).await? {
        content::Answered::Done => Ok(see_other(&format!("/articles/{}?thanks=1#helpful", shown.article.number))),
        content::Answered::Slip(slip) => Ok(Html(page(&visit, *shown, Some(&posted), &[slip]).await?).with_faults()),
    }
}

/// The buttons below an article: to the form that it is read before, or to the procedures of each business.
fn buttons(slug: &str, number: &str) -> Vec<Link> {
    if slug == APPLICATIONS {
        return vec![
            Link::new("オンライン資格確認の申請はこちら", "/procedures"),
            Link::new("オンライン請求の申請はこちら", "/procedures?category=claims"),
        ];
    }
    if slug == MASTER_ACCOUNT {
        return vec![Link::new("通知書をダウンロードする画面へ進む", crate::pages::master_account::PLACE)];
    }
    let read_before = Kind::ALL.iter().filter(|kind| kind.article() == number);
    read_before.map(|kind| Link::new(kind.words().to_form, format!("/procedures/{kind}"))).collect()
}

/// What the next page does by itself (manual 2-2 asks 「利用申請は、行いましたか」).
fn before(number: &str) -> &'static str {
    if Kind::Certificate.article() == number {
        "オンライン資格確認の利用申請が済んでいるかどうかは、次の画面でポータルが確かめます。まだのときは、先に行う申請をご案内します。"
    } else {
        ""
    }
}

/// Links to the articles about a procedure, for its pages.
pub(in crate::pages) async fn about(visit: &Visit, kind: Kind) -> Result<Vec<Link>, Failure> {
    let found = content::articles_about(&visit.ctx(), kind).await?;
    Ok(found.into_iter().map(|entry| Link::new(entry.title, format!("/articles/{}", entry.slug))).collect())
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

/// Where a list is shown from: the number of the last entry of the page before.
#[derive(Default, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    faq: String,
    #[serde(default)]
    article: String,
}

/// The ways through a long list; empty where there are none.
struct Paging {
    label: &'static str,
    first: String,
    next: String,
}

impl Paging {
    fn new(label: &'static str, kind: &str, after: &str, next: Option<&ArticleEntry>) -> Self {
        let first = if after.is_empty() { String::new() } else { LIST.to_owned() };
        let next = next.map(|last| address(LIST, &[(kind, &last.number)])).unwrap_or_default();
        Self { label, first, next }
    }
}

#[derive(Template)]
#[template(path = "content/faq.html")]
pub(super) struct FaqPage {
    frame: Frame,
    categories: Vec<Category>,
    more_questions: Paging,
    articles: Vec<Question>,
    more_articles: Paging,
    menu: Vec<MenuGroup>,
}

/// よくある質問 by category, and the articles.
pub(super) async fn faq(visit: Visit, Query(after): Query<After>) -> Result<Html<FaqPage>, Failure> {
    let ctx = visit.ctx();
    let since = (ctx.now - FRESH).as_millis();
    let (questions, more) = content::articles(&ctx, FAQ, &after.faq).await?;
    let more_questions = Paging::new("質問", FAQ, &after.faq, questions.last().filter(|_| more));
    let mut categories: Vec<Category> = vec![];
    for article in questions {
        let question = entry(&article, since);
        match categories.iter_mut().find(|category| category.title == article.category) {
            Some(category) => category.questions.push(question),
            None => categories.push(Category { title: article.category, questions: vec![question] }),
        }
    }
    let (articles, more) = content::articles(&ctx, ARTICLE, &after.article).await?;
    let more_articles = Paging::new("手続の解説", ARTICLE, &after.article, articles.last().filter(|_| more));
    let articles = articles.iter().map(|article| entry(article, since)).collect();
    let frame = Frame { current: Section::Faq, ..visit.frame("よくある質問") };
    Ok(Html(FaqPage { frame, categories, more_questions, articles, more_articles, menu: side_menu(&visit) }))
}

fn entry(article: &ArticleEntry, since: i64) -> Question {
    Question {
        href: format!("/articles/{}", article.slug),
        title: article.title.clone(),
        fresh: article.updated_at >= since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn a_long_list_of_questions_is_turned_page_by_page() {
        let question = |title: &str, fresh| Question { href: "/articles/x".to_owned(), title: title.to_owned(), fresh };
        let more = |label| Paging { label, first: LIST.to_owned(), next: format!("{LIST}?faq=KB0020150") };
        let questions = vec![question("通知書が届きません", true), question("パソコンを取り替えました", false)];
        let page = FaqPage {
            frame: member("よくある質問"),
            categories: vec![Category { title: "端末の電子証明書".to_owned(), questions }],
            more_questions: more("質問"),
            articles: vec![question("利用開始・変更申請", false)],
            more_articles: Paging { label: "手続の解説", first: String::new(), next: String::new() },
            menu: vec![],
        };
        show("faq-pages", &page);
    }

    #[test]
    fn every_procedure_is_reached_from_the_article_read_before_it() {
        for kind in Kind::ALL {
            let buttons = buttons("some-slug", kind.article());
            assert_eq!(buttons.len(), 1);
            assert_eq!(buttons[0].href, format!("/procedures/{kind}"));
        }
        assert_eq!(buttons(APPLICATIONS, "KB0010012").len(), 2);
        assert!(buttons("letter-lost", "KB0020002").is_empty());
    }
}

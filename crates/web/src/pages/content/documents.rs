//! Terms, rules and policies: every version stays readable, as a page and as a file.

use askama::Template;
use axum::{extract::Path, response::Redirect};
use domain::{calendar::japanese_date, clock::Timestamp};
use services::{Error, content, rows::Document};

use super::{home, named};
use crate::{
    site::{Download, Failure, Html, TableOfContents, Visit, to_html},
    view::frame::{BannerKind, BannerView, Frame, Link},
};

#[derive(Template)]
#[template(path = "content/documents.html")]
pub(super) struct DocumentsPage {
    frame: Frame,
    documents: Vec<(Link, String)>,
}

/// The list of documents in force.
pub(super) async fn list(visit: Visit) -> Html<DocumentsPage> {
    let reference = visit.site.app.reference();
    let line = |(slug, document): (&String, &domain::forms::Document)| {
        (Link::new(&document.title, format!("/documents/{slug}")), document.version.clone())
    };
    let documents = reference.documents.iter().map(line).collect();
    Html(DocumentsPage { frame: visit.frame("規約・規程・手引き"), documents })
}

#[derive(Template)]
#[template(path = "content/document.html")]
pub(super) struct DocumentPage {
    frame: Frame,
    version: String,
    effective: String,
    files: Vec<Link>,
    toc: TableOfContents,
    body: String,
}

fn page(visit: &Visit, document: Document) -> DocumentPage {
    let (body, toc) = to_html(&document.body);
    let path = format!("/documents/{}/{}", document.slug, document.version);
    let mut files = vec![Link::new("PDFをダウンロードする", format!("{path}/file.pdf"))];
    if is_example(&document.slug) {
        files.push(Link::new("Wordファイルをダウンロードする", format!("{path}/file.docx")));
    }
    let mut breadcrumb = home();
    breadcrumb.push(Link::new("規約・規程・手引き", "/documents"));
    let banners = newer(visit, &document);
    DocumentPage {
        frame: Frame { breadcrumb, banners, ..visit.frame(document.title) },
        version: document.version,
        effective: japanese_date(Timestamp::from_millis(document.effective_at).date()),
        files,
        toc,
        body,
    }
}

/// Examples are meant to be changed, so they are given out as Word files too (manual 3-3).
fn is_example(slug: &str) -> bool {
    slug.ends_with("-rules")
}

/// Says that a version is no longer in force.
fn newer(visit: &Visit, document: &Document) -> Vec<BannerView> {
    let reference = visit.site.app.reference();
    let present = reference.documents.get(&document.slug).filter(|present| present.version != document.version);
    let banner = present.map(|present| BannerView {
        kind: BannerKind::Warning,
        title: format!("第{}版は、いま有効な版ではありません。", document.version),
        body: vec![],
        link: Some(Link::new(
            format!("いま有効な第{}版を見る", present.version),
            format!("/documents/{}", document.slug),
        )),
    });
    banner.into_iter().collect()
}

/// The version in force.
pub(super) async fn in_force(visit: Visit, Path(slug): Path<String>) -> Result<Html<DocumentPage>, Failure> {
    let document = content::document(&visit.ctx(), named(&slug)?, None).await?;
    Ok(Html(page(&visit, document)))
}

/// One version.
pub(super) async fn version(
    visit: Visit,
    Path((slug, version)): Path<(String, String)>,
) -> Result<Html<DocumentPage>, Failure> {
    let document = content::document(&visit.ctx(), named(&slug)?, Some(named(&version)?)).await?;
    Ok(Html(page(&visit, document)))
}

/// One version as a file.
pub(super) async fn file(
    visit: Visit,
    Path((slug, version, file)): Path<(String, String, String)>,
) -> Result<Download, Failure> {
    let (format, media_type) = match file.as_str() {
        "file.pdf" => ("pdf", "application/pdf"),
        "file.docx" if is_example(&slug) => {
            ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        }
        _ => return Err(Error::NotFound.into()),
    };
    let bytes = content::document_file(&visit.ctx(), named(&slug)?, Some(named(&version)?), format).await?;
    Ok(Download { name: format!("{slug}-{version}.{format}"), media_type, bytes, inline: format == "pdf" })
}

/// 利用規約 of the footer: there is one for each system, so the list says which.
pub(super) async fn terms() -> Redirect {
    Redirect::to("/documents")
}

/// 個人情報の取扱い.
pub(super) async fn privacy() -> Redirect {
    Redirect::to("/documents/privacy")
}

/// アクセシビリティ方針.
pub(super) async fn accessibility() -> Redirect {
    Redirect::to("/documents/accessibility")
}

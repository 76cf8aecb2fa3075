//! What the authority publishes: a page for people, and certificates, lists and OCSP answers for programs (spec 04.5).

mod files;
mod ocsp;

use askama::{Template, filters::HtmlSafe};
use domain::{calendar::japanese_datetime, clock::Timestamp};
use services::authority::{self, Issuing, Published, Standing};

use crate::{
    site::{Access, Failure, Html, Routes, Visit},
    view::{
        frame::Frame,
        parts::{CellView, ColumnView, RowView, TableView},
    },
};

/// The page on the portal.
pub(super) fn routes() -> Routes {
    Routes::default().get("/pki", Access::Public, index)
}

/// The page on the closed network.
pub(super) fn routes_on_closed() -> Routes {
    Routes::default().get("/pki", Access::Public, index_on_closed)
}

/// The page on the plain listener, which has no other pages.
pub(super) fn routes_on_publications() -> Routes {
    Routes::default().get("/pki", Access::Public, index_on_publications)
}

/// What programs fetch; no cookies, no pages around it.
pub(super) fn machine() -> Routes {
    files::routes().merge(ocsp::routes())
}

/// Groups of a fingerprint in a line: as many as can be read aloud in one breath.
const GROUPS: usize = 4;

/// A certificate of the authority as the page shows it.
struct Shown {
    title: &'static str,
    name: String,
    file: String,
    /// SHA-256 in lines of four groups of four.
    fingerprint: Vec<String>,
    /// First and last instant at which it is valid.
    valid: [String; 2],
}

/// What all three listeners show.
#[derive(Template)]
#[template(path = "pki/content.html")]
struct Content {
    phone: String,
    hours: String,
    /// Where the portal is; nothing on the portal itself.
    portal: String,
    authorities: Vec<Shown>,
    lists: TableView,
    shards: Vec<TableView>,
}

// Its own template escaped it.
impl HtmlSafe for Content {}

#[derive(Template)]
#[template(path = "pki/index.html")]
struct Index {
    frame: Frame,
    content: Content,
}

/// The page where nothing of the portal is at hand: no menus, and nothing that leads to pages that are not there.
#[derive(Template)]
#[template(path = "pki/alone.html")]
struct Alone {
    frame: Frame,
    /// Whether it is the closed network, which has a first page to go back to.
    closed: bool,
    content: Content,
}

const TITLE: &str = "認証局の証明書と失効リスト";

async fn index(visit: Visit) -> Result<Html<Index>, Failure> {
    Ok(Html(Index { frame: visit.frame(TITLE), content: content(&visit, String::new()).await? }))
}

async fn index_on_closed(visit: Visit) -> Result<Html<Alone>, Failure> {
    alone(&visit, true).await
}

async fn index_on_publications(visit: Visit) -> Result<Html<Alone>, Failure> {
    alone(&visit, false).await
}

async fn alone(visit: &Visit, closed: bool) -> Result<Html<Alone>, Failure> {
    let content = content(visit, visit.site.app.settings.portal_url.clone()).await?;
    Ok(Html(Alone { frame: visit.frame(TITLE), closed, content }))
}

async fn content(visit: &Visit, portal: String) -> Result<Content, Failure> {
    let app = &visit.site.app;
    let mut authorities = vec![shown("ルート認証局", "root", authority::published_root(app)?)];
    let mut lists = vec![];
    let mut shards = vec![];
    let root = authority::crl_standing(app, app.authority.root_id).await?;
    lists.extend(root.iter().filter(|list| list.shard == 0).map(|list| line("ルート認証局", "/pki/root.crl", list)));
    for (place, issuing) in app.authority.all().enumerate() {
        let title = match place {
            _ if issuing.revoked() => "失効した発行局",
            0 => "発行局",
            _ => "以前の発行局",
        };
        authorities.push(shown(title, &issuing.name, authority::published(issuing.certificate.der())?));
        let standing = authority::crl_standing(app, issuing.id).await?;
        let signed = |list: &&Standing| list.number > 0;
        let (full, parts): (Vec<_>, Vec<_>) = standing.iter().filter(signed).partition(|list| list.shard == 0);
        lists.extend(full.into_iter().map(|list| line(title, &format!("/pki/{}.crl", issuing.name), list)));
        let rows = parts.into_iter().map(|list| shard(issuing, list)).collect();
        shards.push(table(format!("{title}の分割された失効リスト"), "分割", rows));
    }
    let lists = table("すべての失効をまとめたリスト".to_owned(), "認証局", lists);
    let operator = &app.settings.operator;
    Ok(Content { phone: operator.phone.clone(), hours: operator.hours.clone(), portal, authorities, lists, shards })
}

fn shown(title: &'static str, file: &str, certificate: Published) -> Shown {
    let groups: Vec<&str> = certificate.fingerprint.split(' ').collect();
    Shown {
        title,
        name: certificate.subject,
        file: file.to_owned(),
        fingerprint: groups.chunks(GROUPS).map(|line| line.join(" ")).collect(),
        valid: [certificate.not_before, certificate.not_after].map(japanese_datetime),
    }
}

fn instant(millis: i64) -> String {
    japanese_datetime(Timestamp::from_millis(millis))
}

fn shard(issuing: &Issuing, list: &Standing) -> RowView {
    line(&format!("分割{}", list.shard), &format!("/pki/{}/{}.crl", issuing.name, list.shard), list)
}

fn line(label: &str, href: &str, list: &Standing) -> RowView {
    RowView {
        strong: false,
        cells: vec![
            CellView::link(label, href),
            CellView::Number(list.number.to_string()),
            CellView::Text(instant(list.this_update)),
            CellView::Text(format!("{}まで", instant(list.next_update))),
        ],
    }
}

fn table(caption: String, first: &str, rows: Vec<RowView>) -> TableView {
    let number = ColumnView { numeric: true, ..ColumnView::new("番号") };
    let columns = vec![ColumnView::new(first), number, ColumnView::new("作成"), ColumnView::new("次の更新")];
    TableView { caption, caption_hidden: true, columns, rows, ..TableView::default() }
}

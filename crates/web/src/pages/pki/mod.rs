//! What the authority publishes: a page for people, and certificates, lists and OCSP answers for programs (spec 04.5).

mod files;
mod ocsp;

use askama::Template;
use domain::{calendar::japanese_datetime, clock::Timestamp};
use services::authority::{self, Issuing, Published, Standing};

use crate::{
    site::{Access, Failure, Html, Routes, Visit},
    view::{
        frame::Frame,
        parts::{CellView, ColumnView, RowView, TableView},
    },
};

/// The page.
pub(super) fn routes() -> Routes {
    Routes::default().get("/pki", Access::Public, index)
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
    valid: String,
}

#[derive(Template)]
#[template(path = "pki/index.html")]
struct Index {
    frame: Frame,
    contact: String,
    authorities: Vec<Shown>,
    lists: TableView,
    shards: Vec<TableView>,
}

async fn index(visit: Visit) -> Result<Html<Index>, Failure> {
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
    let (frame, contact) = (visit.frame("認証局の証明書と失効リスト"), app.settings.operator.contact());
    Ok(Html(Index { frame, contact, authorities, lists, shards }))
}

fn shown(title: &'static str, file: &str, certificate: Published) -> Shown {
    let groups: Vec<&str> = certificate.fingerprint.split(' ').collect();
    Shown {
        title,
        name: certificate.subject,
        file: file.to_owned(),
        fingerprint: groups.chunks(GROUPS).map(|line| line.join(" ")).collect(),
        valid: format!("{} ～ {}", japanese_datetime(certificate.not_before), japanese_datetime(certificate.not_after)),
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

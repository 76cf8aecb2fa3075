//! The list of articles: filters, and what was changed last first.

use axum::extract::Query;
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    content::{ArticleKind, Life, Public, Work},
    text::thousands,
};
use serde::Deserialize;
use services::{content, rows::ArticleHead};

use super::{LIST, editor, state};
use crate::{
    pages::office::parts,
    site::{Failure, Html, Visit},
    view::{
        form::{FieldView, InputView, TextView},
        frame::Link,
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

/// Which articles are listed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::pages::office) struct Wanted {
    state: String,
    kind: String,
    text: String,
    after: String,
}

impl Wanted {
    fn is_filtered(&self) -> bool {
        [&self.state, &self.kind, &self.text].iter().any(|filter| !filter.is_empty())
    }

    /// The page after a row.
    fn next(&self, last: &ArticleHead) -> String {
        let after = format!("{}_{}", last.changed_at, last.slug);
        parts::address(LIST, &[("state", &self.state), ("kind", &self.kind), ("text", &self.text), ("after", &after)])
    }
}

/// Articles of any state.
pub(in crate::pages::office) async fn list(
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<parts::ListPage>, Failure> {
    editor(&visit)?;
    let after = wanted.after.split_once('_').and_then(|(at, slug)| Some((at.parse().ok()?, slug)));
    let filter = (wanted.state.as_str(), wanted.kind.as_str(), wanted.text.as_str());
    let found = content::article_list(&visit.ctx(), filter, after).await?;
    let last = found.last().filter(|_| found.len() == parts::PAGE);
    let labels = ["題名", "番号", "種類", "状態", "版", "閲覧数", "最後の変更"];
    let table = TableView {
        columns: parts::columns(&labels, &[4, 5]),
        first: (!wanted.after.is_empty()).then(|| LIST.to_owned()),
        next: last.map(|head| wanted.next(head)),
        ..parts::table("記事（変更の新しい順）", &[], found.iter().map(row).collect())
    };
    let links = vec![Link::new("記事を書く", format!("{LIST}/new")), Link::new("読者の声", format!("{LIST}/feedback"))];
    let empty = ("この条件の記事はありません", "条件を変えて「絞り込む」を押すか、「記事を書く」から始めてください。");
    let frame = visit.office_frame("記事", LIST);
    Ok(Html(parts::ListPage { links, filters: Some(filters(&wanted)), ..parts::ListPage::new(frame, table, empty) }))
}

fn filters(wanted: &Wanted) -> FilterBarView {
    let public = Public::ALL.iter().map(|word| (word.as_str(), word.label()));
    let work = [Work::Draft, Work::InReview].into_iter().map(|word| (word.as_str(), word.label()));
    let states = public.chain(work).map(|(word, label)| (word.to_owned(), label.to_owned()));
    let kinds = ArticleKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind.label().to_owned()));
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![
            parts::filter("state", "状態", states, &wanted.state),
            parts::filter("kind", "種類", kinds, &wanted.kind),
            FieldView::new("text", "番号・題名", InputView::Text(TextView::new(&wanted.text))),
        ],
        reset: if wanted.is_filtered() { LIST.to_owned() } else { String::new() },
        saved: vec![
            Link::new("確認待ち", format!("{LIST}?state=in_review")),
            Link::new("下書き", format!("{LIST}?state=draft")),
        ],
    }
}

fn row(head: &ArticleHead) -> RowView {
    let life = head.state.parse::<Public>().ok().zip(head.work.parse::<Work>().ok());
    let life = life.map_or(Life::NEW, |(public, work)| Life { public, work });
    let kind = head.kind.parse::<ArticleKind>().map(|kind| kind.label()).unwrap_or_default();
    RowView {
        cells: vec![
            CellView::link(&head.title, format!("{LIST}/{}", head.number)),
            CellView::Code(head.number.clone()),
            CellView::Text(kind.to_owned()),
            CellView::State(state(life)),
            CellView::Number(head.latest.to_string()),
            CellView::Number(thousands(head.views)),
            CellView::Text(japanese_datetime(Timestamp::from_millis(head.changed_at))),
        ],
        strong: life.work == Work::InReview,
    }
}

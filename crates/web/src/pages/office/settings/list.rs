//! Every setting by what it is about, narrowed by kind and name.

use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    office::settings::Topic,
    permissions::{Permission as P, Role, granted},
    typed::search_key,
};
use serde::Deserialize;
use services::office::settings::{self, Line};

use super::{super::parts, LIST};
use crate::{
    site::{Failure, Html, Visit},
    view::{
        form::{FieldView, InputView, TextView},
        frame::Frame,
        parts::{CellView, FilterBarView, RowView, TableView},
    },
};

#[derive(Template)]
#[template(path = "office/settings.html")]
struct SettingsPage {
    frame: Frame,
    lead: String,
    filters: FilterBarView,
    groups: Vec<TableView>,
}

/// Which settings are shown.
#[derive(Default, Deserialize)]
pub(in crate::pages::office) struct Narrowed {
    /// Heading of a group.
    #[serde(default)]
    kind: String,
    /// Part of a name.
    #[serde(default)]
    text: String,
}

/// The heading under which a setting stands.
fn heading(line: &Line) -> String {
    match &line.topic {
        Topic::Figures(_) | Topic::Holidays => "業務の決まり".to_owned(),
        Topic::Scheme(_) => "補助金の制度".to_owned(),
        Topic::List(_) => "選択肢と定型文".to_owned(),
        Topic::Document(_) => "利用規約などの文書".to_owned(),
        Topic::Mail(_) if line.area.is_empty() => "メールの文：そのほか".to_owned(),
        Topic::Mail(_) => format!("メールの文：{}", line.area),
    }
}

/// Every topic by what it is about; those that the person may change come with a link.
pub(in crate::pages::office) async fn list(visit: Visit, Query(wanted): Query<Narrowed>) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadSettings])?;
    let lines = settings::all(&visit.ctx()).await?;
    let mut headings: Vec<String> = vec![];
    for one in lines.iter().map(heading) {
        if !headings.contains(&one) {
            headings.push(one);
        }
    }
    let text = search_key(&wanted.text);
    let shown = |line: &&Line, under: &String| heading(line) == *under && search_key(&line.title).contains(&text);
    let group = |under: &String| {
        let rows = lines.iter().filter(|line| shown(line, under)).map(row).collect();
        parts::table(under, &["設定", "いまの版", "次の変更", "変更できる方"], rows)
    };
    let asked = headings.iter().filter(|under| wanted.kind.is_empty() || **under == wanted.kind);
    let groups = asked.map(group).filter(|group| !group.rows.is_empty()).collect();
    let frame = visit.office_frame("設定", LIST);
    let lead = visit.site.app.holidays().warning(visit.ctx().now.date()).unwrap_or_default();
    Ok(Html(SettingsPage { frame, lead, filters: filters(&headings, &wanted), groups }).into_response())
}

fn filters(headings: &[String], wanted: &Narrowed) -> FilterBarView {
    let kinds = headings.iter().map(|one| (one.clone(), one.clone()));
    let narrowed = !wanted.kind.is_empty() || !wanted.text.is_empty();
    FilterBarView {
        action: LIST.to_owned(),
        fields: vec![
            parts::filter("kind", "種類", kinds, &wanted.kind),
            FieldView::new("text", "設定の名前", InputView::Text(TextView::new(&wanted.text))),
        ],
        reset: if narrowed { LIST.to_owned() } else { String::new() },
        saved: vec![],
    }
}

/// The roles that may change a setting, in words.
pub(super) fn who_may(topic: &Topic) -> String {
    let may = |role: &&Role| granted(**role).contains(&topic.permission());
    Role::ALL.iter().filter(may).map(|role| role.label()).collect::<Vec<_>>().join("・")
}

fn row(line: &Line) -> RowView {
    let day = |at: Option<Timestamp>| at.map(japanese_datetime).unwrap_or_default();
    let since = match line.since {
        Some(_) => format!("{}から", day(line.since)),
        None => "はじめのまま".to_owned(),
    };
    let roles = who_may(&line.topic);
    parts::row(vec![
        CellView::link(&line.title, format!("{LIST}/{}", line.topic)),
        CellView::Text(since),
        CellView::Text(line.next.map(|at| format!("{}から", japanese_datetime(at))).unwrap_or_default()),
        CellView::Text(roles),
    ])
}

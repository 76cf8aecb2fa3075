//! A table: what was found in its rows, what was sent, and how far the sending has come.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{calendar::japanese_datetime, group::RowState};
use serde::Deserialize;
use services::{
    Error,
    group::{self, Counts, Shown, Table},
    rows::{GroupRow, Sheet},
};

use super::{ADDRESS, figure, frame, id, procedure};
use crate::{
    pages::address,
    site::{Download, Failure, Html, Posted, Visit, grouped_code, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{StateView, Tone},
    },
};

/// A row as the page shows it.
struct RowLine {
    number: i64,
    name: String,
    code: String,
    state: StateView,
    notes: Vec<String>,
    /// The page on which it is put right; empty when it cannot be.
    mend: String,
    reference: String,
    /// The institution and the case to open there; empty when nothing was sent.
    institution: String,
    case: String,
}

/// How far a sending has come.
struct Progress {
    done: i64,
    all: i64,
}

#[derive(Template)]
#[template(path = "group/sheet.html")]
struct Page {
    frame: Frame,
    address: String,
    about: String,
    progress: Option<Progress>,
    tabs: Vec<(Link, bool)>,
    rows: Vec<RowLine>,
    first: Option<String>,
    next: Option<String>,
    good: i64,
    faulty: i64,
    sent: i64,
}

/// What is asked for, as it stands in an address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    after: i64,
    #[serde(default)]
    said: String,
}

/// The states in the order of their tabs.
const TABS: [(RowState, &str); 4] = [
    (RowState::Faulty, "直すところがある行"),
    (RowState::Good, "送信できる行"),
    (RowState::Left, "送信しない行"),
    (RowState::Sent, "送信済みの行"),
];

fn of(counts: &Counts, state: RowState) -> i64 {
    counts.get(&state).copied().unwrap_or(0)
}

/// The table; rows to put right first.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.person()?;
    let (ctx, id) = (visit.ctx(), id(&name)?);
    let chosen = match asked.show.as_str() {
        "all" => Some(Shown::All),
        word => word.parse().ok().map(Shown::In),
    };
    let table = match chosen {
        Some(shown) => (group::table(&ctx, id, shown, asked.after).await?, shown),
        None => {
            let table = group::table(&ctx, id, Shown::In(RowState::Faulty), 0).await?;
            let faulty = of(&table.counts, RowState::Faulty) > 0;
            if faulty {
                (table, Shown::In(RowState::Faulty))
            } else {
                (group::table(&ctx, id, Shown::All, 0).await?, Shown::All)
            }
        }
    };
    Ok(Html(page(&visit, &table.0, table.1, &asked)).into_response())
}

fn page(visit: &Visit, table: &Table, shown: Shown, asked: &Asked) -> Page {
    let (sheet, counts) = (&table.sheet, &table.counts);
    let own = format!("{ADDRESS}/{}", sheet.id);
    let word = match shown {
        Shown::All => "all",
        Shown::In(state) => state.as_str(),
    };
    let waiting = of(counts, RowState::Queued);
    let next = table.next.map(|after| address(&own, &[("show", word), ("after", &after.to_string())]));
    let mut frame = frame(visit, format!("一括申請の内容：{}", sheet.kind.label()), Some(procedure::link(sheet.kind)));
    frame.banners.extend(said(asked));
    Page {
        frame,
        about: format!("{}（{}行、{}）", sheet.name, figure(sheet.rows), japanese_datetime(sheet.made_at)),
        progress: sheet.sending.then_some(Progress { done: sheet.queued - waiting, all: sheet.queued }),
        tabs: tabs(sheet, counts, &own, shown),
        rows: table.rows.iter().map(|row| line(row, &own)).collect(),
        first: (asked.after > 0).then(|| address(&own, &[("show", word)])),
        next,
        good: of(counts, RowState::Good),
        faulty: of(counts, RowState::Faulty),
        sent: of(counts, RowState::Sent),
        address: own,
    }
}

fn tabs(sheet: &Sheet, counts: &Counts, own: &str, shown: Shown) -> Vec<(Link, bool)> {
    let tab = |(state, words): (RowState, &str)| {
        let label = format!("{words} {}", figure(of(counts, state)));
        (Link::new(label, address(own, &[("show", state.as_str())])), shown == Shown::In(state))
    };
    let all = Link::new(format!("すべて {}", figure(sheet.rows)), address(own, &[("show", "all")]));
    TABS.into_iter().map(tab).chain([(all, shown == Shown::All)]).collect()
}

fn line(row: &GroupRow, own: &str) -> RowLine {
    let state = row.row.state;
    let tone = match state {
        RowState::Faulty => Tone::Attention,
        RowState::Good => Tone::Waiting,
        RowState::Left => Tone::Idle,
        RowState::Queued => Tone::Active,
        RowState::Sent => Tone::Done,
    };
    let told = |(key, label, message): &(String, String, String)| domain::group::named(key, label, message);
    let open = !matches!(state, RowState::Queued | RowState::Sent) && row.row.institution.is_some();
    RowLine {
        number: row.row.number,
        name: if row.name.is_empty() {
            "（医療機関等を確認できません）".to_owned()
        } else {
            row.name.clone()
        },
        code: if row.row.institution.is_some() { grouped_code(&row.row.code) } else { row.row.code.clone() },
        state: StateView::new(tone, state.label()),
        notes: row.row.faults.iter().chain(&row.row.remarks).map(told).collect(),
        mend: if open { format!("{own}/rows/{}", row.row.number) } else { String::new() },
        reference: row.reference.as_deref().map(services::reference).unwrap_or_default(),
        institution: row.row.institution.map(|id| id.to_string()).unwrap_or_default(),
        case: row.case.map(|case| format!("/applications/{case}")).unwrap_or_default(),
    }
}

fn said(asked: &Asked) -> Option<BannerView> {
    let (kind, title) = match asked.said.as_str() {
        "mended" => (BannerKind::Success, "行を直しました。この行は送信できます。"),
        "left" => (BannerKind::Success, "この行は送信しません。行を開いて保存すると、元に戻せます。"),
        "checked" => (BannerKind::Success, "送信していない行を、いまの状況でもう一度確かめました。"),
        "other" => (BannerKind::Warning, "ほかの一括申請を送信しています。終わってから、もう一度送信してください。"),
        _ => return None,
    };
    Some(BannerView { kind, title: title.to_owned(), body: vec![], link: None })
}

/// The rows to put right, as a file.
pub(super) async fn faulty(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.person()?;
    let bytes = group::faulty(&visit.ctx(), id(&name)?).await?;
    Ok(procedure::csv("group-faulty.csv".to_owned(), bytes))
}

/// What became of every row, as a file.
pub(super) async fn result(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.person()?;
    let bytes = group::result(&visit.ctx(), id(&name)?).await?;
    Ok(procedure::csv("group-result.csv".to_owned(), bytes))
}

/// Judges the rows that are not sent anew.
pub(super) async fn recheck(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    match group::recheck(&visit.ctx(), id).await {
        Ok(()) => Ok(see_other(&format!("{ADDRESS}/{id}?said=checked"))),
        Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{ADDRESS}/{id}"))),
        Err(error) => Err(error.into()),
    }
}

/// Removes the table; cases that were sent stay.
pub(super) async fn discard(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    match group::discard(&visit.ctx(), id).await {
        Ok(()) => Ok(see_other(ADDRESS)),
        Err(Error::ChangedMeanwhile) => Ok(see_other(&format!("{ADDRESS}/{id}"))),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    fn row(number: i64, tone: Tone, state: RowState, notes: &[&str]) -> RowLine {
        RowLine {
            number,
            name: "医療法人社団さくら会 さくら歯科クリニック".into(),
            code: "13 3 0100016".into(),
            state: StateView::new(tone, state.label()),
            notes: notes.iter().map(|note| (*note).to_owned()).collect(),
            mend: if state == RowState::Faulty { "/group/1/rows/2".into() } else { String::new() },
            reference: if state == RowState::Sent { "2345-6789-ACDE".into() } else { String::new() },
            institution: "1".into(),
            case: if state == RowState::Sent { "/applications/1".into() } else { String::new() },
        }
    }

    fn sample(title: &str, progress: Option<Progress>) -> Page {
        let tab = |label: &str, current: bool| (Link::new(label, "/group/1"), current);
        Page {
            frame: member(title),
            address: "/group/1".into(),
            about: "CSVファイル（300行、2026年11月30日（月） 10:00）".into(),
            progress,
            tabs: vec![tab("直すところがある行 37", true), tab("送信できる行 263", false), tab("すべて 300", false)],
            rows: vec![
                row(
                    2,
                    Tone::Attention,
                    RowState::Faulty,
                    &["電気通信回線種別：「電気通信回線種別」を選んでください。"],
                ),
                row(3, Tone::Done, RowState::Sent, &[]),
            ],
            first: None,
            next: Some("/group/1?after=3".into()),
            good: 263,
            faulty: 37,
            sent: 1,
        }
    }

    #[test]
    fn a_table_shows_its_rows_and_how_far_the_sending_has_come() {
        show("group-sheet", &sample("一括申請の内容", None));
        show("group-progress", &sample("一括申請を送信しています", Some(Progress { done: 120, all: 263 })));
    }
}

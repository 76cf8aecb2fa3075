//! Import of the register: the form, what became of a file, the history (spec 2.2).

use std::io::Cursor;

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    forms::Finding,
    ids::ImportId,
    institutions::{Prefecture, RegisterLayout, ScoreTable},
    permissions::Permission as P,
};
use serde::Deserialize;
use services::institutions::{
    self,
    import::{self, Encoding, Options, Outcome, Summary},
};

use super::parts;
use crate::{
    site::{Download, Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
        frame::{Frame, Link},
        parts::{CellView, StateView, TableView, Tone},
    },
};

const FORM: &str = "/office/import";
const HISTORY: &str = "/office/imports";

/// Layouts by the word of the form.
const LAYOUTS: [(&str, RegisterLayout); 3] =
    [("nine", RegisterLayout::NineDigits), ("seven", RegisterLayout::SevenDigits), ("full", RegisterLayout::Full)];
/// Encodings by the word of the form.
const ENCODINGS: [(&str, Encoding); 2] = [("utf8", Encoding::Utf8), ("cp932", Encoding::Cp932)];

#[derive(Template)]
#[template(path = "office/import.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
}

/// The form.
pub(super) async fn form(visit: Visit) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ImportInstitutions])?;
    Ok(Html(form_page(&visit, &Posted::default(), &[])).into_response())
}

fn form_page(visit: &Visit, posted: &Posted, slips: &[Finding]) -> FormPage {
    let (fields, errors) = with_slips(fields(posted), slips);
    let mut frame = Frame { has_errors: !errors.is_empty(), ..visit.office_frame("台帳の取込み", FORM) };
    frame.breadcrumb.push(Link::new("医療機関等", "/office/institutions"));
    FormPage { frame, errors, fields }
}

fn fields(posted: &Posted) -> Vec<FieldView> {
    let file = InputView::File { accept: ".csv,text/csv".to_owned(), current: String::new() };
    let layouts = LAYOUTS.map(|(word, layout)| (word.to_owned(), layout.label().to_owned()));
    let tables = ScoreTable::ALL.map(|table| (table.code().to_owned(), table.label()));
    let encodings = ENCODINGS.map(|(word, encoding)| (word.to_owned(), encoding.label().to_owned()));
    let found_out = "ファイルから判断する";
    vec![
        FieldView::new("file", "CSVファイル", file)
            .required()
            .with_help("文字コードはUTF-8またはShift_JIS、30MBまでです。見出しの行は、あってもなくてもかまいません。"),
        select("layout", "並び", found_out, layouts, posted),
        select("score_table", "点数表", "ファイルに書かれている", tables, posted)
            .with_help("9桁・7桁のコードの一覧には点数表が書かれていません。すべての行の点数表を選んでください。"),
        select(
            "prefecture",
            "都道府県",
            "ファイルに書かれている",
            Prefecture::all().map(|p| (p.code().to_owned(), p.label())),
            posted,
        )
        .with_help("コードにも所在地にも都道府県がない一覧のときだけ選んでください。"),
        select("encoding", "文字コード", found_out, encodings, posted),
    ]
}

fn select(
    key: &str,
    label: &str,
    nothing: &str,
    choices: impl IntoIterator<Item = (String, String)>,
    posted: &Posted,
) -> FieldView {
    let chosen = posted.get(key);
    let choice =
        |(value, label): (String, String)| ChoiceView { selected: value == chosen, ..ChoiceView::new(value, label) };
    let choices = choices.into_iter().map(choice).collect();
    FieldView::new(key, label, InputView::Select { choices, placeholder: nothing.to_owned() })
}

fn options(posted: &Posted) -> Options {
    let word = posted.get("layout");
    let encoding = posted.get("encoding");
    Options {
        file_name: "画面から選んだファイル".to_owned(),
        layout: LAYOUTS.iter().find(|(known, _)| *known == word).map(|(_, layout)| *layout),
        score_table: ScoreTable::from_code(posted.get("score_table")),
        prefecture: Prefecture::from_code(posted.get("prefecture")),
        encoding: ENCODINGS.iter().find(|(known, _)| *known == encoding).map(|(_, encoding)| *encoding),
    }
}

/// Imports the file; all good rows are kept.
pub(super) async fn run(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ImportInstitutions])?;
    let again = |message: String| {
        let slip = Finding { field: "file".to_owned(), message };
        Ok(Html(form_page(&visit, &posted, &[slip])).with_faults())
    };
    let Some(bytes) = posted.file("file") else {
        return again("「CSVファイル」を選んでください。".to_owned());
    };
    match import::run(&visit.ctx(), Cursor::new(bytes.to_vec()), options(&posted)).await? {
        Outcome::Done(done) => Ok(see_other(&format!("{HISTORY}/{}?done=1", done.id))),
        Outcome::Refused(fault) => again(format!("{fault}台帳は変わっていません。")),
    }
}

#[derive(Template)]
#[template(path = "office/import_result.html")]
struct ResultPage {
    frame: Frame,
    done: bool,
    file_name: String,
    by: String,
    started: String,
    summary: Option<Summary>,
    report: String,
    may_import: bool,
}

/// Whether the import was just run.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// What became of a file.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Response, Failure> {
    parts::insist(&visit, &[P::ReadInstitutions])?;
    let (import, _) = institutions::import_report(&visit.ctx(), parts::id(&name)?).await?;
    let mut frame = visit.office_frame("取込みの結果", HISTORY);
    frame.breadcrumb.push(Link::new("取込みの履歴", HISTORY));
    Ok(Html(ResultPage {
        frame,
        done: !said.done.is_empty(),
        file_name: file_name(&import.file_name),
        by: import.actor_name,
        started: japanese_datetime(import.started_at),
        summary: import.finished_at.and_then(|_| serde_json::from_value(import.summary).ok()),
        report: format!("{HISTORY}/{}/report.csv", import.id),
        may_import: parts::may(&visit, P::ImportInstitutions),
    })
    .into_response())
}

fn file_name(name: &str) -> String {
    if name.is_empty() { "（名前なし）".to_owned() } else { name.to_owned() }
}

/// The report of an import.
pub(super) async fn report(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    parts::insist(&visit, &[P::ReadInstitutions])?;
    let (_, text) = institutions::import_report(&visit.ctx(), parts::id(&name)?).await?;
    Ok(Download {
        name: "report.csv".to_owned(),
        media_type: "text/csv; charset=utf-8",
        bytes: text.into_bytes(),
        inline: false,
    })
}

/// Which part of the history is shown.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
}

/// The history of imports.
pub(super) async fn list(visit: Visit, Query(page): Query<Page>) -> Result<Html<parts::ListPage>, Failure> {
    parts::insist(&visit, &[P::ReadInstitutions])?;
    let after = parts::after::<ImportId>(&page.after);
    let limit = i64::try_from(parts::PAGE).unwrap_or(i64::MAX);
    let imports = institutions::imports(&visit.ctx(), after, limit).await?;
    let last = imports.last().filter(|_| imports.len() == parts::PAGE);
    let rows = imports.iter().map(|import| {
        let figure = |key: &str| CellView::Number(import.summary[key].as_u64().map_or_else(|| "－".to_owned(), figure));
        parts::row(vec![
            CellView::link(file_name(&import.file_name), format!("{HISTORY}/{}", import.id)),
            CellView::State(state(import.finished_at.is_some())),
            CellView::Text(japanese_datetime(import.started_at)),
            CellView::Text(import.actor_name.clone()),
            figure("rows"),
            figure("rejected"),
        ])
    });
    let labels = ["ファイル", "状態", "始めた日時", "取り込んだ人", "行数", "取り込めない行"];
    let table = TableView {
        columns: parts::columns(&labels, &[4, 5]),
        first: (!page.after.is_empty()).then(|| HISTORY.to_owned()),
        next: last.map(|i| parts::address(HISTORY, &[("after", &parts::after_text(i.started_at, i.id))])),
        ..parts::table("取込みの履歴（新しい順）", &[], rows.collect())
    };
    let frame = visit.office_frame("取込みの履歴", "/office/institutions");
    let empty = ("取込みはまだありません", "「台帳の取込み」からCSVファイルを取り込むと、ここに並びます。");
    Ok(Html(parts::ListPage::new(frame, table, empty)))
}

fn state(finished: bool) -> StateView {
    if finished {
        StateView::new(Tone::Done, "終了")
    } else {
        StateView::new(Tone::Attention, "途中（処理中または中断）")
    }
}

fn figure(number: u64) -> String {
    domain::text::thousands(i64::try_from(number).unwrap_or(i64::MAX))
}

impl ResultPage {
    /// The figures in the order of the page: words, number, what it means.
    fn figures(&self) -> Vec<(&'static str, String, &'static str)> {
        let Some(sum) = &self.summary else { return vec![] };
        [
            ("ファイルの行", sum.rows, "見出しと空の行を除く"),
            ("新しく加えた", sum.created, "台帳になかったもの"),
            ("内容が変わった", sum.updated, "台帳の内容を書き換えたもの"),
            ("変わらない", sum.unchanged, "台帳と同じもの"),
            ("ファイル内の重複", sum.repeated, "同じコードが前の行にあるもの（前の行を使いました）"),
            ("注意して取り込んだ", sum.warned, "検査数字が別の点数表でだけ合うもの（上の件数に含みます）"),
            ("取り込めない", sum.rejected, "理由は結果の一覧にあります"),
            ("ファイルにない", sum.missing, "台帳にあり、このファイルにないもの（台帳に残しました）"),
        ]
        .map(|(words, number, meaning)| (words, figure(number), meaning))
        .into()
    }
}

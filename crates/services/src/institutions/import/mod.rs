//! Import of the register from CSV files (spec 2.2): streaming, idempotent, never deleting.
//!
//! One thread reads rows, the caller's task compares them with the register and writes what differs, a thousand rows
//! in a transaction. When the process dies in between, whole batches are kept and a second run completes the work;
//! the run that was cut off stays in the history without an end. Nothing is undone.

pub(crate) mod encoding;
mod lines;
pub(crate) mod records;
mod report;
mod rows;
mod store;

pub use encoding::Encoding;

use std::io::Read;

use domain::{
    ids::ImportId,
    institutions::{LayoutError, Prefecture, RegisterLayout, ScoreTable},
    permissions::Permission,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{Ctx, Error, Result};

/// Batches that may wait between the two sides.
const WAITING: usize = 2;

/// What the person says about a file; what is left open is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Name of the file, for the history.
    pub file_name: String,
    /// The layout it must have.
    pub layout: Option<RegisterLayout>,
    /// Score table of every row, where the layout has none.
    pub score_table: Option<ScoreTable>,
    /// Prefecture of every row, where neither a column nor the address names it.
    pub prefecture: Option<Prefecture>,
    /// The encoding it must have.
    pub encoding: Option<Encoding>,
}

/// The figures of an import (spec 2.2): `rows` = `created` + `updated` + `unchanged` + `repeated` + `rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows of the file, header and blank ones aside.
    pub rows: u64,
    /// Institutions that are new to the register.
    pub created: u64,
    /// Institutions whose data changed.
    pub updated: u64,
    /// Institutions that stood there just so.
    pub unchanged: u64,
    /// Rows whose code stood further up in the file; the first one counts.
    pub repeated: u64,
    /// Rows that were taken over although their check digit fits another score table.
    pub warned: u64,
    /// Rows that were left out.
    pub rejected: u64,
    /// Institutions of the file's score tables that are in the register but not in the file; they are kept.
    pub missing: u64,
}

/// Why a whole file cannot be imported; nothing of it was taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// No layout that is known, or something must be told for it.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Another layout than the person said.
    #[error("指定した並び（{}）ではなく、{}の並びになっています。指定を直すか、別のファイルを選んでください。", .wanted.label(), .found.label())]
    OtherLayout {
        /// The one the person said.
        wanted: RegisterLayout,
        /// The one found.
        found: RegisterLayout,
    },
    /// The check digits of most rows say another score table.
    #[error("指定した点数表は「{}」ですが、ほとんどの行の検査数字は「{}」でだけ合います。点数表の指定を確かめてください。", .given.label(), .fits.label())]
    OtherTable {
        /// The one the person said.
        given: ScoreTable,
        /// The one that fits.
        fits: ScoreTable,
    },
    /// UTF-16.
    #[error("文字コードがUTF-16です。UTF-8またはShift_JISのCSVで保存し直してください。")]
    Utf16,
    /// A workbook or an archive.
    #[error("Excelのブックか圧縮ファイルです。CSV（カンマ区切り）で保存し直してください。")]
    Workbook,
    /// Not one row can be read.
    #[error("読み取れる行がありません。{line}行目：{reason}")]
    Unreadable {
        /// The first line.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// A finished import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Under this number it stands in the history.
    pub id: ImportId,
    /// Its figures.
    pub summary: Summary,
    /// CSV text (UTF-8 with byte-order mark): line number, kind, reason, row.
    pub report: String,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was imported, perhaps without some rows.
    Done(Box<Imported>),
    /// It is no register file; the register is as it was.
    Refused(FileFault),
}

/// The rows of a file, without the register; a file in memory cannot fail midway.
pub(crate) fn rows_of(file: &[u8]) -> std::result::Result<Vec<crate::reading::Row>, FileFault> {
    let mut list = vec![];
    let read = rows::read(file, &Options::default(), |batch| {
        list.extend(batch.into_iter().map(|row| crate::reading::Row { line: row.line, refused: row.content.err() }));
        true
    });
    read.unwrap_or(Ok(())).map(|()| list)
}

/// Imports a file into the register (「台帳の取込み」).
///
/// # Errors
/// [`Error::Forbidden`] without the permission; when the file or the database fails midway, batches so far are kept.
pub async fn run(ctx: &Ctx<'_>, input: impl Read + Send + 'static, options: Options) -> Result<Outcome> {
    ctx.permit(Permission::ImportInstitutions)?;
    let file_name = options.file_name.clone();
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let reader =
        tokio::task::spawn_blocking(move || rows::read(input, &options, |batch| sender.blocking_send(batch).is_ok()));
    let mut under_way: Option<store::Run<'_>> = None;
    while let Some(batch) = receiver.recv().await {
        if under_way.is_none() {
            under_way = Some(store::Run::start(ctx, &file_name).await?);
        }
        if let Some(run) = &mut under_way {
            run.take(batch).await?;
        }
    }
    match (reader.await.map_err(Error::internal)?.map_err(Error::internal)?, under_way) {
        (Err(fault), _) => Ok(Outcome::Refused(fault)),
        (Ok(()), None) => Ok(Outcome::Refused(LayoutError::NoRows.into())),
        (Ok(()), Some(run)) => {
            let (id, summary, report) = run.finish().await?;
            Ok(Outcome::Done(Box::new(Imported { id, summary, report })))
        }
    }
}

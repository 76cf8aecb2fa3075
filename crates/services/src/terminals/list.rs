//! The register as a file.

use domain::{clock::Timestamp, spreadsheet::harmless, terminals::renewal};
use storage::boxed;

use super::register::{Terminal, all};
use crate::{Ctx, Error, Result, applications::tell::grouped};

const HEAD: [&str; 10] = [
    "端末名称等",
    "設置場所",
    "用途",
    "状態",
    "有効期限",
    "残りの日数",
    "更新できる日",
    "受付番号",
    "シリアル番号",
    "次にすること",
];

/// The terminals of one's institution as CSV with a byte-order mark.
///
/// # Errors
/// [`Error::Forbidden`] without an active membership.
#[boxed]
pub async fn csv(ctx: &Ctx<'_>) -> Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    rows.write_record(HEAD).map_err(Error::internal)?;
    for terminal in all(ctx).await? {
        rows.write_record(row(&terminal).map(|cell| harmless(&cell))).map_err(Error::internal)?;
    }
    rows.into_inner().map_err(Error::internal)
}

fn row(terminal: &Terminal) -> [String; 10] {
    let valid = terminal.valid();
    let day = |at: Timestamp| at.date().to_string();
    let reference = valid.map(|one| one.reference.clone()).or_else(|| terminal.cases.last()?.reference.clone());
    [
        terminal.name.clone(),
        terminal.place.clone(),
        terminal.purpose.clone(),
        terminal.standing.condition.label().to_owned(),
        valid.map(|one| day(one.not_after)).unwrap_or_default(),
        valid.and(terminal.standing.days_left).map(|days| days.to_string()).unwrap_or_default(),
        valid.map(|one| renewal::opens(one.not_after).date().to_string()).unwrap_or_default(),
        grouped(&reference.unwrap_or_default()),
        valid.map(|one| one.serial.clone()).unwrap_or_default(),
        terminal.next(),
    ]
}

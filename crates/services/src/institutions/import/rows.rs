//! From a file to rows of the register: finds the layout, then reads row after row.

use std::{collections::BTreeMap, io, io::Read};

use domain::institutions::{ImportDefaults, Layout, LayoutError, Reading, RegisterLayout, RowWarning};

use super::{
    FileFault, Options,
    encoding::Texts,
    records::{Record, Records},
};

/// Rows from which the layout is found out.
const SAMPLE: usize = 200;
/// Rows that are handed on at a time.
const BATCH: usize = 1_000;
/// So many rows of the sample must fit another score table only, before the whole file is doubted.
const DOUBT: usize = 20;

/// A row, read or refused.
#[derive(Debug)]
pub(super) struct Row {
    /// Number of its first line, from 1.
    pub(super) line: u64,
    /// The line as it stands.
    pub(super) raw: String,
    /// The institution, or why the row is no use.
    pub(super) content: Result<Reading, String>,
    /// How many characters of it became [`IN_ITS_PLACE`].
    pub(super) replaced: usize,
}

/// Stands for a character of the sender's own (外字), as in print since the days of movable type.
///
/// Published lists hold such characters in names of a few hundred real institutions; none of them may be lost.
const IN_ITS_PLACE: char = '〓';

/// How a file is read once its layout is known.
struct Plan {
    layout: Layout,
    defaults: ImportDefaults,
    columns: usize,
}

/// Reads a file and hands its rows on in batches; stops early when `hand_on` answers false.
///
/// Whatever keeps the file as a whole from being read is found before the first batch.
pub(super) fn read(
    input: impl Read,
    options: &Options,
    mut hand_on: impl FnMut(Vec<Row>) -> bool,
) -> io::Result<Result<(), FileFault>> {
    let texts = match Texts::open(input, options.encoding)? {
        Ok(texts) => texts,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut records = Records::new(texts);
    let mut sample = vec![];
    while sample.len() < SAMPLE
        && let Some(record) = records.next()?
    {
        sample.push(record);
    }
    let plan = match Plan::of(&sample, options) {
        Ok(plan) => plan,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut batch: Vec<Row> = vec![];
    let mut ahead = sample.into_iter().skip(usize::from(plan.layout.has_header()));
    loop {
        let record = match ahead.next() {
            Some(record) => Some(record),
            None => records.next()?,
        };
        let ended = record.is_none();
        batch.extend(record.map(|record| plan.row(record)));
        let full = batch.len() == BATCH || (ended && !batch.is_empty());
        let wanted = !full || hand_on(std::mem::take(&mut batch));
        if ended || !wanted {
            return Ok(Ok(()));
        }
    }
}

impl Plan {
    fn of(sample: &[Record], options: &Options) -> Result<Self, FileFault> {
        let rows: Vec<&[String]> = sample.iter().filter_map(|record| record.fields.as_deref().ok()).collect();
        if let (true, Some(Record { line, fields: Err(fault), .. })) = (rows.is_empty(), sample.first()) {
            return Err(FileFault::Unreadable { line: *line, reason: fault.to_string() });
        }
        let layout = Layout::detect(&rows)?;
        if let Some(wanted) = options.layout.filter(|wanted| *wanted != layout.kind()) {
            return Err(FileFault::OtherLayout { wanted, found: layout.kind() });
        }
        let defaults = ImportDefaults { score_table: options.score_table, prefecture: options.prefecture };
        layout.ready(&defaults)?;
        if layout.has_header() && sample.len() == 1 {
            return Err(LayoutError::NoRows.into());
        }
        let plan = Self { layout, defaults, columns: usual_columns(&rows) };
        plan.doubt(&rows).map_or(Ok(plan), Err)
    }

    /// A file whose check digits keep fitting another score table was imported with the wrong one.
    fn doubt(&self, rows: &[&[String]]) -> Option<FileFault> {
        if self.layout.kind() == RegisterLayout::Full {
            return None;
        }
        let read: Vec<_> = rows.iter().filter_map(|row| self.layout.read(row, &self.defaults).ok()).collect();
        let mut warnings = read.iter().filter_map(|reading| reading.warning);
        let RowWarning::FitsAnotherTable { given, fits } = warnings.next()?;
        let same = RowWarning::FitsAnotherTable { given, fits };
        let count = 1 + warnings.filter(|warning| *warning == same).count();
        (count >= DOUBT && count * 2 > read.len()).then_some(FileFault::OtherTable { given, fits })
    }

    fn row(&self, record: Record) -> Row {
        let Record { line, raw, fields } = record;
        match fields {
            Err(fault) => Row { line, raw, content: Err(fault.to_string()), replaced: 0 },
            Ok(mut fields) => {
                let replaced = fields.iter_mut().map(without_own_characters).sum();
                Row { line, raw, content: self.content(&fields), replaced }
            }
        }
    }

    fn content(&self, fields: &[String]) -> Result<Reading, String> {
        let extra = fields.get(self.columns..).unwrap_or_default();
        if fields.len() < self.columns || extra.iter().any(|field| !field.trim().is_empty()) {
            return Err(format!(
                "列の数が違います（{}列のはずが{}列です）。項目の中のカンマは「\"」で囲み、行が途中で切れていないか確かめてください。",
                self.columns,
                fields.len()
            ));
        }
        self.layout.read(fields, &self.defaults).map_err(|rejection| rejection.to_string())
    }
}

/// The number of columns that most rows have; the larger one of two as frequent.
fn usual_columns(rows: &[&[String]]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(columns, count)| (*count, *columns)).map_or(0, |(columns, _)| columns)
}

/// Replaces private-use characters and counts them: each computer shows something else for them.
fn without_own_characters(field: &mut String) -> usize {
    let own = |letter: char| matches!(u32::from(letter), 0xE000..=0xF8FF | 0xF_0000..=0xF_FFFD | 0x10_0000..=0x10_FFFD);
    let count = field.chars().filter(|letter| own(*letter)).count();
    if count > 0 {
        *field = field.chars().map(|letter| if own(letter) { IN_ITS_PLACE } else { letter }).collect();
    }
    count
}

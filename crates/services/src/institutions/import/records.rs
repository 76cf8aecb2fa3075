//! Rows of CSV text, strict about quotation marks so that one broken row cannot swallow the good ones after it.
//!
//! The usual readers take everything up to the next quotation mark into one field. Here a row whose marks do not
//! pair is given up alone, and reading goes on at the line below it.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use super::encoding::{LineFault, Text, Texts};
use super::lines::LONGEST;

/// A quoted field may go on over so many further lines.
const MOST_LINES: usize = 8;

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Number of its first line, from 1.
    pub(crate) line: u64,
    /// The line as it stands.
    pub(crate) raw: String,
    /// Its fields, or why it cannot be split.
    pub(crate) fields: Result<Vec<String>, RecordFault>,
}

/// Why a row cannot be split into fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordFault {
    /// The line itself is no use.
    #[error("{0}")]
    Line(#[from] LineFault),
    /// Quotation marks that do not pair.
    #[error(
        "引用符（\"）の対応が崩れています。項目の中の「\"」は「\"\"」と書き、項目の終わりを「\"」で閉じてください。"
    )]
    Quotes,
}

enum Split {
    Whole(Vec<String>),
    Open,
    Broken,
}

/// Gives row after row; blank ones are left out.
pub(crate) struct Records<R> {
    texts: Texts<R>,
    again: VecDeque<Text>,
    between: Between,
}

/// What stands between two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Between {
    /// A comma.
    Comma,
    /// A tab, as a spreadsheet copies cells.
    Tab,
    /// A tab when the first row has one, otherwise a comma.
    FirstRow,
}

impl Between {
    /// What it is, given the first row.
    fn settled(self, row: &str) -> Self {
        match self {
            Self::FirstRow if row.contains('\t') => Self::Tab,
            Self::FirstRow => Self::Comma,
            other => other,
        }
    }
}

impl<R: Read> Records<R> {
    /// The rows of a text with commas.
    pub(super) fn new(texts: Texts<R>) -> Self {
        Self::between(texts, Between::Comma)
    }

    /// The rows of a text.
    pub(crate) fn between(texts: Texts<R>, between: Between) -> Self {
        Self { texts, again: VecDeque::new(), between }
    }

    /// The next row that is not blank; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let Some(first) = self.line()? else { return Ok(None) };
            if !first.text.trim().is_empty() {
                self.between = self.between.settled(&first.text);
            }
            let record = self.record(first)?;
            let blank = |fields: &Vec<String>| fields.iter().all(|field| field.trim().is_empty());
            if !record.fields.as_ref().is_ok_and(blank) {
                return Ok(Some(record));
            }
        }
    }

    fn line(&mut self) -> io::Result<Option<Text>> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.texts.next(),
        }
    }

    fn record(&mut self, first: Text) -> io::Result<Record> {
        let (line, raw) = (first.number, first.text);
        if let Some(fault) = first.fault {
            return Ok(Record { line, raw, fields: Err(fault.into()) });
        }
        let mut whole = raw.clone();
        let mut further = vec![];
        loop {
            match split(&whole, self.between) {
                Split::Whole(fields) => return Ok(Record { line, raw: whole, fields: Ok(fields) }),
                Split::Broken => break,
                Split::Open => {}
            }
            let Some(next) = self.line()? else { break };
            let usable = next.fault.is_none() && further.len() < MOST_LINES && whole.len() + next.text.len() < LONGEST;
            whole.push('\n');
            whole.push_str(&next.text);
            further.push(next);
            if !usable {
                break;
            }
        }
        for text in further.into_iter().rev() {
            self.again.push_front(text);
        }
        Ok(Record { line, raw, fields: Err(RecordFault::Quotes) })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Plain,
    Quoted,
    /// After a mark within a quoted field: its end, or the first of two that stand for one.
    Mark,
}

fn split(text: &str, between: Between) -> Split {
    let between = if between == Between::Tab { '\t' } else { ',' };
    let mut fields = vec![];
    let mut field = String::new();
    let mut place = Place::Start;
    for letter in text.chars() {
        place = match (place, letter) {
            (Place::Start, '"') => Place::Quoted,
            (Place::Quoted, '"') => Place::Mark,
            (Place::Start | Place::Plain | Place::Mark, letter) if letter == between => {
                fields.push(std::mem::take(&mut field));
                Place::Start
            }
            (Place::Mark, '"') | (Place::Quoted, _) => {
                field.push(letter);
                Place::Quoted
            }
            (Place::Mark, ' ') => Place::Mark,
            (Place::Mark, _) => return Split::Broken,
            (Place::Start | Place::Plain, _) => {
                field.push(letter);
                Place::Plain
            }
        };
    }
    if place == Place::Quoted {
        return Split::Open;
    }
    fields.push(field);
    Split::Whole(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<Vec<String>, RecordFault>)> {
        let texts = Texts::open(text.as_bytes(), None).unwrap().unwrap_or_else(|fault| panic!("{fault}"));
        let mut records = Records::new(texts);
        std::iter::from_fn(|| records.next().unwrap()).map(|record| (record.line, record.fields)).collect()
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, RecordFault>) {
        (line, Ok(fields.iter().map(|field| (*field).to_owned()).collect()))
    }

    #[test]
    fn quoted_fields_hold_commas_marks_and_line_breaks() {
        let found = read("1,\"a,b\",\"say \"\"hi\"\"\"\n\n2,\"two\nlines\",\n ,　\n3,plain \"mark\",\n");
        assert_eq!(
            found,
            [
                row(1, &["1", "a,b", "say \"hi\""]),
                row(3, &["2", "two\nlines", ""]),
                row(6, &["3", "plain \"mark\"", ""])
            ]
        );
    }

    #[test]
    fn rows_after_a_mark_that_is_never_closed_are_all_read() {
        let good: String = (2..40).map(|number| format!("{number},\"name {number}\"\n")).collect();
        let found = read(&format!("1,\"open\n{good}"));
        assert_eq!(found[0], (1, Err(RecordFault::Quotes)));
        assert_eq!(found.len(), 39);
        assert!(found[1..].iter().all(|(_, fields)| fields.is_ok()));
        let plain: String = (2..40).map(|number| format!("{number},name {number}\n")).collect();
        assert_eq!(read(&format!("1,\"open\n{plain}")).iter().filter(|(_, fields)| fields.is_ok()).count(), 38);
    }

    #[test]
    fn two_broken_rows_do_not_make_one_whole_between_them() {
        let found = read("1,\"a,x\n2,\"b\",x\n3,\"c\"d,x\n4,e,x\n");
        let faulty: Vec<_> = found.iter().filter(|(_, fields)| fields.is_err()).map(|(line, _)| *line).collect();
        assert_eq!(faulty, [1, 3]);
        assert_eq!(found[3], row(4, &["4", "e", "x"]));
    }
}

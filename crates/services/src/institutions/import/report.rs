//! The report of an import: one line for each row that was not simply taken over.

use domain::spreadsheet::harmless;

/// Bytes that a report may grow to; a file of which nearly every row is faulty has one cause.
const MOST: usize = 16 * 1024 * 1024;
/// So many characters of a row are repeated.
const SHOWN: usize = 160;

/// What happened to the row of a report line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Left out.
    Rejected,
    /// Taken over, but odd.
    Warned,
    /// Taken over with other characters in place of those that no one else can show.
    Replaced,
    /// Its code stood further up.
    Repeated,
    /// No row at all: the register has it, the file has not.
    Missing,
}

impl Kind {
    const fn label(self) -> &'static str {
        match self {
            Self::Rejected => "取り込めない行",
            Self::Warned => "注意（取り込み済み）",
            Self::Replaced => "外字（取り込み済み）",
            Self::Repeated => "重複",
            Self::Missing => "ファイルにない医療機関等",
        }
    }
}

/// A report under way: CSV in UTF-8 with byte-order mark, as spreadsheets read it.
pub(super) struct Report {
    writer: csv::Writer<Vec<u8>>,
    left_out: u64,
}

impl Report {
    /// An empty report with its heading.
    pub(super) fn new() -> csv::Result<Self> {
        let start = "\u{FEFF}".as_bytes().to_vec();
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(start);
        writer.write_record(["行番号", "区分", "理由", "内容"])?;
        Ok(Self { writer, left_out: 0 })
    }

    /// Adds a line.
    pub(super) fn add(&mut self, line: Option<u64>, kind: Kind, reason: &str, content: &str) -> csv::Result<()> {
        if self.writer.get_ref().len() > MOST {
            self.left_out += 1;
            return Ok(());
        }
        let number = line.map(|line| line.to_string()).unwrap_or_default();
        self.writer.write_record([&number, kind.label(), &harmless(&shown(reason)), &harmless(&shown(content))])
    }

    /// The whole text.
    pub(super) fn text(mut self) -> Result<String, String> {
        if self.left_out > 0 {
            let words = format!("件数が多いため、このあとの{}件は省きました。", self.left_out);
            self.writer.write_record(["", "", &words, ""]).map_err(|error| error.to_string())?;
        }
        let bytes = self.writer.into_inner().map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }
}

/// Shortened, and without control characters.
fn shown(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { '・' } else { letter };
    let mut shown: String = text.chars().take(SHOWN).map(visible).collect();
    if shown.len() < text.len() && text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_opens_in_a_spreadsheet_without_running_anything() {
        let mut report = Report::new().unwrap();
        report.add(Some(3), Kind::Rejected, "理由、「\"」", "=HYPERLINK(\"http://x\",\"y\")\0").unwrap();
        report.add(None, Kind::Missing, &"あ".repeat(500), " @SUM(1)").unwrap();
        let text = report.text().unwrap();
        assert!(text.starts_with("\u{FEFF}行番号,区分,理由,内容\r\n3,取り込めない行,\"理由、「\"\"」\","), "{text}");
        assert!(text.contains("\"'=HYPERLINK(") && text.contains("' @SUM(1)") && !text.contains('\0'), "{text}");
        assert!(text.contains(&format!(",{}…,", "あ".repeat(SHOWN))), "{text}");
    }

    #[test]
    fn a_report_has_an_end() {
        let mut report = Report::new().unwrap();
        for line in 0..90_000 {
            report.add(Some(line), Kind::Rejected, &"理".repeat(150), "内容").unwrap();
        }
        let text = report.text().unwrap();
        assert!(text.len() < MOST + 64 * 1024);
        assert!(text.ends_with("件は省きました。,\r\n"), "{}", &text[text.len() - 200..]);
    }
}

//! UTF-8 or CP932: which one a file is in, and its lines as text.

use std::io::{self, Read};

use encoding_rs::SHIFT_JIS;

use super::{
    FileFault,
    lines::{Line, Lines},
};

/// In what a register file may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// CP932 (Shift_JIS as Windows writes it).
    Cp932,
}

impl Encoding {
    /// The name in messages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "Shift_JIS（CP932）",
        }
    }

    fn text(self, bytes: Vec<u8>) -> Result<String, String> {
        let (text, wrong) = match self {
            Self::Utf8 => match String::from_utf8(bytes) {
                Ok(text) => return Ok(text),
                Err(fault) => (String::from_utf8_lossy(fault.as_bytes()).into_owned(), true),
            },
            Self::Cp932 => {
                let (text, wrong) = SHIFT_JIS.decode_without_bom_handling(&bytes);
                (text.into_owned(), wrong)
            }
        };
        if wrong { Err(text) } else { Ok(text) }
    }

    /// The encoding in which most of these lines can be read; `None` when all are ASCII.
    fn of(lines: &mut dyn Iterator<Item = &[u8]>) -> Option<Self> {
        let (mut utf8, mut other) = (0, 0);
        for line in lines.filter(|line| !line.is_ascii()) {
            *(if std::str::from_utf8(line).is_ok() { &mut utf8 } else { &mut other }) += 1;
        }
        (utf8 + other > 0).then_some(if utf8 >= other { Self::Utf8 } else { Self::Cp932 })
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// Lines that decide on the encoding, and their bytes at most.
const SAMPLE: (usize, usize) = (2_000, 1024 * 1024);

/// A line as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// What it holds; unreadable characters are replaced.
    pub(super) text: String,
    /// Why it cannot be used.
    pub(super) fault: Option<LineFault>,
}

/// Why a line cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineFault {
    /// Longer than any row.
    #[error("1行が長すぎます。改行が失われていないか、ファイルの作り方を確かめてください。")]
    Long,
    /// Not in the encoding of the file.
    #[error("文字化けがあります（{}として読めない文字）。元のデータから出力し直してください。", .0.label())]
    Garbled(Encoding),
}

/// Gives the lines of a file as text.
pub(crate) struct Texts<R> {
    lines: Lines<R>,
    encoding: Option<Encoding>,
}

impl<R: Read> Texts<R> {
    /// Finds out the encoding, unless it is told.
    pub(crate) fn open(input: R, told: Option<Encoding>) -> io::Result<Result<Self, FileFault>> {
        let mut lines = Lines::new(input);
        let head = lines.look_ahead(0)?.front().map(|line| line.bytes.clone()).unwrap_or_default();
        if let Some(fault) = foreign(&head) {
            return Ok(Err(fault));
        }
        let marked = head.starts_with(BYTE_ORDER_MARK).then_some(Encoding::Utf8);
        let encoding = match marked.or(told) {
            Some(encoding) => Some(encoding),
            None => most(&mut lines)?,
        };
        Ok(Ok(Self { lines, encoding }))
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Text>> {
        Ok(self.lines.next()?.map(|line| self.read(line)))
    }

    fn read(&mut self, mut line: Line) -> Text {
        if line.number == 1 && line.bytes.starts_with(BYTE_ORDER_MARK) {
            line.bytes.drain(..BYTE_ORDER_MARK.len());
        }
        if self.encoding.is_none() {
            self.encoding = Encoding::of(&mut std::iter::once(line.bytes.as_slice()));
        }
        let encoding = self.encoding.unwrap_or(Encoding::Utf8);
        let (text, garbled) = match encoding.text(line.bytes) {
            Ok(text) => (text, false),
            Err(text) => (text, true),
        };
        let fault = if line.cut { Some(LineFault::Long) } else { garbled.then_some(LineFault::Garbled(encoding)) };
        Text { number: line.number, text, fault }
    }
}

fn most<R: Read>(lines: &mut Lines<R>) -> io::Result<Option<Encoding>> {
    let mut bytes = 0;
    for count in 0..SAMPLE.0 {
        let Some(line) = lines.look_ahead(count)?.get(count) else { break };
        bytes += line.bytes.len();
        if bytes > SAMPLE.1 {
            break;
        }
    }
    // A line that was cut may end within a character.
    Ok(Encoding::of(&mut lines.look_ahead(0)?.iter().filter(|line| !line.cut).map(|line| line.bytes.as_slice())))
}

/// Files of other kinds by their first bytes.
fn foreign(head: &[u8]) -> Option<FileFault> {
    let marks: [(&[u8], FileFault); 4] = [
        (b"\xFF\xFE", FileFault::Utf16),
        (b"\xFE\xFF", FileFault::Utf16),
        (b"PK\x03\x04", FileFault::Workbook),
        (b"\xD0\xCF\x11\xE0", FileFault::Workbook),
    ];
    marks.into_iter().find(|(mark, _)| head.starts_with(mark)).map(|(_, fault)| fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<Text> {
        let mut texts = Texts::open(input, None).unwrap().unwrap_or_else(|fault| panic!("{fault}"));
        std::iter::from_fn(|| texts.next().unwrap()).collect()
    }

    fn cp932(text: &str) -> Vec<u8> {
        SHIFT_JIS.encode(text).0.into_owned()
    }

    #[test]
    fn utf8_with_and_without_mark_and_cp932_read_the_same() {
        let text = "髙橋歯科①\n表示ソ能\n";
        let expected: Vec<_> = text.lines().map(str::to_owned).collect();
        for bytes in [text.as_bytes().to_vec(), [BYTE_ORDER_MARK, text.as_bytes()].concat(), cp932(text)] {
            let found = read(&bytes);
            assert!(found.iter().all(|line| line.fault.is_none()));
            assert_eq!(found.into_iter().map(|line| line.text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_garbled_line_does_not_change_what_the_others_are_read_as() {
        let file = [cp932("歯科\n"), "医科の診療所\n薬局\n".as_bytes().to_vec()].concat();
        let found = read(&file);
        assert_eq!(found[0].fault, Some(LineFault::Garbled(Encoding::Utf8)));
        assert_eq!((found[1].text.as_str(), found[1].fault), ("医科の診療所", None));
    }

    #[test]
    fn a_long_beginning_in_ascii_decides_nothing() {
        let file = [b"code,name\n".repeat(SAMPLE.0 + 9), cp932("歯科医院\n")].concat();
        assert_eq!(read(&file).last().map(|line| (line.text.clone(), line.fault)), Some(("歯科医院".into(), None)));
    }

    #[test]
    fn files_of_other_kinds_are_named() {
        let refused = |bytes: &[u8]| Texts::open(bytes, None).unwrap().err();
        assert_eq!(refused(b"\xFF\xFE0\x001\x00"), Some(FileFault::Utf16));
        assert_eq!(refused(b"PK\x03\x04rest"), Some(FileFault::Workbook));
        assert_eq!(refused(b""), None);
    }
}

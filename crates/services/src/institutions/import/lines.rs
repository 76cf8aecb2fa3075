//! Lines of a file as bytes, with bounded memory whatever the file holds.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read},
};

/// Longest line that is read, in bytes; a row of the register has a few hundred.
pub(super) const LONGEST: usize = 16 * 1024;

/// A line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// What it holds, at most [`LONGEST`] bytes.
    pub(super) bytes: Vec<u8>,
    /// Whether it was longer, and the rest is lost.
    pub(super) cut: bool,
}

/// Gives line after line; `\n`, `\r\n` and `\r` end one.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    number: u64,
    after_return: bool,
    ahead: VecDeque<Line>,
}

impl<R: Read> Lines<R> {
    /// The lines of an input.
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(64 * 1024, input),
            number: 0,
            after_return: false,
            ahead: VecDeque::new(),
        }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        }
    }

    /// The lines to come, at least one more than `known` of them unless the file ends; they stay to be read.
    pub(super) fn look_ahead(&mut self, known: usize) -> io::Result<&VecDeque<Line>> {
        while self.ahead.len() <= known {
            match self.read()? {
                Some(line) => self.ahead.push_back(line),
                None => break,
            }
        }
        Ok(&self.ahead)
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { number: self.number + 1, bytes: vec![], cut: false };
        let mut begun = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_return) && chunk.first() == Some(&b'\n') {
                self.input.consume(1);
                continue;
            }
            begun = true;
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            line.take(chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default());
            self.after_return = end.and_then(|end| chunk.get(end)) == Some(&b'\r');
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += u64::from(begun);
        Ok(begun.then_some(line))
    }
}

impl Line {
    fn take(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.bytes.len());
        self.cut |= bytes.len() > room;
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(input: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(input);
        let next = || lines.next().unwrap().map(|line| (line.number, String::from_utf8(line.bytes).unwrap()));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn every_kind_of_line_end_is_known_and_blank_lines_count() {
        let expected = ["a", "b", "", "c", "d"].map(str::to_owned);
        let found: Vec<_> = texts(b"a\r\nb\n\nc\rd").into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, expected);
        assert_eq!(texts(b"a\n").len(), 1);
        assert_eq!(texts(b"a\r\n\r\nb").last(), Some(&(3, "b".to_owned())));
        assert!(texts(b"").is_empty());
    }

    #[test]
    fn a_line_without_end_takes_no_more_room_than_a_long_one() {
        let mut lines = Lines::new(io::repeat(b'x').take(50 * 1024 * 1024).chain(&b"\nshort"[..]));
        let long = lines.next().unwrap().unwrap();
        assert!(long.cut && long.bytes.len() == LONGEST && long.bytes.capacity() <= 4 * LONGEST);
        assert_eq!(lines.next().unwrap().unwrap(), Line { number: 2, bytes: b"short".to_vec(), cut: false });
    }

    #[test]
    fn lines_that_were_looked_at_are_still_to_come() {
        let mut lines = Lines::new(&b"a\nb\nc"[..]);
        assert_eq!(lines.look_ahead(1).unwrap().len(), 2);
        assert_eq!(lines.look_ahead(7).unwrap().len(), 3);
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"a");
        assert_eq!(lines.look_ahead(0).unwrap().len(), 2);
    }
}

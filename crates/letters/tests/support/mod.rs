//! Poppler as the judge of our PDFs: what it reads, a reader can read, copy and hear.

#![expect(dead_code, reason = "every test file uses a part of it")]

pub(crate) mod samples;

use std::process::Command;
use tempfile::TempDir;

/// A PDF in a directory of its own.
pub(crate) struct Pdf {
    directory: TempDir,
}

/// A word and where it stands, in millimetres from the top left corner.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Pdf {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("file.pdf"), bytes).unwrap();
        Self { directory }
    }

    fn run(&self, tool: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(tool)
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .unwrap_or_else(|e| panic!("{tool} of poppler-utils is needed: {e}"));
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The text of all pages, or of one (from 1).
    pub(crate) fn text(&self, page: Option<usize>) -> String {
        let page = page.map(|page| page.to_string());
        let mut arguments = vec!["-raw", "-nopgbrk"];
        if let Some(page) = &page {
            arguments.extend(["-f", page, "-l", page]);
        }
        arguments.extend(["file.pdf", "-"]);
        String::from_utf8(self.run("pdftotext", &arguments)).unwrap()
    }

    /// The text without line breaks and blanks, to find what was broken over lines.
    pub(crate) fn joined(&self) -> String {
        self.text(None).split_whitespace().collect()
    }

    /// One line of `pdfinfo`.
    pub(crate) fn info(&self, key: &str) -> String {
        let info = String::from_utf8(self.run("pdfinfo", &["file.pdf"])).unwrap();
        let line = info.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    pub(crate) fn pages(&self) -> usize {
        self.info("Pages").parse().unwrap()
    }

    /// Name, and whether embedded, subset and readable as Unicode.
    pub(crate) fn fonts(&self) -> Vec<(String, bool)> {
        let table = String::from_utf8(self.run("pdffonts", &["file.pdf"])).unwrap();
        let row = |line: &str| (line[..36].trim().to_owned(), line.contains("yes yes yes"));
        table.lines().skip(2).map(row).collect()
    }

    /// The words of a page.
    pub(crate) fn words(&self, page: usize) -> Vec<Word> {
        let page = page.to_string();
        let html =
            String::from_utf8(self.run("pdftotext", &["-bbox", "-f", &page, "-l", &page, "file.pdf", "-"])).unwrap();
        let number = |line: &str, key: &str| -> f64 {
            let value = line.split_once(&format!("{key}=\"")).unwrap().1;
            value.split_once('"').unwrap().0.parse::<f64>().unwrap() * 25.4 / 72.0
        };
        let lines = html.lines().map(str::trim).filter(|line| line.starts_with("<word "));
        let word = |line: &str| Word {
            text: line.split_once('>').unwrap().1.trim_end_matches("</word>").to_owned(),
            left: number(line, "xMin"),
            top: number(line, "yMin"),
            right: number(line, "xMax"),
            bottom: number(line, "yMax"),
        };
        lines.map(word).collect()
    }

    /// What a camera reads from the QR codes of a page.
    pub(crate) fn qr_codes(&self, page: usize) -> Vec<String> {
        let page = page.to_string();
        let pgm = self.run("pdftoppm", &["-gray", "-r", "200", "-f", &page, "-l", &page, "file.pdf"]);
        let mut fields = pgm.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut number = || -> usize { std::str::from_utf8(fields.next().unwrap()).unwrap().parse().unwrap_or(0) };
        let (_magic, width, height) = (number(), number(), number());
        let pixels = &pgm[pgm.len() - width * height..];
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
        picture.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
    }

    /// The addresses that can be followed.
    pub(crate) fn links(&self) -> String {
        String::from_utf8(self.run("pdfinfo", &["-url", "file.pdf"])).unwrap()
    }
}

/// Whether the file declares itself PDF/UA-1: tagged, titled, with a language, nothing without a text.
pub(crate) fn is_accessible(bytes: &[u8]) -> bool {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    holds(b"pdfuaid") && holds(b"/Lang(ja-JP)")
}

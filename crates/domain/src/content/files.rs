//! Pictures and attachments of texts: what may be uploaded, told by its content and not by its name.

use crate::words::words;

/// Largest picture in octets.
pub const LARGEST_PICTURE: usize = 5 * 1024 * 1024;
/// Largest attachment in octets.
pub const LARGEST_ATTACHMENT: usize = 10 * 1024 * 1024;
/// Most pixels of a picture: what a camera makes, not what fills the memory.
pub const MOST_PIXELS: u64 = 25_000_000;
/// Widest picture that is kept; wider ones are made smaller.
pub const WIDEST: u32 = 1_600;
/// Most files of one article.
pub const MOST_FILES: usize = 60;

words! {
    /// What a kept file is.
    FileKind {
        /// Picture without loss.
        Png = "image/png", "画像（PNG）";
        /// Photograph.
        Jpeg = "image/jpeg", "画像（JPEG）";
        /// Document that looks the same everywhere.
        Pdf = "application/pdf", "PDF";
        /// Word document.
        Word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word";
        /// Excel workbook.
        Excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel";
        /// Plain text.
        Text = "text/plain; charset=utf-8", "テキスト";
    }
}

impl FileKind {
    /// Whether it is shown in a text.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg)
    }

    /// How its name ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Pdf => "pdf",
            Self::Word => "docx",
            Self::Excel => "xlsx",
            Self::Text => "txt",
        }
    }
}

/// What the first octets of an upload say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// PNG, JPEG, GIF or WebP.
    Picture,
    /// PDF.
    Pdf,
    /// A ZIP container, as Word and Excel make.
    Container,
    /// Word or Excel before 2007, which may carry programs.
    OldOffice,
    /// Text.
    Text,
    /// Something else.
    Unknown,
}

/// What an upload looks like.
pub fn looks_like(bytes: &[u8]) -> Looks {
    let begins = |all: &[&[u8]]| all.iter().any(|start| bytes.starts_with(start));
    if begins(&[b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"]) || is_webp(bytes) {
        Looks::Picture
    } else if begins(&[b"%PDF-"]) {
        Looks::Pdf
    } else if begins(&[b"PK\x03\x04"]) {
        Looks::Container
    } else if begins(&[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]) {
        Looks::OldOffice
    } else if is_text(bytes) {
        Looks::Text
    } else {
        Looks::Unknown
    }
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12).is_some_and(|word| word == b"WEBP")
}

/// Text that an editor shows: UTF-8 without control characters. Markup of pages is none, whatever it is called.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let begin = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).chars().take(16);
    let start = begin.collect::<String>().to_ascii_lowercase();
    let markup = ["<!doctype", "<html", "<svg", "<?xml", "<script"].iter().any(|tag| start.starts_with(tag));
    !text.trim().is_empty() && !markup && !text.chars().any(|c| c.is_control() && !['\t', '\r', '\n'].contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_content_says() {
        for (bytes, looks) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], Looks::Picture),
            (b"\xff\xd8\xff\xe0", Looks::Picture),
            (b"GIF89a", Looks::Picture),
            (b"RIFF\0\0\0\0WEBPVP8 ", Looks::Picture),
            (b"RIFF\0\0\0\0WAVE", Looks::Unknown),
            (b"%PDF-1.7\n", Looks::Pdf),
            (b"PK\x03\x04", Looks::Container),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Looks::OldOffice),
            ("申込書\r\n1\t2".as_bytes(), Looks::Text),
            (b"MZ\x90\0", Looks::Unknown),
            (b"\x7fELF", Looks::Unknown),
            (b"<!DOCTYPE html><script>", Looks::Unknown),
            (b"\xef\xbb\xbf <SVG onload=x>", Looks::Unknown),
            (b"", Looks::Unknown),
        ] {
            assert_eq!(looks_like(bytes), looks, "{bytes:?}");
        }
    }
}

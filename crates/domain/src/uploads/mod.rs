//! Files of applications: what may be handed in, what became of it, and how it is read (spec 6.1).

mod judge;
mod name;

use serde::{Deserialize, Serialize};

use crate::content::files::{Looks, looks_like};
use crate::ids::UploadId;
use crate::words::words;

pub use judge::judge;
pub use name::clean_name;

/// Largest file in octets (spec 6.1).
pub const LARGEST: u64 = 20 * 1024 * 1024;
/// Most octets of all files of a case.
pub const LARGEST_IN_ALL: u64 = 100 * 1024 * 1024;
/// Most files of a case, whatever its fields allow.
pub const MOST_OF_CASE: usize = 40;
/// Longest name in characters.
pub const LONGEST_NAME: usize = 100;
/// Most pixels of a picture: a page in A4 at 600 dots an inch, with room.
pub const MOST_PIXELS: u64 = 50_000_000;
/// Most pages of a document.
pub const MOST_PAGES: usize = 1_000;
/// What browsers offer when a file is chosen, as in the HTML attribute.
pub const ACCEPTED: &str = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png";

words! {
    /// What a handed-in file is, told by its content.
    UploadKind {
        /// Document that looks the same everywhere.
        Pdf = "application/pdf", "PDF";
        /// Photograph.
        Jpeg = "image/jpeg", "画像（JPEG）";
        /// Picture without loss.
        Png = "image/png", "画像（PNG）";
    }
}

impl UploadKind {
    /// Whether it is shown as a picture.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }

    /// How its name may end; the first is the usual one.
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
        }
    }
}

words! {
    /// What became of a handed-in file.
    UploadState {
        /// Noted, but its content is not kept yet.
        Prepared = "prepared", "受け取り中";
        /// Kept; nobody may open it before it was scanned.
        Waiting = "waiting", "ウイルス検査中";
        /// Kept and open to those who may see the case.
        Clean = "clean", "受け取り済み";
        /// A virus was found in it; its content is destroyed.
        Infected = "infected", "ウイルスのため破棄";
        /// The scanner gave no answer, again and again; nobody may open it.
        Failed = "failed", "ウイルス検査を終えられていません";
        /// Its content is gone from the store.
        Lost = "lost", "ファイルが見つかりません";
        /// Taken away; its content is being destroyed.
        Removing = "removing", "削除中";
    }
}

impl UploadState {
    /// Whether its content may be opened.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Clean)
    }

    /// Whether it still stands for an answer once the scanner has looked at it.
    pub const fn is_on_the_way(self) -> bool {
        matches!(self, Self::Waiting | Self::Failed)
    }

    /// Whether its content lies in the store, as far as the state tells.
    pub const fn is_kept(self) -> bool {
        matches!(self, Self::Waiting | Self::Clean | Self::Failed)
    }
}

/// A handed-in file as forms and pages know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Which one.
    pub id: UploadId,
    /// Key of the field that it answers.
    pub field: String,
    /// Name, cleaned.
    pub name: String,
    /// What it is.
    pub kind: UploadKind,
    /// Length in octets.
    pub size: u64,
    /// SHA-256 of its content in hexadecimal.
    pub sha256: String,
    /// What became of it.
    pub state: UploadState,
}

impl Upload {
    /// For paper: name, size, and the first digits of the hash, so that a file can be told from another of its name.
    pub fn words(&self) -> String {
        let hash = self.sha256.get(..16).unwrap_or(&self.sha256);
        let state = if self.state == UploadState::Clean { "" } else { self.state.label() };
        let state = if state.is_empty() { String::new() } else { format!("、{state}") };
        format!("{}（{}、SHA-256 {hash}{state}）", self.name, size_words(self.size))
    }
}

/// A length as people read it: 「345KB」, 「1.2MB」.
pub fn size_words(octets: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if octets < MIB {
        return format!("{}KB", octets.div_ceil(1024));
    }
    let tenths = (octets * 10).div_ceil(MIB);
    match tenths % 10 {
        0 => format!("{}MB", tenths / 10),
        tenth => format!("{}.{tenth}MB", tenths / 10),
    }
}

/// What an answer lists; what is no identifier is left out.
pub fn listed(answer: &str) -> Vec<UploadId> {
    answer.split(',').filter_map(|id| id.trim().parse().ok()).collect()
}

/// Files as an answer lists them.
pub fn answer_of(files: impl IntoIterator<Item = UploadId>) -> String {
    files.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

/// What a file is by its first octets, or a sentence that says why it is not taken.
///
/// # Errors
/// The sentence, in Japanese.
pub fn kind_of(bytes: &[u8]) -> Result<UploadKind, &'static str> {
    match looks_like(bytes) {
        Looks::Pdf => Ok(UploadKind::Pdf),
        Looks::Picture if bytes.starts_with(b"\xff\xd8\xff") => Ok(UploadKind::Jpeg),
        Looks::Picture if bytes.starts_with(b"\x89PNG") => Ok(UploadKind::Png),
        Looks::Picture => Err("この形式の画像は使えません。JPEGかPNGで保存し直してください。"),
        Looks::Container => Err(
            "ZIPファイルやWord・Excelのファイルは、名前を変えても使えません。PDFで保存し直すか、印刷してスキャンしてください。",
        ),
        Looks::OldOffice => Err("WordやExcelのファイルは使えません。PDFで保存し直してください。"),
        Looks::Text | Looks::Unknown => {
            Err("この種類のファイルは使えません。PDF、JPEG、PNGのいずれかを選んでください。")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_content_says_and_the_sentence_says_what_to_do() {
        for (bytes, kind) in [
            (&b"%PDF-1.7\n"[..], UploadKind::Pdf),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", UploadKind::Jpeg),
            (b"\x89PNG\r\n\x1a\n", UploadKind::Png),
        ] {
            assert_eq!(kind_of(bytes), Ok(kind));
        }
        for (bytes, words) in [
            (&b"PK\x03\x04"[..], "ZIP"),
            (b"GIF89a", "JPEG"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PDF"),
            (b"MZ\x90\0", "PDF"),
            (b"<svg onload=alert(1)>", "PDF"),
            (b"", "PDF"),
        ] {
            assert!(kind_of(bytes).unwrap_err().contains(words), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_lists_files_and_nothing_else() {
        let ids: Vec<UploadId> = [1_u128, 2].map(|id| UploadId(uuid::Uuid::from_u128(id))).to_vec();
        assert_eq!(listed(&answer_of(ids.clone())), ids);
        assert_eq!(listed("x,../etc/passwd,"), []);
        assert_eq!(answer_of([]), "");
    }

    #[test]
    fn lengths_are_rounded_up_as_people_read_them() {
        assert_eq!([1, 1_024, 1_025, 1_048_576, LARGEST].map(size_words), ["1KB", "1KB", "2KB", "1MB", "20MB"]);
    }
}

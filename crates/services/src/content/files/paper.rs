//! Attachments: PDF, Word and Excel, told by what they hold.

use std::io::Cursor;

use domain::content::files::FileKind;
use zip::ZipArchive;

use super::Taken;

/// Most parts of an office document.
const MOST_PARTS: usize = 4_000;
/// Most octets that an office document may unpack to.
const UNPACKED: u64 = 200 * 1024 * 1024;

const BROKEN: &str = "ファイルが壊れているか、途中までしかありません。元のファイルを確かめて、もう一度選んでください。";

/// A PDF: it ends as it must. Programs in it are refused, for readers open it in a browser.
pub(super) fn pdf(bytes: Vec<u8>) -> Result<Taken, &'static str> {
    let tail = bytes.len().saturating_sub(2_048);
    if !holds(bytes.get(tail..).unwrap_or_default(), b"%%EOF") {
        return Err(BROKEN);
    }
    if [&b"/JavaScript"[..], b"/JS ", b"/JS(", b"/Launch"].iter().any(|word| holds(&bytes, word)) {
        return Err("このPDFにはプログラムが入っています。プログラムのないPDFにしてください。");
    }
    Ok(Taken { kind: FileKind::Pdf, bytes, size: (0, 0) })
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

/// A Word or Excel document without macros. Its parts are only listed, never unpacked.
pub(super) fn office(bytes: Vec<u8>) -> Result<Taken, &'static str> {
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).map_err(|_| BROKEN)?;
    if archive.len() > MOST_PARTS {
        return Err(BROKEN);
    }
    let mut unpacked = 0_u64;
    for place in 0..archive.len() {
        unpacked = unpacked.saturating_add(archive.by_index_raw(place).map_err(|_| BROKEN)?.size());
    }
    if unpacked > UNPACKED {
        return Err("ファイルを開くと大きくなりすぎます。画像を減らすなどして、小さくしてください。");
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if archive.file_names().any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin")) {
        return Err("マクロの入ったファイルは使えません。マクロのない形式で保存し直してください。");
    }
    let kind = match (has("[Content_Types].xml"), has("word/document.xml"), has("xl/workbook.xml")) {
        (true, true, _) => FileKind::Word,
        (true, _, true) => FileKind::Excel,
        _ => return Err("ZIPファイルは使えません。画像、PDF、Word、Excel、テキストを選んでください。"),
    };
    Ok(Taken { kind, bytes, size: (0, 0) })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn zipped(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
        for name in names {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(b"x").unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_office_document_is_told_by_its_parts() {
        let kind = |names: &[&str]| office(zipped(names)).map(|taken| taken.kind);
        assert_eq!(kind(&["[Content_Types].xml", "word/document.xml"]), Ok(FileKind::Word));
        assert_eq!(kind(&["[Content_Types].xml", "xl/workbook.xml"]), Ok(FileKind::Excel));
        assert!(
            kind(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]).unwrap_err().contains("マクロ")
        );
        assert!(kind(&["a.exe"]).unwrap_err().contains("ZIP"));
        assert_eq!(office(b"PK\x03\x04rest".to_vec()).err(), Some(BROKEN));
    }

    #[test]
    fn a_document_that_unpacks_to_too_much_is_refused_unopened() {
        let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
        let zeros = vec![0; 1 << 20];
        for name in ["[Content_Types].xml", "word/document.xml"] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            (0..110).for_each(|_| writer.write_all(&zeros).unwrap());
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert!(bytes.len() < 1 << 20);
        assert!(office(bytes).err().unwrap().contains("大きくなりすぎます"));
    }

    #[test]
    fn a_pdf_is_whole_and_runs_nothing() {
        assert_eq!(pdf(b"%PDF-1.7\n1 0 obj\n%%EOF\n".to_vec()).map(|taken| taken.kind).ok(), Some(FileKind::Pdf));
        assert_eq!(pdf(b"%PDF-1.7\n1 0 obj".to_vec()).err(), Some(BROKEN));
        assert!(
            pdf(b"%PDF-1.7\n<</S/JavaScript/JS(app.alert)>>\n%%EOF".to_vec()).err().unwrap().contains("プログラム")
        );
    }
}

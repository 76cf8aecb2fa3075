//! PDF: read as a viewer reads it. What is encrypted, runs programs, starts others or carries further files is refused.

use domain::uploads::MOST_PAGES;
use lopdf::{Dictionary, Document, LoadOptions, Object};

/// Most octets to which one stream of its structure may unpack.
const UNPACKED: usize = 64 * 1024 * 1024;
/// Most objects of a document.
const MOST_OBJECTS: usize = 500_000;
/// How deep its values may lie in each other.
const DEEPEST: usize = 64;

pub(super) const BROKEN: &str = "ファイルを読み取れません。壊れているか、途中までしかありません。元のファイルを確かめるか、PDFで保存し直してください。";
pub(super) const ENCRYPTED: &str =
    "このPDFにはパスワードなどの保護がかかっています。保護を外して保存し直してください。";
pub(super) const ACTIVE: &str =
    "このPDFには、開くと動くプログラムが入っています。「PDFに印刷」などで保存し直してください。";
pub(super) const CARRIES: &str =
    "このPDFには、ほかのファイルが添付されています。添付を外すか、「PDFに印刷」で保存し直してください。";
pub(super) const TOO_MUCH: &str =
    "このPDFは大きすぎるか、複雑すぎます。ページを分けるか、「PDFに印刷」で保存し直してください。";

/// Words that no viewer overlooks, wherever they stand. They are looked for in the raw octets too, for what a damaged table of
/// contents hides from one reader and not from another.
const ACTIVE_WORDS: [&[u8]; 2] = [b"/JavaScript", b"/Launch"];
/// The same for files inside.
const CARRYING_WORDS: [&[u8]; 1] = [b"/EmbeddedFile"];

/// Goes on only for a whole document that does nothing but show pages.
pub(super) fn look(bytes: &[u8]) -> Result<(), &'static str> {
    let tail = bytes.len().saturating_sub(2_048);
    if !holds(bytes.get(tail..).unwrap_or_default(), b"%%EOF") {
        return Err(BROKEN);
    }
    raw(bytes)?;
    let options = LoadOptions { max_decompressed_size: Some(UNPACKED), ..LoadOptions::default() };
    let document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(_) if holds(bytes, b"/Encrypt") => return Err(ENCRYPTED),
        Err(_) => return Err(BROKEN),
    };
    if document.is_encrypted() || document.was_encrypted() || document.trailer.has(b"Encrypt") {
        return Err(ENCRYPTED);
    }
    if document.objects.len() > MOST_OBJECTS {
        return Err(TOO_MUCH);
    }
    dictionary(&document.trailer, 0)?;
    for object in document.objects.values() {
        value(object, 0)?;
    }
    match document.page_iter().take(MOST_PAGES + 1).count() {
        0 => Err(BROKEN),
        pages if pages > MOST_PAGES => Err(TOO_MUCH),
        _ => Ok(()),
    }
}

fn raw(bytes: &[u8]) -> Result<(), &'static str> {
    if ACTIVE_WORDS.iter().any(|word| holds(bytes, word)) {
        return Err(ACTIVE);
    }
    if CARRYING_WORDS.iter().any(|word| holds(bytes, word)) {
        return Err(CARRIES);
    }
    Ok(())
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

fn value(object: &Object, depth: usize) -> Result<(), &'static str> {
    if depth > DEEPEST {
        return Err(TOO_MUCH);
    }
    match object {
        Object::Dictionary(found) => dictionary(found, depth),
        Object::Stream(stream) => dictionary(&stream.dict, depth),
        Object::Array(values) => values.iter().try_for_each(|one| value(one, depth + 1)),
        _ => Ok(()),
    }
}

/// Actions by their kind (ISO 32000-2, 12.6.4), further files (7.11.4), and forms with programs of their own (XFA).
fn dictionary(found: &Dictionary, depth: usize) -> Result<(), &'static str> {
    for (key, one) in found.iter() {
        match key.as_slice() {
            b"JS" | b"JavaScript" | b"XFA" | b"RichMedia" | b"RichMediaContent" => return Err(ACTIVE),
            b"EmbeddedFiles" | b"EF" => return Err(CARRIES),
            b"S" if names(one, &[b"JavaScript", b"Launch", b"ImportData", b"Rendition", b"SubmitForm"]) => {
                return Err(ACTIVE);
            }
            b"S" if names(one, &[b"GoToE"]) => return Err(CARRIES),
            b"Subtype" if names(one, &[b"RichMedia", b"Screen", b"3D"]) => return Err(ACTIVE),
            b"Subtype" if names(one, &[b"FileAttachment"]) => return Err(CARRIES),
            b"Type" if names(one, &[b"EmbeddedFile"]) => return Err(CARRIES),
            _ => value(one, depth + 1)?,
        }
    }
    Ok(())
}

fn names(object: &Object, words: &[&[u8]]) -> bool {
    object.as_name().is_ok_and(|name| words.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of one page whose catalogue holds something more, with a right table of contents.
    fn document(more: &str, objects: &[&str]) -> Vec<u8> {
        let catalogue = format!("<</Type/Catalog/Pages 2 0 R{more}>>");
        let own = [&catalogue, "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"];
        let mut text = "%PDF-1.7\n".to_owned();
        let mut places = vec![];
        for (number, object) in (1..).zip(own.iter().chain(objects)) {
            places.push(text.len());
            text += &format!("{number} 0 obj\n{object}\nendobj\n");
        }
        let (start, count) = (text.len(), places.len() + 1);
        text += &format!("xref\n0 {count}\n0000000000 65535 f \n");
        places.iter().for_each(|place| text += &format!("{place:010} 00000 n \n"));
        text += &format!("trailer\n<</Root 1 0 R/Size {count}>>\nstartxref\n{start}\n%%EOF\n");
        text.into_bytes()
    }

    #[test]
    fn a_plain_document_is_taken() {
        assert_eq!(look(&document("", &[])), Ok(()));
        assert_eq!(look(&document("/OpenAction[3 0 R/Fit]", &["<</S/URI/URI(https://example.jp)>>"])), Ok(()));
    }

    #[test]
    fn what_runs_or_starts_something_is_refused() {
        for more in [
            "/OpenAction<</S/JavaScript/JS(app.alert)>>",
            "/OpenAction<</S/#4aavaScript/#4a#53(app.alert)>>",
            "/AA<</WC<</S/Launch/F(cmd.exe)>>>>",
            "/AA<</WC<</S/L#61unch/F(cmd.exe)>>>>",
            "/AcroForm<</XFA[(x) 3 0 R]>>",
            "/Names<</JavaScript 4 0 R>>",
        ] {
            assert_eq!(look(&document(more, &[])), Err(ACTIVE), "{more}");
        }
        assert_eq!(look(&document("", &["<</Type/Action/S/SubmitForm/F(http://example.jp)>>"])), Err(ACTIVE));
    }

    #[test]
    fn what_carries_files_or_is_closed_is_refused() {
        assert_eq!(look(&document("/Names<</Embedded#46iles 4 0 R>>", &[])), Err(CARRIES));
        assert_eq!(look(&document("", &["<</Type/Filespec/F(a.exe)/EF<</F 4 0 R>>>>"])), Err(CARRIES));
        let closed = String::from_utf8(document("", &["<</Filter/Standard/V 1/R 2/O(x)/U(y)/P -4>>"])).unwrap();
        let closed = closed.replace("trailer\n<<", "trailer\n<</Encrypt 4 0 R/ID[(a)(a)]");
        assert_eq!(look(closed.as_bytes()), Err(ENCRYPTED));
    }

    #[test]
    fn what_is_cut_off_or_only_called_so_is_refused() {
        let whole = document("", &[]);
        assert_eq!(look(&whole[..whole.len() / 2]), Err(BROKEN));
        assert_eq!(look(b"%PDF-1.7\n%%EOF"), Err(BROKEN));
        let pageless = String::from_utf8(whole).unwrap().replace("/Kids[3 0 R]/Count 1", "/Kids[]/Count 0     ");
        assert_eq!(look(pageless.as_bytes()), Err(BROKEN));
    }
}

//! What a Markdown text may hold: where its links lead, and the limits that keep a page readable and quick to draw.

use crate::{forms, ids::FileId};

/// Most characters of a text.
pub const LONGEST: usize = 50_000;
/// Deepest nesting of lists, quotations and emphasis.
pub const DEEPEST: usize = 10;
/// Most columns of a table.
pub const COLUMNS: usize = 10;
/// Most rows of a table, its head included.
pub const ROWS: usize = 300;
/// Most pictures.
pub const PICTURES: usize = 40;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// An address: of the portal, elsewhere, or of a mail or telephone.
    Address(String),
    /// An uploaded file, `file:<id>`.
    File(FileId),
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A drawing of ours, `picture:<name>`.
    Drawing(&'static forms::Picture),
    /// An uploaded file, `file:<id>`.
    File(FileId),
}

/// A name in an address of ours.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// Where a link leads: `article:`, `document:` and `page:` name pages of the portal; none when it may lead nowhere.
pub fn link(address: &str) -> Option<Link> {
    let odd = |letter: char| letter == '\\' || letter.is_control() || letter.is_whitespace();
    if address.chars().any(odd) {
        return None;
    }
    for (word, place) in [("article:", "articles/"), ("document:", "documents/"), ("page:", "")] {
        if let Some(name) = address.strip_prefix(word) {
            let path = name.split(['#', '?']).next().unwrap_or_default();
            return path.split('/').all(is_name).then(|| Link::Address(format!("/{place}{name}")));
        }
    }
    if let Some(id) = address.strip_prefix("file:") {
        return id.parse().ok().map(Link::File);
    }
    let known = ["https://", "http://", "/", "#", "mailto:", "tel:"].iter().any(|start| address.starts_with(start));
    (known && !address.starts_with("//")).then(|| Link::Address(address.to_owned()))
}

/// What a picture shows; none for addresses elsewhere.
pub fn picture(address: &str) -> Option<Picture> {
    if let Some(name) = address.strip_prefix("picture:") {
        return forms::picture(name).map(Picture::Drawing);
    }
    address.strip_prefix("file:").and_then(|id| id.parse().ok()).map(Picture::File)
}

/// What was found in a text by taking it apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Characters.
    pub characters: usize,
    /// Deepest nesting.
    pub depth: usize,
    /// Columns of the widest table.
    pub columns: usize,
    /// Rows of the longest table.
    pub rows: usize,
    /// Pictures.
    pub pictures: usize,
    /// The first piece of HTML.
    pub html: Option<String>,
    /// The first link that leads nowhere.
    pub bad_link: Option<String>,
    /// The first link without words.
    pub silent_link: Option<String>,
    /// The first picture that is none of ours.
    pub bad_picture: Option<String>,
    /// The first uploaded picture without words.
    pub silent_picture: Option<String>,
    /// Whether a heading has no words.
    pub silent_heading: bool,
    /// Uploaded files that it names, each once.
    pub files: Vec<FileId>,
}

/// What keeps a text from being saved, in sentences that say what to do.
pub fn judge(shape: &Shape) -> Vec<String> {
    let silent = "言葉のない見出しがあります。「#」の後に見出しの言葉を書くか、消してください。";
    let mut all = over(shape);
    all.extend(pieces(shape));
    all.extend(shape.silent_heading.then(|| silent.to_owned()));
    all
}

/// Limits that were passed.
fn over(shape: &Shape) -> Vec<String> {
    let Shape { characters, depth, columns, rows, pictures, .. } = *shape;
    let limits = [
        (characters, LONGEST, "「本文」", "文字"),
        (depth, DEEPEST, "箇条書きや引用の入れ子", "段"),
        (columns, COLUMNS, "表の列", "列"),
        (rows, ROWS, "表の行", "行"),
        (pictures, PICTURES, "画像", "枚"),
    ];
    let told = |(is, most, what, unit): (usize, usize, &str, &str)| {
        (is > most).then(|| format!("{what}は{most}{unit}までにしてください。いまは{is}{unit}です。"))
    };
    limits.into_iter().filter_map(told).collect()
}

/// Pieces that may not stand in a text.
fn pieces(shape: &Shape) -> Vec<String> {
    let told = |found: &Option<String>, words: fn(&str) -> String| found.as_deref().map(|text| words(&short(text)));
    let all = [
        told(&shape.html, |text| format!("HTMLは使えません。「{text}」を消すか、前後を「`」で囲んでください。")),
        told(&shape.bad_link, |text| {
            format!(
                "リンク「{text}」は開けません。「https://」または「article:」「document:」「page:」で始めてください。"
            )
        }),
        told(&shape.silent_link, |text| {
            format!("リンク「{text}」に言葉がありません。「[言葉]({text})」のように書いてください。")
        }),
        told(&shape.bad_picture, |text| {
            format!("画像「{text}」は表示できません。「画像・添付ファイル」から加えた画像を使ってください。")
        }),
        told(&shape.silent_picture, |text| {
            format!("画像「{text}」に、内容を表す言葉がありません。「![言葉]({text})」のように書いてください。")
        }),
    ];
    all.into_iter().flatten().collect()
}

/// The beginning of a text that is named in a sentence.
fn short(text: &str) -> String {
    const SHOWN: usize = 60;
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(SHOWN).collect();
    if text.chars().count() > SHOWN { format!("{line}…") } else { line }
}

/// The first placeholder `{{name}}` that is not known, as it stands in the text, in a sentence that names the known ones.
pub fn unknown_placeholder(text: &str, known: &[&str]) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            return Some("「{{」に対する「}}」がありません。差し込みは「{{fee}}」のように書いてください。".to_owned());
        };
        if !known.contains(&name.trim()) {
            let all: Vec<String> = known.iter().map(|name| format!("{{{{{name}}}}}")).collect();
            return Some(format!(
                "差し込み「{{{{{}}}}}」は使えません。使えるのは、{}です。",
                short(name),
                all.join("、")
            ));
        }
        rest = tail;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_of_ours_and_to_addresses_that_are_safe() {
        let leads = |address: &str| match link(address) {
            Some(Link::Address(address)) => Some(address),
            _ => None,
        };
        assert_eq!(leads("article:customer-id").as_deref(), Some("/articles/customer-id"));
        assert_eq!(leads("article:customer-id#s-1").as_deref(), Some("/articles/customer-id#s-1"));
        assert_eq!(leads("document:cp-cps/1.1").as_deref(), Some("/documents/cp-cps/1.1"));
        assert_eq!(leads("page:line-finder").as_deref(), Some("/line-finder"));
        for safe in ["https://a.example/b?c=d", "/faq", "#s-1", "mailto:a@b.example", "tel:0300000000"] {
            assert_eq!(leads(safe).as_deref(), Some(safe));
        }
        for odd in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "page://elsewhere.example",
            "page:\\\\elsewhere.example",
            "article:",
            "article:a b",
            "file:../x",
            "x",
            "",
            "\u{1}javascript:alert(1)",
        ] {
            assert_eq!(link(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn pictures_are_drawings_or_files_of_ours() {
        assert!(matches!(picture("picture:customer-id"), Some(Picture::Drawing(_))));
        assert!(matches!(picture("file:01975c2e-0000-7000-8000-000000000001"), Some(Picture::File(_))));
        for odd in ["picture:none", "https://elsewhere.example/x.png", "data:image/png;base64,x", "/files/x", "file:x"]
        {
            assert_eq!(picture(odd), None, "{odd}");
        }
    }

    #[test]
    fn each_limit_is_told_with_what_was_found() {
        assert!(judge(&Shape::default()).is_empty());
        let full = Shape { characters: LONGEST, depth: DEEPEST, columns: COLUMNS, rows: ROWS, ..Shape::default() };
        assert!(judge(&full).is_empty(), "the limits themselves are allowed");
        let over =
            Shape { characters: LONGEST + 1, depth: 11, columns: 11, rows: 301, pictures: 41, ..Shape::default() };
        assert_eq!(judge(&over).len(), 5);
        let html = Shape { html: Some("<script>\n".repeat(40)), silent_heading: true, ..Shape::default() };
        let told = judge(&html);
        assert!(told[0].contains("<script>") && told[0].chars().count() < 120, "{}", told[0]);
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_placeholder_that_nobody_fills_is_named() {
        let known = ["fee", "contact"];
        assert_eq!(unknown_placeholder("発行料は{{fee}}、{{ contact }}です。", &known), None);
        let told = unknown_placeholder("{{fees}}です。", &known).unwrap();
        assert!(told.contains("{{fees}}") && told.contains("{{fee}}、{{contact}}"), "{told}");
        assert!(unknown_placeholder("{{fee", &known).unwrap().contains("}}"));
    }
}

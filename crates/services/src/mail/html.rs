//! The HTML form of a mail, made of the same text as the plain one: paragraphs, links and a rule above the sender.

use pulldown_cmark_escape::{FmtWriter, escape_html};
use std::fmt::{self, Write};

/// A line of a mail. Only a line that is an address becomes a link: in the others people may have typed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Words.
    Text(String),
    /// An address.
    Link(String),
}

impl Line {
    fn read(text: &str) -> Self {
        let typed = text.trim();
        let address = typed.starts_with("http://") || typed.starts_with("https://");
        let whole = address && typed.chars().all(|c| c.is_ascii_graphic());
        if whole { Self::Link(typed.to_owned()) } else { Self::Text(text.to_owned()) }
    }
}

/// The lines of a mail.
pub fn lines(body: &str) -> Vec<Line> {
    body.lines().map(Line::read).collect()
}

/// Lines without a blank one between them.
struct Block {
    lines: Vec<Line>,
    /// Whether a rule follows.
    ruled: bool,
    /// Whether it belongs to the sender's own words under the rule.
    small: bool,
}

/// A line of dashes, as drawn above the sender.
fn is_rule(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|letter| matches!(letter, '―' | '-' | '—' | '─'))
}

fn blocks(body: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    let (mut open, mut small) = (false, false);
    for text in body.trim().lines() {
        if is_rule(text) {
            if let Some(last) = blocks.last_mut() {
                last.ruled = true;
            }
            (open, small) = (false, true);
        } else if text.trim().is_empty() {
            open = false;
        } else {
            match blocks.last_mut().filter(|_| open) {
                Some(block) => block.lines.push(Line::read(text)),
                None => blocks.push(Block { lines: vec![Line::read(text)], ruled: false, small }),
            }
            open = true;
        }
    }
    blocks
}

const PAGE: &str = "margin:0;padding:24px 16px;font-family:'Hiragino Sans','Yu Gothic',Meiryo,sans-serif;\
    font-size:16px;line-height:1.8";
const RULE: &str = "<hr style=\"border:0;border-top:1px solid #8c8c8c;margin:1.6em 0\">\n";

impl Line {
    fn write(&self, out: &mut String) -> fmt::Result {
        let address = match self {
            Self::Text(text) => return escape_html(FmtWriter(out), text),
            Self::Link(address) => address,
        };
        out.write_str("<a style=\"word-break:break-all\" href=\"")?;
        escape_html(FmtWriter(&mut *out), address)?;
        out.write_str("\">")?;
        escape_html(FmtWriter(&mut *out), address)?;
        out.write_str("</a>")
    }
}

impl Block {
    fn write(&self, out: &mut String) -> fmt::Result {
        write!(out, "<p style=\"margin:0 0 1.2em{}\">", if self.small { ";font-size:14px" } else { "" })?;
        for (place, line) in self.lines.iter().enumerate() {
            out.write_str(if place == 0 { "" } else { "<br>\n" })?;
            line.write(out)?;
        }
        write!(out, "</p>\n{}", if self.ruled { RULE } else { "" })
    }
}

/// The HTML of a mail; nothing in it is loaded from elsewhere.
///
/// # Errors
/// Never: a text that grows takes whatever is written.
pub(super) fn html(subject: &str, body: &str) -> Result<String, fmt::Error> {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    escape_html(FmtWriter(&mut out), subject)?;
    write!(out, "</title>\n</head>\n<body style=\"{PAGE}\">\n<div style=\"max-width:600px;margin:0 auto\">\n")?;
    for block in blocks(body) {
        block.write(&mut out)?;
    }
    out.write_str("</div>\n</body>\n</html>\n")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_links_and_the_sender_are_told_apart() {
        let body = "山田 様\n\n開いてください。\nhttps://portal.example/a?b=1&c=2\n\n――――\n窓口\n";
        let page = html("確認", body).expect("text is written");
        assert!(page.contains("<title>確認</title>"));
        assert_eq!((page.matches("<p ").count(), page.matches("<hr").count(), page.matches("<a ").count()), (3, 1, 1));
        assert!(page.contains("href=\"https://portal.example/a?b=1&amp;c=2\""), "{page}");
        assert!(page.contains("開いてください。<br>"), "{page}");
        assert!(page.find("<hr") < page.find("font-size:14px"), "the sender stands small under the rule");
    }

    #[test]
    fn what_people_typed_never_becomes_markup() {
        let page = html("<b>", "<script>alert(1)</script>\nhttps://x.example/\"onclick=\"a").expect("text is written");
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("\"onclick"), "{page}");
        let name = html("確認", "お名前：https://x.example/login 様").expect("text is written");
        assert!(!name.contains("<a "), "a name that is an address stays a name: {name}");
    }
}

//! The HTML form of a mail, made of the same text as the plain one: paragraphs, links and a rule above the sender.

use askama::Template;

/// A line of a mail; an address in it becomes a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What stands before the address; the whole line when there is none.
    pub before: String,
    /// The address; empty when there is none.
    pub link: String,
    /// What stands after the address.
    pub after: String,
}

impl Line {
    fn read(text: &str) -> Self {
        let start = text.find("http://").or_else(|| text.find("https://"));
        let (before, rest) = text.split_at(start.unwrap_or(text.len()));
        let end = rest.find(|c: char| c.is_whitespace() || !c.is_ascii()).unwrap_or(rest.len());
        let (link, after) = rest.split_at(end);
        Self { before: before.to_owned(), link: link.to_owned(), after: after.to_owned() }
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

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    subject: &'a str,
    blocks: Vec<Block>,
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

/// The HTML of a mail; nothing in it is loaded from elsewhere.
///
/// # Errors
/// When the template cannot be rendered.
pub(super) fn html(subject: &str, body: &str) -> askama::Result<String> {
    MailPage { subject, blocks: blocks(body) }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_links_and_the_sender_are_told_apart() {
        let body = "山田 様\n\n開いてください。\nhttps://portal.example/a?b=1&c=2（1回だけ）\n\n――――\n窓口\n";
        let page = html("確認", body).expect("the template renders");
        assert!(page.contains("<title>確認</title>"));
        assert_eq!((page.matches("<p ").count(), page.matches("<hr").count(), page.matches("<a ").count()), (3, 1, 1));
        assert!(page.contains("href=\"https://portal.example/a?b=1&#38;c=2\""), "{page}");
        assert!(page.contains("</a>（1回だけ）") && page.contains("開いてください。<br>"), "{page}");
        assert!(page.find("<hr") < page.find("font-size:14px"), "the sender stands small under the rule");
    }

    #[test]
    fn what_people_typed_never_becomes_markup() {
        let page =
            html("<b>", "<script>alert(1)</script>\nhttps://x.example/\"onclick=\"a").expect("the template renders");
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("\"onclick"), "{page}");
    }
}

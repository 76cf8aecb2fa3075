use super::*;

const PICTURE: &str = "01975c2e-0000-7000-8000-000000000001";
const PAPER: &str = "01975c2e-0000-7000-8000-000000000002";

fn files() -> NamedFiles {
    let file = |href: &str, size| NamedFile { href: href.to_owned(), size };
    [
        (PICTURE.parse().unwrap(), file("/files/1/a.png", Some((640, 480)))),
        (PAPER.parse().unwrap(), file("/files/2/b.pdf", None)),
    ]
    .into()
}

#[test]
fn scripts_and_their_links_are_shown_as_text() {
    let (html, _) = to_html("<script>alert(1)</script>\n\n[x](javascript:alert(1)) and <img src=x onerror=alert(1)>");
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("x and") && !html.contains("javascript:"), "{html}");
}

#[test]
fn only_our_own_drawings_are_shown() {
    let (html, _) = to_html("![](picture:customer-id) ![x](https://elsewhere.example/x.png) ![y](picture:none)");
    assert_eq!(html.matches("<img ").count(), 1, "{html}");
    assert!(html.contains("/img/help/customer-id.svg\" width=\"360\"") && html.contains("alt=\"「開通の"), "{html}");
}

#[test]
fn uploaded_files_are_shown_with_their_words_and_size() {
    let text = format!("![窓口の\"図\"](file:{PICTURE}) [申込書](file:{PAPER}) ![紙](file:{PAPER})");
    let (html, _) = to_html_with(&text, &files());
    assert!(
        html.contains("<img src=\"/files/1/a.png\" width=\"640\" height=\"480\" alt=\"窓口の&quot;図&quot;\""),
        "{html}"
    );
    assert!(html.contains("<a href=\"/files/2/b.pdf\">申込書</a>"), "{html}");
    assert_eq!(html.matches("<img ").count(), 1, "what is no picture is not shown as one: {html}");
    let (unknown, _) = to_html(&text);
    assert!(!unknown.contains("<img") && !unknown.contains("<a ") && unknown.contains("申込書"), "{unknown}");
}

#[test]
fn a_link_to_a_page_stays_in_the_portal() {
    assert!(to_html("[回線](page:line-finder)").0.contains("href=\"/line-finder\""));
    assert!(!to_html("[x](page://elsewhere.example)").0.contains("href"));
    assert!(to_html("[](https://a.example)").0.contains(">https://a.example</a>"), "a link always has words");
}

#[test]
fn headings_become_a_table_of_contents() {
    let (html, toc) =
        to_html("## 流れ\n\n### 準備\n\n[規約](document:eligibility-terms)と[計画](page:planner)\n\n##\n");
    assert_eq!(toc.iter().map(|entry| entry.title.as_str()).collect::<Vec<_>>(), ["流れ", "準備"]);
    assert!(html.contains(&format!("<h2 id=\"{}\">流れ</h2>", toc[0].id)), "{html}");
    assert!(html.contains("href=\"/documents/eligibility-terms\"") && html.contains("href=\"/planner\""), "{html}");
    assert_eq!(html.matches("<h2").count(), 1, "a heading without words is none");
}

#[test]
fn the_name_of_a_heading_stays_when_others_come_before_it() {
    let id = |text: &str, title: &str| to_html(text).1.into_iter().find(|entry| entry.title == title).unwrap().id;
    assert_eq!(id("## 準備\n", "準備"), id("## 新しい章\n\nx\n\n## 準備\n", "準備"));
    let (html, toc) = to_html("## 準備\n\n## 準備\n\n## `準備`\n");
    let ids: std::collections::BTreeSet<&str> = toc.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids.len(), 3, "{html}");
}

#[test]
fn heads_of_tables_say_what_they_head_and_columns_keep_their_side_without_a_style() {
    let (html, _) = to_html("|a|b|\n|--|-:|\n|1|2|\n");
    assert!(html.contains("<div class=\"table-scroll\" tabindex=\"0\"><table>"), "{html}");
    assert!(html.contains("<th scope=\"col\">a</th>") && html.contains("<td class=\"align-right\">2</td>"), "{html}");
    assert!(html.contains("<th scope=\"col\" class=\"align-right\">b</th>") && !html.contains("style="), "{html}");
}

/// Texts that were made to break renderers.
fn hostile() -> Vec<String> {
    let many = |piece: &str| piece.repeat(20_000 / piece.len());
    let list: String = (0..300).map(|level| format!("{}- x\n", " ".repeat(level * 2))).collect();
    let table = format!("|{}\n|{}\n{}", "a|".repeat(5_000), "-|".repeat(5_000), "|1|\n".repeat(5_000));
    let mut all: Vec<String> = [
        ">",
        "> ",
        "- ",
        "1. ",
        "*a_ ",
        "**",
        "[",
        "](",
        "![",
        "[a](",
        "`",
        "<",
        "<a ",
        "<!--",
        "<![CDATA[",
        "&",
        "&#0;",
        "&lt",
        "\\",
        "~~",
        "|",
        "a|\n",
        "# ",
        "\n\n> - ",
        "```\n",
        "[a]: x\n",
        "<div>\n",
        "\u{0}",
        "\u{202e}",
        "[a][",
        "_a*",
        "<iframe src=\"javascript:alert(1)\">",
        "[x](data:text/html,%3Cscript%3E)",
        "&#106;avascript:",
        "<svg onload=alert(1)>",
    ]
    .iter()
    .map(|piece| many(piece))
    .collect();
    all.extend([
        list,
        table,
        format!("{}{}", "[".repeat(9_000), "](x)".repeat(9_000)),
        (0..9_000).map(|n| "`".repeat(n % 90) + "a").collect(),
    ]);
    all
}

/// Tags of a text that opened and never closed, or the other way round.
fn unbalanced(html: &str) -> Option<String> {
    let mut open: Vec<&str> = vec![];
    for piece in html.split('<').skip(1) {
        let name = piece.split(['>', ' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(closed) if open.pop() != Some(closed) => return Some(closed.to_owned()),
            None if !["br", "hr", "img"].contains(&name) => open.push(name),
            _ => {}
        }
    }
    open.pop().map(str::to_owned)
}

#[test]
fn whatever_comes_is_drawn_safely() {
    for text in hostile() {
        let (html, _) = to_html(&text);
        let from: String = text.chars().take(20).collect();
        assert_eq!(unbalanced(&html), None, "{from:?}");
        for bad in [
            "<script",
            "<iframe",
            "<svg",
            "href=\"javascript",
            "href=\"data:",
            "<img src=\"data:",
            " onload=\"",
            " style=",
        ] {
            assert!(!html.contains(bad), "{from:?} became {bad}");
        }
        let deepest = html.split('<').skip(1).fold((0_i32, 0), |(now, most), piece| {
            let step = if piece.starts_with('/') {
                -1
            } else {
                i32::from(!["br", "hr", "img"].iter().any(|t| piece.starts_with(t)))
            };
            (now + step, most.max(now + step))
        });
        assert!(deepest.1 < 60, "{from:?} is {} deep", deepest.1);
    }
}

#[test]
fn a_text_that_no_form_would_take_is_cut_and_not_read_whole() {
    let (html, _) = to_html(&"あいうえお\n\n".repeat(200_000));
    assert!(html.len() < 2 * READ && html.ends_with("</p>\n"), "{}", html.len());
}

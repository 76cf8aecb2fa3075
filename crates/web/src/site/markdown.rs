//! Markdown of articles as safe HTML: raw HTML is shown as text, links lead only where they may.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::view::{assets, parts::TocEntry};

/// The headings of a text.
pub type TableOfContents = Vec<TocEntry>;

/// HTML of a Markdown text, and its headings. `article:`, `document:` and `page:` links become addresses here, `picture:` images our
/// own drawings; other images are left out.
pub fn to_html(markdown: &str) -> (String, TableOfContents) {
    let mut toc: TableOfContents = vec![];
    let mut events: Vec<Event<'_>> = vec![];
    let mut heading: Option<(HeadingLevel, String, usize)> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((level, String::new(), events.len()));
                events.push(Event::Text("".into()));
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some((_, title, place)) = heading.take() {
                    let id = format!("s-{}", toc.len() + 1);
                    let tag = tag_of(level);
                    if let Some(slot) = events.get_mut(place) {
                        *slot = Event::Html(format!("<{tag} id=\"{id}\">").into());
                    }
                    events.push(Event::Html(format!("</{tag}>\n").into()));
                    toc.push(TocEntry { id, title, nested: tag != "h2" });
                }
            }
            Event::Text(text) => {
                if let Some((_, title, _)) = &mut heading {
                    title.push_str(&text);
                }
                events.push(Event::Text(text));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = target(&dest_url);
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Start(Tag::Image { dest_url, .. }) => events.extend(drawing(&dest_url)),
            Event::End(TagEnd::Image) => {}
            other => events.push(other),
        }
    }
    let mut out = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut out, events.into_iter());
    (
        out.replace("<table>", "<div class=\"table-scroll\" tabindex=\"0\"><table>")
            .replace("</table>", "</table></div>"),
        toc,
    )
}

/// The page has one `h1`; headings of a text begin below it.
fn tag_of(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => "h2",
        HeadingLevel::H3 => "h3",
        _ => "h4",
    }
}

/// One of our own drawings, named as `picture:customer-id`; its words come from where it is described.
fn drawing(address: &str) -> Option<Event<'static>> {
    let picture = domain::forms::picture(address.strip_prefix("picture:")?)?;
    let (base, name) = (assets::base(), picture.name);
    let size = format!("width=\"{}\" height=\"{}\"", picture.width, picture.height);
    let image = format!("<img src=\"{base}/img/help/{name}.svg\" {size} alt=\"{}\" loading=\"lazy\">", picture.alt);
    Some(Event::InlineHtml(image.into()))
}

fn target(address: &str) -> CowStr<'static> {
    if let Some(slug) = address.strip_prefix("article:") {
        return format!("/articles/{slug}").into();
    }
    if let Some(slug) = address.strip_prefix("document:") {
        return format!("/documents/{slug}").into();
    }
    if let Some(name) = address.strip_prefix("page:").filter(|name| !name.starts_with('/')) {
        return format!("/{name}").into();
    }
    let safe = ["https://", "http://", "/", "#", "mailto:", "tel:"].iter().any(|start| address.starts_with(start));
    let elsewhere = address.starts_with("//");
    if safe && !elsewhere { address.to_owned().into() } else { "#".into() }
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn scripts_and_their_links_are_shown_as_text() {
        let (html, _) =
            to_html("<script>alert(1)</script>\n\n[x](javascript:alert(1)) and <img src=x onerror=alert(1)>");
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("<a href=\"#\">x</a>") && !html.contains("javascript:"), "{html}");
    }

    #[test]
    fn only_our_own_drawings_are_shown() {
        let (html, _) = to_html("![](picture:customer-id) ![x](https://elsewhere.example/x.png) ![y](picture:none)");
        assert_eq!(html.matches("<img ").count(), 1, "{html}");
        assert!(
            html.contains("/img/help/customer-id.svg\" width=\"360\"") && html.contains("alt=\"「開通の"),
            "{html}"
        );
    }

    #[test]
    fn a_link_to_a_page_stays_in_the_portal() {
        assert!(to_html("[回線](page:line-finder)").0.contains("href=\"/line-finder\""));
        assert!(to_html("[x](page://elsewhere.example)").0.contains("href=\"#\""));
    }

    #[test]
    fn headings_become_a_table_of_contents() {
        let (html, toc) = to_html("## 流れ\n\n### 準備\n\n[規約](document:eligibility-terms)と[計画](page:planner)");
        assert_eq!(toc.iter().map(|entry| entry.title.as_str()).collect::<Vec<_>>(), ["流れ", "準備"]);
        assert!(html.contains("<h2 id=\"s-1\">流れ</h2>") && html.contains("href=\"/documents/eligibility-terms\""));
        assert!(html.contains("href=\"/planner\""), "{html}");
    }
}

//! The second wall: a sanitiser that knows nothing of Markdown and lets through only what our own texts are made of.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};

const TAGS: [&str; 24] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h2",
    "h3",
    "h4",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const ATTRIBUTES: [(&str, &[&str]); 8] = [
    ("a", &["href", "title"]),
    ("div", &["tabindex"]),
    ("h2", &["id"]),
    ("h3", &["id"]),
    ("h4", &["id"]),
    ("img", &["src", "width", "height", "alt", "loading"]),
    ("ol", &["start"]),
    ("th", &["scope"]),
];
const SIDES: [&str; 3] = ["align-left", "align-center", "align-right"];
/// Where pictures come from.
const PICTURES: [&str; 2] = ["/assets/", "/files/"];

static WALL: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut wall = Builder::empty();
    wall.tags(HashSet::from(TAGS))
        .tag_attributes(ATTRIBUTES.map(|(tag, names)| (tag, names.iter().copied().collect())).into())
        .allowed_classes(HashMap::from([
            ("div", HashSet::from(["table-scroll"])),
            ("td", HashSet::from(SIDES)),
            ("th", HashSet::from(SIDES)),
        ]))
        .url_schemes(HashSet::from(["https", "http", "mailto", "tel"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .clean_content_tags(HashSet::from(["script", "style"]))
        .attribute_filter(|tag, name, value| match (tag, name) {
            ("img", "src") if !PICTURES.iter().any(|place| value.starts_with(place)) => None,
            _ => Some(Cow::Borrowed(value)),
        });
    wall
});

/// The HTML without anything that no text of ours holds; tags that were left open are closed.
pub(super) fn cleaned(html: &str) -> String {
    WALL.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn what_would_run_is_taken_out_even_if_it_came_this_far() {
        for bad in [
            "<script>alert(1)</script>",
            "<img src=\"/files/x\" onerror=\"alert(1)\">",
            "<iframe src=\"/x\"></iframe>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,x\">x</a>",
            "<svg><style><img src=x onerror=alert(1)></style></svg>",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<p style=\"position:fixed\">x</p>",
            "<form action=\"/x\"><input></form>",
            "<img src=\"https://elsewhere.example/x.png\">",
            "<base href=\"//elsewhere.example\">",
        ] {
            let clean = cleaned(bad);
            for word in [
                "<script",
                "onerror=",
                "<iframe",
                "javascript:",
                "data:",
                "<svg",
                "<math",
                "style=",
                "<form",
                "elsewhere",
                "<base",
            ] {
                assert!(!clean.contains(word), "{bad} became {clean}");
            }
        }
    }

    #[test]
    fn what_our_texts_hold_stays_as_it_is() {
        let text = "<h2 id=\"s-1\">題</h2><div class=\"table-scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\" \
            class=\"align-right\">a</th></tr></thead></table></div><p><a href=\"/faq\">b</a> <a href=\"#s-1\">c</a> \
            <img src=\"/files/1/a.png\" width=\"1\" height=\"2\" alt=\"図\" loading=\"lazy\"></p>";
        assert_eq!(cleaned(text).replace(' ', ""), text.replace(' ', ""));
    }
}

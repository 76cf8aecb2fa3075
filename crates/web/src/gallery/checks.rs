//! What every page must keep: found by reading the tags of the HTML.

use std::collections::BTreeSet;

/// The opening tags of a page with their attributes, in order.
fn tags(html: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    html.split('<').skip(1).filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic())).map(tag).collect()
}

fn tag(source: &str) -> (&str, Vec<(&str, &str)>) {
    let name_end = source.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(source.len());
    let (name, mut rest) = source.split_at(name_end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>').unwrap_or(rest.len());
        if end == 0 {
            return (name, attributes);
        }
        let (key, after) = rest.split_at(end);
        let Some(quoted) = after.strip_prefix("=\"") else {
            attributes.push((key, ""));
            rest = after;
            continue;
        };
        let close = quoted.find('"').unwrap();
        attributes.push((key, &quoted[..close]));
        rest = &quoted[close + 1..];
    }
}

/// Checks ids, references, headings and what the content security policy forbids.
pub(super) fn check(page: &str, html: &str) {
    let tags = tags(html);
    let mut ids = BTreeSet::new();
    for (_, attributes) in &tags {
        for (_, id) in attributes.iter().filter(|(key, _)| *key == "id") {
            assert!(ids.insert(*id), "{page}: id {id} stands twice");
        }
    }
    for (name, attributes) in &tags {
        for (key, value) in attributes {
            refers(page, &ids, key, value);
            assert!(*key != "style" && !key.starts_with("on"), "{page}: inline {key} on {name}");
            assert!(*key != "required" && *key != "maxlength" || *value == "100", "{page}: {key} on {name}");
        }
        let has = |wanted: &str| attributes.iter().any(|(key, _)| *key == wanted);
        assert!(*name != "script" || has("src"), "{page}: inline script");
        assert!(*name != "style", "{page}: inline style sheet");
    }
    assert_eq!(tags.iter().filter(|(name, _)| *name == "h1").count(), 1, "{page}: exactly one h1");
    assert_eq!(tags.iter().filter(|(name, _)| *name == "main").count(), 1, "{page}: exactly one main");
}

fn refers(page: &str, ids: &BTreeSet<&str>, key: &str, value: &str) {
    let targets: Vec<&str> = match key {
        "for" | "list" | "aria-describedby" | "aria-labelledby" | "data-playback" | "data-counter" => {
            value.split(' ').collect()
        }
        "href" if value.starts_with('#') => vec![&value[1..]],
        _ => vec![],
    };
    for target in targets {
        assert!(ids.contains(target), "{page}: {key} names {target}, which is not there");
    }
}

#[test]
fn the_checks_find_what_they_look_for() {
    let fails = |html: &str| {
        let page = format!("<main><h1>題</h1>{html}</main>");
        std::panic::catch_unwind(|| check("page", &page)).is_err()
    };
    assert!(!fails(r#"<label for="a">名前</label><input id="a" disabled>"#));
    assert!(fails(r#"<label for="b">名前</label><input id="a">"#));
    assert!(fails(r#"<p id="a"></p><p id="a"></p>"#));
    assert!(fails(r#"<p style="color: red"></p>"#));
    assert!(fails("<script>alert(1)</script>"));
    assert!(fails("<input required>"));
    assert!(fails("<h1>題</h1>"));
}

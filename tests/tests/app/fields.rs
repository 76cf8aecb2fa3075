//! What a browser would send with the forms of a page if nobody touched them.

/// The value of an attribute in a tag, unescaped as far as the portal escapes.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn chosen(select: &str) -> String {
    let options = select.split("<option ").skip(1).map(|option| format!(" {option}"));
    let mut chosen = options.filter(|option| option.split('>').next().is_some_and(|tag| tag.ends_with(" selected")));
    chosen.next().and_then(|option| attribute(&option, "value").map(str::to_owned)).unwrap_or_default()
}

/// Names and values of the fields on a page; boxes and buttons that are not chosen send nothing.
pub(crate) fn in_page(body: &str) -> Vec<(String, String)> {
    let body = body.split_once("<main").map_or(body, |(_, main)| main);
    let mut sent = vec![];
    for part in body.split('<').map(|part| format!(" {part}")) {
        let tag = part.split('>').next().unwrap_or_default();
        let Some(name) = attribute(tag, "name").filter(|_| tag.starts_with(" input ")) else { continue };
        let ticked =
            !["radio", "checkbox"].contains(&attribute(tag, "type").unwrap_or_default()) || tag.contains(" checked");
        if ticked {
            sent.push((name.to_owned(), attribute(tag, "value").unwrap_or_default().to_owned()));
        }
    }
    for select in body.split("<select ").skip(1).filter_map(|rest| rest.split_once("</select>")) {
        let name = attribute(&format!(" {}", select.0), "name").unwrap_or_default().to_owned();
        sent.push((name, chosen(select.0)));
    }
    for area in body.split("<textarea ").skip(1).filter_map(|rest| rest.split_once("</textarea>")) {
        let name = attribute(&format!(" {}", area.0), "name").unwrap_or_default().to_owned();
        sent.push((name, area.0.split_once('>').map_or("", |(_, text)| text.trim()).to_owned()));
    }
    sent.retain(|(name, _)| name != "csrf");
    sent
}

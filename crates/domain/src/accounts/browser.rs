//! The browser in which a person is, by what it says of itself.

/// Browser and system in words; what browsers say of themselves is known by a few marks.
pub fn browser_name(agent: &str) -> String {
    let named = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| agent.contains(mark)).map_or("不明", |(_, name)| *name)
    };
    let browser = named(&[
        ("Trident/", "Internet Explorer"),
        ("MSIE ", "Internet Explorer"),
        ("Edg/", "Microsoft Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Google Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = named(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    if browser == "不明" && system == "不明" { agent.to_owned() } else { format!("{browser}（{system}）") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_as_people_know_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
        let edge_as_ie = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko";
        assert_eq!(browser_name(edge), "Microsoft Edge（Windows）");
        assert_eq!(browser_name(edge_as_ie), "Internet Explorer（Windows）");
        assert_eq!(browser_name("curl/8"), "curl/8");
    }
}

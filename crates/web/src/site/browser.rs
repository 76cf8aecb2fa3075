//! Browsers by what they say of themselves.

/// Browser and system in words; what browsers say of themselves is known by a few marks.
pub(crate) fn browser_name(agent: &str) -> String {
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

/// Whether a certificate can be fetched with it and used in it afterwards: Internet Explorer, and Edge in its mode, end
/// in the middle of the connection test.
pub(crate) fn browser_serves(agent: &str) -> bool {
    !agent.contains("Trident/") && !agent.contains("MSIE ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGE: &str =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
    const EDGE_AS_IE: &str = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko";

    #[test]
    fn a_browser_is_named_as_people_know_it() {
        assert_eq!(browser_name(EDGE), "Microsoft Edge（Windows）");
        assert_eq!(browser_name(EDGE_AS_IE), "Internet Explorer（Windows）");
        assert_eq!(browser_name("curl/8"), "curl/8");
    }

    #[test]
    fn only_internet_explorer_does_not_serve() {
        assert!(browser_serves(EDGE) && browser_serves("curl/8") && browser_serves(""));
        assert!(!browser_serves(EDGE_AS_IE) && !browser_serves("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1)"));
    }
}

//! Browsers by what they say of themselves.

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
    fn only_internet_explorer_does_not_serve() {
        assert!(browser_serves(EDGE) && browser_serves("curl/8") && browser_serves(""));
        assert!(!browser_serves(EDGE_AS_IE) && !browser_serves("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1)"));
    }
}

//! How much the first page costs somebody on a slow line.

use crate::{browser::Browser, steps::clinic, support::on_each_database};

/// Most octets of the first page with everything it loads, without fonts: none are loaded.
const MOST: usize = 100 * 1024;

/// Addresses of our own that a page or a script loads.
fn loaded(text: &str, base: &str) -> Vec<String> {
    let quoted = text.split('"').filter(|part| part.starts_with("/assets/") || part.starts_with("./"));
    quoted.map(|part| part.strip_prefix("./").map_or(part.to_owned(), |file| format!("{base}/{file}"))).collect()
}

/// Octets of a page with its styles, scripts and pictures.
async fn weight(browser: &Browser, path: &str) -> usize {
    let page = browser.get(path).await;
    let (mut sum, mut seen) = (page.bytes.len(), loaded(&page.body, ""));
    let mut place = 0;
    while place < seen.len() {
        let address = seen[place].clone();
        let file = browser.get(&address).await;
        assert!(file.status.is_success() && !file.bytes.is_empty(), "{address}");
        assert!(!address.contains("font"), "{address}");
        sum += file.bytes.len();
        let base = address.rsplit_once('/').map_or("", |(base, _)| base);
        let more = if address.ends_with(".js") { loaded(&file.body, base) } else { vec![] };
        seen.extend(more.into_iter().filter(|one| !seen.contains(one)).collect::<Vec<_>>());
        place += 1;
    }
    assert!(seen.len() > 8, "styles and scripts are counted: {seen:?}");
    sum
}

#[tokio::test]
async fn the_first_page_is_light_for_visitors_and_for_members() {
    on_each_database(async |house| {
        let (_, member) = clinic(house, "1330100016").await;
        for browser in [Browser::visitor(house), member] {
            let octets = weight(&browser, "/").await;
            assert!(octets > 20 * 1024 && octets <= MOST, "{octets}");
        }
    })
    .await;
}

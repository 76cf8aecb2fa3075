//! What the authority publishes: addresses that need no TLS, and revocation lists that never run out.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use axum::http::StatusCode;
use domain::calendar::japanese_datetime;
use services::authority::{current_crl, publish_when_due, root_crl};
use time::Duration;

use crate::{
    browser::Browser,
    support::{House, founding::on_each_database_with_keys, on_each_database, on_each_database_today},
};

fn holds(der: &[u8], text: &str) -> bool {
    der.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn certificates_of_an_https_portal_name_plain_addresses() {
    on_each_database(async |house| {
        assert!(house.app.settings.portal_url.starts_with("https://"));
        let issuing = &house.app.authority.issuing;
        let base = format!("http://madoguchi.example/pki/{}", issuing.name);
        let urls = issuing.urls(7);
        assert_eq!(urls.crl, Some(format!("{base}/7.crl")));
        assert_eq!(urls.ocsp.as_deref(), Some("http://madoguchi.example/pki/ocsp"));
        assert_eq!(urls.issuer, Some(format!("{base}.cer")));
        let issuing = issuing.certificate.der();
        assert!(holds(issuing, "http://madoguchi.example/pki/root.crl"));
        assert!(!holds(issuing, "https://madoguchi.example/pki/"), "a check of TLS must not need TLS");
    })
    .await;
}

#[tokio::test]
async fn the_issuing_authority_renews_its_list_after_half_its_life() {
    on_each_database(async |house| {
        assert!(publish_when_due(&house.app).await.unwrap());
        let first = current_crl(&house.app).await.unwrap();
        house.clock.pass(Duration::hours(11));
        assert!(!publish_when_due(&house.app).await.unwrap());
        house.clock.pass(Duration::hours(1));
        assert!(publish_when_due(&house.app).await.unwrap());
        let second = current_crl(&house.app).await.unwrap();
        let shards = house.app.authority.issuing.crl_shards;
        assert_eq!((second.number, first.number), (shards + 2, 1), "one list for each shard, and the full one");
        assert_eq!(second.next_update, first.next_update + Duration::hours(12));
    })
    .await;
}

#[tokio::test]
async fn all_certificates_come_in_one_file_that_windows_and_openssl_read() {
    on_each_database(async |house| {
        let visitor = Browser::visitor(house);
        let bag = visitor.get("/pki/chain.p7b").await;
        assert_eq!(bag.headers["content-type"], "application/x-pkcs7-certificates");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chain.p7b");
        std::fs::write(&file, &bag.bytes).unwrap();
        let read = Command::new("openssl").args(["pkcs7", "-inform", "DER", "-print_certs", "-in"]).arg(&file).output();
        let read = String::from_utf8(read.unwrap().stdout).unwrap();
        let authority = &house.app.authority;
        for der in [authority.root.der(), authority.issuing.certificate.der()] {
            let pem = pki::pem::certificate(der);
            assert!(read.contains(pem.trim()), "{read}");
        }
        assert_eq!(read.matches("BEGIN CERTIFICATE").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_page_shows_fingerprints_to_read_aloud_and_every_list_with_number_and_next_update() {
    on_each_database(async |house| {
        publish_when_due(&house.app).await.unwrap();
        let page = Browser::visitor(house).get("/pki").await.body;
        let digits = pki::sha256_hex(house.app.authority.root.der()).to_uppercase();
        let groups: Vec<&str> = (0..16).map(|group| &digits[group * 4..group * 4 + 4]).collect();
        for line in groups.chunks(4) {
            assert!(page.contains(&line.join(" ")), "{page}");
        }
        let issuing = &house.app.authority.issuing;
        for shard in 1..=issuing.crl_shards {
            assert!(page.contains(&format!("/pki/{}/{shard}.crl", issuing.name)), "{shard}");
        }
        let root = root_crl(&house.app).await.unwrap();
        let full = current_crl(&house.app).await.unwrap();
        for list in [&root, &full] {
            assert!(page.contains(&japanese_datetime(list.this_update)));
            assert!(page.contains(&format!("{}まで", japanese_datetime(list.next_update))));
        }
        let folded = page.split("<details class=\"more\"").nth(1).unwrap();
        assert!(folded.contains("分割64") && !folded.split("</details>").next().unwrap().contains("root.crl"));
        assert!(page.contains("/pki/chain.p7b") && page.contains("/documents/cp-cps"));
    })
    .await;
}

/// The cells of a row of a table on a page, by its first cell; the first such row.
fn row<'p>(page: &'p str, first: &str) -> &'p str {
    let found = page.find(&format!("<td>{first}</td>"));
    assert!(found.is_some(), "no row {first}: {page}");
    let start = found.unwrap();
    page[start..].split("</tr>").next().unwrap()
}

#[tokio::test]
async fn the_practice_statement_says_what_keys_and_profiles_in_force_do() {
    on_each_database_today(2, async |house| {
        let visitor = Browser::visitor(house);
        let page = visitor.get("/documents/cp-cps").await.body;
        assert!(!page.contains("{{"), "everything has its value");
        let authority = &house.app.authority;
        let issuing = authority.issuing.certificate.public_key().algorithm();
        let taken = authority.terminals.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
        for (first, words) in [
            ("端末の電子証明書", "発行日から、2か月後の日の終わり"),
            ("端末", taken.as_str()),
            ("subjectPublicKeyInfo", taken.as_str()),
            ("keyUsage", "<td>digitalSignature</td>"),
            ("extKeyUsage", "<td>clientAuth</td>"),
            ("CN", "端末名称等"),
            // Where certificates say that it is, not where people read.
            ("cRLDistributionPoints", "http://madoguchi.example/pki "),
            ("signature", issuing.signature_name()),
        ] {
            assert!(row(&page, first).contains(words), "{first}: {}", row(&page, first));
        }
        assert!(authority.issuing.urls(1).crl.unwrap().starts_with("http://madoguchi.example/pki/"));
        let paper = visitor.get("/documents/cp-cps/1.2/file.pdf").await;
        assert_eq!((paper.status, paper.header("content-type")), (StatusCode::OK, "application/pdf"));
        let before = visitor.get("/documents/cp-cps/1.1").await.body;
        assert!(before.contains("39か月"), "the version before stays as it was");
    })
    .await;
}

/// Where the links of a page lead, apart from the telephone.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("<a ").skip(1).filter_map(|link| link.split("href=\"").nth(1)?.split('"').next());
    targets
        .filter(|target| !["tel:", "mailto:", "#"].iter().any(|way| target.starts_with(way)))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_link_of_the_page_leads_somewhere_on_each_listener() {
    on_each_database(async |house| {
        publish_when_due(&house.app).await.unwrap();
        let portal = &house.app.settings.portal_url;
        let (on_portal, closed, plain) =
            (Browser::visitor(house), Browser::terminal(house), Browser::of_publications(house));
        for (browser, has_menus) in [(&on_portal, true), (&closed, false), (&plain, false)] {
            let page = browser.get("/pki").await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.body.contains("事業別トップメニュー"), has_menus, "{}", page.body);
            let found = links(&page.body);
            assert!(found.iter().any(|link| link.ends_with("/documents/cp-cps")), "{found:?}");
            for link in found {
                // On the other listeners the portal is another server, which its own visitors reach.
                let elsewhere = link.strip_prefix(portal.as_str()).filter(|_| !has_menus);
                let told = match elsewhere {
                    Some(path) => on_portal.get(path).await,
                    None => browser.get(&link).await,
                };
                assert!(told.status.is_success() || told.status.is_redirection(), "{link}: {}", told.status);
            }
        }
    })
    .await;
}

fn root_key_file(keys: &Path) -> PathBuf {
    let files = std::fs::read_dir(keys).unwrap().map(|entry| entry.unwrap().path());
    let is_root = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with("root-");
    files.into_iter().find(is_root).unwrap()
}

/// A regular round of the workers, some days later; gives the number of the root's list and the days it still lasts.
async fn round(house: &House, days: i64) -> (i64, i64) {
    house.clock.pass(Duration::days(days));
    publish_when_due(&house.app).await.unwrap();
    let list = root_crl(&house.app).await.unwrap();
    (list.number, (list.next_update - house.app.clock.now()).whole_days())
}

#[tokio::test]
async fn the_list_of_the_root_is_renewed_too_when_its_key_is_there() {
    on_each_database_with_keys(async |house, keys| {
        assert_eq!(round(house, 1).await, (1, 364), "made when the authority was founded");
        assert_eq!(round(house, 180).await, (1, 184));
        assert_eq!(round(house, 2).await, (2, 365), "half a year is over");
        let (file, elsewhere) = (root_key_file(keys), keys.join("in-the-safe"));
        std::fs::rename(&file, &elsewhere).unwrap();
        assert_eq!(round(house, 320).await, (2, 45), "the key lies in a safe: nothing is signed, nothing breaks");
        assert!(current_crl(&house.app).await.unwrap().next_update > house.app.clock.now(), "the other list goes on");
        std::fs::rename(&elsewhere, &file).unwrap();
        assert_eq!(round(house, 0).await, (3, 365), "back for a minute is enough");
    })
    .await;
}

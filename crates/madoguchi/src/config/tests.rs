use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use super::*;

/// A certificate and its key, in two files.
fn own_identity(folder: &std::path::Path) -> (PathBuf, PathBuf) {
    let identity = crate::tls::tests::identity();
    let (certificate, key) = (folder.join("own.pem"), folder.join("own.key"));
    std::fs::write(&certificate, pki::pem::certificate(&identity.chain[0])).unwrap();
    std::fs::write(&key, pki::pem::encode("PRIVATE KEY", &identity.key)).unwrap();
    (certificate, key)
}

fn read(text: &str) -> Config {
    toml::from_str(text).unwrap()
}

#[test]
fn every_fault_is_named_at_once() {
    let mut config = Config::default();
    config.portal.url = "portal.example/".to_owned();
    config.rules.membership = "guess".to_owned();
    config.rules.session_minutes = 1;
    config.rules.draft_notice_days = 90;
    config.rules.four_eyes = vec!["fees".to_owned(), "fee".to_owned()];
    config.mail.from = "nobody".to_owned();
    config.authority.terminal_profiles = vec!["p256".to_owned(), "p265".to_owned(), "root".to_owned()];
    let mut faults = vec![];
    config.validate(&mut faults);
    assert_eq!(faults.len(), 8, "{faults:?}");
    config.authority.profiles = Some("/nowhere/profiles.toml".into());
    let mut faults = vec![];
    config.validate(&mut faults);
    assert_eq!(faults.len(), 7, "{faults:?}");
}

#[test]
fn the_closed_networks_host_is_one_that_a_certificate_can_name_unless_it_has_one() {
    let mut config = Config::default();
    for url in ["https://閉域.example.jp", "https://closed_network.example.jp", "https://:8443"] {
        config.closed_network.url = url.to_owned();
        let mut faults = vec![];
        config.validate(&mut faults);
        assert!(faults.len() == 1 && faults[0].starts_with("closed_network.url: not a DNS name"), "{faults:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = own_identity(folder.path());
    (config.closed_network.certificate, config.closed_network.key) = (Some(certificate), Some(key));
    let mut faults = vec![];
    config.validate(&mut faults);
    assert_eq!(faults, Vec::<String>::new(), "then the operator knows");
}

#[test]
fn secrets_are_not_printed() {
    let config = Config { database: Some("postgres://user:hush@db/x".to_owned()), ..Config::default() };
    assert!(!config.without_secrets().unwrap().contains("hush"));
}

#[test]
fn a_listener_of_which_little_is_written_keeps_its_own_defaults() {
    let config = read("[closed_network]\ncertificate = \"closed.pem\"\nkey = \"closed.key\"");
    assert_eq!(config.closed_network.listen.port(), 8443);
    assert_eq!(config.closed_network.url, "https://127.0.0.1:8443");
    assert_eq!((config.portal.listen.port(), config.portal.url.as_str()), (8080, "http://127.0.0.1:8080"));
    let config = read("[portal]\nurl = \"https://portal.example.jp\"");
    assert_eq!(config.portal.listen.port(), 8080, "a proxy stands before it");
    assert_eq!(config.closed_network.url, "https://127.0.0.1:8443");
}

#[test]
fn the_address_follows_the_port_when_only_that_is_written() {
    let config = read("[portal]\nlisten = \"0.0.0.0:9000\"\n[closed_network]\nlisten = \"10.20.0.5:9443\"");
    assert_eq!(config.portal.url, "http://127.0.0.1:9000");
    assert_eq!(config.closed_network.url, "https://10.20.0.5:9443");
}

#[test]
fn what_is_printed_reads_back_as_the_same() {
    let config = read("[portal]\nlisten = \"[::1]:9000\"\n[closed_network]\nurl = \"https://terminal.example.jp\"");
    let printed = config.without_secrets().unwrap();
    assert_eq!(read(&printed).without_secrets().unwrap(), printed);
    assert_eq!(read(&printed).portal.url, "http://[::1]:9000");
}

#[test]
fn a_key_that_does_not_exist_is_a_fault() {
    let odd = toml::from_str::<Config>("[closed_network]\nlistens = \"127.0.0.1:1\"");
    assert!(odd.unwrap_err().to_string().contains("listens"));
}

fn faults(text: &str) -> Vec<String> {
    let mut faults = vec![];
    read(text).validate(&mut faults);
    faults
}

#[test]
fn certificates_never_name_an_address_that_needs_tls() {
    assert_eq!(read("[portal]\nurl = \"https://portal.example.jp\"").publication_url(), "http://portal.example.jp");
    assert_eq!(read("").publication_url(), "http://127.0.0.1:8080");
    let own = "[portal]\nurl = \"https://portal.example.jp\"\n[authority]\npublication_url = \"http://pki.example.jp\"";
    assert_eq!(read(own).publication_url(), "http://pki.example.jp");
    assert_eq!(faults(own), Vec::<String>::new());
}

#[test]
fn an_address_for_publications_that_cannot_work_is_named() {
    for url in ["https://pki.example.jp", "http://pki.example.jp/", "pki.example.jp"] {
        let found = faults(&format!("[authority]\npublication_url = \"{url}\""));
        assert!(found.len() == 1 && found[0].starts_with("authority.publication_url"), "{url}: {found:?}");
    }
    let found = faults("[portal]\nurl = \"https://portal.example.jp:8443\"");
    assert!(found.len() == 1 && found[0].contains("a port of its own"), "nobody would answer there: {found:?}");
    assert_eq!(faults("[portal]\nurl = \"https://[2001:db8::1]\""), Vec::<String>::new());
}

#[test]
fn only_the_portal_has_proxies_and_none_is_believed_unless_it_is_said() {
    assert_eq!(read("").portal.proxies(), Ok(web::Proxies::default()));
    let named = "[portal]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\nproxy_header = \"Forwarded\"";
    let trusted = ["127.0.0.1".to_owned(), "10.0.0.0/8".to_owned()];
    assert_eq!(read(named).portal.proxies(), web::Proxies::parse(&trusted, "forwarded"));
    assert!(read(named).without_secrets().unwrap().contains("10.0.0.0/8"));
    let found = faults("[portal]\ntrusted_proxies = [\"proxy.example\"]");
    assert!(found.len() == 1 && found[0].starts_with("portal.trusted_proxies: "), "{found:?}");
    assert!(toml::from_str::<Config>("[closed_network]\ntrusted_proxies = []").is_err());
}

/// A store of keys in a token, with the lines that a story changes.
fn token_store(folder: &std::path::Path, lines: &str) -> Vec<String> {
    for (name, text) in [("module.so", ""), ("pin", "1234\n"), ("half-1", "first"), ("half-2", "second")] {
        std::fs::write(folder.join(name), text).unwrap();
        std::fs::set_permissions(folder.join(name), Permissions::from_mode(0o600)).unwrap();
    }
    let lines = lines.replace("DIR", &folder.display().to_string());
    faults(&format!("[authority.key_store]\nkind = \"pkcs11\"\n{lines}"))
}

#[test]
fn a_token_is_named_whole_and_every_fault_in_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let whole = "module = \"DIR/module.so\"\ntoken = \"authority\"\npin_file = \"DIR/pin\"";
    assert_eq!(token_store(folder.path(), whole), Vec::<String>::new());
    let halves = "module = \"DIR/module.so\"\nslot = 3\npin_files = [\"DIR/half-1\", \"DIR/half-2\"]\nsessions = 8";
    assert_eq!(token_store(folder.path(), halves), Vec::<String>::new());
    let found = token_store(folder.path(), "sessions = 0");
    assert_eq!(found.len(), 4, "{found:?}");
    let found = token_store(folder.path(), &whole.replace("module.so", "gone.so").replace("/pin\"", "/gone\""));
    assert!(found.len() == 2 && found.iter().all(|fault| fault.contains("gone")), "{found:?}");
    let found = token_store(folder.path(), &format!("{whole}\nslot = 1\npin_files = [\"DIR/half-1\", \"DIR/half-2\"]"));
    assert_eq!(found.len(), 2, "two ways at once: {found:?}");
    let same = "module = \"DIR/module.so\"\ntoken = \"t\"\npin_files = [\"DIR/half-1\", \"DIR/half-1\"]";
    assert_eq!(token_store(folder.path(), same), ["authority.key_store: both halves of the PIN are the same"]);
}

#[test]
fn a_store_of_files_takes_nothing_else() {
    let found = faults("[authority.root_key_store]\ntoken = \"root\"");
    assert!(found.len() == 1 && found[0].starts_with("authority.root_key_store: kind = \"file\""), "{found:?}");
    let found = faults("[authority.key_store]\nkind = \"cloud\"");
    assert_eq!(found, ["authority.key_store.kind: must be file or pkcs11"]);
}

#[test]
fn the_pin_is_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let pin = folder.path().join("pin");
    std::fs::write(&pin, "very-secret").unwrap();
    let store = format!("[authority.key_store]\nkind = \"pkcs11\"\ntoken = \"t\"\npin_file = \"{}\"", pin.display());
    let printed = read(&store).without_secrets().unwrap();
    assert!(printed.contains("pin_file") && !printed.contains("very-secret"), "{printed}");
}

#[test]
fn a_pin_that_others_can_read_and_a_faulty_earlier_store_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = "module = \"DIR/module.so\"\ntoken = \"authority\"\npin_file = \"DIR/pin\"";
    assert_eq!(token_store(folder.path(), whole), Vec::<String>::new());
    std::fs::set_permissions(folder.path().join("pin"), Permissions::from_mode(0o640)).unwrap();
    let store = format!("[authority.key_store]\nkind = \"pkcs11\"\n{whole}")
        .replace("DIR", &folder.path().display().to_string());
    let found = faults(&store);
    assert!(found.len() == 1 && found[0].contains("(mode 640): chmod 600 "), "{found:?}");
    let earlier =
        "[[authority.earlier_key_stores]]\nkind = \"file\"\n[[authority.earlier_key_stores]]\nkind = \"cloud\"";
    assert_eq!(faults(earlier), ["authority.earlier_key_stores, table 2.kind: must be file or pkcs11"]);
    let printed = read(earlier).without_secrets().unwrap();
    assert_eq!(read(&printed).authority.earlier_key_stores.len(), 2);
}

#[test]
fn every_fault_of_the_mailbox_for_replies_is_named() {
    let config = read(
        "[inquiries.mailbox]\naddress = \"desk+x@madoguchi\"\nhost = \"imap.example\"\nport = 0\ntls = \"none\"\nuser = \" \"\n\
         password_file = \"/nowhere/password\"\nca = \"/nowhere/ca.pem\"",
    );
    let mut faults = vec![];
    config.validate(&mut faults);
    let keys =
        ["address", "user", "port", "tls", "password_file", "ca"].map(|key| format!("inquiries.mailbox.{key}: "));
    assert_eq!(faults.len(), keys.len(), "{faults:?}");
    for (fault, key) in faults.iter().zip(&keys) {
        assert!(fault.starts_with(key.as_str()), "{fault}");
    }
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hush\n").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let config = read(&format!(
        "[inquiries.mailbox]\naddress = \"desk@madoguchi.example\"\nhost = \"imap.example\"\nuser = \"desk\"\npassword_file = {:?}",
        file.display().to_string()
    ));
    let mut faults = vec![];
    config.validate(&mut faults);
    assert_eq!(faults, Vec::<String>::new());
    let account = config.inquiries.mailbox.as_ref().unwrap().account().unwrap();
    assert_eq!((account.port, account.folder.as_str(), account.password.as_str()), (993, "INBOX", "hush"));
    assert!(!config.without_secrets().unwrap().contains("hush"));
}

#[test]
fn what_serving_would_refuse_later_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = own_identity(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = std::fs::read_to_string(&key).unwrap();
    std::fs::write(at("old.key"), text.replace("PRIVATE KEY", "EC PRIVATE KEY")).unwrap();
    std::fs::write(at("bucket.key"), "hush").unwrap();
    std::fs::set_permissions(at("bucket.key"), Permissions::from_mode(0o644)).unwrap();
    std::fs::write(at("no.pem"), "none").unwrap();
    let config = |key: &str, ca: &str, smtp: &str| {
        format!(
            "[portal]\nurl = \"https://portal.example\"\ncertificate = {certificate:?}\nkey = {key:?}\n[mail]\nsmtp = \"{smtp}\"\n[webhooks]\nca = {ca:?}\n\
             [uploads.bucket]\nname = \"files\"\naccess_key_id = \"id\"\nsecret_access_key_file = {:?}",
            at("bucket.key")
        )
    };
    let found = faults(&config(&at("old.key"), &at("no.pem"), "imap://user:hush@mail"));
    assert_eq!(found.len(), 4, "{found:?}");
    let named = ["portal: ", "webhooks.ca: ", "mail.smtp: ", "uploads.bucket.secret_access_key_file: "];
    for name in named {
        assert!(found.iter().any(|fault| fault.starts_with(name) && !fault.contains("hush")), "{name}{found:?}");
    }
    let odd = read(&format!("[webhooks]\nca = {:?}", at("gone.pem")));
    assert!(odd.webhooks.reach(false).is_err(), "nobody else is believed instead");
    std::fs::set_permissions(at("bucket.key"), Permissions::from_mode(0o600)).unwrap();
    let whole = config(&key.display().to_string(), &certificate.display().to_string(), "smtps://user:hush@mail");
    assert_eq!(faults(&whole), Vec::<String>::new());
}

//! The real program backs key files up in shares and brings them back.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

/// An installation with two officers' halves of a passphrase.
struct Site(TempDir);

impl Site {
    fn founded() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        for (name, half) in [("half-1", "the first half"), ("half-2", "the second half"), ("wrong", "another half")] {
            fs::write(site.0.path().join(name), half).unwrap();
            fs::set_permissions(site.0.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        site.configure("config.toml", "half-2");
        site.configure("wrong.toml", "wrong");
        assert!(site.run(&["ca", "init", "--config", &site.path("config.toml")]).status.success());
        site
    }

    fn configure(&self, name: &str, second: &str) {
        let text = format!(
            "data_dir = \"{}\"\n[authority]\npassphrase_files = [\"{}\", \"{}\"]\n",
            self.path("data"),
            self.path("half-1"),
            self.path(second)
        );
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(words).output().unwrap()
    }

    fn backup(&self, config: &str, out: &str) -> Output {
        let (config, out) = (self.path(config), self.path(out));
        self.run(&["ca", "backup-keys", "--config", &config, "--shares", "3", "--threshold", "2", "--out", &out])
    }

    fn restore(&self, config: &str, shares: &[&str]) -> Output {
        let shares: Vec<String> = shares.iter().map(|share| self.path(&format!("backup/{share}"))).collect();
        let mut words = vec!["ca".to_owned(), "restore-keys".to_owned(), "--config".to_owned(), self.path(config)];
        words.extend(shares);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn keys(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.path("data/keys")).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
    }
}

/// Acts with key files in the audit chain, with the names of the files.
async fn noted(site: &Site, act: &str) -> Vec<String> {
    let mut db = SqliteConnection::connect(&format!("sqlite:{}", site.path("data/madoguchi.db"))).await.unwrap();
    let rows = sqlx::query_scalar("SELECT subject FROM audit WHERE action = $1 ORDER BY seq").bind(act);
    rows.fetch_all(&mut db).await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn refused(output: &Output, words: &str) {
    assert!(!output.status.success() && said(output).contains(words), "{words}: {}", said(output));
}

#[tokio::test]
async fn backups_and_their_return_stand_in_the_audit_chain_where_there_is_one() {
    let site = Site::founded();
    let files: Vec<String> = site.keys().keys().map(|name| format!("key_file:{name}")).collect();
    assert!(site.backup("config.toml", "backup").status.success());
    assert_eq!(noted(&site, "key_file.backup").await, files);
    fs::remove_dir_all(site.path("data/keys")).unwrap();
    assert!(site.restore("config.toml", &["share-1.txt", "share-2.txt"]).status.success());
    assert_eq!(noted(&site, "key_file.restore").await, files);
    let verified = site.run(&["audit", "verify", "--config", &site.path("config.toml")]);
    assert!(verified.status.success(), "{}", said(&verified));

    // On a machine apart, where only keys are.
    fs::remove_dir_all(site.path("data")).unwrap();
    let apart = site.restore("config.toml", &["share-1.txt", "share-2.txt"]);
    assert!(apart.status.success() && said(&apart).contains("write it down"), "{}", said(&apart));
    assert!(!Path::new(&site.path("data/madoguchi.db")).exists(), "none is made for it");
    let mode = fs::metadata(site.path("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "whoever else is on that machine");
}

#[test]
fn two_of_three_shares_and_both_officers_bring_the_keys_back() {
    let site = Site::founded();
    let before = site.keys();
    refused(&site.backup("wrong.toml", "backup"), "does not open this key file");
    assert!(!Path::new(&site.path("backup")).exists());
    let made = site.backup("config.toml", "backup");
    assert!(made.status.success() && said(&made).contains("2 key file(s)"), "{}", said(&made));
    refused(&site.backup("config.toml", "backup"), "is not empty");
    fs::remove_dir_all(site.path("data/keys")).unwrap();

    refused(&site.restore("config.toml", &["share-2.txt"]), "1 more share(s) are missing: 2 are needed");
    refused(&site.restore("wrong.toml", &["share-1.txt", "share-3.txt"]), "does not open this key file");
    assert!(!Path::new(&site.path("data/keys")).exists(), "nothing is written before everything fits");
    let third = fs::read_to_string(site.path("backup/share-3.txt")).unwrap();
    fs::write(site.path("backup/torn.txt"), &third[..third.len() - 20]).unwrap();
    refused(&site.restore("config.toml", &["share-1.txt", "torn.txt"]), "torn.txt: this share is damaged");
    let restored = site.restore("config.toml", &["share-3.txt", "share-1.txt"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert_eq!(site.keys(), before, "to the last octet");

    let again = site.restore("config.toml", &["share-2.txt", "share-1.txt"]);
    assert!(said(&again).contains("is there already"), "{}", said(&again));
    let name = before.keys().next().unwrap();
    fs::write(site.path(&format!("data/keys/{name}")), "another").unwrap();
    refused(&site.restore("config.toml", &["share-2.txt", "share-1.txt"]), "nothing is overwritten");
}

#[test]
fn without_halves_there_is_no_backup_in_shares() {
    let site = Site::founded();
    let plain = format!("data_dir = \"{}\"\n[authority]\nunattended_passphrase = true\n", site.path("data"));
    fs::write(site.path("plain.toml"), plain).unwrap();
    refused(&site.backup("plain.toml", "backup"), "authority.passphrase_files");
}

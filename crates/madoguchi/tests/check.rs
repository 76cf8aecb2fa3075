//! The real program checks all certificates, and lets the root revoke an issuing authority.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    process::{Command, Output},
};

use tempfile::TempDir;

const PEOPLE: &str =
    "[[present]]\nname = \"鍵山 一郎\"\nrole = \"鍵管理者\"\n[[present]]\nname = \"立花 花子\"\nrole = \"監査担当\"\n";

/// An installation whose issuing authorities have a profile of the operator's own.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        for (name, months) in [("own", Some(120)), ("short", Some(12)), ("none", None)] {
            let mut config = format!(
                "data_dir = \"{}\"\n[operator]\nname = \"まどぐち運営機構\"\n[authority]\nunattended_passphrase = true\n",
                site.path("data")
            );
            if let Some(months) = months {
                config.push_str(&format!("profiles = \"{}\"\n", site.path(&format!("{name}-profiles.toml"))));
                site.write(&format!("{name}-profiles.toml"), &profile(months));
            }
            site.write(&format!("{name}.toml"), &config);
        }
        site
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn run(&self, config: &str, words: &[&str]) -> Output {
        let config = self.path(&format!("{config}.toml"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command.args(["ca", words[0], "--config", &config]).args(&words[1..]).output().unwrap()
    }

    /// Writes the issuing authority's certificate into the register again and again, under serials that it does not have.
    fn multiply(&self, times: u32) {
        use sqlx::Connection;
        let columns = "authority_id, profile, state, subject, key_hash, tbs, certificate, not_before, not_after, prepared_at, \
                       signed_at";
        let statement = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times}) \
             INSERT INTO certificates (id, serial, {columns}) \
             SELECT randomblob(16), printf('%016x', i), {columns} FROM certificates, n WHERE profile = 'own'"
        );
        let url = format!("sqlite:{}", self.path("data/madoguchi.db"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
        });
    }

    /// Holds a ceremony for a root, where there is none, and an issuing authority.
    fn ceremony(&self, name: &str, root: &str) {
        let issuing =
            format!("[issuing]\ncommon_name = \"{name}\"\nprofile = \"own\"\nkey = \"p256\"\nkey_store = \"file\"\n");
        let script = format!("title = \"{name}\"\noperator = \"まどぐち運営機構\"\n{PEOPLE}{root}{issuing}");
        self.write("script.toml", &script);
        let hash = pki::sha256_hex(script.as_bytes());
        let (script, out) = (self.path("script.toml"), self.path(name));
        let held = self.run("own", &["ceremony", &script, "--script-sha256", &hash, "--out", &out]);
        assert!(held.status.success(), "{}", said(&held));
    }
}

fn profile(months: u32) -> String {
    format!(
        "[own]\ntitle = \"発行認証局\"\nsubject = [\"C=JP\", \"O={{operator}}\", \"CN={{common_name}}\"]\nkeys = [\"p256\"]\n\
         months = {months}\nauthority = true\npath_length = 0\n\
         key_usage = [\"digitalSignature\", \"keyCertSign\", \"cRLSign\"]\npolicies = [\"any\"]\npublish = [\"crl\", \"issuer\"]\n"
    )
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_check_tells_scripts_good_bad_and_could_not_check_apart() {
    let site = Site::new();
    let root = "[root]\ncommon_name = \"ルート\"\nprofile = \"root\"\nkey = \"p384\"\nkey_store = \"file\"\n";
    site.ceremony("発行局 G1", root);
    for (config, code, words) in [
        ("own", 0, "2 checked: 2 good, 0 bad, 0 could not be checked"),
        ("short", 1, "rule: validity.term"),
        ("none", 3, "profile: own"),
        ("own", 0, "2 good"),
    ] {
        let told = site.run(config, &["check"]);
        assert!(told.status.code() == Some(code) && said(&told).contains(words), "{config}: {}", said(&told));
    }
    let told = site.run("none", &["check", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        (json["counted"].as_i64(), json["could_not_check"].as_i64(), told.status.code()),
        (Some(2), Some(1), Some(3))
    );
    assert_eq!(json["findings"][0]["reasons"][0], "profile own");

    let revoke = |name: &str| site.run("own", &["revoke-issuing", name, "--reason", "keyCompromise"]);
    let keys = fs::read_dir(site.path("data/keys")).unwrap().map(|entry| entry.unwrap().file_name());
    let name = keys.map(|name| name.to_str().unwrap().to_owned()).find(|name| name.starts_with("issuing-")).unwrap();
    let name = name.trim_end_matches(".key.pem");
    let told = revoke(name);
    assert!(!told.status.success() && said(&told).contains("the only issuing authority"), "{}", said(&told));
    site.ceremony("発行局 G2", "");
    let told = revoke(name);
    assert!(told.status.success() && said(&told).contains("list 2 of the root names it"), "{}", said(&told));
    let told = revoke(name);
    assert!(told.status.success() && said(&told).contains("revoked before"), "{}", said(&told));
}

#[test]
fn every_finding_is_told_however_many_there_are() {
    let site = Site::new();
    let root = "[root]\ncommon_name = \"ルート\"\nprofile = \"root\"\nkey = \"p384\"\nkey_store = \"file\"\n";
    site.ceremony("発行局 G1", root);
    site.multiply(1_100);
    let told = site.run("own", &["check", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((json["bad"].as_i64(), told.status.code()), (Some(1_100), Some(1)));
    let findings = json["findings"].as_array().unwrap();
    let serials: std::collections::BTreeSet<_> = findings.iter().map(|one| one["serial"].as_str().unwrap()).collect();
    assert_eq!((findings.len(), serials.len()), (1_100, 1_100));
    let told = said(&site.run("own", &["check"]));
    assert_eq!(told.lines().filter(|line| line.starts_with("bad ")).count(), 1_100);
}

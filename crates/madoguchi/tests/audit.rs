//! The real program verifies the audit chain and names the first bad row; its key is read by OpenSSL.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// An installation that was founded.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let config = format!(
            "data_dir = \"{}\"\n[operator]\nname = \"まどぐち運営機構\"\n[authority]\nunattended_passphrase = true\n",
            site.path("data")
        );
        std::fs::write(site.0.path().join("own.toml"), config).unwrap();
        let founded = site.run(&["ca", "init"], &[]);
        assert!(founded.status.success(), "{}", said(&founded));
        site
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, words: &[&str], further: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command.args(words).args(["--config", &self.path("own.toml")]).args(further).output().unwrap()
    }

    fn client(&self, statement: &str) {
        let database = self.path("data/madoguchi.db");
        assert!(Command::new("sqlite3").args([&database, statement]).status().unwrap().success());
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn scripts_learn_the_first_bad_row_from_the_command() {
    let site = Site::new();
    let whole = site.run(&["audit", "verify"], &["--json"]);
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    let rows = json(&whole)["rows"].as_i64().unwrap();
    assert!(rows >= 2 && json(&whole)["whole"] == true && json(&whole)["last_row"] == rows);
    assert!(said(&site.run(&["audit", "verify"], &[])).contains(&format!("{rows} rows, the chain is whole")));
    site.client("UPDATE audit SET action = 'nothing' WHERE seq = 2");
    let broken = site.run(&["audit", "verify"], &["--json"]);
    assert_eq!((broken.status.code(), json(&broken)["first_bad_row"].as_i64()), (Some(1), Some(2)));
    assert!(said(&broken).contains("row 2 does not match its hash"));
}

#[test]
fn the_key_that_signs_is_printed_for_other_programs() {
    let site = Site::new();
    let none = site.run(&["audit", "key"], &[]);
    assert!(said(&none).contains("no key yet"), "{}", said(&none));
    assert!(site.run(&["ca", "check"], &[]).status.success());
    let key = site.run(&["audit", "key"], &[]);
    assert!(key.status.success(), "{}", said(&key));
    let pem = site.path("key.pem");
    std::fs::write(&pem, &key.stdout).unwrap();
    let read = Command::new("openssl").args(["pkey", "-pubin", "-noout", "-text", "-in", &pem]).output().unwrap();
    assert!(said(&read).contains("ED25519 Public-Key"), "{}", said(&read));
    assert_eq!(site.run(&["audit", "verify"], &["--key", &pem]).status.code(), Some(0));
}

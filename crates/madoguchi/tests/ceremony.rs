//! The real program holds ceremonies, with OpenSSL as the judge of what it leaves.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

const PEOPLE: &str =
    "[[present]]\nname = \"鍵山 一郎\"\nrole = \"鍵管理者\"\n[[present]]\nname = \"立花 花子\"\nrole = \"監査担当\"\n";

/// An installation that is not founded yet, and a medium for the root's key.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        fs::create_dir(site.0.path().join("medium")).unwrap();
        let config = format!("data_dir = \"{}\"\n[operator]\nname = \"まどぐち運営機構\"\n", site.path("data"));
        fs::write(site.0.path().join("madoguchi.toml"), config).unwrap();
        site
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn script(&self, name: &str, body: &str) -> String {
        let head = "title = \"第1回 鍵生成式\"\noperator = \"まどぐち運営機構\"\n";
        fs::write(self.0.path().join(name), format!("{head}{body}\n{PEOPLE}")).unwrap();
        let hash = openssl(&["dgst", "-sha256", "-r", &self.path(name)]);
        hash.split_whitespace().next().unwrap().to_owned()
    }

    fn ceremony(&self, script: &str, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args(["ca", "ceremony", "--config", &self.path("madoguchi.toml"), &self.path(script)])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Holds a ceremony that must succeed; gives the folder of what it left.
    fn held(&self, script: &str, hash: &str, out: &str, words: &[&str]) -> String {
        let folder = self.path(out);
        let output = self.ceremony(script, &[&["--script-sha256", hash, "--out", &folder], words].concat());
        assert!(output.status.success(), "{}", said(&output));
        folder
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn try_openssl(words: &[&str]) -> Output {
    Command::new("openssl").args(words).output().expect("openssl runs: install the Debian package openssl")
}

fn openssl(words: &[&str]) -> String {
    let output = try_openssl(words);
    assert!(output.status.success(), "openssl {words:?}: {}", said(&output));
    said(&output)
}

/// Verifies the protocol in a folder by the commands that it prints itself.
fn verify_protocol(folder: &str) {
    let protocol = fs::read_to_string(Path::new(folder).join("protocol.txt")).unwrap();
    let printed = protocol.lines().map(|line| line.rsplit('：').next().unwrap().trim());
    let commands: Vec<&str> = printed.filter(|line| line.starts_with("openssl ")).collect();
    assert_eq!(commands.len(), 4, "{protocol}");
    for command in &commands {
        let output = Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{command}: {}", said(&output));
    }
    let fingerprint = openssl(&["x509", "-in", &format!("{folder}/issuing.pem"), "-noout", "-fingerprint", "-sha256"]);
    let fingerprint = fingerprint.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    assert!(protocol.contains(&fingerprint), "{protocol}");
    let changed = Path::new(folder).join("changed.txt");
    fs::write(&changed, protocol.replace("鍵山", "鍵川")).unwrap();
    let output = Command::new("sh")
        .args(["-c", &commands[1].replace("protocol.txt", "changed.txt")])
        .current_dir(folder)
        .output();
    assert!(!output.unwrap().status.success(), "a changed protocol must not verify");
}

fn founding(folder: &str) -> String {
    format!(
        "[root]\ncommon_name = \"まどぐち ルート認証局 G1\"\nprofile = \"root\"\nkey = \"p384\"\nkey_store = \"file\"\n\
         folder = \"{folder}\"\n{}",
        issuing("まどぐち 端末認証局 G1")
    )
}

fn issuing(name: &str) -> String {
    format!("[issuing]\ncommon_name = \"{name}\"\nprofile = \"issuing\"\nkey = \"p256\"\nkey_store = \"file\"\n")
}

#[test]
fn a_ceremony_founds_and_another_one_rolls_over() {
    let site = Site::new();
    let hash = site.script("first.toml", &founding(&site.path("medium")));
    let rehearsed = site.held("first.toml", &hash, "rehearsal", &["--dry-run"]);
    verify_protocol(&rehearsed);
    assert!(site.read("rehearsal/protocol.txt").contains("【予行演習（鍵と証明書は破棄済み）】"));
    assert!(!Path::new(&site.path("data")).exists() && fs::read_dir(site.path("medium")).unwrap().next().is_none());

    let first = site.held("first.toml", &hash[..16], "first", &[]);
    verify_protocol(&first);
    let protocol = site.read("first/protocol.txt");
    for part in
        ["鍵管理者　鍵山 一郎", "監査担当　立花 花子", &hash, "まどぐち ルート認証局 G1", "ルート認証局の鍵による署名"]
    {
        assert!(protocol.contains(part), "{part}: {protocol}");
    }
    assert!(!protocol.contains("予行演習"));
    let keys: Vec<_> = fs::read_dir(site.path("medium")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(keys.len() == 1 && keys[0].to_string_lossy().starts_with("root-"), "to be carried away: {keys:?}");

    let again = site.ceremony("first.toml", &["--script-sha256", &hash, "--out", &site.path("again")]);
    assert!(!again.status.success() && said(&again).contains("there is a root already"), "{}", said(&again));

    let medium = format!("root_key_folder = \"{}\"\n", site.path("medium"));
    let hash = site.script("second.toml", &format!("{medium}{}", issuing("まどぐち 端末認証局 G2")));
    let second = site.held("second.toml", &hash, "second", &[]);
    verify_protocol(&second);
    assert!(site.read("second/protocol.txt").contains("新しい発行局の鍵による署名"));
    assert_eq!(site.read("first/root.pem"), site.read("second/root.pem"));
    assert_ne!(site.read("first/issuing.pem"), site.read("second/issuing.pem"));
    let config = site.path("madoguchi.toml");
    let audit =
        Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(["audit", "verify", "--config", &config]).output().unwrap();
    assert!(said(&audit).contains("2 rows, the chain is whole"), "each ceremony leaves its row: {}", said(&audit));
}

#[test]
fn every_fault_of_a_script_is_named_and_nothing_is_made() {
    let site = Site::new();
    let body = "root_key_folder = \"/nowhere\"\n[root]\ncommon_name = \"G1\"\nprofile = \"issuing\"\nkey = \"p999\"\n\
                key_store = \"pkcs11\"\n[issuing]\ncommon_name = \"G1\"\nprofile = \"p256\"\nkey = \"p256\"\n\
                key_store = \"file\"\nfolder = \"/\"\n";
    site.script("faults.toml", body);
    let text = site.read("faults.toml").replace("operator = \"まどぐち運営機構\"", "operator = \"別の機構\"");
    fs::write(site.path("faults.toml"), text.replace("立花 花子", "鍵山 一郎")).unwrap();
    let output = site.ceremony("faults.toml", &["--script-sha256", "0", "--out", &site.path("out")]);
    assert!(!output.status.success());
    for part in [
        "operator: the configuration says まどぐち運営機構",
        "present: name at least 2 different people",
        "root.key: must be",
        "root.profile: issuing is none for this",
        "root.key_store: the configuration's root_key_store says file",
        "root_key_folder: only for a rollover",
        "root_key_folder: /nowhere is not a folder",
        "issuing.common_name: is that of the root",
        "issuing.profile: p256 is none for this",
        "issuing.folder:",
    ] {
        assert!(said(&output).contains(part), "{part}: {}", said(&output));
    }
    assert!(!Path::new(&site.path("data")).exists() && !Path::new(&site.path("out")).exists());
}

#[test]
fn a_script_that_nobody_reviewed_is_refused() {
    let site = Site::new();
    let hash = site.script("first.toml", &founding(&site.path("medium")));
    for typed in ["0000000000000000", &hash[..8]] {
        let output = site.ceremony("first.toml", &["--script-sha256", typed, "--out", &site.path("out")]);
        assert!(
            !output.status.success() && said(&output).contains("not the one that was reviewed"),
            "{}",
            said(&output)
        );
    }
    let output = site.ceremony("first.toml", &["--out", &site.path("out")]);
    assert!(!output.status.success(), "asked, and nobody answered");
    let hash = site.script("second.toml", &issuing("まどぐち 端末認証局 G2"));
    let output = site.ceremony("second.toml", &["--script-sha256", &hash, "--out", &site.path("out")]);
    assert!(!output.status.success() && said(&output).contains("there is no root"), "{}", said(&output));
}

//! The real program holds ceremonies, with OpenSSL as the judge of what it leaves.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
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
        site.configure("unattended_passphrase = true\n");
        site
    }

    /// Writes the configuration with these lines for the authority.
    fn configure(&self, authority: &str) {
        let (data, authority) = (self.path("data"), authority.replace("DIR", &self.path("")));
        let config =
            format!("data_dir = \"{data}\"\n[operator]\nname = \"まどぐち運営機構\"\n[authority]\n{authority}");
        fs::write(self.0.path().join("madoguchi.toml"), config).unwrap();
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
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
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
    let program = openssl(&["dgst", "-sha256", "-r", env!("CARGO_BIN_EXE_madoguchi")]);
    let program = program.split_whitespace().next().unwrap();
    assert!(protocol.contains(&format!("プログラムのSHA-256：{program}")), "{protocol}");
    assert!(protocol.contains("追加のプロファイルのSHA-256：なし"), "{protocol}");
    assert_eq!(site.read("first/script.toml"), site.read("first.toml"));
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
    assert!(said(&audit).contains("13 rows, the chain is whole"), "each step leaves its row: {}", said(&audit));
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
fn where_no_protocol_can_be_left_nothing_is_made() {
    let site = Site::new();
    let hash = site.script("first.toml", &founding(&site.path("medium")));
    fs::write(site.path("occupied"), "a file").unwrap();
    for words in [&["--dry-run"][..], &[]] {
        let out = site.path("occupied/protocol");
        let told = site.ceremony("first.toml", &[&["--script-sha256", &hash, "--out", &out], words].concat());
        assert!(!told.status.success() && said(&told).contains("nothing was made:\n- --out: "), "{}", said(&told));
    }
    assert!(!Path::new(&site.path("data")).exists() && fs::read_dir(site.path("medium")).unwrap().next().is_none());
    verify_protocol(&site.held("first.toml", &hash, "new/protocol", &[]));
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

#[test]
fn a_rehearsal_tells_what_would_hinder_the_ceremony_and_changes_nothing() {
    let site = Site::new();
    let hash = site.script("first.toml", &founding(&site.path("medium")));
    site.held("first.toml", &hash, "first", &[]);
    let rows = || {
        let config = site.path("madoguchi.toml");
        let words = ["audit", "verify", "--config", &config];
        let told = said(&Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(words).output().unwrap());
        // How fast it was differs each time.
        told.lines().filter(|line| !line.ends_with("rows/s")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = rows();
    let medium = format!("root_key_folder = \"{}\"\n", site.path("medium"));
    let hash = site.script("second.toml", &format!("{medium}{}", issuing("まどぐち 端末認証局 G2")));
    site.held("second.toml", &hash, "ready", &["--dry-run"]);
    let elsewhere = fs::read_dir(site.path("medium")).unwrap().next().unwrap().unwrap().path();
    fs::rename(&elsewhere, site.path("away")).unwrap();
    let hash = site.script("third.toml", &format!("{medium}{}", issuing("まどぐち 端末認証局 G1")));
    let told = site.ceremony("third.toml", &["--script-sha256", &hash, "--out", &site.path("third"), "--dry-run"]);
    assert!(!told.status.success(), "{}", said(&told));
    for part in ["the ceremony itself could not be held now", "G1 already: take another one", "is not there: bring it"]
    {
        assert!(said(&told).contains(part), "{part}: {}", said(&told));
    }
    verify_protocol(&site.path("third"));
    assert_eq!(rows(), before);
}

#[test]
fn the_protocol_has_the_hash_of_the_profiles_and_they_lie_beside_it() {
    let site = Site::new();
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../pki/tests/stories/hpki-like.toml");
    fs::copy(own, site.path("own.toml")).unwrap();
    site.configure("unattended_passphrase = true\nprofiles = \"DIR/own.toml\"\n");
    let hash = site.script("first.toml", &founding(&site.path("medium")));
    let folder = site.held("first.toml", &hash, "first", &["--dry-run"]);
    let protocol = site.read("first/protocol.txt");
    let profiles = openssl(&["dgst", "-sha256", "-r", &format!("{folder}/profiles.toml")]);
    let profiles = profiles.split_whitespace().next().unwrap();
    assert!(protocol.contains(&format!("追加のプロファイルのSHA-256：{profiles}")), "{protocol}");
    assert!(protocol.contains("sha256sum script.toml profiles.toml"), "{protocol}");
    assert_eq!(site.read("first/profiles.toml"), fs::read_to_string(own).unwrap());
    let other = site.script("first.toml", &founding(&site.path("medium")).replace("ルート認証局 G1", &"長".repeat(65)));
    let told = site.ceremony("first.toml", &["--script-sha256", &other, "--out", &site.path("out"), "--dry-run"]);
    assert!(!told.status.success() && said(&told).contains("root: CNは64文字まで"), "{}", said(&told));
}

/// Makes a token of SoftHSM; gives its slot.
fn token(site: &Site, label: &str) -> String {
    fs::create_dir_all(site.path("tokens")).unwrap();
    let settings = format!("directories.tokendir = {}\nobjectstore.backend = file\n", site.path("tokens"));
    fs::write(site.path("softhsm2.conf"), settings).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", "fedcba98"])
        .env("SOFTHSM2_CONF", site.path("softhsm2.conf"))
        .output()
        .expect("softhsm2-util runs: install the Debian package softhsm2");
    assert!(made.status.success(), "{}", said(&made));
    said(&made).trim().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_ceremony_in_a_token_and_a_rollover_to_another_one() {
    let site = Site::new();
    let slot = token(&site, "first");
    token(&site, "second");
    for (name, half) in [("pin-1", "fedc"), ("pin-2", "ba98"), ("wrong", "ab98")] {
        fs::write(site.path(name), half).unwrap();
        fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let store = |head: &str, which: &str, second: &str| {
        format!(
            "{head}\nkind = \"pkcs11\"\nmodule = \"/usr/lib/softhsm/libsofthsm2.so\"\n{which}\n\
             pin_files = [\"DIR/pin-1\", \"DIR/{second}\"]\n"
        )
    };
    let first = format!("slot = {slot}");
    let both = |second: &str| {
        store("[authority.key_store]", &first, second) + &store("[authority.root_key_store]", &first, second)
    };
    site.configure(&both("wrong"));
    let pkcs11 = |script: String| script.replace("key_store = \"file\"", "key_store = \"pkcs11\"");
    let script = founding("").replace("folder = \"\"\n", "");
    let hash = site.script("first.toml", &pkcs11(script));
    let told = site.ceremony("first.toml", &["--script-sha256", &hash, "--out", &site.path("wrong-pin"), "--dry-run"]);
    assert!(!told.status.success() && said(&told).contains("refused its PIN"), "{}", said(&told));
    site.configure(&both("pin-2"));
    verify_protocol(&site.held("first.toml", &hash, "first", &[]));
    let protocol = site.read("first/protocol.txt");
    assert_eq!(protocol.matches("鍵の保管：暗号装置（PKCS#11）").count(), 2, "{protocol}");
    let (new, root) = ("token = \"second\"", store("[authority.root_key_store]", &first, "pin-2"));
    let moved = store("[authority.key_store]", new, "pin-2") + &root;
    let hash = site.script("second.toml", &pkcs11(issuing("まどぐち 端末認証局 G2")));
    site.configure(&moved);
    verify_protocol(&site.held("second.toml", &hash, "second", &[]));
    let opens = || {
        Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args(["ca", "check", "--config", &site.path("madoguchi.toml")])
            .env("SOFTHSM2_CONF", site.path("softhsm2.conf"))
            .output()
            .unwrap()
    };
    assert!(said(&opens()).contains("does not open"), "the old token is not named: {}", said(&opens()));
    site.configure(&(moved + &store("[[authority.earlier_key_stores]]", &first, "pin-2")));
    let told = opens();
    assert!(told.status.success() && !said(&told).contains("does not open"), "{}", said(&told));
    assert!(
        said(&told).contains("3 good") && !Path::new(&site.path("data/keys/passphrase")).exists(),
        "{}",
        said(&told)
    );
    // Each key is known from its certificate while both tokens are away at a start.
    fs::rename(site.path("tokens"), site.path("away")).unwrap();
    fs::create_dir(site.path("tokens")).unwrap();
    let told = opens();
    assert!(told.status.success() && !said(&told).contains("does not open"), "{}", said(&told));
}

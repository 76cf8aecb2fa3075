//! The real program makes an authority only when it is told to, keeps its secrets from others, and shows its profiles whole.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

const HPKI_LIKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pki/tests/stories/hpki-like.toml");

/// An installation on an empty folder.
struct Site(TempDir);

impl Site {
    /// One whose passphrase lies beside its keys.
    fn unattended() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        site.configure("unattended_passphrase = true");
        site
    }

    /// Writes the configuration with these lines for the authority.
    fn configure(&self, authority: &str) {
        let folder = self.0.path().display();
        let authority = authority.replace("DIR", &folder.to_string());
        let text = format!(
            "data_dir = \"{folder}/data\"\n[operator]\nname = \"まどぐち運営機構\"\n[portal]\nlisten = \"127.0.0.1:0\"\n\
             [closed_network]\nlisten = \"127.0.0.1:0\"\n[mail]\nsmtp = \"smtp://127.0.0.1:9\"\n[authority]\n{authority}\n"
        );
        fs::write(self.0.path().join("madoguchi.toml"), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes a file that only its owner reads.
    fn secret(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        self.let_read(name, 0o600);
    }

    fn let_read(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        let config = self.path("madoguchi.toml");
        Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(words).env("MADOGUCHI_CONFIG", config).output().unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        said(&output)
    }

    fn refused(&self, words: &[&str], why: &str) {
        let output = self.run(words);
        assert!(!output.status.success() && said(&output).contains(why), "{words:?}: {}", said(&output));
    }

    /// Holds a ceremony from a script with this middle; gives what the command said.
    fn ceremony(&self, number: u8, root: bool) -> Output {
        let new = |role: &str, profile: &str, key: &str| {
            format!(
                "[{role}]\ncommon_name = \"{role} {number}\"\nprofile = \"{profile}\"\nkey = \"{key}\"\nkey_store = \"file\"\n"
            )
        };
        let root = if root { new("root", "root", "p384") } else { String::new() };
        let script = format!(
            "title = \"式\"\noperator = \"まどぐち運営機構\"\n[[present]]\nname = \"鍵山\"\nrole = \"鍵管理者\"\n[[present]]\n\
             name = \"立花\"\nrole = \"監査人\"\n{root}{}",
            new("issuing", "issuing", "p256")
        );
        fs::write(self.path("script.toml"), &script).unwrap();
        let (hash, out) = (pki::sha256_hex(script.as_bytes()), self.path(&format!("out-{number}")));
        self.run(&["ca", "ceremony", &self.path("script.toml"), "--script-sha256", &hash, "--out", &out])
    }

    /// Does something to the database beside the program.
    fn sql(&self, statement: &'static str) {
        runtime().block_on(async {
            sqlx::query(statement).execute(&mut self.database().await).await.unwrap();
        });
    }

    /// Roles of the authorities on record, and whether each has a certificate.
    fn authorities(&self) -> Vec<(String, bool)> {
        runtime().block_on(async {
            let all = sqlx::query_as("SELECT role, length(certificate) > 0 FROM authorities ORDER BY id");
            all.fetch_all(&mut self.database().await).await.unwrap()
        })
    }

    async fn database(&self) -> SqliteConnection {
        SqliteConnection::connect(&format!("sqlite:{}", self.path("data/madoguchi.db"))).await.unwrap()
    }

    fn keys(&self) -> usize {
        let Ok(entries) = fs::read_dir(self.path("data/keys")) else { return 0 };
        entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".key.pem")).count()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn no_command_makes_an_authority_by_the_way() {
    let site = Site::unattended();
    fs::write(site.path("list.csv"), "").unwrap();
    let (list, accounts) = (site.path("list.csv"), site.path("list.csv"));
    for words in [
        &["serve"][..],
        &["worker"],
        &["import", "institutions", "--score-table", "1", &list],
        &["import", "accounts", &accounts],
        &["add-administrator", "kanri@example.jp", "管理 司"],
        &["ca", "block-keys", &list],
        &["ca", "check"],
        &["ca", "revoke-issuing", "issuing-1", "--reason", "superseded"],
    ] {
        site.refused(words, "there is no certification authority yet: hold the ceremony (`madoguchi ca ceremony`)");
    }
    assert_eq!((site.authorities(), site.keys()), (vec![], 0));
    assert!(site.done(&["audit", "verify"]).starts_with("0 rows"));
    let made = site.ceremony(1, true);
    assert!(made.status.success(), "none of them is in the way of the ceremony: {}", said(&made));
    assert!(site.done(&["ca", "init"]).starts_with("nothing was made: there is an authority already"));
    assert_eq!(site.authorities().len(), 2);
    site.done(&["ca", "check"]);
}

#[test]
fn a_ceremony_that_broke_off_behind_the_root_leaves_one_root_for_ever() {
    let site = Site::unattended();
    site.done(&["migrate"]);
    site.sql(
        "CREATE TRIGGER breaks BEFORE INSERT ON authorities WHEN NEW.role = 'issuing' BEGIN SELECT RAISE(ABORT, 'power'); END",
    );
    assert!(said(&site.ceremony(1, true)).contains("power"));
    site.sql("DROP TRIGGER breaks");
    for words in [&["serve"][..], &["ca", "init"], &["ca", "check"]] {
        site.refused(
            words,
            "there is a root, but no issuing authority: its making broke off; hold a ceremony without [root]",
        );
    }
    assert_eq!(site.authorities(), [("root".to_owned(), true)]);
    // The break may as well have come before the root's first list.
    site.sql("DELETE FROM crl_shards");
    let again = site.ceremony(2, false);
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(site.authorities(), [("root".to_owned(), true), ("issuing".to_owned(), true)]);
    assert!(fs::metadata(site.path("out-2/root.crl")).unwrap().len() > 0);
    assert!(site.done(&["ca", "check"]).contains("2 good"));
}

#[test]
fn a_record_that_was_given_up_meanwhile_becomes_no_authority() {
    let site = Site::unattended();
    site.done(&["migrate"]);
    // What a process that serves does at its start, between record and signature.
    site.sql(
        "CREATE TRIGGER gives_up AFTER INSERT ON certificates WHEN NEW.profile = 'issuing' \
         BEGIN UPDATE certificates SET state = 'abandoned' WHERE id = NEW.id; END",
    );
    let held = site.ceremony(1, true);
    assert!(!held.status.success() && said(&held).contains("gave the new certificate up"), "{}", said(&held));
    assert_eq!(site.authorities(), [("root".to_owned(), true), ("issuing".to_owned(), false)]);
}

#[test]
fn a_ceremony_is_not_held_by_a_clock_that_stands_before_the_newest_record() {
    let site = Site::unattended();
    site.done(&["ca", "init"]);
    site.sql("UPDATE certificates SET prepared_at = prepared_at + 864000000");
    let held = site.ceremony(1, false);
    assert!(said(&held).contains("the machine's clock: it stands at"), "{}", said(&held));
    assert_eq!((site.authorities().len(), site.keys()), (2, 2), "nothing was made");
}

#[test]
fn a_passphrase_lies_beside_the_keys_only_when_that_is_said() {
    let site = Site::unattended();
    site.configure("");
    for words in [&["serve"][..], &["ca", "init"], &["check-config"]] {
        site.refused(words, "authority.passphrase_files: name the two files with the halves that two officers hold");
    }
    let held = site.ceremony(1, true);
    assert!(!held.status.success() && said(&held).contains("unattended_passphrase"), "{}", said(&held));
    let folder = site.path("data");
    let bare =
        Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(["ca", "init", "--data-dir", &folder]).output().unwrap();
    assert!(!bare.status.success() && said(&bare).contains("unattended_passphrase"), "{}", said(&bare));
    assert!(!Path::new(&site.path("data/keys/passphrase")).exists());
    site.secret("half-1", "the first half");
    site.secret("half-2", "the second half");
    let halves = "passphrase_files = [\"DIR/half-1\", \"DIR/half-2\"]";
    site.configure(&format!("{halves}\nunattended_passphrase = true"));
    site.refused(&["check-config"], "authority.unattended_passphrase: leave it out");
    site.configure(halves);
    site.done(&["ca", "init"]);
    assert!(!Path::new(&site.path("data/keys/passphrase")).exists());
}

#[test]
fn secrets_that_others_can_read_are_refused_by_name_with_what_to_do() {
    let site = Site::unattended();
    site.secret("half-1", "the first half");
    site.secret("half-2", "the second half");
    site.configure("passphrase_files = [\"DIR/half-1\", \"DIR/half-2\"]");
    for (name, mode) in [("half-1", 0o640), ("half-2", 0o604)] {
        site.let_read(name, mode);
        let path = site.path(name);
        site.refused(
            &["check-config"],
            &format!("authority.passphrase_files: {path}: others than its owner have access"),
        );
        site.refused(&["ca", "init"], &format!("chmod 600 {path}"));
        site.let_read(name, 0o400);
    }
    assert!(site.done(&["check-config"]).contains("passphrase_files"));
    fs::remove_file(site.path("half-2")).unwrap();
    site.secret("half-2", "short");
    site.refused(&["check-config"], "authority.passphrase_files: ");
    site.configure("unattended_passphrase = true");
    site.done(&["ca", "init"]);
    site.let_read("data/keys/passphrase", 0o644);
    site.refused(&["ca", "check"], "keys/passphrase: others than its owner have access (mode 644)");
    site.let_read("data/keys/passphrase", 0o600);
    site.done(&["ca", "check"]);
    site.let_read("data/vault.key", 0o660);
    site.refused(&["ca", "check"], "vault.key: others than its owner have access (mode 660)");
}

#[test]
fn profiles_are_printed_with_everything_that_stands_in_a_certificate() {
    let site = Site::unattended();
    site.configure(&format!(
        "unattended_passphrase = true\nprofiles = \"{HPKI_LIKE}\"\nterminal_profiles = [\"hpki-like\", \"p256\"]\n\
         policy_arc = \"1.2.392.200999.1\""
    ));
    let printed = site.done(&["ca", "profiles"]);
    let of = |name: &str| {
        let mut lines = printed.lines().skip_while(|line| !line.starts_with(name));
        let head = lines.next().unwrap().to_owned();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        (head, lines.take_while(|line| line.starts_with(' ')).map(words).collect::<Vec<_>>())
    };
    let (head, lines) = of("hpki-like");
    assert!(
        head.contains("24 months")
            && head.contains("RSA（2048ビット以上）, ECDSA P-256")
            && head.ends_with("terminals: 1"),
        "{head}"
    );
    let role = "303a30380606288185420001312e312c302aa0283126a00c060a2a830886910f01060101a2160c144469726563746f72206f6620486f\
                73706974616c";
    for line in [
        "subject C=JP, O={institution_name}, OU={institution_code}, CN={terminal_name}, serialNumber={reference}",
        "key_usage digitalSignature, nonRepudiation",
        "extended_key_usage clientAuth",
        "policies 1.2.392.200999.1.1.2",
        "publish crl, ocsp, issuer",
        &format!("extension 2.5.29.9, not critical, {role}"),
    ] {
        assert!(lines.iter().any(|one| one == line), "{line}: {lines:#?}");
    }
    assert!(of("p256").0.ends_with("terminals: 2"));
    assert!(of("ocsp").1.contains(&"ocsp_no_check true".to_owned()));
    assert!(of("root").1.contains(&"authority true, self_signed".to_owned()));
}

#[test]
fn a_profile_that_its_use_would_refuse_later_is_refused_at_the_start() {
    let site = Site::unattended();
    let leaf = "title = \"x\"\nkeys = [\"p256\"]\nmonths = 1\nextended_key_usage = [\"clientAuth\"]\n";
    let profiles = format!(
        "[ocsp]\nsubject = [\"CN={{common_name}}\"]\nkey_usage = [\"digitalSignature\"]\n{leaf}\
         [issuing]\nsubject = [\"CN={{common_name}}\"]\nkey_usage = [\"digitalSignature\"]\n{leaf}\
         [own]\nsubject = [\"O={{operator}}\", \"CN={{common_name}}\"]\nkey_usage = [\"keyEncipherment\"]\n{leaf}"
    );
    fs::write(site.path("profiles.toml"), profiles).unwrap();
    site.configure(
        "unattended_passphrase = true\nprofiles = \"DIR/profiles.toml\"\nterminal_profiles = [\"p256\", \"own\"]",
    );
    let told = said(&site.run(&["check-config"]));
    for fault in [
        "authority.profiles: [ocsp] extended_key_usage: ",
        "authority.profiles: [issuing] authority: ",
        "authority.terminal_profiles: [own] key_usage: ",
        "authority.terminal_profiles: [own] subject: プロファイルが求める項目「operator」",
        "authority.terminal_profiles: [own] subject: プロファイルが求める項目「common_name」",
    ] {
        assert!(told.contains(fault), "{fault}: {told}");
    }
    assert_eq!(told.lines().filter(|line| line.starts_with("- ")).count(), 5, "{told}");
    site.refused(&["serve"], "[ocsp] extended_key_usage");
}

#[test]
fn the_key_of_the_vault_is_never_replaced_by_the_way() {
    let site = Site::unattended();
    site.done(&["ca", "init"]);
    site.done(&["ca", "check"]);
    let (key, aside) = (site.path("data/vault.key"), site.path("aside"));
    // As an installation from before keys were noted: its next start notes the one that is there.
    site.sql("DELETE FROM settings WHERE name = 'vault.key'");
    fs::rename(&key, &aside).unwrap();
    for words in [&["serve"][..], &["worker"], &["ca", "check"], &["add-administrator", "kanri@example.jp", "管理 司"]]
    {
        site.refused(words, "vault.key is missing, but the database was filled with one: put it back");
        assert!(!Path::new(&key).exists(), "{words:?}");
    }
    fs::rename(&aside, &key).unwrap();
    site.done(&["ca", "check"]);
    fs::rename(&key, &aside).unwrap();
    site.refused(&["serve"], "vault.key is missing");
    site.secret("data/vault.key", "the key of another installation.");
    site.refused(&["ca", "check"], "vault.key is the key of another installation, not the one of this database");
    fs::remove_file(&key).unwrap();
    let shown = site.done(&["audit", "key", "--replace-lost"]);
    assert_eq!(site.done(&["audit", "key"]), shown);
    site.done(&["ca", "check"]);
    fs::rename(&aside, &key).unwrap();
    site.refused(&["ca", "check"], "vault.key is the key of another installation");
    fs::remove_file(&key).unwrap();
    site.refused(&["ca", "check"], "vault.key is missing");
}

#[test]
fn an_administrator_is_added_without_doing_the_work_of_others() {
    let site = Site::unattended();
    site.done(&["ca", "init"]);
    // The mail server is away, so both mails wait for the serving process.
    assert!(site.done(&["add-administrator", "first@example.jp", "管理 司"]).contains("added; a link"));
    site.sql("UPDATE jobs SET run_at = 0");
    site.done(&["add-administrator", "second@example.jp", "管理 守"]);
    let attempts: Vec<(i64,)> = runtime().block_on(async {
        let mails = sqlx::query_as("SELECT attempt FROM jobs WHERE kind = 'mail.send' ORDER BY id");
        mails.fetch_all(&mut site.database().await).await.unwrap()
    });
    assert_eq!(attempts, [(1,), (1,)], "the first mail is left to the process that serves");
    let others: Vec<(String,)> = runtime().block_on(async {
        let done = sqlx::query_as("SELECT kind FROM jobs WHERE attempt > 0 AND kind <> 'mail.send'");
        done.fetch_all(&mut site.database().await).await.unwrap()
    });
    assert_eq!(others, []);
}

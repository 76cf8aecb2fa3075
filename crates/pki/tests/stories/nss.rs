//! NSS judges every exhibit, as the browsers Firefox and Chromium do on Linux: certutil, crlutil and pk12util.

use crate::exhibits::{Exhibits, FRIENDLY_NAME, PASSPHRASE};
use crate::support::{Folder, everything, run};

/// One minute after the stories' noon, as certutil wants it.
const NOON: &str = "260520030100Z";

/// A database of certificates and keys of its own.
struct Database {
    place: String,
}

impl Database {
    fn new(name: &str) -> Self {
        let database = Self { place: format!("sql:{}", Folder::of(&format!("nss-{name}")).path("")) };
        database.must("certutil", &["-N", "--empty-password"]);
        database
    }

    /// With everything of a set, believing this root.
    fn of(story: &str, set: &Exhibits, root: &str) -> Self {
        let database = Self::new(&format!("{}-{story}", set.name));
        database.must("certutil", &["-A", "-n", "root", "-t", "CT,,", "-a", "-i", root]);
        for name in ["issuing", "good", "stolen", "server", "responder"] {
            let file = set.path(&format!("{name}.der"));
            database.must("certutil", &["-A", "-n", name, "-t", ",,", "-i", &file]);
        }
        database
    }

    /// Whether a program went well, and what it said.
    fn ask(&self, program: &str, arguments: &[&str]) -> (bool, String) {
        let arguments = [&["-d", &self.place], arguments].concat();
        let output = run(program, &arguments, "install the Debian package libnss3-tools");
        (output.status.success(), everything(&output))
    }

    fn must(&self, program: &str, arguments: &[&str]) -> String {
        let (well, said) = self.ask(program, arguments);
        assert!(well, "{program} {arguments:?}: {said}");
        said
    }

    /// What is said of a certificate for a use: `C` client, `V` server, `L` authority, `O` OCSP responder.
    fn verdict(&self, name: &str, usage: &str) -> String {
        self.ask("certutil", &["-V", "-n", name, "-u", usage, "-e", "-b", NOON]).1.trim().to_owned()
    }
}

const VALID: &str = "certutil: certificate is valid";

#[test]
fn certutil_finds_each_chain_valid_for_its_use_and_for_no_other() {
    for (set, stranger) in Exhibits::beside_a_stranger() {
        let database = Database::of("chain", set, &set.path("root.pem"));
        for (name, usage) in [("good", "C"), ("stolen", "C"), ("server", "V"), ("responder", "O"), ("issuing", "L")] {
            assert_eq!(database.verdict(name, usage), VALID, "{} {name}", set.name);
        }
        for (name, usage) in [("good", "V"), ("server", "C"), ("good", "O"), ("responder", "C")] {
            let said = database.verdict(name, usage);
            assert!(said.starts_with("certutil: certificate is invalid"), "{} {name} for {usage}: {said}", set.name);
        }
        let said = Database::of("stranger", set, &stranger).verdict("good", "C");
        assert!(said.ends_with("issuer is not recognized."), "{}: {said}", set.name);
    }
}

#[test]
fn a_list_that_crlutil_took_makes_certutil_refuse_the_revoked_terminal() {
    for set in Exhibits::all() {
        let database = Database::of("list", set, &set.path("root.pem"));
        for list in ["full.der", "root-list.der"] {
            database.must("crlutil", &["-I", "-t", "1", "-i", &set.path(list)]);
        }
        assert_eq!(database.verdict("good", "C"), VALID, "{}", set.name);
        let said = database.verdict("stolen", "C");
        assert!(said.ends_with("certificate is invalid: Peer's Certificate has been revoked."), "{}: {said}", set.name);
    }
}

#[test]
fn crlutil_does_not_know_lists_of_shards_and_says_so() {
    // RFC 5280, 5.2.5 makes the extension critical, so a program that does not know it must not use the list.
    for set in Exhibits::all() {
        let database = Database::of("shard", set, &set.path("root.pem"));
        let (taken, said) = database.ask("crlutil", &["-I", "-t", "1", "-i", &set.path("shard.der")]);
        assert!(!taken && said.contains("SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION"), "{}: {said}", set.name);
        assert_eq!(database.verdict("stolen", "C"), VALID, "{}", set.name);
    }
}

#[test]
fn pk12util_takes_in_pkcs12_of_both_formats() {
    for set in Exhibits::all() {
        for file in ["modern.p12", "legacy.p12"] {
            let database = Database::new(&format!("{}-{file}", set.name));
            let file = set.path(file);
            let (taken, said) = database.ask("pk12util", &["-i", &file, "-W", "Abcd-1234_~?"]);
            assert!(!taken && said.contains("SEC_ERROR_BAD_PASSWORD"), "{}: {said}", set.name);
            let said = database.must("pk12util", &["-i", &file, "-W", PASSPHRASE]);
            assert!(said.contains("PKCS12 IMPORT SUCCESSFUL"), "{}: {said}", set.name);
            let keys = database.must("certutil", &["-K"]);
            assert!(keys.contains(FRIENDLY_NAME), "the key bears the terminal's name: {keys}");
            let authorities = database.must("certutil", &["-L"]);
            assert!(authorities.contains("CN=まどぐち 端末認証局 G1"), "the chain is there, too: {authorities}");
            assert_eq!(authorities.matches("CN=まどぐち").count(), 2, "{authorities}");
        }
    }
}

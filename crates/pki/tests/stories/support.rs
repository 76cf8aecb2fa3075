//! What the stories share: a small authority with fixed clock and randomness, and the foreign judges.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::clock::{Randomness, Timestamp};
use pki::{
    AlternativeName, Certificate, CertificateOrder, EXAMPLE_POLICY_ARC, IssuerCert, KeyKind, Linter, Profile, Profiles,
    PublicKey, Serial, SigningKey, Subject, Urls, prepare, sign,
};

/// 2026-05-20, noon in Japan.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_779_246_000_000);

/// Bytes that differ from call to call and are the same in every run.
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn from(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits (SplitMix64).
    pub(crate) fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Randomness for Sequence {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.next().to_le_bytes()[0];
        }
    }
}

/// A root and an issuing authority, with their keys.
pub(crate) struct Authority {
    pub(crate) profiles: Profiles,
    pub(crate) linter: Linter,
    pub(crate) root: IssuerCert,
    pub(crate) root_key: SigningKey,
    pub(crate) issuing: IssuerCert,
    pub(crate) issuing_key: SigningKey,
    pub(crate) random: Sequence,
}

impl Authority {
    /// An authority with keys of the usual kinds.
    pub(crate) fn open() -> Self {
        Self::with_keys(KeyKind::P384, KeyKind::P256)
    }

    pub(crate) fn with_keys(root_kind: KeyKind, issuing_kind: KeyKind) -> Self {
        Self::found(root_kind, issuing_kind, Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap())
    }

    /// An authority whose terminal profile carries the address of its practice statement.
    pub(crate) fn stating_its_practice() -> Self {
        let text =
            include_str!("../../profiles/terminal.toml").replace("months = 39", "months = 39\npolicy_statement = true");
        let own = Profiles::parse(&text, EXAMPLE_POLICY_ARC).unwrap();
        let profiles = Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap().overlaid_with(own);
        Self::found(KeyKind::P384, KeyKind::P256, profiles)
    }

    /// An authority with one more profile, which nobody wrote code for.
    pub(crate) fn like_hpki() -> Self {
        Self::like_hpki_with_keys(KeyKind::P384, KeyKind::P256)
    }

    pub(crate) fn like_hpki_with_keys(root_kind: KeyKind, issuing_kind: KeyKind) -> Self {
        let own = Profiles::parse(include_str!("hpki-like.toml"), EXAMPLE_POLICY_ARC).unwrap();
        let profiles = Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap().overlaid_with(own);
        Self::found(root_kind, issuing_kind, profiles)
    }

    /// An authority with keys that are there already, perhaps in a token.
    pub(crate) fn with(root_key: SigningKey, issuing_key: SigningKey) -> Self {
        Self::around(root_key, issuing_key, Profiles::built_in(EXAMPLE_POLICY_ARC).unwrap())
    }

    fn found(root_kind: KeyKind, issuing_kind: KeyKind, profiles: Profiles) -> Self {
        let keys = (SigningKey::generate(root_kind).unwrap(), SigningKey::generate(issuing_kind).unwrap());
        Self::around(keys.0, keys.1, profiles)
    }

    fn around(root_key: SigningKey, issuing_key: SigningKey, profiles: Profiles) -> Self {
        let (linter, random) = (Linter::new().unwrap(), Sequence::from(7));
        let desk = || Desk { linter: &linter, serial: Serial::generate(&random) };
        let root_subject = Subject::operator("まどぐち運営機構", "まどぐち ルート認証局 G1");
        let root =
            desk().issue(profiles.get("root").unwrap(), None, &root_key, &root_subject, root_key.public_key(), &[]);
        let root = IssuerCert::parse(&root.der).unwrap();
        let subject = Subject::operator("まどぐち運営機構", "まどぐち 端末認証局 G1");
        let issuing = profiles.get("issuing").unwrap();
        let issuing = desk().issue(issuing, Some(&root), &root_key, &subject, issuing_key.public_key(), &[]);
        let issuing = IssuerCert::parse(&issuing.der).unwrap();
        Self { linter, root, root_key, issuing, issuing_key, random, profiles }
    }

    pub(crate) fn profile(&self, name: &str) -> &Arc<Profile> {
        self.profiles.get(name).unwrap()
    }

    /// A certificate under the issuing authority, prepared, linted and signed.
    pub(crate) fn issue(
        &self,
        profile: &str,
        subject: &Subject,
        key: &PublicKey,
        names: &[AlternativeName],
    ) -> Certificate {
        let desk = Desk { linter: &self.linter, serial: Serial::generate(&self.random) };
        desk.issue(self.profile(profile), Some(&self.issuing), &self.issuing_key, subject, key, names)
    }

    /// A serial as the program gives it to terminals.
    pub(crate) fn terminal_serial(&self) -> Serial {
        Serial::of_moment(NOON, &self.random)
    }

    /// A terminal's certificate for the key.
    pub(crate) fn terminal(&self, profile: &str, key: &PublicKey) -> Certificate {
        let desk = Desk { linter: &self.linter, serial: self.terminal_serial() };
        let profile = self.profile(profile);
        desk.issue(profile, Some(&self.issuing), &self.issuing_key, &terminal_subject(), key, &[])
    }
}

/// What one certificate is made with.
struct Desk<'a> {
    linter: &'a Linter,
    serial: Serial,
}

impl Desk<'_> {
    fn issue(
        self,
        profile: &Arc<Profile>,
        issuer: Option<&IssuerCert>,
        issuer_key: &SigningKey,
        subject: &Subject,
        public_key: &PublicKey,
        alternative_names: &[AlternativeName],
    ) -> Certificate {
        let order = CertificateOrder {
            profile,
            issuer,
            serial: &self.serial,
            subject,
            alternative_names,
            public_key,
            validity: profile.validity(NOON, issuer).unwrap(),
            urls: &urls(),
        };
        let prepared = prepare(&order).unwrap();
        assert_eq!(self.linter.lint(&prepared), [], "lint of {}", profile.name());
        sign(prepared, issuer_key).unwrap()
    }
}

pub(crate) fn urls() -> Urls {
    Urls {
        crl: Some("http://pki.example.jp/pki/terminal-g1.crl".to_owned()),
        ocsp: Some("http://pki.example.jp/ocsp".to_owned()),
        issuer: Some("http://pki.example.jp/pki/terminal-g1.cer".to_owned()),
        cps: Some("http://pki.example.jp/cps".to_owned()),
    }
}

pub(crate) fn terminal_subject() -> Subject {
    Subject::terminal("医療法人社団 𠮷野歯科医院", "1330100016", "オンライン資格確認パソコン", "C7KM-4X8P-2")
}

/// A folder of its own for one story; emptied at the beginning.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn of(story: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(story);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Root and issuing certificate as PEM files.
    pub(crate) fn write_chain(&self, authority: &Authority) -> (String, String) {
        let root = self.write("root.pem", pki::pem::certificate(authority.root.der()));
        (root, self.write("issuing.pem", pki::pem::certificate(authority.issuing.der())))
    }
}

/// Runs OpenSSL, which must succeed, and gives everything it said.
pub(crate) fn openssl(arguments: &[&str]) -> String {
    let output = try_openssl(arguments);
    let said = everything(&output);
    assert!(output.status.success(), "openssl {} failed:\n{said}", arguments.join(" "));
    said
}

pub(crate) fn try_openssl(arguments: &[&str]) -> Output {
    run("openssl", arguments, "install the Debian package openssl")
}

/// Runs a program that must exist; `hint` says how to get it.
pub(crate) fn run(program: &str, arguments: &[&str], hint: &str) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("cannot run {program} ({error}): {hint}"))
}

pub(crate) fn everything(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Seconds since 1970, as `openssl -attime` wants them.
pub(crate) fn at(instant: Timestamp) -> String {
    instant.as_seconds().to_string()
}

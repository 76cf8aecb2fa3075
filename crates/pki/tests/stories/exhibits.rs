//! What the foreign judges look at: everything the engine makes around a terminal's certificate, as files.
//!
//! One set for each profile of terminals, and for each kind of authority above it; names are Japanese throughout.

use std::sync::OnceLock;

use pki::{
    AlternativeName, CertId, CertStatus, Certificate, CrlOrder, IssuerCert, KeyKind, OcspAnswer, OcspOrder,
    Pkcs12Contents, Pkcs12Format, Pkcs12Passphrase, Responder, RevocationReason, RevokedEntry, Serial, SigningKey,
    Subject, pem, prepare_crl, prepare_ocsp,
};
use time::Duration;

use crate::support::{Authority, Folder, NOON};

/// Passphrase of the PKCS#12 files.
pub(crate) const PASSPHRASE: &str = "Abcd-1234_~!";
/// Name of the key in the PKCS#12 files.
pub(crate) const FRIENDLY_NAME: &str = "吉野 受付パソコン";

/// The profiles with the key of the terminal, and the keys of root and issuing authority above.
const SETS: [(&str, KeyKind, KeyKind, KeyKind); 5] = [
    ("p256", KeyKind::P256, KeyKind::P384, KeyKind::P256),
    ("rsa2048", KeyKind::Rsa2048, KeyKind::P384, KeyKind::P256),
    ("rsa3072", KeyKind::Rsa3072, KeyKind::Rsa3072, KeyKind::Rsa3072),
    ("hpki-like", KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa3072),
    ("hpki-like", KeyKind::P256, KeyKind::P384, KeyKind::P384),
];

/// A set of files:
///
/// | name | what |
/// |---|---|
/// | `root`, `issuing` | the authorities, `.pem` and `.der` |
/// | `good`, `stolen` | certificates of two terminals, the second one revoked, `.pem` and `.der` |
/// | `server`, `responder` | certificates of the closed network's listener and of the OCSP responder |
/// | `full`, `shard`, `root-list` | revocation lists of the issuing authority, and of the root, `.pem` and `.der` |
/// | `good-ocsp.der`, `stolen-ocsp.der`, `unknown-ocsp.der` | answers of the responder |
/// | `direct-ocsp.der` | an answer that the issuing authority signed itself, about `good` |
/// | `modern.p12`, `legacy.p12` | key and chain of `good` |
pub(crate) struct Exhibits {
    /// Name of the set, for messages.
    pub(crate) name: String,
    /// Where the files lie.
    pub(crate) folder: Folder,
}

/// The certificates of a set.
struct Issued {
    key: SigningKey,
    good: Certificate,
    stolen: Certificate,
    responder_key: SigningKey,
    responder: Certificate,
}

impl Exhibits {
    /// Every set, made once for all stories.
    pub(crate) fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Exhibits>> = OnceLock::new();
        ALL.get_or_init(|| SETS.into_iter().map(Self::make).collect())
    }

    /// Every set, each with the root of another authority, which must not be believed about it.
    pub(crate) fn beside_a_stranger() -> impl Iterator<Item = (&'static Self, String)> {
        let strangers = Self::all().iter().cycle().skip(1);
        Self::all().iter().zip(strangers.map(|other| other.path("root.pem")))
    }

    /// The path of a file.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path(name)
    }

    /// The path of a new file that holds two others, one behind the other.
    pub(crate) fn joined(&self, name: &str, first: &str, second: &str) -> String {
        self.folder.write(name, [self.folder.read(first), self.folder.read(second)].concat())
    }

    fn make((profile, kind, root, issuing): (&str, KeyKind, KeyKind, KeyKind)) -> Self {
        let name = format!("{profile}-{kind:?}").to_lowercase();
        // Two test programs may run at the same time.
        let folder = Folder::of(&format!("{}-{name}", env!("CARGO_CRATE_NAME")));
        let authority = Authority::like_hpki_with_keys(root, issuing);
        let issued = Issued::of(&authority, profile, kind);
        let exhibits = Self { name, folder };
        exhibits.certificates(&authority, &issued);
        exhibits.lists(&authority, &issued);
        exhibits.answers(&authority, &issued);
        exhibits.key_stores(&authority, &issued);
        exhibits
    }

    fn write(&self, name: &str, der: &[u8], as_pem: fn(&[u8]) -> String) {
        self.folder.write(&format!("{name}.der"), der);
        self.folder.write(&format!("{name}.pem"), as_pem(der));
    }

    fn certificates(&self, authority: &Authority, issued: &Issued) {
        let names = [AlternativeName::Dns("closed.example.jp".to_owned())];
        let subject = Subject::operator("まどぐち運営機構", "closed.example.jp");
        let server = authority.issue("closed-network-server", &subject, issued.responder_key.public_key(), &names);
        for (name, der) in [
            ("root", authority.root.der()),
            ("issuing", authority.issuing.der()),
            ("good", &issued.good.der),
            ("stolen", &issued.stolen.der),
            ("responder", &issued.responder.der),
            ("server", &server.der),
        ] {
            self.write(name, der, pem::certificate);
        }
    }

    fn lists(&self, authority: &Authority, issued: &Issued) {
        let entry = |serial: &Serial, reason| RevokedEntry {
            serial: serial.clone(),
            revoked_at: NOON - Duration::hours(1),
            reason,
        };
        let mut revoked = vec![entry(&issued.stolen.serial, RevocationReason::KeyCompromise)];
        revoked.extend(RevocationReason::ALL.map(|reason| entry(&authority.terminal_serial(), reason)));
        let point = "http://pki.example.jp/pki/terminal-g1.crl";
        let list = |issuer: &IssuerCert, key: &SigningKey, revoked: &[RevokedEntry], distribution_point| {
            let next_update = NOON + Duration::hours(24);
            let order = CrlOrder { issuer, number: 7, this_update: NOON, next_update, revoked, distribution_point };
            let prepared = prepare_crl(&order).unwrap();
            assert_eq!(authority.linter.lint_crl(&prepared), []);
            prepared.sign(key).unwrap()
        };
        let of_issuing = |point| list(&authority.issuing, &authority.issuing_key, &revoked, point);
        self.write("full", &of_issuing(None), pem::crl);
        self.write("shard", &of_issuing(Some(point)), pem::crl);
        self.write("root-list", &list(&authority.root, &authority.root_key, &[], None), pem::crl);
    }

    fn answers(&self, authority: &Authority, issued: &Issued) {
        let delegated = Responder::delegated(&authority.issuing, &issued.responder.der).unwrap();
        let direct = Responder::issuer(&authority.issuing);
        let revoked = CertStatus::Revoked { at: NOON - Duration::hours(1), reason: RevocationReason::KeyCompromise };
        let stranger = authority.terminal_serial();
        for (name, responder, key, serial, status) in [
            ("good-ocsp", &delegated, &issued.responder_key, &issued.good.serial, CertStatus::Good),
            ("stolen-ocsp", &delegated, &issued.responder_key, &issued.stolen.serial, revoked),
            ("unknown-ocsp", &delegated, &issued.responder_key, &stranger, CertStatus::Unknown),
            ("direct-ocsp", &direct, &authority.issuing_key, &issued.good.serial, CertStatus::Good),
        ] {
            let ids = CertId::both(&authority.issuing, serial).unwrap();
            let answers = ids.map(|certificate| OcspAnswer { certificate, status });
            let next_update = NOON + Duration::hours(24);
            let order = OcspOrder { responder, answers: &answers, produced_at: NOON, next_update, nonce: None };
            let prepared = prepare_ocsp(&order).unwrap();
            assert_eq!(authority.linter.lint_ocsp(&prepared), []);
            self.folder.write(&format!("{name}.der"), prepared.sign(key).unwrap());
        }
    }

    fn key_stores(&self, authority: &Authority, issued: &Issued) {
        let contents = Pkcs12Contents {
            friendly_name: FRIENDLY_NAME,
            key_pkcs8: issued.key.pkcs8_der().unwrap(),
            certificate: &issued.good.der,
            chain: &[authority.issuing.der(), authority.root.der()],
        };
        let passphrase = Pkcs12Passphrase::new(PASSPHRASE).unwrap();
        for (name, format) in [("modern.p12", Pkcs12Format::Modern), ("legacy.p12", Pkcs12Format::Legacy)] {
            self.folder.write(name, contents.write(format, &passphrase).unwrap());
        }
    }
}

impl Issued {
    fn of(authority: &Authority, profile: &str, kind: KeyKind) -> Self {
        let (key, lost) = (SigningKey::generate(kind).unwrap(), SigningKey::generate(kind).unwrap());
        let responder_key = SigningKey::generate(KeyKind::P256).unwrap();
        let subject = Subject::operator("まどぐち運営機構", "OCSPレスポンダ 1");
        Self {
            good: authority.terminal(profile, key.public_key()),
            stolen: authority.terminal(profile, lost.public_key()),
            responder: authority.issue("ocsp", &subject, responder_key.public_key(), &[]),
            key,
            responder_key,
        }
    }
}

//! How a certificate reaches a terminal: in a file with its key, or for a key that stays there. Shared by pickup, renewal
//! and enrolment by machines (spec 04.3, 04.5, 04.6).

use std::sync::Arc;

use domain::{applications::Entry, ids::CertificateId, institutions::Institution, secrets::FilePassphrase};
use pki::{
    CertificateRequest, CsrFault, KeyFault, KeyKind, Pkcs12Contents, Pkcs12Format, Pkcs12Passphrase, Profile,
    PublicKey, SigningKey, Subject,
};
use storage::{applications::Application, boxed};
use zeroize::Zeroizing;

use super::{issuance::Order, keys};
use crate::{Ctx, Error, Result, heavy::heavy};

/// Why a certificate cannot be delivered in the way that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeFault {
    /// The passphrase cannot protect a file.
    #[error("{0}")]
    Passphrase(String),
    /// The two passphrases differ.
    #[error("確認用のパスワードが、ファイルのパスワードと違います。同じものを入力してください。")]
    PassphraseDiffers,
    /// The request for a certificate cannot be used.
    #[error("{0}")]
    Request(String),
}

/// How the certificate is fetched.
#[derive(Debug)]
pub enum PickupMode {
    /// The key is made here, in memory; a PKCS#12 file with a passphrase.
    File {
        /// Passphrase.
        passphrase: Zeroizing<String>,
        /// The same once more.
        again: Zeroizing<String>,
        /// Format of the file.
        format: Pkcs12Format,
    },
    /// The key stays on the terminal; a certificate for its request (PKCS#10, PEM or DER).
    Request(Vec<u8>),
}

/// A fetched certificate.
#[derive(Debug)]
pub struct Pickup {
    /// File name.
    pub file_name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A passphrase for a file, in groups, for those who do not want to think of one. It is kept nowhere.
pub fn suggested_passphrase(ctx: &Ctx<'_>) -> String {
    FilePassphrase::generate(&*ctx.app.randomness).grouped()
}

/// The kinds of keys that a request of a terminal may hold, in words.
pub fn taken_key_names(ctx: &Ctx<'_>) -> String {
    ctx.app.authority.terminals.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

/// The profiles in force for terminals, by name and title, for whoever chooses one for an operating system.
pub fn terminal_profiles(ctx: &Ctx<'_>) -> Vec<Entry> {
    let entry = |profile: &Profile| Entry {
        value: profile.name().to_owned(),
        label: profile.title().to_owned(),
        ..Entry::default()
    };
    ctx.app.authority.terminals.iter().map(entry).collect()
}

/// The terminal that gets a certificate.
pub(super) struct Terminal {
    pub(super) case: Application,
    pub(super) institution: Institution,
}

impl Terminal {
    /// The name that was applied for.
    pub(super) fn name(&self) -> String {
        self.case.terminal_name.clone().unwrap_or_default()
    }

    fn reference(&self) -> String {
        self.case.reference.clone().unwrap_or_default()
    }

    /// The format of file that suits its operating system: `modern` or `legacy`.
    pub(super) fn format(&self, ctx: &Ctx<'_>) -> String {
        let lists = ctx.app.reference().lists;
        let os = lists.entry("terminal_oses", self.case.answers.get("terminal_os_1"));
        os.map_or("modern", |os| os.pkcs12.as_str()).to_owned()
    }

    /// The profile of the keys that are made for it.
    pub(super) fn profile(&self, ctx: &Ctx<'_>) -> Arc<Profile> {
        profile_of(ctx, &self.case)
    }

    /// Whether it may be a Windows terminal: those whose system nobody knows are led as most are.
    pub(super) fn is_windows(&self) -> bool {
        !["linux", "apple"].contains(&self.case.answers.get("terminal_os_1"))
    }

    /// What is issued to it for a key, perhaps to follow another certificate: by the profile of its operating system if that
    /// takes the key.
    pub(super) fn order(&self, ctx: &Ctx<'_>, public_key: PublicKey, renews: Option<CertificateId>) -> Result<Order> {
        let (own, found) = (self.profile(ctx), public_key.algorithm());
        let fitting = if own.accepts(found) { Some(&*own) } else { ctx.app.authority.terminals.for_key(found) };
        let profile = fitting.ok_or_else(|| Error::internal("no profile takes the key"))?.name().to_owned();
        let (terminal, institution) = (self.name(), &self.institution);
        let name = pki::fitted(pki::AttributeKind::Organization, &institution.name);
        Ok(Order {
            application: self.case.id,
            institution: institution.id,
            subject: Subject::terminal(&name, institution.code.as_str(), &terminal, &self.reference()),
            terminal,
            public_key,
            profile,
            renews,
        })
    }
}

/// The profile of the keys that are made for a case's terminal, by the operating system that was applied with (spec 04.1, 04.4).
pub(crate) fn profile_of(ctx: &Ctx<'_>, case: &Application) -> Arc<Profile> {
    let lists = ctx.app.reference().lists;
    let os = lists.entry("terminal_oses", case.answers.get("terminal_os_1"));
    ctx.app.authority.terminals.named_or_preferred(os.map_or("", |os| os.profile.as_str())).clone()
}

/// What is wanted, with everything that can be refused beforehand refused.
pub(super) enum Wanted {
    File(Pkcs12Passphrase, Pkcs12Format),
    Request(Box<CertificateRequest>),
}

impl Wanted {
    /// Judges what was typed or sent.
    pub(super) async fn read(ctx: &Ctx<'_>, mode: PickupMode) -> Result<Self, ModeFault> {
        match mode {
            PickupMode::File { passphrase, again, format } => {
                let checked = Pkcs12Passphrase::new(&passphrase).map_err(|f| ModeFault::Passphrase(f.to_string()))?;
                if *passphrase == *again { Ok(Self::File(checked, format)) } else { Err(ModeFault::PassphraseDiffers) }
            }
            PickupMode::Request(bytes) => {
                let request = heavy(|| CertificateRequest::parse(&bytes)).await.map_err(|fault| match fault {
                    CsrFault::Key(KeyFault::UnsupportedAlgorithm | KeyFault::UnsupportedCurve) => not_taken(ctx, ""),
                    other => ModeFault::Request(other.to_string()),
                })?;
                let found = request.public_key().algorithm();
                if ctx.app.authority.terminals.for_key(found).is_none() {
                    return Err(not_taken(ctx, &format!("（{found}）")));
                }
                Ok(Self::Request(Box::new(request)))
            }
        }
    }

    /// Whether it is a request with this key.
    pub(super) fn holds(&self, key_hash: &str) -> bool {
        matches!(self, Self::Request(request) if request.public_key().key_hash() == key_hash)
    }

    /// The key to certify: the request's, if nothing speaks against it, or one that is made now.
    #[boxed]
    pub(super) async fn key(&self, ctx: &Ctx<'_>, terminal: &Terminal) -> Result<Result<Key, ModeFault>> {
        match self {
            Self::File(..) => make_key(terminal.profile(ctx).generated_key()).await.map(|key| Ok(Key::Made(key))),
            Self::Request(request) => {
                let key = request.public_key();
                let objection = keys::objection(ctx, key, terminal.case.id).await?;
                Ok(match objection {
                    Some(words) => Err(ModeFault::Request(words.to_owned())),
                    None => Ok(Key::Sent(key.clone())),
                })
            }
        }
    }
}

/// A key of a kind that no profile in force takes, with the kinds that one does.
fn not_taken(ctx: &Ctx<'_>, found: &str) -> ModeFault {
    let taken = taken_key_names(ctx);
    ModeFault::Request(format!(
        "この窓口で使えない種類の鍵{found}です。{taken}の鍵で、証明書の要求を作り直してください。"
    ))
}

/// What recording gave, with a key that was refused at the last moment as what it is to the person: another case asked with
/// the same key at the same instant, or it was blocked or spent meanwhile.
pub(super) fn or_refused<T>(recorded: Result<T>) -> Result<Result<T, ModeFault>> {
    match recorded {
        Ok(recorded) => Ok(Ok(recorded)),
        Err(Error::KeyRefused(known)) => {
            let words = keys::words(&known).ok_or(Error::KeyRefused(known))?;
            Ok(Err(ModeFault::Request(words.to_owned())))
        }
        Err(error) => Err(error),
    }
}

/// The key that is certified.
pub(super) enum Key {
    Made(SigningKey),
    Sent(PublicKey),
}

impl Key {
    /// Its public half.
    pub(super) fn public(&self) -> PublicKey {
        match self {
            Self::Made(key) => key.public_key().clone(),
            Self::Sent(key) => key.clone(),
        }
    }
}

async fn make_key(kind: KeyKind) -> Result<SigningKey> {
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(kind)).await.map_err(Error::internal)?;
    made.map_err(Error::internal)
}

/// Packs a certificate as it was wanted.
pub(super) async fn deliver(
    ctx: &Ctx<'_>,
    terminal: &Terminal,
    wanted: Wanted,
    key: Key,
    der: Vec<u8>,
) -> Result<Pickup> {
    let (reference, name) = (terminal.reference(), terminal.name());
    let authority = ctx.app.authority.clone();
    match (wanted, key) {
        (Wanted::File(passphrase, format), Key::Made(key)) => {
            let write = move || -> Result<Vec<u8>> {
                let key = key.pkcs8_der().ok_or_else(|| Error::internal("the key cannot leave its store"))?;
                let chain = [authority.issuing.certificate.der(), authority.root.der()];
                let contents =
                    Pkcs12Contents { friendly_name: &name, key_pkcs8: key, certificate: &der, chain: &chain };
                contents.write(format, &passphrase).map_err(Error::internal)
            };
            let bytes = tokio::task::spawn_blocking(write).await.map_err(Error::internal)??;
            Ok(Pickup { file_name: format!("{reference}.p12"), media_type: "application/x-pkcs12", bytes })
        }
        _ => {
            let chain = [der.as_slice(), authority.issuing.certificate.der(), authority.root.der()];
            let bytes: String = chain.iter().map(|der| pki::pem::certificate(der)).collect();
            let bytes = bytes.into_bytes();
            Ok(Pickup { file_name: format!("{reference}.pem"), media_type: "application/x-pem-file", bytes })
        }
    }
}

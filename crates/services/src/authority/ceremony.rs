//! The ceremony: authorities made before witnesses from a reviewed script, with a signed protocol (spec 04.4).

use domain::calendar::japanese_datetime;
use pki::{CertificateInfo, IssuerCert, KeyAlgorithm};
use storage::{authority as rows, boxed};

use super::{
    Founding, NewAuthority,
    making::{Made, ROOT, first_crl, make_issuing, make_root, newest_root},
};
use crate::{App, Ctx, Error, Result};

mod hindrances;
mod protocol;

pub use hindrances::hindrances;
pub use protocol::Sheet;

/// Someone who is there and signs the protocol by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Name.
    pub name: String,
    /// What they are there for, such as 「鍵管理者」.
    pub role: String,
}

/// What is done, as the reviewed script says.
#[derive(Clone, Debug)]
pub struct Ceremony<'a> {
    /// Name of the ceremony.
    pub title: &'a str,
    /// Who is there.
    pub present: &'a [Present],
    /// A new root; none for a rollover, which makes a new issuing authority below the root that is there.
    pub root: Option<NewAuthority<'a>>,
    /// The new issuing authority.
    pub issuing: NewAuthority<'a>,
    /// Version of this program.
    pub version: &'a str,
    /// SHA-256 of this program.
    pub program: &'a str,
    /// SHA-256 of the script.
    pub script: &'a str,
    /// SHA-256 of the configuration in force, as `check-config` prints it.
    pub configuration: &'a str,
    /// SHA-256 of the file with further profiles, if the configuration names one.
    pub profiles: Option<&'a str>,
    /// Whether nothing of it stays.
    pub rehearsal: bool,
}

/// What a ceremony left.
#[derive(Clone, Debug)]
pub struct Held {
    /// The protocol as text.
    pub text: String,
    /// The protocol as it is printed.
    pub sheet: Sheet,
    /// Signature over the text by `signer`.
    pub signature: Vec<u8>,
    /// Certificate of the root in DER.
    pub root: Vec<u8>,
    /// Certificate of the new issuing authority in DER.
    pub issuing: Vec<u8>,
    /// Newest list of the root in DER.
    pub root_crl: Vec<u8>,
}

/// What a protocol says of an authority.
#[derive(Clone, Debug)]
struct Told {
    heading: &'static str,
    name: String,
    store: &'static str,
    info: CertificateInfo,
}

impl Told {
    fn of(heading: &'static str, made: &Made, store: &'static str) -> Result<Self> {
        let info = CertificateInfo::parse(made.certificate.der()).map_err(Error::internal)?;
        Ok(Self { heading, name: made.name.clone(), store, info })
    }
}

/// Who signs the protocol, and with which hash `openssl dgst` verifies it.
#[derive(Clone, Copy, Debug)]
struct Signer {
    /// Name of the file with its certificate.
    file: &'static str,
    name: &'static str,
    hash: &'static str,
}

impl Signer {
    fn of(made: &Made, is_root: bool) -> Self {
        let hash = match made.key.public_key().algorithm() {
            KeyAlgorithm::P384 => "sha384",
            _ => "sha256",
        };
        if is_root {
            Self { file: "root.pem", name: "ルート認証局", hash }
        } else {
            Self { file: "issuing.pem", name: "新しい発行局", hash }
        }
    }
}

/// Holds a ceremony: makes the authorities, records each before it is signed, and signs the protocol.
///
/// # Errors
/// [`Error::CannotSign`] when a token fails, [`Error::ClockInDoubt`] when the clock cannot be right,
/// [`Error::ChangedMeanwhile`] when a process that was started meanwhile gave a record up, else when the database, the key
/// stores or the lint refuse. What was made until then is on record; the ceremony is held again with other names.
#[boxed]
pub async fn hold(founding: &Founding<'_>, ceremony: &Ceremony<'_>) -> Result<Held> {
    let mut told = vec![];
    let root = match &ceremony.root {
        Some(new) => {
            let root = make_root(founding, new).await?;
            told.push(Told::of("新しいルート認証局", &root, new.store.in_words())?);
            root
        }
        None => {
            if ceremony.rehearsal && newest_root(founding).await?.is_none() {
                make_root(founding, &NewAuthority::usual(founding, ROOT)?).await?;
            }
            let root = standing_root(founding).await?;
            if rows::latest_crl(&mut founding.db.read().await?, root.id, 0).await?.is_none() {
                // The ceremony that made the root broke off before its first list.
                first_crl(founding, &root).await?;
            }
            told.push(Told::of("ルート認証局（以前からのもの）", &root, founding.root_keys.in_words())?);
            root
        }
    };
    let issuing = make_issuing(founding, &ceremony.issuing, &root).await?;
    told.push(Told::of("新しい発行局", &issuing, ceremony.issuing.store.in_words())?);
    let list = rows::latest_crl(&mut founding.db.read().await?, root.id, 0).await?.ok_or(Error::NotFound)?;
    let signer = if ceremony.root.is_some() { Signer::of(&root, true) } else { Signer::of(&issuing, false) };
    let at = japanese_datetime(founding.clock.now());
    let sheet = protocol::sheet(founding.operator, ceremony, &told, (list.number, &list.crl), signer, &at);
    let text = sheet.text();
    let key = if ceremony.root.is_some() { &root.key } else { &issuing.key };
    let said = text.clone();
    let signature = super::key_store::signed(key, move |key| key.sign_text(&said)).await?;
    let (root, issuing) = (root.certificate.der().to_vec(), issuing.certificate.der().to_vec());
    Ok(Held { text, sheet, signature, root, issuing, root_crl: list.crl })
}

async fn standing_root(founding: &Founding<'_>) -> Result<Made> {
    let row = newest_root(founding).await?.ok_or_else(|| Error::internal("there is no root"))?;
    let key = founding.root_keys.find(&row.name).await?;
    let certificate = IssuerCert::parse(&row.certificate).map_err(Error::internal)?;
    let key = key.filter(|key| key.public_key() == certificate.public_key());
    let key = key.ok_or_else(|| Error::Internal(format!("the key of the root {} is not there", row.name)))?;
    Ok(Made { id: domain::ids::AuthorityId(row.id), name: row.name, certificate, key })
}

/// Notes in the audit chain that a ceremony was held; the entry holds the SHA-256 of its protocol.
///
/// # Errors
/// When the database refuses.
#[boxed]
pub async fn note_ceremony(app: &App, held: &Held) -> Result<()> {
    let ctx = Ctx::system(app, "ceremony");
    let mut tx = app.db.write().await?;
    let issuing = pki::sha256_hex(&held.issuing);
    ctx.audit(&mut tx, "authority.ceremony", format!("issuing:{issuing}"), "", &held.text);
    Ok(tx.commit().await?)
}

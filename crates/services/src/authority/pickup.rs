//! Pickup on the closed network: rehearse, then fetch the certificate (spec 04.3).

use std::borrow::Borrow;

use domain::{
    applications::{Event, Kind, State},
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    secrets::{FilePassphrase, PickupId, PickupSecret},
};
use pki::{CertificateRequest, Pkcs12Contents, Pkcs12Format, Pkcs12Passphrase, PublicKey, SigningKey, Subject};
use storage::boxed;
use storage::{Tx, applications::Application, authority::Certificate, letters::Letter};
use time::Duration;
use zeroize::Zeroizing;

use super::{
    issuance::{Order, Reserved, finish, reserve},
    keys,
    revocation::supersede,
};
use crate::{Ctx, Error, Result, applications::tell};

/// Wrong secrets after which a letter no longer works.
const MOST_TRIES: i64 = 10;
/// Days after the first pickup in which the same letter works again, until the certificate is installed.
const AGAIN_DAYS: i64 = 7;

/// Why a letter cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickupFault {
    /// ID and secret do not belong together, or the letter works no more: the two are never told apart.
    #[error(
        "取得IDまたは取得パスワードが正しくありません。通知書をもう一度確認してください。10回間違えると、この通知書は使えなくなります。"
    )]
    Refused,
    /// The passphrase cannot protect a file.
    #[error("{0}")]
    Passphrase(String),
    /// The two passphrases differ.
    #[error("確認用のパスワードが、ファイルのパスワードと違います。同じものを入力してください。")]
    PassphraseDiffers,
    /// The request for a certificate cannot be used.
    #[error("{0}")]
    Request(String),
    /// The letter is on its way out: nobody noted that it was posted.
    #[error(
        "この通知書は、まだ発送の記録がありません。お手元に届いているときは、しばらくしてからもう一度お試しになるか、お問い合わせください。"
    )]
    NotPosted,
    /// The certificate is installed, or the time for a second pickup is over.
    #[error("この通知書での取得は終わっています。もう1枚必要なときは、ポータルから申請してください。")]
    Finished,
    /// The deadline has passed.
    #[error("取得期限（{0}）が過ぎています。ポータルから、もう一度発行を申請してください。")]
    DeadlinePassed(String),
}

/// What the letter gives, shown before anything is consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// Terminal.
    pub terminal: String,
    /// Institution.
    pub institution: String,
    /// Reference number.
    pub reference: String,
    /// Until when it can be fetched.
    pub deadline: Option<Timestamp>,
    /// Whether it was fetched before; fetching again revokes the earlier one.
    pub fetched_before: bool,
    /// The format that suits the terminal's operating system: `modern` or `legacy`.
    pub format: String,
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

/// What must be there before fetching: the letter, its case, its institution.
struct Opened {
    letter: Letter,
    case: Application,
    institution: domain::institutions::Institution,
}

/// Shows what a letter gives without consuming anything.
///
/// # Errors
/// When the database refuses. A wrong secret is the inner fault.
#[boxed]
pub async fn rehearse(ctx: &Ctx<'_>, pickup_id: &str, secret: &str) -> Result<Result<Rehearsal, PickupFault>> {
    let opened = match open(ctx, pickup_id, secret).await? {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let lists = ctx.app.reference().lists;
    let os = lists.entry("terminal_oses", opened.case.answers.get("terminal_os_1"));
    Ok(Ok(Rehearsal {
        terminal: opened.case.terminal_name.clone().unwrap_or_default(),
        institution: opened.institution.name.clone(),
        reference: tell::grouped(opened.case.reference.as_deref().unwrap_or_default()),
        deadline: opened.letter.deadline,
        fetched_before: opened.case.state == State::PickedUp,
        format: os.map_or("modern", |os| os.pkcs12.as_str()).to_owned(),
    }))
}

/// A passphrase for a file, in groups, for those who do not want to think of one. It is kept nowhere.
pub fn suggested_passphrase(ctx: &Ctx<'_>) -> String {
    FilePassphrase::generate(&*ctx.app.randomness).grouped()
}

/// Checks ID and secret. Each try is counted before it is judged, so that parallel tries are counted too.
async fn open(ctx: &Ctx<'_>, pickup_id: &str, secret: &str) -> Result<Result<Opened, PickupFault>> {
    let typed = (PickupId::parse(pickup_id), PickupSecret::parse(secret));
    let (Ok(id), Ok(secret)) = typed else { return Ok(Err(PickupFault::Refused)) };
    let letter = storage::letters::by_pickup_id(&mut ctx.app.db.read().await?, id.as_str()).await?;
    let tries = match &letter {
        Some(letter) => {
            let mut tx = ctx.app.db.write().await?;
            let tries = storage::letters::count_try(&mut tx, letter.id).await?;
            tx.commit().await?;
            tries
        }
        None => 0,
    };
    let hash = letter.as_ref().and_then(|letter| letter.secret_hash.clone());
    let right = ctx.app.hasher.matches(secret.as_str(), hash.as_deref()).await?;
    let Some(letter) = letter.filter(|letter| right && tries <= MOST_TRIES && letter.state != "dead") else {
        return Ok(Err(PickupFault::Refused));
    };
    let mut tx = ctx.app.db.write().await?;
    storage::letters::reset_tries(&mut tx, letter.id).await?;
    tx.commit().await?;
    admit(ctx, letter).await
}

/// Whether the letter may be used now.
async fn admit(ctx: &Ctx<'_>, letter: Letter) -> Result<Result<Opened, PickupFault>> {
    let mut conn = ctx.app.db.read().await?;
    let id = letter.application_id.ok_or(Error::NotFound)?;
    let case = storage::applications::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let institution = storage::institutions::find(&mut conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    if let Some(deadline) = letter.deadline.filter(|deadline| *deadline < ctx.now) {
        return Ok(Err(PickupFault::DeadlinePassed(japanese_date(deadline.date()))));
    }
    if case.state == State::PickedUp {
        let made = storage::authority::of_application(&mut conn, id).await?;
        if again_until(&made, letter.deadline).is_some_and(|until| until < ctx.now) {
            return Ok(Err(PickupFault::Finished));
        }
    } else if !Kind::Certificate.allows(case.state, Event::PickUp) {
        let before = [State::Approved, State::LetterPrinted, State::LetterReissued].contains(&case.state);
        return Ok(Err(if before { PickupFault::NotPosted } else { PickupFault::Finished }));
    }
    Ok(Ok(Opened { letter, case, institution }))
}

/// Until when the same letter works again after the first pickup; none before it.
pub(crate) fn again_until(made: &[impl Borrow<Certificate>], deadline: Option<Timestamp>) -> Option<Timestamp> {
    let mut made = made.iter().map(Borrow::borrow);
    let until = made.find_map(|certificate| certificate.signed_at)? + Duration::days(AGAIN_DAYS);
    Some(deadline.map_or(until, |deadline| deadline.min(until)))
}

/// Fetches the certificate: record, sign, store, deliver. An earlier one of the same letter is revoked.
///
/// # Errors
/// When the database or the authority refuses. A wrong secret is the inner fault.
#[boxed]
pub async fn download(
    ctx: &Ctx<'_>,
    pickup_id: &str,
    secret: &str,
    mode: PickupMode,
) -> Result<Result<Pickup, PickupFault>> {
    let wanted = match Wanted::read(ctx, mode) {
        Ok(wanted) => wanted,
        Err(fault) => return Ok(Err(fault)),
    };
    let opened = match open(ctx, pickup_id, secret).await? {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    if let Wanted::Request(key) = &wanted
        && let Some(objection) = keys::objection(ctx, key, opened.case.id).await?
    {
        return Ok(Err(PickupFault::Request(objection.to_owned())));
    }
    let key = match &wanted {
        Wanted::File(..) => Some(make_key(ctx).await?),
        Wanted::Request(_) => None,
    };
    let public_key = match (&wanted, &key) {
        (Wanted::Request(public_key), _) => public_key.clone(),
        (_, Some(key)) => key.public_key().clone(),
        _ => return Err(Error::internal("no key")),
    };
    let reserved = reserve(ctx, &order(ctx, &opened, public_key)?).await?;
    let der = store(ctx, &opened, reserved).await?;
    deliver(ctx, &opened, wanted, key, der).await.map(Ok)
}

/// What is wanted, with everything that can be refused beforehand refused.
enum Wanted {
    File(Pkcs12Passphrase, Pkcs12Format),
    Request(PublicKey),
}

impl Wanted {
    fn read(ctx: &Ctx<'_>, mode: PickupMode) -> Result<Self, PickupFault> {
        match mode {
            PickupMode::File { passphrase, again, format } => {
                let checked = Pkcs12Passphrase::new(&passphrase).map_err(|f| PickupFault::Passphrase(f.to_string()))?;
                if *passphrase == *again {
                    Ok(Self::File(checked, format))
                } else {
                    Err(PickupFault::PassphraseDiffers)
                }
            }
            PickupMode::Request(bytes) => {
                let request =
                    CertificateRequest::parse(&bytes).map_err(|fault| PickupFault::Request(fault.to_string()))?;
                let key = request.public_key();
                if ctx.app.authority.terminals.for_key(key.algorithm()).is_none() {
                    let (found, taken) = (key.algorithm(), taken_key_names(ctx));
                    return Err(PickupFault::Request(format!(
                        "この窓口で使えない種類の鍵（{found}）です。{taken}の鍵で、証明書の要求を作り直してください。"
                    )));
                }
                Ok(Self::Request(key.clone()))
            }
        }
    }
}

/// The kinds of keys that a request of a terminal may hold, in words.
pub fn taken_key_names(ctx: &Ctx<'_>) -> String {
    ctx.app.authority.terminals.keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

async fn make_key(ctx: &Ctx<'_>) -> Result<SigningKey> {
    let kind = ctx.app.authority.terminals.preferred().generated_key();
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(kind)).await.map_err(Error::internal)?;
    made.map_err(Error::internal)
}

fn order(ctx: &Ctx<'_>, opened: &Opened, public_key: PublicKey) -> Result<Order> {
    let profile = ctx.app.authority.terminals.for_key(public_key.algorithm());
    let profile = profile.ok_or_else(|| Error::internal("no profile takes the key"))?.name().to_owned();
    let terminal = opened.case.terminal_name.clone().unwrap_or_default();
    let reference = opened.case.reference.clone().unwrap_or_default();
    Ok(Order {
        application: opened.case.id,
        institution: opened.institution.id,
        subject: Subject::terminal(&opened.institution.name, opened.institution.code.as_str(), &terminal, &reference),
        terminal,
        public_key,
        profile,
    })
}

async fn store(ctx: &Ctx<'_>, opened: &Opened, reserved: Reserved) -> Result<Vec<u8>> {
    let (serial, expires) = (reserved.record.serial.clone(), reserved.record.not_after);
    let own = reserved.record.id;
    let mut tx = ctx.app.db.write().await?;
    let der = finish(ctx, &mut tx, reserved).await?;
    supersede(ctx, &mut tx, opened.case.id, own).await?;
    crate::applications::advance(ctx, &mut tx, &opened.case, Event::PickUp, &serial).await?;
    tell_picked_up(ctx, &mut tx, opened, &serial, expires).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(der)
}

async fn tell_picked_up(ctx: &Ctx<'_>, tx: &mut Tx, opened: &Opened, serial: &str, expires: Timestamp) -> Result<()> {
    let made = storage::authority::of_application(tx, opened.case.id).await?;
    let retry = again_until(&made, opened.letter.deadline).ok_or_else(|| Error::internal("nothing was signed"))?;
    let further = [
        ("serial", serial.to_owned()),
        ("expires_on", japanese_date(expires.date())),
        ("test_url", format!("{}/connection-test", ctx.app.settings.closed_url)),
        ("retry_until", japanese_datetime(retry)),
    ];
    tell::about(ctx, tx, &opened.case, "certificate_picked_up", &further).await
}

async fn deliver(
    ctx: &Ctx<'_>,
    opened: &Opened,
    wanted: Wanted,
    key: Option<SigningKey>,
    der: Vec<u8>,
) -> Result<Pickup> {
    let reference = opened.case.reference.clone().unwrap_or_default();
    match (wanted, key) {
        (Wanted::File(passphrase, format), Some(key)) => {
            let terminal = opened.case.terminal_name.clone().unwrap_or_default();
            let authority = ctx.app.authority.clone();
            let write = move || -> Result<Vec<u8>> {
                let key = key.pkcs8_der().ok_or_else(|| Error::internal("the key cannot leave its store"))?;
                let chain = [authority.issuer.der(), authority.root.der()];
                let contents =
                    Pkcs12Contents { friendly_name: &terminal, key_pkcs8: key, certificate: &der, chain: &chain };
                contents.write(format, &passphrase).map_err(Error::internal)
            };
            let bytes = tokio::task::spawn_blocking(write).await.map_err(Error::internal)??;
            Ok(Pickup { file_name: format!("{reference}.p12"), media_type: "application/x-pkcs12", bytes })
        }
        _ => {
            let authority = &ctx.app.authority;
            let chain = [der.as_slice(), authority.issuer.der(), authority.root.der()];
            let bytes: String = chain.iter().map(|der| pki::pem::certificate(der)).collect();
            Ok(Pickup {
                file_name: format!("{reference}.pem"),
                media_type: "application/x-pem-file",
                bytes: bytes.into_bytes(),
            })
        }
    }
}

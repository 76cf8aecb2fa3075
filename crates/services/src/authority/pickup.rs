//! Pickup on the closed network: rehearse, then fetch the certificate (spec 04.3).

use std::borrow::Borrow;

use domain::{
    applications::{Event, Kind, State},
    calendar::{japanese_date, japanese_datetime},
    clock::Timestamp,
    secrets::{PickupId, PickupSecret},
};
use storage::boxed;
use storage::{Tx, authority::Certificate, letters::Letter};
use time::Duration;

use super::{
    barred::{Bar, barred, look_again, note},
    issuance::{Signed, finish, or_give_up, reserve, sign},
    receive::{Key, ModeFault, Pickup, PickupMode, Terminal, Wanted, deliver, or_refused},
    revocation::supersede,
    tried::Tried,
};
use crate::{Ctx, Error, Result, applications::tell};

/// Wrong secrets after which a letter no longer works.
pub(crate) const MOST_TRIES: i64 = 10;
/// Days after the first pickup in which the same letter works again, until the certificate is installed.
const AGAIN_DAYS: i64 = 7;

/// Why a letter cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickupFault {
    /// ID and secret do not belong together, or the letter works no more: the two are never told apart.
    #[error(
        "取得IDまたは取得パスワードが正しくありません。通知書をもう一度確認してください。取得期限が過ぎた通知書と、送り直しを頼む前の通知書は使えません。10回間違えると、この通知書は使えなくなります。"
    )]
    Refused,
    /// What was typed or sent for the delivery cannot be used.
    #[error(transparent)]
    Mode(#[from] ModeFault),
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
    /// The letter is as good as before, but its terminal gets nothing now.
    #[error(transparent)]
    Barred(#[from] Bar),
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
    /// Whether the terminal may be one with Windows.
    pub windows: bool,
}

/// What must be there before fetching: the letter, its case, its institution.
struct Opened {
    letter: Letter,
    terminal: Terminal,
}

/// Shows what a letter gives without consuming anything.
///
/// # Errors
/// When the database refuses; [`Error::TooManyTries`] from one network. A wrong secret is the inner fault.
#[boxed]
pub async fn rehearse(ctx: &Ctx<'_>, pickup_id: &str, secret: &str) -> Result<Result<Rehearsal, PickupFault>> {
    let opened = match open(ctx, pickup_id, secret).await? {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let Opened { letter, terminal } = opened;
    Ok(Ok(Rehearsal {
        terminal: terminal.name(),
        reference: tell::grouped(terminal.case.reference.as_deref().unwrap_or_default()),
        deadline: letter.deadline,
        fetched_before: terminal.case.state == State::PickedUp,
        format: terminal.format(ctx),
        windows: terminal.is_windows(),
        institution: terminal.institution.name,
    }))
}

/// Checks ID and secret. Each try is counted before it is judged, so that parallel tries are counted too: those of the network
/// before anything is looked up, so that a stranger without a letter costs little and learns nothing.
async fn open(ctx: &Ctx<'_>, pickup_id: &str, secret: &str) -> Result<Result<Opened, PickupFault>> {
    let typed = (PickupId::parse(pickup_id), PickupSecret::parse(secret));
    let (Ok(id), Ok(secret)) = typed else { return Ok(Err(PickupFault::Refused)) };
    let tried = Tried::count(ctx).await?;
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
    let right = ctx.app.closed_hasher.matches(secret.as_str(), hash.as_deref()).await?;
    let Some(letter) = letter.filter(|letter| right && tries <= MOST_TRIES && letter.state != "dead") else {
        return Ok(Err(PickupFault::Refused));
    };
    let mut tx = ctx.app.db.write().await?;
    storage::letters::reset_tries(&mut tx, letter.id).await?;
    tried.forgive(ctx, &mut tx).await?;
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
    if let Some(bar) = barred(&mut conn, &case).await? {
        drop(conn);
        note(ctx, &case, bar).await?;
        return Ok(Err(bar.into()));
    }
    Ok(Ok(Opened { letter, terminal: Terminal { case, institution } }))
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
/// When the database or the authority refuses; [`Error::CannotSign`] when its key cannot sign now: then the letter is as
/// good as before. A wrong secret is the inner fault.
#[boxed]
pub async fn download(
    ctx: &Ctx<'_>,
    pickup_id: &str,
    secret: &str,
    mode: PickupMode,
) -> Result<Result<Pickup, PickupFault>> {
    let wanted = match Wanted::read(ctx, mode).await {
        Ok(wanted) => wanted,
        Err(fault) => return Ok(Err(fault.into())),
    };
    match fetch(ctx, pickup_id, secret, &wanted).await? {
        Ok((terminal, key, der)) => deliver(ctx, &terminal, wanted, key, der).await.map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

/// The same for a machine: a request for a certificate goes in, the certificate comes out in DER (RFC 7030, 4.2.1).
///
/// # Errors
/// As [`download`].
#[boxed]
pub async fn enrol(
    ctx: &Ctx<'_>,
    pickup_id: &str,
    secret: &str,
    request: Vec<u8>,
) -> Result<Result<Vec<u8>, PickupFault>> {
    Ok(match Wanted::read(ctx, PickupMode::Request(request)).await {
        Ok(wanted) => fetch(ctx, pickup_id, secret, &wanted).await?.map(|(_, _, der)| der),
        Err(fault) => Err(fault.into()),
    })
}

async fn fetch(
    ctx: &Ctx<'_>,
    pickup_id: &str,
    secret: &str,
    wanted: &Wanted,
) -> Result<Result<(Terminal, Key, Vec<u8>), PickupFault>> {
    let opened = match open(ctx, pickup_id, secret).await? {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let key = match wanted.key(ctx, &opened.terminal).await? {
        Ok(key) => key,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let reserved = match or_refused(reserve(ctx, &opened.terminal.order(ctx, key.public(), None)?).await)? {
        Ok(reserved) => reserved,
        Err(fault) => return Ok(Err(fault.into())),
    };
    let record = reserved.record.clone();
    let signed = sign(ctx, reserved).await?;
    let der = or_give_up(ctx, &record, store(ctx, &opened, signed).await).await?;
    Ok(Ok((opened.terminal, key, der)))
}

async fn store(ctx: &Ctx<'_>, opened: &Opened, signed: Signed) -> Result<Vec<u8>> {
    let (serial, expires) = (signed.record.serial.clone(), signed.record.not_after);
    let (own, case) = (signed.record.id, &opened.terminal.case);
    let mut tx = ctx.app.db.write().await?;
    if !storage::letters::hold(&mut tx, opened.letter.id).await? {
        return Err(Error::ChangedMeanwhile);
    }
    let earlier = look_again(&mut tx, case).await?;
    // Whoever typed its secret has it in their hands.
    storage::letters::deliver(&mut tx, opened.letter.id, ctx.now).await?;
    let der = finish(ctx, &mut tx, signed).await?;
    supersede(ctx, &mut tx, &earlier, own).await?;
    crate::applications::advance(ctx, &mut tx, case, Event::PickUp, &serial).await?;
    tell_picked_up(ctx, &mut tx, opened, &serial, expires).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(der)
}

async fn tell_picked_up(ctx: &Ctx<'_>, tx: &mut Tx, opened: &Opened, serial: &str, expires: Timestamp) -> Result<()> {
    let case = &opened.terminal.case;
    let made = storage::authority::of_application(tx, case.id).await?;
    let retry = again_until(&made, opened.letter.deadline).ok_or_else(|| Error::internal("nothing was signed"))?;
    let further = [
        ("serial", serial.to_owned()),
        ("expires_on", japanese_date(expires.date())),
        ("test_url", format!("{}/connection-test", ctx.app.settings.closed_url)),
        ("retry_until", japanese_datetime(retry)),
    ];
    tell::about(ctx, tx, case, "certificate_picked_up", &further).await
}

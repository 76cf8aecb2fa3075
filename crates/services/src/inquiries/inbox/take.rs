//! Taking one mail: into its thread, aside, or nowhere; in one transaction with the place it stood at.

use domain::{
    ids::{InquiryId, StrayId},
    inquiries::{Author, StrayReason, Way},
};
use storage::{
    Conn, Tx, boxed,
    inquiries::{Inquiry, Stray},
};

use super::read::{Body, Letter, read};
use crate::{
    App, Ctx, Result,
    accounts::limits,
    inquiries::{Said, ask::heard, marks},
};

/// Name under which the installation keeps how far the mailbox was read.
const PLACE: &str = "inquiries.mailbox";
/// Name under which it keeps which mail could not be taken, and how often.
const FAILED: &str = "inquiries.mailbox.failed";
/// Tries after which such a mail is left: a database that was away for some minutes is none of its faults.
const TRIES: u32 = 10;

/// How far a mailbox was read (RFC 3501, 2.3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The folder's UIDVALIDITY.
    pub validity: u32,
    /// UID of the last mail that was taken.
    pub uid: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.validity, self.uid)
    }
}

/// A mail as the mailbox gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it stands.
    pub place: Place,
    /// Its octets; the head alone when it is too large.
    pub raw: Vec<u8>,
    /// Whether that is all of it.
    pub whole: bool,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is a message of this thread now.
    Added(InquiryId),
    /// It waits for staff.
    PutAside(StrayReason),
    /// A machine wrote it, or it is no mail.
    Ignored,
    /// It was taken before.
    Before,
}

/// How far the mailbox was read; none when it never was.
///
/// # Errors
/// When the database cannot be read.
#[boxed]
pub async fn place(app: &App) -> Result<Option<Place>> {
    let kept = storage::settings::get(&mut app.db.read().await?, PLACE).await?;
    let read = |text: String| {
        let (validity, uid) = text.split_once(':')?;
        Some(Place { validity: validity.parse().ok()?, uid: uid.parse().ok()? })
    };
    Ok(kept.and_then(read))
}

/// Takes a mail once, whether the process lives on or not: everything about it is one transaction.
///
/// # Errors
/// When the database refuses; then nothing of the mail remains.
#[boxed]
pub async fn take(app: &App, mail: &Fetched) -> Result<Taken> {
    let ctx = Ctx::system(app, "inbox");
    let letter = read(&mail.raw);
    let mut tx = app.db.write().await?;
    storage::settings::set(&mut tx, PLACE, &mail.place.to_string()).await?;
    let name = letter.as_ref().map(|letter| letter.name.as_bytes()).filter(|name| !name.is_empty());
    let key = pki::sha256_hex(name.unwrap_or(&mail.raw));
    let taken = match letter {
        _ if !storage::inquiries::take_mail(&mut tx, &key, ctx.now).await? => Taken::Before,
        None => Taken::Ignored,
        Some(letter) if letter.automatic || letter.from == app.settings.mail_from => Taken::Ignored,
        Some(letter) => sort(&ctx, &mut tx, &letter, mail.whole).await?,
    };
    tx.commit().await?;
    Ok(taken)
}

/// Takes a mail, or notes that it could not be taken; one that could not be taken again and again waits for staff in the
/// mailbox itself, so that those behind it are read.
///
/// # Errors
/// Why it could not be taken this time, while it is tried again.
#[boxed]
pub(super) async fn take_or_leave(app: &App, mail: &Fetched) -> Result<()> {
    let Err(error) = take(app, mail).await else { return Ok(()) };
    let ctx = Ctx::system(app, "inbox");
    let mut tx = app.db.write().await?;
    let place = mail.place.to_string();
    let noted = storage::settings::get(&mut tx, FAILED).await?;
    let before = noted.as_deref().and_then(|text| text.strip_prefix(&place)?.strip_prefix('#')?.parse().ok());
    let tries = before.unwrap_or(0_u32) + 1;
    if tries < TRIES {
        storage::settings::set(&mut tx, FAILED, &format!("{place}#{tries}")).await?;
        tx.commit().await?;
        return Err(error);
    }
    tracing::error!(%error, %place, "a mail in the mailbox can never be taken; it is left there and staff are told");
    storage::settings::remove(&mut tx, FAILED).await?;
    storage::settings::set(&mut tx, PLACE, &place).await?;
    left(&ctx, &mut tx, mail).await?;
    Ok(tx.commit().await?)
}

/// Lets staff know of a mail that could not be taken: with what cannot be the reason why.
async fn left(ctx: &Ctx<'_>, tx: &mut Tx, mail: &Fetched) -> Result<()> {
    let from = read(&mail.raw).map(|letter| letter.from).unwrap_or_default();
    let stray = Stray {
        id: StrayId::new(ctx.now, &*ctx.app.randomness),
        reason: StrayReason::Unreadable,
        sender: from.chars().filter(char::is_ascii_graphic).collect(),
        subject: format!("（件名を読み取れないメール。メールボックスでの番号は{}）", mail.place.uid),
        body: String::new(),
        attachments: String::new(),
        inquiry_id: None,
        received_at: ctx.now,
    };
    storage::inquiries::put_aside(tx, &stray).await?;
    ctx.audit(tx, "inquiry.put_aside", format!("stray:{}", stray.id), "", stray.reason.as_str());
    Ok(())
}

async fn sort(ctx: &Ctx<'_>, tx: &mut Tx, letter: &Letter, whole: bool) -> Result<Taken> {
    let thread = thread_of(ctx, tx, letter).await?;
    let reason = match (&thread, &letter.body) {
        (None, _) => StrayReason::Unknown,
        (Some(thread), _) if !is_participant(thread, letter) => StrayReason::Stranger,
        _ if !whole => StrayReason::TooLarge,
        (_, Body::Unreadable(_)) => StrayReason::Unreadable,
        (_, Body::Empty) => StrayReason::Empty,
        (Some(thread), Body::Words(words)) => {
            let over = limits::MESSAGES.count(ctx, tx, &[&thread.id.to_string()]).await?.is_err();
            if !over {
                return added(ctx, tx, thread, words, &letter.files).await;
            }
            StrayReason::TooMany
        }
    };
    let stray = Stray {
        id: StrayId::new(ctx.now, &*ctx.app.randomness),
        reason,
        sender: letter.from.clone(),
        subject: letter.subject.clone(),
        body: letter.body.words().to_owned(),
        attachments: letter.files.clone(),
        inquiry_id: thread.map(|thread| thread.id),
        received_at: ctx.now,
    };
    storage::inquiries::put_aside(tx, &stray).await?;
    ctx.audit(tx, "inquiry.put_aside", format!("stray:{}", stray.id), "", reason.as_str());
    Ok(Taken::PutAside(reason))
}

async fn added(ctx: &Ctx<'_>, tx: &mut Tx, thread: &Inquiry, words: &str, files: &str) -> Result<Taken> {
    let account = Some(thread.account_id);
    let said = Said { author: Author::Applicant, account, way: Way::Mail, body: words, attachments: files };
    heard(ctx, tx, thread, &said).await?;
    Ok(Taken::Added(thread.id))
}

/// Only who asks takes part by mail; the operator answers on the page.
fn is_participant(thread: &Inquiry, letter: &Letter) -> bool {
    !thread.person_disabled && thread.person_email.to_lowercase() == letter.from
}

/// The thread whose mark the mail carries, or to one of whose mails it replies.
async fn thread_of(ctx: &Ctx<'_>, conn: &mut Conn, letter: &Letter) -> Result<Option<Inquiry>> {
    if let Some(number) = marks::thread_in(ctx.app, &letter.places) {
        return Ok(storage::inquiries::by_reference(conn, number.as_str()).await?);
    }
    for id in &letter.replies_to {
        if let Some(thread) = storage::mails::inquiry_of(conn, id).await? {
            return Ok(storage::inquiries::find(conn, thread).await?);
        }
    }
    Ok(None)
}

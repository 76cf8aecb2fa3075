//! Settings that staff change while the portal runs: each change a version with its day, its reason and its people.

mod read;
mod texts;

use domain::{
    calendar::japanese_date,
    clock::Timestamp,
    forms::Finding,
    ids::ProposalId,
    office::settings::{Around, FigureTopic, Topic, Value, judge},
    permissions::Permission,
};
use storage::setting_versions::Version;
use storage::{Conn, Tx, boxed, content::Document};
use time::Date;

pub(crate) use read::newest;
pub use read::{Line, TopicView, all, topic};
pub use texts::{preview_document, preview_mail};

use super::proposals::{Act, propose};
use crate::{Ctx, Error, Result, content::index, in_force::GENERATION};

/// Longest note in characters.
const LONGEST: usize = 500;
/// Farthest day from which a change may apply, in days from today.
const FARTHEST: i64 = 3_660;

/// A change as a person asks for it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The new value.
    pub value: Value,
    /// The day from which it applies; today means at once.
    pub from: Option<Date>,
    /// Why.
    pub note: String,
    /// Number of the newest version that the person saw.
    pub seen: i64,
}

/// A change that passed its rules.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// What is set.
    pub(crate) topic: Topic,
    /// Its value.
    pub(crate) value: Value,
    /// From when.
    pub(crate) from: Timestamp,
    /// Why.
    pub(crate) note: String,
    /// Number of the newest version that was seen.
    pub(crate) seen: i64,
}

/// What a change led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// A version was made; its number.
    Done(i64),
    /// A second person is asked.
    Proposed(ProposalId),
    /// Another change of the same topic waits for a second person.
    Waits,
    /// What is wrong, by field.
    Slips(Vec<Finding>),
    /// Someone changed the topic meanwhile.
    Meanwhile,
}

/// Whether a second person is asked; what decides about that is never for one person alone.
fn asks_second(ctx: &Ctx<'_>, topic: &Topic) -> bool {
    *topic == Topic::Figures(FigureTopic::FourEyes) || ctx.app.rules().four_eyes.asks(topic.matter())
}

/// Changes a topic from a day on, or proposes it where a second person is asked.
///
/// # Errors
/// [`Error::Forbidden`] without the permission of the topic, [`Error::NotFound`] when there is no such text.
#[boxed]
pub async fn change(ctx: &Ctx<'_>, topic: &Topic, draft: Draft) -> Result<Changed> {
    ctx.permit(topic.permission())?;
    ctx.session()?;
    let mut tx = ctx.app.db.write().await?;
    let slips = slips(ctx, &mut tx, topic, &draft).await?;
    let (Some(from), []) = (draft.from, slips.as_slice()) else { return Ok(Changed::Slips(slips)) };
    if storage::setting_versions::last(&mut tx, &topic.to_string()).await? != draft.seen {
        return Ok(Changed::Meanwhile);
    }
    let note = domain::accounts::clean_text(&draft.note, LONGEST).unwrap_or_default();
    let from = Timestamp::start_of_day(from).max(ctx.now);
    let change = Change { topic: topic.clone(), value: draft.value, from, note, seen: draft.seen };
    if asks_second(ctx, topic) {
        return ask_second(ctx, tx, change).await;
    }
    let Some(version) = put(ctx, &mut tx, &change, None).await? else { return Ok(Changed::Meanwhile) };
    tx.commit().await?;
    ctx.app.refresh().await?;
    Ok(Changed::Done(version))
}

async fn ask_second(ctx: &Ctx<'_>, mut tx: Tx, change: Change) -> Result<Changed> {
    let Change { topic, value, from, note, seen } = change;
    let words = format!("「{}」を{}から変える", title(ctx, &topic), japanese_date(from.date()));
    let act = Act::Set { topic: topic.to_string(), value, from, seen };
    let made = propose(ctx, &mut tx, &act, &format!("setting:{topic}"), &words, &note).await?;
    let Some(id) = made else { return Ok(Changed::Waits) };
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(Changed::Proposed(id))
}

async fn slips(ctx: &Ctx<'_>, conn: &mut Conn, topic: &Topic, draft: &Draft) -> Result<Vec<Finding>> {
    let reference = ctx.app.reference();
    let built_in = match topic {
        Topic::Mail(key) => Some(ctx.app.texts.built_in_text(key).ok_or(Error::NotFound)?),
        _ => None,
    };
    let placeholders = built_in.iter().flat_map(|(_, _, known)| known.keys().map(String::as_str)).collect();
    let versions = match topic {
        Topic::Document(slug) => versions_of(conn, slug).await?,
        _ => vec![],
    };
    let mut found = judge(topic, &draft.value, &Around { placeholders, lists: Some(&reference.lists), versions });
    let today = ctx.now.date();
    let slip = |field: &str, message: &str| Finding { field: field.to_owned(), message: message.to_owned() };
    match draft.from {
        None => found.push(slip("from", "「いつから」を、日付で入力してください。")),
        Some(day) if day < today || (day - today).whole_days() > FARTHEST => {
            found.push(slip("from", "「いつから」は、今日から10年後までの日を入力してください。"));
        }
        Some(_) => {}
    }
    if domain::accounts::clean_text(&draft.note, LONGEST).unwrap_or_default().is_empty() {
        found.push(slip("why", "「変更の理由」を、500文字までで入力してください。"));
    }
    Ok(found)
}

async fn versions_of(conn: &mut Conn, slug: &str) -> Result<Vec<String>> {
    let heads = storage::content::document_heads(conn).await?.into_iter().filter(|head| head.slug == slug);
    let versions: Vec<String> = heads.map(|head| head.version).collect();
    if versions.is_empty() { Err(Error::NotFound) } else { Ok(versions) }
}

/// Writes a version in the caller's transaction; none when the topic changed since it was seen.
pub(crate) async fn put(ctx: &Ctx<'_>, tx: &mut Tx, change: &Change, proposer: Option<&str>) -> Result<Option<i64>> {
    let name = change.topic.to_string();
    let version = change.seen + 1;
    let from = change.from.max(ctx.now);
    let new = Version {
        topic: name.clone(),
        version,
        value: serde_json::to_string(&change.value).map_err(Error::internal)?,
        effective_at: from.as_millis(),
        note: change.note.clone(),
        maker_name: proposer.map_or_else(|| ctx.actor_name(), str::to_owned),
        approver_name: proposer.map(|_| ctx.actor_name()),
        made_at: ctx.now.as_millis(),
        withdrawn_at: None,
    };
    let last = storage::setting_versions::last(tx, &name).await?;
    if last != change.seen || !storage::setting_versions::insert(tx, &new).await? {
        return Ok(None);
    }
    if let (Topic::Document(slug), Value::Document { version, title, body }) = (&change.topic, &change.value) {
        let (slug, version, title, body) = (slug.clone(), version.clone(), title.clone(), body.clone());
        let document = Document { slug, version, title, body, effective_at: from.as_millis() };
        if !storage::content::add_document(tx, &document).await? {
            return Ok(None);
        }
        index::document(tx, &document.slug).await?;
    }
    ctx.audit(tx, "setting.change", format!("setting:{name}"), &change.seen.to_string(), &new.value);
    changed(ctx, tx).await?;
    Ok(Some(version))
}

/// Lets other processes read what applies again.
async fn changed(ctx: &Ctx<'_>, tx: &mut Tx) -> Result<()> {
    let fresh = hex::encode(ctx.app.randomness.bytes::<8>());
    Ok(storage::settings::set(tx, GENERATION, &fresh).await?)
}

/// Takes a version back that does not apply yet, or proposes it where a second person is asked.
///
/// # Errors
/// [`Error::Forbidden`] without the permission of the topic.
#[boxed]
pub async fn take_back(ctx: &Ctx<'_>, topic: &Topic, version: i64) -> Result<Changed> {
    ctx.permit(topic.permission())?;
    let mut tx = ctx.app.db.write().await?;
    if asks_second(ctx, topic) {
        let words = format!("「{}」の版{version}を、使いはじめる前に取り消す", title(ctx, topic));
        let act = Act::TakeBack { topic: topic.to_string(), version };
        let made = propose(ctx, &mut tx, &act, &format!("setting:{topic}"), &words, "").await?;
        let Some(id) = made else { return Ok(Changed::Waits) };
        tx.commit().await?;
        ctx.app.wake.notify_one();
        return Ok(Changed::Proposed(id));
    }
    if !take_back_within(ctx, &mut tx, topic, version).await? {
        return Ok(Changed::Meanwhile);
    }
    tx.commit().await?;
    ctx.app.refresh().await?;
    Ok(Changed::Done(version))
}

/// Takes a version back in the caller's transaction; false when it applies or was taken back.
pub(crate) async fn take_back_within(ctx: &Ctx<'_>, tx: &mut Tx, topic: &Topic, version: i64) -> Result<bool> {
    let name = topic.to_string();
    let known = storage::setting_versions::of_topic(tx, &name, Some(version + 1), 1).await?;
    if !storage::setting_versions::withdraw(tx, &name, version, ctx.now).await? {
        return Ok(false);
    }
    let value = known.first().and_then(|known| serde_json::from_str(&known.value).ok());
    if let (Topic::Document(slug), Some(Value::Document { version, .. })) = (topic, value) {
        storage::content::remove_document(tx, slug, &version, ctx.now).await?;
        index::document_taken_back(tx, slug, &version).await?;
    }
    ctx.audit(tx, "setting.take_back", format!("setting:{name}"), &version.to_string(), "");
    changed(ctx, tx).await?;
    Ok(true)
}

/// The name of a topic on pages.
fn title(ctx: &Ctx<'_>, topic: &Topic) -> String {
    match topic {
        Topic::Mail(key) => {
            ctx.app.texts.built_in_text(key).map_or_else(|| key.clone(), |(_, title, _)| title.to_owned())
        }
        Topic::Document(slug) => {
            ctx.app.reference().documents.get(slug).map_or_else(|| slug.clone(), |document| document.title.clone())
        }
        Topic::Scheme(key) => {
            let schemes = ctx.app.reference().schemes;
            schemes.iter().find(|scheme| scheme.key == *key).map_or_else(|| key.clone(), |scheme| scheme.name.clone())
        }
        other => other.label().to_owned(),
    }
}

/// Reading settings is for those who change any and for auditors.
fn permit_reading(ctx: &Ctx<'_>) -> Result<()> {
    ctx.permit(Permission::ReadSettings)
}

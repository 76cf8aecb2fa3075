//! Settings as their pages show them.

use std::collections::BTreeMap;

use domain::{
    calendar::Holidays,
    clock::Timestamp,
    office::settings::{EDITABLE_LISTS, FigureTopic, Topic, Value},
    subsidies::Scheme,
};
use storage::setting_versions::Version;
use storage::{Conn, boxed};

use super::{asks_second, permit_reading, title};
use crate::{Ctx, Error, Result, in_force::scheme_of};

/// Versions on a page.
const PAGE: i64 = 50;

/// A topic as a line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// The topic.
    pub topic: Topic,
    /// Its name.
    pub title: String,
    /// What it is about, for the text of a mail; else empty.
    pub area: String,
    /// From when the version applies that applies now; none for what the program says.
    pub since: Option<Timestamp>,
    /// From when the next version applies.
    pub next: Option<Timestamp>,
    /// Whether the person may change it.
    pub may_change: bool,
}

/// A topic with everything its page shows.
#[derive(Clone, Debug)]
pub struct TopicView {
    /// The topic.
    pub topic: Topic,
    /// Its name.
    pub title: String,
    /// What applies now.
    pub value: Value,
    /// What the newest version says, whether or not it applies yet.
    pub newest: Value,
    /// Number of the newest version; 0 for none.
    pub version: i64,
    /// Versions, newest first.
    pub history: Vec<Version>,
    /// What may stand in a mail's text, with its explanation.
    pub placeholders: BTreeMap<String, String>,
    /// Whether a second person is asked.
    pub asks_second: bool,
    /// The proposal that waits.
    pub waiting: Option<storage::proposals::Proposal>,
    /// Whether the person may change it.
    pub may_change: bool,
}

/// Every topic, in the order of the page.
///
/// # Errors
/// [`Error::Forbidden`] without the permission.
#[boxed]
pub async fn all(ctx: &Ctx<'_>) -> Result<Vec<Line>> {
    permit_reading(ctx)?;
    let standing = storage::setting_versions::standing(&mut ctx.app.db.read().await?, ctx.now).await?;
    let figures = FigureTopic::ALL.iter().map(|topic| Topic::Figures(*topic));
    let lists = EDITABLE_LISTS.iter().map(|list| Topic::List(list.name.to_owned()));
    let documents = ctx.app.reference().documents.keys().map(|slug| Topic::Document(slug.clone())).collect::<Vec<_>>();
    let mails = ctx.app.texts.titles().map(|(key, _)| Topic::Mail(key.to_owned())).collect::<Vec<_>>();
    let schemes = schemes_in(&standing);
    let topics = figures.chain([Topic::Holidays]).chain(lists).chain(schemes).chain(documents).chain(mails);
    Ok(topics.map(|topic| line(ctx, topic, &standing)).collect())
}

/// The schemes that apply or will.
fn schemes_in(standing: &[Version]) -> Vec<Topic> {
    let named = standing.iter().filter_map(|version| version.topic.parse().ok());
    let mut schemes: Vec<Topic> = named.filter(|topic| matches!(topic, Topic::Scheme(_))).collect();
    schemes.sort();
    schemes.dedup();
    schemes
}

fn line(ctx: &Ctx<'_>, topic: Topic, standing: &[Version]) -> Line {
    let name = topic.to_string();
    let own = || {
        standing
            .iter()
            .filter(|version| version.topic == name)
            .map(|version| Timestamp::from_millis(version.effective_at))
    };
    Line {
        title: title(ctx, &topic),
        area: if let Topic::Mail(key) = &topic { ctx.app.texts.area(key).to_owned() } else { String::new() },
        since: own().filter(|at| *at <= ctx.now).max(),
        next: own().filter(|at| *at > ctx.now).min(),
        may_change: ctx.permit(topic.permission()).is_ok(),
        topic,
    }
}

/// One topic; `before` is the last version of the page before.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when there is no such text.
#[boxed]
pub async fn topic(ctx: &Ctx<'_>, topic: &Topic, before: Option<i64>) -> Result<TopicView> {
    permit_reading(ctx)?;
    let mut conn = ctx.app.db.read().await?;
    let (name, value) = (topic.to_string(), in_force(ctx, &mut conn, topic).await?);
    let built_in = match topic {
        Topic::Mail(key) => ctx.app.texts.built_in_text(key).map(|(_, _, placeholders)| placeholders.clone()),
        _ => None,
    };
    Ok(TopicView {
        title: title(ctx, topic),
        newest: newest(ctx, &mut conn, topic).await?,
        value,
        version: storage::setting_versions::last(&mut conn, &name).await?,
        history: storage::setting_versions::of_topic(&mut conn, &name, before, PAGE).await?,
        placeholders: built_in.unwrap_or_default(),
        asks_second: asks_second(ctx, topic),
        waiting: storage::proposals::waiting_for(&mut conn, &format!("setting:{name}")).await?,
        may_change: ctx.permit(topic.permission()).is_ok(),
        topic: topic.clone(),
    })
}

/// What the newest version says that was not taken back, whether or not it applies yet.
pub(crate) async fn newest(ctx: &Ctx<'_>, conn: &mut Conn, topic: &Topic) -> Result<Value> {
    let versions = storage::setting_versions::of_topic(conn, &topic.to_string(), None, PAGE).await?;
    let newest = versions.into_iter().find(|version| version.withdrawn_at.is_none());
    match newest.and_then(|version| serde_json::from_str(&version.value).ok()) {
        Some(value) => Ok(value),
        None => in_force(ctx, conn, topic).await,
    }
}

/// What applies now, in the form of a version.
async fn in_force(ctx: &Ctx<'_>, conn: &mut Conn, topic: &Topic) -> Result<Value> {
    let reference = ctx.app.reference();
    Ok(match topic {
        Topic::Figures(topic) => Value::Figures { figures: topic.of(&reference.rules) },
        Topic::Holidays => Value::Holidays { days: imported(&reference.holidays) },
        Topic::List(name) => Value::List { entries: reference.lists.entries(name).to_vec() },
        Topic::Mail(key) => {
            let (built_in, _, _) = ctx.app.texts.built_in_text(key).ok_or(Error::NotFound)?;
            Value::Mail(reference.mails.get(key).cloned().unwrap_or(built_in))
        }
        Topic::Document(slug) => {
            let found = storage::content::document_in_force(conn, slug, ctx.now).await?.ok_or(Error::NotFound)?;
            Value::Document { version: found.version, title: found.title, body: found.body }
        }
        Topic::Scheme(key) => {
            let known = reference.schemes.iter().find(|scheme| scheme.key == *key).cloned();
            Value::Scheme(Box::new(known.unwrap_or_else(|| scheme_of(key, 0, &Scheme::default()))))
        }
    })
}

/// The days of years that were taken over.
fn imported(holidays: &Holidays) -> Vec<(String, String)> {
    let years = holidays.imported_years();
    years.flat_map(|year| holidays.of_year(year)).map(|(date, name)| (date.to_string(), name.to_owned())).collect()
}

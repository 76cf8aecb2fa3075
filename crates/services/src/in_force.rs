//! What applies when: rules, holidays, lists, documents and texts, each version from its own day (spec 01.4, 06.2).
//!
//! Everything is small, read by every page, and changed seldom: it is kept in memory for now and for each later day on
//! which something changes, so that midnight needs no work.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    applications::{Lists, Rules, line_finder},
    calendar::Holidays,
    clock::Timestamp,
    forms::Document,
    office::settings::{MailText, Topic, Value, holidays_of},
    subsidies::Scheme,
};
use storage::{Conn, content::DocumentHead, setting_versions::Version};

use crate::{Error, Result, Settings};

/// Name of the counter that tells other processes that something changed.
pub(crate) const GENERATION: &str = "settings.generation";

/// Data that staff change seldom and every page reads.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Lists that forms offer.
    pub lists: Arc<Lists>,
    /// Documents in force by slug.
    pub documents: Arc<BTreeMap<String, Document>>,
    /// Figures of the rules.
    pub rules: Arc<Rules>,
    /// Public holidays.
    pub holidays: Arc<Holidays>,
    /// Texts of mails that staff changed, by key.
    pub mails: Arc<BTreeMap<String, MailText>>,
    /// Schemes of subsidies, by the name in their addresses.
    pub schemes: Arc<Vec<Scheme>>,
}

/// What applies now and from each later instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    /// Counter of changes when it was read.
    pub(crate) generation: Option<String>,
    steps: Vec<(Timestamp, Reference)>,
}

impl Timeline {
    /// What applies at an instant.
    pub(crate) fn at(&self, now: Timestamp) -> Option<&Reference> {
        let reached = self.steps.partition_point(|(from, _)| *from <= now);
        self.steps.get(reached.saturating_sub(1)).map(|(_, reference)| reference)
    }

    /// Reads what applies at an instant and later.
    ///
    /// # Errors
    /// When the database cannot be read, or a list points to what is not there.
    pub(crate) async fn read(conn: &mut Conn, settings: &Settings, now: Timestamp) -> Result<Self> {
        let generation = storage::settings::get(conn, GENERATION).await?;
        let base = Reference {
            lists: Arc::new(storage::content::lists(conn).await?),
            rules: settings.rules.clone(),
            holidays: settings.holidays.clone(),
            ..Reference::default()
        };
        let heads = storage::content::document_heads(conn).await?;
        let versions: Vec<Standing> =
            storage::setting_versions::standing(conn, now).await?.iter().filter_map(read).collect();
        let later = heads.iter().map(|head| head.effective_at).chain(versions.iter().map(|one| one.from.as_millis()));
        let mut instants: Vec<Timestamp> = later.map(Timestamp::from_millis).filter(|at| *at > now).collect();
        instants.push(now);
        instants.sort();
        instants.dedup();
        let step = |at: Timestamp| (at, reference_at(&base, &heads, &versions, at));
        let steps: Vec<(Timestamp, Reference)> = instants.into_iter().map(step).collect();
        for (_, reference) in &steps {
            line_finder::check(&reference.lists).map_err(Error::internal)?;
        }
        Ok(Self { generation, steps })
    }
}

/// A version that this program understands.
struct Standing {
    topic: Topic,
    number: i64,
    value: Value,
    from: Timestamp,
}

/// A version of a topic that this program does not know, from a newer one, is left out.
fn read(version: &Version) -> Option<Standing> {
    let parsed = version.topic.parse().ok().zip(serde_json::from_str(&version.value).ok());
    let Some((topic, value)) = parsed else {
        tracing::warn!(topic = version.topic, version = version.version, "a setting is not understood and left out");
        return None;
    };
    Some(Standing { topic, number: version.version, value, from: Timestamp::from_millis(version.effective_at) })
}

fn reference_at(base: &Reference, heads: &[DocumentHead], versions: &[Standing], at: Timestamp) -> Reference {
    let (mut lists, mut rules, mut mails) = ((*base.lists).clone(), (*base.rules).clone(), BTreeMap::new());
    let (mut holidays, mut schemes) = (base.holidays.clone(), BTreeMap::new());
    for version in versions.iter().filter(|version| version.from <= at) {
        match (&version.topic, &version.value) {
            (Topic::Figures(topic), Value::Figures { figures }) => topic.apply(figures, &mut rules),
            (Topic::Holidays, Value::Holidays { days }) => holidays = Arc::new(holidays_of(days)),
            (Topic::List(name), Value::List { entries }) => {
                lists.0.insert(name.clone(), entries.clone());
            }
            (Topic::Mail(key), Value::Mail(text)) => {
                mails.insert(key.clone(), text.clone());
            }
            (Topic::Scheme(key), Value::Scheme(scheme)) => {
                schemes.insert(key.clone(), scheme_of(key, version.number, scheme));
            }
            _ => {}
        }
    }
    let in_force = heads.iter().filter(|head| head.effective_at <= at.as_millis()).map(|head| {
        let DocumentHead { slug, version, title, .. } = head.clone();
        (slug.clone(), Document { slug, version, title })
    });
    Reference {
        lists: Arc::new(lists),
        documents: Arc::new(in_force.collect()),
        rules: Arc::new(rules),
        holidays,
        mails: Arc::new(mails),
        schemes: Arc::new(schemes.into_values().collect()),
    }
}

/// A scheme with the name and the number that its row carries.
pub(crate) fn scheme_of(key: &str, version: i64, scheme: &Scheme) -> Scheme {
    Scheme { key: key.to_owned(), version, ..scheme.clone() }
}

//! The installation: database, clock, randomness, keys, texts.

use std::sync::{Arc, RwLock};

use domain::{
    applications::Rules,
    calendar::Holidays,
    clock::{Clock, Randomness, Timestamp},
};
use storage::Db;
use storage::boxed;
use tokio::sync::Notify;

use crate::{
    Result, Settings,
    audit::HeadKey,
    authority::{Authority, Shelf, Timekeeper},
    content::Readings,
    held::Held,
    in_force::{self, Reference, Timeline},
    mail::{Mailer, Texts},
    reports::Live,
    secrets::{Hasher, Vault},
    uploads::Uploads,
};

/// The parts from which an installation is built.
pub struct Parts {
    /// Database.
    pub db: Db,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub randomness: Arc<dyn Randomness>,
    /// What the installation chooses.
    pub settings: Settings,
    /// Key of the vault.
    pub vault_key: [u8; 32],
    /// Password hashing.
    pub hasher: Hasher,
    /// Sends mails.
    pub mailer: Arc<dyn Mailer>,
    /// Prints letters.
    pub press: letters::Press,
    /// Certification authority.
    pub authority: Authority,
    /// Folder in which copies of printed letters are kept; only an installation without a real post has one.
    pub post_box: Option<std::path::PathBuf>,
    /// Where files of applications lie.
    pub uploads: Uploads,
}

/// The installation.
pub struct App {
    /// Database.
    pub db: Db,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub randomness: Arc<dyn Randomness>,
    /// What the installation chooses.
    pub settings: Settings,
    /// Seals secrets that must come back.
    pub vault: Vault,
    /// Signs heads of the audit chain.
    pub audit_key: HeadKey,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// Checks what is typed on the closed network, where nobody logs in first.
    pub(crate) closed_hasher: Hasher,
    /// Sends mails.
    pub mailer: Arc<dyn Mailer>,
    /// Prints letters.
    pub press: letters::Press,
    /// Certification authority.
    pub authority: Authority,
    /// Folder in which copies of printed letters are kept; only an installation without a real post has one.
    pub post_box: Option<std::path::PathBuf>,
    /// Where files of applications lie.
    pub uploads: Uploads,
    /// Texts of mails.
    pub texts: Texts,
    /// Name of this process among those that work on the same database.
    pub node: String,
    /// Answers and lists that are asked for most often.
    pub(crate) shelf: Arc<Shelf>,
    /// Tells whether the clock can be believed.
    pub(crate) timekeeper: Timekeeper,
    /// Wakes the workers of this process when a job was enqueued.
    pub wake: Notify,
    /// The newest notices, read again every ten seconds: they stand on every home page.
    pub(crate) notices: Held<Vec<storage::content::Notice>>,
    /// What is told of the service, read again every ten seconds: it stands on every page.
    pub(crate) service: Held<Vec<domain::content::service::ServiceState>>,
    /// Who read articles and notices and is not counted yet.
    pub(crate) readings: Readings,
    /// What reports count of the present moment.
    pub(crate) live: Recent<Live>,
    /// Calls receivers of webhooks.
    pub(crate) outbound: crate::feed::Outbound,
    timeline: RwLock<Timeline>,
}

/// Something that may be a few seconds old.
#[derive(Debug)]
pub(crate) struct Recent<T>(RwLock<Option<(Timestamp, Arc<T>)>>);

impl<T> Recent<T> {
    /// How long it is taken for new.
    const KEPT: time::Duration = time::Duration::seconds(10);

    fn empty() -> Self {
        Self(RwLock::new(None))
    }

    /// What was read in the last ten seconds.
    pub(crate) fn get(&self, now: Timestamp) -> Option<Arc<T>> {
        let held = self.0.read().ok()?;
        held.as_ref().filter(|(at, _)| *at <= now && now < *at + Self::KEPT).map(|(_, value)| value.clone())
    }

    /// Keeps what was read at an instant.
    pub(crate) fn keep(&self, now: Timestamp, value: T) -> Arc<T> {
        let value = Arc::new(value);
        if let Ok(mut held) = self.0.write() {
            *held = Some((now, value.clone()));
        }
        value
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("portal_url", &self.settings.portal_url).finish_non_exhaustive()
    }
}

impl App {
    /// Builds the installation and reads its reference data.
    ///
    /// # Errors
    /// When the database cannot be read or a built-in text is faulty.
    #[boxed]
    pub async fn build(parts: Parts) -> Result<Self> {
        let node = hex::encode(parts.randomness.bytes::<8>());
        let app = Self {
            vault: Vault::new(&parts.vault_key)?,
            audit_key: HeadKey::of_vault(&parts.vault_key)?,
            db: parts.db,
            clock: parts.clock,
            randomness: parts.randomness,
            settings: parts.settings,
            closed_hasher: parts.hasher.apart(),
            hasher: parts.hasher,
            mailer: parts.mailer,
            press: parts.press,
            authority: parts.authority,
            post_box: parts.post_box,
            uploads: parts.uploads,
            texts: Texts::built_in()?,
            node,
            shelf: Arc::default(),
            timekeeper: Timekeeper::default(),
            wake: Notify::new(),
            notices: Held::default(),
            service: Held::default(),
            readings: Readings::default(),
            live: Recent::empty(),
            outbound: crate::feed::Outbound::default(),
            timeline: RwLock::default(),
        };
        crate::content::seed(&app).await?;
        crate::content::index::rebuild_when_due(&app).await?;
        app.refresh().await?;
        Ok(app)
    }

    /// The same installation with another clock, which is believed; its workers are those of the first.
    pub(crate) fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self {
            db: self.db.clone(),
            clock,
            randomness: self.randomness.clone(),
            settings: self.settings.clone(),
            vault: self.vault.clone(),
            audit_key: self.audit_key.clone(),
            hasher: self.hasher.clone(),
            closed_hasher: self.closed_hasher.clone(),
            mailer: self.mailer.clone(),
            press: self.press.clone(),
            authority: self.authority.clone(),
            post_box: self.post_box.clone(),
            uploads: self.uploads.clone(),
            texts: self.texts.clone(),
            node: self.node.clone(),
            shelf: Arc::default(),
            timekeeper: Timekeeper::off(),
            wake: Notify::new(),
            notices: Held::default(),
            service: Held::default(),
            readings: Readings::default(),
            live: Recent::empty(),
            outbound: crate::feed::Outbound::default(),
            timeline: RwLock::new(self.timeline.read().map(|held| held.clone()).unwrap_or_default()),
        }
    }

    /// The same installation, hashing secrets that protect nothing.
    ///
    /// # Errors
    /// When argon2 refuses the figures.
    pub(crate) fn sparing(&self) -> Result<Self> {
        Ok(Self { hasher: self.hasher.sparing()?, ..self.with_clock(self.clock.clone()) })
    }

    /// The figures of the rules in force now.
    pub fn rules(&self) -> Arc<Rules> {
        self.look_up(|reference| reference.rules.clone())
    }

    /// The holidays in force now.
    pub fn holidays(&self) -> Arc<Holidays> {
        self.look_up(|reference| reference.holidays.clone())
    }

    /// What staff set, as it applies now.
    pub fn reference(&self) -> Reference {
        self.look_up(Reference::clone)
    }

    fn look_up<T: Default>(&self, what: impl FnOnce(&Reference) -> T) -> T {
        let now = self.clock.now();
        self.timeline.read().ok().and_then(|held| held.at(now).map(what)).unwrap_or_default()
    }

    /// Reads what staff set again.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[boxed]
    pub async fn refresh(&self) -> Result<()> {
        let fresh = Timeline::read(&mut self.db.read().await?, &self.settings, self.clock.now()).await?;
        if let Ok(mut held) = self.timeline.write() {
            *held = fresh;
        }
        Ok(())
    }

    /// Reads what staff set again when another process changed it.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[boxed]
    pub async fn refresh_if_changed(&self) -> Result<()> {
        let generation = storage::settings::get(&mut self.db.read().await?, in_force::GENERATION).await?;
        let known = self.timeline.read().ok().and_then(|held| held.generation.clone());
        if generation == known { Ok(()) } else { self.refresh().await }
    }
}

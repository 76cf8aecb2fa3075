//! Builds the installation from its configuration.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use domain::{
    applications::Rules,
    calendar::Holidays,
    clock::{Clock, Randomness},
    ids::UploadId,
};
use pki::{Passphrase, Token};
use services::{
    App, MembershipRule, Operator, Replies, Settings,
    app::Parts,
    audit::{HeadKey, PublicKey},
    authority::{self, Authority, Founding, KeyStore, Places},
    backup::{close_if_behind, has_begun, in_quarantine},
    journal::{self, Journal},
    mail::{KeepAll, KeepNone, Mailer, Smtp},
    secrets::Hasher,
    uploads::Uploads,
};
use storage::Db;
use time::Duration;

use crate::{
    clock::{Sources, SystemClock, SystemRandomness},
    config::{self, Config},
    secret,
};

/// Memory of one password hash in KiB (m = 19 MiB, t = 2).
const HASH_MEMORY: u32 = 19_456;
/// Password hashes at a time.
const HASHES: usize = 2;
/// File with the passphrase of key files that nobody attends, beside them.
const PASSPHRASE: &str = "passphrase";
/// File with the key of the vault, from which the key of audit heads is drawn.
const VAULT_KEY: &str = "vault.key";
/// What to do where it is missing or another one.
const RESTORE_VAULT_KEY: &str = "put it back from the data folder of before, of the first node, or from `files/vault.key` of a \
    backup; only when it is lost for ever, see docs/operate/install.md, \"Without vault.key\"";

/// Opens the database and brings its tables up to date, and nothing else: for what only looks.
pub(crate) async fn open_tables(config: &Config) -> anyhow::Result<Db> {
    private_folder(&config.data_dir)?;
    Db::open(&config.database_url()).await.context("the database cannot be opened")
}

/// The database is behind its journal; it is in quarantine now.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is older than its journal, so it is in quarantine now: an older file, snapshot or dump was put in its place \
    ({0}); run `madoguchi restore` without a file to replay the journal (docs/operate/backup.md)"
)]
pub(crate) struct Behind(String);

/// Opens the database for work: with its journal, not during a quarantine, and not when the journal knows more.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Db> {
    let (db, journal) = open_uncompared(config).await?;
    match close_if_behind(&db, &journal).await.context("the journal cannot be used")? {
        Some(behind) => Err(Behind(behind).into()),
        None => Ok(db.witnessed_by(Arc::new(Journal::new(journal)))),
    }
}

/// The same without reading the whole journal: for what is done often, signs nothing and answers nothing.
pub(crate) async fn open_to_note(config: &Config) -> anyhow::Result<Db> {
    let (db, journal) = open_uncompared(config).await?;
    Ok(db.witnessed_by(Arc::new(Journal::new(journal))))
}

async fn open_uncompared(config: &Config) -> anyhow::Result<(Db, journal::Place)> {
    let db = open_tables(config).await?;
    anyhow::ensure!(
        !(has_begun(&config.data_dir) && db.is_empty().await?),
        "a restore was begun here and not finished; run it again from the start"
    );
    anyhow::ensure!(
        in_quarantine(&db).await?.is_none(),
        "the installation is in quarantine; end it with `madoguchi restore` (docs/operate/backup.md)"
    );
    let journal = journal(config, &db).await?;
    Ok((db, journal))
}

/// Where the journal lies.
pub(crate) async fn journal(config: &Config, db: &Db) -> anyhow::Result<journal::Place> {
    Ok(journal::Place::of(db, config.journal(), Arc::new(SystemClock), Arc::new(SystemRandomness)).await?)
}

/// A folder that only its owner reads.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path).with_context(|| path.display().to_string())?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    Ok(())
}

/// The public key that signs heads of the audit chain; none before the first start.
pub(crate) fn audit_key(config: &Config) -> anyhow::Result<Option<PublicKey>> {
    let vault_key = secret::standing(&vault_file(config))?;
    Ok(vault_key.map(|key| HeadKey::of_vault(&key)).transpose()?.map(|key| key.public()))
}

fn vault_file(config: &Config) -> PathBuf {
    config.data_dir.join(VAULT_KEY)
}

/// The key of the vault: made where there has never been one, and never another than the one that the database knows.
async fn vault_key(config: &Config, db: &Db) -> anyhow::Result<[u8; 32]> {
    let path = vault_file(config);
    let file = path.display();
    let key = match secret::standing(&path)? {
        Some(key) => key,
        None => {
            let lost = services::vault_key::is_expected(db).await?;
            anyhow::ensure!(!lost, "{file} is missing, but the database was filled with one: {RESTORE_VAULT_KEY}");
            secret::standing_or_made(&path)?
        }
    };
    let own = services::vault_key::is_own(db, &key).await?;
    anyhow::ensure!(
        own,
        "{file} is the key of another installation, not the one of this database: {RESTORE_VAULT_KEY}"
    );
    Ok(key)
}

/// Takes the key of the vault that lies here, or a new one, instead of one that is lost for ever.
pub(crate) async fn replace_vault_key(config: &Config) -> anyhow::Result<PublicKey> {
    let db = open_database(config).await?;
    let key = secret::standing_or_made(&vault_file(config))?;
    let replaced = services::vault_key::replace(&db, SystemClock.now(), &key).await;
    db.close().await;
    replaced?;
    Ok(HeadKey::of_vault(&key)?.public())
}

/// The passphrase of the key files: two officers' halves, or the secret in a file beside them where that is wanted.
pub(crate) fn passphrase(
    config: &Config,
    secret: impl FnOnce() -> anyhow::Result<[u8; 32]>,
) -> anyhow::Result<Passphrase> {
    let halves = config.authority.halves().map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    if let Some(halves) = halves {
        return Ok(halves);
    }
    anyhow::ensure!(config.authority.unattended_passphrase, config::NO_PASSPHRASE);
    let text: String = secret()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Passphrase::new(&text)?)
}

/// Where keys of authorities lie.
pub(crate) struct KeyStores {
    /// Keys of issuing authorities.
    pub(crate) issuing: KeyStore,
    /// Keys of roots.
    pub(crate) root: KeyStore,
    /// Keys of issuing authorities that were made before the present store was chosen.
    pub(crate) earlier: Vec<KeyStore>,
}

/// The configured stores.
pub(crate) fn key_stores(config: &Config) -> anyhow::Result<KeyStores> {
    let keys = keys(config);
    private_folder(&keys)?;
    stores(config, || passphrase(config, || secret::standing_or_made(&keys.join(PASSPHRASE))))
}

/// The same, but nothing is made for them: neither folder nor passphrase.
pub(crate) fn key_stores_as_they_are(config: &Config) -> anyhow::Result<KeyStores> {
    let made_later = || (&SystemRandomness as &dyn Randomness).bytes();
    let secret = || Ok(secret::standing(&keys(config).join(PASSPHRASE))?.unwrap_or_else(made_later));
    stores(config, || passphrase(config, secret))
}

fn keys(config: &Config) -> PathBuf {
    config.data_dir.join("keys")
}

/// One token is opened once, whatever it is named for.
fn stores<'a>(
    config: &'a Config,
    passphrase: impl FnOnce() -> anyhow::Result<Passphrase>,
) -> anyhow::Result<KeyStores> {
    let authority = &config.authority;
    let implied = !authority.key_store.is_file() && holds_issuing_keys(&keys(config));
    let files = if authority.keeps_key_files() || implied {
        Some(KeyStore::File { folder: keys(config), passphrase: Arc::new(passphrase()?) })
    } else {
        None
    };
    let mut opened: Vec<(&config::KeyStore, KeyStore)> = vec![];
    let mut open = |store: &'a config::KeyStore| -> anyhow::Result<KeyStore> {
        let known = opened.iter().find(|(one, _)| *one == store).map(|(_, known)| known.clone());
        let found = match (known, &files) {
            (Some(known), _) => return Ok(known),
            (None, Some(files)) if store.is_file() => files.clone(),
            _ => KeyStore::Token(Token::new(store.place()?, Arc::new(SystemClock), authority::token_watch())?),
        };
        opened.push((store, found.clone()));
        Ok(found)
    };
    let (issuing, root) = (open(&authority.key_store)?, open(&authority.root_key_store)?);
    let mut earlier = authority.earlier_key_stores.iter().map(&mut open).collect::<anyhow::Result<Vec<_>>>()?;
    if implied && !authority.earlier_key_stores.iter().any(config::KeyStore::is_file) {
        earlier.extend(files);
    }
    Ok(KeyStores { issuing, root, earlier })
}

fn holds_issuing_keys(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("issuing-"))
}

/// Does something with what founding or opening an authority needs.
pub(crate) async fn with_founding<T>(
    config: &Config,
    db: &Db,
    stores: &KeyStores,
    work: impl AsyncFnOnce(&Founding<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let publications = config.publication_url();
    let profiles = config.authority.profiles()?;
    let founding = Founding {
        db,
        clock: &SystemClock,
        randomness: &SystemRandomness,
        keys: &stores.issuing,
        root_keys: &stores.root,
        earlier_keys: &stores.earlier,
        operator: &config.operator.name,
        places: Places { portal: &config.portal.url, publications: &publications },
        terminals: profiles.for_terminals(&config.authority.terminal_profiles)?,
        profiles: Arc::new(profiles),
        ocsp_nonce: config.authority.ocsp_nonce,
    };
    work(&founding).await
}

/// Opens the certification authority; it never makes one.
pub(crate) async fn open_authority(config: &Config, db: &Db, from: &Sources) -> anyhow::Result<Authority> {
    let stores = key_stores(config)?;
    with_founding(config, db, &stores, async |founding| {
        let founding = with_sources(founding, from);
        authority::open(&founding).await.context("the certification authority cannot be opened")
    })
    .await
}

fn with_sources<'f>(founding: &Founding<'f>, from: &'f Sources) -> Founding<'f> {
    Founding { clock: &*from.clock, randomness: &*from.randomness, ..founding.clone() }
}

/// Makes the certification authority without witnesses, where there has never been one, at the time of a clock. Done by
/// `ca init` and the demo alone.
pub(crate) async fn found(config: &Config, from: &Sources) -> anyhow::Result<bool> {
    let db = open_database(config).await?;
    let stores = key_stores(config)?;
    let founded =
        with_founding(
            config,
            &db,
            &stores,
            async |founding| Ok(authority::found(&with_sources(founding, from)).await?),
        )
        .await;
    db.close().await;
    founded.context("the certification authority cannot be made")
}

/// Who operates the portal, as the configuration says.
pub(crate) fn operator(config: &Config) -> Operator {
    let operator = &config.operator;
    Operator {
        brand: operator.brand.clone(),
        name: operator.name.clone(),
        postal_code: operator.postal_code.clone(),
        address: operator.address.clone(),
        phone: operator.phone.clone(),
        hours: operator.hours.clone(),
        mail: operator.mail.clone(),
    }
}

/// What an installation is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// To serve, to work, or to send a mail: it needs a mail server.
    Serve,
    /// For one command, which does no jobs: its mails wait for the serving process.
    Command,
    /// As a demo: mails and letters are read on pages, and receivers of webhooks may be on this machine.
    Demo,
}

impl Use {
    fn mailer(self, config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
        Ok(match (self, &config.mail.smtp) {
            (Self::Command, _) => Arc::new(KeepNone),
            (_, Some(url)) => Arc::new(Smtp::new(url)?),
            (Self::Demo, None) => Arc::new(KeepAll),
            (Self::Serve, None) => {
                anyhow::bail!("mail.smtp: no mail server is configured; mails could not leave")
            }
        })
    }
}

fn settings(config: &Config, to: Use) -> anyhow::Result<Settings> {
    Ok(Settings {
        operator: operator(config),
        portal_url: config.portal.url.clone(),
        closed_url: config.closed_network.url.clone(),
        mail_from: config.mail.from.clone(),
        replies: config
            .inquiries
            .mailbox
            .as_ref()
            .map(|mailbox| Replies { address: mailbox.address.clone(), subaddresses: mailbox.subaddresses }),
        membership: if config.rules.membership == "reviewer" {
            MembershipRule::Reviewer
        } else {
            MembershipRule::Letter
        },
        staff_second_factor: config.rules.staff_second_factor,
        session_idle: Duration::minutes(i64::from(config.rules.session_minutes)),
        billing: services::Billing { account: config.fees.account.clone() },
        scan: config.uploads.scanner(),
        webhooks: config.webhooks.reach(to == Use::Demo)?,
        rules: Arc::new(Rules {
            cut_off: config.cut_off(),
            drafts: config.drafts(),
            four_eyes: config.four_eyes(),
            ..Rules::default()
        }),
        holidays: Arc::new(Holidays::default()),
    })
}

/// Builds the installation for a use.
pub(crate) async fn build(config: &Config, to: Use) -> anyhow::Result<Arc<App>> {
    build_from(config, to, &Sources::machine()).await
}

/// The same with other sources of time and randomness.
pub(crate) async fn build_from(config: &Config, to: Use, from: &Sources) -> anyhow::Result<Arc<App>> {
    let db = open_database(config).await?;
    let authority = open_authority(config, &db, from).await?;
    let (mailer, settings) = (to.mailer(config)?, settings(config, to)?);
    let vault_key = vault_key(config, &db).await?;
    let parts = Parts {
        db,
        clock: from.clock.clone(),
        randomness: from.randomness.clone(),
        settings,
        vault_key,
        hasher: Hasher::new(HASH_MEMORY, HASHES)?,
        mailer,
        press: letters::Press::new()?,
        authority,
        post_box: (to == Use::Demo).then(|| config.data_dir.join("letters")),
        uploads: uploads(config).await?,
    };
    Ok(Arc::new(App::build(parts).await?))
}

/// Where files of applications lie, proved to take, give and destroy one.
pub(crate) async fn uploads(config: &Config) -> anyhow::Result<Uploads> {
    let uploads = config.uploads.open(&config.data_dir)?;
    let id = UploadId::new(SystemClock.now(), &SystemRandomness);
    uploads.store.probe(id).await.context("uploads: the store of files cannot be used")?;
    Ok(uploads)
}

/// What comes before serving: certificates that a killed process left unfinished are given up, the journal is given what it
/// lacks, and a list that is due is published. Only the process that issues may do it, before it issues anything.
pub(crate) async fn recover(config: &Config, app: &App) -> anyhow::Result<()> {
    authority::abandon_unfinished(app, app.clock.now()).await?;
    journal::catch_up(&app.db, &journal(config, &app.db).await?).await.context("the journal cannot be used")?;
    match authority::publish_when_due(app).await {
        Ok(_) => Ok(()),
        // A killed process holds the lease for a minute; a token or a clock that fails is in the log. The next round publishes.
        Err(services::Error::Busy(_) | services::Error::CannotSign(_) | services::Error::ClockInDoubt(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

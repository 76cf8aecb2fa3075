//! Builds the installation from its configuration.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use domain::{applications::Rules, calendar::Holidays, clock::Randomness};
use pki::{Passphrase, Token};
use services::{
    App, MembershipRule, Operator, Settings,
    app::Parts,
    authority::{self, Authority, Founding, KeyStore, Places},
    backup::{close_if_behind, has_begun, in_quarantine},
    journal::{self, Journal},
    mail::{KeepAll, Mailer, Smtp},
    secrets::Hasher,
};
use storage::Db;
use time::Duration;

use crate::{
    clock::{SystemClock, SystemRandomness},
    config::{self, Config},
};

/// Memory of one password hash in KiB (m = 19 MiB, t = 2).
const HASH_MEMORY: u32 = 19_456;
/// Password hashes at a time.
const HASHES: usize = 2;

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

/// A secret of the installation in a file; made at the first start.
fn secret_file(path: &Path) -> anyhow::Result<[u8; 32]> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    if let Ok(bytes) = std::fs::read(path) {
        return bytes.try_into().map_err(|_| anyhow::anyhow!("{}: must hold 32 octets", path.display()));
    }
    let secret: [u8; 32] = (&SystemRandomness as &dyn Randomness).bytes();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    Ok(secret)
}

/// The passphrase of the key files: two officers' halves, or a file of the installation where none are configured.
pub(crate) fn passphrase(config: &Config, keys: &Path) -> anyhow::Result<Passphrase> {
    if let [first, second] = config.authority.passphrase_files.as_slice() {
        let (first, second) = (std::fs::read_to_string(first)?, std::fs::read_to_string(second)?);
        return Ok(Passphrase::from_halves(first.trim(), second.trim())?);
    }
    let secret = secret_file(&keys.join("passphrase"))?;
    let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Passphrase::new(&text)?)
}

/// Where keys of authorities lie.
pub(crate) struct KeyStores {
    /// Keys of issuing authorities.
    pub(crate) issuing: KeyStore,
    /// Keys of roots.
    pub(crate) root: KeyStore,
    /// Keys of issuing authorities that were made before the present store was chosen.
    pub(crate) earlier: Option<KeyStore>,
}

/// The configured stores. One token is opened once.
pub(crate) fn key_stores(config: &Config) -> anyhow::Result<KeyStores> {
    let keys = config.data_dir.join("keys");
    private_folder(&keys)?;
    let (issuing, root) = (&config.authority.key_store, &config.authority.root_key_store);
    let earlier = !issuing.is_file() && holds_issuing_keys(&keys)?;
    let files = if issuing.is_file() || root.is_file() || earlier {
        Some(KeyStore::File { folder: keys.clone(), passphrase: Arc::new(passphrase(config, &keys)?) })
    } else {
        None
    };
    let open = |store: &config::KeyStore| match &files {
        Some(files) if store.is_file() => Ok(files.clone()),
        _ => anyhow::Ok(KeyStore::Token(Token::new(store.place()?, Arc::new(SystemClock), authority::token_watch())?)),
    };
    let first = open(issuing)?;
    let second = if root == issuing { first.clone() } else { open(root)? };
    Ok(KeyStores { issuing: first, root: second, earlier: files.filter(|_| earlier) })
}

fn holds_issuing_keys(folder: &Path) -> anyhow::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        if entry?.file_name().to_string_lossy().starts_with("issuing-") {
            return Ok(true);
        }
    }
    Ok(false)
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
        earlier_keys: stores.earlier.as_ref(),
        operator: &config.operator.name,
        places: Places { portal: &config.portal.url, publications: &publications },
        terminals: profiles.for_terminals(&config.authority.terminal_profiles)?,
        profiles: Arc::new(profiles),
        ocsp_nonce: config.authority.ocsp_nonce,
    };
    work(&founding).await
}

/// Opens the certification authority, or founds it at the first start.
pub(crate) async fn open_authority(config: &Config, db: &Db) -> anyhow::Result<Authority> {
    let stores = key_stores(config)?;
    with_founding(config, db, &stores, async |founding| {
        authority::found(founding).await.context("the certification authority cannot be opened")
    })
    .await
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

fn settings(config: &Config) -> Settings {
    Settings {
        operator: operator(config),
        portal_url: config.portal.url.clone(),
        closed_url: config.closed_network.url.clone(),
        mail_from: config.mail.from.clone(),
        membership: if config.rules.membership == "reviewer" {
            MembershipRule::Reviewer
        } else {
            MembershipRule::Letter
        },
        staff_second_factor: config.rules.staff_second_factor,
        session_idle: Duration::minutes(i64::from(config.rules.session_minutes)),
        rules: Arc::new(Rules { cut_off: config.cut_off(), ..Rules::default() }),
        holidays: Arc::new(Holidays::default()),
    }
}

/// Builds the installation. Without a mail server, mails are kept in the database and marked as taken only when
/// `keep_mails` says so; else they wait.
pub(crate) async fn build(config: &Config, demo: bool) -> anyhow::Result<Arc<App>> {
    let db = open_database(config).await?;
    let authority = open_authority(config, &db).await?;
    let mailer: Arc<dyn Mailer> = match &config.mail.smtp {
        Some(url) => Arc::new(Smtp::new(url)?),
        None if demo => Arc::new(KeepAll),
        None => anyhow::bail!("mail.smtp: no mail server is configured; mails could not leave"),
    };
    let parts = Parts {
        db,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        settings: settings(config),
        vault_key: secret_file(&config.data_dir.join("vault.key"))?,
        hasher: Hasher::new(HASH_MEMORY, HASHES)?,
        mailer,
        press: letters::Press::new()?,
        authority,
        post_box: demo.then(|| config.data_dir.join("letters")),
    };
    Ok(Arc::new(App::build(parts).await?))
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

//! Builds the installation from its configuration.

use std::{path::Path, sync::Arc};

use anyhow::Context;
use domain::{applications::Rules, calendar::Holidays, clock::Randomness};
use pki::Passphrase;
use services::{
    App, MembershipRule, Operator, Settings,
    app::Parts,
    authority::{self, Authority, Founding, Places},
    mail::{KeepAll, Mailer, Smtp},
    secrets::Hasher,
};
use storage::Db;
use time::Duration;

use crate::{
    clock::{SystemClock, SystemRandomness},
    config::Config,
};

/// Memory of one password hash in KiB (m = 19 MiB, t = 2).
const HASH_MEMORY: u32 = 19_456;
/// Password hashes at a time.
const HASHES: usize = 2;

/// Opens the database and brings its tables up to date.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Db> {
    private_folder(&config.data_dir)?;
    Db::open(&config.database_url()).await.context("the database cannot be opened")
}

/// A folder that only its owner reads.
fn private_folder(path: &Path) -> anyhow::Result<()> {
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
fn passphrase(config: &Config, keys: &Path) -> anyhow::Result<Passphrase> {
    if let [first, second] = config.authority.passphrase_files.as_slice() {
        let (first, second) = (std::fs::read_to_string(first)?, std::fs::read_to_string(second)?);
        return Ok(Passphrase::from_halves(first.trim(), second.trim())?);
    }
    let secret = secret_file(&keys.join("passphrase"))?;
    let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Passphrase::new(&text)?)
}

/// Opens the certification authority, or founds it at the first start.
pub(crate) async fn open_authority(config: &Config, db: &Db) -> anyhow::Result<Authority> {
    let keys = config.data_dir.join("keys");
    private_folder(&keys)?;
    let publications = config.publication_url();
    let profiles = config.authority.profiles()?;
    let founding = Founding {
        db,
        clock: &SystemClock,
        randomness: &SystemRandomness,
        keys: &keys,
        passphrase: Arc::new(passphrase(config, &keys)?),
        operator: &config.operator.name,
        places: Places { portal: &config.portal.url, publications: &publications },
        terminals: profiles.for_terminals(&config.authority.terminal_profiles)?,
        profiles: Arc::new(profiles),
    };
    authority::found(&founding).await.context("the certification authority cannot be opened")
}

fn settings(config: &Config) -> Settings {
    let operator = &config.operator;
    Settings {
        operator: Operator {
            brand: operator.brand.clone(),
            name: operator.name.clone(),
            postal_code: operator.postal_code.clone(),
            address: operator.address.clone(),
            phone: operator.phone.clone(),
            hours: operator.hours.clone(),
            mail: operator.mail.clone(),
        },
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

/// What comes before serving: certificates that a killed process left unfinished are given up, and a list that is due is
/// published. Only the process that issues may do it, before it issues anything.
pub(crate) async fn recover(app: &App) -> anyhow::Result<()> {
    authority::abandon_unfinished(app, app.clock.now()).await?;
    authority::publish_when_due(app).await?;
    Ok(())
}

//! `audit …`: verify the chain, print the key that signs its heads.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use domain::clock::Clock;
use serde_json::{Value, json};
use services::audit::{Fault, PublicKey, Whole, verify};

use crate::{Place, clock::SystemClock, config::Config, install};

/// `audit …`
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Follow the chain from its beginning, or from the last checkpoint; the first bad row is named.
    Verify(Verify),
    /// Print the public key that signs heads of the chain.
    Key(Key),
}

/// `audit key`
#[derive(Args)]
pub(crate) struct Key {
    #[command(flatten)]
    place: Place,
    /// Go on with the `vault.key` that lies here, or a new one, because the database's own is lost for ever: what was sealed
    /// under it stays closed.
    #[arg(long)]
    replace_lost: bool,
}

/// `audit verify`
#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    place: Place,
    /// A further key whose signatures are believed, as 64 hexadecimal digits or a PEM file; may be given several times.
    #[arg(long)]
    key: Vec<String>,
    /// Do not read the journal outside the database.
    #[arg(long)]
    without_journal: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Verify(verify) => verify.run().await,
            Self::Key(key) => key.run().await,
        }
    }
}

impl Key {
    async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let key = if self.replace_lost {
            install::replace_vault_key(&config).await?
        } else {
            install::audit_key(&config)?.context("the installation has no key yet: it is made at the first start")?
        };
        print!("{}", key.pem());
        eprintln!("key:    {}\nsha256: {}", key.as_hex(), key.fingerprint());
        Ok(())
    }
}

impl Verify {
    async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.place)?;
        let keys = self.keys(&config)?;
        let db = install::open_tables(&config).await?;
        let journal = if self.without_journal { None } else { Some(install::journal(&config, &db).await?) };
        let begun = SystemClock.now();
        let found = verify(&db, &keys, journal.as_ref()).await?;
        let millis = (SystemClock.now() - begun).whole_milliseconds().max(1);
        db.close().await;
        if self.json {
            println!("{}", as_json(&found, millis));
        } else if let Ok(whole) = &found {
            tell(whole, millis);
        }
        match found {
            Ok(_) => Ok(()),
            Err(fault) => anyhow::bail!("the chain is broken: {fault}"),
        }
    }

    /// The installation's own key, and those that were given.
    fn keys(&self, config: &Config) -> anyhow::Result<Vec<PublicKey>> {
        let mut keys: Vec<PublicKey> = install::audit_key(config)?.into_iter().collect();
        for given in &self.key {
            let text = match PublicKey::parse(given) {
                Some(_) => given.clone(),
                None => std::fs::read_to_string(PathBuf::from(given)).with_context(|| format!("--key {given}"))?,
            };
            keys.push(PublicKey::parse(&text).with_context(|| format!("--key {given}: not an Ed25519 key"))?);
        }
        Ok(keys)
    }
}

fn rate(rows: i64, millis: i128) -> i128 {
    i128::from(rows) * 1_000 / millis
}

fn as_json(found: &Result<Whole, Fault>, millis: i128) -> Value {
    match found {
        Ok(whole) => json!({ "whole": true, "rows": whole.rows(), "first_row": whole.first, "last_row": whole.last,
            "signed_heads": whole.heads, "signed_until": whole.signed_until, "noted_until": whole.noted_until,
            "milliseconds": i64::try_from(millis).unwrap_or(i64::MAX),
            "rows_per_second": i64::try_from(rate(whole.rows(), millis)).unwrap_or(i64::MAX) }),
        Err(fault) => json!({ "whole": false, "first_bad_row": fault.row(), "fault": fault.to_string() }),
    }
}

fn tell(whole: &Whole, millis: i128) {
    println!("{} rows, the chain is whole", whole.rows());
    println!("rows {} to {}, {} signed heads", whole.first, whole.last, whole.heads);
    println!("signed until row {}, noted in the journal until row {}", whole.signed_until, whole.noted_until);
    println!("{} rows/s", rate(whole.rows(), millis));
}

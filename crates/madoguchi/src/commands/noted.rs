//! What is done with key files stands in the audit chain, where the installation's database is at hand.

use std::path::Path;

use anyhow::Context;
use domain::clock::Clock;
use services::authority::{self, KeyFileAct};

use crate::{clock::SystemClock, config::Config, install};

/// Notes an act with key files that was done, `words` being what the entry vouches for. Where there is no database, such as
/// on the machine of the root's key, it says that the act must be written down by hand.
///
/// # Errors
/// When the database that the configuration names cannot take it. The act was done all the same.
pub(super) async fn note(config: &Config, act: KeyFileAct, names: &[&str], words: &str) -> anyhow::Result<()> {
    let url = config.database_url();
    if url.strip_prefix("sqlite:").is_some_and(|path| !Path::new(path).is_file()) {
        println!("there is no database here, so the audit chain does not tell of this: write it down");
        return Ok(());
    }
    let noted = async {
        let db = install::open_to_note(config).await?;
        let noted = authority::note_key_files(&db, SystemClock.now(), act, names, words).await;
        db.close().await;
        anyhow::Ok(noted?)
    };
    noted.await.context("it was done, but the audit chain does not tell of it: write it down")
}

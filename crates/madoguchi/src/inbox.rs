//! Reads the inquiries' mailbox once a minute, where one is configured.

use std::{sync::Arc, time::Duration};

use services::{
    App,
    inquiries::inbox::{Imap, read_mailbox},
};

use crate::{config::Config, serve::tireless};

/// How often the mailbox is looked into.
const ROUND: Duration = Duration::from_secs(60);

/// Begins to read, if there is something to read.
pub(crate) fn start(config: &Config, app: &Arc<App>) -> anyhow::Result<()> {
    let Some(mailbox) = &config.inquiries.mailbox else { return Ok(()) };
    let mailbox = Arc::new(Imap::new(mailbox.account()?)?);
    tireless("inbox", app, move |app| rounds(app, mailbox.clone()));
    Ok(())
}

/// A fault is in the log when it begins and when it ends, not each minute.
async fn rounds(app: Arc<App>, mailbox: Arc<Imap>) {
    let mut fault = String::new();
    loop {
        match read_mailbox(&app, &*mailbox).await {
            Ok(_) if fault.is_empty() => {}
            Ok(_) => {
                tracing::info!("the mailbox for inquiries can be read again");
                fault.clear();
            }
            Err(_) if app.db.is_closed() => return,
            Err(error) => {
                let words = error.to_string();
                if words != fault {
                    tracing::error!(error = words, "the mailbox for inquiries cannot be read");
                    fault = words;
                }
            }
        }
        tokio::time::sleep(ROUND).await;
    }
}

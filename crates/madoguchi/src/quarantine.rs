//! Serving an installation that the journal has not yet confirmed, because it was restored or its database is older than the
//! journal: nothing but the words that say so.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use axum_server::Handle;
use services::backup;
use storage::Db;

use crate::{
    config::Config,
    install,
    serve::{self, FAREWELL, Running, stop_signal},
};

/// How often it is looked whether the quarantine has ended.
const LOOK: Duration = Duration::from_secs(2);

/// How often a process that works looks whether another one has begun a quarantine.
const GLANCE: Duration = Duration::from_secs(10);

/// Why an installation is closed, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    None,
    Restored,
    Found,
}

/// How a quarantine was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlasted {
    /// There is none, or none any more.
    Open,
    /// The process was asked to stop.
    Stopped,
}

/// Waits until no quarantine is left; meanwhile the listeners say so, if they are wanted.
///
/// The closed network's is only opened with a certificate of its own: none may be issued for it now.
pub(crate) async fn outlast(config: &Config, listeners: bool) -> anyhow::Result<Outlasted> {
    let cause = closed(config, false).await?;
    if cause == Cause::None {
        return Ok(Outlasted::Open);
    }
    let handle = Handle::new();
    let running = if listeners { open(config, cause == Cause::Found, &handle)? } else { vec![] };
    let tasks: Vec<_> = running.into_iter().map(tokio::spawn).collect();
    tracing::error!(
        "the installation is in quarantine: nothing is issued, answered or sent until `madoguchi restore` has replayed the \
        journal (docs/operate/backup.md)"
    );
    let outlasted = tokio::select! {
        ended = ended(config) => ended.map(|()| Outlasted::Open),
        () = stop_signal() => Ok(Outlasted::Stopped),
    };
    handle.graceful_shutdown(Some(FAREWELL));
    for task in tasks {
        task.await??;
    }
    outlasted
}

/// Comes back once another process has begun a quarantine: then this one must not go on.
pub(crate) async fn begun(db: &Db) -> anyhow::Error {
    loop {
        tokio::time::sleep(GLANCE).await;
        // Who does other work names the fault of the database.
        if let Ok(Some(_)) = backup::in_quarantine(db).await {
            return anyhow::anyhow!("the installation was put in quarantine: this process ends; start it again");
        }
    }
}

fn open(config: &Config, found: bool, handle: &Handle<SocketAddr>) -> anyhow::Result<Vec<Running>> {
    let router = web::quarantine(&install::operator(config), found);
    let mut running = vec![
        serve::portal(&config.portal, router.clone(), handle.clone())?,
        serve::publications(config, router.clone(), handle.clone())?,
    ];
    if config.closed_network.certificate.is_some() {
        running.push(serve::portal(&config.closed_network, router, handle.clone())?);
    }
    Ok(running)
}

async fn ended(config: &Config) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(LOOK).await;
        match closed(config, true).await {
            Ok(Cause::None) => return Ok(()),
            Ok(_) => {}
            Err(error) => tracing::error!(error = format!("{error:#}"), "the database cannot be read"),
        }
    }
}

fn cause_of(mark: Option<backup::Quarantine>) -> Cause {
    match mark {
        None => Cause::None,
        Some(mark) if mark.was_found() => Cause::Found,
        Some(_) => Cause::Restored,
    }
}

/// Looks with a connection of its own, so that a restore finds the database free, and changes nothing. An empty database is
/// a new installation at the first look, and a restore that runs again later on.
async fn closed(config: &Config, later: bool) -> anyhow::Result<Cause> {
    install::private_folder(&config.data_dir)?;
    let db = Db::open_at(&config.database_url(), Some(0)).await.context("the database cannot be opened")?;
    let cause = match db.is_empty().await {
        Ok(true) if later || backup::has_begun(&config.data_dir) => Ok(Cause::Restored),
        Ok(true) => Ok(Cause::None),
        Ok(false) => backup::in_quarantine(&db).await.map(cause_of).map_err(anyhow::Error::from),
        Err(error) => Err(error.into()),
    };
    db.close().await;
    cause
}

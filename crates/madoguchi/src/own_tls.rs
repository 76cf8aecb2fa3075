//! TLS of the closed network's listener with a certificate that the authority makes, and renews at half of its term without
//! a restart.

use std::{convert::Infallible, net::TcpListener, sync::Arc, time::Duration};

use axum_server::tls_rustls::RustlsConfig;
use domain::clock::Timestamp;
use rustls::ServerConfig;
use services::{App, Error, authority};

use crate::tls::{Identity, closed_config};

/// How often it is looked whether half of the term is over.
const ROUND: Duration = Duration::from_secs(60);
/// How long after a failure; half of the term is left then.
const PAUSE: Duration = Duration::from_secs(3_600);
/// How long after a connection could not be taken.
const BREATH: Duration = Duration::from_millis(100);

/// The listener's configuration, which is changed while it listens.
pub(crate) struct OwnTls {
    config: RustlsConfig,
    renew_from: Timestamp,
}

impl OwnTls {
    /// Makes a certificate; none while the authority's key or the clock does not allow it.
    ///
    /// # Errors
    /// When the database or the authority refuses.
    pub(crate) async fn make(app: &App) -> anyhow::Result<Option<Self>> {
        match made(app).await {
            Ok((config, renew_from)) => Ok(Some(Self { config: RustlsConfig::from_config(config), renew_from })),
            Err(error) => match error.downcast_ref() {
                Some(Error::CannotSign(_) | Error::ClockInDoubt(_)) => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// What the listener uses; it sees each later certificate.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Puts another certificate into the listener if half of the term is over; connections that are open keep theirs.
    ///
    /// # Errors
    /// When none can be made now; the listener keeps the one that it has.
    pub(crate) async fn renew_when_due(&mut self, app: &App) -> anyhow::Result<()> {
        if app.clock.now() < self.renew_from {
            return Ok(());
        }
        let (config, renew_from) = made(app).await?;
        self.config.reload_from_config(config);
        self.renew_from = renew_from;
        tracing::info!("the closed network's listener has a new certificate");
        Ok(())
    }

    /// Renews whenever it is due, as long as the process lives.
    pub(crate) async fn keep(mut self, app: Arc<App>) {
        loop {
            tokio::time::sleep(ROUND).await;
            if let Err(error) = self.renew_when_due(&app).await {
                tracing::warn!(error = format!("{error:#}"), "the closed network's listener keeps its certificate");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Ends whatever connects, for ever: nobody must wait for a listener that cannot open yet.
///
/// # Errors
/// When the socket cannot be listened on.
pub(crate) async fn hang_up(socket: &TcpListener) -> anyhow::Result<Infallible> {
    let socket = tokio::net::TcpListener::from_std(socket.try_clone()?)?;
    loop {
        if socket.accept().await.is_err() {
            // Too many files are open; some will be closed.
            tokio::time::sleep(BREATH).await;
        }
    }
}

async fn made(app: &App) -> anyhow::Result<(Arc<ServerConfig>, Timestamp)> {
    let made = authority::server_certificate(app).await?;
    let hints = authority::subject_names(app).into_iter().map(Into::into).collect();
    let identity = Identity { chain: made.chain, key: made.key };
    Ok((Arc::new(closed_config(identity, hints)?), made.renew_from))
}

//! Listeners and workers.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use services::{App, authority, jobs};
use web::{Proxies, Site};

use crate::{
    Place,
    clock::background,
    config::{Config, Listener},
    connections::{FIRST_REQUEST, Gate, NEXT_REQUEST, PING},
    inbox,
    install::{self, Use},
    own_tls::{OwnTls, hang_up},
    quarantine::{self, Outlasted},
    tls,
};

/// Workers in one process; few, so that people come before their mails when many send at once.
const WORKERS: usize = 2;
/// How long a worker sleeps when nothing wakes it.
const NAP: Duration = Duration::from_secs(2);
/// The longest rest of a worker between two jobs.
const LONGEST_REST: Duration = Duration::from_millis(250);
/// How often readings are counted.
const SECOND: Duration = Duration::from_secs(1);
/// How often regular work is looked at.
const ROUND: Duration = Duration::from_secs(60);
/// How long open requests may finish after the signal to stop.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);

/// Serves portal and closed network, and works.
pub(crate) async fn serve(place: Place) -> anyhow::Result<()> {
    let config = Config::load(&place)?;
    let Some(app) = open(&config, true).await? else { return Ok(()) };
    install::recover(&config, &app).await?;
    run(&config, app, false, |_| Ok(())).await
}

/// Works only.
pub(crate) async fn worker(place: Place) -> anyhow::Result<()> {
    let config = Config::load(&place)?;
    let Some(app) = open(&config, false).await? else { return Ok(()) };
    start_workers(&app);
    inbox::start(&config, &app)?;
    tokio::select! {
        () = stop_signal() => Ok(()),
        begun = quarantine::begun(&app.db) => Err(begun),
    }
}

/// Builds the installation once no quarantine is left; none when the process was asked to stop meanwhile. A database that is
/// older than its journal begins one.
async fn open(config: &Config, listeners: bool) -> anyhow::Result<Option<Arc<App>>> {
    loop {
        if quarantine::outlast(config, listeners).await? == Outlasted::Stopped {
            return Ok(None);
        }
        match install::build(config, Use::Serve).await {
            Err(error) if error.is::<install::Behind>() => tracing::error!("{error}"),
            built => return built.map(Some),
        }
    }
}

/// Serves until a signal to stop; `ready` is called once both listeners accept.
pub(crate) async fn run(
    config: &Config,
    app: Arc<App>,
    demo: bool,
    ready: impl FnOnce(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let site = Site::new(app.clone(), demo);
    let handle = Handle::new();
    let proxies = config.portal.known_proxies()?;
    let portal = portal(&config.portal, web::portal(site.clone().behind(proxies)), handle.clone())?;
    let publications = publications(config, web::publications(site.clone()), handle.clone())?;
    let closed = closed(config, &app, site, handle.clone()).await?;
    start_workers(&app);
    inbox::start(config, &app)?;
    ready(&app)?;
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop_signal().await;
        stopper.graceful_shutdown(Some(FAREWELL));
    });
    let served = async { tokio::try_join!(portal, closed, publications).map(drop) };
    let outcome = tokio::select! {
        served = served => served,
        begun = quarantine::begun(&app.db) => Err(begun),
    };
    count_readings(&app).await;
    app.db.close().await;
    outcome
}

pub(crate) async fn stop_signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::error!(%error, "no signals; stop the process by force");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

pub(crate) type Running = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

type Plain = Server<SocketAddr, Gate>;
type Secure = Server<SocketAddr, RustlsAcceptor<Gate>>;

fn bind(listen: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let socket = std::net::TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn plain(listen: std::net::TcpListener, gate: Gate, handle: Handle<SocketAddr>) -> anyhow::Result<Plain> {
    Ok(patient(axum_server::from_tcp(listen)?.acceptor(gate).handle(handle)))
}

/// The same behind TLS, whose handshake may take ten seconds.
fn secure(
    listen: std::net::TcpListener,
    tls: RustlsConfig,
    gate: Gate,
    handle: Handle<SocketAddr>,
) -> anyhow::Result<Secure> {
    let server = axum_server::from_tcp_rustls(listen, tls)?;
    Ok(patient(server.map(|tls| tls.acceptor(gate)).handle(handle)))
}

/// A server that sends several answers together where several requests came together, and waits for requests only so long.
fn patient<A>(server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let mut server = server.first_request_timeout(FIRST_REQUEST);
    server.http_builder().http1().pipeline_flush(true).header_read_timeout(NEXT_REQUEST);
    server.http_builder().http2().keep_alive_interval(PING).keep_alive_timeout(PING);
    server
}

/// The portal's listener.
pub(crate) fn portal(listener: &Listener, router: Router, handle: Handle<SocketAddr>) -> anyhow::Result<Running> {
    let socket = bind(listener.listen)?;
    let gate = Gate::new("portal", listener.known_proxies()?);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(match listener.identity()? {
        None => {
            let server = plain(socket, gate, handle)?;
            Box::pin(async move { Ok(server.serve(service).await?) })
        }
        Some(identity) => {
            let config = RustlsConfig::from_config(Arc::new(tls::portal_config(identity)?));
            let server = secure(socket, config, gate, handle)?;
            Box::pin(async move { Ok(server.serve(service).await?) })
        }
    })
}

/// The plain listener of revocation lists, OCSP and issuers, where one is configured.
pub(crate) fn publications(config: &Config, router: Router, handle: Handle<SocketAddr>) -> anyhow::Result<Running> {
    let Some(listen) = config.authority.publication_listen else { return Ok(Box::pin(async { Ok(()) })) };
    let server = plain(bind(listen)?, Gate::new("publications", Proxies::default()), handle)?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(Box::pin(async move { Ok(server.serve(service).await?) }))
}

async fn closed(config: &Config, app: &Arc<App>, site: Site, handle: Handle<SocketAddr>) -> anyhow::Result<Running> {
    let listener = &config.closed_network;
    let socket = bind(listener.listen)?;
    let given = listener.identity()?;
    let own = if given.is_none() { OwnTls::make(app).await? } else { None };
    let app = app.clone();
    Ok(Box::pin(async move {
        let tls = match given {
            Some(identity) => {
                let hints = authority::subject_names(&app).into_iter().map(Into::into).collect();
                RustlsConfig::from_config(Arc::new(tls::closed_config(identity, hints)?))
            }
            // Portal and revocation lists serve meanwhile.
            None => tokio::select! {
                own = in_time(own, &app) => kept(own?, &app),
                failed = hang_up(&socket) => match failed? {},
                () = stop_signal() => return Ok(()),
            },
        };
        let server = secure(socket, tls, Gate::new("closed network", Proxies::default()), handle)?;
        let service = web::closed(site).into_make_service_with_connect_info::<SocketAddr>();
        Ok(server.serve(service).await?)
    }))
}

/// Waits until the authority can make a certificate for the closed network's listener.
async fn in_time(mut own: Option<OwnTls>, app: &App) -> anyhow::Result<OwnTls> {
    loop {
        if let Some(own) = own {
            return Ok(own);
        }
        tokio::time::sleep(ROUND).await;
        own = OwnTls::make(app).await?;
    }
}

fn kept(own: OwnTls, app: &Arc<App>) -> RustlsConfig {
    let config = own.config();
    tokio::spawn(own.keep(app.clone()));
    config
}

fn start_workers(app: &Arc<App>) {
    for number in 0..WORKERS {
        let name = format!("{}-{number}", app.node);
        tireless("worker", app, move |app| work(app, name.clone()));
    }
    tireless("readings", app, readings);
    tireless("rounds", app, rounds);
    tireless("settings", app, keep_settings);
}

/// Does work that goes on for ever. Should it panic, it begins again: without it nothing is sent, signed or renewed any more.
pub(crate) fn tireless<F: Future<Output = ()> + Send + 'static>(
    what: &'static str,
    app: &Arc<App>,
    begin: impl Fn(Arc<App>) -> F + Send + 'static,
) {
    let app = app.clone();
    tokio::spawn(async move {
        while let Err(fault) = tokio::spawn(background(begin(app.clone()))).await {
            tracing::error!(what, %fault, "work in the background broke off by a fault of the program; it begins again");
            tokio::time::sleep(SECOND).await;
        }
    });
}

/// Reads what staff set again soon after another process changed it.
async fn keep_settings(app: Arc<App>) {
    loop {
        tokio::time::sleep(NAP).await;
        match app.refresh_if_changed().await {
            Err(_) if app.db.is_closed() => return,
            Err(error) => tracing::error!(%error, "settings could not be read again"),
            Ok(()) => {}
        }
    }
}

/// Does job after job, and rests after each as long as it took: people at the counter come before mails about it.
async fn work(app: Arc<App>, name: String) {
    loop {
        let begun = tokio::time::Instant::now();
        match jobs::work_one(&app, &name).await {
            Ok(true) => {
                tokio::time::sleep(begun.elapsed().min(LONGEST_REST)).await;
                continue;
            }
            Ok(false) => {}
            Err(_) if app.db.is_closed() => return,
            Err(error) => tracing::error!(%error, "a worker could not reach the database"),
        }
        tokio::select! {
            () = app.wake.notified() => {}
            () = tokio::time::sleep(NAP) => {}
        }
    }
}

/// Counts who read what, once a second.
async fn readings(app: Arc<App>) {
    while !app.db.is_closed() {
        tokio::time::sleep(SECOND).await;
        count_readings(&app).await;
    }
}

async fn count_readings(app: &App) {
    match services::content::count_readings(app).await {
        Err(error) if !app.db.is_closed() => tracing::error!(%error, "readings could not be counted; they wait"),
        _ => {}
    }
}

async fn rounds(app: Arc<App>) {
    loop {
        figures(&app).await;
        tokio::time::sleep(ROUND).await;
        if let Err(error) = authority::notice_revoked(&app).await {
            tracing::error!(%error, "it could not be read whether the root revoked an issuing authority");
        }
        if let Err(error) = authority::give_up_unfinished(&app).await {
            tracing::error!(%error, "certificates that were recorded and not stored could not be given up");
        }
        match authority::publish_when_due(&app).await {
            // What fails is in the log once, since it began.
            Ok(_) | Err(services::Error::CannotSign(_) | services::Error::ClockInDoubt(_)) => {}
            Err(error @ services::Error::Busy(_)) => tracing::info!(%error, "the revocation lists wait"),
            Err(error) => tracing::error!(%error, "the revocation list could not be published"),
        }
        if let Err(error) = authority::sign_ocsp_when_due(&app).await {
            tracing::error!(%error, "the round of OCSP answers could not be set");
        }
        if let Err(error) = authority::recheck_when_due(&app).await {
            tracing::error!(%error, "the nightly check of certificates could not be begun");
        }
        // What could not be written before is written as soon as there is room.
        let _ = app.db.record(vec![]).await;
        if let Err(error) = services::terminals::warn_when_due(&app).await {
            tracing::error!(%error, "the warnings before the end of certificates could not be begun");
        }
        terms(&app).await;
        if let Err(error) = services::applications::sweep_drafts_when_due(&app).await {
            tracing::error!(%error, "the look after old drafts could not be begun");
        }
        if let Err(error) = services::group::sweep_when_due(&app).await {
            tracing::error!(%error, "the look after old tables of applications could not be begun");
        }
        records(&app).await;
        receivers(&app).await;
        if let Err(error) = services::office::reviews::make_when_due(&app).await {
            tracing::error!(%error, "the review of staff accounts could not be begun");
        }
        if let Err(error) = services::accounts::sweep(&app).await {
            tracing::error!(%error, "ended sessions could not be swept");
        }
    }
}

/// What comes to its end on a day.
async fn terms(app: &App) {
    if let Err(error) = services::succession::warn_when_due(app).await {
        tracing::error!(%error, "the reminders of successions could not be begun");
    }
    if let Err(error) = services::mandates::sweep_when_due(app).await {
        tracing::error!(%error, "the look after mandates that end could not be begun");
    }
}

/// What reports are made of; looked at first, so that a new installation has them at once.
async fn figures(app: &App) {
    if let Err(error) = services::reports::summarise_when_due(app).await {
        tracing::error!(%error, "the figures of yesterday could not be begun");
    }
}

/// Receivers of webhooks that are behind although nobody is at it.
async fn receivers(app: &App) {
    if let Err(error) = services::feed::deliver_when_due(app).await {
        tracing::error!(%error, "receivers of webhooks that are behind could not be looked after");
    }
}

/// The signed heads of the audit chain, and what is removed after its period.
async fn records(app: &App) {
    if let Err(error) = services::audit::sign_head_when_due(app).await {
        tracing::error!(%error, "the head of the audit chain could not be signed");
    }
    if let Err(error) = services::audit::keep_when_due(app).await {
        tracing::error!(%error, "the work of the periods of keeping could not be begun");
    }
    if let Err(error) = services::uploads::sweep_when_due(app).await {
        tracing::error!(%error, "the look for files that were left behind could not be begun");
    }
    if let Err(error) = services::content::forget_readers(app).await {
        tracing::error!(%error, "who read what could not be forgotten");
    }
    if let Err(error) = services::content::search::sweep_when_due(app).await {
        tracing::error!(%error, "the removal of words that nothing was found for could not be begun");
    }
}

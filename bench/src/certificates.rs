//! Certificates from signing requests through the whole recorded way: request checked, prepared, linted, recorded and
//! durable, signed, stored and durable.

use std::{path::Path, process::Command, sync::Arc};

use anyhow::Context;
use domain::ids::{ApplicationId, InstitutionId};
use pki::{CertificateOrder, CertificateRequest, Passphrase, Profiles, Serial, Subject};
use services::{
    App, Ctx, MembershipRule, Operator, Settings,
    app::Parts,
    authority::{Founding, Order, Places, finish, found, reserve},
    mail::{Attachment, Handover, Mailer},
    secrets::Hasher,
};
use storage::{Db, mails::Mail};

use crate::{
    Bench,
    machine::{Numbers, RealClock, instant, seconds_since},
    report::Report,
};

/// Signing requests, each with a key of its own; they are used in turn.
const REQUESTS: usize = 50;
/// Certificates that are issued.
const CERTIFICATES: usize = 12_000;
/// Terminals that fetch at the same time.
const AT_A_TIME: usize = 64;

/// Nobody is written to here.
struct NoMail;

impl Mailer for NoMail {
    fn send<'a>(
        &'a self,
        _: &'a str,
        _: &'a Mail,
        _: Option<Attachment>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        Box::pin(async { Handover::Later("no mail server".to_owned()) })
    }
}

/// Issues certificates as fast as it goes.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let requests = Arc::new(requests(bench.folder.path())?);
    let app = Arc::new(installation(bench).await?);
    let institution = some_institution(&app).await?;
    let begun = instant();
    let lanes: Vec<_> = (0..AT_A_TIME)
        .map(|lane| {
            let (app, requests) = (app.clone(), requests.clone());
            tokio::spawn(async move {
                for number in (lane..CERTIFICATES).step_by(AT_A_TIME) {
                    let request = requests.get(number % REQUESTS).context("no request")?;
                    issue(&app, institution, request, number).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for lane in lanes {
        lane.await??;
    }
    let rate = CERTIFICATES as f64 / seconds_since(begun);
    report.at_least("Certificates from signing requests, recorded before signed (P-256)", rate, 1_000.0, "/s");
    unrecorded(&app, &requests, report)?;
    app.db.close().await;
    Ok(())
}

async fn issue(
    app: &App,
    (institution, application): (InstitutionId, ApplicationId),
    request: &[u8],
    number: usize,
) -> anyhow::Result<()> {
    let ctx = Ctx::system(app, "bench");
    let request = CertificateRequest::parse(request)?;
    let terminal = format!("terminal-{number}");
    let order = Order {
        application,
        institution,
        subject: subject(&terminal),
        terminal,
        public_key: request.public_key().clone(),
        profile: app.authority.terminals.preferred().name().to_owned(),
    };
    let reserved = reserve(&ctx, &order).await?;
    let mut tx = app.db.write().await?;
    finish(&ctx, &mut tx, reserved).await?;
    tx.commit().await?;
    Ok(())
}

/// The limit: one thread that checks, prepares, lints and signs, and records nothing.
fn unrecorded(app: &App, requests: &[Vec<u8>], report: &mut Report) -> anyhow::Result<()> {
    const COUNT: usize = 5_000;
    let authority = &app.authority;
    let profile = authority.terminals.preferred();
    let begun = instant();
    for request in requests.iter().cycle().take(COUNT) {
        let request = CertificateRequest::parse(request)?;
        let prepared = pki::prepare(&CertificateOrder {
            profile,
            issuer: Some(&authority.issuer),
            serial: &Serial::generate(&*app.randomness),
            subject: &subject("terminal"),
            alternative_names: &[],
            public_key: request.public_key(),
            validity: profile.validity(app.clock.now(), Some(&authority.issuer))?,
            urls: &authority.urls,
        })?;
        anyhow::ensure!(!authority.linter.lint(&prepared).iter().any(pki::Finding::blocks), "the lint refuses");
        pki::sign(prepared, &authority.key)?;
    }
    let rate = COUNT as f64 / seconds_since(begun);
    report.probe("The same without any record, one thread", format!("{rate:.0} /s"));
    Ok(())
}

fn subject(terminal: &str) -> Subject {
    Subject::terminal("計測医院", "1310000017", terminal, "REF")
}

/// Signing requests made by OpenSSL.
fn requests(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    (0..REQUESTS)
        .map(|_| {
            let made = Command::new("openssl")
                .args([
                    "req",
                    "-new",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj",
                    "/CN=x",
                ])
                .args(["-keyout", "request.key"])
                .current_dir(folder)
                .output()?;
            anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            Ok(made.stdout)
        })
        .collect()
}

/// An institution and a case of it in the demo's data.
async fn some_institution(app: &App) -> anyhow::Result<(InstitutionId, ApplicationId)> {
    let code = crate::register::rows().next().context("no rows")?.code();
    let mut conn = app.db.read().await?;
    let institution = storage::institutions::by_code(&mut conn, &code).await?.context("the list was not imported")?;
    let cases = storage::applications::of_institution(&mut conn, institution.id, None, 1).await?;
    Ok((institution.id, cases.first().context("the clinic has no case")?.id))
}

/// An installation of its own on the demo's data, with an authority of its own.
async fn installation(bench: &Bench) -> anyhow::Result<App> {
    let db = Db::open(&format!("sqlite:{}", bench.data().join("madoguchi.db").display())).await?;
    let numbers = Arc::new(Numbers::new());
    let keys = bench.data().join("keys");
    let passphrase = std::fs::read(keys.join("passphrase"))?;
    let passphrase: String = passphrase.iter().map(|octet| format!("{octet:02x}")).collect();
    let settings = settings();
    let profiles = Profiles::built_in(pki::EXAMPLE_POLICY_ARC)?;
    let authority = found(&Founding {
        db: &db,
        clock: &RealClock,
        randomness: &*numbers,
        keys: &keys,
        passphrase: Arc::new(Passphrase::new(&passphrase)?),
        operator: &settings.operator.name,
        places: Places { portal: &settings.portal_url, publications: &settings.portal_url },
        terminals: profiles.for_terminals(&["p256"])?,
        profiles: Arc::new(profiles),
    })
    .await?;
    let parts = Parts {
        db,
        clock: Arc::new(RealClock),
        randomness: numbers,
        settings,
        vault_key: [7; 32],
        hasher: Hasher::new(64, 1)?,
        mailer: Arc::new(NoMail),
        press: letters::Press::new()?,
        authority,
        post_box: None,
    };
    Ok(App::build(parts).await?)
}

fn settings() -> Settings {
    let word = |text: &str| text.to_owned();
    Settings {
        operator: Operator {
            brand: word("計測"),
            name: word("手続き窓口 運営センター"),
            postal_code: word("100-0001"),
            address: word("東京都千代田区千代田1-1"),
            phone: word("0120-000-000"),
            hours: word("平日"),
            mail: word("counter@madoguchi.example"),
        },
        portal_url: word("http://127.0.0.1:8080"),
        closed_url: word("https://127.0.0.1:8443"),
        mail_from: word("noreply@madoguchi.example"),
        membership: MembershipRule::Letter,
        staff_second_factor: true,
        session_idle: time::Duration::hours(1),
        rules: Arc::default(),
        holidays: Arc::default(),
    }
}

//! `serve` is killed at random moments on a PostgreSQL server, where `TEST_POSTGRES` names one.

use std::{path::PathBuf, thread::sleep, time::Duration};

use pki::CertificateInfo;
use sqlx::{Connection, PgConnection, types::Uuid};

use crate::{
    ALONE,
    client::Client,
    demo::{Demo, Place, run, serve},
    draw, fetch,
    outside::Outside,
    register::{authority, is_sound, runtime, sessions},
    request,
    restored::configuration,
    usable_letter,
};

/// How often it is killed.
const ROUNDS: u64 = 6;

/// Runs a statement on the server.
async fn command(server: &str, statement: String) {
    let mut conn = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// The certificate with a serial, as its address names it.
async fn id_of(database: &str, serial: &str) -> Uuid {
    let mut conn = PgConnection::connect(database).await.unwrap();
    let id = sqlx::query_scalar("SELECT id FROM certificates WHERE serial = $1").bind(serial);
    let id = id.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    id
}

/// Waits until portal and closed network serve.
fn opened(config: &std::path::Path, portal: &mut Client, terminal: &mut Client) -> Demo {
    let mut server = serve(config);
    for _ in 0..3_000 {
        let whole = |client: &mut Client, path: &str| client.get(path).is_ok_and(|answer| answer.status == 200);
        if whole(portal, "/healthz") && whole(terminal, "/") {
            return server;
        }
        assert!(server.lives(), "{}", server.output());
        sleep(Duration::from_millis(100));
    }
    panic!("it does not open: {}", server.output());
}

/// People, and what they were told.
struct Cast {
    database: String,
    terminal: Client,
    officer: Client,
    outside: Outside,
    letter: (String, String),
    certificates: Vec<Vec<u8>>,
    revoked: Vec<Vec<u8>>,
}

impl Cast {
    /// Fetches, has it revoked and looks at the list, again and again, until the process is gone.
    fn act(&mut self) -> std::io::Result<()> {
        loop {
            let der = fetch(&mut self.terminal, &self.letter, &request())?;
            self.certificates.push(der.clone());
            let serial = CertificateInfo::parse(&der).unwrap().serial.to_hex();
            let page = format!("/office/certificates/{}/revoke", runtime().block_on(id_of(&self.database, &serial)));
            let done = self.officer.send(&page, &page, &[("reason", "superseded")])?;
            assert_eq!(done.status, 303, "{}", done.text());
            self.revoked.push(der);
            self.outside.list(0)?;
        }
    }
}

#[test]
fn killed_on_postgresql_it_forgets_nothing_and_repeats_no_number() {
    let Ok(server) = std::env::var("TEST_POSTGRES") else { return };
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::new(folder.path()).with_demo();
    let mut demo = place.start();
    let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
    let mut terminal = Client::secure(place.closed, &pki::pem::decode("CERTIFICATE", &root).unwrap());
    let mut portal = Client::plain(place.portal);
    let letter = usable_letter(&mut portal, &mut terminal);
    demo.kill();
    let [_, officer] = runtime().block_on(sessions(&place.folder, &letter.0));
    let officer = Client::plain(place.portal).with_session(&officer);
    let outside = Outside::new(place.portal, &runtime().block_on(authority(&place.folder)));

    let name = format!("killed_{}", std::process::id());
    runtime().block_on(command(&server, format!("CREATE DATABASE {name}")));
    let database = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let own = place.folder.to_str().unwrap();
    let (status, said) = run(&["db", "copy", "--data-dir", own, &database]);
    assert_eq!(status, 0, "{said}");
    let config = folder.path().join("madoguchi.toml");
    let further = "[rules]\nstaff_second_factor = false\n";
    let text = format!("database = {database:?}\n{}{further}", configuration(&place.folder, &place));
    std::fs::write(&config, text).unwrap();

    let (certificates, revoked) = (vec![], vec![]);
    let mut cast = Cast { database: database.clone(), terminal, officer, outside, letter, certificates, revoked };
    for round in 0..ROUNDS {
        let mut server = opened(&config, &mut portal, &mut cast.terminal);
        let acting = std::thread::spawn(move || {
            let _ = cast.act();
            cast
        });
        sleep(Duration::from_millis(500 + draw(round + 77) % 1_500));
        server.kill();
        cast = acting.join().unwrap();
    }
    opened(&config, &mut portal, &mut cast.terminal).kill();
    judge(&place, config.to_str().unwrap(), folder.path().join("check"), &cast);
    runtime().block_on(command(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
}

/// Copies the database back to a file and looks at it with the eyes of the other stories.
fn judge(place: &Place, config: &str, check: PathBuf, cast: &Cast) {
    let (status, said) = run(&["audit", "verify", "--config", config]);
    assert!(status == 0 && said.contains("the chain is whole"), "{said}");
    std::fs::create_dir(&check).unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(place.folder.join("journal")).arg(&check).status();
    assert!(copied.unwrap().success());
    let file = format!("sqlite:{}", check.join("madoguchi.db").display());
    let (status, said) = run(&["db", "copy", "--config", config, &file]);
    assert_eq!(status, 0, "{said}");
    let rows = runtime().block_on(is_sound(&Place { folder: check, fault: None, ..Place::new(&place.folder) }));
    let state = |der: &Vec<u8>| {
        let row = rows.iter().find(|row| row.certificate.as_ref() == Some(der));
        row.map(|row| row.state.as_str())
    };
    assert!(cast.certificates.iter().all(|der| state(der).is_some()), "the database knows it as it was delivered");
    assert!(cast.revoked.iter().all(|der| state(der) == Some("revoked")), "no revocation was lost");
    println!(
        "{ROUNDS} kills on PostgreSQL; {} certificates, {} revocations",
        cast.certificates.len(),
        cast.revoked.len()
    );
    assert!(!cast.certificates.is_empty(), "nothing was done");
}

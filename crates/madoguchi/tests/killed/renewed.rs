//! The process is killed at each turning point of two renewals of one certificate, the second of which ends what the first one
//! gave, and of the connection test with the second: the present certificate stays good, and the fee is charged once.

use std::{
    io::{ErrorKind, Result},
    path::Path,
    thread::sleep,
    time::Duration,
};

use pki::{CertStatus, CertificateInfo};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
use sqlx::{Connection, types::Uuid};

use crate::{
    ALONE,
    client::Client,
    demo::Place,
    fetch,
    outside::{Outside, now},
    register::{authority, certificates, id_of, is_sound, open, runtime},
    request_for,
    steps::{published, settled},
    turning::{PAST, at_each_step},
    usable_letter,
};

/// A month, in milliseconds: long before it a certificate can be renewed.
const MONTH: i64 = 30 * 24 * 3_600 * 1_000;

/// A key with a request for it.
struct Pair {
    key: PrivateKeyDer<'static>,
    request: String,
}

impl Pair {
    fn new(folder: &Path, name: &str) -> Self {
        let path = folder.join(name);
        let request = request_for(path.to_str().unwrap());
        Self { key: PrivateKeyDer::from_pem_file(path).unwrap(), request }
    }
}

/// An installation just before the renewals, to be copied for each kill.
struct Stage {
    place: Place,
    root: Vec<u8>,
    outside: Outside,
    present: Vec<u8>,
    own: Pair,
    next: Pair,
    /// ID and secret of the letter with which the present one was fetched.
    letter: (String, String),
    /// How many certificates there were.
    before: usize,
}

/// What the terminal was told until the process died.
struct Told {
    first: Option<Vec<u8>>,
    second: Option<Vec<u8>>,
    installed: bool,
    outside: Outside,
}

/// How the register stands about what came of the renewals.
struct Renewed {
    fees: i64,
    installed: i64,
}

impl Stage {
    async fn new(folder: &Path) -> Self {
        let place = Place::with_fault(folder).with_demo();
        place.fault.as_ref().unwrap().order(PAST);
        let mut demo = place.start();
        let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
        let root = pki::pem::decode("CERTIFICATE", &root).unwrap();
        let (own, next) = (Pair::new(folder, "own.key"), Pair::new(folder, "next.key"));
        let mut terminal = Client::secure(place.closed, &root);
        let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
        let present = fetch(&mut terminal, &letter, &own.request).unwrap();
        let outside = Outside::new(place.portal, &authority(&place.folder).await);
        settled(&place, 120).await;
        demo.kill();
        // Three years pass for this certificate alone: a clock so far ahead would end everything else as well.
        let mut conn = open(&place.folder).await;
        let ends = sqlx::query("UPDATE certificates SET not_after = $1 WHERE serial = $2");
        let ends = ends.bind(now().as_millis() + MONTH).bind(serial(&present));
        assert_eq!(ends.execute(&mut conn).await.unwrap().rows_affected(), 1);
        conn.close().await.unwrap();
        let before = certificates(&place.folder).await.len();
        Self { place, root, outside, present, own, next, letter, before }
    }

    /// The terminal with its present certificate.
    fn terminal(&self, place: &Place) -> Client {
        Client::showing(place.closed, &self.root, &self.present, &self.own.key)
    }

    /// Renews on the page.
    fn renew(&self, place: &Place) -> Result<Vec<u8>> {
        let fields = [("way", "request"), ("consent_for_request", "agree"), ("request", self.next.request.as_str())];
        let answer = self.terminal(place).send("/renew", "/renew", &fields)?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        pki::pem::decode("CERTIFICATE", &answer.text()).ok_or(ErrorKind::InvalidData.into())
    }

    /// Renews, renews once more, looks at the list and installs, until the process is gone.
    fn act(&self, place: &Place, told: &mut Told) -> Result<()> {
        let first = self.renew(place)?;
        told.first = Some(first.clone());
        assert_eq!(told.outside.status(&first)?, Some(CertStatus::Good));
        let second = self.renew(place)?;
        told.second = Some(second.clone());
        assert_eq!(told.outside.status(&second)?, Some(CertStatus::Good));
        let ended = told.outside.status(&first)?;
        assert!(matches!(ended, Some(CertStatus::Revoked { .. })), "{ended:?}");
        let mut listed = false;
        for _ in 0..2_400 {
            listed = told.outside.is_listed(0, &first)?;
            if listed {
                break;
            }
            sleep(Duration::from_millis(25));
        }
        assert!(listed, "no list within a minute");
        let mut terminal = Client::showing(place.closed, &self.root, &second, &self.next.key);
        let tested = terminal.get("/connection-test")?;
        assert!(matches!(tested.status, 200 | 303), "{}", tested.text());
        told.installed = true;
        // Something that is written after the test, for a kill to fall into.
        let typed = [("pickup_id", self.letter.0.as_str()), ("pickup_secret", self.letter.1.as_str())];
        for _ in 0..3 {
            Client::secure(place.closed, &self.root).send("/", "/rehearsal", &typed)?;
        }
        Ok(())
    }

    /// Lets the deeds run into the N-th turning point; gives the step at which they stopped, or none when they were done.
    fn stopped_at(&self, folder: &Path, point: usize) -> Option<String> {
        let place = self.place.copy(folder);
        let fault = place.fault.as_ref().unwrap();
        fault.order(PAST);
        let mut demo = place.start();
        fault.order(&format!("{PAST} step {point}"));
        let outside = self.outside.at(place.portal);
        let mut told = Told { first: None, second: None, installed: false, outside };
        let acted = self.act(&place, &mut told);
        if acted.is_ok() && demo.lives() {
            return None;
        }
        demo.ended();
        let step = runtime().block_on(self.step(&place, &told));
        let about = format!("point {point}, before {}: {step}", fault.told());
        // Whatever fails from here on is named by its step.
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.starts_again(&place, &mut told)));
        assert!(judged.is_ok(), "{about}");
        Some(step.to_owned())
    }

    /// The next start gives up, catches up and publishes before it serves; then the renewal goes on.
    fn starts_again(&self, place: &Place, told: &mut Told) {
        place.fault.as_ref().unwrap().none();
        let mut demo = place.start();
        let rows = runtime().block_on(is_sound(place));
        let new = &rows[self.before..];
        for der in told.first.iter().chain(&told.second) {
            assert!(new.iter().any(|row| row.certificate.as_ref() == Some(der)), "it is known as it was delivered");
        }
        let present = rows.iter().find(|row| row.certificate.as_ref() == Some(&self.present)).unwrap();
        assert_eq!(present.state, "valid", "the terminal goes on with what it has");
        let stored: Vec<_> = new.iter().filter(|row| row.of_terminal && row.certificate.is_some()).collect();
        assert!(stored.iter().filter(|row| row.state == "valid").count() <= 1, "one successor at a time: {stored:?}");
        told.outside.agrees_with(new);
        let renewed = runtime().block_on(self.renewed(place));
        assert_eq!(renewed.fees, i64::from(!stored.is_empty()), "charged with the first one that was stored, and once");
        assert!(renewed.installed == 1 || !told.installed, "what the terminal was told is known");
        if renewed.installed == 1 {
            let told = self.terminal(place).get("/renew").unwrap().text();
            assert!(told.contains("更新は終わっています"), "{told}");
        } else {
            let der = self.renew(place).unwrap();
            assert_eq!(told.outside.status(&der).unwrap(), Some(CertStatus::Good), "another one is given");
            assert!(![&told.first, &told.second].contains(&&Some(der)));
            assert_eq!(runtime().block_on(self.renewed(place)).fees, 1);
        }
        demo.kill();
        assert!(place.verify_audit().contains("the chain is whole"));
    }

    async fn renewed(&self, place: &Place) -> Renewed {
        let present = id_of(&place.folder, &serial(&self.present)).await;
        let mut conn = open(&place.folder).await;
        let count = async |conn: &mut sqlx::SqliteConnection, statement: &'static str, id: Uuid| -> i64 {
            sqlx::query_scalar(statement).bind(id).fetch_one(conn).await.unwrap()
        };
        let fees = "SELECT COUNT(*) FROM ledger WHERE kind = 'renewal' AND certificate_id = $1";
        let installed = "SELECT COUNT(*) FROM certificates WHERE renews = $1 AND installed_at IS NOT NULL";
        let fees = count(&mut conn, fees, present).await;
        let installed = count(&mut conn, installed, present).await;
        conn.close().await.unwrap();
        Renewed { fees, installed }
    }

    /// The step at which the process died, by what it left.
    async fn step(&self, place: &Place, told: &Told) -> &'static str {
        let rows = certificates(&place.folder).await;
        let own: Vec<_> = rows[self.before..].iter().filter(|row| row.of_terminal).collect();
        let journal = place.journal();
        let knows = |kind: &str, serial: &str| {
            let kind = format!("\"kind\":\"{kind}\"");
            journal.lines().any(|line| line.contains(&kind) && line.contains(serial))
        };
        let (first, second) = match own[..] {
            [] => return "renewal: nothing recorded",
            [first] => (first, None),
            [first, second, ..] => (first, Some(second)),
        };
        match (first.state.as_str(), second) {
            ("prepared", _) if !knows("issued", &first.serial) => "renewal: recorded",
            ("prepared", _) => "renewal: in the journal, perhaps signed",
            (_, None) if told.first.is_none() => "renewal: stored",
            (_, None) => "renewal: delivered",
            (_, Some(second)) if second.state == "prepared" && !knows("issued", &second.serial) => "again: recorded",
            (_, Some(second)) if second.state == "prepared" => "again: in the journal, perhaps signed",
            _ if !knows("revoked", &first.serial) => "again: stored, the first one revoked",
            _ if told.second.is_none() => "again: the revocation in the journal",
            _ if self.renewed(place).await.installed == 1 => "installed",
            _ => published(place, first).await,
        }
    }
}

fn serial(der: &[u8]) -> String {
    CertificateInfo::parse(der).unwrap().serial.to_hex()
}

/// Every step in which a kill must fall, in their order.
const STEPS: &[&str] = &[
    "renewal: nothing recorded",
    "renewal: recorded",
    "renewal: in the journal, perhaps signed",
    "renewal: stored",
    "renewal: delivered",
    "again: recorded",
    "again: in the journal, perhaps signed",
    "again: stored, the first one revoked",
    "installed",
];

#[test]
fn killed_at_each_step_of_a_renewal_the_present_certificate_stays_and_the_fee_is_charged_once() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let stage = runtime().block_on(Stage::new(folder.path()));
    at_each_step(folder.path(), STEPS, &|own, point| stage.stopped_at(own, point));
}

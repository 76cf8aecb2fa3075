//! The process is killed at each turning point of one issuance, one revocation, one list and one OCSP answer: wherever it
//! stops, the next start knows what was done (docs/operate/faults.md names the steps).

use std::{io::Result, path::Path, thread::sleep, time::Duration};

use pki::{CertStatus, CertificateInfo};
use sqlx::Connection;

use crate::{
    ALONE,
    client::Client,
    demo::Place,
    fetch,
    outside::{Outside, now},
    register::{Row, authority, certificates, id_of, is_sound, open, runtime, sessions},
    request,
    turning::{PAST, at_each_step},
    usable_letter,
};

/// An installation just before the deeds, to be copied for each kill.
struct Stage {
    place: Place,
    terminal: Client,
    officer: Client,
    outside: Outside,
    letter: (String, String),
    request: String,
    /// How many certificates there were.
    before: usize,
}

/// What people were told until the process died.
struct Told {
    certificate: Option<Vec<u8>>,
    revoked: bool,
    listed: bool,
    /// Knows the numbers of the lists that were seen.
    outside: Outside,
}

impl Stage {
    async fn new(folder: &Path) -> Self {
        let place = Place::with_fault(folder).with_demo();
        place.fault.as_ref().unwrap().order(PAST);
        let mut demo = place.start();
        let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
        let mut terminal = Client::secure(place.closed, &pki::pem::decode("CERTIFICATE", &root).unwrap());
        let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
        let outside = Outside::new(place.portal, &authority(&place.folder).await);
        // Mails of the demo's cases would come between the steps.
        settled(&place, 120).await;
        demo.kill();
        let [_, officer] = sessions(&place.folder, &letter.0).await;
        let officer = Client::plain(place.portal).with_session(&officer);
        let before = certificates(&place.folder).await.len();
        Self { place, terminal, officer, outside, letter, request: request(), before }
    }

    /// Fetches, is revoked, looks at the list, asks OCSP and rehearses, until the process is gone.
    fn act(&self, place: &Place, told: &mut Told) -> Result<()> {
        let der = fetch(&mut self.terminal.at(place.closed), &self.letter, &self.request)?;
        told.certificate = Some(der.clone());
        assert_eq!(told.outside.status(&der)?, Some(CertStatus::Good));
        let serial = CertificateInfo::parse(&der).unwrap().serial.to_hex();
        let page = format!("/office/certificates/{}/revoke", runtime().block_on(id_of(&place.folder, &serial)));
        let done = self.officer.at(place.portal).send(&page, &page, &[("reason", "superseded")])?;
        assert_eq!(done.status, 303, "{}", done.text());
        told.revoked = true;
        for _ in 0..2_400 {
            told.listed = told.outside.is_listed(0, &der)?;
            if told.listed {
                break;
            }
            sleep(Duration::from_millis(25));
        }
        assert!(told.listed, "no list within a minute");
        let status = told.outside.status(&der)?;
        assert!(matches!(status, Some(CertStatus::Revoked { .. })), "{status:?}");
        // Something that is written after the answer was stored, for a kill to fall into.
        let fields = [("pickup_id", self.letter.0.as_str()), ("pickup_secret", self.letter.1.as_str())];
        self.terminal.at(place.closed).send("/", "/rehearsal", &fields)?;
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
        let mut told = Told { certificate: None, revoked: false, listed: false, outside };
        let acted = self.act(&place, &mut told);
        if acted.is_ok() && demo.lives() {
            return None;
        }
        assert!(acted.is_err() || !demo.lives(), "point {point}");
        demo.ended();
        let step = runtime().block_on(step(&place, self.before, &told));
        let about = format!("point {point}, before {}: {step}", fault.told());
        // Whatever fails from here on is named by its step.
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.starts_again(&place, &mut told)));
        assert!(judged.is_ok(), "{about}");
        Some(step.to_owned())
    }

    /// The next start gives up, catches up and publishes before it serves.
    fn starts_again(&self, place: &Place, told: &mut Told) {
        place.fault.as_ref().unwrap().none();
        let mut demo = place.start();
        let rows = runtime().block_on(is_sound(place));
        let outside = &mut told.outside;
        let new = &rows[self.before..];
        if let Some(der) = &told.certificate {
            let known = new.iter().any(|row| row.certificate.as_ref() == Some(der));
            assert!(known, "the register knows the certificate as it was delivered");
        }
        let own = new.iter().find(|row| told.certificate.is_some() && row.certificate == told.certificate);
        assert!(!told.revoked || own.is_some_and(|row| row.state == "revoked"), "a revocation was lost");
        outside.agrees_with(new);
        // A key is certified again after an answer that was lost, and never after a revocation.
        let spent = new.iter().any(|row| row.of_terminal && row.state == "revoked");
        let request = if spent { request() } else { self.request.clone() };
        let again = fetch(&mut self.terminal.at(place.closed), &self.letter, &request).unwrap();
        assert_ne!(Some(&again), told.certificate.as_ref(), "the letter still works and gives a new certificate");
        demo.kill();
        assert!(place.verify_audit().contains("the chain is whole"));
    }
}

/// Waits until no job is left that is due for a process that lives so many seconds in the past.
pub(crate) async fn settled(place: &Place, seconds: u64) {
    for _ in 0..6_000 {
        let mut conn = open(&place.folder).await;
        let due =
            sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE done_at IS NULL AND failed_at IS NULL AND run_at < $1");
        let due: i64 = due
            .bind(now().as_millis() - i64::try_from(seconds - 10).unwrap() * 1_000)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
        if due == 0 {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("the demo's jobs do not end");
}

/// The step at which the process died, by what it left; the last of those that were begun.
async fn step(place: &Place, before: usize, told: &Told) -> &'static str {
    let rows = certificates(&place.folder).await;
    let Some(row) = rows.iter().skip(before).rfind(|row| row.of_terminal) else {
        return "issuance: nothing recorded";
    };
    let journal = place.journal();
    let knows = |kind: &str| {
        let kind = format!("\"kind\":\"{kind}\"");
        journal.lines().any(|line| line.contains(&kind) && line.contains(&row.serial))
    };
    match row.state.as_str() {
        "prepared" if !knows("issued") => "issuance: recorded",
        "prepared" => "issuance: in the journal, perhaps signed",
        "valid" if told.certificate.is_none() => "issuance: stored",
        "valid" => published(place, row).await,
        _ if !knows("revoked") => "revocation: recorded",
        _ => published(place, row).await,
    }
}

/// How far list and answer about a certificate are.
pub(crate) async fn published(place: &Place, row: &Row) -> &'static str {
    let mut conn = open(&place.folder).await;
    let answer = sqlx::query_scalar("SELECT answer IS NOT NULL FROM ocsp_answers WHERE certificate_id = $1");
    let answer: Option<bool> = answer.bind(row.id).fetch_optional(&mut conn).await.unwrap();
    let lists = sqlx::query_as(
        "SELECT s.changes > s.covers, EXISTS (SELECT 1 FROM crls WHERE authority_id = a.id AND number > s.number AND crl IS NULL),
            a.crl_number > (SELECT MAX(number) FROM crls WHERE authority_id = a.id)
        FROM authorities a JOIN crl_shards s ON s.authority_id = a.id AND s.shard = 0 WHERE a.role = 'issuing'",
    );
    let (behind, recorded, taken): (bool, bool, bool) = lists.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    match (row.state.as_str(), answer) {
        ("valid", None) => "issuance: delivered",
        ("valid", Some(false)) => "answer: recorded",
        ("valid", Some(true)) => "answer: stored",
        (_, Some(false)) => "answer after the revocation: recorded",
        (_, Some(true)) => "answer after the revocation: stored",
        (_, None) if behind && taken => "list: numbers taken",
        (_, None) if behind && recorded => "list: recorded, perhaps signed",
        (_, None) if behind => "revocation: in the journal",
        (_, None) => "list: stored",
    }
}

/// Every step in which a kill must fall, in their order. When later ones come depends on the mails that are sent meanwhile.
const STEPS: &[&str] = &[
    "issuance: nothing recorded",
    "issuance: recorded",
    "issuance: in the journal, perhaps signed",
    "issuance: stored",
    "issuance: delivered",
    "answer: recorded",
    "answer: stored",
    "revocation: recorded",
    "revocation: in the journal",
    "list: numbers taken",
    "list: recorded, perhaps signed",
    "list: stored",
    "answer after the revocation: recorded",
    "answer after the revocation: stored",
];

#[test]
fn killed_at_each_step_the_next_start_knows_what_was_done() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let stage = runtime().block_on(Stage::new(folder.path()));
    at_each_step(folder.path(), STEPS, &|own, point| stage.stopped_at(own, point));
}

//! The process is killed at random moments while a clinic files, a terminal fetches, owner and officer revoke, and people
//! outside look at lists and answers. `KILL_ROUNDS` says how often; `cargo xtask test` does a few.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Result,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{JoinHandle, sleep, spawn},
    time::Duration,
};

use domain::{applications::State, ids::ApplicationId};
use pki::{CertStatus, CertificateInfo};
use storage::Db;

use crate::{
    ALONE,
    client::Client,
    clinic,
    demo::{FOUNDED_AGO, Place},
    draw, fetch, file,
    outside::Outside,
    register::{Row, authority, id_of, is_sound, runtime, sessions},
    request, usable_letter,
};

/// How often the process is killed when nobody says otherwise.
const ROUNDS: u64 = 8;
/// A killed process may hold the lease for lists for a minute. So they live in the past, and the next one a little later than
/// the one that was killed, in seconds.
const LATER: u64 = 61;
/// How often it is looked whether everybody has done something, before a process is killed that is slow.
const LOOKS: usize = 1_200;

fn rounds() -> u64 {
    std::env::var("KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// How long ago the story begins, in seconds.
fn begins() -> u64 {
    (rounds() + 1) * LATER + 120
}

/// Who fetches with a letter and has certificates revoked.
struct Holder {
    folder: std::path::PathBuf,
    terminal: Client,
    owner: Client,
    officer: Client,
    letter: (String, String),
    last: Vec<u8>,
    /// What was revoked, for those who ask about it.
    revoked: Revoked,
}

type Revoked = Arc<Mutex<Vec<Vec<u8>>>>;

/// What a holder was promised.
enum Deed {
    Fetched(Vec<u8>),
    Revoked(Vec<u8>),
}

impl Holder {
    /// Fetches a certificate, and next time revokes it, by turns as owner and as officer.
    fn act(&mut self, number: usize) -> Result<Deed> {
        if number.is_multiple_of(2) {
            self.last = fetch(&mut self.terminal, &self.letter, &request())?;
            return Ok(Deed::Fetched(self.last.clone()));
        }
        let serial = CertificateInfo::parse(&self.last).unwrap().serial.to_hex();
        let id = runtime().block_on(id_of(&self.folder, &serial));
        let (who, page) = match number % 4 {
            1 => (&mut self.owner, format!("/certificates/{id}/revoke")),
            _ => (&mut self.officer, format!("/office/certificates/{id}/revoke")),
        };
        let done = who.send(&page, &page, &[("reason", "superseded")])?;
        assert_eq!(done.status, 303, "{}", done.text());
        self.revoked.lock().unwrap().push(self.last.clone());
        Ok(Deed::Revoked(self.last.clone()))
    }
}

/// Looks at lists, and asks about what was revoked.
fn watch(outside: &mut Outside, revoked: &Revoked, number: usize) -> Result<()> {
    let last = revoked.lock().unwrap().last().cloned();
    outside.list(0)?;
    outside.list(i64::try_from(number % 64).unwrap_or_default() + 1)?;
    if let Some(der) = last {
        let status = outside.status(&der)?;
        assert_ne!(status, Some(CertStatus::Good), "it was revoked before it was asked about");
    }
    sleep(Duration::from_millis(20));
    Ok(())
}

/// What the outside holds in the end.
#[derive(Default)]
struct Acknowledged {
    cases: Vec<String>,
    certificates: Vec<Vec<u8>>,
    revoked: Vec<Vec<u8>>,
    looks: usize,
}

impl Acknowledged {
    fn add(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Fetched(der) => self.certificates.push(der),
                Deed::Revoked(der) => self.revoked.push(der),
            }
        }
    }
}

/// How much was done in a round, for whoever wants to wait.
type Count = Arc<AtomicUsize>;

/// Repeats an act until the process is gone; gives what was acknowledged, and who acted.
fn until_killed<A: Send + 'static, T: Send + 'static>(
    count: &Count,
    mut actor: A,
    act: impl Fn(&mut A, usize) -> Result<T> + Send + 'static,
) -> JoinHandle<(A, Vec<T>)> {
    let count = count.clone();
    spawn(move || {
        let mut done = vec![];
        while let Ok(one) = act(&mut actor, done.len()) {
            done.push(one);
            count.fetch_add(1, Ordering::SeqCst);
        }
        (actor, done)
    })
}

/// Waits until everybody has done something, and the holder has had a certificate revoked; not for ever.
fn wait_for(filed: &Count, held: &Count, looked: &Count) {
    let enough = || {
        let done = |count: &Count| count.load(Ordering::SeqCst);
        done(filed) > 0 && done(held) > 1 && done(looked) > 0
    };
    for _ in 0..LOOKS {
        if enough() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
}

/// Logs owner and officer in, and lets the next process live later.
fn prepare(place: &Place, holder: &mut Holder, round: u64) {
    let past = (rounds() - round) * LATER + 120;
    place.fault.as_ref().unwrap().order(&format!("clock -{past}"));
    let [owner, officer] = runtime().block_on(sessions(&place.folder, &holder.letter.0));
    let person = |token: &str| Client::plain(place.portal).with_session(token);
    (holder.owner, holder.officer) = (person(&owner), person(&officer));
}

/// Everyone who does something, with an installation that runs.
fn cast(place: &Place) -> (Client, Holder, Outside) {
    let mut demo = place.start();
    let password = demo.said["accounts"][0]["password"].as_str().unwrap().to_owned();
    let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
    let clinic = clinic(place.portal, &password);
    let mut terminal = Client::secure(place.closed, &pki::pem::decode("CERTIFICATE", &root).unwrap());
    let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
    let outside = Outside::new(place.portal, &runtime().block_on(authority(&place.folder)));
    demo.kill();
    let (owner, officer) = (Client::plain(place.portal), Client::plain(place.portal));
    let (folder, last, revoked) = (place.folder.clone(), vec![], Revoked::default());
    (clinic, Holder { folder, terminal, owner, officer, letter, last, revoked }, outside)
}

/// Lives through all rounds.
fn live(place: &Place) -> (Acknowledged, Outside) {
    place.fault.as_ref().unwrap().order(&format!("clock -{}", begins()));
    let (mut clinic, mut holder, mut outside) = cast(place);
    let mut all = Acknowledged::default();
    for round in 0..rounds() {
        prepare(place, &mut holder, round);
        let mut demo = place.start();
        let [filed, held, looked] = [Count::default(), Count::default(), Count::default()];
        let filing =
            until_killed(&filed, clinic, move |clinic, number| file(clinic, &format!("受付の端末 {round}の{number}")));
        let revoked = holder.revoked.clone();
        let holding = until_killed(&held, holder, Holder::act);
        let watching = until_killed(&looked, outside, move |outside, number| watch(outside, &revoked, number));
        if round % 2 == 1 {
            // Every other process lives long enough on any machine.
            wait_for(&filed, &held, &looked);
        }
        sleep(Duration::from_millis(300 + draw(round + 1) % 900));
        demo.kill();
        let (who, cases) = filing.join().unwrap();
        clinic = who;
        all.cases.extend(cases);
        let (who, deeds) = holding.join().unwrap();
        holder = who;
        all.add(deeds);
        let (who, looks) = watching.join().unwrap();
        outside = who;
        all.looks += looks.len();
    }
    prepare(place, &mut holder, rounds());
    let mut demo = place.start();
    all.cases.push(file(&mut clinic, "受付の端末 最後").unwrap());
    all.add((0..4).map(|number| holder.act(number).unwrap()).collect());
    all.add(vec![holder.act(0).unwrap()]);
    demo.kill();
    (all, outside)
}

#[test]
fn a_process_killed_at_any_moment_forgets_nothing_and_repeats_no_number() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let mut place = Place::with_fault(folder.path());
    if begins() < FOUNDED_AGO {
        place = place.with_demo();
    }
    let (all, mut outside) = live(&place);
    // One in every other round, and what the last process was asked for.
    let least = usize::try_from(rounds()).unwrap() / 2;
    assert!(all.cases.len() > least, "only {} cases were acknowledged", all.cases.len());
    assert!(all.certificates.len() > least, "only {} certificates were fetched", all.certificates.len());
    assert!(all.revoked.len() > 2, "only {} certificates were revoked", all.revoked.len());
    assert!(all.looks >= least, "only {} looks from outside", all.looks);
    runtime().block_on(filed(&place.folder, &all.cases));
    place.fault.as_ref().unwrap().none();
    let mut demo = place.start();
    let rows = runtime().block_on(is_sound(&place));
    promised(&mut outside, &rows, &all);
    demo.kill();
    assert!(place.verify_audit().contains("the chain is whole"));
    let count = |state: &str| rows.iter().filter(|row| row.state == state).count();
    println!("{} kills; acknowledged {} filings", rounds(), all.cases.len());
    println!("{} certificates, {} revocations, {} looks", all.certificates.len(), all.revoked.len(), all.looks);
    println!("{} valid, {} revoked, {} abandoned", count("valid"), count("revoked"), count("abandoned"));
}

/// What was delivered is known, each with a serial of its own; what was revoked stays so, and everybody can see it.
fn promised(outside: &mut Outside, rows: &[Row], all: &Acknowledged) {
    let known: BTreeMap<&[u8], &Row> = rows.iter().filter_map(|row| Some((row.certificate.as_deref()?, row))).collect();
    for der in &all.certificates {
        assert!(known.contains_key(der.as_slice()), "the database knows it as it was delivered");
    }
    let delivered: BTreeSet<_> =
        all.certificates.iter().map(|der| CertificateInfo::parse(der).unwrap().serial.to_hex()).collect();
    assert_eq!(delivered.len(), all.certificates.len(), "no serial twice");
    let revoked: Vec<&Row> = all.revoked.iter().map(|der| known[der.as_slice()]).collect();
    assert!(revoked.iter().all(|row| row.state == "revoked"), "no revocation was lost");
    published(outside, rows, &revoked);
}

/// Every filing that was acknowledged is there, with a number of its own.
async fn filed(folder: &Path, cases: &[String]) {
    let db = Db::open(&format!("sqlite:{}", folder.join("madoguchi.db").display())).await.unwrap();
    let mut conn = db.read().await.unwrap();
    let mut references = BTreeSet::new();
    for case in cases {
        let id: ApplicationId = case.parse().unwrap();
        let case = storage::applications::find(&mut conn, id).await.unwrap().unwrap();
        assert_eq!(case.state, State::Submitted, "it was acknowledged");
        assert!(references.insert(case.reference.unwrap()), "each has a number of its own");
    }
    drop(conn);
    db.close().await;
}

/// What ended stands on the full list and on the list of its shard, and nothing else does; OCSP says the same.
fn published(outside: &mut Outside, rows: &[Row], revoked: &[&Row]) {
    let lists: Vec<Vec<u8>> = (0..=64).map(|shard| outside.list(shard).unwrap()).collect();
    for row in rows.iter().filter(|row| row.authority == "issuing") {
        let serial = pki::Serial::from_hex(&row.serial).unwrap();
        for shard in [0, row.crl_shard] {
            let list = &lists[usize::try_from(shard).unwrap()];
            let listed = list.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes());
            assert_eq!(listed, row.state != "valid", "list {shard} about {row:?}");
        }
    }
    for row in revoked {
        let status = outside.status(row.certificate.as_deref().unwrap()).unwrap();
        assert!(matches!(status, Some(CertStatus::Revoked { .. })), "{status:?}: {row:?}");
    }
}

//! The drill: an installation is destroyed and restored from an older backup, and nothing that was revoked comes back.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use axum::http::StatusCode;
use domain::{
    clock::{Clock, Randomness},
    ids::CertificateId,
    permissions::Role,
};
use services::{
    authority::{abandon_unfinished, answer_ocsp, crl, publish_when_due},
    backup::{self, Order, Restored, Target},
    journal::{Place, catch_up},
    uploads::Store,
};
use storage::{Db, authority::Certificate};
use tempfile::TempDir;
use time::Duration;

use crate::{
    browser::Browser,
    pickup::fetch,
    steps::{CERTIFICATE, Paper, clinic, decide, file, filed, posted, staff, stored},
    support::{
        House,
        restoring::{Site, on_each_pair_of_databases, open_house},
    },
};

/// An installation, and the folders that it lies in.
pub(crate) struct Premises<'a> {
    pub(crate) url: &'a str,
    pub(crate) folder: PathBuf,
    pub(crate) journal: &'a Path,
}

/// What a restore needs of the machine.
type Machine = (Arc<dyn Clock>, Arc<dyn Randomness>);

pub(crate) fn machine(house: &House) -> Machine {
    (house.app.clock.clone(), house.app.randomness.clone())
}

impl Premises<'_> {
    /// Starts it as the program does.
    pub(crate) async fn start(&self, number: u64) -> (House, Place) {
        let site = Site { url: self.url, keys: &self.folder.join("keys"), journal: self.journal };
        let (house, place) = open_house(&site, number).await;
        house.clock.pass(Duration::hours(i64::try_from(number).unwrap()));
        abandon_unfinished(&house.app, house.app.clock.now()).await.unwrap();
        catch_up(&house.app.db, &place).await.unwrap();
        publish_when_due(&house.app).await.unwrap();
        (house, place)
    }

    async fn restore(&self, (clock, randomness): &Machine, backup: &Path) -> backup::Result<Restored> {
        let (clock, randomness) = (&**clock, &**randomness);
        let journals = [self.journal.to_owned()];
        let (folder, uploads) = (&self.folder, &|| Ok(Store::in_memory()));
        let target = Target { database: self.url, folder, uploads, journals: &journals, clock, randomness };
        backup::restore(backup, &target).await
    }

    /// Fire: nothing is left but the journal, which lies elsewhere.
    async fn burn(&self, house: House) {
        house.app.db.close().await;
        drop(house);
        std::fs::remove_dir_all(&self.folder).unwrap();
        let db = Db::open_at(self.url, Some(0)).await.unwrap();
        db.clear().await.unwrap();
        db.close().await;
    }
}

/// A case whose letter is out.
pub(crate) struct Letter {
    case: String,
    paper: Paper,
}

async fn letter(house: &House, owner: &Browser, number: usize) -> Letter {
    let terminal = format!("受付の端末 {number}号機");
    let own = |(key, value): &(&'static str, &'static str)| match *key {
        "terminal_name_1" => (*key, terminal.clone()),
        _ => (*key, (*value).to_owned()),
    };
    let answers: Vec<(&str, String)> = CERTIFICATE.iter().map(own).collect();
    let case = file(house, owner, "certificate", &answers).await;
    decide(house, &staff(house, Role::RaOfficer).await, &case, "accept", &[]).await;
    let clerk = staff(house, Role::DispatchClerk).await;
    let paper = posted(house, &clerk, &case, &format!("1234567890{number}")).await;
    Letter { case, paper }
}

/// Fetches a certificate with a letter; gives the newest of its case.
pub(crate) async fn pick_up(house: &House, Letter { case, paper }: &Letter) -> Certificate {
    let fetched = fetch(&Browser::terminal(house), paper).await;
    assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
    let id = stored(house, case).await.id;
    let made = storage::authority::of_application(&mut house.app.db.read().await.unwrap(), id).await.unwrap();
    made.into_iter().find(|one| one.state == "valid").unwrap()
}

pub(crate) async fn revoke(house: &House, id: CertificateId, reason: &str) {
    let officer = staff(house, Role::RaOfficer).await;
    let done = officer.post(&format!("/office/certificates/{id}/revoke"), &[("reason", reason)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

async fn back_up(house: &House, place: &Place, premises: &Premises<'_>, to: &Path) {
    let keys = std::fs::read_dir(premises.folder.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let files = keys.map(|path| (format!("keys/{}", path.file_name().unwrap().to_str().unwrap()), path)).collect();
    let (db, uploads) = (&house.app.db, &house.app.uploads.store);
    backup::make(&Order { db, journal: place, uploads, files, to, program: "drill" }).await.unwrap();
}

fn openssl(words: &[&str]) -> String {
    let output = Command::new("openssl").args(words).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    format!("{out}{err}")
}

/// What OpenSSL reads in a list: its number, which is that of the record, and the reason of each serial.
async fn listed(house: &House, shard: i64) -> (i64, BTreeMap<String, String>) {
    let list = crl(&house.app, house.app.authority.issuing.id, shard).await.unwrap();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("list.crl");
    std::fs::write(&path, &list.der).unwrap();
    let text = openssl(&["crl", "-inform", "DER", "-noout", "-text", "-in", path.to_str().unwrap()]);
    let entries = text.split("Serial Number: ").skip(1).map(|entry| {
        let serial = entry.lines().next().unwrap().trim().to_lowercase();
        let reason = entry.split_once("Reason Code:").and_then(|(_, rest)| rest.lines().nth(1));
        (serial.trim_start_matches('0').to_owned(), reason.unwrap_or_default().trim().to_owned())
    });
    let number = text.split_once("X509v3 CRL Number:").and_then(|(_, rest)| rest.lines().nth(1)).unwrap();
    let number: i64 = number.trim().parse().unwrap();
    assert_eq!(number, list.number, "{text}");
    (number, entries.collect())
}

/// What OpenSSL reads in the OCSP answer about a serial.
async fn answered(house: &House, serial: &str) -> String {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (issuer, request, response) = (path("issuer.pem"), path("request"), path("response"));
    std::fs::write(&issuer, services::authority::pem(house.app.authority.issuing.certificate.der())).unwrap();
    let serial = format!("0x{serial}");
    openssl(&["ocsp", "-issuer", &issuer, "-serial", &serial, "-no_nonce", "-reqout", &request]);
    let reply = answer_ocsp(&house.app, &std::fs::read(&request).unwrap()).await.unwrap();
    std::fs::write(&response, &reply.der).unwrap();
    // The clock of the drill stands still; that of OpenSSL does not.
    let ever = "9999999999";
    openssl(&[
        "ocsp",
        "-issuer",
        &issuer,
        "-serial",
        &serial,
        "-respin",
        &response,
        "-noverify",
        "-validity_period",
        ever,
    ])
}

async fn serials(house: &House) -> Vec<String> {
    let before_all = domain::ids::AuthorityId("00000000-0000-0000-0000-000000000000".parse().unwrap());
    let mut conn = house.app.db.read().await.unwrap();
    let rows = storage::restore::register(&mut conn, before_all.0, 10_000).await.unwrap();
    rows.into_iter().map(|row| row.serial).collect()
}

/// The last number of a list of each authority, the highest first.
pub(crate) async fn crl_numbers(house: &House) -> Vec<i64> {
    let rows = storage::authority::authorities(&mut house.app.db.read().await.unwrap()).await.unwrap();
    rows.into_iter().map(|row| row.crl_number).collect()
}

async fn rows_of(house: &House, table: &str) -> usize {
    let (mut snapshot, mut count) = (house.app.db.snapshot().await.unwrap(), 0);
    let table = snapshot.tables().await.unwrap().into_iter().find(|one| one.name == table).unwrap();
    let mut each = |_| {
        count += 1;
        Ok(())
    };
    snapshot.rows::<storage::Error>(&table, &mut each).await.unwrap();
    count
}

#[tokio::test]
async fn what_was_revoked_stays_revoked_after_a_restore_from_an_older_backup() {
    on_each_pair_of_databases(async |from, to| {
        let folder = TempDir::new().unwrap();
        let (journal, file) = (folder.path().join("journal"), folder.path().join("monday.zip"));
        let first = Premises { url: from, folder: folder.path().join("first"), journal: &journal };
        let second = Premises { url: to, folder: folder.path().join("second"), journal: &journal };
        drill(&first, &second, &file).await;
    })
    .await;
}

/// What the drill leaves behind: certificates and how they must be told of.
pub(crate) struct Past {
    stays: Certificate,
    revoked: Vec<(Certificate, &'static str)>,
    pub(crate) strange: Letter,
    pub(crate) held: Certificate,
    pub(crate) serials: Vec<String>,
    numbers: Vec<i64>,
}

/// Until Monday, when a copy is made, and what happens until Tuesday.
pub(crate) async fn live(first: &Premises<'_>, copy: impl AsyncFn(&House, &Place)) -> (House, Past) {
    let (house, place) = first.start(1).await;
    let (_, owner) = clinic(&house, "1330100016").await;
    filed(&house, &owner).await;
    let mut letters = vec![];
    for number in 1..=6 {
        letters.push(letter(&house, &owner, number).await);
    }
    let before = pick_up(&house, &letters[0]).await;
    let stays = pick_up(&house, &letters[1]).await;
    let after = pick_up(&house, &letters[2]).await;
    revoke(&house, before.id, "superseded").await;
    let leaked = pick_up(&house, &letters[5]).await;
    revoke(&house, leaked.id, "superseded").await;
    services::jobs::work_all(&house.app, "drill").await.unwrap();
    copy(&house, &place).await;
    let held = pick_up(&house, &letters[3]).await;
    let strange_revoked = pick_up(&house, &letters[4]).await;
    revoke(&house, after.id, "keyCompromise").await;
    revoke(&house, leaked.id, "keyCompromise").await;
    revoke(&house, strange_revoked.id, "cessationOfOperation").await;
    services::jobs::work_all(&house.app, "drill").await.unwrap();
    let revoked = vec![
        (before, "Superseded"),
        (after, "Key Compromise"),
        (leaked, "Key Compromise"),
        (strange_revoked, "Cessation Of Operation"),
        (held.clone(), "Certificate Hold"),
    ];
    let (serials, numbers) = (serials(&house).await, crl_numbers(&house).await);
    (house, Past { stays, revoked, strange: letters.remove(3), held, serials, numbers })
}

async fn drill(first: &Premises<'_>, second: &Premises<'_>, file: &Path) {
    let (house, mut past) = live(first, async |house, place| back_up(house, place, first, file).await).await;
    let machine = machine(&house);
    first.burn(house).await;
    let restored = second.restore(&machine, file).await.unwrap();
    assert_eq!(restored.gaps, [""; 0]);
    assert_eq!(
        (restored.replayed.revoked, restored.replayed.revoked_unknown),
        (2, 1),
        "one of them for a graver reason"
    );
    assert!(restored.replayed.held.contains(&past.held.serial), "{:?}", restored.replayed);

    let (house, place) = second.start(2).await;
    assert_eq!(rows_of(&house, "sessions").await, 0, "whoever had logged out stays so");
    nothing_came_back(&house, &past).await;
    let again = pick_up(&house, &past.strange).await;
    assert!(!past.serials.contains(&again.serial), "its letter works again, with a serial that was never used");
    let chain = storage::audit::verify(&mut house.app.db.read().await.unwrap()).await.unwrap();
    assert!(chain.is_ok(), "{chain:?}");
    a_second_time(&house, &place, second, &again).await;
    past.revoked.push((again, "Superseded"));
    (past.serials, past.numbers) = (serials(&house).await, crl_numbers(&house).await);
    second.burn(house).await;
    monday_again(&machine, second.journal, &past, file).await;
}

/// The second place burns, too, and Monday's file is all that is left: what happened in both places is in the journal.
async fn monday_again(machine: &Machine, journal: &Path, past: &Past, file: &Path) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("fourth.db").display());
    let fourth = Premises { url: &url, folder: folder.path().join("fourth"), journal };
    let restored = fourth.restore(machine, file).await.unwrap();
    assert_eq!(restored.gaps, [""; 0]);
    let (house, _) = fourth.start(3).await;
    nothing_came_back(&house, past).await;
    house.app.db.close().await;
}

/// What was restored once is backed up, goes on, and is restored again; the old chains of the journal still lie beside the new one.
async fn a_second_time(house: &House, place: &Place, second: &Premises<'_>, again: &Certificate) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tuesday.zip");
    back_up(house, place, second, &file).await;
    revoke(house, again.id, "superseded").await;
    let url = format!("sqlite:{}", folder.path().join("third.db").display());
    let third = Premises { url: &url, folder: folder.path().join("third"), journal: second.journal };
    let restored = third.restore(&machine(house), &file).await.unwrap();
    assert_eq!((restored.gaps.len(), restored.replayed.revoked, restored.replayed.held.len()), (0, 1, 0));
}

/// Every list and every OCSP answer is newer than all before, and tells of all that was revoked or is not known.
pub(crate) async fn nothing_came_back(house: &House, past: &Past) {
    let highest = *past.numbers.iter().max().unwrap();
    let (number, list) = listed(house, 0).await;
    let mut numbers = BTreeMap::from([(number, 0)]);
    assert!(number > highest, "{number} after {:?}", past.numbers);
    for (certificate, reason) in &past.revoked {
        assert_eq!(list.get(certificate.serial.trim_start_matches('0')).map(String::as_str), Some(*reason), "{list:?}");
        let (number, shard) = listed(house, certificate.crl_shard).await;
        let list_of = *numbers.entry(number).or_insert(certificate.crl_shard);
        assert_eq!(list_of, certificate.crl_shard, "no two lists of one authority have the number {number}");
        assert!(number > highest, "{number} after {:?}", past.numbers);
        assert_eq!(
            shard.get(certificate.serial.trim_start_matches('0')).map(String::as_str),
            Some(*reason),
            "the list it names"
        );
        let answer = answered(house, &certificate.serial).await;
        let words = format!("reason: {}", reason.replace(' ', "")).to_lowercase();
        assert!(answer.contains(": revoked") && answer.to_lowercase().contains(&words), "{words}: {answer}");
    }
    assert!(!list.contains_key(&past.stays.serial));
    assert!(answered(house, &past.stays.serial).await.contains(": good"));
    let known = serials(house).await;
    assert!(past.serials.iter().all(|serial| known.contains(serial)), "every serial that was ever used has its row");
}

//! The program is killed at each turning point of `ca revoke-issuing`, and of a start at which the root's own list is due: what
//! the root revoked stays revoked, and its list never goes back.

use std::{
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use sqlx::Connection;

use crate::{
    ALONE,
    client::Client,
    demo::{Fault, Place, run, run_with, serve, serve_with},
    outside::number_of,
    register::{is_sound, open, runtime},
    restored::configuration,
    turning::{PAST, at_each_step},
};

/// Two issuing authorities below a root, to be copied for each kill.
struct Stage {
    place: Place,
    /// Name and serial number of the older one.
    old: (String, String),
    /// Number of the root's list, and the list.
    list: i64,
    bytes: Vec<u8>,
}

/// How the root's list stands.
struct Standing {
    /// Number of the newest list that can be served.
    newest: i64,
    /// Whether it knows everything that the root revoked.
    knows_all: bool,
    /// Whether higher numbers were taken.
    taken: bool,
    /// Whether a higher one is recorded without its signature.
    recorded: bool,
}

/// Writes the configuration of a place; gives its path.
fn configured(place: &Place) -> String {
    let config = place.folder.with_extension("toml");
    std::fs::write(&config, configuration(&place.folder, place)).unwrap();
    config.to_str().unwrap().to_owned()
}

impl Stage {
    /// Makes everything at a time that lies so many seconds back.
    async fn new(folder: &Path, seconds_ago: u64) -> Self {
        let place = Place::with_fault(folder);
        let fault = place.fault.as_ref().unwrap();
        fault.order(&format!("clock -{seconds_ago}"));
        let config = configured(&place);
        let (status, said) = run_with(Some(fault), &["ca", "init", "--config", &config]);
        assert_eq!(status, 0, "{said}");
        serves(&place, fault);
        let old = issuing(&place).await;
        let script = folder.join("script.toml");
        let people =
            "[[present]]\nname = \"鍵山\"\nrole = \"鍵管理者\"\n[[present]]\nname = \"立花\"\nrole = \"監査人\"\n";
        let text = format!(
            "title = \"更新\"\noperator = \"手続き窓口 運営センター\"\n{people}[issuing]\ncommon_name = \"発行局 G2\"\n\
             profile = \"issuing\"\nkey = \"p256\"\nkey_store = \"file\"\n"
        );
        std::fs::write(&script, &text).unwrap();
        let (hash, out) = (pki::sha256_hex(text.as_bytes()), folder.join("out"));
        let (script, out) = (script.to_str().unwrap(), out.to_str().unwrap());
        let held = ["ca", "ceremony", script, "--script-sha256", &hash, "--out", out, "--config", &config];
        let (status, said) = run_with(Some(fault), &held);
        assert_eq!(status, 0, "{said}");
        let (list, bytes) = serves(&place, fault);
        assert_eq!(list, standing(&place).await.newest);
        // Whatever else is due is made while the key of the root is elsewhere.
        let key = root_key(&place);
        std::fs::rename(&key, folder.join("elsewhere")).unwrap();
        fault.order("clock -300");
        serves(&place, fault);
        std::fs::rename(folder.join("elsewhere"), &key).unwrap();
        Self { place, old, list, bytes }
    }

    /// Judges what the next start makes of it. Gives whether the old authority is revoked.
    fn starts_again(&self, place: &Place) -> bool {
        let before = runtime().block_on(standing(place)).newest;
        assert!(before >= self.list, "the list goes back from {} to {before}", self.list);
        let mut server = serve(Path::new(&configured(place)));
        let (number, list) = root_list(place);
        let after = runtime().block_on(standing(place));
        assert!(number >= before && number == after.newest, "the list goes back from {before} to {number}");
        assert!(number > self.list || list == self.bytes, "the number {number} was used twice");
        assert!(after.knows_all, "what the root revoked is published before anything is served");
        let rows = runtime().block_on(is_sound(place));
        server.kill();
        let revoked = rows.iter().find(|row| row.serial == self.old.1).unwrap().state == "revoked";
        let serial = pki::Serial::from_hex(&self.old.1).unwrap();
        let listed = list.windows(serial.as_bytes().len()).any(|part| part == serial.as_bytes());
        assert_eq!(listed, revoked, "the root's list says what the register says");
        revoked
    }

    /// Kills `ca revoke-issuing`; gives its step, or none when it came to its end.
    fn revocation_stopped_at(&self, folder: &Path, point: usize) -> Option<String> {
        let place = self.place.copy(folder);
        let (fault, config) = (place.fault.as_ref().unwrap(), configured(&place));
        let revoke = ["ca", "revoke-issuing", &self.old.0, "--reason", "keyCompromise", "--config", &config];
        fault.order(&format!("{PAST} step {point}"));
        let (status, said) = run_with(Some(fault), &revoke);
        if status == 0 {
            return None;
        }
        assert_eq!(status, -1, "point {point}: {said}");
        let step = runtime().block_on(self.step_of_revocation(&place));
        let about = format!("point {point}, before {}: {step}", fault.told());
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let revoked = self.starts_again(&place);
            assert!(revoked || step == "revocation: nothing recorded", "the revocation was lost");
            let (status, said) = run(&revoke);
            let told = if revoked { "revoked before" } else { "revoked, serial" };
            assert!(status == 0 && said.contains(told), "it is run again: {status}: {said}");
            assert!(self.starts_again(&place));
            assert!(place.verify_audit().contains("the chain is whole"));
        }));
        assert!(judged.is_ok(), "{about}");
        Some(step.to_owned())
    }

    async fn step_of_revocation(&self, place: &Place) -> &'static str {
        let mut conn = open(&place.folder).await;
        let state = sqlx::query_scalar("SELECT state FROM certificates WHERE serial = $1").bind(&self.old.1);
        let state: String = state.fetch_one(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let journal = place.journal();
        let noted = journal.lines().any(|line| line.contains("\"kind\":\"revoked\"") && line.contains(&self.old.1));
        let list = standing(place).await;
        match (state == "revoked", noted) {
            (false, _) => "revocation: nothing recorded",
            (true, false) => "revocation: recorded",
            _ if list.knows_all => "list: stored",
            _ if list.recorded => "list: recorded, perhaps signed",
            _ if list.taken => "list: numbers taken",
            _ => "revocation: in the journal",
        }
    }

    /// Kills a start; gives the step of the root's list, or none when it serves.
    fn start_stopped_at(&self, folder: &Path, point: usize) -> Option<String> {
        let place = self.place.copy(folder);
        let (fault, config) = (place.fault.as_ref().unwrap(), configured(&place));
        fault.order(&format!("{PAST} step {point}"));
        let mut server = serve_with(Path::new(&config), Some(fault));
        let mut visitor = Client::plain(place.portal);
        while server.lives() {
            if visitor.get("/healthz").is_ok_and(|answer| answer.status == 200) {
                server.kill();
                return None;
            }
            sleep(Duration::from_millis(20));
        }
        let list = runtime().block_on(standing(&place));
        let step = match (list.newest > self.list, list.recorded, list.taken) {
            (true, ..) => "list: stored",
            (_, true, _) => "list: recorded, perhaps signed",
            (_, _, true) => "list: numbers taken",
            _ => "list: nothing done",
        };
        let about = format!("point {point}, before {}: {step}", fault.told());
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            assert!(!self.starts_again(&place));
            assert!(runtime().block_on(standing(&place)).newest > self.list, "a new list was due");
            assert!(place.verify_audit().contains("the chain is whole"));
        }));
        assert!(judged.is_ok(), "{about}");
        Some(step.to_owned())
    }
}

/// Lets the program serve once, so that every list is made; gives the root's list and its number.
fn serves(place: &Place, fault: &Fault) -> (i64, Vec<u8>) {
    let mut server = serve_with(Path::new(&configured(place)), Some(fault));
    let list = root_list(place);
    server.kill();
    list
}

fn root_key(place: &Place) -> PathBuf {
    let files = std::fs::read_dir(place.folder.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let is_root = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("root-"));
    files.into_iter().find(is_root).unwrap()
}

/// Number and bytes of the root's list, once the portal serves.
fn root_list(place: &Place) -> (i64, Vec<u8>) {
    let mut visitor = Client::plain(place.portal);
    for _ in 0..3_000 {
        if let Ok(list) = visitor.get("/pki/root.crl") {
            assert_eq!(list.status, 200, "{}", list.text());
            return (number_of(&list.body), list.body);
        }
        sleep(Duration::from_millis(100));
    }
    panic!("the portal does not serve");
}

/// Name and serial number of the one issuing authority.
async fn issuing(place: &Place) -> (String, String) {
    let mut conn = open(&place.folder).await;
    let found = sqlx::query_as("SELECT name, certificate FROM authorities WHERE role = 'issuing'");
    let (name, der): (String, Vec<u8>) = found.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    (name, pki::CertificateInfo::parse(&der).unwrap().serial.to_hex())
}

async fn standing(place: &Place) -> Standing {
    let mut conn = open(&place.folder).await;
    let found = sqlx::query_as(
        "SELECT s.number, s.covers >= s.changes, a.crl_number > s.number,
            EXISTS (SELECT 1 FROM crls WHERE authority_id = a.id AND number > s.number AND crl IS NULL)
        FROM authorities a JOIN crl_shards s ON s.authority_id = a.id AND s.shard = 0 WHERE a.role = 'root'",
    );
    let (newest, knows_all, taken, recorded) = found.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    Standing { newest, knows_all, taken, recorded }
}

#[test]
fn killed_at_each_step_of_its_revocation_an_issuing_authority_is_revoked_for_good_or_not_at_all() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let stage = runtime().block_on(Stage::new(folder.path(), 600));
    let steps = [
        "revocation: nothing recorded",
        "revocation: recorded",
        "revocation: in the journal",
        "list: numbers taken",
        "list: recorded, perhaps signed",
        "list: stored",
    ];
    at_each_step(folder.path(), &steps, &|own, point| stage.revocation_stopped_at(own, point));
}

#[test]
fn killed_at_each_step_of_the_roots_own_list_its_number_never_goes_back() {
    const DAYS: u64 = 24 * 3_600;
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let stage = runtime().block_on(Stage::new(folder.path(), 200 * DAYS));
    let steps = ["list: nothing done", "list: numbers taken", "list: recorded, perhaps signed", "list: stored"];
    at_each_step(folder.path(), &steps, &|own, point| stage.start_stopped_at(own, point));
}

//! The register and the journal, looked at from beside the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use domain::{
    ids::{AccountId, ApplicationId, InstitutionId},
    secrets::PickupId,
};
use services::secrets::{new_token, token_hash};
use sqlx::{Connection, SqliteConnection, types::Uuid};
use storage::{Db, setting_versions::Version};
use time::Duration;

use crate::{demo::Place, draw, outside::now};

/// How often a running process is looked at until what it was at is done.
const LOOKS: usize = 100;
/// Time between two looks.
const BETWEEN: std::time::Duration = std::time::Duration::from_millis(100);

/// A certificate in the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) serial: String,
    pub(crate) state: String,
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) crl_shard: i64,
    /// `root` or `issuing`.
    pub(crate) authority: String,
    /// Whether it is for a terminal, not of the operator's own.
    pub(crate) of_terminal: bool,
}

/// The authority that issues.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) name: String,
    pub(crate) certificate: Vec<u8>,
}

/// For stories that are told by threads.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) async fn open(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", folder.join("madoguchi.db").display())).await.unwrap()
}

/// All certificates, oldest first.
pub(crate) async fn certificates(folder: &Path) -> Vec<Row> {
    let mut conn = open(folder).await;
    let rows = sqlx::query_as::<_, (Uuid, String, String, Option<Vec<u8>>, i64, String, bool)>(
        "SELECT c.id, serial, state, c.certificate, crl_shard, role, application_id IS NOT NULL
        FROM certificates c JOIN authorities a ON a.id = c.authority_id ORDER BY c.id",
    );
    let rows = rows.fetch_all(&mut conn).await.unwrap().into_iter();
    let rows = rows.map(|(id, serial, state, certificate, crl_shard, authority, of_terminal)| Row {
        id,
        serial,
        state,
        certificate,
        crl_shard,
        authority,
        of_terminal,
    });
    let rows = rows.collect();
    conn.close().await.unwrap();
    rows
}

/// The certificate with a serial, as its address names it.
pub(crate) async fn id_of(folder: &Path, serial: &str) -> Uuid {
    let mut conn = open(folder).await;
    let id = sqlx::query_scalar("SELECT id FROM certificates WHERE serial = $1").bind(serial);
    let id = id.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    id
}

pub(crate) async fn authority(folder: &Path) -> Authority {
    let mut conn = open(folder).await;
    let found = sqlx::query_as("SELECT name, certificate FROM authorities WHERE role = 'issuing'");
    let (name, certificate) = found.fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    Authority { name, certificate }
}

struct Drawn(std::sync::atomic::AtomicU64);

impl domain::clock::Randomness for Drawn {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = draw(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst)).to_le_bytes()[0];
        }
    }
}

/// A session for the owner of a letter, and one for an RA officer, as a login leaves them.
pub(crate) async fn sessions(folder: &Path, pickup_id: &str) -> [String; 2] {
    let db = Db::open(&format!("sqlite:{}", folder.join("madoguchi.db").display())).await.unwrap();
    let mut conn = db.read().await.unwrap();
    let case = application(&mut conn, pickup_id).await;
    let case = storage::applications::find(&mut conn, case).await.unwrap().unwrap();
    let officer = storage::accounts::by_email(&mut conn, "ra-officer@madoguchi.example").await.unwrap().unwrap();
    drop(conn);
    let (randomness, today) = (Drawn(now().as_millis().unsigned_abs().into()), now());
    let tokens = [new_token(&randomness), new_token(&randomness)];
    let people: [AccountId; 2] = [case.created_by, officer.id];
    for (token, account) in tokens.iter().zip(people) {
        let institution = (account == case.created_by).then_some(case.institution_id);
        let (mut tx, end) = (db.write().await.unwrap(), today + Duration::hours(12));
        let hash = token_hash(token);
        storage::sessions::insert(&mut tx, &hash, account, institution, today, end, "test").await.unwrap();
        tx.commit().await.unwrap();
    }
    one_officer_suffices(&db).await;
    db.close().await;
    tokens
}

/// A session for a person of a clinic, as a login leaves it.
pub(crate) async fn session_of(folder: &Path, email: &str) -> String {
    let db = Db::open(&format!("sqlite:{}", folder.join("madoguchi.db").display())).await.unwrap();
    let account = storage::accounts::by_email(&mut db.read().await.unwrap(), email).await.unwrap().unwrap().id;
    let mut conn = open(folder).await;
    let clinic = sqlx::query_scalar("SELECT institution_id FROM memberships WHERE account_id = $1 AND role = 'owner'");
    let clinic: Uuid = clinic.bind(account.0).fetch_one(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let (today, token) = (now(), new_token(&Drawn(now().as_millis().unsigned_abs().into())));
    let (mut tx, end) = (db.write().await.unwrap(), today + Duration::hours(12));
    let clinic = Some(InstitutionId(clinic));
    storage::sessions::insert(&mut tx, &token_hash(&token), account, clinic, today, end, "test").await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    token
}

/// An operator's setting: a single officer revokes, so that one deed is one step that can be killed.
async fn one_officer_suffices(db: &Db) {
    let version = Version {
        topic: "four_eyes".to_owned(),
        version: 1,
        value: r#"{"kind":"figures","figures":{"revocation":0}}"#.to_owned(),
        effective_at: 0,
        note: String::new(),
        maker_name: "test".to_owned(),
        approver_name: None,
        made_at: 0,
        withdrawn_at: None,
    };
    let mut tx = db.write().await.unwrap();
    storage::setting_versions::insert(&mut tx, &version).await.unwrap();
    tx.commit().await.unwrap();
}

async fn application(conn: &mut storage::Conn, pickup_id: &str) -> ApplicationId {
    let id = PickupId::parse(pickup_id).unwrap();
    storage::letters::by_pickup_id(conn, id.as_str()).await.unwrap().unwrap().application_id.unwrap()
}

/// What the journal says of each serial: how often it was issued, whether it was ended.
fn journal(place: &Place) -> BTreeMap<String, (usize, bool)> {
    let mut known: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for line in place.journal().lines() {
        // What a crash left half written is no line; the program skips it, too.
        let Some((_, text)) = line.split_once(' ') else { continue };
        let Ok(note) = serde_json::from_str::<serde_json::Value>(text) else { continue };
        let Some(serial) = note["serial"].as_str() else { continue };
        let entry = known.entry(serial.to_owned()).or_default();
        match note["kind"].as_str() {
            Some("issued") => entry.0 += 1,
            Some("revoked" | "abandoned") => entry.1 = true,
            _ => {}
        }
    }
    known
}

/// Register and journal say the same of every certificate: none is unknown, no serial was given twice, and nothing is
/// left open. Gives the certificates.
///
/// A process that serves may be making a certificate of its own, for its OCSP responder when that is first needed: what is not
/// sound is looked at again before it is judged.
pub(crate) async fn is_sound(place: &Place) -> Vec<Row> {
    let mut fault = None;
    for _ in 0..LOOKS {
        let rows = certificates(&place.folder).await;
        fault = unsound(&rows, &journal(place));
        if fault.is_none() {
            return rows;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("{}", fault.unwrap_or_default())
}

/// What register and journal do not agree on, or what was left open.
fn unsound(rows: &[Row], known: &BTreeMap<String, (usize, bool)>) -> Option<String> {
    let serials: BTreeSet<&String> = rows.iter().map(|row| &row.serial).collect();
    if serials.len() != rows.len() {
        return Some(format!("a serial was given twice: {rows:?}"));
    }
    let journal = known.keys().collect::<BTreeSet<_>>();
    if serials != journal {
        let differ = serials.symmetric_difference(&journal).collect::<Vec<_>>();
        return Some(format!("only one of register and journal knows {differ:?}: {rows:?}"));
    }
    rows.iter().find_map(|row| {
        let (issued, ended) = known[&row.serial];
        let fault = match row {
            _ if issued != 1 => "not issued once",
            Row { state, .. } if state == "prepared" => "neither stored nor given up",
            Row { state, .. } if ended == (state == "valid") => "the journal says otherwise whether it was ended",
            Row { state, certificate, .. } if certificate.is_some() == (state == "abandoned") => "signed or given up?",
            _ => return None,
        };
        Some(format!("{fault}: {row:?}"))
    })
}

//! Files of applications outlast fire and move: backup, proof, restore, and a server that speaks S3.

use std::{
    fs::File,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration as Real,
};

use axum::http::StatusCode;
use domain::{
    clock::Clock,
    ids::{AccountId, ApplicationId, UploadId},
    uploads::{Upload, UploadKind, UploadState},
};
use services::{
    authority::publish_when_due,
    backup::{self, Order, Target, verify},
    journal::{Place, catch_up},
    uploads::{Bucket, Store, StoreFault},
};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, SqliteConnection};
use storage::{Db, uploads::UploadRow};
use tempfile::TempDir;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    browser::Browser,
    smtp::quiet_port,
    steps::{begin, clinic, stored},
    support::{
        House,
        restoring::{Site, on_each_empty_database, on_each_pair_of_databases, open_house},
        ten_in_japan,
    },
    uploads::{RECEIPT, handed_in},
};

async fn back_up(house: &House, place: &Place, to: &Path) -> backup::Made {
    let (db, uploads) = (&house.app.db, &house.app.uploads.store);
    backup::make(&Order { db, journal: place, uploads, files: vec![], to, program: "test" }).await.unwrap()
}

/// A copy of a backup in which one entry is changed or left out.
fn changed(from: &Path, to: &Path, name: &str, content: Option<&[u8]>) {
    let mut from = ZipArchive::new(File::open(from).unwrap()).unwrap();
    let mut to = ZipWriter::new(File::create(to).unwrap());
    for number in 0..from.len() {
        let mut part = from.by_index(number).unwrap();
        let (entry, mut own) = (part.name().to_owned(), vec![]);
        part.read_to_end(&mut own).unwrap();
        let Some(own) = (if entry == name { content.map(<[u8]>::to_vec) } else { Some(own) }) else { continue };
        to.start_file(&entry, SimpleFileOptions::default()).unwrap();
        to.write_all(&own).unwrap();
    }
    to.finish().unwrap();
}

#[tokio::test]
async fn a_bucket_that_takes_its_time_does_not_hold_the_database() {
    on_each_empty_database(async |url| {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (house, place) = open_house(&Site { url, keys: &path("keys"), journal: &path("journal") }, 1).await;
        catch_up(&house.app.db, &place).await.unwrap();
        let (_, owner) = clinic(&house, "1330100016").await;
        handed_in(&house, &begin(&owner, "eligibility").await, UploadState::Clean, Some(RECEIPT)).await;
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bucket = Bucket {
            endpoint: Some(format!("http://{}", silent.local_addr().unwrap())),
            name: "files".to_owned(),
            region: "x".to_owned(),
            prefix: String::new(),
            access_key_id: "x".to_owned(),
            secret_access_key: "x".to_owned(),
        };
        let (db, uploads, to) = (&house.app.db, Store::in_bucket(&bucket).unwrap(), path("backup.zip"));
        let order = Order { db, journal: &place, uploads: &uploads, files: vec![], to: &to, program: "test" };
        let asked = async {
            let (_conn, _) = silent.accept().await.unwrap();
            assert_eq!(held(url).await, 0, "while the bucket is asked, no snapshot is held");
        };
        tokio::select! {
            made = backup::make(&order) => panic!("{made:?}"),
            () = asked => {}
        }
        house.app.db.close().await;
    })
    .await;
}

/// How many hold the database back: transactions that are open, or pages of the log that cannot be moved.
async fn held(url: &str) -> i64 {
    if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await.unwrap();
        return sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut conn).await.unwrap();
    }
    let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    sqlx::query_scalar(open).fetch_one(&mut PgConnection::connect(url).await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn files_whose_case_was_gone_before_they_were_are_destroyed_once() {
    on_each_empty_database(async |url| {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let db = Db::open_at(url, Some(39)).await.unwrap();
        let (now, id) = (ten_in_japan().now(), "01900000-0000-7000-8000-000000000001".parse::<UploadId>().unwrap());
        let upload = Upload {
            id,
            field: "receipts".to_owned(),
            name: "a.pdf".to_owned(),
            kind: UploadKind::Pdf,
            size: RECEIPT.len() as u64,
            sha256: hex::encode(Sha256::digest(RECEIPT)),
            state: UploadState::Clean,
        };
        let application = "01900000-0000-7000-8000-000000000002".parse::<ApplicationId>().unwrap();
        let author = "01900000-0000-7000-8000-000000000003".parse::<AccountId>().unwrap();
        let row = UploadRow { upload, application, finding: String::new(), author, made_at: now, changed_at: now };
        let mut tx = db.write().await.unwrap();
        storage::uploads::insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        let (house, _) = open_house(&Site { url, keys: &path("keys"), journal: &path("journal") }, 1).await;
        house.app.uploads.store.put(id, RECEIPT.to_vec()).await.unwrap();
        services::uploads::sweep(&house.app, &serde_json::json!({ "part": 0 })).await.unwrap();
        let mut conn = house.app.db.read().await.unwrap();
        assert_eq!(storage::uploads::find(&mut conn, id).await.unwrap(), None);
        drop(conn);
        assert!(!house.app.uploads.store.has(id).await.unwrap());
        house.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_handed_in_comes_back_octet_by_octet_after_a_fire() {
    on_each_empty_database(async |url| {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (house, place) = open_house(&Site { url, keys: &path("keys"), journal: &path("journal") }, 1).await;
        catch_up(&house.app.db, &place).await.unwrap();
        publish_when_due(&house.app).await.unwrap();
        let (_, owner) = clinic(&house, "1330100016").await;
        let case = begin(&owner, "eligibility").await;
        let kept = handed_in(&house, &case, UploadState::Clean, Some(RECEIPT)).await;
        let waiting = handed_in(&house, &case, UploadState::Waiting, Some(RECEIPT)).await;
        let lost = handed_in(&house, &case, UploadState::Clean, None).await;
        handed_in(&house, &case, UploadState::Infected, None).await;
        let made = back_up(&house, &place, &path("backup.zip")).await;
        assert_eq!((made.manifest.objects.count, &made.manifest.objects.missing[..]), (2, &[lost][..]));
        let (clock, randomness) = (&*house.app.clock, &*house.app.randomness);
        let journals = [path("journal")];
        let proof = async |file: &str| {
            let scratch = TempDir::new().unwrap();
            verify(&path(file), &journals, scratch.path(), clock, randomness).await.map(|proof| proof.gaps)
        };
        assert_eq!(proof("backup.zip").await.unwrap(), [""; 0]);
        let entry = format!("objects/{kept}");
        changed(&path("backup.zip"), &path("changed.zip"), &entry, Some(b"%PDF-1.7\n(changed)\n%%EOF\n"));
        let told = proof("changed.zip").await.unwrap_err().to_string();
        assert!(told.contains(&entry) && told.contains("hash"), "the file is named: {told}");
        changed(&path("backup.zip"), &path("short.zip"), &entry, None);
        let told = proof("short.zip").await.unwrap_err().to_string();
        assert!(told.contains(&format!("{entry} is missing")), "{told}");
        house.app.db.close().await;
        restored(&folder, &journals, &house, [kept, waiting]).await;
        let anew = format!("sqlite:{}", path("anew.db").display());
        let site = Site { url: &anew, keys: &path("keys"), journal: &path("journal") };
        is_fetched(&site, &Store::in_folder(&path("anew/uploads")).unwrap(), &case, kept).await;
    })
    .await;
}

/// Opens a database that came from elsewhere, with a copy of a store: the institution fetches its file, another one does not.
async fn is_fetched(site: &Site<'_>, store: &Store, case: &str, file: UploadId) {
    let (house, _) = open_house(site, 2).await;
    let content = store.get(file).await.unwrap().unwrap();
    house.app.uploads.store.put(file, content).await.unwrap();
    let owner = Browser::of(&house, stored(&house, case).await.created_by, false).await;
    let (_, stranger) = clinic(&house, "1310100018").await;
    let address = format!("{case}/files/{file}");
    assert_eq!(owner.get(&address).await.bytes, RECEIPT);
    assert_eq!(stranger.get(&address).await.status, StatusCode::NOT_FOUND);
    house.app.db.close().await;
}

#[tokio::test]
async fn files_go_along_when_an_installation_moves_to_the_other_engine() {
    on_each_pair_of_databases(async |from, to| {
        let folder = TempDir::new().unwrap();
        let (keys, journal) = (folder.path().join("keys"), folder.path().join("journal"));
        let (house, _) = open_house(&Site { url: from, keys: &keys, journal: &journal }, 1).await;
        let (_, owner) = clinic(&house, "1330100016").await;
        let case = begin(&owner, "eligibility").await;
        let kept = handed_in(&house, &case, UploadState::Clean, Some(RECEIPT)).await;
        handed_in(&house, &case, UploadState::Infected, None).await;
        let copied = backup::copy(&house.app.db, to, folder.path()).await.unwrap();
        assert_eq!(copied.uploads, 1, "so many are named to whoever copies");
        house.app.db.close().await;
        is_fetched(&Site { url: to, keys: &keys, journal: &journal }, &house.app.uploads.store, &case, kept).await;
    })
    .await;
}

/// Restores into another folder; the files lie there as they were.
async fn restored(folder: &TempDir, journals: &[std::path::PathBuf], house: &House, files: [UploadId; 2]) {
    let (place, database) = (folder.path().join("anew"), format!("sqlite:{}", folder.path().join("anew.db").display()));
    let store = place.join("uploads");
    let target = Target {
        database: &database,
        folder: &place,
        uploads: &|| Store::in_folder(&store),
        journals,
        clock: &*house.app.clock,
        randomness: &*house.app.randomness,
    };
    let came = backup::restore(&folder.path().join("backup.zip"), &target).await.unwrap();
    assert_eq!(came.gaps, [""; 0]);
    for id in files {
        let file = store.join(format!("{:02x}", id.0.as_bytes()[15])).join(id.to_string());
        assert_eq!(std::fs::read(&file).unwrap(), RECEIPT);
        assert_eq!(Store::in_folder(&store).unwrap().get(id).await.unwrap().as_deref(), Some(RECEIPT));
    }
    let refused = backup::restore(&folder.path().join("backup.zip"), &target).await.unwrap_err().to_string();
    assert!(refused.contains("in use"), "a place with files is not written over: {refused}");
}

const HINT: &str = "set TEST_S3_PYTHON to a Python with moto, as `cargo xtask test` does";

/// A server that speaks S3, with one bucket; it ends when it is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let (port, python) = (quiet_port(), std::env::var("TEST_S3_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect(HINT);
        let server = Self { child, port };
        server.make_bucket();
        server
    }

    fn make_bucket(&self) {
        for _ in 0..600 {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let head = "PUT /files HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(head.as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                return;
            }
            std::thread::sleep(Real::from_millis(50));
        }
        unreachable!("{HINT}");
    }

    fn bucket(&self, name: &str) -> Bucket {
        Bucket {
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            name: name.to_owned(),
            region: "us-east-1".to_owned(),
            prefix: "madoguchi".to_owned(),
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_server_that_speaks_s3_keeps_files_as_a_folder_does() {
    let server = Server::start();
    let folder = TempDir::new().unwrap();
    let here = Store::in_folder(folder.path()).unwrap();
    let there = Store::in_bucket(&server.bucket("files")).unwrap();
    let [one, other] = ["01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000201"];
    let [one, other] = [one, other].map(|id| id.parse::<UploadId>().unwrap());
    let large = vec![7; 6 << 20];
    let (received, hash) = (folder.path().join("received"), hex::encode(Sha256::digest(&large)));
    std::fs::write(&received, &large).unwrap();
    for store in [&here, &there] {
        store.probe(other).await.unwrap();
        assert_eq!(store.get(one).await.unwrap(), None);
        store.put(one, RECEIPT.to_vec()).await.unwrap();
        assert!(matches!(store.keep(other, &received, &"0".repeat(64)).await, Err(StoreFault::Failed(_))));
        assert!(!store.has(other).await.unwrap(), "what is not what was received is not kept");
        store.keep(other, &received, &hash).await.unwrap();
        assert_eq!(store.get(one).await.unwrap().as_deref(), Some(RECEIPT));
        assert_eq!(store.get(other).await.unwrap().as_ref(), Some(&large));
        let mut listed = store.listed(1).await.unwrap();
        listed.sort();
        assert_eq!((listed, store.listed(2).await.unwrap()), (vec![one, other], vec![]));
        store.delete(one).await.unwrap();
        store.delete(one).await.unwrap();
        assert!(!store.has(one).await.unwrap() && store.has(other).await.unwrap());
    }
    let nowhere = Store::in_bucket(&server.bucket("no-such-bucket")).unwrap();
    assert!(matches!(nowhere.probe(one).await, Err(StoreFault::Failed(_))), "a start would say so");
}

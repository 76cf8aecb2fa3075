//! The answer to a COMMIT gets lost between PostgreSQL and the portal, and whoever waits for a transaction stops waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Waker},
    time::Duration as Real,
};

use domain::ids::AuthorityId;
use services::journal::{Line, Place, read};
use sqlx::{Connection, PgConnection};
use storage::{Note, Position};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{
    House, on_each_database,
    restoring::{Site, on_each_empty_database, open_house},
};

/// Everything passes.
const PASS: u8 = 0;
/// The next COMMIT reaches the server, its answer nobody.
const SWALLOW_ANSWER: u8 = 1;
/// The next COMMIT does not even reach the server.
const SWALLOW_COMMIT: u8 = 2;

/// A way to the server that can lose what it carries; gives its address in place of the server's.
async fn lossy(url: &str, mode: Arc<AtomicU8>) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let (user, server) = authority.rsplit_once('@').map_or(("", authority), |(user, server)| (user, server));
    let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, mode.clone()));
        }
    });
    let at = if user.is_empty() { "" } else { "@" };
    format!("{scheme}://{user}{at}127.0.0.1:{port}/{path}")
}

/// Carries until one side ends, or something is to be lost: then both do.
async fn carry(mut client: TcpStream, mut server: TcpStream, mode: Arc<AtomicU8>) -> std::io::Result<()> {
    let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let said = &up[..read?];
                let commits = said.windows(7).any(|part| part == b"COMMIT\0");
                let mode = if commits { mode.swap(PASS, Ordering::SeqCst) } else { PASS };
                if said.is_empty() || mode == SWALLOW_COMMIT {
                    return Ok(());
                }
                server.write_all(said).await?;
                if mode == SWALLOW_ANSWER {
                    server.read_u8().await?;
                    return Ok(());
                }
            }
            read = server.read(&mut down) => {
                let said = &down[..read?];
                if said.is_empty() {
                    return Ok(());
                }
                client.write_all(said).await?;
            }
        }
    }
}

/// The numbers of lists that a journal knows.
fn numbers(place: &Place, authority: AuthorityId) -> Vec<i64> {
    let mut numbers = vec![];
    let mut learn = |_: &Position, line: Line| {
        if let Note::Crl { authority: of, number } = line.note
            && of == authority
        {
            numbers.push(number);
        }
        Ok(())
    };
    read(std::slice::from_ref(&place.folder), &place.closed, place.installation, &mut learn).unwrap();
    numbers
}

async fn last_number(house: &House, id: AuthorityId) -> i64 {
    let all = storage::authority::authorities(&mut house.app.db.read().await.unwrap()).await.unwrap();
    all.iter().find(|row| row.id == id.0).unwrap().crl_number
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_committed_is_in_the_journal_although_its_answer_was_lost() {
    on_each_empty_database(async |url| {
        if !url.starts_with("postgres") {
            return;
        }
        let (folder, mode) = (TempDir::new().unwrap(), Arc::new(AtomicU8::new(PASS)));
        let path = |name: &str| folder.path().join(name);
        let lossy = lossy(url, mode.clone()).await;
        let (house, place) = open_house(&Site { url: &lossy, keys: &path("keys"), journal: &path("journal") }, 1).await;
        let db = &house.app.db;
        let id = AuthorityId(storage::authority::authorities(&mut db.read().await.unwrap()).await.unwrap()[0].id);
        let take = async |lost: u8| {
            let mut tx = db.write().await.unwrap();
            let number = storage::authority::reserve_crl_numbers(&mut tx, id, 1).await.unwrap();
            mode.store(lost, Ordering::SeqCst);
            (number, tx.commit().await)
        };
        let (number, outcome) = take(SWALLOW_ANSWER).await;
        outcome.expect("it is durable, and known to be");
        assert_eq!(mode.load(Ordering::SeqCst), PASS, "the answer was lost indeed");
        assert!(numbers(&place, id).contains(&number), "and nothing may come of it before the journal knows it");
        let (lost, outcome) = take(SWALLOW_COMMIT).await;
        assert!(outcome.is_err(), "it never came to be");
        assert!(!numbers(&place, id).contains(&lost));
        assert_eq!(last_number(&house, id).await, number);
        let (next, outcome) = take(PASS).await;
        outcome.unwrap();
        assert!(next == lost && numbers(&place, id).contains(&next), "whoever tries again is heard");
        db.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_waiting_for_a_transaction_leaves_none_open() {
    on_each_database(async |house| {
        if !house.url.starts_with("postgres") {
            return;
        }
        let mut other = PgConnection::connect(&house.url).await.unwrap();
        let open =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND state LIKE 'idle in transaction%'";
        for polls in 1..6 {
            drop(house.app.db.read().await.unwrap());
            let mut begun = house.app.db.write();
            for _ in 0..polls {
                if begun.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                tokio::time::sleep(Real::from_millis(50)).await;
            }
            drop(begun);
            tokio::time::sleep(Real::from_millis(200)).await;
            let left: i64 = sqlx::query_scalar(open).fetch_one(&mut other).await.unwrap();
            assert_eq!(left, 0, "after {polls} looks");
        }
        other.close().await.unwrap();
    })
    .await;
}

//! Webhooks: a real receiver over HTTP that is slow, down for a day, and answers twice holds every event once and in order.

#[path = "../../../crates/madoguchi/examples/consumer/keeper.rs"]
mod keeper;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
};

use axum::http::StatusCode;
use domain::permissions::Role;
use serde_json::{Value, json};
use services::{
    Ctx, Reach,
    feed::{Happening, publish},
};
use time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use self::keeper::{Keeper, Message, Taken};
use crate::{
    browser::Browser,
    feed::events,
    steps::staff,
    support::{House, on_each_database_with},
};

/// How the receiver behaves.
const WELL: u8 = 0;
const DOWN: u8 = 1;
const TAKES_AND_FALLS: u8 = 2;
const ANSWERS_TWICE: u8 = 3;
const LEADS_AWAY: u8 = 4;
const NEVER_ANSWERS: u8 = 5;
pub(crate) const SLOW: u8 = 6;

/// A downstream system behind a socket.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    mood: Arc<AtomicU8>,
    keeper: Arc<Mutex<Option<Keeper>>>,
    /// What became of each message, in their order.
    log: Arc<Mutex<Vec<(i64, Taken)>>>,
    pub(crate) file: std::path::PathBuf,
    /// What was received last, as it came: identifier, second, signature and body.
    pub(crate) last: Arc<Mutex<[String; 4]>>,
    /// That a slow receiver has been asked, and that it may answer.
    pub(crate) asked: Arc<Notify>,
    pub(crate) answers: Arc<Notify>,
}

/// What its connections share.
#[derive(Clone)]
struct Desk {
    mood: Arc<AtomicU8>,
    keeper: Arc<Mutex<Option<Keeper>>>,
    log: Arc<Mutex<Vec<(i64, Taken)>>>,
    last: Arc<Mutex<[String; 4]>>,
    asked: Arc<Notify>,
    answers: Arc<Notify>,
}

impl Receiver {
    pub(crate) async fn open(house: &House, folder: &std::path::Path) -> Self {
        Self::open_behind(house, folder, |stream| std::future::ready(Some(stream))).await
    }

    /// Behind something that takes a connection and may refuse it, such as TLS.
    pub(crate) async fn open_behind<T, F>(
        house: &House,
        folder: &std::path::Path,
        door: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        F: Future<Output = Option<T>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            mood: Arc::new(AtomicU8::new(WELL)),
            keeper: Arc::default(),
            log: Arc::default(),
            file: folder.join("events.jsonl"),
            last: Arc::default(),
            asked: Arc::default(),
            answers: Arc::default(),
        };
        let desk = Desk {
            mood: receiver.mood.clone(),
            keeper: receiver.keeper.clone(),
            log: receiver.log.clone(),
            last: receiver.last.clone(),
            asked: receiver.asked.clone(),
            answers: receiver.answers.clone(),
        };
        let clock = house.clock.clone();
        tokio::spawn(async move {
            let mut held = vec![];
            while let Ok((stream, _)) = listener.accept().await {
                let now = domain::clock::Clock::now(&*clock).as_seconds();
                if let Some(stream) = door(stream).await {
                    held.extend(serve(stream, &desk, now).await);
                }
            }
        });
        receiver
    }

    pub(crate) fn knows(&self, secret: &str) {
        *self.keeper.lock().unwrap() = Some(Keeper::open(&self.file, secret).unwrap());
    }

    pub(crate) fn is(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    /// Numbers of the events that it holds, in the order of its file.
    pub(crate) fn holds(&self) -> Vec<i64> {
        let text = std::fs::read_to_string(&self.file).unwrap();
        let seq = |line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_i64().unwrap();
        let held: Vec<i64> = text.lines().map(seq).collect();
        assert_eq!(self.keeper.lock().unwrap().as_ref().unwrap().place(), held.last().copied().unwrap_or(0));
        held
    }

    /// Messages since the last look.
    fn messages(&self) -> Vec<(i64, Taken)> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// Reads one request and answers as the mood is; gives the connection that is left without an answer.
async fn serve<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T, desk: &Desk, now: i64) -> Option<T> {
    let mood = desk.mood.load(Ordering::SeqCst);
    if mood == DOWN {
        return None;
    }
    let (head, body) = request(&mut stream).await?;
    if mood == LEADS_AWAY {
        let answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        return None;
    }
    if mood == SLOW {
        desk.asked.notify_one();
        desk.answers.notified().await;
    }
    let [id, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| header(&head, name));
    let message = Message { id: &id, timestamp: &timestamp, signature: &signature, body: &body };
    let taken = desk.keeper.lock().unwrap().as_mut().unwrap().receive(&message, now).unwrap();
    let seq = serde_json::from_slice::<Value>(&body).unwrap()["seq"].as_i64().unwrap();
    desk.log.lock().unwrap().push((seq, taken));
    *desk.last.lock().unwrap() = [id, timestamp, signature, String::from_utf8(body).unwrap()];
    let answer: &[u8] = match mood {
        TAKES_AND_FALLS => return None,
        NEVER_ANSWERS => return Some(stream),
        _ if taken == Taken::Refused => b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
        ANSWERS_TWICE => b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nlate",
        _ => b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nthanks",
    };
    stream.write_all(answer).await.unwrap();
    stream.flush().await.unwrap();
    None
}

/// Head and body of a request; none when the connection ends before it is whole.
async fn request<T: AsyncRead + Unpin>(stream: &mut T) -> Option<(String, Vec<u8>)> {
    let mut text = vec![];
    loop {
        let mut part = [0; 2048];
        let count = stream.read(&mut part).await.ok()?;
        if count == 0 {
            return None;
        }
        text.extend_from_slice(&part[..count]);
        let whole = String::from_utf8_lossy(&text).into_owned();
        let Some((head, _)) = whole.split_once("\r\n\r\n") else { continue };
        let length: usize = header(head, "content-length").parse().unwrap();
        if text.len() >= head.len() + 4 + length {
            return Some((head.to_owned(), text[head.len() + 4..head.len() + 4 + length].to_vec()));
        }
    }
}

fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)));
    line.map_or("", |(_, value)| value).to_owned()
}

/// A portal that may call this machine.
pub(crate) async fn at_a_portal(story: impl AsyncFn(&House)) {
    let here = |settings: &mut services::Settings| {
        let patience = std::time::Duration::from_millis(500);
        settings.webhooks = Reach { loopback: true, patience, ..Reach::default() };
    };
    on_each_database_with(here, story).await;
}

pub(crate) async fn happens(house: &House, times: i64) {
    let ctx = Ctx::system(&house.app, "test");
    for _ in 0..times {
        let mut tx = house.app.db.write().await.unwrap();
        let (kind, subject) = ("connection_test.done", "certificate:test".to_owned());
        publish(&ctx, &mut tx, &Happening { kind, institution: None, subject, data: json!({}) }).unwrap();
        tx.commit().await.unwrap();
    }
}

/// An administrator who has just logged in.
pub(crate) async fn admin(house: &House) -> Browser {
    staff(house, Role::Administrator).await
}

pub(crate) async fn work(house: &House) {
    services::jobs::work_all(&house.app, "test").await.unwrap();
}

/// Registers a receiver on the page; gives its address in the office and its secret.
pub(crate) async fn registered(admin: &Browser, address: SocketAddr) -> (String, String) {
    registered_at(admin, &format!("http://{address}/hook")).await
}

/// The same with a whole address.
pub(crate) async fn registered_at(admin: &Browser, url: &str) -> (String, String) {
    let fields = [("name", "資格確認システム"), ("url", url)];
    let made = admin.post("/office/receivers/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let secret = made.body.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let page = made.body.split("href=\"/office/receivers/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (format!("/office/receivers/{page}"), secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_was_down_slow_and_answered_twice_holds_every_event_once_and_in_order() {
    at_a_portal(async |house| {
        let folder = tempfile::TempDir::new().unwrap();
        let receiver = Receiver::open(house, folder.path()).await;
        happens(house, 2).await;
        let (page, secret) = registered(&admin(house).await, receiver.address).await;
        receiver.knows(&secret);
        happens(house, 7).await;
        work(house).await;
        assert_eq!(receiver.holds(), [3, 4, 5, 6, 7, 8, 9], "what happened before it was registered is not its own");
        receiver.messages();

        receiver.is(DOWN);
        happens(house, 3).await;
        work(house).await;
        assert_eq!(receiver.messages(), []);
        let shown = admin(house).await.get(&page).await.body;
        assert!(shown.contains("届かない（1回）") && shown.contains("残り3件"), "{shown}");
        // For a day, and a little more.
        for _ in 0..47 {
            house.clock.pass(Duration::minutes(31));
            work(house).await;
        }
        receiver.is(TAKES_AND_FALLS);
        house.clock.pass(Duration::minutes(31));
        work(house).await;
        assert_eq!(receiver.messages(), [(10, Taken::Now)], "the next one is not sent before this one was taken");
        receiver.is(NEVER_ANSWERS);
        house.clock.pass(Duration::minutes(31));
        work(house).await;
        assert_eq!(receiver.messages(), [(10, Taken::Before)]);
        assert!(admin(house).await.get(&page).await.body.contains("時間内に答えがありませんでした"));
        receiver.is(ANSWERS_TWICE);
        house.clock.pass(Duration::minutes(31));
        work(house).await;
        assert_eq!(receiver.messages(), [(10, Taken::Before), (11, Taken::Now), (12, Taken::Now)]);
        receiver.is(WELL);
        happens(house, 1).await;
        work(house).await;
        assert_eq!(receiver.holds(), (3..=13).collect::<Vec<_>>());
        let shown = admin(house).await.get(&page).await.body;
        assert!(shown.contains("すべて届いています") && shown.contains("thanks"), "{shown}");
        assert_eq!(events(house, 0).await.len(), 13);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_days_it_is_given_up_until_staff_let_it_go_on_or_send_again() {
    at_a_portal(async |house| {
        let folder = tempfile::TempDir::new().unwrap();
        let receiver = Receiver::open(house, folder.path()).await;
        let (page, secret) = registered(&admin(house).await, receiver.address).await;
        receiver.knows(&secret);
        receiver.is(LEADS_AWAY);
        happens(house, 2).await;
        work(house).await;
        assert!(admin(house).await.get(&page).await.body.contains("断られた（302）"), "a redirect is not followed");
        house.clock.pass(Duration::days(3));
        work(house).await;
        let shown = admin(house).await.get(&page).await.body;
        assert!(shown.contains("3日間届かず停止"), "{shown}");
        receiver.is(WELL);
        house.clock.pass(Duration::days(1));
        services::feed::deliver_when_due(&house.app).await.unwrap();
        work(house).await;
        assert_eq!(receiver.messages(), [], "nobody calls it by themselves any more");
        let auditor = staff(house, Role::Auditor).await;
        assert_eq!(auditor.post(&format!("{page}/go-on"), &[]).await.status, StatusCode::FORBIDDEN);
        assert!(admin(house).await.post(&format!("{page}/go-on"), &[]).await.location.ends_with("?done=went-on"));
        work(house).await;
        assert_eq!(receiver.holds(), [1, 2]);
        receiver.messages();
        let odd = admin(house).await.post(&format!("{page}/replay"), &[("from", "3")]).await;
        assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.body.contains("1から2まで"), "{}", odd.body);
        admin(house).await.post(&format!("{page}/replay"), &[("from", "2")]).await;
        work(house).await;
        assert_eq!(receiver.messages(), [(2, Taken::Before)]);
        admin(house).await.post(&format!("{page}/pause"), &[]).await;
        happens(house, 1).await;
        work(house).await;
        assert_eq!(receiver.messages(), []);
        let again = admin(house).await.post(&format!("{page}/secret"), &[]).await.body;
        assert!(again.contains("whsec_") && !again.contains(&secret), "{again}");
        admin(house).await.post(&format!("{page}/go-on"), &[]).await;
        work(house).await;
        assert_eq!(receiver.messages(), [(3, Taken::Refused)], "the receiver still has the old secret");
        receiver.knows(again.split("data-copy=\"").nth(1).unwrap().split('"').next().unwrap());
        admin(house).await.post(&format!("{page}/replay"), &[("from", "3")]).await;
        work(house).await;
        assert_eq!(receiver.messages(), [(3, Taken::Now)]);
    })
    .await;
}

#[tokio::test]
async fn an_address_inside_is_refused_when_typed_and_when_called() {
    at_a_portal(async |house| {
        for url in [
            "http://claims.example/",
            "https://10.0.0.1/",
            "https://[fd00::1]/",
            "https://me@claims.example/",
            "ftp://x/",
        ] {
            let told = admin(house).await.post("/office/receivers/new", &[("name", "請求"), ("url", url)]).await;
            assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        }
        let (page, _) = registered(&admin(house).await, "127.0.0.1:9".parse().unwrap()).await;
        let closed = house.with_other_settings(|settings| settings.webhooks = Reach::default()).await;
        happens(&closed, 1).await;
        work(&closed).await;
        let shown = admin(house).await.get(&page).await.body;
        assert!(shown.contains("「https://」で始まるアドレス"), "what was allowed once is judged anew: {shown}");
    })
    .await;
}

//! Builds the whole installation for a story, on SQLite and, when `TEST_POSTGRES` is set, on PostgreSQL.

pub(crate) mod founding;
pub(crate) mod restoring;

use std::{
    any::Any,
    collections::BTreeMap,
    future::Future,
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
};

use domain::{
    applications::Rules,
    calendar::Holidays,
    clock::{Clock, Randomness, Timestamp},
    office::FourEyes,
};
use pki::Profiles;
use services::{
    App, MembershipRule, Operator, Settings,
    app::Parts,
    authority::Authority,
    mail::{Attachment, Handover, Mailer},
    secrets::Hasher,
    uploads::{Judge, Scan, Uploads},
};
use sqlx::{Connection, Executor, PgConnection};
use storage::{Db, mails::Mail};
use tempfile::TempDir;
use time::Duration;
use tokio::sync::OnceCell;

use self::founding::{found_at, key_files};

/// A clock that stands still until it is moved.
pub(crate) struct SetClock {
    now: AtomicI64,
    /// Time that passed, without leaps.
    passed: AtomicI64,
}

impl SetClock {
    /// Lets time pass until an instant.
    pub(crate) fn set(&self, now: Timestamp) {
        self.pass(now - self.now());
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.leap(time);
        self.passed.fetch_add(i64::try_from(time.whole_milliseconds()).unwrap(), Ordering::SeqCst);
    }

    /// Tells another time without any time passing.
    pub(crate) fn leap(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.whole_milliseconds()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Option<Duration> {
        Some(Duration::milliseconds(self.passed.load(Ordering::SeqCst)))
    }
}

/// Randomness that is the same in each run: a counter, stirred (splitmix64).
struct Stirred(AtomicU64);

impl Randomness for Stirred {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let bytes = (state ^ (state >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// A mail server that takes everything and keeps it.
#[derive(Default)]
pub(crate) struct Postbox(Mutex<Vec<Mail>>);

impl Postbox {
    /// What was sent since the last look.
    pub(crate) fn empty(&self) -> Vec<Mail> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Mailer for Postbox {
    fn send<'a>(
        &'a self,
        _: &'a str,
        mail: &'a Mail,
        _: Option<Attachment>,
    ) -> Pin<Box<dyn Future<Output = Handover> + Send + 'a>> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Handover::Taken("250 OK".to_owned()) })
    }
}

/// An installation for one story: Wednesday 20 May 2026, 10:00 in Japan.
pub(crate) struct House {
    /// The installation.
    pub(crate) app: Arc<App>,
    /// Its clock.
    pub(crate) clock: Arc<SetClock>,
    /// Its mail server.
    pub(crate) postbox: Arc<Postbox>,
    /// Address of its database.
    pub(crate) url: String,
    /// What it has only once, by name.
    pub(crate) fixtures: Fixtures,
}

/// What is built once for a house, by name.
#[derive(Default)]
pub(crate) struct Fixtures(Mutex<BTreeMap<&'static str, Box<dyn Any + Send>>>);

impl House {
    /// What everybody in the house shares under a name, such as its pages; it is built when somebody asks for it first.
    pub(crate) fn shared<T: Clone + Send + 'static>(&self, name: &'static str, build: impl FnOnce(Arc<App>) -> T) -> T {
        let mut built = self.fixtures.0.lock().unwrap();
        let one = built.entry(name).or_insert_with(|| Box::new(build(self.app.clone())));
        one.downcast_ref::<T>().unwrap().clone()
    }

    /// The same house whose operator chose otherwise since: another process on the same database, with the same clock.
    pub(crate) async fn with_other_settings(&self, choose: impl Fn(&mut Settings)) -> Self {
        let seed = 1 << 50;
        furnish(&self.url, self.app.db.clone(), &self.app.authority, &choose, (self.clock.clone(), seed)).await
    }
}

/// Tells a story on each database; each time in a house of its own.
pub(crate) async fn on_each_database(story: impl AsyncFn(&House)) {
    on_each_database_with(|_| {}, story).await;
}

/// The same in a house whose operator chose otherwise.
pub(crate) async fn on_each_database_with(choose: impl Fn(&mut Settings), story: impl AsyncFn(&House)) {
    on_each_database_as(&choose, &|house| house, &story).await;
}

/// The same in a house that hands its mails to another mail server.
pub(crate) async fn on_each_database_mailing(mailer: &Arc<dyn Mailer>, story: impl AsyncFn(&House)) {
    let other = |house: House| {
        let mut app = Arc::into_inner(house.app).unwrap();
        app.mailer = mailer.clone();
        House { app: Arc::new(app), ..house }
    };
    on_each_database_as(&|_| {}, &other, &story).await;
}

/// The same in a house that keeps copies of its letters in a folder, as the demo does.
pub(crate) async fn on_each_database_with_post_box(folder: &Path, story: impl AsyncFn(&House)) {
    let other = |house: House| {
        let mut app = Arc::into_inner(house.app).unwrap();
        app.post_box = Some(folder.to_owned());
        House { app: Arc::new(app), ..house }
    };
    on_each_database_as(&|_| {}, &other, &story).await;
}

/// The same in a house whose disk has no room for files.
pub(crate) async fn on_each_database_without_room(story: impl AsyncFn(&House)) {
    let other = |house: House| {
        let mut app = Arc::into_inner(house.app).unwrap();
        app.uploads.keep_free = u64::MAX;
        House { app: Arc::new(app), ..house }
    };
    on_each_database_as(&|_| {}, &other, &story).await;
}

/// Tells a story on SQLite in a house whose files are judged by another program.
pub(crate) async fn on_sqlite_judged_by(program: &str, story: impl AsyncFn(&House)) {
    let other = |house: House| {
        let mut app = Arc::into_inner(house.app).unwrap();
        app.uploads.judge.program = program.into();
        House { app: Arc::new(app), ..house }
    };
    on_sqlite_as(&|_| {}, &other, &story).await;
}

/// The same in a house that lives now, because programs outside it look at the machine's clock; its certificates for
/// terminals last so many months.
pub(crate) async fn on_each_database_today(months: u32, story: impl AsyncFn(&House)) {
    #[expect(clippy::disallowed_methods, reason = "OpenSSL and curl know no other clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let other = |house: House| {
        // A little behind, so that nothing lies in the future when the story lets time pass.
        house.clock.set(Timestamp::from_millis(i64::try_from(now.as_secs()).unwrap() * 1_000) - Duration::minutes(10));
        let mut app = Arc::into_inner(house.app).unwrap();
        let text =
            include_str!("../../../pki/profiles/terminal.toml").replace("months = 39", &format!("months = {months}"));
        let short = Profiles::parse(&text, "1.2.392.200999.1").unwrap();
        let profiles = Profiles::built_in("1.2.392.200999.1").unwrap().overlaid_with(short);
        app.authority.terminals = profiles.for_terminals(&["p256", "rsa3072", "rsa2048"]).unwrap();
        app.authority.profiles = Arc::new(profiles);
        House { app: Arc::new(app), ..house }
    };
    on_each_database_as(&|_| {}, &other, &story).await;
}

async fn on_each_database_as(
    choose: &dyn Fn(&mut Settings),
    change: &dyn Fn(House) -> House,
    story: &impl AsyncFn(&House),
) {
    on_sqlite_as(choose, change, story).await;
    let Ok(server) = std::env::var("TEST_POSTGRES") else { return };
    let founded = FOUNDED_POSTGRES.get_or_init(|| found_on_postgres(&server)).await;
    let (url, name) = new_database(&server, Some(&founded.place)).await;
    let house = change(house(&url, &founded.authority, choose).await);
    story(&house).await;
    house.app.db.close().await;
    command(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Tells a story on SQLite.
pub(crate) async fn on_sqlite(story: impl AsyncFn(&House)) {
    on_sqlite_as(&|_| {}, &|house| house, &story).await;
}

async fn on_sqlite_as(choose: &dyn Fn(&mut Settings), change: &dyn Fn(House) -> House, story: &impl AsyncFn(&House)) {
    let founded = FOUNDED_SQLITE.get_or_init(found_on_sqlite).await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    std::fs::write(&path, &founded.place).unwrap();
    let house = change(house(&format!("sqlite:{}", path.display()), &founded.authority, choose).await);
    story(&house).await;
    house.app.db.close().await;
}

/// An installation that is founded once and copied for each story: founding stretches passphrases, which is slow.
struct Founded<T> {
    /// What is copied: the file's content, or the name of the database.
    place: T,
    authority: Authority,
}

static FOUNDED_SQLITE: OnceCell<Founded<Vec<u8>>> = OnceCell::const_new();
static FOUNDED_POSTGRES: OnceCell<Founded<String>> = OnceCell::const_new();

async fn found_on_sqlite() -> Founded<Vec<u8>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("founded.db");
    let authority = found_at(&format!("sqlite:{}", path.display()), &key_files(folder.path())).await;
    Founded { place: std::fs::read(&path).unwrap(), authority }
}

async fn found_on_postgres(server: &str) -> Founded<String> {
    let folder = TempDir::new().unwrap();
    let (url, name) = new_database(server, None).await;
    Founded { authority: found_at(&url, &key_files(folder.path())).await, place: name }
}

pub(crate) fn ten_in_japan() -> Arc<SetClock> {
    let ten = Timestamp::start_of_day(time::macros::date!(2026 - 05 - 20)) + Duration::hours(10);
    Arc::new(SetClock { now: AtomicI64::new(ten.as_millis()), passed: AtomicI64::new(0) })
}

async fn house(url: &str, authority: &Authority, choose: &dyn Fn(&mut Settings)) -> House {
    furnish(url, Db::open(url).await.unwrap(), authority, choose, (ten_in_japan(), 1)).await
}

async fn furnish(
    url: &str,
    db: Db,
    authority: &Authority,
    choose: &dyn Fn(&mut Settings),
    (clock, seed): (Arc<SetClock>, u64),
) -> House {
    let postbox = Arc::new(Postbox::default());
    let mut settings = settings();
    choose(&mut settings);
    let parts = Parts {
        authority: authority.clone(),
        db,
        clock: clock.clone(),
        randomness: Arc::new(Stirred(AtomicU64::new(seed))),
        settings,
        vault_key: [7; 32],
        hasher: Hasher::new(64, 2).unwrap(),
        mailer: postbox.clone(),
        press: letters::Press::new().unwrap(),
        post_box: None,
        uploads: Uploads { judge: judge(), ..Uploads::in_memory(spool()) },
    };
    let app = Arc::new(App::build(parts).await.unwrap());
    House { app, clock, postbox, url: url.to_owned(), fixtures: Fixtures::default() }
}

/// A folder of its own for the files that a house receives; it is made when one comes.
fn spool() -> std::path::PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    std::env::temp_dir().join(format!("madoguchi-uploads-{process}")).join(number.to_string())
}

/// The tests themselves, called again in a process of its own as the program calls itself.
fn judge() -> Judge {
    Judge::this_program(&["--exact", "support::judge_for_a_house", AS_JUDGE]).unwrap()
}

/// An argument that only [`judge`] gives; to the tests it is the name of another test, which there is not.
const AS_JUDGE: &str = "as-judge";

#[test]
fn judge_for_a_house() {
    if std::env::args().any(|argument| argument == AS_JUDGE) {
        std::process::exit(services::uploads::judge_input().into());
    }
}

fn settings() -> Settings {
    Settings {
        operator: Operator {
            brand: "まどぐち".into(),
            name: "まどぐち運営事務局".into(),
            postal_code: "100-0001".into(),
            address: "東京都千代田区千代田1-1".into(),
            phone: "03-0000-0000".into(),
            hours: "平日8時から18時".into(),
            mail: "desk@madoguchi.example".into(),
        },
        portal_url: "https://madoguchi.example".into(),
        closed_url: "https://closed.madoguchi.example".into(),
        mail_from: "no-reply@madoguchi.example".into(),
        replies: None,
        membership: MembershipRule::Letter,
        staff_second_factor: true,
        session_idle: Duration::minutes(30),
        scan: Scan::None,
        billing: services::Billing { account: "まどぐち銀行 本店 普通 1234567".into() },
        webhooks: services::Reach::default(),
        // One person of each role is enough for most stories; those about four eyes set it.
        rules: Arc::new(Rules { four_eyes: FourEyes::none(), ..Rules::default() }),
        holidays: Arc::new(Holidays::default()),
    }
}

/// A new database beside the one of the address, perhaps a copy of another, and its name.
async fn new_database(server: &str, like: Option<&str>) -> (String, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("services_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    command(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    let template = like.map(|other| format!(" TEMPLATE {other}")).unwrap_or_default();
    command(server, &format!("CREATE DATABASE {name}{template}")).await;
    let (address, options) = server.split_once('?').map_or((server, ""), |(address, options)| (address, options));
    let host = address.find("://").map_or(0, |place| place + 3);
    let end = address[host..].find('/').map_or(address.len(), |place| host + place);
    let question = if options.is_empty() { "" } else { "?" };
    (format!("{}/{name}{question}{options}", &address[..end]), name)
}

async fn command(server: &str, text: &str) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(text.to_owned())).await.unwrap();
    connection.close().await.unwrap();
}

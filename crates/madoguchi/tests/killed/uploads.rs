//! Clinics hand in files and take them away while the process is killed: at each step of a file, and at random moments. What was
//! acknowledged is there octet by octet, what was taken away is gone, half a file is never given out, and nothing stays that no
//! row knows. What the program prints (notices, copies, letters, labels) is made anew whenever it is asked for and lies nowhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Result,
    path::{Path, PathBuf},
    thread::{sleep, spawn},
    time::Duration,
};

use sqlx::{Connection, types::Uuid};

use crate::{
    ALONE,
    client::{Client, begin_of_file, part},
    demo::{Demo, Place},
    draw, expect,
    outside::now,
    register::{open, runtime, session_of},
};

/// How often the process is killed at random.
const ROUNDS: u64 = 3;
/// Files that a clinic lets stand; then it takes the oldest away.
const FEW: usize = 3;
/// The field of the form that takes files, and what is typed above it.
const FIELD: &str = "file_receipt";
const SCHEME: (&str, &str) = ("scheme", "card-reader@1");
/// How often it is looked whether something has happened.
const LOOKS: usize = 1_200;

/// The file of a number: a document of one page with noise in it, so much now and then that it is carried in several pieces.
fn paper(number: u64) -> Vec<u8> {
    let lines = [100, 20_000, 80_000][usize::try_from(number % 3).unwrap()];
    let noise = format!("{:016x}", draw(number)).repeat(lines);
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>".to_owned(),
        format!("<</Length {}>>stream\n{noise}\nendstream", noise.len()),
    ];
    let (mut text, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
    for (object, words) in (1..).zip(&objects) {
        places += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{object} 0 obj\n{words}\nendobj\n");
    }
    let start = text.len();
    text += &format!("xref\n0 5\n0000000000 65535 f \n{places}trailer\n<</Root 1 0 R/Size 5>>\n");
    text += &format!("startxref\n{start}\n%%EOF\n");
    text.into_bytes()
}

/// A clinic with a form that asks for files, and what it was told.
struct Clinic {
    client: Client,
    folder: PathBuf,
    /// Address of its case.
    case: String,
    /// Number of the last file that was sent.
    last: u64,
    /// Files that were acknowledged and not taken away since.
    kept: BTreeSet<u64>,
    /// Addresses of files whose removal was acknowledged.
    removed: Vec<String>,
    /// The file that is being taken away: when the process dies, nobody knows what became of it.
    going: Option<u64>,
}

impl Clinic {
    fn new(place: &Place, email: &str) -> Self {
        let session = runtime().block_on(session_of(&place.folder, email));
        let mut client = Client::plain(place.portal).with_session(&session);
        let begun = client.send("/procedures/subsidy", "/procedures/subsidy", &[]).unwrap();
        let case = begun.location.trim_end_matches("/edit").to_owned();
        let page = format!("{case}/edit");
        expect(&client.send(&page, &page, &[SCHEME, ("action", "leave")]).unwrap(), &case);
        let (kept, removed) = (BTreeSet::new(), vec![]);
        Self { client, folder: place.folder.clone(), case, last: 0, kept, removed, going: None }
    }

    fn page(&self) -> String {
        format!("{}/edit", self.case)
    }

    /// Files of the case by their numbers: where they are, and in which state.
    fn rows(&self) -> BTreeMap<u64, (String, String)> {
        let case: Uuid = self.case.rsplit('/').next().unwrap().parse().unwrap();
        let rows = runtime().block_on(async {
            let mut conn = open(&self.folder).await;
            let rows = sqlx::query_as("SELECT id, name, state FROM uploads WHERE application_id = $1").bind(case);
            let rows: Vec<(Uuid, String, String)> = rows.fetch_all(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            rows
        });
        let number = |name: &str| name.trim_end_matches(".pdf").parse().unwrap();
        rows.into_iter().map(|(id, name, state)| (number(&name), (id.to_string(), state))).collect()
    }

    fn hand_in(&mut self) -> Result<()> {
        self.last += 1;
        let (page, name) = (self.page(), format!("{}.pdf", self.last));
        let typed = [SCHEME, ("action", "files/file_receipt")];
        expect(&self.client.hand_in(&page, &typed, (FIELD, &name, &paper(self.last)))?, &page);
        self.kept.insert(self.last);
        Ok(())
    }

    /// Takes the oldest file away.
    fn take_away(&mut self) -> Result<()> {
        let (page, oldest) = (self.page(), *self.kept.first().unwrap());
        let id = self.rows()[&oldest].0.clone();
        self.going = Some(oldest);
        let typed = [SCHEME, ("action", &format!("remove/{FIELD}/{id}"))];
        expect(&self.client.send(&page, &page, &typed)?, &page);
        self.kept.remove(&oldest);
        self.removed.push(format!("{}/files/{id}", self.case));
        self.going = None;
        Ok(())
    }

    fn act(&mut self) -> Result<()> {
        if self.kept.len() < FEW { self.hand_in() } else { self.take_away() }
    }

    /// Looks at every file as the clinic, and as somebody of another one; what the last process did not say counts from now on.
    fn is_right(&mut self, stranger: &mut Client) {
        let rows = self.rows();
        let clean: BTreeSet<u64> = rows.iter().filter(|(_, row)| row.1 == "clean").map(|(number, _)| *number).collect();
        let lost: Vec<_> = self.kept.difference(&clean).filter(|number| self.going != Some(**number)).collect();
        assert!(lost.is_empty(), "{lost:?} were acknowledged");
        for (number, (id, _)) in &rows {
            let address = format!("{}/files/{id}", self.case);
            let shown = self.client.get(&address).unwrap();
            let whole = shown.status == 200 && shown.body == paper(*number);
            assert!(if clean.contains(number) { whole } else { shown.status == 404 }, "{number}: {}", shown.status);
            assert_eq!(stranger.get(&address).unwrap().status, 404, "of another institution");
        }
        for address in self.removed.drain(..) {
            assert_eq!(self.client.get(&address).unwrap().status, 404, "it was taken away");
        }
        (self.kept, self.going) = (clean, None);
    }
}

fn are_right([one, other]: &mut [Clinic; 2]) {
    one.is_right(&mut other.client.clone());
    other.is_right(&mut one.client.clone());
}

/// A form that never ends is answered, although its sender listens only afterwards, and costs no memory.
fn endless(demo: &Demo, clinic: &mut Clinic) {
    let page = clinic.page();
    let csrf = clinic.client.get(&page).unwrap().value("csrf");
    let typed = [("csrf", csrf.as_str()), SCHEME, ("action", "files/file_receipt")];
    let typed: String = typed.iter().map(part).collect();
    let before = demo.peak();
    let file = begin_of_file(FIELD, "2GiB.pdf") + "%PDF-1.7\n";
    let told = clinic.client.pour(&page, &(typed + &file), (2 << 30, 96)).unwrap();
    assert!(told.status == 413 && told.text().contains("ファイルが大きすぎます"), "{}: {}", told.status, told.text());
    let head = "--b\r\nContent-Disposition: form-data; name=\"";
    let told = clinic.client.pour(&page, head, (100 << 20, 96)).unwrap();
    assert!(told.status == 400 && told.text().contains("読み取れない"), "{}: {}", told.status, told.text());
    assert!(demo.peak() < before + 32, "{} MiB after {before}", demo.peak());
}

/// The steps of a file that comes and of one that goes, in their order: a deed, or so many turning points behind it. What the
/// database writes for others may be one of these.
const STEPS: &[&str] = &[
    "0 write: received",
    "1 write: received",
    "0 write: kept file",
    "0 sync: kept file",
    "1 sync: kept file",
    "2 sync: kept file",
    "3 sync: kept file",
    "0 removal: received",
    "0 removal: kept file",
    "1 removal: kept file",
];

/// Hands a file in, takes one away, and waits until it is destroyed or the process is gone.
fn comes_and_goes(demo: &mut Demo, clinic: &mut Clinic) {
    let Ok(()) = clinic.hand_in().and_then(|()| clinic.take_away()) else { return };
    let going = clinic.removed.last().unwrap();
    let destroyed = |clinic: &Clinic| !clinic.rows().values().any(|(id, _)| going.ends_with(id));
    let ended = (0..LOOKS).any(|_| {
        sleep(Duration::from_millis(20));
        destroyed(clinic) || !demo.lives()
    });
    assert!(ended, "the file is never destroyed: {}", demo.output());
}

/// Dies at each step.
fn at_each_step(place: &Place, clinics: &mut [Clinic; 2]) {
    let fault = place.fault.as_ref().unwrap();
    for step in STEPS {
        let mut demo = place.start();
        are_right(clinics);
        fault.order(&format!("file {step}"));
        comes_and_goes(&mut demo, &mut clinics[0]);
        demo.ended();
        fault.none();
        let deed = step.strip_prefix("0 ");
        assert!(deed.is_none_or(|deed| deed == fault.told()), "{step}: stopped before {}", fault.told());
    }
}

/// Dies at random moments while both clinics hand in files.
fn at_random(place: &Place, mut clinics: [Clinic; 2]) -> ([Clinic; 2], usize) {
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut demo = place.start();
        are_right(&mut clinics);
        let acting = clinics.map(|mut clinic| {
            spawn(move || {
                let mut deeds = 0;
                while clinic.act().is_ok() {
                    deeds += 1;
                }
                (clinic, deeds)
            })
        });
        sleep(Duration::from_millis(400 + draw(round + 31) % 700));
        demo.kill();
        clinics = acting.map(|acting| {
            let (clinic, deeds) = acting.join().unwrap();
            acknowledged += deeds;
            clinic
        });
    }
    (clinics, acknowledged)
}

/// Names of the files in a folder, and in its folders.
fn within(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names = entries.map(|path| match path.is_dir() {
        true => within(&path),
        false => BTreeSet::from([path.file_name().unwrap().to_str().unwrap().to_owned()]),
    });
    names.flatten().collect()
}

/// What the store holds, and what the rows say that it holds.
fn held(place: &Place) -> (BTreeSet<String>, BTreeSet<String>) {
    let rows: Vec<(Uuid, String)> = runtime().block_on(async {
        let mut conn = open(&place.folder).await;
        let rows = sqlx::query_as("SELECT id, state FROM uploads").fetch_all(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        rows
    });
    let there = within(&place.folder.join("uploads")).into_iter().chain(within(&place.folder.join("uploads.incoming")));
    (
        there.collect(),
        rows.into_iter().map(|(id, state)| if state == "clean" { id.to_string() } else { state }).collect(),
    )
}

/// Nine days later, at one o'clock: the sweep of that day leaves what counts, and nothing else.
fn swept(place: &Place) {
    let (there, known) = held(place);
    assert!(there.iter().any(|name| name.contains('#')), "no kill fell into the content: {there:?}");
    assert!(known.contains("prepared"), "no kill fell between the row and its content: {known:?}");
    let here = now().in_japan();
    let later = 9 * 86_400 + (13 - i64::from(here.hour())) * 3_600;
    let fault = place.fault.as_ref().unwrap();
    fault.order(&format!("clock {later}"));
    let mut demo = place.start();
    let tidy = (0..LOOKS).any(|_| {
        sleep(Duration::from_millis(50));
        let (there, known) = held(place);
        there == known
    });
    assert!(tidy, "{:?}\n{}", held(place), demo.output());
    demo.kill();
    fault.none();
}

#[test]
fn files_that_were_acknowledged_outlast_every_kill_and_nothing_else_does() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::with_fault(folder.path()).with_demo();
    let mut demo = place.start();
    let mut clinics = ["owner", "terminals"].map(|who| Clinic::new(&place, &format!("{who}@clinic.example")));
    endless(&demo, &mut clinics[0]);
    for clinic in &mut clinics {
        clinic.hand_in().unwrap();
    }
    demo.kill();
    at_each_step(&place, &mut clinics);
    let (mut clinics, acknowledged) = at_random(&place, clinics);
    assert!(acknowledged > 3, "only {acknowledged} deeds were acknowledged");
    let mut demo = place.start();
    are_right(&mut clinics);
    demo.kill();
    swept(&place);
    for clinic in &clinics {
        for (number, (id, _)) in clinic.rows() {
            let shard = id.get(id.len() - 2..).unwrap();
            assert_eq!(std::fs::read(place.folder.join("uploads").join(shard).join(&id)).unwrap(), paper(number));
        }
    }
    println!("{} kills at steps, {ROUNDS} at random with {acknowledged} deeds between them", STEPS.len());
}

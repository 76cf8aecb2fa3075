//! The process dies between the commit and the journal, or finds the journal's disk full.

use storage::{Db, authority::Certificate};

use crate::{
    ALONE,
    client::{Answer, Client},
    demo::{Demo, Place},
    fetch, request, usable_letter,
};

/// A running installation with a letter that can be used.
pub(crate) struct Scene {
    pub(crate) place: Place,
    demo: Demo,
    terminal: Client,
    letter: (String, String),
    request: String,
}

impl Scene {
    pub(crate) fn new(folder: &std::path::Path) -> Self {
        let place = Place::with_fault(folder).with_demo();
        let demo = place.start();
        let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
        let root = pki::pem::decode("CERTIFICATE", &root).unwrap();
        let mut terminal = Client::secure(place.closed, &root);
        let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
        Self { place, demo, terminal, letter, request: request() }
    }

    pub(crate) fn order(&self, words: &str) {
        self.place.fault.as_ref().unwrap().order(words);
    }

    pub(crate) fn all_well(&self) {
        self.place.fault.as_ref().unwrap().none();
    }

    pub(crate) fn fetch(&mut self) -> std::io::Result<Vec<u8>> {
        fetch(&mut self.terminal, &self.letter, &self.request)
    }

    /// What somebody is told who tries to fetch.
    pub(crate) fn try_to_fetch(&mut self) -> Answer {
        let fields = [
            ("pickup_id", self.letter.0.as_str()),
            ("pickup_secret", &self.letter.1),
            ("way", "request"),
            ("request", &self.request),
        ];
        self.terminal.send("/", "/pickup", &fields).unwrap()
    }

    /// The certificates of the letter's case, oldest first.
    pub(crate) async fn certificates(&self) -> Vec<Certificate> {
        let db = Db::open(&format!("sqlite:{}", self.place.folder.join("madoguchi.db").display())).await.unwrap();
        let mut conn = db.read().await.unwrap();
        let id = domain::secrets::PickupId::parse(&self.letter.0).unwrap();
        let letter = storage::letters::by_pickup_id(&mut conn, id.as_str()).await.unwrap().unwrap();
        let made = storage::authority::of_application(&mut conn, letter.application_id.unwrap()).await.unwrap();
        drop(conn);
        db.close().await;
        made
    }

    /// Whether the journal has a line of this kind about a serial.
    fn knows(&self, kind: &str, serial: &str) -> bool {
        let kind = format!("\"kind\":\"{kind}\"");
        self.place.journal().lines().any(|line| line.contains(&kind) && line.contains(serial))
    }
}

#[tokio::test]
async fn what_was_committed_and_not_written_to_the_journal_is_written_before_anything_is_served() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::TempDir::new().unwrap();
    let mut scene = Scene::new(folder.path());
    scene.order("kill \"issued\"");
    assert!(scene.fetch().is_err(), "the process died before it signed");
    scene.demo.ended();
    let first = scene.certificates().await.pop().unwrap();
    assert_eq!(first.state, "prepared");
    assert!(!scene.knows("issued", &first.serial));
    scene.all_well();
    scene.demo = scene.place.start();
    assert!(scene.knows("issued", &first.serial) && scene.knows("abandoned", &first.serial));

    scene.fetch().unwrap();
    let second = scene.certificates().await.pop().unwrap();
    assert!(scene.knows("issued", &second.serial));
    scene.order("kill \"revoked\"");
    assert!(
        scene.fetch().is_err(),
        "the same letter again revokes the second one; the process died before it answered"
    );
    scene.demo.ended();
    let state = scene.certificates().await.into_iter().find(|one| one.id == second.id).unwrap().state;
    assert_eq!(state, "revoked");
    assert!(!scene.knows("revoked", &second.serial));
    scene.all_well();
    scene.demo = scene.place.start();
    assert!(scene.knows("revoked", &second.serial));
    scene.demo.kill();
    assert!(scene.place.verify_audit().contains("the chain is whole"));
}

#[tokio::test]
async fn a_full_disk_refuses_before_signing_and_consumes_nothing() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::TempDir::new().unwrap();
    let mut scene = Scene::new(folder.path());
    let before = scene.certificates().await;
    scene.order("full \"issued\"");
    let told = scene.try_to_fetch();
    assert_eq!(told.status, 503, "{}", told.text());
    assert!(told.text().contains("通知書は引き続き使えます"), "{}", told.text());
    let left: Vec<Certificate> = scene.certificates().await.into_iter().filter(|one| one.state != "prepared").collect();
    assert_eq!(left, before, "nothing was signed, nothing revoked");
    scene.all_well();
    scene.fetch().unwrap();
    let made = scene.certificates().await.into_iter().find(|one| one.state == "valid").unwrap();
    assert!(scene.knows("issued", &made.serial), "it goes on by itself");
}

//! An older file of the database is put back under the real program: it closes itself, says what to do, and opens once the
//! journal was replayed.

use crate::{
    ALONE,
    client::Client,
    demo::{Place, run, serve},
    fetch,
    register::{Row, certificates},
    request,
    restored::{answers, configuration},
    usable_letter,
};

/// Two certificates of one letter are fetched, the second one after a copy of the database was made; then the copy is put back.
/// Gives what was known before that.
async fn rolled_back(place: &Place) -> Vec<Row> {
    let mut demo = place.start();
    let root = std::fs::read_to_string(demo.said["ca_certificate"].as_str().unwrap()).unwrap();
    let mut terminal = Client::secure(place.closed, &pki::pem::decode("CERTIFICATE", &root).unwrap());
    let letter = usable_letter(&mut Client::plain(place.portal), &mut terminal);
    fetch(&mut terminal, &letter, &request()).unwrap();
    demo.kill();
    let file = |end: &str| place.folder.join(format!("madoguchi.db{end}"));
    let older = ["", "-wal"].map(|end| (file(end), std::fs::read(file(end)).unwrap_or_default()));
    let mut demo = place.start();
    // The second one ends the first.
    fetch(&mut terminal, &letter, &request()).unwrap();
    demo.kill();
    let known = certificates(&place.folder).await;
    for (path, content) in older {
        std::fs::write(path, content).unwrap();
    }
    let _ = std::fs::remove_file(file("-shm"));
    known
}

#[tokio::test]
async fn an_older_file_of_the_database_closes_the_installation_until_the_journal_was_replayed() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place::new(folder.path()).with_demo();
    let known = rolled_back(&place).await;
    let (config, own) = (folder.path().join("madoguchi.toml"), place.folder.to_str().unwrap());
    std::fs::write(&config, configuration(&place.folder, &place)).unwrap();
    let mut server = serve(&config);
    server.says("run `madoguchi restore` without a file");
    server.says("in quarantine");
    let mut visitor = Client::plain(place.portal);
    assert!(answers(&mut visitor, 503));
    let list = visitor.get("/pki/root.crl").unwrap();
    assert!(list.status == 503 && list.text().contains("older than its journal"), "{}", list.text());
    let (status, said) = run(&["ca", "init", "--data-dir", own]);
    assert!(status == 1 && said.contains("in quarantine"), "{status}: {said}");
    let (status, said) = run(&["restore", "--data-dir", own]);
    assert!(status == 0 && said.contains("the journal brought: 1 revocations"), "{status}: {said}");
    assert!(answers(&mut visitor, 200), "the same process goes on by itself: {}", server.output());
    server.kill();
    let (status, said) = run(&["restore", "--data-dir", own]);
    assert!(status == 1 && said.contains("there is no quarantine"), "{status}: {said}");
    assert!(place.verify_audit().contains("the chain is whole"));
    let now = certificates(&place.folder).await;
    for row in &known {
        let state = now.iter().find(|one| one.serial == row.serial).map(|one| one.state.as_str());
        assert!(state == Some("revoked") || row.state == "valid" && state.is_some(), "{row:?} is {state:?}");
    }
}

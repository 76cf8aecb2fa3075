//! Backup, proof and restore with the program's own commands, and what a restored installation answers meanwhile.

use std::{path::Path, thread::sleep, time::Duration};

use crate::{
    ALONE,
    client::Client,
    demo::{Fault, Place, run, run_with, serve},
};

pub(crate) fn configuration(folder: &Path, place: &Place) -> String {
    let (portal, closed) = (place.portal, place.closed);
    format!(
        "data_dir = {folder:?}\n[portal]\nlisten = \"127.0.0.1:{portal}\"\nurl = \"http://127.0.0.1:{portal}\"\n\
        [closed_network]\nlisten = \"127.0.0.1:{closed}\"\nurl = \"https://127.0.0.1:{closed}\"\n\
        [mail]\nsmtp = \"smtp://127.0.0.1:9\"\n[authority]\nunattended_passphrase = true\n"
    )
}

/// Waits until the portal answers like this.
pub(crate) fn answers(visitor: &mut Client, status: u16) -> bool {
    (0..3_000).any(|_| {
        sleep(Duration::from_millis(100));
        visitor.get("/healthz").is_ok_and(|answer| answer.status == status)
    })
}

#[tokio::test]
async fn a_restored_installation_stays_closed_until_the_journal_was_replayed() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let place = Place::new(folder.path()).with_demo();
    let mut demo = place.start();
    let (file, own) = (at("backup.zip"), place.folder.to_str().unwrap().to_owned());
    let journal = format!("{own}/journal");
    let (status, said) = run(&["backup", &file, "--data-dir", &own]);
    assert_eq!(status, 0, "while it serves: {said}");
    demo.kill();
    let (status, said) = run(&["verify-backup", &file, "--journal", &journal]);
    assert!(status == 0 && said.contains("every hash fits"), "{status}: {said}");
    let (status, said) = run(&["verify-backup", &file, "--json"]);
    assert!(status == 3 && said.contains("\"whole\":false"), "{status}: {said}");

    let (config, fresh) = (at("madoguchi.toml"), folder.path().join("fresh"));
    std::fs::write(&config, configuration(&fresh, &place)).unwrap();
    let (status, said) = run(&["restore", &file, "--config", &config]);
    assert!(status == 3 && said.contains("no journal was given"), "{status}: {said}");
    let (status, said) = run(&["ca", "init", "--config", &config]);
    assert!(status == 1 && said.contains("in quarantine"), "{status}: {said}");
    let mut server = serve(Path::new(&config));
    server.says("in quarantine");
    let mut visitor = Client::plain(place.portal);
    let page = visitor.get("/login").unwrap();
    assert!(page.status == 503 && page.text().contains("復旧の作業中"), "{}", page.text());
    let list = visitor.get("/pki/root.crl").unwrap();
    assert!(list.status == 503 && list.text().contains("restored from a backup"), "{}", list.text());
    let ocsp = visitor.get("/pki/ocsp/MEIwQDA-").unwrap();
    assert_eq!((ocsp.status, ocsp.body.as_slice()), (200, &[0x30, 3, 0x0A, 1, 3][..]), "tryLater (RFC 6960, 4.2.1)");

    let (status, said) = run(&["restore", &file, "--config", &config, "--journal", &journal]);
    assert!(status == 0 && said.contains("the quarantine has ended"), "{status}: {said}");
    assert!(answers(&mut visitor, 200), "the same process goes on by itself");
    assert_eq!(visitor.get("/pki/root.crl").unwrap().status, 200);
    server.kill();
    let (status, said) = run(&["restore", &file, "--config", &config, "--journal", &journal]);
    assert!(status == 1 && said.contains("in use"), "{status}: {said}");
    let (status, said) = run(&["audit", "verify", "--config", &config]);
    assert!(status == 0 && said.contains("the chain is whole"), "{said}");
}

#[tokio::test]
async fn a_restore_that_is_killed_in_the_middle_opens_nothing_and_is_run_again() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let place = Place::new(folder.path()).with_demo();
    let mut demo = place.start();
    let (file, own) = (at("backup.zip"), place.folder.to_str().unwrap().to_owned());
    let (status, said) = run(&["backup", &file, "--data-dir", &own]);
    assert_eq!(status, 0, "{said}");
    demo.kill();
    let (config, journal) = (at("madoguchi.toml"), format!("{own}/journal"));
    std::fs::write(&config, configuration(&folder.path().join("fresh"), &place)).unwrap();
    let restore = ["restore", &file, "--config", &config, "--journal", &journal];
    let fault = Fault::build(folder.path());
    let mut killed = 0;
    // Nearly every turning point at the end, where the rows and then what the journal knows are made durable.
    for point in [1, 2, 4, 7, 11, 16].into_iter().chain(20..200) {
        fault.order(&format!("step {point}"));
        let (status, said) = run_with(Some(&fault), &restore);
        if status == 0 {
            break;
        }
        assert_eq!(status, -1, "point {point}: {said}");
        killed += 1;
        fault.none();
        let (status, said) = run(&["ca", "init", "--config", &config]);
        if status == 0 {
            // Only the mark in the folder was left to take away.
            assert!(said.contains("issuing:"), "point {point}: {said}");
            break;
        }
        let refused = said.contains("in quarantine") || said.contains("was begun here and not finished");
        assert!(refused, "point {point}, before {}: {said}", fault.told());
    }
    assert!(killed > 6, "only {killed} kills fell into the restore");
    let (status, said) = run(&restore);
    assert!(status == 0 || said.contains("in use"), "{status}: {said}");
    let mut server = serve(Path::new(&config));
    let mut visitor = Client::plain(place.portal);
    assert!(answers(&mut visitor, 200), "{}", server.output());
    server.kill();
    let (status, said) = run(&["audit", "verify", "--config", &config]);
    assert!(status == 0 && said.contains("the chain is whole"), "{said}");
}

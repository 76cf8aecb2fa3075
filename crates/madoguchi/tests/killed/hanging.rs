//! The real program with its key in a token whose calls hang: it serves what is there, goes on by itself, and can be stopped.

use std::{process::Command, thread::sleep, time::Duration};

use crate::{
    ALONE,
    client::Client,
    demo::{Demo, PROGRAM, Place},
    restored::{answers, configuration},
    softhsm::{PIN, SoftHsm},
};

/// An installation whose issuing authority has its key in a token.
struct Site {
    place: Place,
    softhsm: SoftHsm,
    config: String,
}

impl Site {
    fn new(folder: &std::path::Path) -> Self {
        let (place, softhsm) = (Place::new(folder), SoftHsm::new(folder, &["authority"]));
        let (config, pin) = (folder.join("madoguchi.toml"), folder.join("pin"));
        std::fs::write(&pin, PIN).unwrap();
        std::fs::set_permissions(&pin, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let store = format!(
            "[authority.key_store]\nkind = \"pkcs11\"\nmodule = {:?}\ntoken = \"authority\"\npin_file = {pin:?}\n",
            softhsm.hanging_module(),
        );
        std::fs::write(&config, configuration(&place.folder, &place) + &store).unwrap();
        Self { place, softhsm, config: config.to_str().unwrap().to_owned() }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words).args(["--config", &self.config]).env("SOFTHSM2_CONF", self.softhsm.settings());
        command
    }

    fn serve(&self, name: &str) -> Demo {
        Demo::begin(self.command(&["serve"]), self.place.folder.with_extension(name))
    }
}

#[test]
fn a_process_whose_token_hangs_serves_goes_on_by_itself_and_can_be_stopped() {
    let _alone = ALONE.blocking_lock();
    let folder = tempfile::TempDir::new().unwrap();
    let site = Site::new(folder.path());
    assert!(site.command(&["ca", "init"]).status().unwrap().success());
    let mut visitor = Client::plain(site.place.portal);
    let mut server = site.serve("first");
    assert!(answers(&mut visitor, 200), "{}", server.output());
    let list = visitor.get("/pki/issuing.crl").unwrap();
    assert_eq!(list.status, 200, "{}", list.text());
    server.kill();

    site.softhsm.hang(false);
    let mut server = site.serve("second");
    server.says("does not answer in time");
    assert!(answers(&mut visitor, 200), "{}", server.output());
    assert_eq!(visitor.get("/pki/issuing.crl").unwrap().body, list.body, "what is on record is served");
    let unknown = visitor.get("/pki/ocsp/MEIwQDA-").unwrap();
    assert_eq!(unknown.status, 200, "and OCSP answers in its own words");
    site.softhsm.go_on();
    server.says("the authority's key signs again");

    site.softhsm.hang(true);
    server.stop();
    let ended = (0..120).any(|_| {
        sleep(Duration::from_millis(500));
        !server.lives()
    });
    assert!(ended, "a module that hangs does not keep the process: {}", server.output());
    site.softhsm.go_on();
    assert!(site.place.verify_audit().contains("the chain is whole"));
}

//! The real program gives key files another passphrase.
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

const NOTED: &str = "SELECT subject FROM audit WHERE action = 'key_file.change_passphrase' ORDER BY seq";

/// An installation with two officers' halves of a passphrase, and others to come.
struct Site(TempDir);

impl Site {
    fn founded() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        for name in ["first", "second", "third", "fourth"] {
            fs::write(site.path(name), format!("the {name} half")).unwrap();
            fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        site.configure("before.toml", ["first", "second"]);
        site.configure("after.toml", ["third", "fourth"]);
        let founded = site.run(&["ca", "init", "--config", &site.path("before.toml")]);
        assert!(founded.status.success(), "{}", said(&founded));
        site
    }

    fn configure(&self, name: &str, [first, second]: [&str; 2]) {
        let text = format!(
            "data_dir = \"{}\"\n[authority]\npassphrase_files = [\"{}\", \"{}\"]\n",
            self.path("data"),
            self.path(first),
            self.path(second)
        );
        fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_madoguchi")).args(words).output().unwrap()
    }

    fn change(&self, config: &str, [first, second]: [&str; 2]) -> Output {
        let (config, first, second) = (self.path(config), self.path(first), self.path(second));
        let words = ["ca", "change-passphrase", "--config", &config, "--new-half", &first, "--new-half", &second];
        self.run(&words)
    }

    fn opens(&self, config: &str) -> bool {
        self.run(&["ca", "init", "--config", &self.path(config)]).status.success()
    }

    fn keys(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.path("data/keys")).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn refused(output: &Output, words: &str) {
    assert!(!output.status.success() && said(output).contains(words), "{words}: {}", said(output));
}

#[tokio::test]
async fn new_halves_open_the_keys_and_the_old_ones_nothing_any_more() {
    let site = Site::founded();
    let before = site.keys();
    refused(&site.change("before.toml", ["third", "third"]), "同じ");
    refused(&site.change("before.toml", ["third", "nowhere"]), "nowhere");
    refused(&site.change("after.toml", ["third", "first"]), "nothing was changed");
    assert_eq!(site.keys(), before, "nothing was touched");

    let changed = site.change("before.toml", ["third", "fourth"]);
    assert!(changed.status.success() && said(&changed).matches(": changed").count() == 2, "{}", said(&changed));
    let after = site.keys();
    assert!(after.keys().eq(before.keys()), "nothing lies beside them: {:?}", after.keys());
    assert!(before.iter().all(|(name, bytes)| after[name] != *bytes));
    assert!(site.opens("after.toml") && !site.opens("before.toml"));
    let db = format!("sqlite:{}", site.path("data/madoguchi.db"));
    let mut db = SqliteConnection::connect(&db).await.unwrap();
    let noted: Vec<String> = sqlx::query_scalar(NOTED).fetch_all(&mut db).await.unwrap();
    assert!(
        noted.iter().eq(after.keys().map(|name| format!("key_file:{name}")).collect::<Vec<_>>().iter()),
        "{noted:?}"
    );
}

#[test]
fn a_change_that_was_cut_off_is_completed_by_running_it_again() {
    let site = Site::founded();
    let before = site.keys();
    assert!(site.change("before.toml", ["third", "fourth"]).status.success());
    // As a crash between two files leaves it: one in place with its earlier form beside it, one only prepared.
    let (issuing, root) = {
        let mut names = before.keys();
        (names.next().unwrap(), names.next().unwrap())
    };
    let place = |name: &str| site.path(&format!("data/keys/{name}"));
    fs::write(place(&format!("{issuing}.old")), &before[issuing]).unwrap();
    fs::write(place(root), &before[root]).unwrap();
    fs::write(place(&format!("{root}.new")), "half a file").unwrap();
    let again = site.change("before.toml", ["third", "fourth"]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(said(&again).contains(&format!("{issuing}: opens with the new halves already")), "{}", said(&again));
    assert!(said(&again).contains(&format!("{root}: changed")), "{}", said(&again));
    assert!(site.keys().keys().eq(before.keys()));
    assert!(site.opens("after.toml"));
}

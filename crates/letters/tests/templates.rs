//! Operators change the layout with templates of their own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod support;

use letters::{Fault, Press};
use support::Pdf;
use support::samples::{application_copy, issuance_notice};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_template_of_the_operator_replaces_one_file_and_uses_the_others() {
    let own =
        "#import \"common.typ\": *\n#show: setting.with(title: \"独自の控え\")\n= 独自の控え\n#answer(data.reference)";
    let folder = folder(&[("application-copy.typ", own)]);
    let press = Press::new(Some(folder.path())).unwrap();
    let text = Pdf::new(&press.application_copy(&application_copy()).unwrap()).text(None);
    assert!(text.contains("独自の控え") && text.contains(&application_copy().reference));
    let letter = Pdf::new(&press.issuance_notices(&[issuance_notice()]).unwrap());
    assert!(letter.text(None).contains("電子証明書発行通知書"), "other templates stay as they are");
}

#[test]
fn a_changed_template_shows_without_a_restart() {
    let folder = folder(&[("application-copy.typ", "最初の版")]);
    let press = Press::new(Some(folder.path())).unwrap();
    assert!(Pdf::new(&press.application_copy(&application_copy()).unwrap()).text(None).contains("最初の版"));
    std::fs::write(folder.path().join("application-copy.typ"), "次の版").unwrap();
    assert!(Pdf::new(&press.application_copy(&application_copy()).unwrap()).text(None).contains("次の版"));
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    let folder = folder(&[("application-copy.typ", "一行目\n#nothing-of-that-name")]);
    let fault = Press::new(Some(folder.path())).unwrap().application_copy(&application_copy()).unwrap_err();
    let Fault::Template { place, reason } = fault else { panic!("{fault}") };
    assert_eq!(place, "application-copy.typ:2");
    assert!(reason.contains("unknown variable"), "{reason}");
}

#[test]
fn templates_reach_neither_the_disk_outside_nor_the_network() {
    let secret = folder(&[("key.txt", "geheim")]);
    let outside = format!("#read(\"../{}/key.txt\")", secret.path().file_name().unwrap().to_str().unwrap());
    let absolute = format!("#read(\"{}\")", secret.path().join("key.txt").display());
    for source in [outside.as_str(), &absolute, "#import \"@preview/tablex:0.0.8\": *"] {
        let folder = folder(&[("application-copy.typ", source)]);
        let result = Press::new(Some(folder.path())).unwrap().application_copy(&application_copy());
        assert!(matches!(result, Err(Fault::Template { .. })), "{source}");
    }
}

#[test]
fn a_template_folder_that_is_not_there_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let result = Press::new(Some(&folder.path().join("missing")));
    assert!(matches!(result, Err(Fault::Directory(_))));
}

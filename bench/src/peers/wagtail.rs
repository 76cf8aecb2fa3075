//! Wagtail from PyPI: a portal in Python with its own first page, as its own command makes it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use super::{Peer, done};
use crate::{raw, report::Report};

/// Settings of the made site that a benchmark changes: nothing is written to the screen for each request.
const SETTINGS: &str =
    "from .base import *\nSECRET_KEY = \"a benchmark has no secrets\"\nDEBUG = False\nALLOWED_HOSTS = [\"*\"]\n";

fn is_page(content: &[u8]) -> bool {
    content.windows(7).any(|part| part == b"Wagtail")
}

/// How many times a second its first page goes, with a connection for each request: its workers know no other.
pub(crate) async fn measure(
    folder: &Path,
    (askers, length): (usize, Duration),
    report: &mut Report,
) -> anyhow::Result<()> {
    const WHAT: &str =
        "Peer: first page of Wagtail 8 with gunicorn (2 workers) on SQLite, a connection for each request";
    let Some(programs) = std::env::var_os(super::PROGRAMS).map(PathBuf::from) else {
        report.probe(WHAT, "not on this machine".to_owned());
        return Ok(());
    };
    std::fs::create_dir_all(folder)?;
    done(Command::new(programs.join("wagtail")).args(["start", "peer", "."]).current_dir(folder))?;
    std::fs::write(folder.join("peer/settings/production.py"), SETTINGS)?;
    let python = programs.join("python");
    for words in [&["migrate", "--verbosity", "0"][..], &["collectstatic", "--noinput", "--verbosity", "0"]] {
        done(&mut configured(&python, folder, &[&["manage.py"], words].concat()))?;
    }
    let server = Peer::start("wagtail", folder, |port| {
        let bind = format!("127.0.0.1:{port}");
        configured(&programs.join("gunicorn"), folder, &["--workers", "2", "--bind", &bind, "peer.wsgi"])
    })?;
    let rate = raw::knock(server.address, askers, length, Arc::new(vec![raw::get("/")]), is_page).await?;
    report.probe(WHAT, format!("{rate:.0} /s"));
    Ok(())
}

fn configured(program: &Path, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(words).env("DJANGO_SETTINGS_MODULE", "peer.settings.production");
    command
}

//! `django-ca` from PyPI: an authority in Python that records what it signs, asked over its REST interface.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{LENGTH, PROGRAMS, Peer, done};
use crate::{raw, report::Report};

const LANES: raw::Lanes = (4, 1);

const SETTINGS: &str = r#"
SECRET_KEY = "a benchmark has no secrets"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "peer_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "peer.db", "OPTIONS": {"timeout": 30,
    "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django_object_actions", "django_ca"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
FILES = "django.core.files.storage.FileSystemStorage"
STORAGES = {"default": {"BACKEND": FILES}, "django-ca": {"BACKEND": FILES, "OPTIONS": {"location": "peer-keys"}}}
CA_ENABLE_REST_API = True
CA_USE_CELERY = False
CA_DEFAULT_HOSTNAME = "localhost"
"#;
const URLS: &str = r#"
from django.urls import include, path
urlpatterns = [path("django_ca/", include("django_ca.urls"))]
"#;
const SERVER: &str = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";

/// Signs requests for certificates over HTTP.
pub(super) async fn measure(folder: &Path, requests: &[Vec<u8>], report: &mut Report) -> anyhow::Result<()> {
    const WHAT: &str = "Peer: `django-ca` with gunicorn (2 workers) on SQLite (P-256)";
    let Some(programs) = std::env::var_os(PROGRAMS).map(PathBuf::from) else {
        report.probe(WHAT, "not on this machine".to_owned());
        return Ok(());
    };
    let serial = prepare(folder, &programs)?;
    let server = Peer::start("django-ca", folder, |port| {
        let mut command = configured(&programs.join("gunicorn"), folder);
        command.args(["--workers", "2", "--bind", &format!("127.0.0.1:{port}"), "peer_server"]);
        command
    })?;
    let path = format!("/django_ca/api/ca/{serial}/sign/");
    let asked = |request: &Vec<u8>| {
        let subject = [json!({ "oid": "2.5.4.3", "value": "terminal" })];
        let body = json!({ "csr": String::from_utf8_lossy(request), "subject": subject }).to_string();
        let login = format!("authorization: Basic {}\r\n", STANDARD.encode("peer:peer"));
        raw::post(&path, "application/json", &login, body.as_bytes())
    };
    let requests = Arc::new(requests.iter().map(asked).collect());
    let rate = raw::knock(server.address, LANES.0, LENGTH, requests, |content| {
        content.windows(9).any(|part| part == b"\"pending\"" || part == b"\"issued\", ")
    });
    report.probe(WHAT, format!("{:.1} /s", rate.await?));
    Ok(())
}

/// Makes its tables, its authority and an account; gives the serial of the authority.
fn prepare(folder: &Path, programs: &Path) -> anyhow::Result<String> {
    for (name, text) in [("peer_settings.py", SETTINGS), ("peer_urls.py", URLS), ("peer_server.py", SERVER)] {
        std::fs::write(folder.join(name), text)?;
    }
    let manage = |words: &str| {
        let mut command = configured(&programs.join("django-admin"), folder);
        command.args(words.split(' ')).env("DJANGO_SUPERUSER_PASSWORD", "peer");
        done(&mut command)
    };
    manage("migrate --verbosity 0")?;
    manage("createsuperuser --noinput --username peer --email peer@peer.example.com")?;
    manage("init_ca --key-type EC --elliptic-curve secp256r1 --api-enable peer CN=peer")?;
    let listed = manage("list_cas")?;
    let serial = listed.split_whitespace().next().context("it lists no authority")?;
    Ok(serial.replace(':', ""))
}

fn configured(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("DJANGO_SETTINGS_MODULE", "peer_settings").env("PYTHONPATH", folder);
    command
}

//! What the tests need from the system, and getting it from Debian where it is missing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::postgres;
use crate::process::{announce, capture, find_program, is_root};

/// Oldest Node.js that the journeys run on; Debian 12 has 18.20.
const NODE_MAJOR: u32 = 18;

/// Debian's PKCS#11 module of SoftHSM.
const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Debian's IMAP part of dovecot.
const DOVECOT_IMAP: &str = "/usr/lib/dovecot/imap";

/// One thing that must be on the machine, looked for by itself and not by its package.
pub(crate) struct Need {
    what: &'static str,
    why: &'static str,
    package: &'static str,
    found: fn() -> bool,
}

/// For keys that lie in a token.
pub(crate) const TOKEN: Need = Need {
    what: "SoftHSM 2",
    why: "keeps the authority's keys as an HSM does",
    package: "softhsm2",
    found: || find_program("softhsm2-util").is_some() && Path::new(SOFTHSM).exists(),
};

/// For what is measured beside us.
pub(crate) const PEERS: &[Need] = &[
    Need {
        what: "openssl",
        why: "its authority and its responder",
        package: "openssl",
        found: || find_program("openssl").is_some(),
    },
    Need {
        what: "cfssl",
        why: "signs requests over HTTP",
        package: "golang-cfssl",
        found: || find_program("cfssl").is_some(),
    },
    Need { what: "Python 3 with venv", why: "django-ca", package: "python3-venv", found: || python().is_some() },
];

/// For the database tests.
pub(crate) const DATABASE: &[Need] = &[Need {
    what: "PostgreSQL server",
    why: "every storage test runs on both engines",
    package: "postgresql",
    found: || postgres::newest_programs().is_some(),
}];

/// For the tests in which other programs judge what we produce, and for the SMTP server.
pub(crate) const JUDGES: &[Need] = &[
    Need {
        what: "openssl",
        why: "judges certificates, revocation lists, PKCS#12 files",
        package: "openssl",
        found: || find_program("openssl").is_some(),
    },
    Need {
        what: "curl",
        why: "enrols and renews with the commands of docs/operate/est.md",
        package: "curl",
        found: || find_program("curl").is_some(),
    },
    Need {
        what: "sqlite3",
        why: "tampers with the audit chain as somebody who has the database",
        package: "sqlite3",
        found: || has_programs(&["sqlite3"]),
    },
    Need {
        what: "psql",
        why: "does the same on the other engine",
        package: "postgresql-client",
        found: || has_programs(&["psql"]),
    },
    Need {
        what: "certtool, ocsptool",
        why: "judge the same as GnuTLS sees it",
        package: "gnutls-bin",
        found: || has_programs(&["certtool", "ocsptool"]),
    },
    Need {
        what: "faketime",
        why: "tells GnuTLS what time it is in the stories",
        package: "faketime",
        found: || has_programs(&["faketime"]),
    },
    Need {
        what: "certutil, crlutil, pk12util",
        why: "judge the same as NSS sees it, which browsers use",
        package: "libnss3-tools",
        found: || has_programs(&["certutil", "crlutil", "pk12util"]),
    },
    Need {
        what: "keytool",
        why: "judges the same as Java sees it",
        package: "default-jre-headless",
        found: || has_programs(&["keytool"]),
    },
    TOKEN,
    Need {
        what: "dovecot with IMAP",
        why: "keeps the mailbox that replies to inquiries are read from",
        package: "dovecot-imapd",
        found: || find_program("dovecot").is_some() && Path::new(DOVECOT_IMAP).exists(),
    },
    Need {
        what: "pdftotext, pdftoppm",
        why: "read the letters",
        package: "poppler-utils",
        found: || has_programs(&["pdftotext", "pdftoppm"]),
    },
    Need {
        what: "Python 3 with venv",
        why: "pkilint and the SMTP server",
        package: "python3-venv",
        found: || python().is_some(),
    },
];

/// For the journeys in a browser.
pub(crate) const BROWSER: &[Need] = &[
    Need {
        what: "chromium",
        why: "the browser",
        package: "chromium",
        found: || Path::new("/usr/bin/chromium").exists(),
    },
    Need {
        what: "certutil",
        why: "lets the browser trust the demo authority",
        package: "libnss3-tools",
        found: || find_program("certutil").is_some(),
    },
    Need {
        what: "openssl",
        why: "makes and judges certificates",
        package: "openssl",
        found: || find_program("openssl").is_some(),
    },
    Need {
        what: "a Japanese font",
        why: "screenshots with letters instead of boxes",
        package: "fonts-morisawa-bizud-gothic",
        found: || has_font(Path::new("/usr/share/fonts")),
    },
    Need {
        what: "java",
        why: "runs the Nu HTML checker",
        package: "default-jre-headless",
        found: || find_program("java").is_some(),
    },
    Need {
        what: "pdftotext, pdftoppm",
        why: "read and show letters",
        package: "poppler-utils",
        found: || has_programs(&["pdftotext", "pdftoppm"]),
    },
    Need { what: "node", why: "drives the browser", package: "nodejs", found: || find_program("node").is_some() },
    Need { what: "npm", why: "installs the driver", package: "npm", found: || find_program("npm").is_some() },
];

/// Installs what is missing; asks nobody when nothing is.
///
/// # Errors
/// When packages are missing and this user may not install them, or an installed thing still cannot be found.
pub(crate) fn provide(needs: &[&Need]) -> anyhow::Result<()> {
    let missing: Vec<&Need> = needs.iter().copied().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        println!("All {} things that are needed from the system are here.", needs.len());
        return Ok(());
    }
    let mut packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    println!("Missing on this machine:");
    for need in &missing {
        println!("  {} ({}): package {}", need.what, need.why, need.package);
    }
    install(&packages)?;
    match missing.iter().find(|need| !(need.found)()) {
        Some(need) => bail!("{} is still missing after package {} was installed", need.what, need.package),
        None => Ok(()),
    }
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let list = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!("this is no Debian: install by hand what Debian calls {list}");
    }
    let sudo = !is_root()?;
    if sudo && find_program("sudo").is_none() {
        bail!("no root and no sudo here: have someone run `apt-get install {list}`");
    }
    let words = ["install", "--yes", "--quiet", "--quiet", "--no-install-recommends"];
    for mut step in [apt_get(sudo, &["update", "--quiet", "--quiet"]), apt_get(sudo, &[&words, packages].concat())] {
        announce(&step);
        // Thousands of lines about packages say nothing, unless it fails.
        capture(&mut step)?;
    }
    Ok(())
}

fn apt_get(sudo: bool, words: &[&str]) -> Command {
    // `env` because sudo drops the variables of its caller.
    let prefix: &[&str] = if sudo { &["sudo", "env"] } else { &["env"] };
    let mut command = Command::new(prefix[0]);
    command.args(&prefix[1..]).arg("DEBIAN_FRONTEND=noninteractive").arg("apt-get").args(words);
    command
}

/// A Python 3 that can make virtual environments; Debian's own first.
pub(crate) fn python() -> Option<&'static str> {
    ["/usr/bin/python3", "python3"].into_iter().find(|python| {
        let probe = Command::new(python).args(["-c", "import ensurepip, venv"]).output();
        probe.is_ok_and(|output| output.status.success())
    })
}

fn has_programs(names: &[&str]) -> bool {
    names.iter().all(|name| find_program(name).is_some())
}

/// Fails in words when Node.js is too old for the journeys.
///
/// # Errors
/// When `node` does not run or is older than version 18.
pub(crate) fn node_is_new_enough() -> anyhow::Result<()> {
    let version = capture(Command::new("node").arg("--version"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    let major = major.with_context(|| format!("node says its version is {version}"))?;
    if major < NODE_MAJOR {
        bail!("node is {version}, the journeys need {NODE_MAJOR} or newer");
    }
    Ok(())
}

/// Whether a face that covers Japanese lies anywhere below `folder`.
fn has_font(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let face = ["NotoSansCJK", "NotoSansJP", "BIZUD", "ipag"].iter().any(|start| name.starts_with(start));
        face || entry.path().is_dir() && has_font(&entry.path())
    })
}

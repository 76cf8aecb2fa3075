//! Certificates signed by a key in SoftHSM through the whole recorded way, beside what the token signs at most.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use pki::{Profiles, Token, TokenChoice, TokenPin, TokenPlace};
use services::authority::{KeyStore, token_watch};

use crate::{
    Bench, certificates,
    installation::Installation,
    machine::{RealClock, instant, seconds_since},
    report::Report,
};

/// Debian's module.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Names the settings of SoftHSM; `cargo xtask bench` sets it.
const SETTINGS: &str = "SOFTHSM2_CONF";
const PIN: &str = "fedcba98";
/// Sessions, one for each core.
const SESSIONS: usize = 2;
const LENGTH: Duration = Duration::from_secs(3);

/// A kind of issuing key.
struct Kind {
    name: &'static str,
    label: &'static str,
    /// Certificates that are issued.
    count: usize,
    /// The least share of the token's own rate, if there is one.
    share: Option<f64>,
}

/// A curve's signature costs less than the checks around it, so that a share of it says nothing; RSA's is the token's work.
const KINDS: &[Kind] = &[
    Kind { name: "p256", label: "P-256", count: 10_000, share: None },
    Kind { name: "rsa3072", label: "RSA 3072", count: 2_000, share: Some(60.0) },
];

/// Measures both kinds of keys.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    prepare(bench)?;
    for kind in KINDS {
        let place = founded(bench, kind).await?;
        let key = place.app.authority.issuing.name.clone();
        let most = tokio::task::spawn_blocking({
            let (label, key) = (kind.name.to_owned(), key.clone());
            move || raw(&label, &key)
        })
        .await??;
        report.probe(&format!("SoftHSM signs with {}, {SESSIONS} sessions", kind.label), format!("{most:.0} /s"));
        let requests = Arc::new(certificates::own_requests(kind.count)?);
        let rate = certificates::rate(&place, &requests).await?;
        let what = format!("Certificates signed there, recorded before signed ({})", kind.label);
        report.probe(&what, format!("{rate:.0} /s"));
        let (what, share) = (format!("The latter as a share of the former ({})", kind.label), 100.0 * rate / most);
        match kind.share {
            Some(least) => report.at_least(&what, share, least, "%"),
            None => report.probe(&what, format!("{share:.0} %")),
        }
        place.app.db.close().await;
    }
    Ok(())
}

/// Writes the settings and makes a token for each kind.
fn prepare(bench: &Bench) -> anyhow::Result<()> {
    let settings = PathBuf::from(std::env::var_os(SETTINGS).context("SOFTHSM2_CONF names no file")?);
    let tokens = bench.folder.path().join("tokens");
    std::fs::create_dir_all(&tokens)?;
    let lines = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    std::fs::write(settings, lines)?;
    for kind in KINDS {
        let words = ["--init-token", "--free", "--so-pin", "12345678", "--pin", PIN, "--label", kind.name];
        let made = Command::new("softhsm2-util").args(words).output()?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(())
}

async fn founded(bench: &Bench, kind: &Kind) -> anyhow::Result<Installation> {
    let folder = bench.folder.path().join(format!("token-{}", kind.name));
    std::fs::create_dir_all(&folder)?;
    let place = TokenPlace {
        module: MODULE.into(),
        token: TokenChoice::Label(kind.name.to_owned()),
        pin: TokenPin::new(PIN)?,
        sessions: SESSIONS,
    };
    let token = Token::new(place, Arc::new(RealClock), token_watch())?;
    Installation::with_keys(&folder, KeyStore::Token(token), profiles(kind)?).await
}

/// The built-in profiles, with an issuing authority that has a key of this kind.
fn profiles(kind: &Kind) -> anyhow::Result<Profiles> {
    let issuing = format!(
        "[issuing]\ntitle = \"発行認証局\"\nsubject = [\"C=JP\", \"O={{operator}}\", \"CN={{common_name}}\"]\nkeys = [\"{}\"]
months = 120\nauthority = true\npath_length = 0\nkey_usage = [\"digitalSignature\", \"keyCertSign\", \"cRLSign\"]
policies = [\"any\"]\npublish = [\"crl\", \"issuer\"]\n",
        kind.name
    );
    let arc = pki::EXAMPLE_POLICY_ARC;
    Ok(Profiles::built_in(arc)?.overlaid_with(Profiles::parse(&issuing, arc)?))
}

/// What the token signs in a second with nothing around it, each session in a thread of its own.
fn raw(token: &str, key: &str) -> anyhow::Result<f64> {
    let module = Pkcs11::new(MODULE)?;
    // The program opened the module already; then this is told so, and that is well.
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let begun = instant();
    let counts: Vec<anyhow::Result<u32>> = std::thread::scope(|threads| {
        let lanes: Vec<_> = (0..SESSIONS).map(|_| threads.spawn(|| signatures(&module, token, key))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| anyhow::bail!("a session broke"))).collect()
    });
    let mut sum = 0;
    for count in counts {
        sum += count?;
    }
    Ok(f64::from(sum) / seconds_since(begun))
}

fn signatures(module: &Pkcs11, token: &str, key: &str) -> anyhow::Result<u32> {
    let mut slots = module.get_slots_with_token()?.into_iter();
    let slot = slots.find(|slot| module.get_token_info(*slot).is_ok_and(|info| info.label() == token));
    let session = module.open_ro_session(slot.context("the token is gone")?)?;
    // Who is logged in belongs to the whole process, so the second one is told that it is done.
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(key.as_bytes().to_vec())];
    let found = *session.find_objects(&wanted)?.first().context("the key is gone")?;
    let message = [7_u8; 900];
    let digest = [7_u8; 32];
    let (mut count, begun) = (0, instant());
    while begun.elapsed() < LENGTH {
        if token.starts_with("rsa") {
            session.sign(&Mechanism::Sha256RsaPkcs, found, &message)?;
        } else {
            session.sign(&Mechanism::Ecdsa, found, &digest)?;
        }
        count += 1;
    }
    Ok(count)
}

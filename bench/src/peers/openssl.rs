//! OpenSSL's own authority (`openssl ca`) and responder (`openssl ocsp`).

use std::{path::Path, process::Command, sync::Arc};

use pki::{IssuerCert, OcspQuestion};

use super::{LENGTH, Peer, done};
use crate::{
    machine::{instant, seconds_since},
    raw,
    report::Report,
};

/// Certificates that it issues, each by a process of its own, as requests come.
const CERTIFICATES: usize = 200;
/// Askers at a time, each with a new connection: that is how this responder works.
const ASKERS: usize = 64;

const SETTINGS: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = issued\nserial = serial
certificate = ca.pem\nprivate_key = ca.key\ndefault_md = sha256\ndefault_days = 1000\npolicy = any\nunique_subject = no
rand_serial = yes\n[any]\ncommonName = supplied\n";

/// Makes a key, a certificate and an empty register in a folder; other peers use the first two.
pub(super) fn authority(folder: &Path) -> anyhow::Result<()> {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3000 -subj /CN=peer -keyout ca.key -out ca.pem";
    done(openssl(folder).args(words.split(' ')).args(["-addext", "keyUsage=digitalSignature,keyCertSign,cRLSign"]))?;
    std::fs::create_dir_all(folder.join("issued"))?;
    std::fs::write(folder.join("index.txt"), "")?;
    std::fs::write(folder.join("ca.cnf"), SETTINGS)?;
    Ok(())
}

/// Issues, then answers about what was issued.
pub(super) async fn measure(folder: &Path, requests: &[Vec<u8>], report: &mut Report) -> anyhow::Result<()> {
    let begun = instant();
    for request in requests.iter().cycle().take(CERTIFICATES) {
        std::fs::write(folder.join("request.pem"), request)?;
        done(openssl(folder).args("ca -batch -notext -config ca.cnf -in request.pem -out /dev/null".split(' ')))?;
    }
    let rate = CERTIFICATES as f64 / seconds_since(begun);
    report.probe("Peer: `openssl ca`, a process for each request (P-256)", format!("{rate:.0} /s"));
    let questions = Arc::new(questions(folder)?);
    let words = "ocsp -multi 2 -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -port";
    let responder = Peer::start("openssl ocsp", folder, |port| {
        let mut command = openssl(folder);
        command.args(words.split(' ')).arg(port.to_string());
        command
    })?;
    let rate = raw::knock(responder.address, ASKERS, LENGTH, questions, raw::is_ocsp_success).await?;
    report.probe("Peer: `openssl ocsp -multi 2`, a connection for each question (P-256)", format!("{rate:.0} /s"));
    Ok(())
}

fn openssl(folder: &Path) -> Command {
    let mut command = Command::new("openssl");
    command.current_dir(folder);
    command
}

fn questions(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let der = |path: &Path| -> anyhow::Result<Vec<u8>> {
        let pem = std::fs::read_to_string(path)?;
        pki::pem::decode("CERTIFICATE", &pem).ok_or_else(|| anyhow::anyhow!("no certificate in {}", path.display()))
    };
    let issuer = IssuerCert::parse(&der(&folder.join("ca.pem"))?)?;
    let mut questions = vec![];
    for file in std::fs::read_dir(folder.join("issued"))? {
        let question = OcspQuestion::about(&der(&file?.path())?, &issuer)?.to_der()?;
        questions.push(raw::ocsp_at("/", &question));
    }
    Ok(questions)
}

//! Cloudflare's `cfssl serve`, which signs what it is sent and records nothing.

use std::{path::Path, process::Command, sync::Arc};

use serde_json::json;

use super::{LENGTH, Peer, program};
use crate::{raw, report::Report};

/// Connections with one request in flight on each.
const LANES: raw::Lanes = (64, 1);

/// Signs requests for certificates over HTTP.
pub(super) async fn measure(folder: &Path, requests: &[Vec<u8>], report: &mut Report) -> anyhow::Result<()> {
    const WHAT: &str = "Peer: `cfssl serve`, records nothing (P-256)";
    let Some(cfssl) = program("cfssl") else {
        report.probe(WHAT, "not on this machine".to_owned());
        return Ok(());
    };
    let usages = ["digital signature", "client auth"];
    let settings = json!({ "signing": { "default": { "expiry": "28470h", "usages": usages } } });
    std::fs::write(folder.join("cfssl.json"), settings.to_string())?;
    let server = Peer::start("cfssl", folder, |port| {
        let mut command = Command::new(cfssl);
        let words = "serve -address 127.0.0.1 -ca ca.pem -ca-key ca.key -config cfssl.json -loglevel 5 -port";
        command.args(words.split(' ')).arg(port.to_string());
        command
    })?;
    let requests = requests.iter().map(|request| asked(&String::from_utf8_lossy(request))).collect();
    let rate = raw::flood(server.address, LANES, LENGTH, Arc::new(requests), |content| {
        content.windows(11).any(|part| part == b"CERTIFICATE")
    });
    report.probe(WHAT, format!("{:.0} /s", rate.await?));
    Ok(())
}

fn asked(request: &str) -> Vec<u8> {
    let body = json!({ "certificate_request": request, "hosts": ["terminal"] }).to_string();
    raw::post("/api/v1/cfssl/sign", "application/json", "", body.as_bytes())
}

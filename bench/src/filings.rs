//! Claims filings, sent through HTTP and durable before they are acknowledged.

use std::time::Duration;

use crate::{
    load::{Answer, Shot, flood},
    prepare::Ready,
    report::Report,
    server::Server,
};

const LENGTH: Duration = Duration::from_secs(8);
/// People who send at the same time.
const CONNECTIONS: usize = 64;

/// The answer leads to the page that shows the reference number.
fn is_sent(answer: &Answer) -> bool {
    let place = answer.headers.get("location").and_then(|place| place.to_str().ok()).unwrap_or_default();
    answer.status == 303 && place.ends_with("/done")
}

/// Sends draft after draft; the workers that make and send the mails work beside.
pub(crate) async fn measure(server: &Server, ready: &Ready, report: &mut Report) -> anyhow::Result<()> {
    let drafts = ready.drafts.clone();
    let shot = move |number: usize| {
        let draft = drafts.get(number)?;
        Some(Shot {
            path: format!("/applications/{}/submit", draft.id),
            cookie: draft.cookie.clone(),
            form: Some(format!("csrf={}&version=1", draft.csrf)),
        })
    };
    let sent = flood(server.portal, CONNECTIONS, LENGTH, shot, is_sent).await?;
    report.at_least("Durable claims filings", sent.rate(), 1_000.0, "/s");
    report.probe("One of them with 64 at a time, 99 % within", format!("{:.1} ms", sent.permille(990)));
    report.probe("Memory after it", format!("{:.0} MiB", server.memory("VmRSS")?));
    Ok(())
}

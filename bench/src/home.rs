//! The home page of a clinic that is logged in and has filed 20 cases.

use std::time::Duration;

use crate::{
    load::{Answer, Shot, flood, steady},
    prepare::Ready,
    report::Report,
    server::Server,
};

const LENGTH: Duration = Duration::from_secs(8);
/// Connections of the flood.
const CONNECTIONS: usize = 32;
/// Requests a second of the steady load.
const RATE: u32 = 200;

fn is_home(answer: &Answer) -> bool {
    let heading = "計測 太郎".as_bytes();
    answer.status == 200 && answer.body.windows(heading.len()).any(|part| part == heading)
}

fn is_alive(answer: &Answer) -> bool {
    answer.status == 200
}

/// Measures how many go, and how long one takes at a steady rate.
pub(crate) async fn measure(server: &Server, ready: &Ready, report: &mut Report) -> anyhow::Result<()> {
    let bare = Shot { path: "/healthz".to_owned(), cookie: String::new(), form: None };
    let probe =
        flood(server.portal, CONNECTIONS, Duration::from_secs(3), move |_| Some(bare.clone()), is_alive).await?;
    report.probe("A bare page without session", format!("{:.0} /s", probe.rate()));
    let home = Shot { path: "/".to_owned(), cookie: ready.home.clone(), form: None };
    let shot = home.clone();
    let most = flood(server.portal, CONNECTIONS, LENGTH, move |_| Some(shot.clone()), is_home).await?;
    report.at_least("Home page of a clinic with 20 cases", most.rate(), 5_000.0, "/s");
    let calm = steady(server.portal, CONNECTIONS, RATE, LENGTH, home, is_home).await?;
    report.below("The same at 200/s, 99 % within", calm.permille(990), 50.0, "ms");
    Ok(())
}

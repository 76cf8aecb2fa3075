//! The first page for a visitor, an article that many read at once, and a portal of another kind beside it.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;

use crate::{
    Bench,
    load::{Answer, Client, Shot, flood, steady},
    machine::{instant, seconds_since},
    office::program::{Program, Server},
    peers::wagtail,
    raw,
    report::Report,
};

const LENGTH: Duration = Duration::from_secs(8);
/// Connections of the flood.
const CONNECTIONS: usize = 32;
/// Askers that take a connection for each request.
const ASKERS: usize = 4;
/// Requests a second of the steady load.
const RATE: u32 = 500;
/// Readers at the same time.
const READERS: usize = 1_000;
const ARTICLE: &str = "letter-lost";

fn is_first_page(answer: &Answer) -> bool {
    let heading = "重要なお知らせ".as_bytes();
    answer.status == 200 && answer.body.windows(heading.len()).any(|part| part == heading)
}

fn is_alive(answer: &Answer) -> bool {
    answer.status == 200
}

/// Measures on the embedded engine.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let program = Program::found(bench, "front", None)?;
    let server = program.serve().await?;
    let shot = |path: &str| Shot { path: path.to_owned(), cookie: String::new(), form: None };
    let (bare, first) = (shot("/healthz"), shot("/"));
    let probe =
        flood(server.portal, CONNECTIONS, Duration::from_secs(3), move |_| Some(bare.clone()), is_alive).await?;
    report.probe("A bare page without session", format!("{:.0} /s", probe.rate()));
    let page = first.clone();
    let most = flood(server.portal, CONNECTIONS, LENGTH, move |_| Some(page.clone()), is_first_page).await?;
    report.at_least("First page for visitors", most.rate(), 20_000.0, "/s");
    let calm = steady(server.portal, CONNECTIONS, RATE, LENGTH, first, is_first_page).await?;
    report.below("The same at 500/s, 99 % within", calm.permille(990), 20.0, "ms");
    let heading = |content: &[u8]| content.windows(21).any(|part| part == "重要なお知らせ".as_bytes());
    let alone = raw::knock(server.portal, ASKERS, LENGTH, Arc::new(vec![raw::get("/")]), heading).await?;
    report.probe("First page for visitors, a connection for each request", format!("{alone:.0} /s"));
    readers(&program, &server, report).await?;
    server.stop().await?;
    wagtail::measure(&bench.folder.path().join("wagtail"), (ASKERS, LENGTH), report).await
}

/// A thousand people open one article at the same moment, and again: counted are a thousand.
async fn readers(program: &Program, server: &Server, report: &mut Report) -> anyhow::Result<()> {
    let db = storage::Db::open(&program.database).await?;
    let views = async || {
        let article = storage::content::article(&mut db.read().await?, ARTICLE).await?;
        anyhow::Ok(article.map_or(0, |article| article.views))
    };
    let before = views().await?;
    let begun = instant();
    for _ in 0..2 {
        let mut all = tokio::task::JoinSet::new();
        for number in 0..READERS {
            let portal = server.portal;
            let cookie = format!("mg_visitor={number:048}");
            all.spawn(async move {
                let mut client = Client::connect(portal).await?;
                client.send(&Shot { path: format!("/articles/{ARTICLE}"), cookie, form: None }).await
            });
        }
        while let Some(answer) = all.join_next().await {
            ensure!(answer??.status == 200, "an article did not open");
        }
    }
    let took = seconds_since(begun) / 2.0;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let counted = views().await? - before;
    db.close().await;
    ensure!(counted == i64::try_from(READERS)?, "{counted} readers were counted");
    report.probe(
        "1,000 people open one article at once, each with a connection of their own; all are answered in",
        format!("{took:.2} s"),
    );
    report.probe("Readers counted of 1,000 who opened it twice", counted.to_string());
    Ok(())
}

//! The search over 10,000 articles, and over one's own of 100,000 cases, over HTTP, on both engines.

mod fill;

use std::time::Duration;

use anyhow::{Context, ensure};

use crate::{
    Bench,
    load::{Client, Shot},
    machine::{instant, seconds_since},
    office::program::{Program, Server},
    report::Report,
};

use self::fill::Filled;

/// Requests of each search that are counted, and those before them that are not.
const REQUESTS: usize = 100;
const WARM: usize = 5;
/// 99 % of the requests of each search must be answered within so many ms.
const TARGET: f64 = 50.0;
/// How long the index may take.
const LONGEST: Duration = Duration::from_secs(900);

/// What visitors look for, and in which of the texts it stands.
const WORDS: [(&str, &str); 9] = [
    ("回線種別", "some"),
    ("ｶｲｾﾝ", "by its reading"),
    ("かいせん", "by its reading"),
    ("オン資", "by what means the same"),
    ("CAF", "some"),
    ("書留", "two characters"),
    ("回線　種別　端末", "three words"),
    ("です", "every text"),
    ("くまざさ", "no text"),
];

/// Fills and measures on the embedded engine, and on a server where one is named.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    on(bench, report, "SQLite", None).await?;
    match std::env::var("BENCH_POSTGRES_CONTENT") {
        Ok(url) => on(bench, report, "PostgreSQL", Some(url)).await,
        Err(_) => Ok(()),
    }
}

async fn on(bench: &Bench, report: &mut Report, engine: &str, database: Option<String>) -> anyhow::Result<()> {
    report.probe("The search on", engine.to_owned());
    let program = Program::found(bench, &format!("content-{engine}"), database)?;
    let filled = fill::fill(&program.database, report).await?;
    let server = program.serve().await?;
    indexed(&filled, report).await?;
    for (words, kind) in WORDS {
        timed(&server, report, "", &format!("「{words}」（{kind}）"), &address(words)).await?;
    }
    timed(&server, report, "", "「です」, the 25th page", &format!("{}&from=480", address("です"))).await?;
    timed(&server, report, "", "suggestions for 「回線」", &address("回線").replace("/search", "/search/suggest"))
        .await?;
    let own = [
        ("a reference number", filled.reference.as_str()),
        ("the beginning of one", filled.reference.get(..4).context("too short")?),
        ("a terminal of 5,000", "受付の端末4321"),
        ("「回線種別」 by an owner of 5,000 cases", "回線種別"),
    ];
    for (what, words) in own {
        timed(&server, report, &filled.cookie, what, &address(words)).await?;
    }
    filled.db.close().await;
    server.stop().await
}

fn address(words: &str) -> String {
    let encoded: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/search?q={encoded}")
}

/// Waits until every text is in the index.
async fn indexed(filled: &Filled, report: &mut Report) -> anyhow::Result<()> {
    let begun = instant();
    while storage::settings::get(&mut filled.db.read().await?, fill::BUILT).await?.is_none() {
        ensure!(begun.elapsed() < LONGEST, "the index is not made");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    report.probe("The index of 10,000 articles, made in the background", format!("{:.0} s", seconds_since(begun)));
    Ok(())
}

async fn timed(server: &Server, report: &mut Report, cookie: &str, what: &str, path: &str) -> anyhow::Result<()> {
    let mut client = Client::connect(server.portal).await?;
    let shot = Shot { path: path.to_owned(), cookie: cookie.to_owned(), form: None };
    let mut took = vec![];
    for number in 0..WARM + REQUESTS {
        let begun = instant();
        let answer = client.send(&shot).await?;
        if number >= WARM {
            took.push(seconds_since(begun) * 1_000.0);
        }
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let nothing = String::from_utf8_lossy(&answer.body).contains("見つかりませんでした");
        ensure!(nothing == what.contains("no text"), "{what}: found something, or nothing");
    }
    took.sort_by(f64::total_cmp);
    let at = |permille: usize| took.get(took.len() * permille / 1_000).or(took.last()).copied().unwrap_or(f64::NAN);
    report.below(&format!("{what}, half within {:.1} ms, 99 % within", at(500)), at(990), TARGET, "ms");
    Ok(())
}

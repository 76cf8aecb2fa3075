//! The back office with the records of a whole country: every queue, case, search, list and report, over HTTP, on one engine.

mod audit;
mod cases;
mod fill;
mod pages;
mod papers;
pub(crate) mod program;
pub(crate) mod sheet;

use std::time::Duration;

use anyhow::{Context, ensure};
use domain::permissions::Role;
use services::secrets::{csrf_token, new_token};

use self::{
    fill::{Found, PASSWORD, World},
    pages::PAGES,
    program::Program,
};
use crate::{
    Bench,
    load::{Answer, Client, Shot},
    machine::{instant, seconds_since},
    report::Report,
};

/// Requests of each page that are counted, and those before them that are not.
const REQUESTS: usize = 100;
const WARM: usize = 5;
/// How long the summary of all days may take.
const LONGEST: Duration = Duration::from_secs(900);
/// 99 % of the requests of each page must be answered within so many ms.
const TARGET: f64 = 100.0;

/// Fills and measures on the embedded engine, and on a server where one is named.
pub(crate) async fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    on(bench, report, "SQLite", None).await?;
    match std::env::var("BENCH_POSTGRES") {
        Ok(url) => on(bench, report, "PostgreSQL", Some(url)).await,
        Err(_) => Ok(()),
    }
}

async fn on(bench: &Bench, report: &mut Report, engine: &str, database: Option<String>) -> anyhow::Result<()> {
    report.probe("The back office on", engine.to_owned());
    let program = Program::found(bench, engine, database)?;
    let (world, found) = fill::fill(&program.database, &program.vault_key, report).await?;
    verified(&program, report)?;
    let server = program.serve().await?;
    summarised(&world, report).await?;
    for (role, addresses) in PAGES {
        let cookie = log_in(&server.client().await?, *role).await?;
        for address in *addresses {
            page(&server, report, &cookie, &named(address, &found)).await?;
        }
    }
    world.db.close().await;
    server.stop().await
}

/// The command that follows the whole chain.
fn verified(program: &Program, report: &mut Report) -> anyhow::Result<()> {
    let told = program.run(&["audit", "verify", "--json"])?;
    let rate = told["rows_per_second"].as_f64().with_context(|| told.to_string())?;
    ensure!(told["rows"].as_u64() == Some(audit::ROWS as u64 + program.founded), "{told}");
    report.at_least("`audit verify`, rows in a second", rate, 100_000.0, "/s");
    Ok(())
}

/// Waits until the figures of all finished days were made.
async fn summarised(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let (begun, yesterday) = (instant(), world.now.date() - time::Duration::DAY);
    loop {
        let until = storage::settings::get(&mut world.db.read().await?, "reports.until").await?;
        if until.is_some_and(|until| until >= yesterday.to_string()) {
            break;
        }
        ensure!(begun.elapsed() < LONGEST, "the figures of finished days are not made");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // The count of certificates that end comes last.
    tokio::time::sleep(Duration::from_secs(5)).await;
    report.probe("The figures of three years, made in the background", format!("{:.0} s", seconds_since(begun)));
    Ok(())
}

/// An address with the things that the generator made.
fn named(address: &str, found: &Found) -> String {
    found.names.iter().fold(address.to_owned(), |address, (name, value)| address.replace(&format!("{{{name}}}"), value))
}

/// Logs in as one of the staff, through the form.
async fn log_in(client: &program::Line, role: Role) -> anyhow::Result<String> {
    let token = new_token(&crate::machine::Numbers::new());
    let form =
        format!("csrf={}&email={role}%40madoguchi.example&password={}", csrf_token(&token), PASSWORD.replace(' ', "+"));
    let cookie = format!("mg_visitor={token}");
    let answer = client.send(&Shot { path: "/login".to_owned(), cookie, form: Some(form) }).await?;
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let session =
        cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("mg_session="));
    session.map(str::to_owned).with_context(|| format!("{role} could not log in: {}", answer.status))
}

/// Measures a page, and the one that follows it.
async fn page(server: &program::Server, report: &mut Report, cookie: &str, path: &str) -> anyhow::Result<()> {
    let mut path = path.to_owned();
    for place in ["", "（2ページ目）"] {
        let answer = timed(server, report, cookie, &path, place).await?;
        match following(&answer) {
            Some(next) => path = next,
            None => break,
        }
    }
    Ok(())
}

async fn timed(
    server: &program::Server,
    report: &mut Report,
    cookie: &str,
    path: &str,
    place: &str,
) -> anyhow::Result<Answer> {
    let mut client = Client::connect(server.portal).await?;
    let shot = Shot { path: path.to_owned(), cookie: cookie.to_owned(), form: None };
    let (mut took, mut last) = (vec![], None);
    for number in 0..WARM + REQUESTS {
        let begun = instant();
        let answer = client.send(&shot).await?;
        if number >= WARM {
            took.push(seconds_since(begun) * 1_000.0);
        }
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
        last = Some(answer);
    }
    took.sort_by(f64::total_cmp);
    let at = |permille: usize| took.get(took.len() * permille / 1_000).or(took.last()).copied().unwrap_or(f64::NAN);
    let shown = path.split("before=").next().unwrap_or(path).split("after=").next().unwrap_or(path);
    report.below(&format!("`{shown}`{place}, half within {:.1} ms, 99 % within", at(500)), at(990), TARGET, "ms");
    last.context("no answer")
}

/// The address behind 「次を表示」.
fn following(answer: &Answer) -> Option<String> {
    let page = String::from_utf8_lossy(&answer.body);
    let before = page.split("rel=\"next\"").next().filter(|before| before.len() < page.len())?;
    let href = before.rsplit("href=\"").next()?.split('"').next()?;
    Some(href.replace("&amp;", "&").replace("&#38;", "&"))
}

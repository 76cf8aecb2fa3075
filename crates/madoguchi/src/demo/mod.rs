//! `madoguchi demo`: the working portal on an empty folder, with nothing else needed.

mod still;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::Args;
use domain::clock::{Clock, Timestamp};
use serde_json::json;
use services::{App, authority, demo};

use crate::{
    clock::Sources,
    config::{Config, Listener},
    install::{self, Use},
    serve,
};

/// Options of the demo.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder of the demo's data.
    #[arg(long, default_value = "./madoguchi-demo")]
    data_dir: PathBuf,
    /// Port of the portal.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the closed network.
    #[arg(long, default_value_t = 8443)]
    closed_port: u16,
    /// Begin anew: the demo's data are removed first.
    #[arg(long)]
    reset: bool,
    /// Print one JSON object instead of the table.
    #[arg(long)]
    json: bool,
    /// An empty PostgreSQL database instead of the embedded one, for tests on both.
    #[arg(long, hide = true)]
    database: Option<String>,
    /// Let the clock stand at this time in Japan (2026-05-11T09:00) and numbers be the same in every run, for the pictures
    /// of the manual; only on an empty folder.
    #[arg(long, hide = true, value_parser = still::time_in_japan)]
    still_at: Option<Timestamp>,
    /// Address of the closed network that pages and letters name, for the same pictures; whoever drives the browser leads
    /// it to the port.
    #[arg(long, hide = true, requires = "still_at")]
    closed_url: Option<String>,
}

/// Marks a folder as a demo's, so that `--reset` never removes anything else.
const MARK: &str = "this-is-a-madoguchi-demo";

/// Stands in the folder until the demo's content is whole: nobody can have used it before.
const BEING_FILLED: &str = "this-demo-is-being-filled";

/// Whether a folder is a demo's.
pub(crate) fn is_demo(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

fn prepare(folder: &Path, reset: bool, anew: bool) -> anyhow::Result<()> {
    let mark = folder.join(MARK);
    let cut_off = mark.exists() && folder.join(BEING_FILLED).exists();
    if (reset || cut_off) && folder.exists() {
        anyhow::ensure!(mark.exists(), "{} is no demo folder; nothing was removed", folder.display());
        std::fs::remove_dir_all(folder)?;
    }
    let empty = std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()).unwrap_or(true);
    anyhow::ensure!(empty || mark.exists(), "{} is not empty and no demo folder", folder.display());
    anyhow::ensure!(empty || !anew, "{} is not empty; numbers would come out twice", folder.display());
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    std::fs::write(&mark, "")?;
    if empty {
        std::fs::write(folder.join(BEING_FILLED), "")?;
    }
    Ok(())
}

fn config(options: &Options) -> Config {
    let (data_dir, database) = (options.data_dir.clone(), options.database.clone());
    let mut config = Config { data_dir, database, ..Config::default() };
    config.portal = Listener::at(options.port, "http");
    config.closed_network = Listener::at(options.closed_port, "https");
    if let Some(url) = &options.closed_url {
        config.closed_network.url.clone_from(url);
    }
    config.fees.account = "窓口銀行 本店 普通 1234567 テツヅキマドグチ".to_owned();
    config.rules.staff_second_factor = false;
    config.authority.unattended_passphrase = true;
    config
}

/// Time and randomness of the demo: the machine's, unless it stands still.
fn sources(options: &Options) -> Sources {
    match options.still_at {
        None => Sources::machine(),
        Some(at) => Sources { clock: Arc::new(still::Clock::at(at)), randomness: Arc::new(still::Randomness::new()) },
    }
}

/// The time at which the demo's authority was made.
struct Earlier(Timestamp);

impl Clock for Earlier {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Runs the demo until it is stopped.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    prepare(&options.data_dir, options.reset, options.still_at.is_some())?;
    let (config, sources) = (config(&options), sources(&options));
    let earlier = Arc::new(Earlier(sources.clock.now() - demo::AUTHORITY_AGE));
    install::found(&config, &Sources { clock: earlier, ..sources.clone() }).await?;
    let app = install::build_from(&config, Use::Demo, &sources).await;
    let app = app.context("the demo does not open; --reset begins anew")?;
    install::recover(&config, &app).await?;
    demo::fill(&app).await?;
    let filled = std::fs::remove_file(options.data_dir.join(BEING_FILLED));
    filled.or_else(|fault| if fault.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(fault) })?;
    let accounts = demo::accounts(&app).await?;
    let ca = options.data_dir.join("ca.pem");
    std::fs::write(&ca, authority::pem(app.authority.root.der()))?;
    let ca = std::path::absolute(&ca)?;
    let urls = config.clone();
    serve::run(&config, app, true, move |_: &App| {
        if options.json { print_json(&urls, &ca, &accounts) } else { print_table(&urls, &ca, &accounts) }
    })
    .await
}

type Accounts = [(demo::Person, String)];

fn print_json(config: &Config, ca: &Path, accounts: &Accounts) -> anyhow::Result<()> {
    use std::io::Write;
    let account = |(person, institution): &(demo::Person, String)| json!({ "role": person.role, "email": person.email, "password": demo::PASSWORD, "institution": institution });
    let line = json!({
        "portal": config.portal.url,
        "closed_network": config.closed_network.url,
        "mailbox": format!("{}/dev/mailbox", config.portal.url),
        "ca_certificate": ca,
        "accounts": accounts.iter().map(account).collect::<Vec<_>>(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn print_table(config: &Config, ca: &Path, accounts: &Accounts) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Madoguchi（窓口）のデモを開きました。\n")?;
    writeln!(out, "  ポータル　　　 {}", config.portal.url)?;
    writeln!(out, "  閉域網　　　　 {}", config.closed_network.url)?;
    writeln!(out, "  郵便受け　　　 {}/dev/mailbox", config.portal.url)?;
    writeln!(out, "  認証局の証明書 {}\n", ca.display())?;
    writeln!(out, "  {:<20} {:<38} 医療機関等", "役割", "メールアドレス")?;
    for (person, institution) in accounts {
        writeln!(out, "  {:<20} {:<38} {institution}", person.role, person.email)?;
    }
    writeln!(out, "\n  パスワードはすべて {}　　終わるときは Ctrl+C", demo::PASSWORD)?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn only_a_demo_stands_still_and_its_help_does_not_offer_it() {
        let parsed = |line: &str| Cli::try_parse_from(line.split_whitespace()).is_ok();
        assert!(parsed("madoguchi demo --still-at 2027-01-12T10:00 --closed-url https://closed.example"));
        assert!(!parsed("madoguchi demo --closed-url https://closed.example"), "a real demo names its own port");
        assert!(!parsed("madoguchi demo --still-at tomorrow"));
        for command in ["serve", "worker", "ca init"] {
            assert!(parsed(&format!("madoguchi {command}")));
            assert!(!parsed(&format!("madoguchi {command} --still-at 2027-01-12T10:00")));
        }
        let help = Cli::command().find_subcommand_mut("demo").map(|demo| demo.render_long_help().to_string());
        assert!(help.is_some_and(|help| help.contains("--reset") && !help.contains("--still-at")));
    }

    #[test]
    fn a_demo_that_stands_still_needs_an_empty_folder() {
        let folder = tempfile::tempdir().unwrap();
        super::prepare(folder.path(), false, true).unwrap();
        std::fs::remove_file(folder.path().join(super::BEING_FILLED)).unwrap();
        assert!(super::prepare(folder.path(), false, false).is_ok(), "another demo goes on with its data");
        let refused = super::prepare(folder.path(), false, true).unwrap_err().to_string();
        assert!(refused.contains("numbers would come out twice"), "{refused}");
        super::prepare(folder.path(), true, true).unwrap();
    }

    #[test]
    fn a_demo_that_was_stopped_while_it_was_filled_begins_anew_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("half.db");
        super::prepare(folder.path(), false, false).unwrap();
        std::fs::write(&written, "half of it").unwrap();
        super::prepare(folder.path(), false, false).unwrap();
        assert!(!written.exists(), "what was half filled is gone");
        std::fs::remove_file(folder.path().join(super::BEING_FILLED)).unwrap();
        std::fs::write(&written, "whole").unwrap();
        super::prepare(folder.path(), false, false).unwrap();
        assert!(written.exists(), "what was whole stays");
    }
}

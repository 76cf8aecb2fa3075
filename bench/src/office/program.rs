//! The program as an operator runs it: founded, filled, serving from a configuration file.

use std::{
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{
    Bench,
    load::{Answer, Client, Shot},
    machine::instant,
    server::free_ports,
};

/// How long the program may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// An installation with its configuration file.
pub(crate) struct Program {
    program: PathBuf,
    config: PathBuf,
    portal: SocketAddr,
    /// Address of its database.
    pub(crate) database: String,
    /// Key of its vault.
    pub(crate) vault_key: [u8; 32],
    /// Audit rows of its founding.
    pub(crate) founded: u64,
}

impl Program {
    /// Founds an authority in a folder of the run.
    pub(crate) fn found(bench: &Bench, name: &str, database: Option<String>) -> anyhow::Result<Self> {
        let folder = bench.folder.path().join(format!("office-{name}"));
        std::fs::create_dir_all(&folder)?;
        let database = database.unwrap_or_else(|| format!("sqlite:{}", folder.join("madoguchi.db").display()));
        let [portal, closed] = free_ports()?;
        let config = folder.join("madoguchi.toml");
        let text = format!(
            "data_dir = \"{}\"\ndatabase = \"{database}\"\n[operator]\nname = \"計測\"\n[portal]\nlisten = \"{portal}\"\n\
             url = \"http://{portal}\"\n[closed_network]\nlisten = \"{closed}\"\nurl = \"https://{closed}\"\n\
             [mail]\nfrom = \"noreply@madoguchi.example\"\nsmtp = \"smtp://127.0.0.1:9\"\n\
             [authority]\nunattended_passphrase = true\n[rules]\nstaff_second_factor = false\n",
            folder.display()
        );
        std::fs::write(&config, text)?;
        let vault_key = [7; 32];
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(folder.join("vault.key"))?;
        std::io::Write::write_all(&mut file, &vault_key)?;
        let mut own = Self { program: bench.program.clone(), config, portal, database, vault_key, founded: 0 };
        own.command(&["ca", "init"])?;
        own.founded = own.run(&["audit", "verify", "--json"])?["rows"].as_u64().context("no rows")?;
        Ok(own)
    }

    fn command(&self, words: &[&str]) -> anyhow::Result<Vec<u8>> {
        let output = Command::new(&self.program).args(words).arg("--config").arg(&self.config).output()?;
        ensure!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// Runs a command that prints one JSON object.
    pub(crate) fn run(&self, words: &[&str]) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.command(words)?)?)
    }

    /// Serves, and waits for the first answer.
    pub(crate) async fn serve(&self) -> anyhow::Result<Server> {
        let log = std::fs::File::create(self.config.with_extension("log"))?;
        let mut command = Command::new(&self.program);
        command.args(["serve", "--config"]).arg(&self.config).stdout(Stdio::null()).stderr(log);
        let server = Server { child: command.spawn()?, portal: self.portal };
        let begun = instant();
        while begun.elapsed() < PATIENCE {
            if let Ok(line) = server.client().await
                && line.send(&Shot { path: "/healthz".to_owned(), cookie: String::new(), form: None }).await.is_ok()
            {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("it does not answer; see {}", self.config.with_extension("log").display())
    }
}

/// The serving program.
pub(crate) struct Server {
    child: Child,
    /// Address of the portal.
    pub(crate) portal: SocketAddr,
}

impl Drop for Server {
    /// Whatever ends the run also ends the program.
    fn drop(&mut self) {
        // It may have ended already, and then nothing is left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection for single requests.
pub(crate) struct Line(tokio::sync::Mutex<Client>);

impl Line {
    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(&self, shot: &Shot) -> anyhow::Result<Answer> {
        self.0.lock().await.send(shot).await
    }
}

impl Server {
    /// A new connection.
    pub(crate) async fn client(&self) -> anyhow::Result<Line> {
        Ok(Line(tokio::sync::Mutex::new(Client::connect(self.portal).await?)))
    }

    /// Ends the program as an operator does.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

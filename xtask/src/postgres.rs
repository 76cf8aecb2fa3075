//! A private PostgreSQL server for one test run: own data, own port, gone afterwards.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::process::{capture, is_root};

/// Debian's account for PostgreSQL, which refuses to run as root.
const ACCOUNT: &str = "postgres";

/// Where files lie in memory, when the system has such a place.
const IN_MEMORY: &str = "/dev/shm";

/// Room that there must be in memory, in KiB; the data of a run takes a quarter of it, most of that the server's log.
const ROOM: u64 = 2 * 1024 * 1024;

/// Makes the cluster in a folder below the one named, serves it until standard input closes, and removes it. Because the
/// end of input is the signal, the server ends with this program even when that is killed; durability is switched off, the
/// data lives minutes. So does every database: nothing is gained by sweeping it or by compiling its statements.
const KEEPER: &str = r#"
set -eu
programs=$1 port=$2 folder=$(mktemp -d "$3/madoguchi-postgres-XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
    --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
"$programs/postgres" -D "$folder/data" -h 127.0.0.1 -p "$port" -k "$folder" -c max_connections=300 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 \
    -c max_wal_size=256MB -c autovacuum=off -c jit=off -c timezone=UTC >"$folder/log" 2>&1 &
server=$!
tries=0
until "$programs/pg_isready" --quiet --host=127.0.0.1 --port="$port"; do
    tries=$((tries + 1))
    if ! kill -0 "$server" 2>/dev/null || [ "$tries" -gt 300 ]; then cat "$folder/log" >&2; exit 1; fi
    sleep 0.1
done
echo ready
read -r _ || true
kill -QUIT "$server"
wait "$server" || true
"#;

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Cluster {
    keeper: Child,
    lifeline: Option<ChildStdin>,
    url: String,
}

impl Cluster {
    /// Starts a server with Debian's newest PostgreSQL and waits until it accepts connections.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; its own words are on standard error.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = newest_programs().context("no PostgreSQL server below /usr/lib/postgresql")?;
        let (port, below) = (free_port()?, place());
        let mut keeper = keeper(&programs, port, below)?.spawn().context("starting PostgreSQL")?;
        let lifeline = keeper.stdin.take();
        let output = keeper.stdout.take().context("the keeper's output is a pipe")?;
        let cluster = Self { keeper, lifeline, url: format!("postgres://postgres@127.0.0.1:{port}/postgres") };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("waiting for PostgreSQL")?;
        ensure!(line.trim() == "ready", "PostgreSQL from {} did not start", programs.display());
        println!("PostgreSQL from {} serves on port {port} for this run, data below {below}.", programs.display());
        Ok(cluster)
    }

    /// Address with a user that may create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: PostgreSQL may still be running: {error}");
        }
    }
}

/// Where the data of the run goes: into memory when there is room. Each story has a database of its own, which is a
/// thousand files; to make and remove them on a disk costs as much as the story.
fn place() -> &'static str {
    let room = |folder: &str| {
        let told = capture(Command::new("df").args(["--output=avail", "--block-size=1K", folder])).ok()?;
        told.lines().last()?.trim().parse::<u64>().ok()
    };
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free =
        memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next()?.parse().ok());
    let has = |kib: Option<u64>, least: u64| kib.is_some_and(|kib| kib >= least);
    // What lies in memory is taken from what the tests themselves and the browser need.
    if has(room(IN_MEMORY), ROOM) && has(free, 3 * ROOM) { IN_MEMORY } else { "/tmp" }
}

fn keeper(programs: &Path, port: u16, below: &str) -> anyhow::Result<Command> {
    let mut command = if is_root()? {
        let mut other = Command::new("setpriv");
        other.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups", "sh"]);
        other
    } else {
        Command::new("sh")
    };
    // The temporary folder of root's session may be closed to the other account.
    command.args(["-c", KEEPER, "keeper"]).arg(programs).args([&port.to_string(), below]).env_remove("TMPDIR");
    // A folder that the other account may enter, and a group of its own so that Ctrl-C does not reach it before us.
    command.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// Folder of the newest server that Debian's packages installed; another build in `PATH` is left alone.
pub(crate) fn newest_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let installed = versions.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").is_file());
    Some(installed.max_by_key(|path| version(path))?.join("bin"))
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}

/// The server that the caller named, so that none is started.
///
/// # Errors
/// When `TEST_POSTGRES` is set and is no PostgreSQL address.
pub(crate) fn named_by_caller() -> anyhow::Result<Option<String>> {
    match std::env::var("TEST_POSTGRES") {
        Ok(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Ok(Some(url)),
        Ok(url) if !url.is_empty() => bail!("TEST_POSTGRES is no PostgreSQL address: {url}"),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_while_it_is_held_and_is_gone_afterwards() {
        if newest_programs().is_none() {
            panic!("PostgreSQL is not installed: run `cargo xtask test`");
        }
        let cluster = Cluster::start().unwrap();
        let psql = |sql: &str| {
            let program = newest_programs().unwrap().join("psql");
            capture(Command::new(program).args([cluster.url(), "--tuples-only", "--no-align", "--command", sql]))
        };
        assert_eq!(psql("CREATE DATABASE story").unwrap(), "CREATE DATABASE");
        assert_eq!(psql("SHOW server_encoding").unwrap(), "UTF8");
        let data = PathBuf::from(psql("SHOW data_directory").unwrap());
        let address = cluster.url().trim_start_matches("postgres://postgres@").trim_end_matches("/postgres").to_owned();
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(cluster);
        assert!(std::net::TcpStream::connect(&address).is_err(), "nobody listens on {address} any more");
        assert!(!data.exists(), "{} was removed", data.display());
    }
}

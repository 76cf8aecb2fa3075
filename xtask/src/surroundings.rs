//! What a test finds in its environment, and the database server that lives as long as the run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::needs::{self, Need};
use crate::parts::{Part, Selection};
use crate::postgres::{self, Cluster};
use crate::process::binaries;
use crate::tools;

/// Variables for the tests:
///
/// | name | what |
/// |---|---|
/// | `TEST_POSTGRES` | address of a PostgreSQL server, with a user that may create databases |
/// | `TEST_PYTHON` | Python with aiosmtpd, for `xtask/tools/smtp_sink.py` |
/// | `TEST_S3_PYTHON` | Python with moto, whose server speaks S3 |
/// | `PKILINT_BIN` | folder with pkilint's programs |
/// | `MADOGUCHI_BIN` | the built binary |
#[derive(Default)]
pub(crate) struct Surroundings {
    variables: Vec<(&'static str, OsString)>,
    /// Held for its end: dropping it stops the server.
    _server: Option<Cluster>,
}

impl Surroundings {
    /// Installs what the selected parts need, lets something else be done while the network is waited for, and starts a
    /// server when the parts need one and the caller named none.
    ///
    /// # Errors
    /// When something can be neither found nor installed, what is done meanwhile fails, or the server does not start.
    pub(crate) fn provide(
        selection: &Selection,
        meanwhile: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let browser = selection.parts.contains(&Part::E2e);
        let database = selection.uses_cargo();
        let judges = database || selection.parts.contains(&Part::Tools);
        let lists = [(database, needs::DATABASE), (judges, needs::JUDGES), (browser, needs::BROWSER)];
        needs::provide(&lists.iter().filter(|(used, _)| *used).flat_map(|(_, list)| *list).collect::<Vec<&Need>>())?;
        let mut surroundings = std::thread::scope(|scope| {
            let fetched = scope.spawn(|| Self::fetch(judges, database, browser));
            let done = meanwhile();
            let fetched = fetched.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done.and(fetched)
        })?;
        if database {
            surroundings.add_database()?;
        }
        Ok(surroundings)
    }

    /// Programs of others that lie below `target/tools` and `e2e/node_modules`.
    fn fetch(judges: bool, database: bool, browser: bool) -> anyhow::Result<Self> {
        let mut surroundings = Self::default();
        if judges {
            let programs = tools::python_programs()?;
            surroundings.set("TEST_PYTHON", programs.join("python"));
            surroundings.set("PKILINT_BIN", programs);
        }
        if database {
            surroundings.set("TEST_S3_PYTHON", tools::s3()?.join("python"));
        }
        if browser {
            needs::node_is_new_enough()?;
            tools::browser_driver()?;
        }
        Ok(surroundings)
    }

    /// Tells the tests where the built binary lies.
    ///
    /// # Errors
    /// When this program's own folder cannot be found.
    pub(crate) fn add_binary(&mut self) -> anyhow::Result<()> {
        self.set("MADOGUCHI_BIN", binaries()?.join("madoguchi"));
        Ok(())
    }

    /// Hands all variables to a command.
    pub(crate) fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)))
    }

    /// A command that runs the Python of the tests.
    ///
    /// # Errors
    /// When the selection needed no Python.
    pub(crate) fn python(&self) -> anyhow::Result<Command> {
        let python = self.variables.iter().find(|(name, _)| *name == "TEST_PYTHON");
        Ok(crate::process::command(&python.context("no Python was provided")?.1))
    }

    fn add_database(&mut self) -> anyhow::Result<()> {
        if postgres::named_by_caller()?.is_none() {
            let server = Cluster::start()?;
            self.set("TEST_POSTGRES", server.url().into());
            self._server = Some(server);
        }
        Ok(())
    }

    fn set(&mut self, name: &'static str, value: PathBuf) {
        self.variables.push((name, value.into()));
    }
}

//! A file is taken apart in a process of its own: what a stranger packed to fill memory or to go on for ever ends that process,
//! and no other one.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::process::ExitStatusExt,
    panic::catch_unwind,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use domain::uploads::UploadKind;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::{process::Command, time::timeout};

use super::{Verdict, judged, pdf, picture};

/// Most memory of the process, in octets.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// Most seconds that it may compute.
const SECONDS: u64 = 10;
/// How long it may take in all, on a machine that is busy with other things.
const WITHIN: Duration = Duration::from_secs(40);

/// What became of the process says nothing of the file.
const UNJUDGED: u8 = 1;
/// The exit code of the first verdict. None of them is one with which a program ends that fails.
const FIRST: u8 = 32;
/// Every verdict on a file that looks like one of the kinds, in the order of its exit code.
const VERDICTS: [Verdict; 10] = [
    Ok(UploadKind::Pdf),
    Ok(UploadKind::Jpeg),
    Ok(UploadKind::Png),
    Err(pdf::BROKEN),
    Err(pdf::ENCRYPTED),
    Err(pdf::ACTIVE),
    Err(pdf::CARRIES),
    Err(pdf::TOO_MUCH),
    Err(picture::BROKEN),
    Err(picture::TOO_LARGE),
];

/// What the system sends to a process that exceeds its limits or breaks off. Others, as the one that nobody can refuse, come from
/// whoever stops it.
const BREAKS: [Signal; 6] = [Signal::ABORT, Signal::BUS, Signal::FPE, Signal::ILL, Signal::SEGV, Signal::XCPU];
const UNREADABLE: &str =
    "ファイルを読み取れません。壊れているか、複雑すぎます。元のファイルを確かめて、保存し直してください。";

/// How the program is called that judges its input ([`judge_input`]); without one, every file is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judge {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Judge {
    /// The program that runs, also after its file was replaced by another one.
    ///
    /// # Errors
    /// When the system does not tell where it lies.
    pub fn this_program(arguments: &[&str]) -> io::Result<Self> {
        let running = PathBuf::from("/proc/self/exe");
        let program = if running.exists() { running } else { std::env::current_exe()? };
        Ok(Self { program, arguments: arguments.iter().map(ToString::to_string).collect() })
    }

    /// What a file is; the reason when there is no verdict.
    pub(super) async fn verdict(&self, file: File) -> Result<Verdict, String> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        match timeout(WITHIN, child.wait()).await {
            Ok(ended) => told(ended.map_err(|error| error.to_string())?),
            Err(_) => Err(format!("it did not end within {} seconds", WITHIN.as_secs())),
        }
    }
}

/// The verdict in how the process ended.
fn told(ended: ExitStatus) -> Result<Verdict, String> {
    let place = ended.code().and_then(|code| usize::try_from(code).ok()?.checked_sub(FIRST.into()));
    if let Some(verdict) = place.and_then(|place| VERDICTS.get(place)) {
        return Ok(*verdict);
    }
    let broke = ended.signal().is_some_and(|signal| BREAKS.iter().any(|one| one.as_raw() == signal));
    if broke { Ok(Err(UNREADABLE)) } else { Err(format!("it ended without a verdict: {ended}")) }
}

/// Judges the file on the standard input, and gives the exit code with which the process must end at once. It does nothing else:
/// it takes limits upon itself that hold until its end.
pub fn judge_input() -> u8 {
    let whole = limit().and_then(|()| {
        let mut bytes = vec![];
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let Ok(bytes) = whole else { return UNJUDGED };
    // A reader that gives up on what it never met is no fault of the person.
    let verdict = catch_unwind(|| judged(&bytes)).unwrap_or(Err(UNREADABLE));
    let place = VERDICTS.iter().position(|one| *one == verdict).and_then(|place| u8::try_from(place).ok());
    place.map_or(UNJUDGED, |place| FIRST + place)
}

/// Memory, time to compute, and no octet to any file, not even of its own remains.
fn limit() -> io::Result<()> {
    // Should the machine run out of memory all the same, this is the process that is not missed.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    for (resource, most, end) in [
        (Resource::As, MEMORY, MEMORY),
        // It is told before it is killed, so that it can be known why it ended.
        (Resource::Cpu, SECONDS, SECONDS + 2),
        (Resource::Core, 0, 0),
        (Resource::Fsize, 0, 0),
    ] {
        let held = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        setrlimit(resource, Rlimit { current: Some(most.min(held)), maximum: Some(end.min(held)) })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a process ends that is told so by a shell.
    fn ended(words: &str) -> ExitStatus {
        std::process::Command::new("sh").args(["-c", words]).stderr(Stdio::null()).status().unwrap()
    }

    #[test]
    fn a_verdict_is_an_exit_code_of_its_own_and_a_broken_process_is_no_verdict_in_favour() {
        for (code, verdict) in (FIRST..).zip(VERDICTS) {
            assert_eq!(told(ended(&format!("exit {code}"))), Ok(verdict));
        }
        for broken in ["ABRT", "SEGV", "XCPU"] {
            assert_eq!(told(ended(&format!("ulimit -c 0; kill -{broken} $$"))), Ok(Err(UNREADABLE)), "{broken}");
        }
        for unjudged in ["exit 0", "exit 1", "exit 31", "exit 42", "exit 101", "exit 127", "kill -KILL $$", "kill $$"] {
            assert!(told(ended(unjudged)).is_err(), "{unjudged}");
        }
    }

    #[tokio::test]
    async fn without_a_program_there_is_no_verdict() {
        for program in ["", "/nowhere/madoguchi"] {
            let judge = Judge { program: program.into(), arguments: vec![] };
            assert!(judge.verdict(File::open("/dev/null").unwrap()).await.is_err(), "{program}");
        }
    }
}

//! The import of a published list of institutions, at the command line as an operator does it.

use std::{
    fs::File,
    io::{BufWriter, Read, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use domain::institutions::{Prefecture, ScoreTable, check_digit_for};
use serde_json::Value;

use crate::{
    Bench,
    machine::{instant, memory, seconds_since},
    report::Report,
};

/// Rows of the list: as many as the medical institutions of the country in one score table.
pub(crate) const ROWS: usize = 97_000;

/// One row: the nine-digit code without the score table, the number in groups, and the ten-digit code.
pub(crate) struct Row {
    /// Prefecture.
    pub(crate) prefecture: Prefecture,
    /// Six digits before the check digit.
    six: String,
    digit: char,
}

impl Row {
    /// The ten-digit code.
    pub(crate) fn code(&self) -> String {
        format!("{}1{}{}", self.prefecture.code(), self.six, self.digit)
    }
}

/// The made-up rows, spread over all prefectures.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let prefectures: Vec<Prefecture> = Prefecture::all().collect();
    (0..ROWS).filter_map(move |number| {
        let prefecture = *prefectures.get(number % prefectures.len())?;
        let six = format!("{:06}", number / prefectures.len() + 100_000);
        let digit = check_digit_for(prefecture, ScoreTable::Medical, &six)?;
        Some(Row { prefecture, six, digit })
    })
}

fn write(path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for (number, row) in rows().enumerate() {
        let Row { prefecture, six, digit } = row;
        let code = prefecture.code();
        writeln!(
            file,
            "{code}{six}{digit},{six}{digit},医療法人社団　青葉会　第{number}診療所,{number:07},{prefecture}青葉市本町{number}番地"
        )?;
    }
    Ok(file.flush()?)
}

/// Imports the list twice; the second time changes nothing.
pub(crate) fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let list = bench.folder.path().join("list.csv");
    write(&list)?;
    let (seconds, peak, summary) = import(bench, &list)?;
    report.below(&format!("Import of {ROWS} institutions"), seconds, 10.0, "s");
    report.below("Memory of the import, peak", peak, 200.0, "MiB");
    let expected = rows().count() as u64;
    anyhow::ensure!(summary["created"].as_u64() == Some(expected), "not all rows were created: {summary}");
    let (seconds, _, summary) = import(bench, &list)?;
    report.below("The same list again", seconds, 10.0, "s");
    anyhow::ensure!(summary["unchanged"].as_u64() == Some(expected), "the second import changed something: {summary}");
    Ok(())
}

fn import(bench: &Bench, list: &Path) -> anyhow::Result<(f64, f64, Value)> {
    let begun = instant();
    let mut child = Command::new(&bench.program)
        .args(["import", "institutions", "--json", "--score-table", "1", "--data-dir"])
        .arg(bench.data())
        .arg(list)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = peak.max(memory(child.id(), "VmHWM").unwrap_or(0.0));
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let seconds = seconds_since(begun);
    anyhow::ensure!(status.success(), "the import ended with {status}");
    let mut printed = String::new();
    child.stdout.take().context("no output")?.read_to_string(&mut printed)?;
    Ok((seconds, peak, serde_json::from_str(&printed)?))
}

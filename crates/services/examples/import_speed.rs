//! Measures the import of the register: `cargo run --release -p madoguchi-services --example import_speed [FILE]`.
//!
//! Without a file it makes 100,000 rows in the published layout. The file is imported twice into an empty SQLite
//! database; printed are the figures, rows per second and the highest memory use of the process (Linux).

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is the house of the tests")]
mod support;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use domain::institutions::{Prefecture, ScoreTable, check_digit_for};
use services::{
    Ctx,
    institutions::import::{Options, Outcome, run},
};

/// Rows that are made; with 47 prefectures this is not a multiple, so that the last ones are uneven.
const ROWS: usize = 100_000;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let folder = tempfile::TempDir::new()?;
    let path = match std::env::args().nth(1) {
        Some(path) => PathBuf::from(path),
        None => made(folder.path())?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(support::on_sqlite(async |house: &support::House| {
        for _ in 0..2 {
            if let Err(error) = import(&Ctx::system(&house.app, "import_speed"), &path).await {
                println!("{error}");
            }
        }
    }));
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown"));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example that measures needs the real clock")]
async fn import(ctx: &Ctx<'_>, path: &Path) -> Result<()> {
    let options = Options { score_table: Some(ScoreTable::Medical), ..Options::default() };
    let begun = Instant::now();
    match run(ctx, File::open(path)?, options).await? {
        Outcome::Refused(fault) => println!("{fault}"),
        Outcome::Done(imported) => {
            let seconds = begun.elapsed().as_secs_f64();
            let (figures, rows) = (serde_json::to_string(&imported.summary)?, imported.summary.rows);
            println!("{figures}\n{seconds:.2} s, {:.0} rows/s", rows as f64 / seconds);
        }
    }
    Ok(())
}

/// Writes a made-up list in the published layout.
fn made(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("list.csv");
    let mut file = BufWriter::new(File::create(&path)?);
    let prefectures: Vec<Prefecture> = Prefecture::all().collect();
    for row in 0..ROWS {
        let (prefecture, six) =
            (prefectures[row % prefectures.len()], format!("{:06}", row / prefectures.len() + 100_000));
        let Some(digit) = check_digit_for(prefecture, ScoreTable::Medical, &six) else { continue };
        let code = prefecture.code();
        writeln!(
            file,
            "{code}{six}{digit},{six}{digit},医療法人社団　青葉会　第{row}診療所,{:07},{prefecture}青葉市本町{row}番地",
            row % 10_000_000
        )?;
    }
    file.flush()?;
    Ok(path)
}

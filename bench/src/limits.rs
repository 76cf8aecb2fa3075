//! What the machine gives at most: the limits beside which the figures stand.

use std::{io::Write, time::Duration};

use crate::{
    Bench,
    machine::{instant, seconds_since},
    report::Report,
};

const LENGTH: Duration = Duration::from_secs(2);

/// Durable writes of the disk.
pub(crate) fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let mut file = std::fs::File::create(bench.folder.path().join("limit"))?;
    let page = [7_u8; 4_096];
    let (begun, mut count) = (instant(), 0_u32);
    while begun.elapsed() < LENGTH {
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    report.probe(
        "Durable writes of 4 KiB to the disk, one after another",
        format!("{:.0} /s", f64::from(count) / seconds_since(begun)),
    );
    Ok(())
}

//! Whether the machine's clock can be believed, asked before anything is signed (ADR 0020).
//!
//! A clock that went back gives certificates that begin before others and lists older than those they replace. One that
//! leapt forward gives lists and answers that nobody else takes for valid, and moves what is newest into the future. Both are
//! refused with the reason, once in the log; what was signed before is served meanwhile, and revoking goes on.

use std::sync::Mutex;

use domain::clock::Timestamp;
use storage::{Db, authority as rows, boxed};
use time::Duration;

use crate::{App, Error, Result};

/// How far the clock may stand before the newest record: more than the clocks of nodes differ and more than a running clock
/// is set back by its time server, less than matters for the begin of a certificate.
const BACK: Duration = Duration::minutes(5);
/// How far the clock may run ahead of the time that passed: more than a pause of a virtual machine, no more than the
/// smallest mistake with a time zone.
const AHEAD: Duration = Duration::hours(1);
/// How long what the register said is believed; other nodes write there, too.
const KNOWN: Duration = Duration::minutes(1);

/// What this process knows of the time.
#[derive(Debug, Default)]
pub(crate) struct Timekeeper {
    known: Mutex<Known>,
    off: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// When the clock was first believed, and how long the process had been running then.
    anchor: Option<(Timestamp, Duration)>,
    /// The newest instant at which something was signed, as far as is known.
    newest: Option<Timestamp>,
    /// When the register was last asked.
    asked: Option<Timestamp>,
    /// Whether the log was told of a doubt.
    doubted: bool,
}

impl Known {
    /// Why the clock is not believed; none when it is, and then that is remembered.
    fn judge(&mut self, now: Timestamp, steady: Option<Duration>) -> Result<(), String> {
        behind(now, self.newest)?;
        if let (Some((at, then)), Some(steady)) = (self.anchor, steady) {
            let leapt = now - (at + (steady - then));
            if leapt > AHEAD {
                return Err(format!(
                    "it leapt forward by {} to {}; correct it, or restart this process if it is right now",
                    whole(leapt),
                    now.in_japan()
                ));
            }
        }
        self.anchor = self.anchor.or(steady.map(|steady| (now, steady)));
        self.newest = self.newest.max(Some(now));
        Ok(())
    }

    /// Whether the register must be asked again.
    fn is_old(&self, now: Timestamp) -> bool {
        self.asked.is_none_or(|asked| (now - asked).abs() >= KNOWN)
    }
}

fn behind(now: Timestamp, newest: Option<Timestamp>) -> Result<(), String> {
    match newest.filter(|newest| *newest > now + BACK) {
        None => Ok(()),
        Some(newest) => Err(format!(
            "it stands at {}, {} before the newest record; correct it",
            now.in_japan(),
            whole(newest - now)
        )),
    }
}

/// A span in the largest unit that says enough.
fn whole(span: Duration) -> String {
    match (span.whole_days(), span.whole_hours()) {
        (0, 0 | 1) => format!("{} minutes", span.whole_minutes()),
        (0 | 1, hours) => format!("{hours} hours"),
        (days, _) => format!("{days} days"),
    }
}

impl Timekeeper {
    /// One that believes everything: for an installation whose clock is set by purpose, such as the past of the demo.
    pub(crate) fn off() -> Self {
        Self { off: true, ..Self::default() }
    }

    fn known<T>(&self, ask: impl FnOnce(&mut Known) -> T) -> Result<T> {
        self.known.lock().map(|mut known| ask(&mut known)).map_err(|_| Error::internal("the timekeeper broke"))
    }
}

/// Goes on only while the clock can be believed.
///
/// # Errors
/// [`Error::ClockInDoubt`] when it cannot. When the database cannot be read.
#[boxed]
pub(super) async fn believed(app: &App, now: Timestamp) -> Result<()> {
    let keeper = &app.timekeeper;
    if keeper.off {
        return Ok(());
    }
    if keeper.known(|known| known.is_old(now))? {
        let newest = newest(&app.db).await?;
        keeper.known(|known| (known.newest, known.asked) = (known.newest.max(newest), Some(now)))?;
    }
    let steady = app.clock.steady();
    let (doubt, before) = keeper.known(|known| {
        let doubt = known.judge(now, steady).err();
        (doubt.clone(), std::mem::replace(&mut known.doubted, doubt.is_some()))
    })?;
    match (doubt, before) {
        (None, false) => Ok(()),
        (None, true) => {
            tracing::info!("the clock is believed again; signing goes on");
            Ok(())
        }
        (Some(why), before) => {
            if !before {
                tracing::error!(why, "the machine's clock cannot be right: nothing is signed until it is");
            }
            Err(Error::ClockInDoubt(why))
        }
    }
}

/// Goes on only if nothing newer than now is on record: for what is signed before there is an [`App`].
///
/// # Errors
/// As [`believed`].
#[boxed]
pub(super) async fn not_behind(db: &Db, now: Timestamp) -> Result<()> {
    behind(now, newest(db).await?).map_err(|why| {
        tracing::error!(why, "the machine's clock cannot be right: nothing is signed until it is");
        Error::ClockInDoubt(why)
    })
}

/// When the newest certificate or list was recorded.
async fn newest(db: &Db) -> Result<Option<Timestamp>> {
    let mut conn = db.read().await?;
    let list = rows::newest_list(&mut conn).await?;
    Ok(rows::newest_record(&mut conn).await?.max(Some(list)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn at(known: &mut Known, wall: Duration, steady: Duration) -> Result<(), String> {
        known.judge(NOON + wall, Some(steady))
    }

    #[test]
    fn a_clock_that_runs_with_the_time_is_believed() {
        let mut known = Known::default();
        for hour in 0..2_000 {
            let passed = Duration::hours(hour);
            assert_eq!(at(&mut known, passed + Duration::milliseconds(hour % 7), passed), Ok(()));
        }
    }

    #[test]
    fn five_minutes_back_are_forgiven_and_more_is_not_until_it_has_caught_up() {
        let mut known = Known::default();
        let second = Duration::SECOND;
        assert_eq!(at(&mut known, Duration::hours(3), second), Ok(()));
        assert_eq!(at(&mut known, Duration::hours(3) - BACK, second * 2), Ok(()));
        let why = at(&mut known, Duration::ZERO, second * 3).unwrap_err();
        assert!(why.contains("3 hours before the newest record"), "{why}");
        assert_eq!(at(&mut known, Duration::hours(3), second * 4), Ok(()), "it was put right");
    }

    #[test]
    fn a_leap_of_more_than_an_hour_is_refused_in_one_step_and_in_several() {
        let mut known = Known::default();
        assert_eq!(at(&mut known, Duration::ZERO, Duration::ZERO), Ok(()));
        for minutes in [20, 40, 60] {
            assert_eq!(at(&mut known, Duration::minutes(minutes), Duration::SECOND), Ok(()), "{minutes}");
        }
        let why = at(&mut known, Duration::minutes(80), Duration::SECOND).unwrap_err();
        assert!(why.contains("leapt forward by 79 minutes") && why.contains("restart this process"), "{why}");
        assert!(at(&mut known, Duration::minutes(20), Duration::SECOND).unwrap_err().contains("before"));
        assert_eq!(at(&mut known, Duration::minutes(60), Duration::SECOND), Ok(()), "it was put right");
    }

    #[test]
    fn a_machine_that_starts_in_the_past_is_put_right_without_a_restart() {
        let mut known = Known { newest: Some(NOON), ..Known::default() };
        assert!(at(&mut known, -Duration::days(300), Duration::ZERO).unwrap_err().contains("300 days before"));
        assert_eq!(at(&mut known, Duration::minutes(1), Duration::SECOND), Ok(()), "that is no leap");
    }

    #[test]
    fn without_a_steady_clock_only_the_record_counts() {
        let mut known = Known::default();
        assert_eq!(known.judge(NOON, None), Ok(()));
        assert_eq!(known.judge(NOON + Duration::days(400), None), Ok(()));
        assert!(known.judge(NOON, None).is_err());
    }
}

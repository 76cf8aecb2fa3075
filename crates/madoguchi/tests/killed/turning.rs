//! Kills at the turning points of a deed, one after another, until each of its steps was hit (`fault.c` says what a turning
//! point is).

use std::{
    collections::BTreeMap,
    ops::Range,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::scope,
};

/// A killed process holds the lease for lists for a minute, so it lives two minutes in the past.
pub(crate) const PAST: &str = "clock -120";
/// How many installations are tried at a time.
const HANDS: usize = 2;
/// How often a step that no kill fell into is looked for once more.
const LOOKS: usize = 8;
/// How far a step wanders: jobs of the demo come between the deeds, sooner in one run and later in another.
const WANDERS: usize = 3;

/// At which turning points the process stopped in each step.
type Reached = BTreeMap<String, Vec<usize>>;

/// Lets the deed run in a folder into its N-th turning point and judges what the next start makes of it; gives the step at which
/// it stopped, or none when it was done before.
pub(crate) type Stopped<'a> = dyn Fn(&Path, usize) -> Option<String> + Sync + 'a;

/// Kills at turning points, some at a time, until they are used up or one lies behind the deeds; that one is given.
fn kill_at(folder: &Path, stopped_at: &Stopped<'_>, points: Range<usize>, reached: &Mutex<Reached>) -> Option<usize> {
    let (next, end) = (AtomicUsize::new(points.start), AtomicUsize::new(points.end));
    scope(|hands| {
        for _ in 0..HANDS {
            hands.spawn(|| {
                loop {
                    let point = next.fetch_add(1, Ordering::SeqCst);
                    if point >= end.load(Ordering::SeqCst) {
                        return;
                    }
                    let own = tempfile::TempDir::new_in(folder).unwrap();
                    match stopped_at(own.path(), point) {
                        Some(step) => reached.lock().unwrap().entry(step).or_default().push(point),
                        None => drop(end.fetch_min(point, Ordering::SeqCst)),
                    }
                }
            });
        }
    });
    let end = end.into_inner();
    (end < points.end).then_some(end)
}

/// The turning points between the steps before and behind one that was missed, and a few more on both sides; behind the last step
/// lies everything else.
fn around(steps: &[&str], missed: usize, reached: &Reached) -> Range<usize> {
    let points = |step: &&str| reached.get(*step).into_iter().flatten().copied();
    let before = steps[..missed].iter().flat_map(points).max().unwrap_or(1);
    let all = reached.values().flatten().copied();
    let behind = steps[missed..].iter().flat_map(points).min().or(all.max()).unwrap_or(before);
    let (first, last) = (before.min(behind), before.max(behind));
    first.saturating_sub(WANDERS).max(1)..last + WANDERS + 1
}

/// Kills a deed at each of its turning points, and looks once more for steps, in their order, that no kill fell into: when they
/// come depends on what the process does besides.
pub(crate) fn at_each_step(folder: &Path, steps: &[&str], stopped_at: &Stopped<'_>) {
    let reached = Mutex::new(Reached::new());
    let end = kill_at(folder, stopped_at, 1..usize::MAX, &reached).unwrap();
    for _ in 0..LOOKS {
        let missed = {
            let reached = reached.lock().unwrap();
            let missed = steps.iter().position(|step| !reached.contains_key(*step));
            missed.map(|missed| around(steps, missed, &reached))
        };
        let Some(points) = missed else { break };
        kill_at(folder, stopped_at, points, &reached);
    }
    let reached = reached.into_inner().unwrap();
    println!("{} turning points: {reached:#?}", end - 1);
    for step in steps {
        assert!(reached.contains_key(*step), "nothing stopped at {step:?}: {reached:#?}");
    }
}

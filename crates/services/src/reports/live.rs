//! What stands at this moment: open cases and their ages, letters on their way, and the days whose figures are not made yet.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    applications::{Kind, State},
    clock::Timestamp,
    permissions::Permission,
};
use storage::{Conn, boxed, reports as stored, reports::Figure};
use time::{Date, Duration};

use super::days::{count, until};
use crate::{Ctx, Result};

/// Days whose figures are counted when somebody looks, at most: today, and yesterday until its figures are made.
const DAYS: i64 = 2;
/// Letters that were posted longer ago are not on their way any more, whatever nobody noted.
const LONGEST_WAY: Duration = Duration::days(60);
const DAY: i64 = 86_400;

/// What stands at this moment.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Open cases by procedure, state and age in business days.
    pub open: Vec<(Kind, State, i64, i64)>,
    /// Letters on their way by age in business days.
    pub letters: Vec<(i64, i64)>,
    /// Figures of days that are not made yet, oldest first.
    pub days: Vec<(Date, Vec<Figure>)>,
    /// The last day whose figures were made.
    pub until: Option<Date>,
}

impl Live {
    /// Number of open cases that a condition lets through.
    pub fn count(&self, condition: impl Fn(Kind, State) -> bool) -> i64 {
        self.open.iter().filter(|(kind, state, _, _)| condition(*kind, *state)).map(|(_, _, _, count)| count).sum()
    }

    /// A figure of today.
    pub fn today(&self, condition: impl Fn(&Figure) -> bool) -> i64 {
        let Some((_, figures)) = self.days.last() else { return 0 };
        figures.iter().filter(|one| condition(one)).map(|one| one.figure).sum()
    }
}

fn date_of(day: i64) -> Date {
    // Noon in UTC lies on the same day in Japan.
    Timestamp::from_millis((day * DAY + DAY / 4) * 1_000).date()
}

/// What stands now, at most ten seconds old.
pub(super) async fn live(ctx: &Ctx<'_>) -> Result<Arc<Live>> {
    if let Some(known) = ctx.app.live.get(ctx.now) {
        return Ok(known);
    }
    let mut conn = ctx.app.db.read().await?;
    let fresh = look(ctx, &mut conn).await?;
    Ok(ctx.app.live.keep(ctx.now, fresh))
}

async fn look(ctx: &Ctx<'_>, conn: &mut Conn) -> Result<Live> {
    let (today, holidays) = (ctx.now.date(), ctx.app.holidays());
    let mut open = vec![];
    for kind in Kind::ALL {
        for state in State::UNDER_WAY {
            let mut by_age: BTreeMap<i64, i64> = BTreeMap::new();
            for (day, cases) in stored::open(conn, kind.as_str(), state.as_str()).await? {
                *by_age.entry(holidays.business_days_between(date_of(day), today).max(0)).or_default() += cases;
            }
            open.extend(by_age.into_iter().map(|(age, cases)| (*kind, *state, age, cases)));
        }
    }
    let mut by_age: BTreeMap<i64, i64> = BTreeMap::new();
    for (day, letters) in stored::on_their_way(conn, ctx.now - LONGEST_WAY).await? {
        *by_age.entry(holidays.business_days_between(date_of(day), today).max(0)).or_default() += letters;
    }
    let until = until(conn).await?;
    let first = until.map_or(today, |until| until + Duration::DAY).max(today - Duration::days(DAYS - 1));
    let mut days = vec![];
    let mut day = first;
    while day <= today {
        days.push((day, count(ctx.app, conn, day).await?.figures(&day.to_string())));
        day += Duration::DAY;
    }
    Ok(Live { open, letters: by_age.into_iter().collect(), days, until })
}

/// The big figures for a wall; nothing in it tells of a person.
#[derive(Clone, Debug)]
pub struct Wall {
    /// When it was looked at.
    pub at: Timestamp,
    /// Words, figure and unit; and whether it asks for attention.
    pub figures: Vec<(String, i64, &'static str, bool)>,
}

/// What a wall shows.
///
/// # Errors
/// [`crate::Error::Forbidden`] without the permission.
#[boxed]
pub async fn wall(ctx: &Ctx<'_>) -> Result<Wall> {
    ctx.permit(Permission::ReadReports)?;
    let live = live(ctx).await?;
    let target = i64::from(ctx.app.rules().review_days);
    let waits = |kind: Kind| live.count(|found, state| found == kind && state.is_open_for_review());
    let mut figures: Vec<(String, i64, &'static str, bool)> = Kind::JOURNEY
        .iter()
        .map(|kind| (format!("{}（審査待ち・審査中）", kind.label()), waits(*kind), "件", false))
        .collect();
    let others = Kind::ALL.iter().filter(|kind| !Kind::JOURNEY.contains(kind)).map(|kind| waits(*kind)).sum();
    figures.push(("そのほかの手続（審査待ち・審査中）".to_owned(), others, "件", false));
    let late = live.open.iter().filter(|(_, state, age, _)| state.is_open_for_review() && *age > target);
    let late: i64 = late.map(|(_, _, _, cases)| cases).sum();
    let oldest =
        live.open.iter().filter(|(_, state, _, _)| state.is_open_for_review()).map(|(_, _, age, _)| *age).max();
    let today = |what: &str, part: &str| live.today(|one| one.what == what && (part.is_empty() || one.part == part));
    let mut conn = ctx.app.db.read().await?;
    let to_print = storage::letters::count_in_state(&mut conn, "to_print").await?;
    let to_post = storage::letters::count_in_state(&mut conn, "printed").await?;
    let on_their_way: i64 = live.letters.iter().map(|(_, letters)| letters).sum();
    figures.extend([
        (format!("目安（{target}営業日）を過ぎた申請"), late, "件", late > 0),
        ("いちばん長く待っている申請".to_owned(), oldest.unwrap_or(0), "営業日", oldest.unwrap_or(0) > target),
        ("今日届いた申請".to_owned(), today(super::ARRIVED, ""), "件", false),
        ("今日承認した申請".to_owned(), today(super::DECIDED, "accept"), "件", false),
        ("印刷待ちの通知書".to_owned(), to_print, "通", false),
        ("発送待ちの通知書".to_owned(), to_post, "通", false),
        ("配達中の通知書".to_owned(), on_their_way, "通", false),
    ]);
    Ok(Wall { at: ctx.now, figures })
}

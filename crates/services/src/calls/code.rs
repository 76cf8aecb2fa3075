//! The six digits that a caller speaks: of one person at one institution, derived and never stored, another each half day.

use domain::{
    clock::Timestamp,
    ids::{AccountId, InstitutionId},
};
use time::Duration;

use crate::{App, Ctx, Result, secrets::same};

/// How long the same digits are shown.
const PERIOD: Duration = Duration::hours(12);
/// Length.
pub const DIGITS: usize = 6;

/// One's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenCode {
    /// Six digits.
    pub digits: String,
    /// Until when this page shows them; they are accepted a little longer.
    pub until: Timestamp,
}

/// The digits with which the person who is logged in shows on the telephone who they are and for whom they act.
///
/// # Errors
/// [`crate::Error::LoginRequired`] for visitors, [`crate::Error::Forbidden`] without an active membership.
pub fn own_code(ctx: &Ctx<'_>) -> Result<SpokenCode> {
    let (account, institution) = (ctx.account()?, ctx.institution()?);
    let period = period(ctx.now);
    let digits = digits(ctx.app, account, institution, period);
    Ok(SpokenCode { digits, until: begin(period + 1) })
}

/// Periods since 1970 in Japan: they change at midnight and at noon.
fn period(now: Timestamp) -> i64 {
    (now + Duration::hours(9)).as_millis().div_euclid(millis(PERIOD))
}

fn begin(period: i64) -> Timestamp {
    Timestamp::from_millis(period * millis(PERIOD)) - Duration::hours(9)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.whole_milliseconds()).unwrap_or(i64::MAX)
}

fn digits(app: &App, account: AccountId, institution: InstitutionId, period: i64) -> String {
    let parts: [&[u8]; 3] = [account.0.as_bytes(), institution.0.as_bytes(), &period.to_be_bytes()];
    let derived = app.vault.derive("call.code", &parts);
    // 64 bits over a million leave no bias that anybody could use.
    let number = derived.iter().take(8).fold(0_u64, |number, octet| number << 8 | u64::from(*octet)) % 1_000_000;
    format!("{number:06}")
}

/// Whose code was spoken, among the members of an institution: that of this half day or of the one before, so that a code
/// read at noon still counts. All are compared, in the same time.
pub(super) fn speaker(
    ctx: &Ctx<'_>,
    institution: InstitutionId,
    members: &[AccountId],
    spoken: &str,
) -> Option<AccountId> {
    let now = period(ctx.now);
    let mut found = None;
    for account in members {
        for period in [now, now - 1] {
            if same(&digits(ctx.app, *account, institution, period), spoken) {
                found = Some(*account);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_period_begins_at_midnight_and_at_noon_in_japan() {
        let midnight = Timestamp::start_of_day(date!(2026 - 05 - 20));
        let noon = midnight + Duration::hours(12);
        assert_eq!(period(midnight), period(noon - Duration::MILLISECOND));
        assert_eq!(period(noon), period(midnight) + 1);
        assert_eq!((begin(period(midnight)), begin(period(noon))), (midnight, noon));
    }
}

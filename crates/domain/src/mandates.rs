//! 委任: an institution lets a system vendor prepare its applications; the vendor never confirms them (spec 1.2).

use time::{Date, Duration};

use crate::applications::Kind;
use crate::clock::Timestamp;
use crate::terminals::name_key;
use crate::words::words;

/// Days for which a mandate is given at most, and unless somebody wishes less.
pub const LONGEST_DAYS: i64 = 365;
/// Days before its end on which both sides are told.
pub const WARNED_DAYS: i64 = 14;
/// Longest name of a company in characters.
pub const LONGEST_COMPANY: usize = 60;
/// A name of fewer characters is in too many others to say anything.
const SHORTEST_NAME: usize = 2;

words! {
    /// Who ended a mandate.
    HowEnded {
        /// An owner of the institution.
        Owner = "owner", "医療機関等が委任を終えました";
        /// The vendor gave it back.
        Vendor = "vendor", "システムベンダが委任を辞退しました";
        /// Its day has passed.
        Clock = "clock", "期限が過ぎました";
    }
}

words! {
    /// What happened to a mandate.
    Act {
        /// An owner gave it.
        Give = "give", "委任しました";
        /// The vendor accepted it.
        Accept = "accept", "委任を受けました";
        /// An owner set another last day.
        Prolong = "prolong", "期限を変えました";
        /// The vendor began an application.
        Begin = "begin", "申請の準備をはじめました";
        /// The vendor asked the institution to confirm an application.
        Ask = "ask", "確認を依頼しました";
        /// An owner ended it.
        End = "end", "委任を終えました";
        /// The vendor gave it back.
        GiveBack = "give_back", "委任を辞退しました";
        /// Its day has passed.
        Expire = "expire", "期限が過ぎ、委任が終わりました";
    }
}

words! {
    /// How a mandate stands.
    Standing {
        /// The vendor has not accepted it yet.
        Offered = "offered", "受け取り待ち";
        /// The vendor may prepare.
        InForce = "in_force", "委任中";
        /// It is over.
        Ended = "ended", "終了";
    }
}

impl Standing {
    /// How a mandate stands at an instant. Its last instant is over by itself, whatever was noted until then.
    pub fn of(accepted: bool, ended: bool, ends_at: Timestamp, now: Timestamp) -> Self {
        match (ended || ends_at <= now, accepted) {
            (true, _) => Self::Ended,
            (false, true) => Self::InForce,
            (false, false) => Self::Offered,
        }
    }
}

/// The procedures that a vendor may prepare: what only owners file concerns the institution as a whole.
pub fn preparable() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| !kind.procedure().is_for_owners())
}

/// The last day that a mandate may have.
pub fn latest_day(today: Date) -> Date {
    today + Duration::days(LONGEST_DAYS)
}

/// Whether a mandate may end on a day.
pub fn may_end_on(day: Date, today: Date) -> bool {
    (today..=latest_day(today)).contains(&day)
}

/// Who holds a mandate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Name of the company.
    pub company: String,
    /// Name of the person.
    pub person: String,
}

/// Whether a text holds the name of a person who holds a mandate, however it is written.
pub fn names_holder(text: &str, holders: &[Holder]) -> bool {
    let text = name_key(text);
    let names = holders.iter().map(|holder| name_key(&holder.person));
    names.filter(|name| name.chars().count() >= SHORTEST_NAME).any(|name| text.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_mandate_ends_by_itself_and_lasts_a_year_at_most() {
        let (end, day) = (Timestamp::end_of_day(date!(2026 - 05 - 31)), Duration::DAY);
        assert_eq!(Standing::of(true, false, end, end - day), Standing::InForce);
        assert_eq!(Standing::of(false, false, end, end - day), Standing::Offered);
        assert_eq!(Standing::of(true, false, end, end + day), Standing::Ended, "nobody had to note it");
        assert_eq!(Standing::of(true, true, end, end - day), Standing::Ended);
        let today = date!(2026 - 05 - 31);
        assert!(may_end_on(today, today) && may_end_on(date!(2027 - 05 - 31), today));
        assert!(!may_end_on(date!(2027 - 06 - 01), today) && !may_end_on(date!(2026 - 05 - 30), today));
    }

    #[test]
    fn what_only_owners_file_is_not_prepared() {
        assert!(preparable().any(|kind| kind == Kind::Certificate));
        assert!(preparable().all(|kind| !kind.procedure().is_for_owners()));
    }

    #[test]
    fn a_holder_is_known_by_name_however_it_is_written() {
        let holders = [Holder { company: "みなと".to_owned(), person: "佐々木　健".to_owned() }];
        assert!(names_holder("事務部 佐々木健", &holders));
        assert!(names_holder("佐々木 健", &holders));
        assert!(!names_holder("佐々木 花子", &holders));
        assert!(!names_holder("事務部", &[Holder::default()]));
    }
}

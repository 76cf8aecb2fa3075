//! 廃止・休止・再開: what ends on the day, and in which order (spec 6.1).

use time::Date;

use crate::clock::Timestamp;
use crate::text::thousands;
use crate::words::words;

/// The day may lie so many days back when it is filed: a closing is often filed after it.
pub const PAST_DAYS: i64 = 30;
/// The day may lie so many days ahead when it is filed.
pub const AHEAD_DAYS: i64 = 365;

words! {
    /// What an institution does.
    Deed {
        /// It closes for good.
        Abolish = "abolish", "廃止";
        /// It rests for some time.
        Suspend = "suspend", "休止";
        /// It goes on after a rest.
        Resume = "resume", "再開";
    }
}

words! {
    /// One of the things that end on the day.
    Step {
        /// Valid certificates are revoked.
        Certificates = "certificates", "端末の電子証明書の失効";
        /// Letters by which certificates could be fetched die.
        Letters = "letters", "届いていない電子証明書発行通知書の無効化";
        /// Drafts are removed.
        Drafts = "drafts", "下書きの削除";
        /// Cases that wait for a decision are taken back.
        UnderWay = "under_way", "審査中の申請・届出の取下げ";
        /// What was accepted ends.
        Filings = "filings", "受付済みの申請・届出の終了";
        /// What is owed stays owed.
        Bills = "bills", "未払いの請求の確認（支払いは残ります）";
        /// The calendar and permissions for renewals end.
        Subscriptions = "subscriptions", "端末のカレンダーと自動の更新の終了";
        /// The register says how the institution stands.
        Register = "register", "台帳の状態の変更";
    }
}

/// Why nothing begins at an institution any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// It closed for good.
    Closed,
    /// Another code took its place, and the term of its certificates is over.
    Succeeded,
}

impl Over {
    /// In a sentence, for whoever wants to begin something.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Closed => "この医療機関等は、廃止の手続が終わっているため、新しく申請できません。",
            Self::Succeeded => {
                "この医療機関等コードは、承継により終わりました。新しいコードの医療機関等に切り替えて、申請してください。"
            }
        }
    }

    /// How the institution stands, in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "廃止",
            Self::Succeeded => "承継により終了",
        }
    }
}

/// What happens on the day, in order.
pub const fn steps(deed: Deed, revokes: bool) -> &'static [Step] {
    match (deed, revokes) {
        (Deed::Abolish, _) => &[
            Step::Certificates,
            Step::Letters,
            Step::Drafts,
            Step::UnderWay,
            Step::Filings,
            Step::Bills,
            Step::Subscriptions,
            Step::Register,
        ],
        (Deed::Suspend, true) => &[Step::Certificates, Step::Letters, Step::Bills, Step::Register],
        (Deed::Suspend, false) => &[Step::Bills, Step::Register],
        (Deed::Resume, _) => &[Step::Register],
    }
}

/// When the steps begin: at midnight of the day in Japan.
pub fn begins_at(day: Date) -> Timestamp {
    Timestamp::start_of_day(day)
}

/// What an institution has that would end, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Names of terminals with a certificate that works or can still be renewed, one for each certificate.
    pub terminals: Vec<String>,
    /// Cases whose certificate was approved and not fetched yet.
    pub letters: usize,
    /// Names of procedures with a draft.
    pub drafts: Vec<String>,
    /// Cases that wait for a decision: procedure and reference number.
    pub under_way: Vec<String>,
    /// What was accepted and goes on: procedure and reference number.
    pub filings: Vec<String>,
    /// Bills that are not paid, and what is owed on them in yen.
    pub owed: (i64, i64),
    /// Whether there is a calendar of its terminals.
    pub calendar: bool,
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let some = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("、");
    match names.len().saturating_sub(SHOWN) {
        0 => some,
        more => format!("{some} ほか{more}件"),
    }
}

impl Ending {
    /// What a step does on the day, in a sentence.
    pub fn sentence(&self, step: Step, deed: Deed) -> String {
        let none = |name: &str| format!("{name}はありません。");
        match step {
            Step::Certificates if self.terminals.is_empty() => none("有効な端末の電子証明書"),
            Step::Certificates => {
                format!("端末の電子証明書{}枚を失効させます（{}）。", self.terminals.len(), listed(&self.terminals))
            }
            Step::Letters if self.letters == 0 => none("届いていない電子証明書発行通知書"),
            Step::Letters => {
                format!("電子証明書発行通知書{}件を使えなくします。届いた通知書では取得できません。", self.letters)
            }
            Step::Drafts if self.drafts.is_empty() => none("下書き"),
            Step::Drafts => format!("下書き{}件を削除します（{}）。", self.drafts.len(), listed(&self.drafts)),
            Step::UnderWay if self.under_way.is_empty() => none("審査中の申請・届出"),
            Step::UnderWay => {
                format!("審査中の申請・届出{}件を取り下げます（{}）。", self.under_way.len(), listed(&self.under_way))
            }
            Step::Filings if self.filings.is_empty() => none("受付済みの申請・届出"),
            Step::Filings => {
                format!("受付済みの申請・届出{}件を終了します（{}）。", self.filings.len(), listed(&self.filings))
            }
            Step::Bills => self.bills(),
            Step::Subscriptions if self.calendar => {
                "端末のカレンダーのアドレスと、自動の更新への同意を無効にします。".to_owned()
            }
            Step::Subscriptions => "自動の更新への同意を無効にします。".to_owned(),
            Step::Register => format!("台帳の状態を「{}」にします。", standing(deed)),
        }
    }

    fn bills(&self) -> String {
        match self.owed {
            (0, _) => "未払いの請求はありません。まだ請求していない発行料があるときは、後から請求します。".to_owned(),
            (count, yen) => {
                format!("未払いの請求{count}件（{}円）は、なくなりません。お支払いが必要です。", thousands(yen))
            }
        }
    }
}

/// How the register names an institution after a deed.
pub const fn standing(deed: Deed) -> &'static str {
    match deed {
        Deed::Abolish => "廃止",
        Deed::Suspend => "休止",
        Deed::Resume => "現存",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_end_before_letters_and_the_register_comes_last() {
        for deed in Deed::ALL {
            for revokes in [true, false] {
                let steps = steps(*deed, revokes);
                assert_eq!(steps.last(), Some(&Step::Register));
                let place = |step| steps.iter().position(|one| *one == step);
                assert!(place(Step::Certificates) <= place(Step::Letters), "{deed}");
                assert_eq!(
                    place(Step::Certificates).is_some(),
                    *deed == Deed::Abolish || (*deed == Deed::Suspend && revokes)
                );
            }
        }
        assert_eq!(steps(Deed::Abolish, false).len(), Step::ALL.len());
    }

    #[test]
    fn what_is_owed_stays_owed_and_long_lists_are_cut() {
        let ending = Ending {
            terminals: (1..=12).map(|number| format!("端末{number}")).collect(),
            owed: (2, 4_500),
            ..Ending::default()
        };
        let said = ending.sentence(Step::Bills, Deed::Abolish);
        assert!(said.contains("4,500円") && said.contains("お支払いが必要"), "{said}");
        let said = ending.sentence(Step::Certificates, Deed::Abolish);
        assert!(said.contains("12枚") && said.ends_with("ほか2件）。"), "{said}");
        for step in Step::ALL {
            assert!(Ending::default().sentence(*step, Deed::Abolish).ends_with('。'), "{step}");
        }
    }
}

//! The state of a case in one line: what happened, who has it, since when, what comes next, expected by when.

use time::Date;

use super::{Kind, Rules, State};
use crate::calendar::{Holidays, add_business_days, japanese_date};
use crate::clock::Timestamp;

/// Days in which a returned case should be corrected.
pub const CORRECTION_DAYS: i64 = 30;

/// The moment at which a case reached its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Which procedure.
    pub kind: Kind,
    /// The state.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
}

/// The explained state; the same words on pages, in mails and for the call centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub happened: String,
    /// Who has it now: 「あなた」, 「審査担当」….
    pub holder: &'static str,
    /// What comes next.
    pub next: &'static str,
    /// By when the next step is expected, if it can be said.
    pub expected: Option<Date>,
}

impl Explanation {
    /// A case whose certificate was revoked: whatever state it had reached, the terminal needs a new one.
    pub fn revoked(since: Timestamp) -> Self {
        Self {
            happened: format!("{}に失効しました。", japanese_date(since.date())),
            holder: NOBODY,
            next: "この端末でもう一度使うには、新しく申請してください。",
            expected: None,
        }
    }

    /// The whole in one line.
    pub fn sentence(&self) -> String {
        let expected = self.expected.map(|day| format!("目安は{}です。", japanese_date(day))).unwrap_or_default();
        format!("{}{}{expected}", self.happened, self.next)
    }
}

const YOU: &str = "申請者（あなた）";
const REVIEWER: &str = "審査担当";
const DISPATCH: &str = "発送担当";
const NOBODY: &str = "手続は終わっています";

/// Explains where a case stands.
pub fn explain(moment: Moment, rules: &Rules, holidays: &Holidays) -> Explanation {
    let day = japanese_date(moment.since.date());
    let (happened, holder, next) = words(moment, &day);
    let within = |days: u32| Some(add_business_days(moment.since.date(), days, holidays));
    let expected = match moment.state {
        State::Submitted | State::InReview => within(rules.review_days),
        State::Approved | State::LetterReissued | State::LetterPrinted => within(rules.posting_days),
        State::LetterPosted => within(rules.delivery_days()),
        _ => None,
    };
    Explanation { happened, holder, next, expected }
}

fn words(moment: Moment, day: &str) -> (String, &'static str, &'static str) {
    let certificate = moment.kind == Kind::Certificate;
    match moment.state {
        State::Draft => (format!("{day}に下書きを保存しました。"), YOU, "続きを入力し、送信してください。"),
        State::Submitted => (format!("{day}に受け付けました。"), REVIEWER, "審査担当が内容を確認します。"),
        State::InReview => {
            (format!("{day}から審査しています。"), REVIEWER, "結果をメールとこのポータルでお知らせします。")
        }
        State::Returned => {
            (format!("{day}に補正をお願いしました。"), YOU, "示された項目だけを直して、もう一度送信してください。")
        }
        State::Accepted => (format!("{day}に承認し、受付済みになりました。"), NOBODY, "開始の月になると利用できます。"),
        State::InForce => (format!("{day}から利用できます。"), NOBODY, "内容が変わるときは、変更を申請してください。"),
        State::Superseded => (format!("{day}に後の変更に置き換わりました。"), NOBODY, "新しい申請をご覧ください。"),
        State::Rejected => {
            (format!("{day}に却下しました。"), YOU, "理由を確認し、必要であれば新しく申請してください。")
        }
        State::Withdrawn => (format!("{day}に取り下げました。"), NOBODY, "必要になったら、新しく申請してください。"),
        State::Cancelled => (
            format!("{day}に取り消しました。"),
            NOBODY,
            "発行料はかかりません。必要になったら、新しく申請してください。",
        ),
        State::Approved => {
            (format!("{day}に承認しました。"), DISPATCH, "電子証明書発行通知書を印刷し、簡易書留で発送します。")
        }
        State::LetterPrinted => (format!("{day}に通知書を印刷しました。"), DISPATCH, "簡易書留で発送します。"),
        State::LetterPosted => (
            format!("{day}に通知書を簡易書留で発送しました。"),
            YOU,
            "届いたら、通知書の手順で端末の電子証明書を取得してください。",
        ),
        State::LetterReturned => {
            (format!("{day}に通知書が戻ってきました。"), YOU, "宛先を確かめて、「通知書を送り直す」を押してください。")
        }
        State::LetterLost => {
            (format!("{day}に不着・紛失の届出を受けました。"), DISPATCH, "新しい通知書をお送りします。")
        }
        State::LetterReissued => (format!("{day}に通知書を作り直しました。"), DISPATCH, "簡易書留で発送します。"),
        State::PickedUp => {
            (format!("{day}に端末の電子証明書を取得しました。"), YOU, "端末に入れて、接続テストをしてください。")
        }
        State::Installed if certificate => {
            (format!("{day}に接続テストに成功しました。"), NOBODY, "この端末の準備は終わりです。")
        }
        State::Installed => (format!("{day}に完了しました。"), NOBODY, "この手続は終わりです。"),
        State::PickupExpired => (format!("{day}に取得期限が過ぎました。"), YOU, "もう一度、発行を申請してください。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_case_sent_before_a_long_holiday_is_expected_after_it() {
        let since = Timestamp::start_of_day(date!(2026 - 05 - 01));
        let moment = Moment { kind: Kind::Eligibility, state: State::Submitted, since };
        let explanation = explain(moment, &Rules::default(), &Holidays::default());
        assert_eq!(explanation.expected, Some(date!(2026 - 05 - 11)), "5/2 to 5/6 are no business days in 2026");
        assert_eq!(
            explanation.sentence(),
            "2026年5月1日（金）に受け付けました。審査担当が内容を確認します。目安は2026年5月11日（月）です。"
        );
    }

    #[test]
    fn every_state_of_every_procedure_is_explained() {
        for kind in Kind::ALL {
            for state in State::ALL {
                let moment = Moment { kind: *kind, state: *state, since: Timestamp::from_millis(0) };
                let explanation = explain(moment, &Rules::default(), &Holidays::default());
                assert!(explanation.happened.ends_with('。') && explanation.next.ends_with('。'), "{state}");
            }
        }
    }
}

//! The state of a case in one line: what happened, who has it, since when, what comes next, expected by when, awaited
//! until when.

use time::{Date, Duration};

use super::{Kind, Life, Rules, State};
use crate::calendar::{Holidays, Start, add_business_days, japanese_date};
use crate::clock::Timestamp;

/// Days in which a returned case should be corrected.
pub const CORRECTION_DAYS: i64 = 30;
/// Days in which a question of the reviewer should be answered.
pub const ANSWER_DAYS: i64 = 14;

/// The moment at which a case reached its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Which procedure.
    pub kind: Kind,
    /// The state.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Month in which it takes effect, if it has one.
    pub start: Option<Start>,
    /// Until when the certificate can be fetched, or once it was fetched, fetched again.
    pub pickup: Option<Timestamp>,
    /// Whether a question of the reviewer waits for an answer.
    pub asked: bool,
}

/// Until when something is awaited of the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What it is called.
    pub label: &'static str,
    /// The last day.
    pub day: Date,
}

/// The explained state; the same words on pages, in mails and for the call centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What happened.
    pub happened: String,
    /// Who has it now: 「あなた」, 「審査担当」….
    pub holder: &'static str,
    /// What comes next.
    pub next: String,
    /// By when the next step is expected, if it can be said.
    pub expected: Option<Date>,
    /// Until when something is awaited of the applicant, if anything is.
    pub deadline: Option<Deadline>,
    /// How and when the certificate that stands for the case ended, if it did: whatever state the case had reached.
    pub over: Option<(&'static str, Timestamp)>,
}

impl Explanation {
    /// Who has a case that waits for its applicant.
    pub const APPLICANT: &'static str = YOU;

    /// Whose turn it is; none when nobody has to do anything any more.
    pub fn turn(&self) -> Option<&'static str> {
        (self.holder != NOBODY).then_some(self.holder)
    }

    /// A case whose certificate was revoked: whatever state it had reached, the terminal needs a new one.
    pub fn revoked(since: Timestamp) -> Self {
        Self {
            happened: format!("{}に失効しました。", japanese_date(since.date())),
            holder: NOBODY,
            next: "この端末でもう一度使うには、新しく申請してください。".to_owned(),
            expected: None,
            deadline: None,
            over: Some(("失効", since)),
        }
    }

    /// A case whose certificate ended and was not renewed: what can still be done stands on the terminal's page.
    pub fn ended(since: Timestamp) -> Self {
        Self {
            happened: format!("{}に有効期限が切れました。", japanese_date(since.date())),
            holder: NOBODY,
            next: "この端末を使うときは、「端末の一覧」で、次にすることを確かめてください。".to_owned(),
            expected: None,
            deadline: None,
            over: Some(("期限切れ", since)),
        }
    }

    /// A succession that was sent before the register has the new code.
    pub fn awaiting_code(since: Timestamp) -> Self {
        Self {
            happened: format!("{}に受け付けました。", japanese_date(since.date())),
            holder: REGISTER,
            next:
                "新しいコードが台帳に載ると、メールでお知らせし、審査を始めます。いま、していただくことはありません。"
                    .to_owned(),
            expected: None,
            deadline: None,
            over: None,
        }
    }

    /// The same where nothing begins any more: what is over is not to be filed anew.
    #[must_use]
    pub fn for_good(self) -> Self {
        let next = "いま、していただくことはありません。".to_owned();
        Self { holder: NOBODY, next, expected: None, deadline: None, ..self }
    }

    /// What comes next and until when it is awaited.
    pub fn next_step(&self) -> String {
        format!("{}{}", self.next, self.until())
    }

    /// The whole in one line.
    pub fn sentence(&self) -> String {
        let expected = self.expected.map(|day| format!("目安は{}です。", japanese_date(day))).unwrap_or_default();
        format!("{}{}{expected}{}", self.happened, self.next, self.until())
    }

    fn until(&self) -> String {
        let words = |deadline: Deadline| format!("{}は{}です。", deadline.label, japanese_date(deadline.day));
        self.deadline.map(words).unwrap_or_default()
    }
}

const YOU: &str = "申請者（あなた）";
const REVIEWER: &str = "審査担当";
const DISPATCH: &str = "発送担当";
const REGISTER: &str = "台帳の更新を待っています";
const NOBODY: &str = "手続は終わっています";

/// Explains where a case stands.
pub fn explain(moment: Moment, rules: &Rules, holidays: &Holidays) -> Explanation {
    let day = japanese_date(moment.since.date());
    if moment.asked && moment.state.is_open_for_review() {
        return asked(moment, &day);
    }
    let (happened, holder, next) = words(moment, &day);
    let within = |days: u32| Some(add_business_days(moment.since.date(), days, holidays));
    let at_once = moment.kind.life() == Life::AtOnce && moment.state == State::Submitted;
    let expected = match moment.state {
        State::Submitted | State::InReview => within(rules.review_days).filter(|_| !at_once),
        State::Approved | State::LetterReissued | State::LetterPrinted => within(rules.posting_days),
        State::LetterPosted => within(rules.delivery_days()),
        _ => None,
    };
    let next = match (moment.state, moment.start) {
        _ if at_once => "通常は、すぐに登録されます。確認が必要なときは、審査担当が内容を確認します。".to_owned(),
        (State::Accepted, Some(start)) => format!("{start}から利用できます。"),
        (State::Accepted, None) if moment.kind.life() == Life::Once => {
            moment.kind.words().after_acceptance().to_owned()
        }
        _ => next.to_owned(),
    };
    Explanation { happened, holder, next, expected, deadline: deadline(moment), over: None }
}

/// A case that waits for the answer to a question.
fn asked(moment: Moment, day: &str) -> Explanation {
    Explanation {
        happened: format!("{day}に審査担当からおたずねしました。"),
        holder: YOU,
        next: "申請のページで質問に答えてください。申請を直す必要はありません。".to_owned(),
        expected: None,
        deadline: Some(Deadline { label: "回答の期限", day: (moment.since + Duration::days(ANSWER_DAYS)).date() }),
        over: None,
    }
}

fn deadline(moment: Moment) -> Option<Deadline> {
    let pickup = |label| moment.pickup.map(|until| Deadline { label, day: until.date() });
    match moment.state {
        State::Returned => {
            Some(Deadline { label: "補正の期限", day: (moment.since + Duration::days(CORRECTION_DAYS)).date() })
        }
        State::Approved
        | State::LetterPrinted
        | State::LetterPosted
        | State::LetterReturned
        | State::LetterLost
        | State::LetterReissued => pickup("取得期限"),
        State::PickedUp => pickup("同じ通知書でもう一度取得できる期限"),
        _ => None,
    }
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
        State::LetterLost => (
            format!("{day}に、届かない・なくしたとの届出を受けました。"),
            YOU,
            "「通知書を送り直す」を押してください。",
        ),
        State::LetterReissued => (format!("{day}に通知書を作り直しました。"), DISPATCH, "簡易書留で発送します。"),
        State::PickedUp => {
            (format!("{day}に端末の電子証明書を取得しました。"), YOU, "端末に入れて、接続テストをしてください。")
        }
        State::Installed if certificate => {
            (format!("{day}に接続テストに成功しました。"), NOBODY, "この端末の準備は終わりです。")
        }
        State::Installed => (format!("{day}に完了しました。"), NOBODY, "この手続は終わりです。"),
        State::PickupExpired => {
            let until = moment.pickup.map(|until| format!("（{}）", japanese_date(until.date()))).unwrap_or_default();
            (format!("取得期限{until}が過ぎました。"), YOU, "もう一度、発行を申請してください。")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn explained(kind: Kind, state: State, since: Date, pickup: Option<Date>) -> Explanation {
        let start = "2026-08".parse().ok();
        let pickup = pickup.map(Timestamp::end_of_day);
        let moment = Moment { kind, state, since: Timestamp::start_of_day(since), start, pickup, asked: false };
        explain(moment, &Rules::default(), &Holidays::default())
    }

    #[test]
    fn a_case_sent_before_a_long_holiday_is_expected_after_it() {
        let explanation = explained(Kind::Eligibility, State::Submitted, date!(2026 - 05 - 01), None);
        assert_eq!(explanation.expected, Some(date!(2026 - 05 - 11)), "5/2 to 5/6 are no business days in 2026");
        assert_eq!(
            explanation.sentence(),
            "2026年5月1日（金）に受け付けました。審査担当が内容を確認します。目安は2026年5月11日（月）です。"
        );
    }

    #[test]
    fn what_waits_for_the_applicant_says_since_when_and_until_when() {
        let day = date!(2026 - 05 - 20);
        let fetched = explained(Kind::Certificate, State::PickedUp, day, Some(date!(2026 - 05 - 27)));
        let cases = [
            (
                explained(Kind::Claims, State::Returned, day, None),
                "2026年5月20日（水）に補正をお願いしました。示された項目だけを直して、もう一度送信してください。\
                 補正の期限は2026年6月19日（金）です。",
            ),
            (
                explained(Kind::Claims, State::Accepted, day, None),
                "2026年5月20日（水）に承認し、受付済みになりました。2026年8月から利用できます。",
            ),
            (
                explained(Kind::Certificate, State::LetterPosted, day, Some(date!(2026 - 11 - 16))),
                "2026年5月20日（水）に通知書を簡易書留で発送しました。届いたら、通知書の手順で端末の電子証明書を取得してください。\
                 目安は2026年5月22日（金）です。取得期限は2026年11月16日（月）です。",
            ),
            (
                fetched,
                "2026年5月20日（水）に端末の電子証明書を取得しました。端末に入れて、接続テストをしてください。\
                 同じ通知書でもう一度取得できる期限は2026年5月27日（水）です。",
            ),
            (
                explained(Kind::Certificate, State::PickupExpired, day, Some(date!(2026 - 05 - 19))),
                "取得期限（2026年5月19日（火））が過ぎました。もう一度、発行を申請してください。",
            ),
        ];
        for (explanation, sentence) in cases {
            assert_eq!(explanation.sentence(), sentence);
        }
    }

    #[test]
    fn a_question_waits_for_the_applicant_and_says_until_when() {
        let since = Timestamp::start_of_day(date!(2026 - 05 - 20));
        let asked = |state| {
            let moment = Moment { kind: Kind::Claims, state, since, start: None, pickup: None, asked: true };
            explain(moment, &Rules::default(), &Holidays::default())
        };
        let told = asked(State::InReview);
        assert_eq!(told.holder, Explanation::APPLICANT);
        assert!(told.sentence().ends_with("回答の期限は2026年6月3日（水）です。"), "{}", told.sentence());
        assert_eq!(asked(State::Submitted).holder, Explanation::APPLICANT, "also once the reviewer has let go of it");
        assert_ne!(asked(State::Accepted).holder, Explanation::APPLICANT, "a decided case asks nothing");
    }

    #[test]
    fn every_state_of_every_procedure_is_explained() {
        for kind in Kind::ALL {
            for state in State::ALL {
                for start in ["2026-08".parse().ok(), None] {
                    let since = Timestamp::start_of_day(date!(2026 - 05 - 20));
                    let moment = Moment { kind: *kind, state: *state, since, start, pickup: None, asked: false };
                    let explanation = explain(moment, &Rules::default(), &Holidays::default());
                    assert!(
                        explanation.happened.ends_with('。') && explanation.next.ends_with('。'),
                        "{kind}: {state}"
                    );
                }
            }
        }
    }
}

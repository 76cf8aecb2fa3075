//! Figures of rules: topic by topic, each with its words and bounds, read from and written into [`Rules`].

use std::collections::BTreeMap;

use super::finding;
use crate::{
    applications::{Kind, Rules},
    forms::Finding,
    words::words,
};

words! {
    /// Figures that are changed together.
    FigureTopic {
        /// What a certificate costs and how long it is given for.
        Fees = "fees", "手数料と有効期間";
        /// Within how many business days things are to be done.
        Targets = "targets", "処理の目安";
        /// From which month a claims filing counts.
        CutOff = "cut_off", "オンライン請求の締め日";
        /// What a customer ID looks like.
        CustomerIds = "customer_ids", "お客様IDの桁数";
        /// How long drafts are kept.
        Drafts = "drafts", "下書きの保存";
        /// Which cases a rule accepts without a person.
        StraightThrough = "straight_through", "自動承認";
        /// How long records are kept.
        Retention = "retention", "記録の保存期間";
        /// For what a second person is asked.
        FourEyes = "four_eyes", "二人で行う業務";
        /// When pages tell of planned maintenance.
        Service = "service", "サービスの状況";
    }
}

/// How a figure is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A whole number between two bounds, with its unit.
    Number {
        /// Least value.
        least: i64,
        /// Greatest value.
        most: i64,
        /// Unit, such as 「円」.
        unit: &'static str,
    },
    /// Yes (1) or no (0), each with its words.
    YesNo {
        /// Words of 1.
        yes: &'static str,
        /// Words of 0.
        no: &'static str,
    },
}

/// One figure.
#[derive(Clone, Copy)]
pub struct Figure {
    /// Key in the stored value and in the form.
    pub key: &'static str,
    /// Its name.
    pub label: &'static str,
    /// What hangs on it.
    pub help: &'static str,
    /// How it is asked for.
    pub shape: Shape,
    /// Its value in rules.
    pub get: fn(&Rules) -> i64,
    /// Sets it in rules; the value lies between the bounds.
    pub set: fn(&mut Rules, i64),
}

impl std::fmt::Debug for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Figure").field("key", &self.key).field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// A number of days, or whatever else fits the field that is set.
fn fitted<T: TryFrom<i64> + Default>(value: i64) -> T {
    T::try_from(value).unwrap_or_default()
}

const fn number(least: i64, most: i64, unit: &'static str) -> Shape {
    Shape::Number { least, most, unit }
}

/// A figure that is one field of [`Rules`].
macro_rules! figure {
    ($key:literal, $label:literal, $help:literal, $shape:expr, $($field:ident).+) => {
        Figure {
            key: $key,
            label: $label,
            help: $help,
            shape: $shape,
            get: |rules| i64::from(rules.$($field).+),
            set: |rules, value| rules.$($field).+ = fitted(value),
        }
    };
}

const FEES: &[Figure] = &[
    figure!(
        "certificate_fee_yen",
        "端末の電子証明書1枚の発行料",
        "新しく送信された申請と、これからの更新に使われます。送信済みの申請は、同意したときの額のままです。",
        number(0, 1_000_000, "円"),
        certificate_fee_yen
    ),
    figure!(
        "certificate_months",
        "端末の電子証明書の有効期間",
        "これから発行するものに使われます。証明書の種類の決まりより長くはなりません。運用規程も合わせて改めてください。",
        number(1, 120, "か月"),
        certificate_months
    ),
];

const TARGETS: &[Figure] = &[
    figure!(
        "review_days",
        "審査の目安",
        "送信から審査が終わるまでの営業日の数です。申請者の画面とメールの予定日にも使われます。",
        number(1, 60, "営業日"),
        review_days
    ),
    figure!(
        "posting_days",
        "通知書を発送するまでの目安",
        "承認から発送までの営業日の数です。",
        number(1, 60, "営業日"),
        posting_days
    ),
    figure!(
        "arrival_days",
        "通知書が届くまでの目安",
        "承認から、簡易書留が届くまでの営業日の数です。",
        number(1, 90, "営業日"),
        arrival_days
    ),
    figure!(
        "pickup_days",
        "端末の電子証明書を取得できる期間",
        "承認から数えます。すでに発送した通知書の期限は変わりません。",
        number(30, 730, "日"),
        pickup_days
    ),
];

const CUT_OFF: &[Figure] = &[
    figure!(
        "day",
        "締め日",
        "この日までに送信した届出は、早いほうの月からはじまります。",
        number(1, 31, "日"),
        cut_off.day
    ),
    figure!(
        "months_before",
        "締め日までに送信したとき",
        "送信した月から、開始の月までの月数です。",
        number(0, 12, "か月"),
        cut_off.months_before
    ),
    figure!(
        "months_after",
        "締め日を過ぎて送信したとき",
        "送信した月から、開始の月までの月数です。",
        number(0, 12, "か月"),
        cut_off.months_after
    ),
];

const CUSTOMER_IDS: &[Figure] = &[
    figure!(
        "caf_digits",
        "CAFの後の数字",
        "これと違う桁数を入力した方に、確かめるようお願いします。",
        number(1, 20, "桁"),
        caf_digits
    ),
    figure!(
        "cop_digits",
        "COPの後の数字",
        "これと違う桁数を入力した方に、確かめるようお願いします。",
        number(1, 20, "桁"),
        cop_digits
    ),
];

const DRAFTS: &[Figure] = &[
    figure!("days", "下書きを保存する期間", "最後に書いた日から数えます。", number(7, 3_650, "日"), drafts.days),
    figure!(
        "notice_days",
        "消す前にお知らせする日数",
        "この日数の前に、メールで知らせます。",
        number(1, 3_649, "日"),
        drafts.notice_days
    ),
];

/// Whether cases of a procedure may be accepted by rule.
macro_rules! by_rule {
    ($key:literal, $kind:ident, $field:ident) => {
        Figure {
            key: $key,
            label: Kind::$kind.label(),
            help: "点検がすべて「問題なし」の申請を、人が見ずに承認します。",
            shape: Shape::YesNo { yes: "自動で承認する", no: "すべて人が審査する" },
            get: |rules| i64::from(rules.straight_through.$field),
            set: |rules, value| rules.straight_through.$field = value == 1,
        }
    };
}

const STRAIGHT_THROUGH: &[Figure] = &[
    by_rule!("eligibility", Eligibility, eligibility),
    by_rule!("certificate", Certificate, certificate),
    by_rule!("claims", Claims, claims),
    figure!(
        "sample_percent",
        "人が審査する抜取りの割合",
        "自動で承認できる申請のうち、この割合は人に回します。",
        number(0, 100, "％"),
        straight_through.sample_percent
    ),
];

const RETENTION: &[Figure] = &[
    figure!(
        "audit_years",
        "監査記録",
        "過ぎた記録は、署名した目印を残して消します。",
        number(1, 100, "年"),
        retention.audit_years
    ),
    figure!(
        "rejected_days",
        "却下・取下げの申請の内容",
        "過ぎると、入力の内容だけを消します。受付番号と状態、日付は残ります。",
        number(1, 36_500, "日"),
        retention.rejected_days
    ),
    figure!(
        "mails_days",
        "メールの本文",
        "過ぎると、本文だけを消します。",
        number(1, 36_500, "日"),
        retention.mails_days
    ),
    figure!(
        "imports_days",
        "台帳の取込みの報告",
        "過ぎると、行ごとの報告を消します。",
        number(1, 36_500, "日"),
        retention.imports_days
    ),
];

impl FigureTopic {
    /// Its figures in the order of the form.
    pub const fn figures(self) -> &'static [Figure] {
        match self {
            Self::Fees => FEES,
            Self::Targets => TARGETS,
            Self::CutOff => CUT_OFF,
            Self::CustomerIds => CUSTOMER_IDS,
            Self::Drafts => DRAFTS,
            Self::StraightThrough => STRAIGHT_THROUGH,
            Self::Retention => RETENTION,
            Self::FourEyes => super::second_person::FOUR_EYES,
            Self::Service => super::service::SERVICE,
        }
    }

    /// Its figures as rules have them.
    pub fn of(self, rules: &Rules) -> BTreeMap<String, i64> {
        self.figures().iter().map(|figure| (figure.key.to_owned(), (figure.get)(rules))).collect()
    }

    /// Writes a version's figures into rules; one that it does not know stays as it is.
    pub fn apply(self, figures: &BTreeMap<String, i64>, rules: &mut Rules) {
        for figure in self.figures() {
            if let Some(value) = figures.get(figure.key) {
                (figure.set)(rules, *value);
            }
        }
    }

    /// What is wrong with figures.
    pub(super) fn judge(self, figures: &BTreeMap<String, i64>) -> Vec<Finding> {
        let bounds = |figure: &Figure| {
            let (least, most, unit) = match figure.shape {
                Shape::Number { least, most, unit } => (least, most, unit),
                Shape::YesNo { .. } => (0, 1, ""),
            };
            let given = figures.get(figure.key).is_some_and(|value| (least..=most).contains(value));
            let sentence = match figure.shape {
                Shape::YesNo { .. } => format!("「{}」を選んでください。", figure.label),
                Shape::Number { .. } => {
                    format!("「{}」は、{least}から{most}{unit}までの整数で入力してください。", figure.label)
                }
            };
            (!given).then(|| finding(figure.key, sentence))
        };
        let found: Vec<Finding> = self.figures().iter().filter_map(bounds).collect();
        if found.is_empty() { self.judge_together(figures).into_iter().collect() } else { found }
    }

    fn judge_together(self, figures: &BTreeMap<String, i64>) -> Option<Finding> {
        let mut rules = Rules::default();
        self.apply(figures, &mut rules);
        match self {
            Self::CutOff => rules.cut_off.validate().err().map(|fault| finding("months_after", fault.to_string())),
            Self::Drafts => rules.drafts.validate().err().map(|fault| finding("notice_days", fault.to_string())),
            Self::Targets if rules.arrival_days < rules.posting_days => {
                Some(finding("arrival_days", "届くまでの日数は、発送するまでの日数以上にしてください。"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_are_read_from_rules_can_be_written_back() {
        let rules = Rules::default();
        for topic in FigureTopic::ALL {
            let figures = topic.of(&rules);
            assert_eq!(figures.len(), topic.figures().len(), "keys of {topic} are its own");
            assert_eq!(topic.judge(&figures), vec![], "{topic}");
            let mut again = Rules::default();
            topic.apply(&figures, &mut again);
            assert_eq!(again, rules);
        }
    }

    #[test]
    fn each_figure_changes_what_it_names_and_nothing_else() {
        for topic in FigureTopic::ALL {
            for figure in topic.figures() {
                let other = match figure.shape {
                    Shape::YesNo { .. } => 1 - (figure.get)(&Rules::default()),
                    Shape::Number { least, .. } => least,
                };
                let mut rules = Rules::default();
                (figure.set)(&mut rules, other);
                assert_eq!((figure.get)(&rules), other, "{topic}.{}", figure.key);
                for one in topic.figures().iter().filter(|one| one.key != figure.key) {
                    assert_eq!((one.get)(&rules), (one.get)(&Rules::default()), "{}.{}", figure.key, one.key);
                }
            }
        }
    }

    #[test]
    fn what_is_missing_out_of_bounds_or_does_not_fit_together_is_named() {
        let judged = |topic: FigureTopic, pairs: &[(&str, i64)]| {
            let figures = pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
            topic.judge(&figures).into_iter().map(|finding| finding.field).collect::<Vec<_>>()
        };
        assert_eq!(judged(FigureTopic::Fees, &[("certificate_months", 39)]), ["certificate_fee_yen"]);
        let negative = [("certificate_fee_yen", -1), ("certificate_months", 39)];
        assert_eq!(judged(FigureTopic::Fees, &negative), ["certificate_fee_yen"]);
        assert_eq!(
            judged(FigureTopic::CutOff, &[("day", 20), ("months_before", 3), ("months_after", 2)]),
            ["months_after"]
        );
        assert_eq!(judged(FigureTopic::Drafts, &[("days", 30), ("notice_days", 30)]), ["notice_days"]);
    }
}

//! オンライン請求 利用開始・変更申請（届出） (spec 05).

use super::eligibility::{application_kind, fee_payment, institution_section, ipsec_provider, started_before};
use super::{
    Business, Facts, Procedure, Words,
    line::{CHANGED, Source},
    line_finder::{self, CONNECTION, PAPERS},
};
use crate::calendar::{YearMonth, cut_off, japanese_date, visit_window};
use crate::clock::Timestamp;
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};

/// The claims filing; it is the legal notification itself.
#[derive(Clone, Copy, Debug)]
pub struct ClaimsFiling;

const IP_VPN: &[&str] = &["ip_vpn_ipv4", "ip_vpn_ipv6"];
const ISDN: &[&str] = &["isdn"];
/// Months after the earliest one that are offered.
const MONTHS_OFFERED: i32 = 12;
const FREE: &[&str] = &["other"];

fn source(facts: &Facts) -> Source<'_> {
    Source {
        known: facts.known.eligibility_line_id.as_deref(),
        own: facts.known.claims_line_id.as_deref(),
        named: "オンライン資格確認の利用申請",
        label: "お客様ID",
        list: "claims_customer_id_kinds",
    }
}

/// What the claims filing calls a line of the eligibility application: CTC and QTnet are reached by IPv4, フレッツ by IPv6.
pub fn connection_of_line(line_kind: &str) -> Option<&'static str> {
    match line_kind {
        "ip_vpn" => Some("ip_vpn_ipv6"),
        "ip_vpn_ctc_qtnet" => Some("ip_vpn_ipv4"),
        "ipsec_ike" => Some("ipsec_ike"),
        _ => None,
    }
}

fn line(max: usize) -> Input {
    Input::Line { max, keyboard: Keyboard::Text, suggestions: vec![] }
}

impl ClaimsFiling {
    /// Its words.
    pub const WORDS: Words = Words {
        key: "claims",
        label: "オンライン請求 利用開始・変更申請（届出）",
        short: "請求の届出",
        business: Business::Claims,
        lead: "オンライン請求を始めるとき、または届け出た内容を変えるときの届出です。ここで送信すると、紙の届出は要りません。入力は10分ほどです。",
        prepare: &[
            "レセコンのプログラム名称",
            "パソコンの基本ソフト（OS）とブラウザ",
            "回線の種類とお客様ID",
            "安全対策の規程",
        ],
        tile: "オンライン請求 利用開始・変更申請",
        tile_text: "こちらからオンライン請求の利用開始・変更申請を行えます。（電子情報処理組織の使用による費用の請求に関する届出）",
        again: "届出の入力をはじめる",
        to_form: "オンライン請求に関する届出画面へ進む",
        send: "この内容で届出を送信する",
        withdraw: "届出を取り下げる",
        ..Words::COMMON
    };

    fn computer_fields(facts: &Facts) -> Vec<Field> {
        vec![
            Field::new("product", "レセコンのプログラム名称", Input::Select(facts.lists.choices("receipt_products")))
                .help("レセコンのソフトの名称とシリーズ名を選んでください。一覧にないときは「一覧にない」を選ぶと入力できます。")
                .picture("program-name")
                .article("program-name"),
            Field::new("product_other", "プログラム名称（一覧にない場合）", line(100)).when("product", FREE),
            Field::new("product_maker", "レセコンのソフトメーカー名（プログラムの作成者の氏名）", line(100))
                .help("一覧からプログラム名称を選ぶと、空欄のままで自動で入ります。一覧にないときは、必ず入力してください。")
                .optional(),
            Field::new("os_browser", "パソコンの基本ソフト（OS）・ブラウザ", Input::Select(facts.lists.choices("os_browsers")))
                .picture("os-version"),
            Field::new("os_browser_other", "基本ソフト・ブラウザ（その他の場合）", line(100)).when("os_browser", FREE),
        ]
    }

    /// The month, and live from when on it depends on the day of sending (spec 05).
    fn start_month_field(facts: &Facts) -> Field {
        let (rule, today) = (facts.rules.cut_off, facts.now.date());
        let earliest = cut_off(today, rule);
        let input = Input::Month { from: earliest, to: earliest.plus_months(MONTHS_OFFERED) };
        let change = rule.sentence_changes_on(today);
        Field::new("start_month", "請求開始年月", input)
            .help(rule.sentence(today))
            .later(Timestamp::start_of_day(change), rule.sentence(change))
    }

    fn line_fields(facts: &Facts, answers: &Answers) -> Vec<Field> {
        let mut fields = vec![
            CONNECTION.papers_field(facts),
            Field::new("connection", "接続種別", Input::Radio(facts.lists.choices("claims_connections")))
                .help("フレッツ・光コラボレーションの回線をお使いの方は2、CTCまたはQTnetをお使いの方は1を選んでください。")
                .article("line-kinds")
                .page("書類にある言葉から調べる", line_finder::PAGE),
        ];
        fields.extend(CONNECTION.reason_field(facts, answers));
        fields.push(
            Field::new(
                "isdn_number",
                "ISDNダイヤルアップ番号",
                Input::Line { max: 20, keyboard: Keyboard::Telephone, suggestions: vec![] },
            )
            .when("connection", ISDN),
        );
        fields.extend(ipsec_provider(facts, "インターネット接続（IPsec+IKE提供事業者名）", "connection"));
        fields.extend(source(facts).fields(facts, "connection", IP_VPN));
        fields.extend(source(facts).changed_field(answers, "connection", IP_VPN));
        fields
    }

    /// Whether the maker is that of the product before: the product was changed, the maker forgotten.
    fn left_over(facts: &Facts, answers: &Answers) -> bool {
        facts.known.claims.as_ref().is_some_and(|before| {
            before.has("product")
                && !answers.is("product", before.get("product"))
                && answers.is("product_maker", before.get("product_maker"))
        })
    }

    fn maker(facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        if findings.has_error("product_maker") || (answers.has("product_maker") && !Self::left_over(facts, answers)) {
            return;
        }
        match facts.lists.entry("receipt_products", answers.get("product")) {
            Some(product) if !product.maker.is_empty() => answers.set("product_maker", &product.maker),
            Some(_) if answers.has("product_maker") => {}
            Some(_) => findings.error(
                "product_maker",
                "「レセコンのソフトメーカー名（プログラムの作成者の氏名）」を入力してください。",
            ),
            None => {}
        }
    }

    /// Asked with a first filing: one that went out on paper must not be repeated here (spec 05).
    fn filed_on_paper() -> Field {
        let choices =
            vec![Choice::new("no", "いいえ、はじめて届け出ます"), Choice::new("yes", "はい、すでに紙で届け出ました")];
        Field::new("paper_filed", "紙での届出", Input::Radio(choices))
            .help("同じ届出を、紙で送ったことがあるかどうかを選んでください。")
            .when("application_kind", &["start"])
    }

    fn never_twice(answers: &Answers, findings: &mut Findings) {
        if answers.is("application_kind", "start") && answers.is("paper_filed", "yes") {
            findings.error(
                "paper_filed",
                "すでに紙で届け出た場合は、ここで届け出る必要はありません。紙の届出がこのポータルに登録されているかどうかは、お問い合わせフォームからおたずねください。登録されると、「変更」の届出ができます。",
            );
        }
    }

    fn change_day(facts: &Facts, answers: &Answers, findings: &mut Findings) {
        if !answers.is("application_kind", "change") {
            return;
        }
        let Some(sent) = facts.known.claims_sent_at else {
            return findings.error(
                "application_kind",
                "前の届出がこのポータルに見つかりません。はじめて届け出る場合は「開始」を選んでください。紙で届け出た場合は、コールセンターにご連絡ください。",
            );
        };
        let opens =
            YearMonth::of(sent.date()).first_day() + time::Duration::days(i64::from(facts.rules.cut_off.day) - 1);
        if facts.now.date() < opens {
            findings.error(
                "application_kind",
                format!(
                    "変更の届出は、前の届出を送信した月の{}日から受け付けます。{}以降に送信してください。",
                    facts.rules.cut_off.day,
                    japanese_date(opens)
                ),
            );
        }
    }

    fn fee_differs(facts: &Facts, answers: &Answers, findings: &mut Findings) {
        let before = facts.known.eligibility.as_ref().map_or("", |filed| filed.get("fee_payment"));
        if !before.is_empty() && answers.has("fee_payment") && !answers.is("fee_payment", before) {
            findings.warn(
                "fee_payment",
                "オンライン資格確認の利用申請で選んだ支払方法と違います。支払方法は医療機関等に1つです。送信すると、この届出で選んだ方法に変わります。",
            );
        }
    }
}

impl Procedure for ClaimsFiling {
    fn complete(&self, facts: &Facts, answers: &mut Answers) {
        CONNECTION.complete(facts, answers);
        source(facts).complete(answers);
    }

    fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<Section> {
        let agreement =
            |key: &str, label: &str, slug: &str| Field::new(key, label, Input::Agreement(facts.document(slug)));
        vec![
            institution_section(facts),
            Section::new(
                "届出の区分と規約",
                vec![
                    application_kind(facts.known.claims.is_some())
                        .help("申請した内容を変更するときは、申請した月の20日以降に変更してください。"),
                    Self::filed_on_paper(),
                    agreement("terms", "利用規約への同意", "claims-terms"),
                    agreement("safety_rules", "安全対策の規程", "claims-safety-rules")
                        .help("規程例を参考に、オンライン請求システムに係る安全対策の規程を定めてから、チェックを入れてください。"),
                ],
            )
            .lead("この画面を送信した場合、紙での届出は要りません。すでに紙で届け出た場合は、ここで届け出ないでください。"),
            Section::new(
                "時期",
                vec![Self::start_month_field(facts)],
            ),
            Section::new("レセコン", Self::computer_fields(facts)),
            Section::new("回線", Self::line_fields(facts, answers)),
            Section::new(
                "発行料と備考",
                vec![
                    fee_payment(facts),
                    Field::new("note", "備考", Input::Lines { max: 500 })
                        .help("連絡事項があれば入力してください（500文字まで）。")
                        .optional(),
                ],
            ),
        ]
    }

    fn preset(&self, facts: &Facts) -> Answers {
        let mut answers = match &facts.known.claims {
            None => Answers::new().with("application_kind", "start"),
            Some(before) => {
                let once = ["paper_filed", "terms", "safety_rules", "start_month", "note", CHANGED];
                let kept = before.iter().filter(|(key, _)| !once.contains(key));
                kept.collect::<Answers>().with("application_kind", "change")
            }
        };
        if let Some(eligibility) = facts.known.eligibility.as_ref().filter(|_| !answers.has("fee_payment")) {
            answers.set("fee_payment", eligibility.get("fee_payment"));
        }
        if let Some(eligibility) = facts.known.eligibility.as_ref().filter(|_| facts.known.claims.is_none()) {
            answers.set(PAPERS, eligibility.get(PAPERS));
            self.complete(facts, &mut answers);
        }
        answers
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        Self::never_twice(answers, findings);
        started_before(facts.known.claims.is_some(), "届出", answers, findings);
        Self::change_day(facts, answers, findings);
        Self::maker(facts, answers, findings);
        Self::fee_differs(facts, answers, findings);
        CONNECTION.rules(facts, answers, findings);
        if IP_VPN.contains(&answers.get("connection")) {
            source(facts).rules(facts, answers, findings);
        }
    }

    fn before_sending(&self, facts: &Facts, _: &Answers) -> Vec<String> {
        let (from, to) = visit_window(cut_off(facts.now.date(), facts.rules.cut_off));
        vec![
            "送信すると、届出として受け付けます。紙での届出は要りません。".to_owned(),
            format!(
                "審査の目安は{}営業日です。受付済みになると、請求開始年月からオンライン請求を利用できます。",
                facts.rules.review_days
            ),
            format!(
                "訪問作業の目安は、最も早い開始月の場合、{}から{}までです。",
                japanese_date(from),
                japanese_date(to)
            ),
        ]
    }

    fn line_id(&self, facts: &Facts, answers: &Answers) -> Option<String> {
        IP_VPN.contains(&answers.get("connection")).then(|| source(facts).resolved(answers)).flatten()
    }

    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        answers.get("start_month").parse().ok()
    }
}

//! オンライン資格確認 利用開始・変更申請 (spec 03).

use super::{
    Business, Facts, Procedure, Words,
    line::{CHANGED, Source},
    line_finder::{self, LINE_KIND, PAPERS},
};
use crate::calendar::YearMonth;
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};

/// The eligibility application.
#[derive(Clone, Copy, Debug)]
pub struct EligibilityApplication;

const IP_VPN: &[&str] = &["ip_vpn"];
const IPSEC: &[&str] = &["ipsec_ike"];
const NO_V6: &str = "not_contracted";
/// Why the ID of a claims filing on paper may not be known yet (manual 1-6).
const PAPER: &str = "紙でオンライン請求の届出をされた場合、お客様IDのデータが反映されるまで時間がかかる場合がございます。反映されていない場合は、「CAF」「COP」よりお客様IDをご入力願います。";
/// Months ahead that can be chosen as the start (spec 03, field 9).
const MONTHS_AHEAD: i32 = 24;

fn source(facts: &Facts) -> Source<'_> {
    Source {
        known: facts.known.claims_line_id.as_deref(),
        own: facts.known.eligibility_line_id.as_deref(),
        named: "オンライン請求の届出",
        label: "お客様ID",
        list: "eligibility_customer_id_kinds",
    }
}

/// 申請区分: a change is possible once something was filed.
pub(crate) fn application_kind(filed_before: bool) -> Field {
    let choices = vec![
        Choice::new("start", "開始").noted("はじめて利用するとき。"),
        Choice::new("change", "変更").noted("前に申請した内容を変えるとき。"),
    ];
    let field = Field::new("application_kind", "申請区分", Input::Radio(choices));
    if filed_before {
        field.help("前に申請した内容を表示しています。変わったところだけ直してください。")
    } else {
        field
    }
}

/// A remark for who begins although there is something to change.
pub(crate) fn started_before(filed: bool, what: &str, answers: &Answers, findings: &mut Findings) {
    if filed && answers.is("application_kind", "start") {
        findings.warn(
            "application_kind",
            format!("すでに受け付けた{what}があります。その内容を変えるときは、「変更」を選んでください。"),
        );
    }
}

/// Institution data, shown from the register (fields 1).
pub(crate) fn institution_section(facts: &Facts) -> Section {
    let institution = &facts.institution;
    Section::new(
        "医療機関等情報",
        vec![
            Field::shown("prefecture", "都道府県コード", institution.code.prefecture().label()),
            Field::shown("score_table", "点数表コード", institution.code.score_table().label()),
            Field::shown("institution_code", "医療機関等コード（数字7桁）", institution.code.local()),
            Field::shown("institution_name", "医療機関等名", &institution.name),
        ],
    )
}

/// 電子証明書発行料の支払方法 (field 11), asked the same way in two forms.
pub(super) fn fee_payment(facts: &Facts) -> Field {
    Field::new("fee_payment", "電子証明書発行料の支払方法", Input::Radio(facts.lists.choices("fee_payments"))).help(
        format!(
            "端末の電子証明書は1枚あたり{}円がかかります。有効期限は発行日から3年3か月です。",
            crate::text::thousands(facts.rules.certificate_fee_yen)
        ),
    )
}

/// The provider's name, chosen from the list or typed.
pub(super) fn ipsec_provider(facts: &Facts, label: &'static str, key: &'static str) -> Vec<Field> {
    vec![
        Field::new("ipsec_provider", label, Input::Select(facts.lists.choices("ipsec_providers")))
            .help("契約書や請求書にある、IPsec+IKEサービスの事業者名を選んでください。")
            .article("ipsec-ike")
            .when(key, IPSEC),
        Field::new(
            "ipsec_provider_other",
            "事業者名（その他の場合）",
            Input::Line { max: 100, keyboard: Keyboard::Text, suggestions: vec![] },
        )
        .when(key, IPSEC)
        .when("ipsec_provider", &["other"]),
    ]
}

impl EligibilityApplication {
    /// Its words.
    pub const WORDS: Words = Words {
        key: "eligibility",
        label: "オンライン資格確認 利用開始・変更申請",
        short: "資格確認",
        business: Business::Eligibility,
        lead: "オンライン資格確認等システムを使い始めるとき、または申請した内容を変えるときの申請です。入力は10分ほどです。",
        prepare: &[
            "NTTフレッツ回線の「開通のご案内」（お客様ID）",
            "フレッツ・v6オプションの契約の状況",
            "利用を始める予定の年月",
        ],
        tile: "利用開始・変更申請",
        tile_text: "こちらからオンライン資格確認の利用申請を行えます。",
        to_form: "オンライン資格確認等システムの利用申請画面へ進む",
        ..Words::COMMON
    };

    fn line_fields(facts: &Facts, answers: &Answers) -> Vec<Field> {
        let mut fields = vec![
            LINE_KIND.papers_field(facts),
            Field::new("line_kind", "電気通信回線種別", Input::Radio(facts.lists.choices("line_kinds")))
                .help("利用する電気通信回線種別を選んでください。NTTフレッツ、またはNTTの光コラボレーションの回線をお使いの方は、必ず1を選んでください。")
                .help("間違えて選ぶと、当日の設置ができず再訪問となり、変更の反映に1週間ほどかかります。")
                .article("line-kinds")
                .page("書類にある言葉から調べる", line_finder::PAGE),
        ];
        fields.extend(LINE_KIND.reason_field(facts, answers));
        let told = |field: Field| if field.key == "customer_id_kind" { field.help(PAPER) } else { field };
        fields.extend(source(facts).fields(facts, "line_kind", IP_VPN).into_iter().map(told));
        fields.extend(source(facts).changed_field(answers, "line_kind", IP_VPN));
        fields.push(
            Field::new(
                "v6_option",
                "フレッツ・v6オプション契約の確認",
                Input::Radio(facts.lists.choices("v6_options")),
            )
            .help(
                "配信アプリケーションの利用には、フレッツ・v6オプション契約が必要となります。必ず、契約の有無をご確認ください。",
            )
            .picture("v6-option")
            .article("v6-option")
            .when("line_kind", IP_VPN),
        );
        fields.extend(ipsec_provider(facts, "IPsec+IKEサービス提供事業者名", "line_kind"));
        fields
    }

    fn month_fields(facts: &Facts) -> Vec<Field> {
        let from = YearMonth::of(facts.now.date());
        let month = Input::Month { from, to: from.plus_months(MONTHS_AHEAD) };
        vec![
            Field::new("start_month", "利用開始予定年月", month.clone())
                .help("オンライン資格確認等システムの利用を始める予定の年月を選んでください。"),
            Field::new("test_month", "テスト開始予定年月（※未定の方は入力不要）", month)
                .help("医療機関等で検査・確認テストをする予定の年月を選んでください。")
                .optional(),
        ]
    }
}

impl Procedure for EligibilityApplication {
    fn complete(&self, facts: &Facts, answers: &mut Answers) {
        LINE_KIND.complete(facts, answers);
        source(facts).complete(answers);
    }

    fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<Section> {
        let terms = Field::new("terms", "利用規約への同意", Input::Agreement(facts.document("eligibility-terms")))
            .help("利用規約を読み、内容に問題がなければチェックを入れてください。");
        vec![
            institution_section(facts),
            Section::new("申請の区分と規約", vec![application_kind(facts.known.eligibility.is_some()), terms]),
            Section::new("回線", Self::line_fields(facts, answers)),
            Section::new("時期", Self::month_fields(facts)),
            Section::new("電子証明書発行料", vec![fee_payment(facts)]),
        ]
    }

    fn preset(&self, facts: &Facts) -> Answers {
        let mut answers = match &facts.known.eligibility {
            None => Answers::new().with("application_kind", "start"),
            Some(before) => {
                let once = ["terms", "test_month", "start_month", CHANGED];
                let kept = before.iter().filter(|(key, _)| !once.contains(key));
                kept.collect::<Answers>().with("application_kind", "change")
            }
        };
        if let Some(claims) = facts.known.claims.as_ref().filter(|_| facts.known.eligibility.is_none()) {
            answers.set(PAPERS, claims.get(PAPERS));
            self.complete(facts, &mut answers);
        }
        answers
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        started_before(facts.known.eligibility.is_some(), "申請", answers, findings);
        if answers.is("application_kind", "change") && facts.known.eligibility.is_none() {
            findings.error(
                "application_kind",
                "前の申請がこのポータルに見つかりません。はじめて申請する場合は「開始」を選んでください。",
            );
        }
        LINE_KIND.rules(facts, answers, findings);
        if answers.is("line_kind", "ip_vpn") {
            source(facts).rules(facts, answers, findings);
        }
        if answers.is("v6_option", NO_V6) {
            findings.error(
                "v6_option",
                "フレッツ・v6オプションの契約がないと利用できません。契約を申し込んでから「契約済、または利用開始までに契約予定である」を選んでください。",
            );
        }
        let (start, test) = (answers.get("start_month"), answers.get("test_month"));
        if let (Ok(start), Ok(test)) = (start.parse::<YearMonth>(), test.parse::<YearMonth>())
            && test > start
        {
            findings.warn(
                "test_month",
                format!("テスト開始予定（{test}）が利用開始予定（{start}）より後です。予定をご確認ください。"),
            );
        }
    }

    fn before_sending(&self, facts: &Facts, _answers: &Answers) -> Vec<String> {
        vec![
            "送信すると、審査担当が内容を確認します。結果はメールとこのポータルでお知らせします。".to_owned(),
            format!("審査の目安は{}営業日です。承認されるまでは、無料で取り下げられます。", facts.rules.review_days),
        ]
    }

    fn line_id(&self, facts: &Facts, answers: &Answers) -> Option<String> {
        answers.is("line_kind", "ip_vpn").then(|| source(facts).resolved(answers)).flatten()
    }

    fn start_month(&self, answers: &Answers) -> Option<YearMonth> {
        answers.get("start_month").parse().ok()
    }
}

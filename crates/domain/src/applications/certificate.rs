//! 端末の電子証明書 発行申請 (spec 04.1).

use super::{Business, Effect, Facts, KnownTerminal, Life, Need, Procedure, Words};
use crate::accounts::EmailAddress;
use crate::calendar::japanese_date;
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};
use crate::mandates::names_holder;
use crate::terminals::{looks_like_vendor, name_key, renewal::Window, terminal_name};
use crate::text::thousands;

/// The application for the certificates of one or several terminals.
#[derive(Clone, Copy, Debug)]
pub struct CertificateApplication;

/// Most terminals in one go (spec 04.1).
pub const MOST_TERMINALS: usize = 50;
/// Key of the number of terminals.
pub const TERMINAL_COUNT: &str = "terminal_count";

/// One terminal of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalRequest {
    /// 端末名称等.
    pub name: String,
    /// 端末のOS, a value of the list `terminal_oses`.
    pub os: String,
    /// 用途, a value of the list `purposes`.
    pub purpose: String,
}

fn count(answers: &Answers) -> usize {
    answers.get(TERMINAL_COUNT).parse().ok().filter(|count| (1..=MOST_TERMINALS).contains(count)).unwrap_or(1)
}

fn key(name: &str, number: usize) -> String {
    format!("{name}_{number}")
}

/// The terminals of a checked form, in order.
pub fn terminal_requests(answers: &Answers) -> Vec<TerminalRequest> {
    (1..=count(answers))
        .map(|number| TerminalRequest {
            name: answers.get(&key("terminal_name", number)).to_owned(),
            os: answers.get(&key("terminal_os", number)).to_owned(),
            purpose: answers.get(&key("purpose", number)).to_owned(),
        })
        .collect()
}

/// The answers of the case for one terminal, as if it had been applied for alone.
pub fn case_answers(answers: &Answers, terminal: &TerminalRequest) -> Answers {
    let shared = ["consent", "contact", "technical_contact", "technical_mail", "second_reason"];
    let kept: Answers = answers.iter().filter(|(key, _)| shared.contains(key)).collect();
    kept.with(TERMINAL_COUNT, "1")
        .with("terminal_name_1", &terminal.name)
        .with("terminal_os_1", &terminal.os)
        .with("purpose_1", &terminal.purpose)
}

/// Whether a name is that of a company that sets up systems, by its form or by the lists of the operator.
pub(super) fn is_vendor(facts: &Facts, name: &str) -> bool {
    let makers = facts.lists.entries("receipt_products").iter().map(|product| product.maker.as_str());
    let listed = facts.lists.entries("vendor_names").iter().flat_map(|entry| &entry.names).map(String::as_str);
    let holders = facts.known.mandate_holders.iter().map(|holder| holder.company.as_str());
    let vendors: Vec<&str> = makers.chain(listed).chain(holders).collect();
    looks_like_vendor(name, &[&facts.institution.name, &facts.institution.founder], &vendors)
}

impl CertificateApplication {
    /// Its words.
    pub const WORDS: Words = Words {
        key: "certificate",
        label: "端末の電子証明書 発行申請",
        short: "電子証明書",
        business: Business::Eligibility,
        lead: "端末1台に1枚必要な「端末の電子証明書」の発行を申請します。承認されると、通知書が簡易書留で届きます。入力は5分ほどです。",
        prepare: &["端末の台数と、それぞれの名前", "端末のOS（Windows 11 など）", "通知書を受け取る担当者の名前"],
        tile: "電子証明書発行申請",
        tile_text: "こちらから端末の電子証明書の発行申請を行えます。",
        to_form: "電子証明書の申請画面へ進む",
        send: "この内容で発行を申請する",
        withdraw: "申請を取り消す",
        ..Words::COMMON
    };

    fn terminal_section(facts: &Facts, number: usize, of: usize) -> Section {
        let suggestions =
            facts.lists.entries("terminal_name_examples").iter().map(|entry| entry.label.clone()).collect();
        let title = if of == 1 { "端末".to_owned() } else { format!("端末 {number}台目") };
        Section::new(
            title,
            vec![
                Field::new(
                    key("terminal_name", number),
                    "端末名称等",
                    Input::Line { max: 64, keyboard: Keyboard::Text, suggestions },
                )
                .help("端末にどの端末の電子証明書を入れたか、利用者において判別するための任意の名称です。例：オンライン資格確認パソコン、オンライン請求用パソコン。2台目からは「受付」「2階」など場所を添えてください。")
                .help("ラベル等に記載し、対象となる端末に貼り付けるなど、特定できるよう管理願います。")
                .picture("terminal-name"),
                Field::new(key("terminal_os", number), "端末のOS", Input::Select(facts.lists.choices("terminal_oses")))
                    .help("端末に合った形式でファイルをお渡しするために伺います。")
                    .picture("os-version"),
                Field::new(key("purpose", number), "用途", Input::Radio(facts.lists.choices("purposes")))
                    .help("同じ端末で資格確認と請求の両方を行うときは「共用」を選んでください。1枚で両方に使えます。"),
            ],
        )
    }

    fn consent_section(&self, facts: &Facts) -> Section {
        let fee = thousands(facts.rules.certificate_fee_yen);
        let choices = vec![Choice::new("agree", "同意する"), Choice::new("refuse", "同意しない")];
        let consent = Field::new("consent", "発行料への同意", Input::Radio(choices))
            .help(format!(
                "端末の電子証明書は1枚あたり{fee}円です。申請が承認された時点で発生します。承認されるまでの取消しは無料です。"
            ))
            .help("申請の前に、共通認証局運用規程（CP/CPS）をご確認ください。発行等申請の方法については、手引きをご確認ください。");
        let documents = self.documents().iter().map(|slug| facts.document(slug));
        Section::new("発行料", vec![documents.fold(consent, Field::document)])
    }

    fn applicant_section(facts: &Facts) -> Section {
        let institution = &facts.institution;
        let line = |max| Input::Line { max, keyboard: Keyboard::Text, suggestions: vec![] };
        Section::new(
            "申請者",
            vec![
                Field::shown("class", "分類", institution.code.score_table().certificate_class()),
                Field::shown("prefecture", "都道府県コード", institution.code.prefecture().label()),
                Field::shown("score_table", "点数表", institution.code.score_table().label()),
                Field::shown("institution_code", "医療機関コード", institution.code.local()),
                Field::shown("institution_name", "医療機関（薬局）名称", &institution.name),
                Field::shown("phone", "電話番号", &institution.phone),
                Field::shown("email", "メールアドレス", &facts.person_email),
                Field::new("contact", "担当部署／担当者名", line(60))
                    .help("入力した名前が、電子証明書発行通知書（郵便物）の宛名になります。医療機関等の方の名前を入力してください。")
                    .help("通知書は、台帳にある医療機関等の住所に簡易書留で届きます。")
                    .picture("addressee"),
                Field::new("technical_contact", "技術連絡先（システムベンダなど）", line(60))
                    .help("設定を頼むシステムベンダがあれば、会社名と担当者名を入力してください。")
                    .optional(),
                Field::new("technical_mail", "技術連絡先のメールアドレス", line(254))
                    .help("入力すると、有効期限のお知らせを技術連絡先にもお送りします。")
                    .optional(),
            ],
        )
        .lead("医療機関コードが変更されている（または予定がある）場合は、先に「承継」の手続が必要です（手続の一覧の「変更・承継・廃止」）。")
    }

    /// The contact becomes the addressee of the letter: a person of the institution, not of a company that sets up systems.
    fn addressee(facts: &Facts, answers: &Answers, findings: &mut Findings) {
        if !answers.has("contact") || findings.has_error("contact") {
            return;
        }
        if names_holder(answers.get("contact"), &facts.known.mandate_holders) {
            findings.error(
                "contact",
                "「担当部署／担当者名」に、申請の準備を委任しているシステムベンダの方の名前があります。通知書の宛名になるため、医療機関等の方の名前を入力し、システムベンダの方は「技術連絡先」に入力してください。",
            );
        } else if is_vendor(facts, answers.get("contact")) {
            findings.error(
                "contact",
                "「担当部署／担当者名」にシステムベンダと思われる名前があります。通知書の宛名になるため、医療機関等の方の名前を入力し、システムベンダは「技術連絡先」に入力してください。",
            );
        }
    }

    fn names(facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let mut seen: Vec<String> = vec![];
        for number in 1..=count(answers) {
            let key = key("terminal_name", number);
            if findings.has_error(&key) {
                continue;
            }
            match terminal_name(answers.get(&key)) {
                Err(fault) => findings.error(&key, fault.to_string()),
                Ok(name) if seen.contains(&name_key(&name)) => {
                    findings.error(&key, format!("「{name}」が2回入力されています。端末ごとに違う名前にしてください。"))
                }
                Ok(name) => {
                    Self::second(facts, answers, &key, &name, findings);
                    answers.set(&key, &name);
                    seen.push(name_key(&name));
                }
            }
        }
    }

    /// The terminal of the same name, however it is written: the one whose certificate ends last.
    fn known<'a>(facts: &'a Facts, name: &str) -> Option<&'a KnownTerminal> {
        let key = name_key(name);
        let same = facts.known.terminals.iter().filter(|terminal| name_key(&terminal.name) == key);
        same.max_by_key(|terminal| (terminal.ends_at, terminal.applied_at))
    }

    /// What to do instead when the certificate is about to end or has just ended.
    fn renewal(facts: &Facts, known: &KnownTerminal) -> Option<String> {
        let ends_at = known.ends_at?;
        let renewable = matches!(Window::at(ends_at, facts.now), Window::Open { .. } | Window::Grace { .. });
        let day = japanese_date(ends_at.date());
        renewable.then(|| format!("有効期限は{day}です。新しく申請しなくても、「端末の一覧」から更新できます。"))
    }

    fn second(facts: &Facts, answers: &Answers, key: &str, name: &str, findings: &mut Findings) {
        let Some(known) = Self::known(facts, name) else { return };
        let day = japanese_date(known.applied_at.date());
        let renewal = Self::renewal(facts, known).unwrap_or_default();
        let told = format!(
            "「{}」の端末の電子証明書は、{day}に申請済みです（{}）。{renewal}",
            known.name,
            known.state.label()
        );
        if answers.has("second_reason") {
            findings.warn(key, told);
        } else {
            findings.error(key, format!("{told}別の端末なら違う名前にしてください。同じ端末でもう1枚必要なときは、「同じ端末に2枚目が必要な理由」を入力してください。"));
        }
    }
}

impl Procedure for CertificateApplication {
    fn life(&self) -> Life {
        Life::Certificate
    }

    fn effect(&self) -> Effect {
        Effect::Certificate
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Terminals, Need::MandateHolders]
    }

    fn is_one_at_a_time(&self) -> bool {
        false
    }

    fn documents(&self) -> &'static [&'static str] {
        &["cp-cps", "certificate-application-guide"]
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        let filed = facts.known.eligibility.is_some() || facts.known.claims.is_some();
        (!filed).then_some("端末の電子証明書を申請する前に、オンライン資格確認の利用申請が必要です。")
    }

    fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<Section> {
        let terminals = count(answers);
        let mut sections = vec![
            self.consent_section(facts),
            Self::applicant_section(facts),
            Section::new(
                "端末の台数",
                vec![
                    Field::new(
                        TERMINAL_COUNT,
                        "端末の台数",
                        Input::Select((1..=MOST_TERMINALS).map(|n| Choice::new(n.to_string(), format!("{n}台"))).collect()),
                    )
                    .help("端末の電子証明書は、入れる端末1台に1枚必要です。端末を複数台利用する場合には、利用台数分を申請してください。台数を変えたときは「台数を反映する」を押してください。"),
                ],
            ),
        ];
        sections.extend((1..=terminals).map(|number| Self::terminal_section(facts, number, terminals)));
        let repeated = terminal_requests(answers).iter().any(|terminal| Self::known(facts, &terminal.name).is_some());
        if repeated || answers.has("second_reason") {
            sections.push(Section::new(
                "同じ端末の2枚目",
                vec![
                    Field::new("second_reason", "同じ端末に2枚目が必要な理由", Input::Lines { max: 200 })
                        .help("パソコンを入れ替えた、ファイルを消してしまった、など。")
                        .optional(),
                ],
            ));
        }
        sections
    }

    fn preset(&self, facts: &Facts) -> Answers {
        Answers::new().with(TERMINAL_COUNT, "1").with("contact", &facts.person_name)
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        if answers.is("consent", "refuse") {
            findings.error(
                "consent",
                "発行料に同意しない場合は申請できません。下書きは残りますので、同意できるときに続けてください。",
            );
        }
        Self::addressee(facts, answers, findings);
        if answers.has("technical_mail") && !findings.has_error("technical_mail") {
            match EmailAddress::parse(answers.get("technical_mail")) {
                Ok(address) => answers.set("technical_mail", address.as_str()),
                Err(fault) => findings.error("technical_mail", fault.to_string()),
            }
        }
        Self::names(facts, answers, findings);
    }

    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String> {
        let terminals = count(answers);
        let total = facts.rules.certificate_fee_yen * i64::try_from(terminals).unwrap_or(1);
        vec![
            format!(
                "端末{terminals}台分、発行料は合計{}円（1枚あたり{}円）です。発行料は、申請が承認された時点で発生します。",
                thousands(total),
                thousands(facts.rules.certificate_fee_yen)
            ),
            format!("承認から約{}営業日で、電子証明書発行通知書が簡易書留で届きます。", facts.rules.arrival_days),
            "端末の電子証明書の取得には、オンライン請求ネットワークへの接続設定が必要です。未設定の場合は、システムベンダにご相談ください。".to_owned(),
        ]
    }
}

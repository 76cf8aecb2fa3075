//! 補助金申請 (spec 6.1): which scheme, what was paid, and the grant that follows from it.

use time::Date;

use super::{Folder, parts::contact_section};
use crate::applications::{Business, Effect, Facts, Life, Need, Procedure, Words, institution_section};
use crate::calendar::japanese_date;
use crate::fees::yen;
use crate::forms::{Answers, Choice, Field, Findings, Input, Keyboard, Section};
use crate::subsidies::{
    Applicant, Applying, Category, Grant, INSTITUTION_KIND, InstitutionKind, Paper, SCHEME, Scheme, SchemeRef, Span,
    amount_key, amounts_of, compute, paper_key,
};
use crate::text::thousands;

/// Its words.
pub(super) const WORDS: Words = Words {
    key: "subsidy",
    label: "補助金申請",
    short: "補助金",
    business: Business::Eligibility,
    lead: "オンライン資格確認などの導入にかかった費用の補助を申請します。補助される額は、入力した額からこの場で計算されます。入力は10分ほどです。",
    prepare: &["領収書（写）", "領収書内訳書（写）", "事業完了報告書", "費用の区分ごとの、支払った額"],
    tile_text: "こちらからオンライン資格確認等の補助金を申請いただけます。",
    accepted: "次に、交付決定の手続に進みます。決定すると、メールでお知らせし、交付決定通知書をダウンロードできます。",
    ..Words::COMMON
};

/// Its texts.
pub(super) const FOLDER: Folder = Folder {
    article: include_str!("article.md"),
    documents: &[],
    options: include_str!("options.toml"),
    example: &[("amount_c1", "280,000円")],
};

/// Key of the answer with the day on which the work was done.
const DONE: &str = "done_on";
/// Most files of a document.
const MOST_FILES: usize = 10;
/// Key under which a sent case keeps the operation start date that it refers to.
const START: &str = "operation_start";
/// Key under which a sent case keeps the yen that were computed.
const COMPUTED: &str = "grant_yen";

/// Its fields and rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form;

/// The scheme that was chosen, if it is known.
fn chosen<'a>(facts: &'a Facts, answers: &Answers) -> Option<&'a Scheme> {
    let which: SchemeRef = answers.get(SCHEME).parse().ok()?;
    facts.schemes.iter().find(|scheme| scheme.choice() == which)
}

/// The day on which the case counts as sent: a correction counts as the first sending.
fn sending_day(facts: &Facts) -> Date {
    facts.known.sent_at.unwrap_or(facts.now).date()
}

/// The institution with the kind that it answered.
fn who<'a>(facts: &'a Facts, answers: &Answers) -> Applicant<'a> {
    Applicant::of(&facts.institution.code, answers)
}

/// The kind that it answered in its application before; empty when it was not asked.
fn kind_before(facts: &Facts) -> &str {
    facts.known.latest.as_ref().map(|before| before.get(INSTITUTION_KIND)).unwrap_or_default()
}

fn is_open(scheme: &Scheme, facts: &Facts, answers: &Answers) -> bool {
    scheme.is_open(who(facts, answers), sending_day(facts))
}

fn last_day(scheme: &Scheme, facts: &Facts, answers: &Answers) -> Date {
    scheme.applying(who(facts, answers)).map_or(scheme.applications.to, |applying| applying.until)
}

/// What is open, and what was chosen while it was.
fn scheme_field(facts: &Facts, answers: &Answers) -> Field {
    let mine = chosen(facts, answers).map(Scheme::choice);
    let offered = facts.schemes.iter().filter(|one| is_open(one, facts, answers) || mine == Some(one.choice()));
    let choice = |scheme: &Scheme| {
        let until = format!("申請の締切：{}", japanese_date(last_day(scheme, facts, answers)));
        Choice::new(scheme.choice().to_string(), &scheme.name).noted(until)
    };
    Field::new(SCHEME, "補助金の制度", Input::Radio(offered.map(choice).collect()))
        .help("選んでボタンを押すと、費用の区分と必要な書類が表示されます。")
        .shapes("この制度の項目を表示する")
}

/// Asked where the register leaves it open and the scheme tells the kinds apart; what each of them gets stands beside it.
fn kind_section(scheme: &Scheme, facts: &Facts) -> Section {
    let code = &facts.institution.code;
    let choice = |kind: &InstitutionKind| {
        let gets = scheme.applying_as(code, *kind);
        let words = |one: Applying| format!("補助率 {}、上限 {}円", one.rate, thousands(one.ceiling_yen));
        let note = gets.map_or_else(|| "この制度の対象ではありません。".to_owned(), words);
        Choice::new(kind.as_str(), kind.label()).noted(note)
    };
    let choices = InstitutionKind::of(code.score_table()).iter().map(choice).collect();
    let field = Field::new(INSTITUTION_KIND, "病院か診療所か", Input::Radio(choices))
        .help("病床（入院のベッド）が20床以上なら病院、19床以下か病床がないときは診療所です。開設の許可証や届出のとおりに選んでください。")
        .shapes("この種類で計算する");
    Section::new("医療機関の種類", vec![field])
        .lead("この制度は、病院と診療所で、補助率や上限が違います。医療機関等の台帳ではどちらかがわからないため、お尋ねします。次に補助金を申請するときは、この答えが入力された状態になります。")
}

fn costs(scheme: &Scheme, applying: Option<Applying>, facts: &Facts) -> Section {
    let field = |category: &Category| {
        let most = category.ceiling_yen.map(|most| format!("この費用は、{}円までが対象です。", thousands(most)));
        let until = scheme.until(category, applying);
        let all = applying.map_or(scheme.applications.to, |applying| applying.until);
        let until = (until != all).then(|| format!("この費用の申請の締切：{}", japanese_date(until)));
        let input = Input::Line { max: 20, keyboard: Keyboard::Numeric, suggestions: vec![] };
        let field = Field::new(amount_key(category), &category.name, input).optional();
        most.into_iter().chain(until).fold(field, Field::help)
    };
    let mut fields: Vec<Field> = scheme.categories.iter().map(field).collect();
    if let Some(first) = fields.first_mut() {
        first.shapes = Some("補助される額を計算する");
    }
    let Span { from, to } = scheme.costs;
    let (first, last) = (japanese_date(from), japanese_date(to));
    fields.push(
        Field::new(DONE, "事業が完了した日", Input::Date { from, to: to.min(facts.now.date()).max(from) })
            .help(format!("{first}から{last}までに完了した事業が対象です。完了してから申請してください。")),
    );
    Section::new("費用", fields)
        .lead("支払った額を、税込みの円で入力してください。かかっていない費用は、空のままにしてください。")
}

/// What a scheme asks to be registered and sent.
fn papers(scheme: &Scheme, facts: &Facts) -> Option<Section> {
    let upload = |paper: &Paper| Field::new(paper_key(*paper), paper.label(), Input::Upload { most_files: MOST_FILES });
    let mut fields: Vec<Field> = scheme.papers.iter().map(upload).collect();
    if scheme.needs_start {
        let day = facts.known.operation_start.map_or_else(|| "まだ登録されていません".to_owned(), japanese_date);
        let shown = Field::shown("operation_start_shown", "運用開始日", day);
        fields
            .insert(0, shown.help("この制度は、運用開始日の登録が条件です。申請すると、登録した日は変更できません。"));
    }
    let lead = "PDF、JPEG、PNGのファイルを送ってください。文字が読めることを確かめてから、追加してください。";
    (!fields.is_empty()).then(|| Section::new("書類", fields).lead(lead))
}

/// Whether an amount says that nothing was paid.
fn is_none(typed: &str) -> bool {
    ["", "0", "０"].contains(&typed.trim())
}

/// The grant line by line, as far as amounts were typed; none before that.
fn computation(scheme: &Scheme, who: Applicant<'_>, answers: &Answers) -> Option<Section> {
    let amounts = amounts_of(scheme, answers);
    let typed = scheme.categories.iter().filter(|category| !is_none(answers.get(&amount_key(category))));
    let unread = typed.count() > amounts.len();
    let grant = compute(scheme, who, &amounts)?;
    (unread || !grant.lines.is_empty()).then(|| computed(&grant, unread))
}

fn computed(grant: &Grant, unread: bool) -> Section {
    let shown = |nth: usize, label: &str, words: String| Field::shown(format!("grant_line_{nth}"), label, words);
    let line = |(nth, line): (usize, &crate::subsidies::Line)| {
        let sign = if line.yen < 0 { "－" } else { "" };
        shown(nth, &line.label, format!("{sign}{}円（{}）", thousands(line.yen.abs()), line.why))
    };
    let mut fields: Vec<Field> = grant.lines.iter().enumerate().map(line).collect();
    fields.push(shown(fields.len(), "補助される額の見込み", format!("{}円", thousands(grant.total_yen))));
    let lead = match unread {
        true => "数字として読み取れない額があり、計算に入っていません。「280,000」のように入力し直してください。",
        false => {
            "入力した額から計算しました。審査で額が変わることがあります。決定した額は、交付決定通知書でお知らせします。"
        }
    };
    Section::new("補助される額の計算", fields).lead(lead)
}

impl Form {
    fn start(facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        match facts.known.operation_start {
            Some(day) => answers.set(START, day.to_string()),
            None => findings.error(SCHEME, "この制度は、運用開始日の登録が条件です。「運用開始日登録」を済ませてから、送信してください。入力した内容は、下書きに残っています。"),
        }
    }

    /// No clinic may call itself a hospital (医療法 3条): whoever looks at the case is told when the answer and the name differ.
    fn kind_fits(facts: &Facts, answers: &Answers, findings: &mut Findings) {
        if answers.is(INSTITUTION_KIND, InstitutionKind::Clinic.as_str()) && facts.institution.name.contains("病院") {
            findings.warn(
                INSTITUTION_KIND,
                "医療機関等の名前に「病院」とありますが、診療所と答えています。病院のときは、選び直してください。",
            );
        }
    }

    fn amounts(scheme: &Scheme, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let applying = scheme.applying(who(facts, answers));
        for category in &scheme.categories {
            let key = amount_key(category);
            if is_none(answers.get(&key)) {
                answers.set(&key, "");
                continue;
            }
            let until = scheme.until(category, applying);
            match yen(answers.get(&key)) {
                Err(fault) => findings.error(&key, format!("「{}」：{fault}", category.name)),
                Ok(_) if sending_day(facts) > until => {
                    let said = format!(
                        "「{}」の申請の受付は、{}に終わりました。この額を空にすると、ほかの費用を申請できます。",
                        category.name,
                        japanese_date(until)
                    );
                    findings.error(&key, said);
                }
                Ok(amount) => answers.set(&key, format!("{}円", thousands(amount))),
            }
        }
    }

    fn total(scheme: &Scheme, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let keys: Vec<String> = scheme.categories.iter().map(amount_key).collect();
        let Some(first) = keys.first().filter(|_| !keys.iter().any(|key| findings.has_error(key))) else { return };
        let amounts = amounts_of(scheme, answers);
        let Some(grant) = compute(scheme, who(facts, answers), &amounts) else { return };
        answers.set(COMPUTED, grant.total_yen.to_string());
        if amounts.is_empty() {
            findings.error(first, "支払った額を、少なくとも1つの費用に入力してください。");
        } else if grant.total_yen == 0 {
            findings.error(
                first,
                format!(
                    "入力した額では、補助される額が0円になります（{}円未満は切り捨てです）。額を確かめてください。",
                    thousands(scheme.unit_yen)
                ),
            );
        }
    }

    /// Why an institution cannot send an application for a scheme now.
    fn against(scheme: &Scheme, facts: &Facts, answers: &Answers) -> Option<String> {
        let name = &scheme.name;
        if facts.known.schemes_filed.contains(&scheme.key) {
            return Some(format!("「{name}」は、すでに申請しています。1つの制度に申請できるのは1回です。"));
        }
        if is_open(scheme, facts, answers) {
            return None;
        }
        let who = who(facts, answers);
        if scheme.applying(who).is_none() {
            let asked = who.kind.filter(|_| scheme.asks_kind(who.code)).map(InstitutionKind::label);
            let whom = asked.map_or_else(|| format!("{}の医療機関等", who.code.score_table()), str::to_owned);
            return Some(format!("「{name}」は、{whom}を対象にしていません。"));
        }
        let last = last_day(scheme, facts, answers);
        Some(if sending_day(facts) > last {
            format!(
                "「{name}」の申請の受付は、{}に終わりました。入力した内容は、下書きに残っています。",
                japanese_date(last)
            )
        } else {
            format!("「{name}」の申請の受付は、{}に始まります。", japanese_date(scheme.applications.from))
        })
    }
}

impl Procedure for Form {
    /// A file cannot be put into a cell.
    fn fits_a_table(&self) -> bool {
        false
    }

    fn life(&self) -> Life {
        Life::Once
    }

    fn effect(&self) -> Effect {
        Effect::Award
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Schemes]
    }

    fn is_one_at_a_time(&self) -> bool {
        false
    }

    fn missing_before(&self, facts: &Facts) -> Option<&'static str> {
        let open =
            facts.known.sent_at.is_some() || facts.schemes.iter().any(|scheme| is_open(scheme, facts, &Answers::new()));
        (!open).then_some("いま、この医療機関等が申請できる補助金の制度はありません。受付が始まると、お知らせでご案内します。入力した下書きがあるときは、残っています。")
    }

    fn way_before(&self, _: &Facts) -> Option<(&'static str, &'static str)> {
        None
    }

    /// A draft follows the scheme into its newest version; what was answered for the application before is not asked again.
    fn complete(&self, facts: &Facts, answers: &mut Answers) {
        let key = answers.get(SCHEME).parse().ok().map(|which: SchemeRef| which.key);
        let newer = facts.schemes.iter().find(|scheme| Some(&scheme.key) == key.as_ref());
        let Some(scheme) = chosen(facts, answers).or(newer) else { return };
        answers.set(SCHEME, scheme.choice().to_string());
        if scheme.asks_kind(&facts.institution.code) && !answers.has(INSTITUTION_KIND) {
            answers.set(INSTITUTION_KIND, kind_before(facts));
        }
    }

    fn sections(&self, facts: &Facts, answers: &Answers) -> Vec<Section> {
        let mut sections = vec![institution_section(facts), Section::new("制度", vec![scheme_field(facts, answers)])];
        if let Some(scheme) = chosen(facts, answers) {
            let who = who(facts, answers);
            let (asks, applying) = (scheme.asks_kind(who.code), scheme.applying(who));
            sections.extend(asks.then(|| kind_section(scheme, facts)));
            if applying.is_some() || (asks && who.kind.is_none()) {
                sections.push(costs(scheme, applying, facts));
                sections.extend(computation(scheme, who, answers));
                sections.extend(papers(scheme, facts));
            }
        }
        sections.push(contact_section());
        sections
    }

    fn preset(&self, facts: &Facts) -> Answers {
        let answers = Answers::new().with("contact", &facts.person_name).with(INSTITUTION_KIND, kind_before(facts));
        let mut open = facts.schemes.iter().filter(|scheme| Self::against(scheme, facts, &answers).is_none());
        match (open.next(), open.next()) {
            (Some(only), None) => answers.with(SCHEME, only.choice().to_string()),
            _ => answers,
        }
    }

    fn rules(&self, facts: &Facts, answers: &mut Answers, findings: &mut Findings) {
        let Some(scheme) = chosen(facts, answers).cloned() else { return };
        if let Some(against) = Self::against(&scheme, facts, answers) {
            findings.instead(SCHEME, against);
        }
        if scheme.needs_start {
            Self::start(facts, answers, findings);
        }
        if scheme.asks_kind(&facts.institution.code) {
            Self::kind_fits(facts, answers, findings);
        }
        Self::amounts(&scheme, facts, answers, findings);
        Self::total(&scheme, facts, answers, findings);
    }

    fn before_sending(&self, facts: &Facts, answers: &Answers) -> Vec<String> {
        let total =
            answers.get(COMPUTED).parse().map_or_else(|_| "－".to_owned(), |yen| format!("{}円", thousands(yen)));
        vec![
            format!("送信すると、審査担当が書類と計算を確認します。補助される額の見込みは{total}です。"),
            format!(
                "審査の目安は{}営業日です。そのあと交付が決定されると、メールでお知らせします。",
                facts.rules.review_days
            ),
        ]
    }
}

//! 「端末に何かあったとき」: one question a page, then what to do, what it costs, and the button that does it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use domain::{
    calendar::japanese_datetime,
    clock::Timestamp,
    terminals::{
        loss::LossClock,
        trouble::{Answered, Happening, Question, Step, Way},
    },
    text::thousands,
};
use serde::Deserialize;
use services::{
    Error,
    terminals::{self, Deed, Terminal, Trouble},
};

use super::{id, is_owner, ways, words};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other},
    view::{
        form::{ChoiceView, ErrorSummary, FieldError, FieldView, InputView},
        frame::{BannerKind, BannerView, Frame, Link},
    },
};

/// The name of the page.
const TITLE: &str = "端末に何かあったとき";

#[derive(Template)]
#[template(path = "terminals/question.html")]
struct QuestionPage {
    frame: Frame,
    errors: ErrorSummary,
    terminal: String,
    action: String,
    back: String,
    given: Vec<(&'static str, &'static str)>,
    question: FieldView,
}

#[derive(Template)]
#[template(path = "terminals/way.html")]
struct WayPage {
    frame: Frame,
    terminal: String,
    title: &'static str,
    lead: String,
    steps: Vec<String>,
    fee: String,
    due: String,
    button: Option<&'static str>,
    danger: bool,
    consequence: String,
    link: Option<Link>,
    action: String,
    back: String,
    again: String,
    /// The answers, and the way that is shown: the button does this one and no other.
    given: Vec<(&'static str, &'static str)>,
}

/// The answers, as they stand in the address or in a form.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    what: String,
    #[serde(default)]
    backup: String,
    #[serde(default)]
    old_works: String,
    /// Set by the button of a question: an answer was to be given.
    #[serde(default)]
    asked: String,
}

fn choice(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

impl Typed {
    fn of(posted: &Posted) -> Self {
        let field = |name: &str| posted.get(name).to_owned();
        Self { what: field("what"), backup: field("backup"), old_works: field("old_works"), asked: String::new() }
    }

    fn answered(&self) -> Answered {
        Answered { happening: self.what.parse().ok(), backup: choice(&self.backup), old_works: choice(&self.old_works) }
    }
}

/// The answers as hidden fields.
fn given(answered: Answered) -> Vec<(&'static str, &'static str)> {
    let word = |yes: bool| if yes { "yes" } else { "no" };
    let fields = [
        answered.happening.map(|happening| ("what", happening.as_str())),
        answered.backup.map(|yes| ("backup", word(yes))),
        answered.old_works.map(|yes| ("old_works", word(yes))),
    ];
    fields.into_iter().flatten().collect()
}

/// The next question, or the way.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Failure> {
    visit.member()?;
    let answered = typed.answered();
    let Trouble { terminal, step } = terminals::trouble(&visit.ctx(), id(&name)?, answered).await?;
    Ok(match step {
        Step::Ask(question) => {
            let unanswered = typed.asked == key(question);
            let page = question_page(&visit, &terminal, question, answered, unanswered);
            if unanswered { Html(page).with_faults() } else { Html(page).into_response() }
        }
        Step::Go(way) => Html(way_page(&visit, &terminal, way, answered)).into_response(),
    })
}

const fn key(question: Question) -> &'static str {
    match question {
        Question::Happening => "what",
        Question::Backup => "backup",
        Question::OldWorks => "old_works",
    }
}

fn frame(visit: &Visit, terminal: &Terminal) -> Frame {
    let mut frame = visit.frame(TITLE);
    frame.breadcrumb.push(Link::new("端末の一覧", "/terminals"));
    frame.breadcrumb.push(Link::new(&terminal.name, words::address(terminal)));
    frame
}

fn question_page(
    visit: &Visit,
    terminal: &Terminal,
    question: Question,
    answered: Answered,
    unanswered: bool,
) -> QuestionPage {
    let fault = unanswered.then(|| "当てはまるものを1つ選んでください。".to_owned());
    let own = words::address(terminal);
    let key = key(question);
    let error = |message: &String| FieldError { key: key.to_owned(), message: message.clone() };
    QuestionPage {
        frame: Frame { has_errors: unanswered, ..frame(visit, terminal) },
        errors: ErrorSummary { errors: fault.iter().map(error).collect() },
        terminal: terminal.name.clone(),
        action: format!("{own}/trouble"),
        back: if answered == Answered::default() { own } else { format!("{own}/trouble") },
        given: given(answered),
        question: FieldView { error: fault, ..field(question, terminal, visit.ctx().now) },
    }
}

fn field(question: Question, terminal: &Terminal, now: Timestamp) -> FieldView {
    let yes_no = |yes: &str, no: &str| vec![ChoiceView::new("yes", yes), ChoiceView::new("no", no)];
    let radio = |label: &str, choices| FieldView::new(key(question), label, InputView::Radio { choices }).required();
    match question {
        Question::Happening => {
            let apt = |one: &&Happening| **one != Happening::NeedsOne || !terminal.has_working(now);
            let choices = Happening::ALL.iter().filter(apt).map(|one| ChoiceView::new(one.as_str(), one.label()));
            radio("何がありましたか", choices.collect())
        }
        Question::Backup => radio(
            "端末の電子証明書のファイルの控えと、「ファイルのパスワード」がありますか",
            yes_no("両方ある", "どちらかがない、わからない"),
        )
        .with_help("取得したときに保管した「.p12」のファイルです。システムベンダが預かっていることもあります。"),
        Question::OldWorks => {
            radio("前のパソコンは、まだ使えますか", yes_no("使える（新しい端末の準備ができるまで使う）", "使えない"))
        }
    }
}

fn way_page(visit: &Visit, terminal: &Terminal, way: Way, answered: Answered) -> WayPage {
    let settings = &visit.site.app.settings;
    let yen = thousands(visit.site.app.rules().certificate_fee_yen);
    let own = words::address(terminal);
    let owner = is_owner(visit);
    let contact = settings.operator.contact();
    let told = ways::of(way, owner, ways::Places { closed_url: &settings.closed_url, contact: &contact });
    let running = terminal.losses.iter().find(|loss| loss.clock.done_at.is_none()).map(|loss| loss.clock);
    let clock = running.unwrap_or(LossClock::started(visit.ctx().now));
    WayPage {
        frame: frame(visit, terminal),
        terminal: terminal.name.clone(),
        title: told.title,
        lead: told.lead,
        steps: told.steps,
        fee: if way.costs_a_fee() {
            format!("発行料は{yen}円です。新しい申請が承認された時点で発生します。")
        } else {
            "発行料はかかりません。".to_owned()
        },
        due: if way == Way::RevokeLost { japanese_datetime(clock.due_at()) } else { String::new() },
        button: told.button,
        danger: way.revokes().is_some() && owner,
        consequence: told.consequence,
        link: told.link,
        action: format!("{own}/trouble"),
        again: format!("{own}/trouble"),
        back: own,
        given: [given(answered), vec![("way", way.as_str())]].concat(),
    }
}

/// The way that is right by now, when it is not the one whose button was pressed.
fn changed(visit: &Visit, trouble: &Trouble, answered: Answered) -> Response {
    let Step::Go(way) = trouble.step else { return see_other(&words::address(&trouble.terminal)) };
    let mut page = way_page(visit, &trouble.terminal, way, answered);
    page.frame.banners.push(BannerView {
        kind: BannerKind::Warning,
        title: "画面を開いた後に端末の状態が変わったため、まだ何もしていません。".to_owned(),
        body: vec![
            "いまの状態に合う進め方は、次のとおりです。内容を確かめてから、もう一度ボタンを押してください。".to_owned(),
        ],
        link: None,
    });
    Html(page).with_faults()
}

/// Does what the way asks for.
pub(super) async fn act(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let id = id(&name)?;
    let answered = Typed::of(&posted).answered();
    Ok(match terminals::act(&visit.ctx(), id, answered, posted.get("way")).await {
        Ok(Deed::Changed(trouble)) => changed(&visit, &trouble, answered),
        Ok(Deed::Revoked) => see_other(&format!("/terminals/{id}?done=revoked")),
        Ok(Deed::Retired) => see_other(&format!("/terminals/{id}?done=retired")),
        Ok(Deed::Reported) => see_other(&format!("/terminals/{id}?done=reported")),
        Ok(Deed::Begun(case)) => see_other(&format!("/applications/{case}/edit")),
        Ok(Deed::Nothing) | Err(Error::ChangedMeanwhile) => see_other(&format!("/terminals/{id}")),
        Ok(Deed::MissingBefore(sentence)) => {
            let Trouble { terminal, .. } = terminals::trouble(&visit.ctx(), id, Answered::default()).await?;
            let mut page = question_page(&visit, &terminal, Question::Happening, Answered::default(), false);
            page.frame.banners.push(BannerView {
                kind: BannerKind::Warning,
                title: sentence.to_owned(),
                body: vec![],
                link: Some(Link::new("手続の一覧", "/procedures")),
            });
            Html(page).with_faults()
        }
        Err(error) => return Err(error.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn every_way_is_a_page_for_owners_and_for_other_members() {
        let ways = [
            Way::Restore,
            Way::FetchAgain(Timestamp::from_millis(1_779_238_800_000)),
            Way::Apply,
            Way::RevokeAndApply,
            Way::RevokeLost,
            Way::ChangeCode,
            Way::Retire,
        ];
        let places =
            ways::Places { closed_url: "https://closed.example", contact: "0120-000-000（平日8時から18時）" };
        for (number, way) in ways.into_iter().enumerate() {
            for owner in [true, false] {
                let told = ways::of(way, owner, places);
                assert!(owner || way.revokes().is_none() || told.button.is_none() || way == Way::RevokeLost);
                let page = WayPage {
                    frame: member(TITLE),
                    terminal: "オンライン資格確認パソコン".into(),
                    title: told.title,
                    lead: told.lead,
                    steps: told.steps,
                    fee: "発行料はかかりません。".into(),
                    due: if way == Way::RevokeLost { "2026年5月21日（木）10:00".into() } else { String::new() },
                    button: told.button,
                    danger: way.revokes().is_some() && owner,
                    consequence: told.consequence,
                    link: told.link,
                    action: "/terminals/1/trouble".into(),
                    again: "/terminals/1/trouble".into(),
                    back: "/terminals/1".into(),
                    given: vec![("what", "lost")],
                };
                show(&format!("trouble-way-{number}-{}", if owner { "owner" } else { "member" }), &page);
            }
        }
    }

    #[test]
    fn a_question_stands_alone_on_its_page() {
        let choices = Happening::ALL.iter().map(|one| ChoiceView::new(one.as_str(), one.label())).collect();
        let field = FieldView::new("what", "何がありましたか", InputView::Radio { choices }).required();
        for fault in [None, Some("当てはまるものを1つ選んでください。")] {
            let error = |message: &str| FieldError { key: "what".into(), message: message.into() };
            let page = QuestionPage {
                frame: Frame { has_errors: fault.is_some(), ..member(TITLE) },
                errors: ErrorSummary { errors: fault.map(error).into_iter().collect() },
                terminal: "オンライン資格確認パソコン".into(),
                action: "/terminals/1/trouble".into(),
                back: "/terminals/1".into(),
                given: vec![],
                question: FieldView { error: fault.map(str::to_owned), ..field.clone() },
            };
            show(if fault.is_some() { "trouble-question-fault" } else { "trouble-question" }, &page);
        }
    }
}

//! A case of one's institution: its state in one line, its life, what was sent; withdrawal and revocation.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use domain::{
    applications::{Effect, Event, Kind, Life, State},
    calendar::{japanese_date, japanese_datetime, until_with_days_left},
    clock::Timestamp,
    ids::ApplicationId,
};
use serde::Deserialize;
use services::{
    Error,
    applications::{self, ApplicantCase},
    letters,
};

use super::{
    answer::{self, Open, Talk},
    badge, go_on, id, life, send_again,
};
use crate::pages::content::inquiries::spoken;
use crate::{
    site::{Download, Failure, Html, Posted, Visit, see_other},
    view::{
        frame::{BannerKind, BannerView, Frame, Link},
        parts::{CardView, CellView, ColumnView, Fact, RowView, SpokenView, StateLineView, SummaryListView, TableView},
    },
};

#[derive(Template)]
#[template(path = "applications/case.html")]
pub(super) struct CasePage {
    pub(super) frame: Frame,
    id: ApplicationId,
    reference: String,
    line: StateLineView,
    holder: &'static str,
    expected: String,
    deadline: Option<Fact>,
    reasons: Vec<(String, String)>,
    question: Option<Open>,
    talk: Vec<Talk>,
    action: Option<Link>,
    sections: Vec<SummaryListView>,
    /// What the acceptance led to, beside the case itself.
    led_to: Option<(TableView, Link)>,
    events: TableView,
    mails: TableView,
    letters: Vec<CardView>,
    certificates: Vec<CardView>,
    withdraw: Option<&'static str>,
    send_again: Option<Link>,
    action_class: &'static str,
    sent: bool,
    user_id_notice: bool,
    spoken: SpokenView,
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    saved: String,
    #[serde(default)]
    said: String,
}

/// The page of a case.
pub(super) async fn show(
    visit: Visit,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Result<Html<CasePage>, Failure> {
    visit.member()?;
    let shown = applications::case_of_applicant(&visit.ctx(), id(&name)?).await?;
    let mut page = page(&visit, &shown)?;
    page.led_to = led_to(&visit, &shown).await?;
    if !said.saved.is_empty() {
        page.frame.banners.push(BannerView::draft_saved());
    }
    page.frame.banners.extend(asked_of_letter(&shown, visit.ctx().now));
    page.frame.banners.extend(answer::told(&said.said));
    if said.said == "sent_again" {
        page.frame.banners.push(BannerView {
            kind: BannerKind::Success,
            title: "新しい通知書をお送りします。".to_owned(),
            body: vec!["前の通知書は使えなくなりました。見つかっても、使わずに破棄してください。".to_owned()],
            link: None,
        });
    }
    Ok(Html(page))
}

/// Asks whether a letter arrived that should have.
fn asked_of_letter(shown: &ApplicantCase, now: Timestamp) -> Option<BannerView> {
    let waited = match shown.case.state {
        State::LetterPosted => "発送から7日たちました。",
        State::LetterPrinted => "印刷から7日たちましたが、発送の記録がありません。",
        _ => return None,
    };
    shown.letters.last().filter(|letter| letters::is_overdue(letter, now)).map(|_| BannerView {
        kind: BannerKind::Warning,
        title: "通知書は届きましたか".to_owned(),
        body: vec![format!("{waited}届いていないときは、送り直せます。発行料はかかりません。")],
        link: Some(Link::new(send_again::LABEL, send_again_page(shown.case.id))),
    })
}

/// What the acceptance of a case led to: the steps of a closing, the list of a succession.
async fn led_to(visit: &Visit, shown: &ApplicantCase) -> Result<Option<(TableView, Link)>, Failure> {
    if shown.case.state != State::Accepted {
        return Ok(None);
    }
    Ok(match shown.case.kind.effect() {
        Effect::Closing => crate::pages::closing::of_case(visit, shown.case.id).await?,
        Effect::Succession => Some((TableView::default(), crate::pages::succession::link())),
        _ => None,
    })
}

fn send_again_page(id: ApplicationId) -> String {
    format!("/applications/{id}/send-again")
}

pub(super) fn page(visit: &Visit, shown: &ApplicantCase) -> Result<CasePage, Failure> {
    let case = &shown.case;
    let edit = go_on(case.id, shown.go_on_at.as_deref());
    let action = match case.state {
        State::Draft => Some(Link::new("続きを入力する", edit)),
        State::Returned => Some(Link::new("示された項目を直す", edit)),
        State::LetterReturned | State::LetterLost => Some(Link::new(send_again::LABEL, send_again_page(case.id))),
        State::InForce | State::Accepted if case.kind.life() != Life::Once => {
            Some(Link::new("内容の変更を申請する", format!("/procedures/{}", case.kind)))
        }
        _ => None,
    };
    let mut frame = visit.frame(case.kind.label());
    frame.breadcrumb.push(Link::new("マイリスト", "/mylist"));
    Ok(CasePage {
        frame,
        id: case.id,
        reference: case.reference.clone().unwrap_or_default(),
        line: life::line(
            case.kind,
            case.state,
            shown.explanation.over,
            badge(&shown.explanation, case.state),
            shown.explanation.sentence(),
            &shown.reached(),
        ),
        holder: shown.explanation.holder,
        expected: shown.explanation.expected.map(japanese_date).unwrap_or_default(),
        deadline: shown
            .explanation
            .deadline
            .map(|until| Fact::new(until.label, until_with_days_left(until.day, visit.ctx().now.date()))),
        reasons: reasons(shown),
        question: answer::open(shown),
        talk: answer::talk(shown),
        action,
        sections: sections(shown),
        led_to: None,
        events: events(shown),
        mails: mails(shown),
        letters: letters_of(shown),
        certificates: certificates_of(shown, visit.ctx().now),
        withdraw: case.kind.allows(case.state, Event::Withdraw).then(|| case.kind.words().withdraw),
        send_again: (send_again::offered(shown, visit.ctx().now) && !send_again::is_next(case.state))
            .then(|| Link::new(format!("届かない、なくした：{}", send_again::LABEL), send_again_page(case.id))),
        action_class: if case.state.is_editable() || send_again::is_next(case.state) { "button-first" } else { "" },
        sent: case.submitted_at.is_some(),
        user_id_notice: case.kind == Kind::Claims && matches!(case.state, State::Accepted | State::InForce),
        spoken: spoken(visit)?,
    })
}

impl CasePage {
    /// Shows the answer that was typed, with what is wrong with it.
    pub(super) fn answer_again(&mut self, typed: &str, error: String) {
        if let Some(question) = &mut self.question {
            typed.clone_into(&mut question.typed);
            question.error = Some(error);
        }
    }
}

fn reasons(shown: &ApplicantCase) -> Vec<(String, String)> {
    let lines: Vec<_> = shown.reading.iter().flat_map(|(_, lines)| lines).collect();
    let label =
        |key: &str| lines.iter().find(|line| line.key == key).map_or("全体", |line| line.label.as_str()).to_owned();
    shown.case.reasons.iter().map(|(key, reason)| (label(key), reason.clone())).collect()
}

fn sections(shown: &ApplicantCase) -> Vec<SummaryListView> {
    let case = format!("/applications/{}", shown.case.id);
    let row = |line: &domain::applications::ReadingLine| super::answer(line, &case);
    let section = |(title, lines): &(String, Vec<_>)| SummaryListView {
        title: title.clone(),
        rows: lines.iter().map(row).collect(),
    };
    shown.reading.iter().map(section).collect()
}

/// What was noted, with the name of a bare number.
fn note(event: &services::rows::EventRow) -> String {
    match event.event {
        Event::PostLetter if !event.note.is_empty() => format!("書留番号 {}", event.note),
        _ => event.note.clone(),
    }
}

fn events(shown: &ApplicantCase) -> TableView {
    let row = |event: &services::rows::EventRow| RowView {
        cells: vec![
            CellView::Text(japanese_datetime(event.at)),
            CellView::Text(event.event.label().to_owned()),
            CellView::Text(event.actor_name.clone()),
            CellView::Text(note(event)),
        ],
        strong: false,
    };
    TableView {
        caption: "経過".to_owned(),
        columns: ["日時", "できごと", "行った人", "内容"].map(ColumnView::new).to_vec(),
        rows: shown.events.iter().map(row).collect(),
        ..TableView::default()
    }
}

fn mails(shown: &ApplicantCase) -> TableView {
    let words = |state: &str| match state {
        "sent" => "メールサーバーに渡しました",
        "refused" => "相手のサーバーに断られました",
        "bounced" => "届かずに戻ってきました。メールアドレスをご確認ください",
        "failed" => "送れませんでした。メールアドレスをご確認ください",
        _ => "送信待ちです",
    };
    let row = |mail: &services::rows::Mail| RowView {
        cells: vec![
            CellView::Text(japanese_datetime(mail.created_at)),
            CellView::Text(mail.subject.clone()),
            CellView::Text(words(&mail.state).to_owned()),
        ],
        strong: false,
    };
    TableView {
        caption: "送ったメール".to_owned(),
        columns: ["日時", "件名", "状態"].map(ColumnView::new).to_vec(),
        rows: shown.mails.iter().map(row).collect(),
        ..TableView::default()
    }
}

fn letters_of(shown: &ApplicantCase) -> Vec<CardView> {
    let card = |letter: &services::rows::Letter| CardView {
        kind: "簡易書留".to_owned(),
        title: "電子証明書発行通知書".to_owned(),
        facts: [
            Some(Fact::new("宛名", format!("{} 様", letter.addressee))),
            letter.posted_at.map(|at| Fact::new("発送日", japanese_date(at.date()))),
            letter.tracking_number.clone().map(|number| Fact { code: true, ..Fact::new("書留番号", number) }),
            letter.deadline.map(|at| Fact::new("取得期限", japanese_date(at.date()))),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ..CardView::default()
    };
    shown.letters.iter().filter(|letter| letter.state != "dead").map(card).collect()
}

fn certificates_of(shown: &ApplicantCase, now: Timestamp) -> Vec<CardView> {
    use crate::view::parts::{StateView, Tone};
    let card = |certificate: &services::rows::Certificate| {
        let (tone, words) = match certificate.state.as_str() {
            "valid" if certificate.not_after < now => (Tone::Stopped, "期限切れ"),
            "valid" => (Tone::Done, "有効"),
            "revoked" => (Tone::Stopped, "失効"),
            _ => (Tone::Idle, "発行されませんでした"),
        };
        let trouble = Link::new("端末に何かあったとき", format!("/terminals/{}/trouble", shown.case.id));
        let revoke = Link::new("失効させる", format!("/certificates/{}/revoke", certificate.id));
        let renewal = Link::new("更新の設定", format!("/certificates/{}/renewal", certificate.id));
        CardView {
            kind: "端末の電子証明書".to_owned(),
            title: certificate.subject.clone(),
            state: Some(StateView::new(tone, words)),
            facts: vec![
                Fact::new("有効期限", japanese_date(certificate.not_after.date())),
                Fact { code: true, ..Fact::new("シリアル番号", certificate.serial.clone()) },
            ],
            links: if certificate.state == "valid" { vec![renewal, trouble, revoke] } else { vec![] },
            ..CardView::default()
        }
    };
    shown.certificates.iter().filter(|certificate| certificate.certificate.is_some()).map(card).collect()
}

#[derive(Template)]
#[template(path = "applications/withdraw.html")]
pub(super) struct WithdrawPage {
    frame: Frame,
    question: String,
    consequence: String,
    action: String,
    label: &'static str,
    stay: &'static str,
    back: String,
}

/// Asks before a case is taken back.
pub(super) async fn ask_withdraw(visit: Visit, Path(name): Path<String>) -> Result<Html<WithdrawPage>, Failure> {
    visit.member()?;
    let shown = applications::case_of_applicant(&visit.ctx(), id(&name)?).await?;
    if !shown.case.kind.allows(shown.case.state, Event::Withdraw) {
        return Err(Error::ChangedMeanwhile.into());
    }
    let certificate = shown.case.kind == Kind::Certificate;
    let label = shown.case.kind.words().withdraw;
    let fee = if certificate { "発行料はかかりません。" } else { "費用はかかりません。" };
    Ok(Html(WithdrawPage {
        frame: visit.frame(format!("{}：{label}", shown.case.kind.label())),
        question: format!("受付番号 {} の{label}", shown.case.reference.clone().unwrap_or_default()),
        consequence: format!("審査は終わり、元に戻せません。{fee}必要になったら、新しく申請できます。"),
        action: format!("/applications/{}/withdraw", shown.case.id),
        label,
        stay: if certificate { "取り消さずに戻る" } else { "取り下げずに戻る" },
        back: format!("/applications/{}", shown.case.id),
    }))
}

/// Takes a case back.
pub(super) async fn withdraw(visit: Visit, Path(name): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    visit.member()?;
    let id = id(&name)?;
    applications::withdraw(&visit.ctx(), id).await?;
    Ok(see_other(&format!("/applications/{id}")))
}

/// The printable copy of what was sent.
pub(super) async fn copy(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let bytes = applications::copy_pdf(&visit.ctx(), id(&name)?).await?;
    Ok(Download { name: "copy.pdf".to_owned(), media_type: "application/pdf", bytes, inline: true })
}

/// The user ID notice of an accepted claims filing.
pub(super) async fn user_id_notice(visit: Visit, Path(name): Path<String>) -> Result<Download, Failure> {
    visit.member()?;
    let bytes = letters::user_id_notice(&visit.ctx(), id(&name)?).await?;
    Ok(Download { name: "user-id-notice.pdf".to_owned(), media_type: "application/pdf", bytes, inline: true })
}

//! Notices by mail: asking, the button behind the link, and the way out.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    accounts::is_provisional, applications::Kind, calendar::japanese_datetime, content::notices::Audience,
    forms::Finding,
};
use serde::Deserialize;
use services::{
    accounts::Link as MailLink,
    content::subscriptions::{self, Asked, Unconfirmed, Wish},
};

use super::{home, notices::procedure_boxes};
use crate::{
    site::{Failure, Html, Posted, Visit, see_other, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextKind, TextView},
        frame::{BannerKind, BannerView, Frame, Link, Section},
        parts::{SummaryListView, SummaryRow},
    },
};

const ASK: &str = "/notices/subscription";
const MINE: &str = "/notices/subscription/mine";

fn frame(visit: &Visit, title: &str) -> Frame {
    let breadcrumb = home().into_iter().chain([Link::new("お知らせ", "/notices")]).collect();
    Frame { current: Section::Notices, breadcrumb, ..visit.frame(title) }
}

#[derive(Default, Template)]
#[template(path = "content/subscription.html")]
struct FormPage {
    frame: Frame,
    errors: ErrorSummary,
    lead: Vec<String>,
    action: &'static str,
    fields: Vec<FieldView>,
    before: String,
    button: &'static str,
    /// Words of the button that ends it; empty while there is nothing to end.
    end: &'static str,
}

/// What was chosen in the form.
fn wish_of(posted: &Posted) -> Wish {
    let kinds = posted.all("procedures").filter_map(|word| word.parse::<Kind>().ok());
    Wish { procedures: Audience::of([], [], kinds).procedures, important: posted.get("important") == "1" }
}

fn wish_fields(wish: Wish) -> Vec<FieldView> {
    let only = |value: &str, label: &str, selected| ChoiceView { selected, ..ChoiceView::new(value, label) };
    let choices =
        vec![only("0", "すべてのお知らせ", !wish.important), only("1", "【重要】のお知らせだけ", wish.important)];
    vec![
        procedure_boxes("procedures", "受け取る手続", wish.audience())
            .with_help("選ばないときは、すべての手続のお知らせが届きます。"),
        FieldView::new("important", "受け取るお知らせ", InputView::Radio { choices }).required(),
    ]
}

fn ask_page(visit: &Visit, email: &str, wish: Wish, slips: &[Finding]) -> FormPage {
    let input = InputView::Text(TextView::of(TextKind::Email, email, "email"));
    let mut fields = vec![FieldView::new("email", "メールアドレス", input).required()];
    fields.extend(wish_fields(wish));
    let (fields, errors) = with_slips(fields, slips);
    let domain = visit.site.app.settings.mail_domain();
    FormPage {
        frame: Frame { has_errors: !errors.is_empty(), ..frame(visit, "お知らせをメールで受け取る") },
        errors,
        lead: vec![
            "新しいお知らせが掲載されると、メールが届きます。どなたでも申し込めます。やめるときは、届いたメールのリンクからいつでもやめられます。".to_owned(),
        ],
        action: ASK,
        fields,
        before: format!(
            "ボタンを押すと、「{domain}」から確認のメールが届きます。メールのリンクを開くまで、お知らせは届きません。"
        ),
        button: "確認のメールを送る",
        end: "",
    }
}

/// The form.
pub(super) async fn ask(visit: Visit) -> Response {
    Html(ask_page(&visit, "", Wish::default(), &[])).into_response()
}

/// Sends the mail with the link; the answer is the same for every address.
pub(super) async fn send(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let (email, wish) = (posted.get("email"), wish_of(&posted));
    Ok(match subscriptions::ask(&visit.ctx(), email, wish).await? {
        Asked::Sent(_) => see_other("/notices/subscription/sent"),
        Asked::Slips(slips) => Html(ask_page(&visit, email, wish, &slips)).with_faults(),
    })
}

#[derive(Template)]
#[template(path = "content/subscription_sent.html")]
struct SentPage {
    frame: Frame,
    domain: String,
    demo: bool,
}

/// The page after it.
pub(super) async fn sent(visit: Visit) -> Response {
    let domain = visit.site.app.settings.mail_domain().to_owned();
    Html(SentPage { frame: frame(&visit, "確認のメールを送りました"), domain, demo: visit.site.demo }).into_response()
}

/// A page with one button that does what its title says, or with none when it is done.
#[derive(Template)]
#[template(path = "content/subscription_one.html")]
struct OnePage {
    frame: Frame,
    lead: Vec<String>,
    facts: SummaryListView,
    action: String,
    button: &'static str,
}

impl OnePage {
    fn told(frame: Frame, lead: &[&str]) -> Self {
        Self {
            frame,
            lead: lead.iter().map(|line| (*line).to_owned()).collect(),
            facts: SummaryListView::default(),
            action: String::new(),
            button: "",
        }
    }
}

fn facts(wanted: &Unconfirmed) -> SummaryListView {
    let audience = wanted.wish.audience();
    let procedures: Vec<&str> = audience.procedures().map(Kind::label).collect();
    let procedures = if procedures.is_empty() { "すべての手続".to_owned() } else { procedures.join("、") };
    let which = if wanted.wish.important { "【重要】のお知らせだけ" } else { "すべてのお知らせ" };
    let rows = vec![
        SummaryRow::new("メールアドレス", &wanted.email),
        SummaryRow::new("受け取る手続", procedures),
        SummaryRow::new("受け取るお知らせ", which),
        SummaryRow::new("リンクの有効期限", japanese_datetime(wanted.until)),
    ];
    SummaryListView { title: String::new(), rows }
}

/// The page of a link that does not work.
fn dead(visit: &Visit, link: &MailLink<Unconfirmed>) -> Response {
    let (status, words) = match link {
        MailLink::Used => (StatusCode::GONE, "このリンクはすでに使われています。受け取りは、はじまっています。"),
        MailLink::Expired => (StatusCode::GONE, "リンクの有効期限が過ぎています。もう一度お申し込みください。"),
        _ => (
            StatusCode::NOT_FOUND,
            "このリンクは正しくありません。メールのリンクが途中で改行されていないか確かめ、全体を開いてください。",
        ),
    };
    let page = OnePage::told(frame(visit, "このリンクは使えません"), &[words]);
    (status, Html(page)).into_response()
}

/// The link of the mail: what would begin, and one button. Opening it changes nothing.
pub(super) async fn open(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    Ok(match subscriptions::open(&visit.ctx(), &token).await? {
        MailLink::Ready(wanted) => Html(OnePage {
            facts: facts(&wanted),
            action: format!("{ASK}/{token}"),
            button: "お知らせの受け取りをはじめる",
            ..OnePage::told(
                frame(&visit, "お知らせの受け取りの確認"),
                &["次の内容で、お知らせのメールをお送りします。よろしければ、ボタンを押してください。"],
            )
        })
        .into_response(),
        link => dead(&visit, &link),
    })
}

/// Begins it.
pub(super) async fn confirm(visit: Visit, Path(token): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    Ok(match subscriptions::confirm(&visit.ctx(), &token).await? {
        MailLink::Ready(wanted) => {
            let lead = format!("「{}」に、新しいお知らせをメールでお送りします。", wanted.email);
            let page = OnePage::told(
                frame(&visit, "お知らせの受け取りがはじまりました"),
                &[&lead, "やめるときは、届いたメールの一番下のリンクを開いてください。"],
            );
            Html(page).into_response()
        }
        link => dead(&visit, &link),
    })
}

/// What was just done.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    done: String,
}

/// A member's own subscription: one button, because the address of the account is known to be theirs.
pub(super) async fn mine(visit: Visit, Query(said): Query<Said>) -> Result<Response, Failure> {
    let session = visit.person()?;
    let email = session.email.clone();
    if is_provisional(&email) {
        return Ok(see_other(ASK));
    }
    let present = subscriptions::mine(&visit.ctx()).await?;
    let mut frame = frame(&visit, "お知らせをメールで受け取る");
    frame.banners.extend(told(&said.done));
    let lead = match present {
        Some(_) => format!("「{email}」に、お知らせのメールをお送りしています。"),
        None => format!(
            "新しいお知らせが掲載されると、「{email}」にメールが届きます。医療機関等の所在地と点数表に関するものだけをお送りします。"
        ),
    };
    Ok(Html(FormPage {
        frame,
        lead: vec![lead],
        action: MINE,
        fields: wish_fields(present.unwrap_or_default()),
        button: if present.is_some() { "受け取る内容を変える" } else { "メールで受け取る" },
        end: if present.is_some() { "メールの受け取りをやめる" } else { "" },
        ..FormPage::default()
    })
    .into_response())
}

fn told(done: &str) -> Option<BannerView> {
    let title = match done {
        "begun" => "お知らせの受け取りの内容を保存しました。",
        "ended" => "お知らせの受け取りをやめました。",
        _ => return None,
    };
    Some(BannerView { kind: BannerKind::Success, title: title.to_owned(), ..BannerView::default() })
}

/// Begins or changes it.
pub(super) async fn begin_mine(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    subscriptions::begin_mine(&visit.ctx(), wish_of(&posted)).await?;
    Ok(see_other(&format!("{MINE}?done=begun")))
}

/// Ends it.
pub(super) async fn end_mine(visit: Visit, _posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    subscriptions::end_mine(&visit.ctx()).await?;
    Ok(see_other(&format!("{MINE}?done=ended")))
}

/// The link that every mail carries: one button. Opening it changes nothing.
pub(super) async fn ask_end(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    if !subscriptions::is_open(&visit.ctx(), &token).await? {
        return Ok(Html(ended_page(&visit)).into_response());
    }
    let lead = [
        "ボタンを押すと、お知らせのメールは届かなくなり、メールアドレスは削除されます。",
        "ポータルのアカウントや、申請に関するメールは変わりません。",
    ];
    Ok(Html(OnePage {
        action: format!("/notices/end/{token}"),
        button: "お知らせの受け取りをやめる",
        ..OnePage::told(frame(&visit, "お知らせの受け取りをやめる"), &lead)
    })
    .into_response())
}

/// Ends it: from the button, or from a mail program with one click, which has neither cookie nor form (RFC 8058). It is answered
/// at once and not by way of another address, which mail programs need not follow.
pub(super) async fn end(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    subscriptions::end(&visit.ctx(), &token).await?;
    Ok(Html(ended_page(&visit)).into_response())
}

fn ended_page(visit: &Visit) -> OnePage {
    let lead = [
        "お知らせのメールは、もう届きません。メールアドレスは削除しました。",
        "もう一度受け取るときは、お知らせのページから申し込んでください。",
    ];
    OnePage::told(frame(visit, "お知らせの受け取りをやめました"), &lead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{member, show};

    #[test]
    fn asking_and_the_one_button() {
        let input = InputView::Text(TextView::of(TextKind::Email, "hanako@", "email"));
        let mut fields = vec![
            FieldView::new("email", "メールアドレス", input).required().with_error("「@」の後を入力してください。"),
        ];
        fields.extend(wish_fields(Wish { procedures: 2, important: true }));
        let frame = || member("お知らせをメールで受け取る");
        let errors = ErrorSummary::default();
        let lead = vec!["新しいお知らせが掲載されると、メールが届きます。".to_owned()];
        let page = FormPage {
            frame: frame(),
            errors,
            lead,
            action: ASK,
            fields,
            before: String::new(),
            button: "確認のメールを送る",
            end: "",
        };
        show("subscription", &page);
        let end = OnePage {
            action: "/notices/end/x".to_owned(),
            button: "お知らせの受け取りをやめる",
            ..OnePage::told(frame(), &["ボタンを押すと、届かなくなります。"])
        };
        show("subscription-end", &end);
        show("subscription-ended", &OnePage::told(frame(), &["もう届きません。"]));
    }
}

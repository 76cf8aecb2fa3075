//! Renewal with the certificate that the terminal shows, or after its end with the owner's code (spec 04.5).

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{calendar::japanese_date, forms::Finding, text::thousands};
use services::authority::{self, Offer, Proof, RenewalFault};

use super::{
    Tls, shown,
    ways::{Around, Ways, field_of, is_by_request, mode},
};
use crate::{
    site::{Download, Failure, Html, Posted, Visit, with_slips},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView, TextView},
        frame::Frame,
        parts::{Fact, StepsView},
    },
};

/// Keys of the consent in the two forms.
const CONSENT: [&str; 2] = ["consent", "consent_for_request"];

#[derive(Template)]
#[template(path = "closed/renew.html")]
struct Renew {
    frame: Frame,
    errors: ErrorSummary,
    steps: StepsView,
    facts: Vec<Fact>,
    loss: String,
    fee: String,
    /// Whether the present certificate has ended.
    ended: bool,
    ways: Ways,
}

#[derive(Template)]
#[template(path = "closed/renew_code.html")]
struct CodePage {
    frame: Frame,
    errors: ErrorSummary,
    fields: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "closed/renew_not.html")]
struct NotNow {
    frame: Frame,
    sentence: String,
    /// Whether nothing is wrong: the time has not come.
    early: bool,
}

fn steps() -> StepsView {
    StepsView::new(&["確認と受け取り", "端末に入れる", "接続テスト"], 1)
}

fn not_now(visit: &Visit, fault: &RenewalFault) -> NotNow {
    let early = matches!(fault, RenewalFault::TooEarly(_));
    let frame = Frame { has_errors: !early, ..visit.frame("端末の電子証明書の更新") };
    NotNow { frame, sentence: fault.to_string(), early }
}

/// The box about the fee, once in each form; none when nothing is charged any more.
fn consent(offer: &Offer, posted: &Posted) -> Option<[FieldView; 2]> {
    let fee = thousands(offer.fee_yen?);
    Some(CONSENT.map(|key| {
        let choice = ChoiceView {
            selected: !posted.get(key).is_empty(),
            ..ChoiceView::new("agree", format!("更新料{fee}円と、今の有効期間の残りが失われることに同意する"))
        };
        FieldView::new(key, "更新料への同意", InputView::Checks { choices: vec![choice] }).required()
    }))
}

/// What the button does when a certificate was shown.
const BEFORE: &str = "ボタンを押すと更新され、ファイル（.p12）が保存されます。この画面は、そのまま残ります。新しい端末の電子証明書の接続テストが済むまでは、今のものが使えます。更新料なしで、もう一度受け取ることもできます。";
/// What the button does after the end, when nothing but a code was typed.
const BEFORE_BY_CODE: &str = "ボタンを押すと更新され、ファイル（.p12）が保存されます。この画面は、そのまま残ります。更新コードは1回だけ使えます。受け取りに失敗したときは、代表者の方が新しい更新コードを作ると、更新料なしでもう一度受け取れます。";

/// The page for those who show a certificate, or typed a code.
fn page(visit: &Visit, posted: &Posted, offer: &Offer, by_code: bool, slips: &[Finding]) -> Renew {
    let mut frame = visit.frame("端末の電子証明書の更新");
    frame.has_errors = !slips.is_empty();
    let kept = |key: &'static str| (key, posted.get(key).to_owned());
    let fee = offer.fee_yen.map(|fee| ("fee", fee.to_string()));
    let hidden = if by_code { KEYS.map(kept).to_vec() } else { vec![] };
    let around = Around {
        action: if by_code { "/renew/code/file" } else { "/renew" },
        hidden: hidden.into_iter().chain(fee).collect(),
        consent: consent(offer, posted),
        before: if by_code { BEFORE_BY_CODE } else { BEFORE },
        format: offer.format.clone(),
        windows: offer.windows,
    };
    let (ways, errors) = Ways::new(visit, posted, around, slips);
    Renew {
        frame,
        errors,
        steps: steps(),
        facts: vec![
            Fact::new("端末名称等", &offer.terminal),
            Fact::new("医療機関等名", &offer.institution),
            Fact::code("受付番号", &offer.reference),
            Fact::code("今のシリアル番号", &offer.serial),
            Fact::new("今の有効期限", japanese_date(offer.expires.date())),
            Fact::new("更新した後の有効期限", japanese_date(offer.new_expires.date())),
        ],
        loss: match offer.days_lost {
            0 => "失われる日数はありません。".to_owned(),
            days => format!("新しい有効期間は更新した日から数えるため、今の有効期間の残り{days}日分が失われます。"),
        },
        fee: offer.fee_yen.map_or_else(
            || "更新料はかかりません（前の更新のやり直しです）。前の更新で受け取ったものは失効します。".to_owned(),
            |fee| format!("更新料は{}円です。発行料と同じ方法でお支払いいただきます。", thousands(fee)),
        ),
        ended: offer.expires < visit.ctx().now,
        ways,
    }
}

/// Shows which certificate the terminal has, what a renewal gives and costs, and the ways to receive it.
pub(super) async fn show(visit: Visit, tls: Tls) -> Result<Response, Failure> {
    Ok(match authority::offer(&visit.ctx(), &Proof::Shown(shown(&tls))).await? {
        Ok(offer) => Html(page(&visit, &Posted::default(), &offer, false, &[])).into_response(),
        Err(fault) => Html(not_now(&visit, &fault)).into_response(),
    })
}

/// The field that a fault stands at, if the page can be shown again.
fn place(posted: &Posted, fault: &RenewalFault) -> Option<&'static str> {
    match fault {
        RenewalFault::ConsentMissing | RenewalFault::OtherFee(_) => Some(CONSENT[usize::from(is_by_request(posted))]),
        RenewalFault::SameKey => Some("request"),
        RenewalFault::Mode(fault) => Some(field_of(fault)),
        _ => None,
    }
}

/// Renews, and sends the certificate as a file.
pub(super) async fn renew(visit: Visit, tls: Tls, posted: Posted) -> Result<Response, Failure> {
    renew_with(&visit, &posted, &Proof::Shown(shown(&tls))).await
}

async fn renew_with(visit: &Visit, posted: &Posted, proof: &Proof<'_>) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let by_code = matches!(proof, Proof::Code(..));
    let agreed = CONSENT.iter().any(|key| !posted.get(key).is_empty());
    let fault = match authority::renew(&ctx, proof, agreed, posted.number("fee"), mode(posted)).await? {
        Ok(file) => return Ok(Download::from(file).into_response()),
        Err(fault) => fault,
    };
    let Some(field) = place(posted, &fault) else { return Ok(refused(visit, posted, &fault)) };
    let slip = Finding { field: field.to_owned(), message: fault.to_string() };
    Ok(match authority::offer(&ctx, proof).await? {
        Ok(offer) => Html(page(visit, posted, &offer, by_code, &[slip])).with_faults(),
        Err(fault) => refused(visit, posted, &fault),
    })
}

/// Says why nothing is renewed; a code that was wrong can be typed again.
fn refused(visit: &Visit, posted: &Posted, fault: &RenewalFault) -> Response {
    match fault {
        RenewalFault::WrongCode => Html(code_page(visit, posted, &[(KEYS[1], &fault.to_string())])).with_faults(),
        _ => Html(not_now(visit, fault)).with_faults(),
    }
}

/// Keys of reference number and code.
const KEYS: [&str; 2] = ["reference", "renewal_code"];

fn code_page(visit: &Visit, posted: &Posted, slips: &[(&str, &str)]) -> CodePage {
    let text = |typed: &str| InputView::Text(TextView::code(typed, vec![]));
    let reference = FieldView::new(KEYS[0], "受付番号", text(posted.get(KEYS[0])))
        .required()
        .with_help("端末の電子証明書を申請したときの番号です。更新コードと同じ画面と、端末のラベルに書かれています。");
    let code = FieldView::new(KEYS[1], "更新コード", text("")).required().with_help(
        "代表者の方がポータルで作った12文字のコードです。区切りの空白やハイフンは、あってもなくてもかまいません。",
    );
    let slip = |(key, message): &(&str, &str)| Finding { field: (*key).to_owned(), message: (*message).to_owned() };
    let (fields, errors) = with_slips(vec![reference, code], &slips.iter().map(slip).collect::<Vec<_>>());
    let frame = Frame { has_errors: !slips.is_empty(), ..visit.frame("更新コードで更新する") };
    CodePage { frame, errors, fields }
}

/// Asks for reference number and code.
pub(super) async fn ask_code(visit: Visit) -> Response {
    Html(code_page(&visit, &Posted::default(), &[])).into_response()
}

/// Shows what the code gives; nothing is consumed.
pub(super) async fn by_code(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let words = ["受付番号を入力してください。", "更新コードを入力してください。"];
    let empty = |(key, words): (&'static str, &'static str)| posted.get(key).trim().is_empty().then_some((key, words));
    let slips: Vec<_> = KEYS.into_iter().zip(words).filter_map(empty).collect();
    if !slips.is_empty() {
        return Ok(Html(code_page(&visit, &posted, &slips)).with_faults());
    }
    let proof = Proof::Code(posted.get(KEYS[0]), posted.get(KEYS[1]));
    Ok(match authority::offer(&visit.ctx(), &proof).await? {
        Ok(offer) => Html(page(&visit, &posted, &offer, true, &[])).into_response(),
        Err(fault) => refused(&visit, &posted, &fault),
    })
}

/// Renews with the code, and sends the certificate as a file.
pub(super) async fn file_by_code(visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let proof = Proof::Code(posted.get(KEYS[0]), posted.get(KEYS[1]));
    renew_with(&visit, &posted, &proof).await
}

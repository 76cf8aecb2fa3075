//! Renewal with the certificate that the terminal shows (spec 04.5).

use askama::Template;
use axum::response::{IntoResponse, Response};
use domain::{calendar::japanese_date, forms::Finding, text::thousands};
use services::authority::{self, Offer, RenewalFault};

use super::{
    Tls, shown,
    ways::{Around, Ways, field_of, is_by_request, mode},
};
use crate::{
    site::{Download, Failure, Html, Posted, Visit},
    view::{
        form::{ChoiceView, ErrorSummary, FieldView, InputView},
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
    ways: Ways,
}

#[derive(Template)]
#[template(path = "closed/renew_not.html")]
struct NotNow {
    frame: Frame,
    sentence: String,
}

fn steps() -> StepsView {
    StepsView::new(&["今の証明書の確認と受け取り", "端末に入れる", "接続テスト"], 1)
}

fn not_now(visit: &Visit, fault: &RenewalFault) -> NotNow {
    let frame = Frame { has_errors: true, ..visit.frame("端末の電子証明書の更新") };
    NotNow { frame, sentence: fault.to_string() }
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

fn page(visit: &Visit, posted: &Posted, offer: &Offer, slips: &[Finding]) -> Renew {
    let mut frame = visit.frame("端末の電子証明書の更新");
    frame.has_errors = !slips.is_empty();
    let around = Around {
        action: "/renew",
        hidden: vec![],
        consent: consent(offer, posted),
        before: "ボタンを押すと更新され、ファイル（.p12）が保存されます。この画面は、そのまま残ります。新しい証明書の接続テストが済むまでは、今の証明書が使え、更新料なしでもう一度受け取れます。",
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
            Fact::code("今の証明書のシリアル番号", &offer.serial),
            Fact::new("今の有効期限", japanese_date(offer.expires.date())),
            Fact::new("更新した後の有効期限", japanese_date(offer.new_expires.date())),
        ],
        loss: match offer.days_lost {
            0 => "失われる日数はありません。".to_owned(),
            days => format!("新しい有効期間は更新した日から数えるため、今の有効期間の残り{days}日分が失われます。"),
        },
        fee: offer.fee_yen.map_or_else(
            || "更新料はかかりません（前の更新のやり直しです）。前に受け取った新しい証明書は失効します。".to_owned(),
            |fee| format!("更新料は{}円です。発行料と同じ方法でお支払いいただきます。", thousands(fee)),
        ),
        ways,
    }
}

/// Shows which certificate the terminal has, what a renewal gives and costs, and the ways to receive it.
pub(super) async fn show(visit: Visit, tls: Tls) -> Result<Response, Failure> {
    Ok(match authority::offer(&visit.ctx(), shown(&tls)).await? {
        Ok(offer) => Html(page(&visit, &Posted::default(), &offer, &[])).into_response(),
        Err(fault) => Html(not_now(&visit, &fault)).into_response(),
    })
}

/// The field that a fault stands at, if the page can be shown again.
fn place(posted: &Posted, fault: &RenewalFault) -> Option<&'static str> {
    match fault {
        RenewalFault::ConsentMissing => Some(CONSENT[usize::from(is_by_request(posted))]),
        RenewalFault::SameKey => Some("request"),
        RenewalFault::Mode(fault) => Some(field_of(fault)),
        _ => None,
    }
}

/// Renews, and sends the certificate as a file.
pub(super) async fn renew(visit: Visit, tls: Tls, posted: Posted) -> Result<Response, Failure> {
    let ctx = visit.ctx();
    let agreed = CONSENT.iter().any(|key| !posted.get(key).is_empty());
    let fault = match authority::renew(&ctx, shown(&tls), agreed, mode(&posted)).await? {
        Ok(file) => return Ok(Download::from(file).into_response()),
        Err(fault) => fault,
    };
    let Some(field) = place(&posted, &fault) else { return Ok(Html(not_now(&visit, &fault)).with_faults()) };
    let slip = Finding { field: field.to_owned(), message: fault.to_string() };
    Ok(match authority::offer(&ctx, shown(&tls)).await? {
        Ok(offer) => Html(page(&visit, &posted, &offer, &[slip])).with_faults(),
        Err(fault) => Html(not_now(&visit, &fault)).with_faults(),
    })
}

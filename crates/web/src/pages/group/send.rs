//! Before a table is sent: what is agreed to once for all rows, what it costs, and the one button.

use askama::Template;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use domain::forms::Section;
use services::group::{self, Begun, Consent, Offer};

use super::{ADDRESS, figure, frame, id};
use crate::{
    pages::applications::documents,
    site::{Failure, FormLook, Html, Posted, Visit, answers_from, error_summary, section_views, see_other},
    view::{
        form::{ErrorSummary, SectionView},
        frame::{BannerKind, BannerView, Frame, Link},
    },
};

#[derive(Template)]
#[template(path = "group/send.html")]
struct Page {
    frame: Frame,
    errors: ErrorSummary,
    action: String,
    back: String,
    procedure: &'static str,
    run: i64,
    count: i64,
    figure: String,
    fee_yen: String,
    rest: String,
    sections: Vec<SectionView>,
    sentences: Vec<String>,
    documents: Vec<Link>,
    email: String,
    sender_domain: String,
}

fn page(visit: &Visit, offer: &Offer, changed: bool) -> Result<Page, Failure> {
    let back = format!("{ADDRESS}/{}", offer.sheet.id);
    let keys: Vec<String> = offer.consents.iter().map(|field| field.key.clone()).collect();
    let look = FormLook {
        answers: &offer.agreed,
        findings: Some(&offer.findings),
        editable: &keys,
        reasons: &[],
        uploads: &[],
        case: "",
    };
    let asked = Section::new("送信するすべての申請への同意", offer.consents.clone());
    let mut frame = frame(visit, "一括申請の送信", Some(Link::new("一括申請の内容", back.clone())));
    frame.has_errors = !offer.findings.errors.is_empty();
    if changed {
        frame.banners.push(BannerView {
            kind: BannerKind::Warning,
            title: "画面を開いた後に、内容が変わりました。".to_owned(),
            body: vec!["今の件数と発行料をもう一度確認してから、送信してください。まだ送信されていません。".to_owned()],
            link: None,
        });
    }
    let rest = offer.sheet.rows - offer.count() - offer.sheet.sent;
    Ok(Page {
        frame,
        errors: error_summary(&offer.findings),
        action: format!("{back}/send"),
        back,
        procedure: offer.sheet.kind.label(),
        run: offer.sheet.run,
        count: offer.count(),
        figure: figure(offer.count()),
        fee_yen: offer.fee_yen.map(|yen| yen.to_string()).unwrap_or_default(),
        rest: if rest > 0 { figure(rest) } else { String::new() },
        sections: if keys.is_empty() { vec![] } else { section_views(&[asked], &look) },
        sentences: offer.sentences.clone(),
        documents: documents(visit, offer.sheet.kind),
        email: visit.person()?.email.clone(),
        sender_domain: visit.site.app.settings.mail_domain().to_owned(),
    })
}

/// What is agreed to, and what the button does.
pub(super) async fn ask(visit: Visit, Path(name): Path<String>) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let offer = group::offer(&visit.ctx(), id).await?;
    if offer.sheet.sending || offer.count() == 0 {
        return Ok(see_other(&format!("{ADDRESS}/{id}")));
    }
    Ok(Html(page(&visit, &offer, false)?).into_response())
}

/// Begins to send, once: a double click and a second tab end on the same page.
pub(super) async fn send(visit: Visit, Path(name): Path<String>, posted: Posted) -> Result<Response, Failure> {
    visit.person()?;
    let id = id(&name)?;
    let consent = Consent {
        run: posted.number("run").unwrap_or(-1),
        fee_yen: posted.number("fee"),
        count: posted.number("count").unwrap_or(-1),
        agreed: answers_from(&posted),
    };
    Ok(match group::send(&visit.ctx(), id, &consent).await? {
        Begun::Now | Begun::Before => see_other(&format!("{ADDRESS}/{id}")),
        Begun::Other => see_other(&format!("{ADDRESS}/{id}?said=other")),
        Begun::Again(offer) if offer.count() == 0 => see_other(&format!("{ADDRESS}/{id}")),
        Begun::Again(offer) => {
            let changed = offer.findings.errors.is_empty();
            Html(page(&visit, &offer, changed)?).with_faults()
        }
    })
}

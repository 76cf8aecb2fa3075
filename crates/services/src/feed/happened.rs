//! What verbs tell downstream systems, from the rows that they have at hand.

use domain::{applications::Event, feed::EventKind, ids::AuthorityId};
use serde_json::json;
use storage::{Tx, applications::Application, authority::Certificate, feed::NewEvent};

use super::{Happening, event, instant, publish};
use crate::{Ctx, Result};

/// A case moved: only acceptance and what follows from it concerns others.
pub(crate) fn moved(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application, event: Event) -> Result<()> {
    let kind = match event {
        Event::Accept => EventKind::ApplicationAccepted,
        Event::TakeEffect => EventKind::ApplicationInForce,
        Event::Supersede => EventKind::ApplicationSuperseded,
        _ => return Ok(()),
    };
    let data = json!({
        "procedure": case.kind.as_str(),
        "application": case.id,
        "reference": case.reference,
        "application_kind": given(case.answers.get("application_kind")),
        "line_customer_id": case.line_id,
        "start_month": case.start_month,
        "submitted_on": case.submitted_at.map(|at| at.date().to_string()),
    });
    let subject = format!("application:{}", case.id);
    let happening = Happening { kind: kind.as_str(), institution: Some(case.institution_id), subject, data };
    publish(ctx, tx, &happening)
}

fn given(answer: &str) -> Option<&str> {
    Some(answer).filter(|answer| !answer.is_empty())
}

/// A certificate of a terminal was signed: an event for the transaction that stores it.
pub(crate) fn issued(ctx: &Ctx<'_>, record: &Certificate) -> Result<NewEvent> {
    let kind = if record.renews.is_some() { EventKind::CertificateRenewed } else { EventKind::CertificateIssued };
    let data = json!({
        "certificate": record.id,
        "serial": record.serial,
        "application": record.application_id,
        "renews": record.renews,
        "not_before": instant(record.not_before),
        "not_after": instant(record.not_after),
    });
    event(ctx, about(kind, record, data))
}

/// A certificate of a terminal was revoked, for a reason of RFC 5280, 5.3.1.
pub(crate) fn revoked(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate, reason: &str) -> Result<()> {
    let data = json!({
        "certificate": record.id,
        "serial": record.serial,
        "application": record.application_id,
        "reason": reason,
        "revoked_at": instant(record.revoked_at.unwrap_or(ctx.now)),
    });
    publish(ctx, tx, &about(EventKind::CertificateRevoked, record, data))
}

/// The root revoked the certificate of an issuing authority.
pub(crate) fn authority_revoked(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    authority: AuthorityId,
    serial: &str,
    reason: &str,
) -> Result<()> {
    let data = json!({ "serial": serial, "reason": reason, "revoked_at": instant(ctx.now) });
    let subject = format!("authority:{authority}");
    let kind = EventKind::AuthorityRevoked.as_str();
    publish(ctx, tx, &Happening { kind, institution: None, subject, data })
}

/// A terminal showed its certificate for the first time.
pub(crate) fn connected(ctx: &Ctx<'_>, tx: &mut Tx, record: &Certificate) -> Result<()> {
    let data = json!({ "certificate": record.id, "serial": record.serial, "application": record.application_id });
    publish(ctx, tx, &about(EventKind::ConnectionTested, record, data))
}

fn about(kind: EventKind, record: &Certificate, data: serde_json::Value) -> Happening {
    let subject = format!("certificate:{}", record.id);
    Happening { kind: kind.as_str(), institution: record.institution_id, subject, data }
}

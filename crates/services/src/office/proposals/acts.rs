//! The acts that can be proposed, and how each is done once a second person approved it.

use domain::{
    applications::Kind,
    clock::Timestamp,
    ids::{ApplicationId, CertificateId},
    office::{
        Matter,
        settings::{Difference, Topic, Value, differences},
    },
};
use serde::{Deserialize, Serialize};
use storage::{Tx, proposals::Proposal};

use crate::{
    Ctx, Error, Result,
    applications::{Secrets, accept_approved, reject_approved, secrets_for},
    authority::{self, Revoked},
    office::settings::{self, Change},
};

/// An act as its proposal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(crate) enum Act {
    /// Revokes a certificate.
    Revoke {
        /// Which.
        certificate: CertificateId,
        /// Reason by its name in RFC 5280.
        reason: String,
        /// Whether it was valid when that was proposed; older proposals do not say.
        #[serde(default)]
        seen_valid: bool,
    },
    /// Gives a topic a new version.
    Set {
        /// Name of the topic.
        topic: String,
        /// Its value.
        value: Value,
        /// From when it applies.
        from: Timestamp,
        /// Number of the newest version when it was proposed.
        seen: i64,
    },
    /// Accepts a case.
    Accept {
        /// Which.
        application: ApplicationId,
        /// The version that was examined.
        version: i64,
        /// Its procedure.
        kind: Kind,
    },
    /// Refuses a case for good.
    Reject {
        /// Which.
        application: ApplicationId,
        /// The version that was examined.
        version: i64,
        /// Its procedure.
        kind: Kind,
        /// Why.
        reason: String,
    },
    /// Takes a version back that does not apply yet.
    TakeBack {
        /// Name of the topic.
        topic: String,
        /// Number of the version.
        version: i64,
    },
}

/// What an approver looks at.
#[derive(Default)]
pub(super) struct Shown {
    /// What would change.
    pub(super) differences: Vec<Difference>,
    /// The case that it is about.
    pub(super) case: Option<ApplicationId>,
}

/// What is made before the transaction begins, because it is slow.
pub(super) struct Ready(Secrets);

/// What is said when a case is no longer the one that was examined.
const CASE_CHANGED: &str = "起案のあとに、申請の状態が変わりました。申請を開いて確かめ、この起案は取り消してください。";

pub(super) fn parse(act: &str) -> Result<Act> {
    serde_json::from_str(act).map_err(Error::internal)
}

impl Act {
    /// The kind of act.
    pub(super) fn matter(&self) -> Result<Matter> {
        Ok(match self {
            Self::Revoke { .. } => Matter::Revocation,
            Self::Accept { kind: Kind::Certificate, .. } => Matter::AcceptCertificate,
            Self::Accept { .. } => Matter::AcceptFiling,
            Self::Reject { .. } => Matter::Reject,
            Self::Set { topic, .. } | Self::TakeBack { topic, .. } => topic_of(topic)?.matter(),
        })
    }

    /// The procedure that it is about.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Revoke { .. } => Some(Kind::Certificate),
            Self::Accept { kind, .. } | Self::Reject { kind, .. } => Some(*kind),
            Self::Set { .. } | Self::TakeBack { .. } => None,
        }
    }

    /// What an approver looks at beside its words.
    pub(super) async fn shown(&self, ctx: &Ctx<'_>) -> Result<Shown> {
        let mut conn = ctx.app.db.read().await?;
        Ok(match self {
            Self::Revoke { certificate, .. } => {
                let record = storage::authority::find(&mut conn, *certificate).await?;
                Shown { case: record.and_then(|record| record.application_id), ..Shown::default() }
            }
            Self::Accept { application, .. } | Self::Reject { application, .. } => {
                Shown { case: Some(*application), ..Shown::default() }
            }
            Self::Set { topic, value, .. } => {
                let topic = topic_of(topic)?;
                let before = settings::newest(ctx, &mut conn, &topic).await?;
                Shown { differences: differences(&topic, &before, value), ..Shown::default() }
            }
            Self::TakeBack { .. } => Shown::default(),
        })
    }

    /// Prepares what must not happen inside the transaction.
    pub(super) async fn ready(&self, ctx: &Ctx<'_>) -> Result<Ready> {
        let Self::Accept { application, .. } = self else { return Ok(Ready(Secrets::default())) };
        let case = storage::applications::find(&mut ctx.app.db.read().await?, *application).await?;
        Ok(Ready(secrets_for(ctx, &case.ok_or(Error::NotFound)?).await?))
    }
}

fn topic_of(name: &str) -> Result<Topic> {
    name.parse().map_err(Error::internal)
}

/// Does an approved act in the transaction that ends its proposal, or says why it can no longer be done.
pub(super) async fn perform(
    ctx: &Ctx<'_>,
    tx: &mut Tx,
    act: Act,
    proposal: &Proposal,
    ready: Ready,
) -> Result<Result<(), &'static str>> {
    Ok(match act {
        Act::Revoke { certificate, reason, seen_valid } => {
            let record = storage::authority::find(tx, certificate).await?.ok_or(Error::NotFound)?;
            match authority::revoke_within(ctx, tx, &record, &reason, authority::Seen::valid(seen_valid)).await? {
                Revoked::Done => Ok(()),
                _ => Err("この端末の電子証明書は、すでに失効しています。この起案は取り消してください。"),
            }
        }
        Act::Accept { application, version, .. } => {
            let done = accept_approved(ctx, tx, application, version, ready.0).await?;
            done.then_some(()).ok_or(CASE_CHANGED)
        }
        Act::Reject { application, version, reason, .. } => {
            let done = reject_approved(ctx, tx, application, version, &reason).await?;
            done.then_some(()).ok_or(CASE_CHANGED)
        }
        Act::Set { topic, value, from, seen } => {
            let change = Change { topic: topic_of(&topic)?, value, from, note: proposal.note.clone(), seen };
            let made = settings::put(ctx, tx, &change, Some(&proposal.proposer_name)).await?;
            made.map(drop)
                .ok_or("起案のあとに、ほかの変更がされました。起案を取り消し、新しい内容をもとに作り直してください。")
        }
        Act::TakeBack { topic, version } => {
            let done = settings::take_back_within(ctx, tx, &topic_of(&topic)?, version).await?;
            done.then_some(())
                .ok_or("この版は、すでに使われているか、取り消されています。この起案は取り消してください。")
        }
    })
}

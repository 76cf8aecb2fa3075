//! The demo's cases of the common kind: one of each procedure, sent and waiting for its reviewer.

use domain::{
    applications::Kind,
    ids::{AccountId, InstitutionId},
    procedures::{Common, example},
};

use super::cases::{Cast, filed_with};
use crate::{App, Result, applications};

/// Files one case of each procedure that the clinic may begin.
pub(super) async fn add(app: &App, institution: InstitutionId, owner: AccountId) -> Result<()> {
    let cast = Cast { app, institution, applicant: owner };
    for common in Common::ALL {
        let kind = Kind::Common(*common);
        if kind.procedure().is_for_owners() {
            // What ends the clinic is no good first sight.
            continue;
        }
        let ctx = cast.applicant();
        if applications::outlook(&ctx, kind).await?.missing.is_none() {
            let facts = applications::facts_of(&ctx, institution, kind).await?;
            filed_with(&cast, kind, &example(kind, &facts)).await?;
        }
    }
    Ok(())
}

//! The demo's cases of the common kind: one of each procedure, sent and waiting for its reviewer.

use std::sync::Arc;

use domain::{
    applications::{Facts, Kind},
    forms::{Answers, Input},
    ids::{AccountId, InstitutionId},
    procedures::{Common, example},
};

use time::Duration;

use super::{
    cases::{Cast, Standing, filed_with, take_effect},
    papers,
};
use crate::{
    App, Error, Result,
    applications::{self, Started},
};

/// Days since the clinic began to check insurance online, and since it registered the day.
const BEGUN_AGO: i64 = 30;
const REGISTERED_AGO: i64 = 45;

/// Registers the day on which the clinic began, before it came.
pub(super) async fn begin_operation(app: &App, institution: InstitutionId, owner: AccountId) -> Result<()> {
    let kind = Kind::Common(Common::OperationStart);
    let ago = |days: i64| app.clock.now() - Duration::days(days);
    let then = app.with_clock(Arc::new(Standing(ago(REGISTERED_AGO))));
    let cast = Cast { app: &then, institution, applicant: owner };
    let day = ago(BEGUN_AGO).date().to_string();
    let case = filed_with(&cast, kind, &Answers::new().with("start_day", day)).await?;
    take_effect(app, case).await
}

/// Files one case of each further procedure that the clinic may begin.
pub(super) async fn add(app: &App, institution: InstitutionId, owner: AccountId) -> Result<()> {
    let cast = Cast { app, institution, applicant: owner };
    for common in Common::ALL {
        let kind = Kind::Common(*common);
        if kind.procedure().is_for_owners() {
            // What ends the clinic is no good first sight.
            continue;
        }
        let ctx = cast.applicant();
        let outlook = applications::outlook(&ctx, kind).await?;
        if outlook.missing.is_none() && !outlook.filed {
            let facts = applications::facts_of(&ctx, institution, kind).await?;
            let answers = example(kind, &facts);
            hand_in(&cast, kind, &facts, &answers).await?;
            filed_with(&cast, kind, &answers).await?;
        }
    }
    Ok(())
}

/// Hands in what the form cannot be sent without.
async fn hand_in(cast: &Cast<'_>, kind: Kind, facts: &Facts, answers: &Answers) -> Result<()> {
    let fields = kind.procedure().sections(facts, answers).into_iter().flat_map(|section| section.fields);
    let files = fields.filter(|field| matches!(field.input, Input::Upload { .. }) && field.required);
    for field in files.filter(|field| field.applies(answers)) {
        let (Started::New(case) | Started::Existing(case)) = applications::start(&cast.applicant(), kind).await? else {
            return Err(Error::internal(format!("the demo cannot begin {kind}")));
        };
        papers::hand_in(cast, case, &field.key, &field.label).await?;
    }
    Ok(())
}

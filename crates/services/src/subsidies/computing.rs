//! What a case is to get: by the scheme in the version that it was sent with, and what a reviewer counted otherwise.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    applications::{Facts, Kind},
    calendar::typed_day,
    forms::Answers,
    ids::{ApplicationId, InstitutionId},
    institutions::InstitutionCode,
    office::settings::{Topic, Value},
    permissions::Permission,
    procedures::Common,
    subsidies::{Applicant, Grant, SCHEME, Scheme, SchemeRef, amounts_of, compute, compute_counted},
};
use storage::{
    Conn, Tx,
    applications::Application,
    boxed,
    subsidies::{Adjustment, Award, Grant as Granted},
};
use time::Date;

use crate::{Ctx, Error, Result, in_force::scheme_of};

/// What a case asks for and what it is to get.
#[derive(Clone, Debug)]
pub struct Computation {
    /// The scheme in the version that the case was sent with.
    pub scheme: Scheme,
    /// By what was applied for.
    pub claimed: Grant,
    /// By what counts.
    pub counted: Grant,
    /// What a reviewer counted otherwise.
    pub adjustments: Vec<Adjustment>,
}

/// A case as the office computes it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case.
    pub case: Application,
    /// Name of the institution.
    pub institution: String,
    /// Its code.
    pub code: InstitutionCode,
    /// The computation.
    pub computation: Computation,
    /// What it was accepted with.
    pub award: Option<Award>,
    /// The grant, once it was decided.
    pub grant: Option<Granted>,
    /// Whether the person may count an amount otherwise now.
    pub may_adjust: bool,
}

/// A scheme in one of its versions.
pub(crate) async fn scheme_in(conn: &mut Conn, which: &SchemeRef) -> Result<Option<Scheme>> {
    let topic = Topic::Scheme(which.key.clone()).to_string();
    let found = storage::setting_versions::of_topic(conn, &topic, Some(which.version + 1), 1).await?;
    let Some(row) = found.first().filter(|row| row.version == which.version) else { return Ok(None) };
    match serde_json::from_str(&row.value).map_err(Error::internal)? {
        Value::Scheme(scheme) => Ok(Some(scheme_of(&which.key, which.version, &scheme))),
        _ => Err(Error::internal(format!("{topic} holds no scheme"))),
    }
}

/// The scheme that a case was sent with.
async fn kept(conn: &mut Conn, case: &Application) -> Result<Option<Scheme>> {
    match case.answers.get(SCHEME).parse() {
        Ok(which) => scheme_in(conn, &which).await,
        Err(()) => Ok(None),
    }
}

pub(super) async fn computed(conn: &mut Conn, case: &Application, code: &InstitutionCode) -> Result<Computation> {
    let scheme = kept(conn, case).await?.ok_or(Error::NotFound)?;
    let adjustments = storage::subsidies::adjustments(conn, case.id).await?;
    let amounts = amounts_of(&scheme, &case.answers);
    let counted = counted(&amounts, &adjustments);
    let who = Applicant::of(code, &case.answers);
    Ok(Computation {
        claimed: compute(&scheme, who, &amounts).unwrap_or_default(),
        counted: compute_counted(&scheme, who, &amounts, &counted).unwrap_or_default(),
        scheme,
        adjustments,
    })
}

/// The amounts with what a reviewer counted in their place.
fn counted(amounts: &BTreeMap<String, i64>, adjustments: &[Adjustment]) -> BTreeMap<String, i64> {
    let mut counted = amounts.clone();
    for one in adjustments {
        if let Some(amount) = counted.get_mut(&one.category) {
            *amount = one.eligible_yen.min(*amount);
        }
    }
    counted
}

/// The computation of a case for staff.
///
/// # Errors
/// [`Error::Forbidden`] without the permission, [`Error::NotFound`] when it is no filed subsidy.
#[boxed]
pub async fn case(ctx: &Ctx<'_>, id: ApplicationId) -> Result<CaseView> {
    ctx.permit(Permission::ReadGrants)?;
    let mut conn = ctx.app.db.read().await?;
    let case = filed(&mut conn, id).await?;
    let institution = storage::institutions::find(&mut conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    let computation = computed(&mut conn, &case, &institution.code).await?;
    let mine = case.assignee.is_none() || case.assignee == ctx.account().ok();
    let may_adjust = case.state.is_open_for_review() && mine && ctx.permit(Permission::ReviewApplications).is_ok();
    Ok(CaseView {
        institution: institution.name,
        code: institution.code,
        award: storage::subsidies::award(&mut conn, id).await?,
        grant: storage::subsidies::grant_of_case(&mut conn, id).await?,
        may_adjust,
        computation,
        case,
    })
}

pub(super) async fn filed(conn: &mut Conn, id: ApplicationId) -> Result<Application> {
    let case = storage::applications::find(conn, id).await?.ok_or(Error::NotFound)?;
    if case.kind == super::KIND && case.submitted_at.is_some() { Ok(case) } else { Err(Error::NotFound) }
}

/// What a form of a subsidy knows besides the schemes in force: the one a sent case keeps, and the schemes for which the
/// institution has other cases.
pub(crate) async fn known_of(
    conn: &mut Conn,
    facts: &mut Facts,
    institution: InstitutionId,
    case: Option<&Application>,
) -> Result<()> {
    let others = storage::subsidies::answers_filed(conn, institution, case.map(|case| case.id)).await?;
    let key = |answers: &Answers| answers.get(SCHEME).parse().ok().map(|which: SchemeRef| which.key);
    facts.known.operation_start = operation_start(conn, institution).await?;
    facts.known.schemes_filed = others.iter().filter_map(key).collect();
    let Some(case) = case.filter(|case| case.submitted_at.is_some()) else { return Ok(()) };
    if let Some(scheme) = kept(conn, case).await? {
        let rest = facts.schemes.iter().filter(|other| other.key != scheme.key).cloned();
        facts.schemes = Arc::new(std::iter::once(scheme.clone()).chain(rest).collect());
    }
    Ok(())
}

/// The operation start date that an institution registered.
async fn operation_start(conn: &mut Conn, institution: InstitutionId) -> Result<Option<Date>> {
    let kind = Kind::Common(Common::OperationStart);
    let latest = storage::applications::latest_of(conn, institution, kind).await?;
    Ok(latest.and_then(|case| typed_day(case.answers.get("start_day"))))
}

/// Why a case cannot be accepted now, if it cannot.
pub(crate) async fn stands_against(conn: &mut Conn, case: &Application) -> Result<Option<String>> {
    let institution = storage::institutions::find(conn, case.institution_id).await?.ok_or(Error::NotFound)?;
    let Some(scheme) = kept(conn, case).await? else {
        return Ok(Some("申請の制度が見つかりません。制度の設定を確かめてください。".to_owned()));
    };
    if storage::subsidies::awarded_before(conn, case.institution_id, &scheme.key, case.id).await? {
        let said = format!("「{}」は、この医療機関等の別の申請がすでに承認されています。", scheme.name);
        return Ok(Some(said));
    }
    let total = computed(conn, case, &institution.code).await?.counted.total_yen;
    Ok((total <= 0).then(|| "計算した交付額が0円です。額を確かめ、却下するか補正を依頼してください。".to_owned()))
}

/// Keeps what an accepted case is to get, for the next batch; part of its acceptance.
pub(crate) async fn accepted(ctx: &Ctx<'_>, tx: &mut Tx, case: &Application) -> Result<()> {
    let institution = storage::institutions::find(tx, case.institution_id).await?.ok_or(Error::NotFound)?;
    let computation = computed(tx, case, &institution.code).await?;
    let award = Award {
        application_id: case.id.0,
        institution_id: case.institution_id.0,
        scheme: computation.scheme.key.clone(),
        scheme_version: computation.scheme.version,
        scheme_name: computation.scheme.name.clone(),
        amount_yen: computation.counted.total_yen,
        lines: serde_json::to_string(&computation.counted.lines).map_err(Error::internal)?,
        accepted_at: ctx.now.as_millis(),
        batch_id: None,
    };
    if storage::subsidies::insert_award(tx, &award).await? {
        let after = format!("{}:{}:{}", award.scheme, award.scheme_version, award.amount_yen);
        ctx.audit(tx, "subsidy.award", format!("application:{}", case.id), "", &after);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_names_score_tables_says_the_same_as_it_always_did() {
        let kept = r#"{"name":"前の制度","applications":{"from":"2026-04-01","to":"2027-03-31"},
            "costs":{"from":"2026-04-01","to":"2027-03-31"},"categories":[],"unit_yen":1000,"papers":[],
            "terms":[{"table":"1","rate":"1/2","ceiling_yen":500000},{"table":"4","rate":"3/4","ceiling_yen":300000}],
            "exceptions":[{"whom":{"table":"4"},"rate":"4/5"}]}"#;
        let scheme: Scheme = serde_json::from_str(kept).unwrap();
        let (medical, pharmacy) = ("0110112489".parse().unwrap(), "1440100017".parse().unwrap());
        for kind in ["", "hospital", "clinic"] {
            let found = scheme.applying(Applicant { code: &medical, kind: kind.parse().ok() }).unwrap();
            assert_eq!((found.rate.to_string().as_str(), found.ceiling_yen, found.whom), ("1/2", 500_000, "医科"));
        }
        let found = scheme.applying(Applicant { code: &pharmacy, kind: None }).unwrap();
        assert_eq!((found.rate.to_string().as_str(), found.ceiling_yen), ("4/5", 300_000));
        let again: Scheme = serde_json::from_str(&serde_json::to_string(&scheme).unwrap()).unwrap();
        assert_eq!(again.terms, scheme.terms);
    }
}

//! What forms must know of many institutions: a few questions for a page of them, however many there are.

use std::collections::BTreeMap;

use domain::{
    applications::{Facts, Kind},
    ids::{ApplicationId, InstitutionId},
    institutions::Institution,
};
use storage::boxed;

use crate::{Ctx, Result, applications::facts_of_many};

/// An institution with what its form must know.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its facts.
    pub(super) facts: Facts,
    /// The case that keeps a second one from being filed: identifier and reference number.
    pub(super) under_way: Option<(ApplicationId, String)>,
}

impl Place {
    /// Why nothing can be filed there now.
    pub(super) fn kept_back(&self, kind: Kind) -> Option<String> {
        let missing = kind.missing_before(&self.facts).map(str::to_owned);
        missing.or_else(|| self.under_way.as_ref().map(|(_, reference)| under_way(reference)))
    }
}

/// That another case comes first.
pub(super) fn under_way(reference: &str) -> String {
    let number = crate::applications::reference(reference);
    format!(
        "同じ手続が、すでに進んでいます（受付番号 {number}）。同じ手続は1件ずつ送信できます。この申請の結果が出るか、取り下げると、新しく送信できます。"
    )
}

/// The institutions at which the person may file, among some.
#[boxed]
pub(super) async fn permitted(ctx: &Ctx<'_>, codes: &[String]) -> Result<Vec<Institution>> {
    let me = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let found = storage::institutions::by_codes(&mut conn, codes).await?;
    let ids: Vec<InstitutionId> = found.iter().map(|institution| institution.id).collect();
    let members = storage::group::members_among(&mut conn, me, &ids).await?;
    let is_member = |id: InstitutionId| members.iter().any(|member| member.institution == id);
    Ok(found.into_iter().filter(|institution| is_member(institution.id)).collect())
}

/// What the forms of some institutions must know.
#[boxed]
pub(super) async fn places(
    ctx: &Ctx<'_>,
    kind: Kind,
    institutions: Vec<Institution>,
) -> Result<BTreeMap<InstitutionId, Place>> {
    let ids: Vec<InstitutionId> = institutions.iter().map(|institution| institution.id).collect();
    let mut facts = facts_of_many(ctx, institutions, kind).await?;
    let mut conn = ctx.app.db.read().await?;
    let mut under_way: BTreeMap<InstitutionId, (ApplicationId, String)> = BTreeMap::new();
    if kind.is_one_at_a_time() {
        let found = storage::group::under_way_of(&mut conn, kind, &ids).await?;
        under_way.extend(found.into_iter().map(|(place, id, reference)| (place, (id, reference))));
    }
    drop(conn);
    let place = |id: InstitutionId| Some((id, Place { facts: facts.remove(&id)?, under_way: under_way.remove(&id) }));
    Ok(ids.into_iter().filter_map(place).collect())
}

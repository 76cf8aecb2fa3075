//! What forms must know of many institutions: a few questions for a page of them, however many there are.

use std::collections::BTreeMap;

use domain::{
    applications::{Facts, Kind, Known, KnownTerminal},
    clock::Timestamp,
    ids::{ApplicationId, InstitutionId},
    institutions::Institution,
};
use storage::{Conn, applications::Application, boxed};

use crate::{
    Ctx, Result,
    applications::{assemble, endings_from, facts_of, known_terminal, way_of_paying},
};

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
        let missing = kind.procedure().missing_before(&self.facts).map(str::to_owned);
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
    let mut facts = match kind {
        Kind::Common(_) => one_by_one(ctx, kind, &ids).await?,
        Kind::Eligibility | Kind::Certificate | Kind::Claims => together(ctx, kind, institutions).await?,
    };
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

/// The facts of procedures that have rooms of their own, each as its form reads them.
async fn one_by_one(ctx: &Ctx<'_>, kind: Kind, ids: &[InstitutionId]) -> Result<BTreeMap<InstitutionId, Facts>> {
    let mut all = BTreeMap::new();
    for id in ids {
        all.insert(*id, facts_of(ctx, *id, kind).await?);
    }
    Ok(all)
}

/// The facts of the three procedures that most is filed of, by the same few questions for all institutions.
async fn together(ctx: &Ctx<'_>, kind: Kind, institutions: Vec<Institution>) -> Result<BTreeMap<InstitutionId, Facts>> {
    let ids: Vec<InstitutionId> = institutions.iter().map(|institution| institution.id).collect();
    let mut known = known(&mut ctx.app.db.read().await?, kind, &ids, ctx.now).await?;
    let facts = |institution: Institution| {
        let known = known.remove(&institution.id).unwrap_or_default();
        (institution.id, assemble(ctx, institution, known))
    };
    Ok(institutions.into_iter().map(facts).collect())
}

async fn known(
    conn: &mut Conn,
    kind: Kind,
    ids: &[InstitutionId],
    now: Timestamp,
) -> Result<BTreeMap<InstitutionId, Known>> {
    let mut eligibility = storage::group::latest_of(conn, Kind::Eligibility, ids).await?;
    let mut claims = storage::group::latest_of(conn, Kind::Claims, ids).await?;
    let mut terminals = if kind == Kind::Certificate { terminals(conn, ids, now).await? } else { BTreeMap::new() };
    let of = |id: &InstitutionId| {
        let terminals = terminals.remove(id).unwrap_or_default();
        (*id, known_of(eligibility.remove(id), claims.remove(id), terminals))
    };
    Ok(ids.iter().map(of).collect())
}

fn known_of(eligibility: Option<Application>, claims: Option<Application>, terminals: Vec<KnownTerminal>) -> Known {
    let answers = |case: &Option<Application>| case.as_ref().map(|case| case.answers.clone());
    Known {
        eligibility: answers(&eligibility),
        claims: answers(&claims),
        fee_payment: way_of_paying(eligibility.as_ref(), claims.as_ref()).to_owned(),
        claims_sent_at: claims.as_ref().and_then(|case| case.submitted_at),
        eligibility_line_id: eligibility.and_then(|case| case.line_id),
        claims_line_id: claims.and_then(|case| case.line_id),
        terminals,
        ..Known::default()
    }
}

async fn terminals(
    conn: &mut Conn,
    ids: &[InstitutionId],
    now: Timestamp,
) -> Result<BTreeMap<InstitutionId, Vec<KnownTerminal>>> {
    let cases = storage::group::terminals_of_many(conn, ids).await?;
    let mut ends: BTreeMap<ApplicationId, Timestamp> = BTreeMap::new();
    for (case, end) in storage::group::endings_of(conn, ids, endings_from(now)).await? {
        let latest = ends.entry(case).or_insert(end);
        *latest = (*latest).max(end);
    }
    let mut found: BTreeMap<InstitutionId, Vec<KnownTerminal>> = BTreeMap::new();
    for case in cases {
        let (place, end) = (case.institution_id, ends.get(&case.id).copied());
        found.entry(place).or_default().extend(known_terminal(case, end, now));
    }
    Ok(found)
}

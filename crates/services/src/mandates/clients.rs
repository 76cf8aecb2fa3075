//! What a vendor sees: the clients, what was prepared for each, and the way into a form.

use domain::{
    applications::{Kind, State},
    ids::{ApplicationId, MandateId},
    mandates::{HowEnded, Standing},
};
use storage::{Conn, boxed, mandates::Preparation};

use super::{Mandate, PreparedCase, Tally, end::close, prepare::under};
use crate::{
    Ctx, Error, Result,
    applications::{Started, start},
};

/// Clients in a page of the list.
const PAGE: i64 = 30;
/// Cases in a page of one client.
const CASES: i64 = 50;

/// A client with how much was prepared for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The mandate.
    pub mandate: Mandate,
    /// Cases that were prepared, counted by procedure and where they stand.
    pub tallies: Vec<Tally>,
}

/// A page of the clients of a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// The clients by code.
    pub page: Vec<Client>,
    /// What to ask for to see the next page, if there is one.
    pub next: Option<String>,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneClient {
    /// The mandate.
    pub mandate: Mandate,
    /// What was prepared, the newest first.
    pub cases: Vec<PreparedCase>,
    /// The last one of the page when there are more.
    pub next: Option<ApplicationId>,
}

/// What beginning a form led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The form.
    Form(ApplicationId),
    /// It cannot be begun; the sentence says why and what to do.
    Not(String),
}

const THEIRS: &str = "この手続は、医療機関等が自分で下書きを作成しています。続きの準備が必要なときは、下書きを削除していただくよう、医療機関等にお伝えください。";
const UNDER_WAY: &str = "同じ手続が、すでに進んでいます。結果が出るまで、新しく準備できません。";

/// Whether the person holds a mandate that nobody ended.
///
/// # Errors
/// [`Error::LoginRequired`].
#[boxed]
pub async fn holds_any(ctx: &Ctx<'_>) -> Result<bool> {
    let me = ctx.account()?;
    Ok(storage::mandates::holds_any(&mut ctx.app.db.read().await?, me).await?)
}

/// The institutions whose mandate the person holds now, by code; `text` is a part of a name or code, `after` the end of the page
/// before.
///
/// # Errors
/// [`Error::LoginRequired`].
#[boxed]
pub async fn clients(ctx: &Ctx<'_>, text: &str, after: &str) -> Result<Clients> {
    let me = ctx.account()?;
    let mut conn = ctx.app.db.read().await?;
    let mut found = storage::mandates::clients(&mut conn, me, (text, after), ctx.now, PAGE + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(0) > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| last.code.clone());
    let ids: Vec<_> = found.iter().map(|mandate| mandate.institution).collect();
    let tallies = storage::mandates::tallies(&mut conn, me, &ids).await?;
    let client = |mandate: Mandate| {
        let own = tallies.iter().filter(|tally| tally.institution == mandate.institution);
        Client { tallies: own.cloned().collect(), mandate }
    };
    Ok(Clients { page: found.into_iter().map(client).collect(), next })
}

/// A mandate of the person that is in force.
async fn mine(ctx: &Ctx<'_>, conn: &mut Conn, id: MandateId) -> Result<Mandate> {
    let me = ctx.account()?;
    let found = storage::mandates::find(conn, id).await?;
    let mandate = found.filter(|mandate| mandate.account == Some(me)).ok_or(Error::NotFound)?;
    match mandate.standing(ctx.now) {
        Standing::InForce => Ok(mandate),
        Standing::Offered | Standing::Ended => Err(Error::MandateOver),
    }
}

/// One client with what was prepared for it; `after` is the end of the page before.
///
/// # Errors
/// [`Error::NotFound`] for those of others, [`Error::MandateOver`] once it is over.
#[boxed]
pub async fn client(ctx: &Ctx<'_>, id: MandateId, after: Option<ApplicationId>) -> Result<OneClient> {
    let mut conn = ctx.app.db.read().await?;
    let mandate = mine(ctx, &mut conn, id).await?;
    let whose = (ctx.account()?, mandate.institution);
    let mut cases = storage::mandates::cases(&mut conn, whose, after, CASES + 1).await?;
    let more = i64::try_from(cases.len()).unwrap_or(0) > CASES;
    cases.truncate(usize::try_from(CASES).unwrap_or(usize::MAX));
    let next = cases.last().filter(|_| more).map(|last| last.id);
    Ok(OneClient { mandate, cases, next })
}

/// Gives a mandate back.
///
/// # Errors
/// As [`client`].
#[boxed]
pub async fn give_back(ctx: &Ctx<'_>, id: MandateId) -> Result<()> {
    let mut tx = ctx.app.db.write().await?;
    let mandate = mine(ctx, &mut tx, id).await?;
    close(ctx, &mut tx, &mandate, HowEnded::Vendor).await?;
    tx.commit().await?;
    ctx.app.wake.notify_one();
    Ok(())
}

/// Begins the form of a procedure for a client, or finds the draft that the person began before.
///
/// # Errors
/// As [`client`]; [`Error::NotFound`] for a procedure that the mandate does not name.
#[boxed]
pub async fn begin(ctx: &Ctx<'_>, id: MandateId, kind: Kind) -> Result<Begun> {
    let mut conn = ctx.app.db.read().await?;
    let mandate = mine(ctx, &mut conn, id).await?;
    if !mandate.kinds.contains(&kind) {
        return Err(Error::NotFound);
    }
    drop(conn);
    let own = under(ctx, &mandate)?;
    match start(&own, kind).await? {
        Started::New(case) => Ok(Begun::Form(case)),
        Started::Existing(case) => existing(&own, &mandate, case).await,
        Started::MissingBefore(words) => Ok(Begun::Not(words.to_owned())),
        Started::UnderWay(case) => under_way(&own, case).await,
    }
}

/// The draft that exists: the person's own is taken up again under this mandate.
async fn existing(ctx: &Ctx<'_>, mandate: &Mandate, case: ApplicationId) -> Result<Begun> {
    let me = ctx.account()?;
    let mut tx = ctx.app.db.write().await?;
    let Some(before) = storage::mandates::preparation(&mut tx, case, me).await? else {
        tx.rollback().await?;
        return Ok(Begun::Not(THEIRS.to_owned()));
    };
    storage::mandates::begin(&mut tx, &Preparation { mandate: mandate.id, ..before }).await?;
    tx.commit().await?;
    Ok(Begun::Form(case))
}

/// A case that is under way: the person may go on with it when it is theirs and waits for corrections.
async fn under_way(ctx: &Ctx<'_>, id: ApplicationId) -> Result<Begun> {
    let mut conn = ctx.app.db.read().await?;
    let mine = storage::mandates::preparation(&mut conn, id, ctx.account()?).await?.is_some();
    let case = storage::applications::find(&mut conn, id).await?;
    let returned = case.is_some_and(|case| case.state == State::Returned);
    Ok(if mine && returned { Begun::Form(id) } else { Begun::Not(UNDER_WAY.to_owned()) })
}

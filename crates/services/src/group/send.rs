//! Sending a table: what is agreed to once for all rows, and the start of the work.

use domain::{
    applications::Kind,
    forms::{Answers, Field, Findings},
    group::{self, RowState},
    ids::{JobId, SheetId},
    text::thousands,
};
use serde_json::json;
use storage::{
    Tx, boxed,
    group::{Row, Sheet},
};

use super::{
    Counts, counts_of,
    known::{permitted, places},
    own,
    run::SEND,
};
use crate::{Ctx, Result};

/// What a person sees before a table is sent.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The table.
    pub sheet: Sheet,
    /// How many rows stand where.
    pub counts: Counts,
    /// Questions that are asked once for all rows.
    pub consents: Vec<Field>,
    /// What was answered to them.
    pub agreed: Answers,
    /// What is wrong with the answers.
    pub findings: Findings,
    /// Fee of one certificate, where the procedure has one.
    pub fee_yen: Option<i64>,
    /// Sentences above the button.
    pub sentences: Vec<String>,
}

impl Offer {
    /// How many rows are sent.
    pub fn count(&self) -> i64 {
        self.counts.get(&RowState::Good).copied().unwrap_or(0)
    }
}

/// What the person agrees to.
#[derive(Clone, Debug)]
pub struct Consent {
    /// How often the table had been sent when the page was made.
    pub run: i64,
    /// The fee of one certificate on the page.
    pub fee_yen: Option<i64>,
    /// How many rows the page said.
    pub count: i64,
    /// Answers to the questions of the page.
    pub agreed: Answers,
}

/// What became of the wish to send.
#[derive(Clone, Debug)]
pub enum Begun {
    /// It is being sent.
    Now,
    /// It is being sent already, or was: a double click, another tab.
    Before,
    /// Another table of the person is being sent; this one waits until that has ended.
    Other,
    /// Something must be answered, or changed since the page was made: the person looks again.
    Again(Box<Offer>),
}

/// What a person sees before the good rows of a table are sent.
///
/// # Errors
/// [`crate::Error::NotFound`] for those of others.
#[boxed]
pub async fn offer(ctx: &Ctx<'_>, id: SheetId) -> Result<Offer> {
    let sheet = own(ctx, id).await?;
    offer_of(ctx, sheet, None).await
}

async fn offer_of(ctx: &Ctx<'_>, sheet: Sheet, answered: Option<&Answers>) -> Result<Offer> {
    let counts = counts_of(ctx, sheet.id).await?;
    let mut conn = ctx.app.db.read().await?;
    let sample = storage::group::rows_in(&mut conn, sheet.id, RowState::Good, 0, 1).await?.pop();
    drop(conn);
    let mut offer = Offer {
        sheet,
        counts,
        consents: vec![],
        agreed: Answers::new(),
        findings: Findings::default(),
        fee_yen: None,
        sentences: vec![],
    };
    if let Some(row) = sample {
        fill(ctx, &mut offer, &row, answered).await?;
    }
    Ok(offer)
}

/// What is asked and said, as one of the rows knows it: it is the same for all.
async fn fill(ctx: &Ctx<'_>, offer: &mut Offer, row: &Row, answered: Option<&Answers>) -> Result<()> {
    let kind = offer.sheet.kind;
    let procedure = kind.procedure();
    let found = permitted(ctx, std::slice::from_ref(&row.row.code)).await?;
    let Some((_, place)) = places(ctx, kind, found).await?.pop_first() else { return Ok(()) };
    offer.consents = group::consents(&procedure.sections(&place.facts, &row.row.answers));
    let keys: Vec<&str> = offer.consents.iter().map(|field| field.key.as_str()).collect();
    if let Some(answered) = answered {
        offer.agreed = answered.iter().filter(|(key, _)| keys.contains(key)).collect();
        let checked = group::judge(procedure, &place.facts, &offer.agreed, &row.row.answers);
        let asked = checked.findings.errors.into_iter().filter(|error| keys.contains(&error.field.as_str()));
        offer.findings.errors = asked.collect();
    }
    let whole = group::whole(&row.row.answers, &offer.agreed);
    let mut sentences = procedure.before_sending(&place.facts, &whole);
    if kind == Kind::Certificate {
        let yen = place.facts.rules.certificate_fee_yen;
        offer.fee_yen = Some(yen);
        let all = fee_sentence(offer.count(), yen);
        sentences.splice(..sentences.len().min(1), [all]);
    }
    offer.sentences = sentences;
    Ok(())
}

/// What all certificates cost together; the form says the same of the terminals of one institution.
fn fee_sentence(count: i64, yen: i64) -> String {
    format!(
        "端末{}台分、発行料は合計{}円（1枚あたり{}円）です。発行料は、申請が承認された時点で、それぞれの医療機関等に発生します。",
        thousands(count),
        thousands(count.saturating_mul(yen)),
        thousands(yen)
    )
}

/// Agrees for all rows and begins to send the good ones; jobs do it.
///
/// # Errors
/// [`crate::Error::NotFound`] for those of others.
#[boxed]
pub async fn send(ctx: &Ctx<'_>, id: SheetId, consent: &Consent) -> Result<Begun> {
    let sheet = own(ctx, id).await?;
    if sheet.sending || sheet.run != consent.run {
        return Ok(Begun::Before);
    }
    let offer = offer_of(ctx, sheet, Some(&consent.agreed)).await?;
    let other = offer.fee_yen != consent.fee_yen || offer.count() != consent.count;
    if other || offer.count() == 0 || !offer.findings.errors.is_empty() {
        return Ok(Begun::Again(Box::new(offer)));
    }
    let mut tx = ctx.app.db.write().await?;
    let begun = begin(ctx, &mut tx, &offer).await?;
    if matches!(begun, Begun::Now) {
        tx.commit().await?;
        ctx.app.wake.notify_one();
    } else {
        tx.rollback().await?;
    }
    Ok(begun)
}

async fn begin(ctx: &Ctx<'_>, tx: &mut Tx, offer: &Offer) -> Result<Begun> {
    let queued = storage::group::queue_good(tx, offer.sheet.id).await?;
    let sheet = Sheet {
        queued,
        agreed: offer.agreed.clone(),
        fee_yen: offer.fee_yen.unwrap_or(0),
        source: ctx.source.clone(),
        ..offer.sheet.clone()
    };
    match storage::group::begin_sending(tx, &sheet, ctx.now).await? {
        storage::group::Begun::Before => return Ok(Begun::Before),
        storage::group::Begun::Other => return Ok(Begun::Other),
        storage::group::Begun::Now => {}
    }
    let agreed = serde_json::to_string(&sheet.agreed).map_err(crate::Error::internal)?;
    ctx.audit(tx, "group.send", format!("sheet:{}", sheet.id), "", &format!("{queued}:{agreed}"));
    go_on(ctx, tx, sheet.id, sheet.run + 1, 0).await?;
    Ok(Begun::Now)
}

/// Leaves the rows behind a number to a job.
pub(super) async fn go_on(ctx: &Ctx<'_>, tx: &mut Tx, id: SheetId, run: i64, after: i64) -> Result<()> {
    let job = JobId::new(ctx.now, &*ctx.app.randomness);
    let key = format!("group:{id}:{run}:{after}");
    let payload = json!({ "sheet": id, "run": run });
    storage::jobs::enqueue(tx, job, SEND, Some(&key), payload, ctx.now).await?;
    Ok(())
}

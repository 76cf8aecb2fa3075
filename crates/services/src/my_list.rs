//! マイリスト: drafts, applications, inquiries, certificates, letters and downloads of one's institution in one list (spec 07).

use domain::{
    applications::{Explanation, State},
    calendar::typed_day,
    clock::Timestamp,
    ids::{ApplicationId, InquiryId, InstitutionId},
    inquiries::InquiryState,
    my_list::{Behind, Place, Shelf, Source},
    spreadsheet::harmless,
    terminals::standing::{Condition, Issued, standing},
};
use storage::{
    applications::Listed,
    boxed,
    inquiries::Inquiry,
    my_list::{self as stored, OwnCertificate, OwnCopy, OwnLetter, OwnSlip},
};
use uuid::Uuid;

use crate::{
    Ctx, Error, Result,
    applications::{self, Draft, Standing},
    ending::is_over,
};

/// Rows that are looked at for one page at most, where only some of them are asked for.
const LOOKED_AT: usize = 1_000;

/// One thing of the list.
#[derive(Clone, Debug)]
pub enum Item {
    /// What was begun.
    Draft(Draft),
    /// What was sent, and where it stands.
    Case(Box<Standing<Listed>>),
    /// A thread.
    Inquiry(Inquiry),
    /// A certificate, and how it stands.
    Certificate(OwnCertificate, Condition),
    /// A letter.
    Letter(OwnLetter),
    /// A copy of what was sent.
    Copy(OwnCopy),
    /// A payment slip.
    Slip(OwnSlip),
}

impl Item {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        let (at, source, id) = match self {
            Self::Draft(draft) => (draft.written_at, Source::Drafts, draft.id.to_string()),
            Self::Case(standing) => (standing.case.updated_at, Source::Cases, standing.case.id.to_string()),
            Self::Inquiry(inquiry) => (inquiry.created_at, Source::Inquiries, inquiry.id.to_string()),
            Self::Certificate(one, _) => (one.signed_at, Source::Certificates, one.id.to_string()),
            Self::Letter(letter) => (letter.created_at, Source::Letters, letter.id.to_string()),
            Self::Copy(copy) => (copy.submitted_at, Source::Copies, copy.id.to_string()),
            Self::Slip(slip) => (slip.closed_at, Source::Slips, format!("{:018}", slip.bill)),
        };
        Place { at, source, id }
    }

    /// The same at an institution at which nothing begins any more.
    fn for_good(self) -> Self {
        match self {
            Self::Case(standing) => {
                let state = standing.case.state;
                Self::Case(Box::new(standing.for_good(state)))
            }
            Self::Certificate(one, Condition::Over | Condition::Revoked) => Self::Certificate(one, Condition::Retired),
            other => other,
        }
    }

    /// Whether somebody of the institution has to do something.
    pub fn waits(&self, now: Timestamp) -> bool {
        match self {
            Self::Draft(_) => true,
            Self::Case(standing) => standing.explanation.turn() == Some(Explanation::APPLICANT),
            Self::Inquiry(inquiry) => inquiry.state == InquiryState::Waiting,
            Self::Certificate(_, condition) => condition.asks_for_action(),
            Self::Letter(_) | Self::Copy(_) => false,
            Self::Slip(slip) => {
                slip.paid_yen < slip.amount_yen && typed_day(&slip.due_on).is_some_and(|due| due >= now.date())
            }
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only one part.
    pub shelf: Option<Shelf>,
    /// Only what waits for somebody of the institution.
    pub waiting: bool,
}

/// Part of the list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The rows, newest first.
    pub items: Vec<Item>,
    /// The last row that was looked at, when there may be more behind it.
    pub next: Option<Place>,
}

/// What one's institution has, newest first, behind the row at `after`; `limit` rows at most.
///
/// # Errors
/// [`crate::Error::Forbidden`] without an active membership.
#[boxed]
pub async fn page(ctx: &Ctx<'_>, wanted: Wanted, after: Option<Place>, limit: usize) -> Result<Page> {
    let institution = ctx.institution()?;
    let over = is_over(&mut ctx.app.db.read().await?, institution).await?.is_some();
    let (mut items, mut after, mut looked_at) = (vec![], after, 0);
    loop {
        let found = merged(ctx, institution, wanted.shelf, after.as_ref(), limit).await?;
        let last = found.len() < limit;
        looked_at += found.len();
        for item in found {
            after = Some(item.place());
            let item = if over { item.for_good() } else { item };
            if !wanted.waiting || item.waits(ctx.now) {
                items.push(item);
            }
            if items.len() == limit {
                return Ok(Page { items, next: after });
            }
        }
        if last || looked_at >= LOOKED_AT {
            return Ok(Page { items, next: after.filter(|_| !last) });
        }
    }
}

/// The next rows of all sources together.
async fn merged(
    ctx: &Ctx<'_>,
    of: InstitutionId,
    shelf: Option<Shelf>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<Item>> {
    let mut all = vec![];
    for source in Source::ALL.into_iter().filter(|source| shelf.is_none_or(|shelf| source.shelf() == shelf)) {
        all.extend(rows(ctx, of, source, &Behind::of(after, source), limit).await?);
    }
    all.sort_by_cached_key(Item::place);
    all.truncate(limit);
    Ok(all)
}

/// The bound of a statement that takes rows below an instant and an identifier.
fn bound(behind: &Behind) -> (Timestamp, Uuid) {
    match behind {
        Behind::All => (Timestamp::from_millis(i64::MAX), Uuid::max()),
        Behind::At(at) => (*at, Uuid::max()),
        Behind::AfterRow(at, id) => (*at, id.parse().unwrap_or(Uuid::nil())),
        Behind::Before(at) => (*at, Uuid::nil()),
    }
}

async fn rows(ctx: &Ctx<'_>, of: InstitutionId, source: Source, behind: &Behind, limit: usize) -> Result<Vec<Item>> {
    let (at, id) = bound(behind);
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut conn = match source {
        Source::Drafts | Source::Cases | Source::Inquiries => None,
        _ => Some(ctx.app.db.read().await?),
    };
    Ok(match (source, &mut conn) {
        (Source::Cases, _) => cases(ctx, (at, ApplicationId(id)), limit).await?,
        (Source::Inquiries, _) => inquiries(ctx, (at, InquiryId(id)), limit).await?,
        (Source::Certificates, Some(conn)) => {
            let found = stored::certificates(conn, of, (at, id), most).await?;
            found.into_iter().map(|one| certificate(ctx, one)).collect()
        }
        (Source::Letters, Some(conn)) => {
            stored::letters(conn, of, (at, id), most).await?.into_iter().map(Item::Letter).collect()
        }
        (Source::Copies, Some(conn)) => {
            stored::copies(conn, of, (at, id), most).await?.into_iter().map(Item::Copy).collect()
        }
        (Source::Slips, Some(conn)) => {
            let bill = match behind {
                Behind::All | Behind::At(_) => i64::MAX,
                Behind::AfterRow(_, bill) => bill.parse().unwrap_or(0),
                Behind::Before(_) => 0,
            };
            stored::slips(conn, of, (at, bill), most).await?.into_iter().map(Item::Slip).collect()
        }
        _ => drafts(ctx, (at, id)).await?,
    })
}

/// Drafts are few: one of each procedure at most.
async fn drafts(ctx: &Ctx<'_>, (at, id): (Timestamp, Uuid)) -> Result<Vec<Item>> {
    let drafts = applications::drafts(ctx).await?.into_iter();
    Ok(drafts.filter(|draft| (draft.written_at, draft.id.0) < (at, id)).map(Item::Draft).collect())
}

/// Cases that were sent; drafts among the rows are passed over.
async fn cases(ctx: &Ctx<'_>, mut after: (Timestamp, ApplicationId), limit: usize) -> Result<Vec<Item>> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut items = vec![];
    loop {
        let found = applications::cases_of_institution(ctx, Some(after), most).await?;
        let Some(last) = found.last() else { return Ok(items) };
        let full = found.len() == limit;
        after = (last.case.updated_at, last.case.id);
        items.extend(
            found.into_iter().filter(|one| one.case.state != State::Draft).map(|one| Item::Case(Box::new(one))),
        );
        if !full || items.len() >= limit {
            items.truncate(limit);
            return Ok(items);
        }
    }
}

async fn inquiries(ctx: &Ctx<'_>, after: (Timestamp, InquiryId), limit: usize) -> Result<Vec<Item>> {
    let mut found = crate::inquiries::own(ctx, Some(after)).await?;
    found.truncate(limit);
    Ok(found.into_iter().map(Item::Inquiry).collect())
}

/// A certificate that another one replaced asks for nothing more.
fn certificate(ctx: &Ctx<'_>, one: OwnCertificate) -> Item {
    let issued =
        Issued { not_after: one.not_after, revoked: one.state != "valid", installed: one.installed, lost: one.lost };
    let condition = if one.renewed && !one.lost {
        Condition::Retired
    } else {
        standing(&[issued], None, false, ctx.now.date()).condition
    };
    Item::Certificate(one, condition)
}

/// Rows as CSV with a byte-order mark, which no spreadsheet takes for formulas.
///
/// # Errors
/// When a row has another number of cells than the first, which is a fault of ours.
pub fn file(rows: impl Iterator<Item = [String; 6]>) -> Result<Vec<u8>> {
    let mut file = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    for row in rows {
        file.write_record(row.map(|cell| harmless(&cell))).map_err(Error::internal)?;
    }
    file.into_inner().map_err(Error::internal)
}

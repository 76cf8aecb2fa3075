//! The case of a procedure that waits for its end, for pages that show what comes after it.

use domain::applications::Kind;
use services::{Ctx, applications};

use crate::site::Failure;

/// Where it stands, and where it is read.
pub(in crate::pages) struct UnderWay {
    pub(in crate::pages) sentence: String,
    pub(in crate::pages) link: String,
}

impl UnderWay {
    /// The one of the institution, if there is one.
    pub(in crate::pages) async fn of(ctx: &Ctx<'_>, kind: Kind) -> Result<Option<Self>, Failure> {
        let under_way = applications::outlook(ctx, kind).await?.under_way;
        Ok(under_way
            .map(|one| Self { sentence: one.explanation.sentence(), link: format!("/applications/{}", one.case.id) }))
    }
}

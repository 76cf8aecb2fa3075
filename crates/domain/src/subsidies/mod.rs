//! Subsidies (spec 6.1): schemes are data, and a grant follows from a scheme and amounts by one function.

mod applying;
mod days;
mod grant;
mod judge;
mod number;
mod scheme;
mod typed;

pub use applying::{Applicant, Applying, INSTITUTION_KIND, InstitutionKind, Terms};
pub use grant::{Grant, Line, LineKind, compute, compute_counted};
pub use judge::MOST_YEN;
pub(crate) use judge::judge;
pub use number::{GrantNumber, fiscal_year};
pub use scheme::{Category, Exception, Paper, Rate, RateFault, Scheme, SchemeRef, Span, Whom};
pub use typed::{scheme_from_typed, scheme_to_typed};

use std::collections::BTreeMap;

use crate::{fees::yen, forms::Answers};

/// Key of the answer that names the scheme and its version.
pub const SCHEME: &str = "scheme";

/// Key of the answer with the amount of a category.
pub fn amount_key(category: &Category) -> String {
    format!("amount_{}", category.key)
}

/// Key of the answer with the files of a document.
pub fn paper_key(paper: Paper) -> String {
    format!("file_{paper}")
}

/// The amounts that answers give for the categories of a scheme; what is no amount is left out.
pub fn amounts_of(scheme: &Scheme, answers: &Answers) -> BTreeMap<String, i64> {
    let amount = |category: &Category| {
        let amount = yen(answers.get(&amount_key(category))).ok()?;
        Some((category.key.clone(), amount))
    };
    scheme.categories.iter().filter_map(amount).collect()
}

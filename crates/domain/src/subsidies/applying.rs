//! What a scheme says for one institution: by its kind, and by exceptions.

use serde::{Deserialize, Deserializer, Serialize};
use time::Date;

use super::{Category, Exception, Rate, Scheme, Whom};
use crate::{
    forms::Answers,
    institutions::{InstitutionCode, ScoreTable},
    words::words,
};

/// Key of the answer with the kind of the institution.
pub const INSTITUTION_KIND: &str = "institution_kind";

words! {
    /// Kind of an institution, as schemes tell them apart (spec 6.1).
    InstitutionKind {
        /// Twenty beds or more.
        Hospital = "hospital", "病院";
        /// Fewer beds, or none.
        Clinic = "clinic", "診療所（医科）";
        /// Dental clinic.
        Dental = "dental", "歯科診療所";
        /// Pharmacy.
        Pharmacy = "pharmacy", "薬局";
        /// Home-visit nursing station.
        HomeNursing = "home_nursing", "訪問看護";
    }
}

impl InstitutionKind {
    /// The kinds that institutions of a score table may have: the register knows the table, and 医科 holds two.
    pub const fn of(table: ScoreTable) -> &'static [Self] {
        match table {
            ScoreTable::Medical => &[Self::Hospital, Self::Clinic],
            ScoreTable::Dental => &[Self::Dental],
            ScoreTable::Pharmacy => &[Self::Pharmacy],
            ScoreTable::HomeNursing => &[Self::HomeNursing],
        }
    }
}

/// Who applies: what the register knows of it, and what it answered.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// Its code.
    pub code: &'a InstitutionCode,
    /// Its kind as it answered; counts only where the register leaves it open.
    pub kind: Option<InstitutionKind>,
}

impl<'a> Applicant<'a> {
    /// With what it answered in a form.
    pub fn of(code: &'a InstitutionCode, answers: &Answers) -> Self {
        Self { code, kind: answers.get(INSTITUTION_KIND).parse().ok() }
    }

    fn kinds(self) -> &'static [InstitutionKind] {
        InstitutionKind::of(self.code.score_table())
    }
}

/// What institutions of a kind get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Which institutions.
    pub kind: InstitutionKind,
    /// Which part of the costs is paid.
    pub rate: Rate,
    /// Most yen of a grant.
    pub ceiling_yen: i64,
}

/// Terms as versions keep them: those of the first ones name a score table and hold for each kind of it.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    kind: Option<InstitutionKind>,
    #[serde(default)]
    table: Option<ScoreTable>,
    rate: Rate,
    ceiling_yen: i64,
}

pub(super) fn kept_terms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Terms>, D::Error> {
    let of_table = |kept: &Kept| kept.table.map(InstitutionKind::of).unwrap_or_default().iter().copied();
    let read = |kept: Kept| {
        let kinds: Vec<InstitutionKind> = kept.kind.into_iter().chain(of_table(&kept)).collect();
        kinds.into_iter().map(move |kind| Terms { kind, rate: kept.rate, ceiling_yen: kept.ceiling_yen })
    };
    Ok(Vec::<Kept>::deserialize(deserializer)?.into_iter().flat_map(read).collect())
}

/// What a scheme says for one institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applying {
    /// Which part of the costs is paid.
    pub rate: Rate,
    /// Most yen of a grant.
    pub ceiling_yen: i64,
    /// Last day on which it may apply.
    pub until: Date,
    /// Whether an exception was made for it.
    pub is_exception: bool,
    /// For whom the scheme says so, in a word.
    pub whom: &'static str,
    /// Whether it says something else for another kind of the same score table.
    pub by_kind: bool,
}

impl Scheme {
    /// What it says for an institution; none when institutions of its kind get nothing, and while its kind must be asked.
    pub fn applying(&self, who: Applicant<'_>) -> Option<Applying> {
        let applying = self.applying_as(who.code, self.kind_of(who)?)?;
        let by_kind = self.asks_kind(who.code);
        let table = who.code.score_table();
        let whom = if by_kind || who.kinds().len() == 1 { applying.whom } else { table.name() };
        Some(Applying { whom, by_kind, ..applying })
    }

    /// What it says for an institution if it is of a kind. An exception for the institution itself goes before one for its
    /// kind, and that before one for its score table.
    pub fn applying_as(&self, code: &InstitutionCode, kind: InstitutionKind) -> Option<Applying> {
        let terms = self.terms.iter().find(|terms| terms.kind == kind)?;
        let made = |whom: Whom| self.exceptions.iter().find(move |one| one.whom == whom);
        let whom = [Whom::Institution(code.clone()), Whom::Kind(kind), Whom::Table(code.score_table())];
        let known: Vec<&Exception> = whom.into_iter().filter_map(made).collect();
        Some(Applying {
            rate: known.iter().find_map(|one| one.rate).unwrap_or(terms.rate),
            ceiling_yen: terms.ceiling_yen,
            until: known.iter().find_map(|one| one.until).unwrap_or(self.applications.to),
            is_exception: !known.is_empty(),
            whom: kind.label(),
            by_kind: false,
        })
    }

    /// Whether an institution must say of which kind it is: the register leaves it open, and the kinds get different things.
    pub fn asks_kind(&self, code: &InstitutionCode) -> bool {
        let said = |kind: &InstitutionKind| {
            let applying = self.applying_as(code, *kind)?;
            Some((applying.rate, applying.ceiling_yen, applying.until, applying.is_exception))
        };
        let mut kinds = InstitutionKind::of(code.score_table()).iter().map(said);
        let first = kinds.next();
        kinds.any(|other| Some(other) != first)
    }

    /// The kind by which it computes for an institution; none while it must be asked.
    fn kind_of(&self, who: Applicant<'_>) -> Option<InstitutionKind> {
        let answered = who.kind.filter(|kind| who.kinds().contains(kind));
        answered.or_else(|| who.kinds().first().copied().filter(|_| !self.asks_kind(who.code)))
    }

    /// Whether an institution may send an application on a day; while its kind must be asked, whether it might.
    pub fn is_open(&self, who: Applicant<'_>, day: Date) -> bool {
        let open = |kind: InstitutionKind| {
            self.applying_as(who.code, kind).is_some_and(|one| self.applications.from <= day && day <= one.until)
        };
        match self.kind_of(who) {
            Some(kind) => open(kind),
            None => who.kinds().iter().copied().any(open),
        }
    }

    /// Last day on which an institution may apply for costs of a category; for one whose kind must be asked, without
    /// exceptions.
    pub fn until(&self, category: &Category, applying: Option<Applying>) -> Date {
        let until = applying.map_or(self.applications.to, |applying| applying.until);
        category.until.filter(|_| !applying.is_some_and(|applying| applying.is_exception)).unwrap_or(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subsidies::Span;
    use time::macros::date;

    fn terms(kind: InstitutionKind, parts: i64, ceiling_yen: i64) -> Terms {
        Terms { kind, rate: Rate::new(parts, 4).unwrap(), ceiling_yen }
    }

    fn scheme() -> Scheme {
        let exception = |whom, until, rate| Exception { whom, until, rate };
        let own = Whom::Institution("1330100016".parse().unwrap());
        Scheme {
            name: "カードリーダー".to_owned(),
            applications: Span { from: date!(2026 - 04 - 01), to: date!(2027 - 03 - 31) },
            terms: vec![
                terms(InstitutionKind::Hospital, 2, 1_000_000),
                terms(InstitutionKind::Clinic, 3, 429_000),
                terms(InstitutionKind::Dental, 3, 400_000),
            ],
            exceptions: vec![
                exception(own, Some(date!(2027 - 06 - 30)), None),
                exception(Whom::Table(ScoreTable::Dental), None, Some(Rate::WHOLE)),
            ],
            ..Scheme::default()
        }
    }

    fn who<'a>(code: &'a InstitutionCode, kind: &str) -> Applicant<'a> {
        Applicant { code, kind: kind.parse().ok() }
    }

    #[test]
    fn an_exception_for_one_goes_before_that_of_its_kind_and_fills_what_it_leaves_open() {
        let [own, other, pharmacy] = ["1330100016", "2730100019", "1440100017"].map(|code| code.parse().unwrap());
        let found = scheme().applying(who(&own, "")).unwrap();
        assert_eq!((found.rate, found.until, found.whom), (Rate::WHOLE, date!(2027 - 06 - 30), "歯科診療所"));
        let found = scheme().applying(who(&other, "")).unwrap();
        assert_eq!((found.rate, found.until, found.ceiling_yen), (Rate::WHOLE, date!(2027 - 03 - 31), 400_000));
        assert_eq!(scheme().applying(who(&pharmacy, "")), None, "a pharmacy gets nothing");
        assert_eq!(scheme().applying(who(&pharmacy, "hospital")), None, "whatever it says of itself");
    }

    #[test]
    fn a_hospital_and_a_clinic_are_asked_only_where_it_makes_a_difference() {
        let (medical, dental) = ("0110112489".parse().unwrap(), "1330100016".parse().unwrap());
        let mut scheme = scheme();
        assert!(scheme.asks_kind(&medical) && !scheme.asks_kind(&dental));
        assert_eq!(scheme.applying(who(&medical, "")), None, "not answered yet");
        assert!(scheme.is_open(who(&medical, ""), date!(2026 - 05 - 01)), "and offered all the same");
        let given = |scheme: &Scheme, kind| {
            scheme.applying(who(&medical, kind)).map(|one| (one.rate.to_string(), one.ceiling_yen, one.whom))
        };
        assert_eq!(given(&scheme, "hospital"), Some(("2/4".to_owned(), 1_000_000, "病院")));
        assert_eq!(given(&scheme, "clinic"), Some(("3/4".to_owned(), 429_000, "診療所（医科）")));
        assert_eq!(given(&scheme, "dental"), None, "no kind of this table");
        // Only hospitals get something.
        scheme.terms.retain(|terms| terms.kind == InstitutionKind::Hospital);
        assert!(scheme.asks_kind(&medical) && given(&scheme, "clinic").is_none());
        assert!(!scheme.is_open(who(&medical, "clinic"), date!(2026 - 05 - 01)));
        // Both get the same: nobody is asked, until an exception is made for one of them.
        scheme.terms.push(terms(InstitutionKind::Clinic, 2, 1_000_000));
        assert!(!scheme.asks_kind(&medical));
        assert_eq!(given(&scheme, ""), Some(("2/4".to_owned(), 1_000_000, "医科")));
        let whom = Whom::Kind(InstitutionKind::Clinic);
        scheme.exceptions.push(Exception { whom, until: None, rate: Some(Rate::WHOLE) });
        assert_eq!(given(&scheme, "clinic"), Some(("1/1".to_owned(), 1_000_000, "診療所（医科）")));
        assert_eq!(given(&scheme, ""), None);
    }

    #[test]
    fn it_is_open_from_the_first_to_the_last_day() {
        let (own, other) = ("1330100016".parse().unwrap(), "2730100019".parse().unwrap());
        for (day, first, second) in [
            (date!(2026 - 03 - 31), false, false),
            (date!(2026 - 04 - 01), true, true),
            (date!(2027 - 03 - 31), true, true),
            (date!(2027 - 04 - 01), true, false),
            (date!(2027 - 07 - 01), false, false),
        ] {
            let open = |code| scheme().is_open(who(code, ""), day);
            assert_eq!((open(&own), open(&other)), (first, second), "{day}");
        }
    }
}

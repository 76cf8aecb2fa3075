//! マイリスト: everything that an institution has in the portal, newest first (spec 07).

use std::{fmt, str::FromStr};

use crate::{clock::Timestamp, words::words};

words! {
    /// A part of the list.
    Shelf {
        /// What was begun and not sent.
        Drafts = "drafts", "下書き";
        /// What was sent.
        Cases = "applications", "申請・届出";
        /// Threads of the person.
        Inquiries = "inquiries", "お問い合わせ";
        /// Certificates that were issued.
        Certificates = "certificates", "端末の電子証明書";
        /// Letters to the institution.
        Letters = "letters", "通知書";
        /// Copies of what was sent, and payment slips.
        Downloads = "downloads", "ダウンロード";
    }
}

/// Where one's rows come from; at the same instant they stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Source {
    /// Drafts.
    Drafts,
    /// Cases that were sent.
    Cases,
    /// Threads.
    Inquiries,
    /// Certificates.
    Certificates,
    /// Letters.
    Letters,
    /// Copies of cases as PDF.
    Copies,
    /// Payment slips.
    Slips,
}

impl Source {
    /// All of them, in their order.
    pub const ALL: [Self; 7] =
        [Self::Drafts, Self::Cases, Self::Inquiries, Self::Certificates, Self::Letters, Self::Copies, Self::Slips];

    /// The part of the list in which its rows stand.
    pub const fn shelf(self) -> Shelf {
        match self {
            Self::Drafts => Shelf::Drafts,
            Self::Cases => Shelf::Cases,
            Self::Inquiries => Shelf::Inquiries,
            Self::Certificates => Shelf::Certificates,
            Self::Letters => Shelf::Letters,
            Self::Copies | Self::Slips => Shelf::Downloads,
        }
    }
}

/// The place of a row: rows of all sources stand in the order of their places, latest instant first.
///
/// In an address it is written `INSTANT_SOURCE_ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row's instant.
    pub at: Timestamp,
    /// Its source.
    pub source: Source,
    /// Its identifier there.
    pub id: String,
}

/// What of one source stands behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Everything.
    All,
    /// Rows of this instant and earlier ones.
    At(Timestamp),
    /// Rows of earlier instants, and at this instant those with a smaller identifier.
    AfterRow(Timestamp, String),
    /// Rows of earlier instants.
    Before(Timestamp),
}

impl Behind {
    /// What of a source stands behind a place, or at all.
    pub fn of(place: Option<&Place>, source: Source) -> Self {
        match place {
            None => Self::All,
            Some(place) if source == place.source => Self::AfterRow(place.at, place.id.clone()),
            Some(place) if source > place.source => Self::At(place.at),
            Some(place) => Self::Before(place.at),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.at.as_millis(), self.source as u8, self.id)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '_');
        let (at, source, id) = (parts.next().ok_or(())?, parts.next().ok_or(())?, parts.next().ok_or(())?);
        let source = source.parse::<u8>().ok().and_then(|number| Source::ALL.get(usize::from(number)).copied());
        Ok(Self {
            at: Timestamp::from_millis(at.parse().map_err(|_| ())?),
            source: source.ok_or(())?,
            id: id.to_owned(),
        })
    }
}

impl Ord for Place {
    /// The row that stands earlier in the list is the lesser.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.at.cmp(&self.at).then(self.source.cmp(&other.source)).then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(at: i64, source: Source, id: &str) -> Place {
        Place { at: Timestamp::from_millis(at), source, id: id.to_owned() }
    }

    #[test]
    fn a_place_comes_back_from_an_address_and_nothing_else_does() {
        let one = place(1_795_400_000_000, Source::Letters, "0197-ab_c");
        assert_eq!(one.to_string().parse(), Ok(one));
        for bad in ["", "1", "1_2", "x_2_a", "1_99_a", "1_-1_a"] {
            assert_eq!(bad.parse::<Place>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn rows_of_one_instant_stand_in_the_order_of_their_sources() {
        let mut rows = [
            place(1, Source::Cases, "a"),
            place(2, Source::Letters, "a"),
            place(2, Source::Cases, "a"),
            place(2, Source::Cases, "b"),
        ];
        rows.sort();
        let told: Vec<String> = rows.iter().map(Place::to_string).collect();
        assert_eq!(told, ["2_1_b", "2_1_a", "2_4_a", "1_1_a"]);
    }

    #[test]
    fn what_stands_behind_a_row_is_asked_of_each_source_without_a_gap() {
        let row = place(5, Source::Inquiries, "m");
        let at = Timestamp::from_millis(5);
        assert_eq!(Behind::of(Some(&row), Source::Cases), Behind::Before(at));
        assert_eq!(Behind::of(Some(&row), Source::Inquiries), Behind::AfterRow(at, "m".to_owned()));
        assert_eq!(Behind::of(Some(&row), Source::Letters), Behind::At(at));
        assert_eq!(Behind::of(None, Source::Letters), Behind::All);
    }
}

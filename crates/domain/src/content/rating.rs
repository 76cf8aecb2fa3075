//! Readings and stars of articles and notices (spec 07).

use std::{fmt, str::FromStr};

/// The most stars that somebody may give.
pub const MOST_STARS: i64 = 5;

/// What is read and rated, by its name in addresses; written `article:SLUG` or `notice:SLUG`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An article or an answer of the FAQ.
    Article(String),
    /// A notice.
    Notice(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Article(slug) => write!(f, "article:{slug}"),
            Self::Notice(slug) => write!(f, "notice:{slug}"),
        }
    }
}

impl FromStr for Subject {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':') {
            Some(("article", slug)) => Ok(Self::Article(slug.to_owned())),
            Some(("notice", slug)) => Ok(Self::Notice(slug.to_owned())),
            _ => Err(()),
        }
    }
}

/// The stars that were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rating {
    /// All stars together.
    pub stars: i64,
    /// By how many people.
    pub votes: i64,
}

impl Rating {
    /// The mean in tenths of a star, 10 to 50, rounded; 0 when nobody gave any.
    pub fn tenths(self) -> u8 {
        if self.votes <= 0 {
            return 0;
        }
        let tenths = (self.stars * 20 + self.votes) / (self.votes * 2);
        u8::try_from(tenths.clamp(10, 10 * MOST_STARS)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_rounded_to_tenths_and_stays_within_one_and_five_stars() {
        let mean = |stars, votes| Rating { stars, votes }.tenths();
        assert_eq!([mean(0, 0), mean(5, 1), mean(1, 1), mean(13, 3), mean(9, 2)], [0, 50, 10, 43, 45]);
    }

    #[test]
    fn a_subject_comes_back_from_its_text() {
        for subject in [Subject::Article("a-b".to_owned()), Subject::Notice("n:1".to_owned())] {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        assert_eq!("document:x".parse::<Subject>(), Err(()));
    }
}

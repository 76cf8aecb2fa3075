//! Which procedure a case belongs to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    CertificateApplication, ClaimsFiling, Effect, EligibilityApplication, Facts, Life, Need, Procedure, Words,
};
use crate::closing::Over;
use crate::procedures::Common;
use crate::words::UnknownWord;

/// Which procedure a case belongs to: one of the three that the others build on, or one of the registered folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// オンライン資格確認 利用開始・変更申請.
    Eligibility,
    /// 端末の電子証明書 発行申請.
    Certificate,
    /// オンライン請求 利用開始・変更申請（届出）.
    Claims,
    /// A procedure of the common kind.
    Common(Common),
}

impl Kind {
    /// The procedures in the order in which a new institution goes through them.
    pub const JOURNEY: [Self; 3] = [Self::Eligibility, Self::Certificate, Self::Claims];

    /// Every procedure.
    pub const ALL: &'static [Self] = &{
        let mut all = [Self::Eligibility; Self::JOURNEY.len() + Common::ALL.len()];
        let mut place = 0;
        while place < all.len() {
            all[place] = match place < Self::JOURNEY.len() {
                true => Self::JOURNEY[place],
                false => Self::Common(Common::ALL[place - Self::JOURNEY.len()]),
            };
            place += 1;
        }
        all
    };

    /// Its words.
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Eligibility => &EligibilityApplication::WORDS,
            Self::Certificate => &CertificateApplication::WORDS,
            Self::Claims => &ClaimsFiling::WORDS,
            Self::Common(common) => common.words(),
        }
    }

    /// The procedure of this kind.
    pub fn procedure(self) -> &'static dyn Procedure {
        match self {
            Self::Eligibility => &EligibilityApplication,
            Self::Certificate => &CertificateApplication,
            Self::Claims => &ClaimsFiling,
            Self::Common(common) => common.procedure(),
        }
    }

    /// Number of the article that is read before the form.
    pub fn article(self) -> &'static str {
        match self {
            Self::Eligibility => "KB0011095",
            Self::Certificate => "KB0010381",
            Self::Claims => "KB0010323",
            Self::Common(common) => common.folder().article_head("number"),
        }
    }

    /// The word in the database and in addresses.
    pub const fn as_str(self) -> &'static str {
        self.words().key
    }

    /// The word on pages.
    pub const fn label(self) -> &'static str {
        self.words().label
    }

    /// How its cases live.
    pub fn life(self) -> Life {
        self.procedure().life()
    }

    /// What the acceptance of a case means beyond its own move.
    pub fn effect(self) -> Effect {
        self.procedure().effect()
    }

    /// Whether its form must know something beyond what every form knows.
    pub fn needs(self, what: Need) -> bool {
        self.procedure().needs().contains(&what)
    }

    /// What keeps it from being begun or sent, if anything: the institution is over, or something must be filed first.
    pub fn missing_before(self, facts: &Facts) -> Option<&'static str> {
        let over = facts.known.over.map(Over::sentence);
        over.or_else(|| self.procedure().missing_before(facts))
    }

    /// Whether an institution may have only one case of this procedure under way.
    pub fn is_one_at_a_time(self) -> bool {
        self.procedure().is_one_at_a_time()
    }

    /// Whether the procedure waits until another one was sent.
    pub const fn waits_for_another(self, anything_filed: bool) -> bool {
        matches!(self, Self::Certificate) && !anything_filed
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownWord(text.to_owned()))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        word.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_procedure_has_words_of_its_own_that_lead_back_to_it() {
        let plain =
            |word: &str| word.chars().all(|letter| letter.is_ascii_lowercase() || "_0123456789".contains(letter));
        for kind in Kind::ALL {
            let words = kind.words();
            assert_eq!(words.key.parse(), Ok(*kind));
            assert!(!words.key.is_empty() && plain(words.key), "{kind}");
            for word in [words.label, words.short, words.lead, words.send, words.withdraw, words.to_form] {
                assert!(!word.is_empty(), "{kind}");
            }
        }
        for word in [Kind::as_str, Kind::label, Kind::article] {
            let mut seen = BTreeMap::new();
            for kind in Kind::ALL {
                let other = seen.insert(word(*kind), kind.label());
                assert_eq!(other, None, "`{}` of {} is that of another procedure", word(*kind), kind.label());
            }
        }
        assert!("elsewhere".parse::<Kind>().is_err());
    }
}

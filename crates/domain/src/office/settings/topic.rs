//! The topics: what can be set, who may set it, and its words.

use std::{fmt, str::FromStr};

use super::{FigureTopic, list::list_topic};
use crate::{
    content::{menus, synonyms},
    office::Matter,
    permissions::Permission,
};

/// Something that staff can set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Figures of rules that belong together.
    Figures(FigureTopic),
    /// Public holidays.
    Holidays,
    /// A list that forms offer, by name.
    List(String),
    /// Text of a mail, by key.
    Mail(String),
    /// A document, by the name in its address.
    Document(String),
    /// A scheme of subsidies, by the name in its address.
    Scheme(String),
}

/// A name in an address or a row that no topic has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown topic {0:?}")]
pub struct UnknownTopic(pub String);

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figures(topic) => f.write_str(topic.as_str()),
            Self::Holidays => f.write_str("holidays"),
            Self::List(name) => write!(f, "list.{name}"),
            Self::Mail(key) => write!(f, "mail.{key}"),
            Self::Document(slug) => write!(f, "document.{slug}"),
            Self::Scheme(key) => write!(f, "scheme.{key}"),
        }
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        let known = match text.split_once('.') {
            None if text == "holidays" => Some(Self::Holidays),
            None => text.parse().ok().map(Self::Figures),
            Some(("list", name)) => list_topic(name).map(|_| Self::List(name.to_owned())),
            Some(("mail", key)) if plain(key) => Some(Self::Mail(key.to_owned())),
            Some(("document", slug)) if plain(slug) => Some(Self::Document(slug.to_owned())),
            Some(("scheme", key)) if plain(key) && key.len() <= 40 => Some(Self::Scheme(key.to_owned())),
            Some(_) => None,
        };
        known.ok_or_else(|| UnknownTopic(text.to_owned()))
    }
}

impl Topic {
    /// The kind of act that a change of it is.
    pub fn matter(&self) -> Matter {
        match self {
            Self::Figures(FigureTopic::Fees) => Matter::Fees,
            Self::List(name) if [synonyms::LIST, menus::TOP, menus::SIDE].contains(&name.as_str()) => Matter::Texts,
            Self::Figures(_) | Self::Holidays | Self::List(_) => Matter::Settings,
            Self::Mail(_) => Matter::Texts,
            Self::Document(_) => Matter::Terms,
            Self::Scheme(_) => Matter::Schemes,
        }
    }

    /// Who may change it.
    pub fn permission(&self) -> Permission {
        self.matter().permission(None)
    }

    /// Its name on pages, where the topic itself knows it; mails and documents have titles of their own.
    pub fn label(&self) -> &str {
        match self {
            Self::Figures(topic) => topic.label(),
            Self::Holidays => "祝日",
            Self::List(name) => list_topic(name).map_or(name.as_str(), |topic| topic.label),
            Self::Mail(key) => key,
            Self::Document(slug) => slug,
            Self::Scheme(key) => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_found_by_the_name_that_it_shows() {
        for name in [
            "fees",
            "targets",
            "holidays",
            "list.terminal_oses",
            "mail.claims_received",
            "document.guide",
            "scheme.reader",
        ] {
            assert_eq!(name.parse::<Topic>().unwrap().to_string(), name);
        }
        for odd in
            ["", "fee", "list.", "list.nothing", "mail.", "mail.a/b", "document.A", "scheme.", "scheme.a@b", "x.y"]
        {
            assert_eq!(odd.parse::<Topic>(), Err(UnknownTopic(odd.to_owned())), "{odd}");
        }
    }

    #[test]
    fn fees_terms_and_texts_are_not_for_an_administrator() {
        let topic = |name: &str| name.parse::<Topic>().unwrap();
        assert_eq!(topic("fees").permission(), Permission::ChangeFees);
        assert_eq!(topic("document.guide").permission(), Permission::ChangeTexts);
        assert_eq!(topic("mail.claims_received").permission(), Permission::ChangeTexts);
        assert_eq!(topic("list.search_synonyms").permission(), Permission::ChangeTexts);
        assert_eq!(topic("list.top_menu").permission(), Permission::ChangeTexts);
        assert_eq!(topic("list.terminal_oses").permission(), Permission::ChangeSettings);
        assert_eq!(topic("targets").permission(), Permission::ChangeSettings);
        assert_eq!(topic("scheme.reader").permission(), Permission::ChangeSettings);
    }
}

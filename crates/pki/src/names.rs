//! Subjects: which attributes they have, how each is encoded, and how long each may be (X.520, RFC 5280 appendix A).

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use const_oid::db::rfc4519;
use der::Tag;
use der::asn1::{Any, ObjectIdentifier, SetOfVec};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::error::Error;

/// An attribute of a distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeKind {
    /// `C`: country, two capital letters.
    Country,
    /// `O`: organisation, at most 64 characters.
    Organization,
    /// `OU`: organisational unit, at most 64 characters.
    OrganizationalUnit,
    /// `CN`: common name, at most 64 characters.
    CommonName,
    /// `serialNumber`: at most 64 characters of PrintableString.
    SerialNumber,
}

impl AttributeKind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Country, Self::Organization, Self::OrganizationalUnit, Self::CommonName, Self::SerialNumber];

    /// The most characters of such an attribute (X.520 upper bounds).
    pub const fn limit(self) -> usize {
        match self {
            Self::Country => 2,
            _ => 64,
        }
    }

    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Country => rfc4519::COUNTRY_NAME,
            Self::Organization => rfc4519::ORGANIZATION_NAME,
            Self::OrganizationalUnit => rfc4519::ORGANIZATIONAL_UNIT_NAME,
            Self::CommonName => rfc4519::COMMON_NAME,
            Self::SerialNumber => rfc4519::SERIAL_NUMBER,
        }
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.oid() == oid)
    }

    /// PrintableString where X.520 leaves no choice, UTF8String everywhere else.
    pub(crate) const fn tag(self) -> Tag {
        match self {
            Self::Country | Self::SerialNumber => Tag::PrintableString,
            _ => Tag::Utf8String,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Country => "C",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
            Self::SerialNumber => "serialNumber",
        }
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for AttributeKind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(())
    }
}

/// Why a text cannot stand in a certificate's subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectFault {
    /// More characters than X.520 allows; nothing is ever cut silently.
    #[error("{attribute}は{limit}文字までです（{length}文字あります）。")]
    TooLong {
        /// Where it should stand.
        attribute: AttributeKind,
        /// The most characters.
        limit: usize,
        /// How many there are.
        length: usize,
    },
    /// No text at all.
    #[error("{0}が空です。")]
    Empty(AttributeKind),
    /// A control character, an invisible mark that changes the direction of writing, or a blank at either end.
    #[error("{0}に、証明書に書けない文字（制御文字や前後の空白など）があります。")]
    Forbidden(AttributeKind),
    /// A character outside PrintableString, where only that is allowed.
    #[error("{0}には半角の英数字と一部の記号だけを使えます。")]
    NotPrintable(AttributeKind),
    /// The profile asks for a value that was not given.
    #[error("プロファイルが求める項目「{0}」がありません。")]
    Missing(SubjectField),
}

/// Checks a text against the rules of one attribute, so that a form can refuse it early.
///
/// # Errors
/// The first rule it breaks.
pub fn check_attribute(attribute: AttributeKind, text: &str) -> Result<(), SubjectFault> {
    if text.is_empty() {
        return Err(SubjectFault::Empty(attribute));
    }
    let length = text.chars().count();
    if length > attribute.limit() {
        return Err(SubjectFault::TooLong { attribute, limit: attribute.limit(), length });
    }
    if text.trim() != text || text.chars().any(is_forbidden) {
        return Err(SubjectFault::Forbidden(attribute));
    }
    let printable = match attribute {
        AttributeKind::Country => length == 2 && text.bytes().all(|b| b.is_ascii_uppercase()),
        AttributeKind::SerialNumber => text.chars().all(is_printable_string),
        _ => true,
    };
    if printable { Ok(()) } else { Err(SubjectFault::NotPrintable(attribute)) }
}

/// A name as an attribute can hold it: without what may not be written there, and with 「…」 as the last character of one that is
/// longer than X.520 allows. For names that nobody types for a certificate, such as those of a register; the policy must say so.
pub fn fitted(attribute: AttributeKind, name: &str) -> String {
    let written: String = name.chars().filter(|c| !is_forbidden(*c)).collect();
    let written = written.trim();
    if written.chars().count() <= attribute.limit() {
        return written.to_owned();
    }
    let begin: String = written.chars().take(attribute.limit() - 1).collect();
    begin.trim_end().to_owned() + "…"
}

/// Marks of writing direction, line and paragraph separators, the byte order mark, and a block of noncharacters.
const FORBIDDEN: [RangeInclusive<char>; 6] = [
    '\u{61c}'..='\u{61c}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
    '\u{fdd0}'..='\u{fdef}',
    '\u{feff}'..='\u{feff}',
];

/// Control characters, the list above, and the last two code points of each plane.
fn is_forbidden(c: char) -> bool {
    c.is_control() || FORBIDDEN.iter().any(|range| range.contains(&c)) || u32::from(c) & 0xfffe == 0xfffe
}

/// The alphabet of PrintableString (X.680, 41.4).
fn is_printable_string(c: char) -> bool {
    c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c)
}

/// A value that a profile's subject may refer to, as `{word}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectField {
    /// `{institution_name}`: name of the medical institution.
    InstitutionName,
    /// `{institution_code}`: its ten digits.
    InstitutionCode,
    /// `{terminal_name}`: name of the terminal.
    TerminalName,
    /// `{reference}`: reference number of the certificate application.
    Reference,
    /// `{operator}`: name of whoever runs the authority.
    Operator,
    /// `{common_name}`: name of an authority, a responder or a server.
    CommonName,
}

impl SubjectField {
    const ALL: [Self; 6] = [
        Self::InstitutionName,
        Self::InstitutionCode,
        Self::TerminalName,
        Self::Reference,
        Self::Operator,
        Self::CommonName,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::InstitutionName => "institution_name",
            Self::InstitutionCode => "institution_code",
            Self::TerminalName => "terminal_name",
            Self::Reference => "reference",
            Self::Operator => "operator",
            Self::CommonName => "common_name",
        }
    }
}

impl fmt::Display for SubjectField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for SubjectField {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|field| field.word() == word).ok_or(())
    }
}

/// The values from which a profile composes a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject(BTreeMap<SubjectField, String>);

impl Subject {
    /// Values for the certificate of an institution's terminal (spec 04.4).
    pub fn terminal(institution_name: &str, institution_code: &str, terminal_name: &str, reference: &str) -> Self {
        Self::default()
            .with(SubjectField::InstitutionName, institution_name)
            .with(SubjectField::InstitutionCode, institution_code)
            .with(SubjectField::TerminalName, terminal_name)
            .with(SubjectField::Reference, reference)
    }

    /// Values for something of the operator's own: an authority, an OCSP responder, a server.
    pub fn operator(operator: &str, common_name: &str) -> Self {
        Self::default().with(SubjectField::Operator, operator).with(SubjectField::CommonName, common_name)
    }

    /// Adds or replaces one value.
    #[must_use]
    pub fn with(mut self, field: SubjectField, value: &str) -> Self {
        self.0.insert(field, value.to_owned());
        self
    }

    fn get(&self, field: SubjectField) -> Result<&str, SubjectFault> {
        self.0.get(&field).map(String::as_str).ok_or(SubjectFault::Missing(field))
    }
}

/// One attribute of a profile's subject: its kind, and where its text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubjectRule {
    pub(crate) kind: AttributeKind,
    pub(crate) source: SubjectSource,
}

/// A fixed text, or one of the order's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SubjectSource {
    Fixed(String),
    Field(SubjectField),
}

/// The text of one attribute, checked.
pub(crate) fn text<'a>(rule: &'a SubjectRule, subject: &'a Subject) -> Result<&'a str, SubjectFault> {
    let text = match &rule.source {
        SubjectSource::Fixed(text) => text.as_str(),
        SubjectSource::Field(field) => subject.get(*field)?,
    };
    check_attribute(rule.kind, text)?;
    Ok(text)
}

/// Composes the name, one attribute a step, in the profile's order.
pub(crate) fn compose(rules: &[SubjectRule], subject: &Subject) -> Result<Name, Error> {
    let mut steps = RdnSequence::default();
    for rule in rules {
        let value = Any::new(rule.kind.tag(), text(rule, subject)?.as_bytes())?;
        let step = SetOfVec::try_from([AttributeTypeAndValue { oid: rule.kind.oid(), value }])?;
        steps.push(RelativeDistinguishedName::from(step));
    }
    Ok(Name::hazmat_from_rdn_sequence(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_characters_are_the_limit_and_nothing_is_cut() {
        let name = "医".repeat(64);
        assert_eq!(check_attribute(AttributeKind::CommonName, &name), Ok(()));
        let fault = check_attribute(AttributeKind::CommonName, &format!("{name}院")).unwrap_err();
        assert_eq!(fault, SubjectFault::TooLong { attribute: AttributeKind::CommonName, limit: 64, length: 65 });
        assert_eq!(fault.to_string(), "CNは64文字までです（65文字あります）。");
    }

    #[test]
    fn a_name_of_a_register_is_fitted_with_a_visible_mark() {
        let organization = |name: &str| fitted(AttributeKind::Organization, name);
        assert_eq!(organization("さくら歯科"), "さくら歯科");
        assert_eq!(organization(&"医".repeat(64)), "医".repeat(64));
        assert_eq!(organization(&"医".repeat(65)), "医".repeat(63) + "…");
        assert_eq!(organization(&format!("{}　院院院", "医".repeat(62))), "医".repeat(62) + "…");
        assert_eq!(organization(" さくら\u{202e}歯科\u{3000}"), "さくら歯科");
    }

    #[test]
    fn hostile_marks_are_refused_and_rare_kanji_are_not() {
        let refused = |text: &str| {
            check_attribute(AttributeKind::Organization, text)
                == Err(SubjectFault::Forbidden(AttributeKind::Organization))
        };
        for text in ["a\0b", "a\nb", "\u{202e}gnp.exe", "a\u{2066}b", " a", "a\u{3000}", "\u{feff}a", "a\u{fffe}"] {
            assert!(refused(text), "{text:?}");
        }
        for text in ["𠮷野家醫院", "葛\u{e0100}城クリニック", "<script>'\"&,+=;", "👨\u{200d}⚕医院"]
        {
            assert_eq!(check_attribute(AttributeKind::Organization, text), Ok(()), "{text}");
        }
    }

    #[test]
    fn printable_string_is_kept_where_x520_wants_it() {
        assert_eq!(check_attribute(AttributeKind::SerialNumber, "C7KM-4X8P"), Ok(()));
        for text in ["ABC_1", "受付1", "a@b"] {
            assert_eq!(
                check_attribute(AttributeKind::SerialNumber, text),
                Err(SubjectFault::NotPrintable(AttributeKind::SerialNumber))
            );
        }
        assert_eq!(
            check_attribute(AttributeKind::Country, "jp"),
            Err(SubjectFault::NotPrintable(AttributeKind::Country))
        );
        assert_eq!(check_attribute(AttributeKind::Country, ""), Err(SubjectFault::Empty(AttributeKind::Country)));
    }
}

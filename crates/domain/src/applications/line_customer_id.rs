//! The customer ID of a line (お客様ID): `CAF` or `COP` and digits (spec 03, field 6).

use crate::typed::{compact, digit_meant, named};
use std::{fmt, str::FromStr};

const PREFIX: usize = 3;
const MOST_DIGITS: usize = 20;
const GROUP: usize = 4;

/// The two kinds of customer ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineIdKind {
    /// `CAF`.
    Caf,
    /// `COP`.
    Cop,
}

impl LineIdKind {
    /// The three letters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caf => "CAF",
            Self::Cop => "COP",
        }
    }

    /// From the three letters in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Caf, Self::Cop].into_iter().find(|kind| text.eq_ignore_ascii_case(kind.as_str()))
    }
}

/// Why a text is no customer ID. Positions count characters without spaces and hyphens, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineIdError {
    /// Nothing typed.
    #[error("お客様IDを入力してください。")]
    Empty,
    /// The text does not begin with `CAF` or `COP`.
    #[error("お客様IDは「CAF」または「COP」で始まります。書類にあるとおり、先頭の英字3文字から入力してください。")]
    Prefix,
    /// The prefix holds a look-alike.
    #[error("{position}文字目が{}になっています。英字の「{meant}」ではありませんか。", named(*.found))]
    PrefixLookAlike {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
        /// The letter that it looks like.
        meant: char,
    },
    /// The prefix is not the one chosen beside the field.
    #[error("「{}」を選んでいますが、入力したお客様IDは「{}」で始まっています。書類を見て、選択かお客様IDを直してください。", .chosen.as_str(), .found.as_str())]
    OtherKind {
        /// The kind chosen.
        chosen: LineIdKind,
        /// The kind typed.
        found: LineIdKind,
    },
    /// Letters that look like digits.
    #[error("{}", look_alikes(.0))]
    LookAlikes(Vec<LookAlike>),
    /// Another character among the digits.
    #[error("{position}文字目が{}になっています。「CAF」または「COP」の後は数字だけで入力してください。", named(*.found))]
    NotADigit {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
    },
    /// The same ID twice in a row.
    #[error("同じお客様IDが2回続けて入力されています。1回だけ入力してください。")]
    Twice,
    /// Nothing after the prefix.
    #[error("「{}」の後の数字がありません。書類にあるとおり、数字まで入力してください。", .kind.as_str())]
    NoDigits {
        /// The kind typed.
        kind: LineIdKind,
    },
    /// More digits than any customer ID has.
    #[error("数字が{digits}桁あり、お客様IDとしては長すぎます。2回続けて入力していないか確かめてください。")]
    TooLong {
        /// Digits given.
        digits: usize,
    },
}

/// A letter that looks like a digit, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookAlike {
    /// Place of the character without spaces and hyphens, from 1.
    pub position: usize,
    /// The character.
    pub found: char,
    /// The digit that it looks like.
    pub meant: char,
}

fn look_alikes(all: &[LookAlike]) -> String {
    let places: Vec<_> = all.iter().map(|one| format!("{}文字目が{}", one.position, named(one.found))).collect();
    let mut digits: Vec<_> = all.iter().map(|one| format!("「{}」", one.meant)).collect();
    digits.sort_unstable();
    digits.dedup();
    format!("{}になっています。数字の{}ではありませんか。", places.join("、"), digits.concat())
}

/// A customer ID in its stored form: capital letters and digits, `CAF1234567890`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineCustomerId {
    text: String,
    kind: LineIdKind,
}

impl LineCustomerId {
    /// Reads an ID however it was typed: full width, lower case, spaces, hyphens of all kinds.
    ///
    /// # Errors
    /// [`LineIdError`] names what is wrong and where, look-alikes of digits above all.
    pub fn parse(typed: &str) -> Result<Self, LineIdError> {
        let letters: Vec<char> = compact(typed).chars().collect();
        if letters.is_empty() {
            return Err(LineIdError::Empty);
        }
        if is_twice(&letters) {
            return Err(LineIdError::Twice);
        }
        let (head, digits) = letters.split_at(PREFIX.min(letters.len()));
        let kind = kind(head)?;
        check(kind, digits)?;
        Ok(Self { text: kind.as_str().chars().chain(digits.iter().copied()).collect(), kind })
    }

    /// Reads an ID of the kind chosen beside the field, `CAF` or `COP` in any case.
    ///
    /// # Errors
    /// As [`Self::parse`], and `OtherKind` when the ID begins with the other prefix.
    pub fn parse_as(typed: &str, chosen: &str) -> Result<Self, LineIdError> {
        let id = Self::parse(typed)?;
        match LineIdKind::parse(chosen) {
            Some(chosen) if chosen != id.kind => Err(LineIdError::OtherKind { chosen, found: id.kind }),
            _ => Ok(id),
        }
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a `CAF` or a `COP`.
    pub const fn kind(&self) -> LineIdKind {
        self.kind
    }

    /// The digits after the prefix.
    pub fn digits(&self) -> &str {
        self.text.get(PREFIX..).unwrap_or_default()
    }

    /// The groups in which the ID is played back: `CAF`, `1234`, `5678`, `90`.
    pub fn groups(&self) -> Vec<String> {
        let digits: Vec<char> = self.digits().chars().collect();
        let groups = digits.chunks(GROUP).map(|group| group.iter().collect());
        std::iter::once(self.kind.as_str().to_owned()).chain(groups).collect()
    }

    /// A remark when the number of digits is not the one expected; never a reason to refuse.
    pub fn digits_remark(&self, caf_digits: u8, cop_digits: u8) -> Option<String> {
        let expected = usize::from(match self.kind {
            LineIdKind::Caf => caf_digits,
            LineIdKind::Cop => cop_digits,
        });
        let count = self.digits().len();
        (count != expected).then(|| {
            let prefix = self.kind.as_str();
            format!("「{prefix}」の後の数字は通常{expected}桁ですが、{count}桁入力されています。書類のとおりか、もう一度ご確認ください。書類のとおりであれば、このまま送信できます。")
        })
    }
}

/// Whether the same text with an own prefix stands twice in a row, as after pasting it a second time.
fn is_twice(letters: &[char]) -> bool {
    let (first, second) = letters.split_at(letters.len() / 2);
    let same = first.iter().zip(second).all(|(one, other)| one.eq_ignore_ascii_case(other));
    letters.len().is_multiple_of(2) && same && first.get(..PREFIX).is_some_and(|head| kind(head).is_ok())
}

fn kind(head: &[char]) -> Result<LineIdKind, LineIdError> {
    let text: String = head.iter().map(|letter| letter.to_ascii_uppercase()).collect();
    if let Some(kind) = LineIdKind::parse(&text) {
        return Ok(kind);
    }
    if LineIdKind::parse(&text.replace(['0', '〇', '○', '◯'], "O")).is_some() {
        let found = head.get(1).copied().unwrap_or('0');
        return Err(LineIdError::PrefixLookAlike { position: 2, found, meant: 'O' });
    }
    Err(LineIdError::Prefix)
}

fn check(kind: LineIdKind, digits: &[char]) -> Result<(), LineIdError> {
    if digits.is_empty() {
        return Err(LineIdError::NoDigits { kind });
    }
    let wrong = || digits.iter().zip(PREFIX + 1..).filter(|(letter, _)| !letter.is_ascii_digit());
    if let Some((found, position)) = wrong().find(|(letter, _)| digit_meant(**letter).is_none()) {
        return Err(LineIdError::NotADigit { position, found: *found });
    }
    let look_alikes: Vec<LookAlike> = wrong()
        .filter_map(|(found, position)| Some(LookAlike { position, found: *found, meant: digit_meant(*found)? }))
        .collect();
    if !look_alikes.is_empty() {
        return Err(LineIdError::LookAlikes(look_alikes));
    }
    if digits.len() > MOST_DIGITS { Err(LineIdError::TooLong { digits: digits.len() }) } else { Ok(()) }
}

impl fmt::Display for LineCustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for LineCustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for LineCustomerId {
    type Err = LineIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IDs of both kinds and every length, the same in every run.
    fn some_ids() -> impl Iterator<Item = String> {
        (1_u64..=200).map(|number| {
            let kind = if number.is_multiple_of(2) { "CAF" } else { "COP" };
            let digits = format!("{:020}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10_000_000_000_000_000_000);
            format!("{kind}{}", &digits[..(1 + number as usize % 20)])
        })
    }

    fn told(typed: &str) -> String {
        LineCustomerId::parse(typed).unwrap_err().to_string()
    }

    #[test]
    fn however_it_is_typed_the_same_id_is_stored() {
        for id in some_ids() {
            let wide: String = id.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
            let dashes = ['-', '‐', '‑', '–', '—', '−', 'ー', 'ｰ', '－', '─', ' ', '　'];
            for dash in dashes {
                let split: String = id.chars().flat_map(|letter| [dash, letter]).collect();
                assert_eq!(LineCustomerId::parse(&split).unwrap().as_str(), id, "{split}");
            }
            for typed in [id.clone(), id.to_lowercase(), wide.clone(), wide.to_lowercase(), format!(" {id}\u{200B}\n")]
            {
                let read = LineCustomerId::parse(&typed).unwrap();
                assert_eq!(read.as_str(), id, "{typed}");
                assert_eq!(read.groups().concat(), id);
                assert!(read.groups().iter().all(|group| group.len() <= 4));
            }
        }
        assert_eq!(LineCustomerId::parse("caf1234567890").unwrap().groups().join(" "), "CAF 1234 5678 90");
    }

    #[test]
    fn every_look_alike_is_named_at_its_place() {
        for id in some_ids() {
            for place in PREFIX..id.len() {
                let (found, meant) = [('O', '0'), ('o', '0'), ('I', '1'), ('l', '1'), ('|', '1')][place % 5];
                let mut typed: Vec<char> = id.chars().collect();
                typed[place] = found;
                let typed: String = typed.into_iter().collect();
                let slip = LookAlike { position: place + 1, found, meant };
                assert_eq!(LineCustomerId::parse(&typed), Err(LineIdError::LookAlikes(vec![slip])), "{typed}");
            }
        }
        assert_eq!(told("CAFO23456789"), "4文字目が英字の「O」になっています。数字の「0」ではありませんか。");
        assert_eq!(
            told("ＣＡＦ－Ｏ23ｌ5O"),
            "4文字目が英字の「O」、7文字目が英字の「l」、9文字目が英字の「O」になっています。数字の「0」「1」ではありませんか。"
        );
        assert_eq!(told("c0p12345678"), "2文字目が数字の「0」になっています。英字の「O」ではありませんか。");
    }

    #[test]
    fn what_is_no_id_is_named() {
        assert_eq!(LineCustomerId::parse(" ー "), Err(LineIdError::Empty));
        for typed in ["1234567890", "CA", "CAP123", "あCAF12", "FCA1234567890"] {
            assert_eq!(LineCustomerId::parse(typed), Err(LineIdError::Prefix), "{typed}");
        }
        assert_eq!(LineCustomerId::parse("COP"), Err(LineIdError::NoDigits { kind: LineIdKind::Cop }));
        assert_eq!(LineCustomerId::parse("CAF12x4"), Err(LineIdError::NotADigit { position: 6, found: 'x' }));
        assert_eq!(LineCustomerId::parse("CAF<script>"), Err(LineIdError::NotADigit { position: 4, found: '<' }));
        assert_eq!(LineCustomerId::parse("CAF1٣"), Err(LineIdError::NotADigit { position: 5, found: '٣' }));
        let twice = format!("CAF{}", "1".repeat(21));
        assert_eq!(LineCustomerId::parse(&twice), Err(LineIdError::TooLong { digits: 21 }));
    }

    #[test]
    fn an_id_that_was_pasted_twice_is_named_as_such() {
        for id in some_ids() {
            for typed in [format!("{id}{id}"), format!("{id} {}", id.to_lowercase()), format!("{id}－{id}\n")] {
                assert_eq!(LineCustomerId::parse(&typed), Err(LineIdError::Twice), "{typed}");
            }
        }
        assert_eq!(LineCustomerId::parse("CAFCAF"), Err(LineIdError::Twice));
        assert!(LineCustomerId::parse("CAF11111111").is_ok(), "digits may repeat");
    }

    #[test]
    fn the_other_prefix_than_chosen_is_named() {
        let (chosen, found) = (LineIdKind::Caf, LineIdKind::Cop);
        let wrong = LineCustomerId::parse_as("cop12345678", "caf");
        assert_eq!(wrong, Err(LineIdError::OtherKind { chosen, found }));
        assert!(LineCustomerId::parse_as("cop12345678", "COP").is_ok());
    }

    #[test]
    fn an_unusual_number_of_digits_only_draws_a_remark() {
        let remark = |typed: &str| LineCustomerId::parse(typed).unwrap().digits_remark(10, 8);
        assert_eq!(remark("CAF1234567890"), None);
        assert_eq!(remark("COP12345678"), None);
        let told = remark("CAF12345678").unwrap();
        assert!(told.contains("通常10桁") && told.contains("8桁入力"), "{told}");
        assert!(remark("COP1234567890").is_some());
    }
}

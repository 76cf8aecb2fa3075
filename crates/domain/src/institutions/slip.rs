//! What probably went wrong when a code is not in the register (spec 2.1).

use super::{InstitutionCode, ScoreTable};

/// One change that turns a code into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipKind {
    /// Another score table.
    WrongTable {
        /// The table in the code given.
        chosen: ScoreTable,
        /// The table in the other code.
        likely: ScoreTable,
    },
    /// Two neighbours change places.
    Swapped {
        /// Place of the first of the two, 1 to 9 in the ten digits.
        position: usize,
    },
    /// One digit changes.
    Digit {
        /// Place of the digit, 1 to 10 in the ten digits.
        position: usize,
        /// The digit in the code given.
        found: char,
        /// The digit in the other code.
        likely: char,
    },
}

/// Why a code may be missing from the register; says so in Japanese through `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slip {
    /// One change leads to a code in the register.
    Listed {
        /// The change.
        kind: SlipKind,
        /// The code in the register.
        code: InstitutionCode,
        /// Further codes in the register that one other digit leads to.
        others: Vec<InstitutionCode>,
    },
    /// No change leads into the register, but this one makes the check digit hold.
    Fitting {
        /// The change, a score table or two neighbours.
        kind: SlipKind,
        /// The code whose check digit holds.
        code: InstitutionCode,
    },
    /// The check digit does not hold, and no single change stands out.
    CheckDigit,
    /// Nothing looks wrong: perhaps newly opened, and not in the register yet.
    NotYetListed,
}

/// All codes one change away, the likelier kind first: score table, neighbours, single digits (at most 88).
///
/// Storage looks all of them up in one query.
pub fn single_changes(code: &InstitutionCode) -> Vec<(SlipKind, InstitutionCode)> {
    let chosen = code.score_table();
    let tables = ScoreTable::ALL.into_iter().filter(|table| *table != chosen);
    let mut changes: Vec<_> =
        tables.map(|likely| (SlipKind::WrongTable { chosen, likely }, code.with_table(likely))).collect();
    changes.extend(swaps(code));
    changes.extend(substitutions(code));
    changes
}

fn swaps(code: &InstitutionCode) -> impl Iterator<Item = (SlipKind, InstitutionCode)> {
    (1..10).filter_map(|position| {
        let mut digits: Vec<char> = code.as_str().chars().collect();
        digits.swap(position - 1, position);
        let swapped: String = digits.into_iter().collect();
        let other = (swapped != code.as_str()).then(|| InstitutionCode::from_digits(swapped))?;
        Some((SlipKind::Swapped { position }, other.ok()?))
    })
}

/// Single digits of the prefecture and the seven-digit code; the third digit is the score table.
fn substitutions(code: &InstitutionCode) -> impl Iterator<Item = (SlipKind, InstitutionCode)> {
    let places = code.as_str().char_indices().filter(|(place, _)| *place != 2);
    places
        .flat_map(|(place, found)| ('0'..='9').filter(move |likely| *likely != found).map(move |d| (place, found, d)))
        .filter_map(|(place, found, likely)| {
            let mut digits = code.as_str().to_owned();
            digits.replace_range(place..=place, likely.encode_utf8(&mut [0; 4]));
            let other = InstitutionCode::from_digits(digits).ok()?;
            Some((SlipKind::Digit { position: place + 1, found, likely }, other))
        })
}

/// Explains a code that is not in the register.
///
/// Changes that lead into the register come first. Otherwise only a score table or two neighbours are named: nearly
/// every code has a single digit that would mend its check digit, which tells the person nothing.
pub fn explain_unknown(code: &InstitutionCode, is_in_register: &dyn Fn(&InstitutionCode) -> bool) -> Slip {
    let changes = single_changes(code);
    let mut listed = changes.iter().filter(|(_, other)| is_in_register(other)).cloned();
    if let Some((kind, first)) = listed.next() {
        let single_digit = matches!(kind, SlipKind::Digit { .. });
        let others = if single_digit { listed.map(|(_, other)| other).collect() } else { vec![] };
        return Slip::Listed { kind, code: first, others };
    }
    if code.check_digit_holds() {
        return Slip::NotYetListed;
    }
    let telling = |kind: &SlipKind| !matches!(kind, SlipKind::Digit { .. });
    let fitting = changes.into_iter().find(|(kind, other)| telling(kind) && other.check_digit_holds());
    fitting.map_or(Slip::CheckDigit, |(kind, code)| Slip::Fitting { kind, code })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> InstitutionCode {
        text.parse().unwrap()
    }

    fn explained(typed: &str, register: &[&str]) -> Slip {
        explain_unknown(&code(typed), &|other| register.contains(&other.as_str()))
    }

    #[test]
    fn a_wrong_score_table_is_found_in_the_register() {
        let slip = explained("1310100016", &["1330100016", "1310100017"]);
        let kind = SlipKind::WrongTable { chosen: ScoreTable::Medical, likely: ScoreTable::Dental };
        assert_eq!(slip, Slip::Listed { kind, code: code("1330100016"), others: vec![] });
        assert!(slip.to_string().contains("「1 : 医科」ではなく「3 : 歯科」"), "{slip}");
    }

    #[test]
    fn swapped_neighbours_are_found_in_the_register() {
        let slip = explained("0110112849", &["0110112489"]);
        assert_eq!(
            slip,
            Slip::Listed { kind: SlipKind::Swapped { position: 8 }, code: code("0110112489"), others: vec![] }
        );
        assert!(slip.to_string().contains("5桁目と6桁目"), "{slip}");
    }

    #[test]
    fn a_mistyped_digit_is_named_with_its_place_and_rivals_are_listed() {
        let slip = explained("0110112488", &["0110112489"]);
        let kind = SlipKind::Digit { position: 10, found: '8', likely: '9' };
        assert_eq!(slip, Slip::Listed { kind, code: code("0110112489"), others: vec![] });
        assert!(slip.to_string().contains("7桁目") && slip.to_string().contains("0112489"), "{slip}");
        let several = explained("0110112488", &["0110112489", "0110112478"]);
        assert!(several.to_string().contains("0112489") && several.to_string().contains("0112478"), "{several}");
    }

    #[test]
    fn without_the_register_only_a_telling_change_is_named() {
        // In Osaka the check digit covers the score table: 0100019 is right for dental clinics only.
        let slip = explained("2710100019", &[]);
        let kind = SlipKind::WrongTable { chosen: ScoreTable::Medical, likely: ScoreTable::Dental };
        assert_eq!(slip, Slip::Fitting { kind, code: code("2730100019") });
        assert_eq!(explained("1330100000", &[]), Slip::CheckDigit);
        assert_eq!(explained("1330100016", &[]), Slip::NotYetListed);
    }

    #[test]
    fn every_candidate_is_well_formed_different_and_there_are_few() {
        for text in ["0110112489", "1330100016", "4761234567", "3141592653", "1111111111"] {
            let changes = single_changes(&code(text));
            assert!(changes.len() <= 88, "{}", changes.len());
            let mut seen: Vec<&str> = changes.iter().map(|(_, other)| other.as_str()).collect();
            assert!(!seen.contains(&text));
            seen.sort_unstable();
            let count = seen.len();
            seen.dedup();
            assert_eq!(seen.len(), count, "no candidate twice");
        }
    }

    #[test]
    fn any_single_slip_on_a_listed_code_is_traced_back_to_it() {
        let right = code("2730100019");
        for (_, wrong) in single_changes(&right) {
            let slip = explain_unknown(&wrong, &|other| *other == right);
            let Slip::Listed { code, .. } = &slip else { panic!("{wrong}: {slip:?}") };
            assert_eq!(*code, right);
        }
    }
}

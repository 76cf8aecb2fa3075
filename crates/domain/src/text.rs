//! Numbers as people read them, and what was typed as a sentence names it.

/// A whole number with a comma at each thousand.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// A number of months as a period: 「3年3か月」, 「2年」, 「6か月」.
pub fn months_in_words(months: u32) -> String {
    match (months / 12, months % 12) {
        (0, rest) => format!("{rest}か月"),
        (years, 0) => format!("{years}年"),
        (years, rest) => format!("{years}年{rest}か月"),
    }
}

/// Characters of what was typed that a sentence names at most.
const NAMED: usize = 40;

/// What was typed as a sentence names it: in one line, and only its beginning if it is long.
pub fn brief(typed: &str) -> String {
    let line: String =
        typed.trim().chars().take(NAMED).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if typed.trim().chars().nth(NAMED).is_some() { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::{brief, months_in_words, thousands};

    #[test]
    fn a_sentence_names_only_the_beginning_of_what_is_long() {
        assert_eq!(brief(" 123\t4 "), "123 4");
        assert_eq!(brief(&"九".repeat(40)), "九".repeat(40));
        assert_eq!(brief(&"九".repeat(200_000)), format!("{}…", "九".repeat(40)));
    }

    #[test]
    fn months_are_years_and_what_is_left() {
        assert_eq!([39, 24, 6].map(months_in_words), ["3年3か月", "2年", "6か月"]);
    }

    #[test]
    fn yen_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_500, 75_000, -1_234_567].map(thousands), ["0", "999", "1,500", "75,000", "-1,234,567"]);
    }
}

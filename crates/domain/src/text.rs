//! Numbers as people read them.

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

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn yen_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_500, 75_000, -1_234_567].map(thousands), ["0", "999", "1,500", "75,000", "-1,234,567"]);
    }
}

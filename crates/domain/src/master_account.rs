//! マスターアカウント of the eligibility system: user IDs and first passwords (spec 6.1).

use crate::clock::{Randomness, Timestamp};
use crate::reference::{ALPHABET, grouped};
use crate::words::words;
use std::fmt;
use time::Duration;

/// Days for which a notice can be downloaded, counted from the day after it was issued.
pub const SHOWN_DAYS: i64 = 30;

/// Letters and digits of first passwords, of which no two look alike in print: without 0 O Q, 1 I L, 2/Z, 5/S, 6/b, 8/B, 9/g,
/// U/V, and of letters whose two cases differ in size alone only the capital. No r, because rn looks like m.
const PASSWORD_ALPHABET: &str = "ACDEFHJKMNPRTWXYabdehnt23479";
/// Characters of a first password.
const PASSWORD_LENGTH: usize = 16;
/// Random characters of a user ID, between the letter of its environment and the check character.
const RANDOM: usize = 10;
const GROUP: usize = 4;
/// Number of characters in the alphabet of user IDs, a prime.
const SIZE: usize = 29;

words! {
    /// An environment of the eligibility system; each has a master account of its own.
    Environment {
        /// Where patients' data are.
        Production = "production", "本番環境";
        /// Where a vendor tries the connection before the start.
        ConnectionTest = "connection_test", "接続確認環境";
    }
}

impl Environment {
    /// With which letter its user IDs begin.
    const fn letter(self) -> char {
        match self {
            Self::Production => 'P',
            Self::ConnectionTest => 'T',
        }
    }

    /// What its account is for, in a sentence.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Production => {
                "運用を始めた後、オンライン資格確認等システムで職員のIDを作り、管理するときに使います。"
            }
            Self::ConnectionTest => {
                "運用を始める前に、システムベンダが端末の設置と設定をして、接続を確認するときに使います。"
            }
        }
    }
}

/// A user ID such as `P7K4T9DRXW3M`: the letter of its environment, ten random characters (48 bits) and a check character.
///
/// The check character is a weighted sum modulo 29, as in a reference number: it finds every single wrong character and
/// every exchange of two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// A new one.
    pub fn generate(environment: Environment, randomness: &dyn Randomness) -> Self {
        let random = format!("{}{}", environment.letter(), randomness.text(ALPHABET, RANDOM));
        let letters: Vec<char> = random.chars().collect();
        let check = ALPHABET.chars().nth((SIZE - sum(&letters)) % SIZE).unwrap_or('2');
        Self(format!("{random}{check}"))
    }

    /// The form that is typed and stored, without blanks.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be a user ID: its form is right, and so is its check character.
pub fn is_user_id(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let known = Environment::ALL.iter().any(|environment| letters.first() == Some(&environment.letter()));
    let fits = known && letters.len() == RANDOM + 2 && letters.iter().all(|letter| ALPHABET.contains(*letter));
    fits && letters.split_last().is_some_and(|(check, rest)| (sum(rest) + value(*check)).is_multiple_of(SIZE))
}

/// A user ID in groups of four, as it is read.
pub fn in_groups(user_id: &str) -> String {
    grouped(user_id, GROUP)
}

fn value(letter: char) -> usize {
    ALPHABET.find(letter).unwrap_or(0)
}

/// Σ weight × value modulo 29; the weights are 2, 3, …, that of the check character is 1.
fn sum(letters: &[char]) -> usize {
    letters.iter().zip(2..).map(|(letter, weight)| value(*letter) * weight).sum::<usize>() % SIZE
}

/// A first password: 16 characters (77 bits), capital and small letters and digits; a secret, absent from `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstPassword(String);

impl FirstPassword {
    /// A new one; each kind of character is in it, because systems ask for that.
    pub fn generate(randomness: &dyn Randomness) -> Self {
        loop {
            let text = randomness.text(PASSWORD_ALPHABET, PASSWORD_LENGTH);
            let kinds: [fn(char) -> bool; 3] =
                [|c| c.is_ascii_uppercase(), |c| c.is_ascii_lowercase(), |c| c.is_ascii_digit()];
            if kinds.iter().all(|kind| text.chars().any(kind)) {
                return Self(text);
            }
        }
    }

    /// What is typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FirstPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstPassword(…)")
    }
}

/// The last instant at which a notice that is issued now can be downloaded: the end of a day in Japan.
pub fn shown_until(issued_at: Timestamp) -> Timestamp {
    Timestamp::end_of_day((issued_at + Duration::days(SHOWN_DAYS)).date())
}

/// How a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It can be downloaded, and nobody has.
    Waiting,
    /// It was downloaded, and can be again.
    Downloaded,
    /// Its time is over; the password is destroyed and may be in use.
    Over,
}

impl Notice {
    /// How a notice stands, given until when it is shown, whether the password still exists, and whether it was downloaded.
    pub fn of(shown_until: Timestamp, kept: bool, downloaded: bool, now: Timestamp) -> Self {
        if !kept || now > shown_until {
            Self::Over
        } else if downloaded {
            Self::Downloaded
        } else {
            Self::Waiting
        }
    }

    /// Whether it can be downloaded.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Downloaded)
    }

    /// The word on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "ダウンロードできます",
            Self::Downloaded => "ダウンロード済み",
            Self::Over => "ダウンロードの期間が終わりました",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::tests::Dice;
    use time::macros::date;

    #[test]
    fn a_user_id_tells_its_environment_and_every_slip_is_found() {
        let dice = Dice::seeded(11);
        for environment in Environment::ALL.iter().copied().cycle().take(40) {
            let id = UserId::generate(environment, &dice);
            assert!(is_user_id(id.as_str()) && id.as_str().starts_with(environment.letter()), "{id:?}");
            assert_eq!(in_groups(id.as_str()).split('-').map(str::len).collect::<Vec<_>>(), [4; 3]);
            let letters: Vec<char> = id.as_str().chars().collect();
            for place in 0..letters.len() {
                for other in ALPHABET.chars().filter(|other| *other != letters[place]) {
                    let mut wrong = letters.clone();
                    wrong[place] = other;
                    assert!(!is_user_id(&wrong.iter().collect::<String>()), "{id:?} {wrong:?}");
                }
                for second in place + 1..letters.len() {
                    let mut swapped = letters.clone();
                    swapped.swap(place, second);
                    assert_eq!(is_user_id(&swapped.iter().collect::<String>()), swapped == letters, "{swapped:?}");
                }
            }
        }
        for none in ["", "P", "P7K4T9DRXW3MM", "あ7K4T9DRXW3M"] {
            assert!(!is_user_id(none), "{none}");
        }
    }

    #[test]
    fn a_first_password_resists_guessing_and_is_read_without_doubt() {
        let dice = Dice::seeded(12);
        let letters: Vec<char> = PASSWORD_ALPHABET.chars().collect();
        assert!((letters.len() as f64).log2() * PASSWORD_LENGTH as f64 >= 75.0);
        for alike in
            ["0O", "0o", "1I", "1l", "Il", "2Z", "2z", "5S", "8B", "6b", "9g", "9q", "UV", "6G", "OQ", "Cc", "Kk"]
        {
            assert!(!alike.chars().all(|letter| letters.contains(&letter)), "{alike}");
        }
        for _ in 0..200 {
            let password = FirstPassword::generate(&dice);
            let text = password.as_str();
            assert_eq!(text.chars().count(), PASSWORD_LENGTH);
            assert!(text.chars().any(|c| c.is_ascii_uppercase()) && text.chars().any(|c| c.is_ascii_lowercase()));
            assert!(text.chars().any(|c| c.is_ascii_digit()), "{text}");
            assert!(!format!("{password:?}").contains(text));
        }
    }

    #[test]
    fn a_notice_is_shown_until_the_end_of_the_thirtieth_day() {
        let issued = Timestamp::start_of_day(date!(2026 - 05 - 20)) + Duration::hours(10);
        let until = shown_until(issued);
        assert_eq!(until.date(), date!(2026 - 06 - 19));
        assert_eq!(Notice::of(until, true, false, issued), Notice::Waiting);
        assert_eq!(Notice::of(until, true, true, until), Notice::Downloaded);
        assert_eq!(Notice::of(until, true, true, until + Duration::SECOND), Notice::Over);
        assert_eq!(Notice::of(until, false, false, issued), Notice::Over);
    }
}

//! Mail addresses, and the logins of provisional accounts (spec 2.3).

use super::EmailError;
use crate::typed::{fold, is_invisible};
use std::fmt;

const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 63;

/// Domains that many people use; the first of several with one beginning is the likeliest.
const KNOWN: &[&str] = &[
    "gmail.com",
    "yahoo.co.jp",
    "yahoo.com",
    "ymail.ne.jp",
    "icloud.com",
    "me.com",
    "mac.com",
    "outlook.com",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "live.jp",
    "live.com",
    "msn.com",
    "aol.com",
    "ymail.com",
    "mail.com",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "au.com",
    "softbank.ne.jp",
    "i.softbank.jp",
    "ymobile.ne.jp",
    "uqmobile.jp",
    "rakumail.jp",
    "nifty.com",
    "nifty.ne.jp",
    "biglobe.ne.jp",
    "ocn.ne.jp",
    "plala.or.jp",
    "so-net.ne.jp",
    "dion.ne.jp",
    "jcom.home.ne.jp",
    "asahi-net.or.jp",
    "jcom.zaq.ne.jp",
    "ybb.ne.jp",
    "infoseek.jp",
    "excite.co.jp",
    "goo.jp",
    "goo.ne.jp",
    "eonet.ne.jp",
    "commufa.jp",
    "bbiq.jp",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "zoho.com",
    "qq.com",
    "163.com",
    "naver.com",
];

/// A mail address in its stored form: all in lower case, at most 254 characters.
///
/// The part before the @ is lowered too, so that one mailbox is one account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address; full width and surrounding spaces are welcome.
    ///
    /// # Errors
    /// [`EmailError`] says what is wrong and where.
    pub fn parse(typed: &str) -> Result<Self, EmailError> {
        let text = normalise_login(typed);
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if is_provisional(&text) {
            return Err(EmailError::Provisional);
        }
        if let Some((place, found)) = text.chars().enumerate().find(|(_, letter)| !is_address_letter(*letter)) {
            return Err(EmailError::Letter { position: place + 1, found });
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::NoAt)?;
        if domain.contains('@') {
            return Err(EmailError::ManyAts);
        }
        check_local(local)?;
        check_domain(domain)?;
        let count = text.len();
        if count > LONGEST { Err(EmailError::TooLong { max: LONGEST, count }) } else { Ok(Self(text)) }
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the @.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the @.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address that was perhaps meant, when the domain is close to a well-known one.
    pub fn meant(&self) -> Option<String> {
        domain_meant(self.domain()).map(|domain| format!("{}@{domain}", self.local()))
    }
}

/// A login as it is looked up: NFKC, without surrounding spaces and invisible characters, lower case.
pub fn normalise_login(typed: &str) -> String {
    let visible: String = fold(typed).chars().filter(|letter| !is_invisible(*letter)).collect();
    visible.trim().to_lowercase()
}

/// Whether a login is that of a provisional account: it ends in `@01` to `@48` and can never receive mail.
pub fn is_provisional(login: &str) -> bool {
    let login = normalise_login(login);
    let number = login.rsplit_once('@').map_or("", |(_, after)| after);
    number.len() == 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && number.parse().is_ok_and(|number: u8| (1..=48).contains(&number))
}

/// The well-known domain that a mistyped one is close to; `None` for known and for unrelated ones.
pub fn domain_meant(domain: &str) -> Option<&'static str> {
    if KNOWN.contains(&domain) {
        return None;
    }
    let beginning = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let same_beginning =
        KNOWN.iter().find(|known| beginning(known).len() >= 5 && beginning(known) == beginning(domain));
    let near = |known: &&&str| distance(domain, known) <= if known.len() <= 8 { 1 } else { 2 };
    let closest = || KNOWN.iter().filter(near).min_by_key(|known| distance(domain, known));
    same_beginning.or_else(closest).copied()
}

/// Insertions, deletions, substitutions and exchanges of neighbours between two texts.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left[i - 1] == *b && right[j - 1] == *a {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

const fn is_address_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(
            letter,
            '@' | '.'
                | '!'
                | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}

fn check_local(local: &str) -> Result<(), EmailError> {
    if local.is_empty() {
        return Err(EmailError::NoLocal);
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(EmailError::Dots);
    }
    let count = local.len();
    if count > LONGEST_LOCAL { Err(EmailError::TooLong { max: LONGEST_LOCAL, count }) } else { Ok(()) }
}

fn check_domain(domain: &str) -> Result<(), EmailError> {
    let labels: Vec<&str> = domain.split('.').collect();
    let sound = |label: &&str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = labels.last().is_some_and(|top| top.len() >= 2 && !top.bytes().all(|byte| byte.is_ascii_digit()));
    if labels.len() >= 2 && labels.iter().all(sound) && top {
        Ok(())
    } else {
        Err(EmailError::Domain { domain: domain.to_owned() })
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_however_it_is_typed() {
        for typed in [
            "taro@clinic.example.jp",
            " Taro@Clinic.Example.JP\n",
            "ｔａｒｏ＠ｃｌｉｎｉｃ．ｅｘａｍｐｌｅ．ｊｐ",
            "taro@clinic.example.jp\u{200B}",
        ] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), "taro@clinic.example.jp", "{typed}");
        }
        for typed in ["a+b@x.jp", "o'neil_1@x-y.co.jp", "a.b@xn--eckwd4c7c.xn--zckzah", "1@2.jp"] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), typed);
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        let refused = |typed: &str| EmailAddress::parse(typed).unwrap_err();
        assert_eq!(refused(" "), EmailError::Empty);
        assert_eq!(refused("taro.example.jp"), EmailError::NoAt);
        assert_eq!(refused("a@b@c.jp"), EmailError::ManyAts);
        assert_eq!(refused("@c.jp"), EmailError::NoLocal);
        assert_eq!(refused("a b@c.jp"), EmailError::Letter { position: 2, found: ' ' });
        assert_eq!(refused("a@c。jp"), EmailError::Letter { position: 4, found: '。' });
        assert_eq!(refused("a@c.jp\r\nBcc: x@y.jp"), EmailError::Letter { position: 7, found: '\r' });
        assert_eq!(refused("<a@c.jp>"), EmailError::Letter { position: 1, found: '<' });
        for typed in ["a..b@c.jp", ".a@c.jp", "a.@docomo.ne.jp"] {
            assert_eq!(refused(typed), EmailError::Dots);
        }
        for typed in
            ["a@c", "a@", "a@c.", "a@-c.jp", "a@c-.jp", "a@c..jp", "a@c.j", "a@c_d.jp", "a@192.168.0.1", "a@c.49"]
        {
            assert!(matches!(refused(typed), EmailError::Domain { .. }), "{typed}");
        }
        assert_eq!(refused(&format!("{}@c.jp", "a".repeat(65))), EmailError::TooLong { max: 64, count: 65 });
        let long = format!("a@{}jp", format!("{}.", "b".repeat(60)).repeat(5));
        assert!(matches!(refused(&long), EmailError::TooLong { max: 254, .. }));
    }

    #[test]
    fn a_provisional_login_is_known_by_its_end() {
        for login in ["1330100016@01", "1330100016@48", " 1330100016＠２０ ", "x@y@07"] {
            assert!(is_provisional(login), "{login}");
            assert_eq!(EmailAddress::parse(login), Err(EmailError::Provisional));
        }
        for login in ["1330100016@00", "1330100016@49", "1330100016@1", "1330100016@001", "a@01.jp", "01", "@+1"] {
            assert!(!is_provisional(login), "{login}");
        }
    }

    #[test]
    fn a_mistyped_domain_is_hinted_at() {
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmail.jp", "gmail.com"),
            ("gamil.com", "gmail.com"),
            ("yahoo.co.jo", "yahoo.co.jp"),
            ("yaho.co.jp", "yahoo.co.jp"),
            ("docomo.co.jp", "docomo.ne.jp"),
            ("docomo.jp", "docomo.ne.jp"),
            ("dokomo.ne.jp", "docomo.ne.jp"),
            ("ezwed.ne.jp", "ezweb.ne.jp"),
            ("softbank.jp", "softbank.ne.jp"),
            ("icloud.con", "icloud.com"),
        ] {
            assert_eq!(domain_meant(typed), Some(meant), "{typed}");
        }
        for typed in KNOWN.iter().chain(&["clinic.example.jp", "aoba-dental.com", "hospital.or.jp", "example.com"]) {
            assert_eq!(domain_meant(typed), None, "{typed}");
        }
        let address = EmailAddress::parse("taro@gmial.com").unwrap();
        assert_eq!(address.meant().as_deref(), Some("taro@gmail.com"));
    }
}

//! The 47 prefectures and their codes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Code and name, in the order of the codes.
const NAMES: [(&str, &str); 47] = [
    ("01", "北海道"),
    ("02", "青森県"),
    ("03", "岩手県"),
    ("04", "宮城県"),
    ("05", "秋田県"),
    ("06", "山形県"),
    ("07", "福島県"),
    ("08", "茨城県"),
    ("09", "栃木県"),
    ("10", "群馬県"),
    ("11", "埼玉県"),
    ("12", "千葉県"),
    ("13", "東京都"),
    ("14", "神奈川県"),
    ("15", "新潟県"),
    ("16", "富山県"),
    ("17", "石川県"),
    ("18", "福井県"),
    ("19", "山梨県"),
    ("20", "長野県"),
    ("21", "岐阜県"),
    ("22", "静岡県"),
    ("23", "愛知県"),
    ("24", "三重県"),
    ("25", "滋賀県"),
    ("26", "京都府"),
    ("27", "大阪府"),
    ("28", "兵庫県"),
    ("29", "奈良県"),
    ("30", "和歌山県"),
    ("31", "鳥取県"),
    ("32", "島根県"),
    ("33", "岡山県"),
    ("34", "広島県"),
    ("35", "山口県"),
    ("36", "徳島県"),
    ("37", "香川県"),
    ("38", "愛媛県"),
    ("39", "高知県"),
    ("40", "福岡県"),
    ("41", "佐賀県"),
    ("42", "長崎県"),
    ("43", "熊本県"),
    ("44", "大分県"),
    ("45", "宮崎県"),
    ("46", "鹿児島県"),
    ("47", "沖縄県"),
];

/// A prefecture (都道府県), known by its two-digit code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefecture(u8);

impl Prefecture {
    /// All 47 in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=47).map(Self)
    }

    /// From the number 1 to 47.
    pub const fn from_number(number: u8) -> Option<Self> {
        if number >= 1 && number <= 47 { Some(Self(number)) } else { None }
    }

    /// From the two-digit code, exactly as in `01`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|prefecture| prefecture.code() == code)
    }

    /// From what a person or a list gives: `13`, `13 : 東京都`, `東京都` or `東京`, in any width.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = crate::typed::fold(typed);
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        match digits {
            0 => Self::all().find(|prefecture| text == prefecture.name() || text == prefecture.short_name()),
            1 | 2 => text.get(..digits)?.parse().ok().and_then(Self::from_number),
            _ => None,
        }
    }

    /// The prefecture with whose name an address begins.
    pub fn of_address(address: &str) -> Option<Self> {
        let address = address.trim_start();
        Self::all().find(|prefecture| address.starts_with(prefecture.name()))
    }

    /// The number 1 to 47.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The two-digit code: `01` to `47`.
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// The name: 「北海道」.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// The label as on the forms: `13 : 東京都`.
    pub fn label(self) -> String {
        format!("{} : {}", self.code(), self.name())
    }

    fn short_name(self) -> &'static str {
        let name = self.name();
        if self.0 == 1 { name } else { name.strip_suffix(['都', '府', '県']).unwrap_or(name) }
    }

    fn entry(self) -> (&'static str, &'static str) {
        NAMES.get(usize::from(self.0).wrapping_sub(1)).copied().unwrap_or(("", ""))
    }
}

impl fmt::Display for Prefecture {
    /// The name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Prefecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Prefecture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Prefecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("unknown prefecture code {code:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_to_its_prefecture_and_back() {
        for (prefecture, number) in Prefecture::all().zip(1_u8..) {
            assert_eq!(prefecture.code(), format!("{number:02}"));
            assert_eq!(Prefecture::from_code(prefecture.code()), Some(prefecture));
            assert_eq!(Prefecture::parse(&prefecture.label()), Some(prefecture));
            assert_eq!(Prefecture::parse(prefecture.name()), Some(prefecture));
            assert_eq!(Prefecture::of_address(&format!("{}中央1-2", prefecture.name())), Some(prefecture));
        }
        assert_eq!(Prefecture::all().count(), 47);
    }

    #[test]
    fn a_prefecture_is_read_in_the_ways_people_write_it() {
        let tokyo = Prefecture::from_number(13);
        for typed in ["13", "１３", "13 : 東京都", " 東京都 ", "東京", "13:東京都"] {
            assert_eq!(Prefecture::parse(typed), tokyo, "{typed}");
        }
        assert_eq!(Prefecture::parse("京都").map(Prefecture::name), Some("京都府"));
        assert_eq!(Prefecture::parse("1"), Prefecture::from_code("01"));
        for typed in ["", "0", "00", "48", "130", "江戸"] {
            assert_eq!(Prefecture::parse(typed), None, "{typed}");
        }
        assert_eq!(Prefecture::parse("13").unwrap().label(), "13 : 東京都");
    }
}

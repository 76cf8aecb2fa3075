//! The columns of a register file and the headings they go by.

use crate::typed::{compact, fold};

/// A column of a register file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Ten-digit code.
    TenDigits,
    /// Prefecture and seven-digit code.
    NineDigits,
    /// Seven-digit code.
    SevenDigits,
    /// 都道府県.
    Prefecture,
    /// 点数表.
    ScoreTable,
    /// 名称.
    Name,
    /// 名称カナ.
    NameKana,
    /// 郵便番号.
    PostalCode,
    /// 所在地.
    Address,
    /// 電話番号.
    Phone,
    /// 開設者.
    Founder,
    /// 状態.
    Status,
    /// 有効開始日.
    ValidFrom,
    /// 有効終了日.
    ValidTo,
}

impl Column {
    /// The name of the column in reports.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TenDigits => "10桁コード",
            Self::NineDigits => "9桁コード",
            Self::SevenDigits => "7桁コード",
            Self::Prefecture => "都道府県",
            Self::ScoreTable => "点数表",
            Self::Name => "名称",
            Self::NameKana => "名称カナ",
            Self::PostalCode => "郵便番号",
            Self::Address => "所在地",
            Self::Phone => "電話番号",
            Self::Founder => "開設者",
            Self::Status => "状態",
            Self::ValidFrom => "有効開始日",
            Self::ValidTo => "有効終了日",
        }
    }

    /// The code column for so many digits.
    pub(super) const fn of_digits(digits: usize) -> Option<Self> {
        match digits {
            10 => Some(Self::TenDigits),
            9 => Some(Self::NineDigits),
            7 => Some(Self::SevenDigits),
            _ => None,
        }
    }
}

/// What a heading announces: a column, or a code of a length that the rows must tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    Code,
    Is(Column),
}

/// Words in headings, the more telling first: 「開設者氏名」 is the founder, 「名称カナ」 the reading.
const WORDS: [(&[&str], Heading); 14] = [
    (&["郵便", "postal", "zip"], Heading::Is(Column::PostalCode)),
    (&["電話", "phone", "tel"], Heading::Is(Column::Phone)),
    (&["機関等コード", "機関コード", "institutioncode"], Heading::Code),
    (&["都道府県", "prefecture"], Heading::Is(Column::Prefecture)),
    (&["点数表", "scoretable"], Heading::Is(Column::ScoreTable)),
    (&["コード", "code", "機関番号"], Heading::Code),
    (&["カナ", "かな", "フリガナ", "ふりがな", "kana"], Heading::Is(Column::NameKana)),
    (&["開設者", "founder"], Heading::Is(Column::Founder)),
    (&["住所", "所在地", "address"], Heading::Is(Column::Address)),
    (&["名称", "機関名", "機関等名", "施設名", "薬局名", "name"], Heading::Is(Column::Name)),
    (&["状態", "status"], Heading::Is(Column::Status)),
    (&["有効開始", "validfrom"], Heading::Is(Column::ValidFrom)),
    (&["有効終了", "validto"], Heading::Is(Column::ValidTo)),
    (&["現存", "休止"], Heading::Is(Column::Status)),
];

/// The heading in a field of a header row, if it is one.
pub(super) fn heading(field: &str) -> Option<Heading> {
    let text: String = fold(field).to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '_').collect();
    WORDS.iter().find(|(words, _)| words.iter().any(|word| text.contains(word))).map(|(_, heading)| *heading)
}

/// How many digits a field holds when it holds nothing else; else 0.
pub(super) fn digit_count(field: &str) -> usize {
    let text = compact(field);
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.len() } else { 0 }
}

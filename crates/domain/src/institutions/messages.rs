//! Every sentence that the rules of this folder say to a person, in one place.

use super::{InstitutionCode, RegisterLayout, ScoreTable, Slip, SlipKind};
use crate::{accounts::TextError, typed::named};
use std::fmt;
use thiserror::Error;

/// Why a text is no institution code. Positions count digits without spaces and hyphens, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Nothing typed.
    #[error("医療機関等コードを入力してください。")]
    Empty,
    /// Not ten digits where all ten are asked for.
    #[error("{}", length_message(*.digits))]
    Length {
        /// Digits given.
        digits: usize,
    },
    /// Not seven digits where the code alone is asked for.
    #[error("医療機関等コードは7桁の数字です（今は{digits}桁です）。先頭の0も省かずに入力してください。")]
    LocalLength {
        /// Digits given.
        digits: usize,
    },
    /// A character that is no digit.
    #[error("{}", not_a_digit(*.position, *.found, *.meant))]
    NotADigit {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
        /// The digit that it looks like.
        meant: Option<char>,
    },
    /// The first two digits name no prefecture.
    #[error("先頭の2桁「{found}」にあたる都道府県コードはありません。01から47までの数字で入力してください。")]
    UnknownPrefecture {
        /// The two digits.
        found: String,
    },
    /// The third digit names no score table.
    #[error(
        "3桁目「{found}」にあたる点数表はありません。1（医科）、3（歯科）、4（調剤）、6（訪問看護）のどれかを入力してください。"
    )]
    UnknownScoreTable {
        /// The digit.
        found: String,
    },
    /// More than seven digits that do not begin as chosen.
    #[error(
        "入力したコードの先頭が、選択した都道府県コード・点数表（{chosen}）と違います。選択を直すか、7桁のコードだけを入力してください。"
    )]
    Disagrees {
        /// The digits that the choice asks for.
        chosen: String,
    },
}

fn length_message(digits: usize) -> String {
    let advice = match digits {
        7 => "7桁のコードの前に、都道府県コード2桁と点数表1桁を付けてください。",
        9 => "都道府県コード2桁の次に、点数表1桁（医科1・歯科3・調剤4・訪問看護6）を入れてください。",
        _ => "先頭の0も省かずに入力してください。",
    };
    format!(
        "医療機関等コードは、都道府県コード・点数表・7桁のコードを合わせて10桁の数字です（今は{digits}桁です）。{advice}"
    )
}

fn not_a_digit(position: usize, found: char, meant: Option<char>) -> String {
    let place = format!("医療機関等コードの{position}文字目が{}になっています。", named(found));
    match meant {
        Some(digit) => format!("{place}数字の「{digit}」ではありませんか。"),
        None => format!("{place}数字だけで入力してください。"),
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MISSING: &str = "この医療機関等コードは台帳にありません。";
        match self {
            Self::Listed { kind, code, others } if others.is_empty() => {
                write!(
                    f,
                    "{MISSING}{}と、台帳にあるコード（{}）になります。書類と見比べて直してください。",
                    change(*kind),
                    code.grouped()
                )
            }
            Self::Listed { code, others, .. } => {
                let codes: Vec<_> = std::iter::once(code).chain(others).take(5).map(InstitutionCode::grouped).collect();
                let count = others.len() + 1;
                write!(
                    f,
                    "{MISSING}1桁だけ違うコードが台帳に{count}件あります（{}{}）。書類と見比べて直してください。",
                    codes.join("、"),
                    if count > codes.len() { "など" } else { "" }
                )
            }
            Self::Fitting { kind, code } => {
                let (change, code) = (change(*kind), code.grouped());
                write!(
                    f,
                    "{MISSING}検査数字（最後の1桁）も合いません。{change}と検査数字が合います（{code}）。書類と見比べてください。"
                )
            }
            Self::CheckDigit => {
                write!(
                    f,
                    "{MISSING}検査数字（最後の1桁）も合わないため、打ち間違いがあるようです。書類と1桁ずつ見比べてください。"
                )
            }
            Self::NotYetListed => {
                write!(
                    f,
                    "{MISSING}書類と同じであれば、「確認待ち」として登録できます。台帳に載りしだいお知らせします。"
                )
            }
        }
    }
}

fn change(kind: SlipKind) -> String {
    match kind {
        SlipKind::WrongTable { chosen, likely } => {
            format!("点数表が「{}」ではなく「{}」だとする", chosen.label(), likely.label())
        }
        SlipKind::Swapped { position } => {
            format!("{}と{}を入れ替える", place(position), second_place(position))
        }
        SlipKind::Digit { position, found, likely } => {
            format!("{}を「{found}」から「{likely}」に直す", place(position))
        }
    }
}

fn place(position: usize) -> String {
    match position {
        1 | 2 => format!("都道府県コードの{position}桁目"),
        3 => "点数表".to_owned(),
        _ => format!("7桁のコードの{}桁目", position - 3),
    }
}

fn second_place(first: usize) -> String {
    match first {
        1 => "2桁目".to_owned(),
        2 | 3 => place(first + 1),
        _ => format!("{}桁目", first - 2),
    }
}

/// Why a file cannot be read as a register at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The file has no rows.
    #[error("読み込む行がありません。ファイルの内容を確かめてください。")]
    NoRows,
    /// No known layout.
    #[error(
        "列の並びを判別できません。9桁コードの公開一覧（9桁コード・7桁コード・名称・郵便番号・所在地）、7桁コードの一覧（7桁コード・名称・郵便番号・所在地）、全項目（10桁コード・名称・名称カナ・郵便番号・所在地・電話番号・開設者・状態・有効開始日・有効終了日）のどれかの並びにしてください。"
    )]
    Unknown,
    /// A header row without a column that is needed.
    #[error("見出しの行に「{column}」の列がありません。列を足すか、見出しの名前を直してください。")]
    MissingColumn {
        /// Name of the column.
        column: &'static str,
    },
    /// The layout has no score table, and none was given.
    #[error("この並び（{}）には点数表がありません。取り込むときに点数表（1 医科、3 歯科、4 調剤、6 訪問看護）を指定してください。", .layout.label())]
    ScoreTableNeeded {
        /// The layout found.
        layout: RegisterLayout,
    },
}

/// Why one row of a register file was left out: the column and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{column}：{reason}")]
pub struct Rejection {
    /// Name of the column.
    pub column: &'static str,
    /// The reason.
    pub reason: RejectionReason,
}

/// What is wrong with a field of a register file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RejectionReason {
    /// The row ends before this column.
    #[error("この列がありません。行が途中で切れていないか確かめてください。")]
    Absent,
    /// The field is empty.
    #[error("空欄です。")]
    Empty,
    /// The field is not the expected number of digits.
    #[error("「{found}」は{expected}桁の数字ではありません。先頭の0が省かれていないか確かめてください。")]
    Digits {
        /// Digits expected.
        expected: usize,
        /// The field, shortened.
        found: String,
    },
    /// The digits form no institution code.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// The nine-digit and the seven-digit code of the row differ.
    #[error("9桁のコードの下7桁「{nine}」と、7桁のコード「{seven}」が違います。")]
    CodesDiffer {
        /// Last seven of the nine digits.
        nine: String,
        /// The seven-digit code.
        seven: String,
    },
    /// No prefecture of that name or number.
    #[error("「{found}」という都道府県はありません。")]
    UnknownPrefecture {
        /// The field, shortened.
        found: String,
    },
    /// Neither a column, nor the address, nor the person who imports names the prefecture.
    #[error("都道府県がわかりません。都道府県から始まる所在地にするか、取り込むときに都道府県を指定してください。")]
    NoPrefecture,
    /// No score table of that name or digit.
    #[error("「{found}」という点数表はありません。")]
    UnknownScoreTable {
        /// The field, shortened.
        found: String,
    },
    /// The check digit holds for no score table.
    #[error("検査数字（最後の1桁）が合いません（{}）。", .code.grouped())]
    CheckDigit {
        /// The code of the row.
        code: InstitutionCode,
    },
    /// A text that cannot be kept.
    #[error("{0}")]
    Text(#[from] TextError),
    /// A date that cannot be read.
    #[error("「{found}」は日付として読めません。「2026-05-20」の形にしてください。")]
    Date {
        /// The field, shortened.
        found: String,
    },
    /// A status that is not known.
    #[error("「{found}」という状態はありません。現存・休止・廃止のどれかにしてください。")]
    Status {
        /// The field, shortened.
        found: String,
    },
}

/// What is odd about a row that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RowWarning {
    /// The check digit only holds with another score table.
    #[error("検査数字が、指定の点数表「{}」では合わず、「{}」でだけ合います。", .given.label(), .fits.label())]
    FitsAnotherTable {
        /// The score table of the row.
        given: ScoreTable,
        /// The score table with which the check digit holds.
        fits: ScoreTable,
    },
}

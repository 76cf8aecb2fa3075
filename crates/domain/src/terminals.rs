//! Names of terminals, addressees that look like a vendor, formats of the certificate file (spec 04.1, 04.4).

mod addressee;
pub mod ladder;
pub mod loss;
pub mod renewal;
pub mod standing;
pub mod trouble;

pub use addressee::looks_like_vendor;

use crate::accounts::{TextError, clean_line};
use crate::typed::{fold, is_hyphen, is_invisible, search_key};
use std::{fmt, str::FromStr};

/// Longest terminal name in characters: it becomes the common name of the certificate (RFC 5280, ub-common-name).
pub const LONGEST_NAME: usize = 64;

/// Why a name does not do for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TerminalNameError {
    /// Nothing typed.
    #[error("「端末名称等」を入力してください。例：オンライン資格確認パソコン")]
    Empty,
    /// Too long, or a character that cannot be kept.
    #[error("{0}")]
    Text(#[from] TextError),
    /// Only the name of an operating system.
    #[error(
        "「{0}」は基本ソフトの名前で、どの端末か見分けられません。「オンライン資格確認パソコン」のように、使い道や場所がわかる名前にしてください。"
    )]
    System(String),
    /// Only a word that fits every terminal.
    #[error(
        "「{0}」はどの端末にも当てはまる名前で、見分けられません。「オンライン資格確認パソコン」のように、使い道や場所がわかる名前にしてください。"
    )]
    Generic(String),
    /// Only digits, single letters or marks.
    #[error(
        "「{0}」は番号や記号だけで、どの端末か見分けられません。「オンライン請求用パソコン2」のように、使い道や場所を添えてください。"
    )]
    Bare(String),
}

/// A terminal's name in its stored form (NFKC, trimmed); refuses names that identify nothing (spec 04.1).
///
/// # Errors
/// [`TerminalNameError`] says why the name does not do, with an example that does.
pub fn terminal_name(typed: &str) -> Result<String, TerminalNameError> {
    let name = clean_line(&fold(&clean_line(typed, usize::MAX)?), LONGEST_NAME)?;
    if name.is_empty() {
        return Err(TerminalNameError::Empty);
    }
    let lower = name.to_lowercase();
    let words: Vec<Word> = runs(&lower).into_iter().map(judge).collect();
    if words.contains(&Word::Telling) {
        Ok(name)
    } else if words.contains(&Word::System) {
        Err(TerminalNameError::System(name))
    } else if words.contains(&Word::Generic) {
        Err(TerminalNameError::Generic(name))
    } else {
        Err(TerminalNameError::Bare(name))
    }
}

/// A name as two are compared: width, kana, case, spaces and kinds of hyphens tell no terminals apart.
pub fn name_key(name: &str) -> String {
    let letters = search_key(name);
    let letters = letters.chars().filter(|letter| !is_invisible(*letter));
    letters.map(|letter| if is_hyphen(letter) { '-' } else { letter }).collect()
}

/// What a word in a name says about the terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Telling,
    System,
    Generic,
    Bare,
}

const SYSTEMS: &str = "android bit chrome chromeos debian edge education enterprise home ios iot ipados linux ltsb ltsc mac \
     macos microsoft ms os osx pro professional redhat ubuntu ver version vista win windows xp";
const GENERIC: &str = "admin book certificate client computer desktop device host imac ipad laptop localhost macbook \
     machine my na name new no none note notebook pc server surface tablet terminal test the unknown user";
const SYSTEMS_JAPANESE: &str = "ウィンドウズ ウインドウズ リナックス アンドロイド マック 基本ソフト";
const GENERIC_JAPANESE: &str = "コンピューター コンピュータ デスクトップ 電子証明書 端末名称等 名称未設定 パソコン ぱそこん サーバー \
     タブレット 端末名称 サーバ ノート マシン テスト その他 未設定 証明書 端末名 たんまつ 特になし 端末 \
     仕事用 機械 本体 名称 名前 不明 未定 無題 無し なし 新規 専用 業務 仕事 普通 会社 当院 うち わたし 自分 \
     台目 号機 番目 新しい 古い 用 の 第 番 号 台 機 等 私 新 旧 壱 弐 参 一 二 三 四 五 六 七 八 九 十";

/// Runs of Latin letters, of digits, and of other letters; marks and spaces divide.
fn runs(name: &str) -> Vec<&str> {
    let class = |letter: char| match letter {
        'a'..='z' => 1,
        _ if letter.is_numeric() => 2,
        _ if letter.is_alphanumeric() || letter == 'ー' => 3,
        _ => 0,
    };
    let mut runs = vec![];
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| class(letter) != class(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if class(first) != 0 {
            runs.push(run);
        }
        rest = after;
    }
    runs
}

fn judge(run: &str) -> Word {
    if run.chars().all(char::is_numeric) || (run.len() == 1 && run.is_ascii()) {
        Word::Bare
    } else if listed(SYSTEMS, run) {
        Word::System
    } else if listed(GENERIC, run) || is_made_of_words(run) {
        Word::Generic
    } else if run.is_ascii() || !without(run, GENERIC_JAPANESE).is_empty() {
        let system = !run.is_ascii() && without(&without(run, SYSTEMS_JAPANESE), GENERIC_JAPANESE).is_empty();
        if system { Word::System } else { Word::Telling }
    } else {
        Word::Generic
    }
}

fn listed(words: &str, run: &str) -> bool {
    words.split_whitespace().any(|word| word == run)
}

/// Whether a run of Latin letters is nothing but listed words without a space, such as `notepc`.
fn is_made_of_words(run: &str) -> bool {
    let words = || SYSTEMS.split_whitespace().chain(GENERIC.split_whitespace());
    run.is_empty() || words().any(|word| run.strip_prefix(word).is_some_and(is_made_of_words))
}

/// The run without the given words, the longer ones taken out first.
fn without(run: &str, words: &str) -> String {
    words.split_whitespace().fold(run.to_owned(), |rest, word| rest.replace(word, "")).replace('ー', "")
}

/// The format of the certificate file, chosen by the terminal's operating system (spec 04.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkcs12Profile {
    /// PBES2 with AES-256-CBC and HMAC-SHA-256.
    #[default]
    Modern,
    /// 3DES and a SHA-1 MAC, for systems that cannot open the other: Windows 10 before version 1709, 8.1, 7.
    Legacy,
}

impl Pkcs12Profile {
    /// The word in lists and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }

    /// The word on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Modern => "新しい形式",
            Self::Legacy => "旧形式",
        }
    }
}

impl fmt::Display for Pkcs12Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pkcs12Profile {
    type Err = crate::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Modern, Self::Legacy];
        all.into_iter().find(|one| one.as_str() == text).ok_or_else(|| crate::UnknownWord(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_the_terminal_are_kept() {
        for name in [
            "オンライン資格確認パソコン",
            "オンライン請求用パソコン",
            "オンライン資格確認パソコン2",
            "オンライン請求用パソコン（2階）",
            "受付PC",
            "診察室の端末",
            "DESKTOP-AB12CD3",
            "資格確認端末 1号機",
            "レセコン",
            "windowside counter",
            "受付のWindows10",
            "新館の端末",
            "業務課パソコン",
            "notebook-mori",
            "私書箱室のPC",
        ] {
            assert!(terminal_name(name).is_ok(), "{name}: {:?}", terminal_name(name));
        }
        assert_eq!(terminal_name("　受付　ＰＣ①\n").unwrap(), "受付 PC1");
    }

    #[test]
    fn names_that_identify_nothing_are_refused_with_an_example() {
        for name in [
            "Windows10",
            "Windows 11 PC",
            "windows 11 Pro 64bit",
            "Ｗｉｎ１０",
            "macOS",
            "ウィンドウズ10",
            "Windowsパソコン",
            "OS",
        ] {
            assert!(matches!(terminal_name(name), Err(TerminalNameError::System(_))), "{name}");
        }
        for name in [
            "PC",
            "パソコン",
            "ﾊﾟｿｺﾝ",
            "端末2",
            "PC-01",
            "ノートPC",
            "コンピューター",
            "パソコン1号機",
            "テスト",
            "なし",
            "notepc",
            "NotePC2",
            "mypc",
            "ｄｅｓｋｔｏｐ－ｐｃ",
            "端末１",
            "たんまつ２",
            "うちのパソコン",
            "業務用ﾊﾟｿｺﾝ",
            "パソコン（新）",
            "端末壱",
            "当院の端末",
        ] {
            assert!(matches!(terminal_name(name), Err(TerminalNameError::Generic(_))), "{name}");
        }
        for name in ["1", "１２３４", "A", "-", "😀", "①"] {
            assert!(matches!(terminal_name(name), Err(TerminalNameError::Bare(_))), "{name}");
        }
        assert_eq!(terminal_name(" 　"), Err(TerminalNameError::Empty));
        assert!(terminal_name("Windows10").unwrap_err().to_string().contains("「オンライン資格確認パソコン」"));
    }

    #[test]
    fn a_name_fits_the_certificate_and_carries_no_trick() {
        assert_eq!(terminal_name(&"受".repeat(64)).unwrap().chars().count(), 64);
        let long = terminal_name(&"受".repeat(65));
        assert_eq!(long, Err(TerminalNameError::Text(TextError::TooLong { max: 64, count: 65 })));
        assert!(matches!(terminal_name("受付\u{202E}PC"), Err(TerminalNameError::Text(_))));
        for typed in ["㍿受付", "受付ｶｳﾝﾀｰ", "ﬁle 受付"] {
            let once = terminal_name(typed).unwrap();
            assert_eq!(terminal_name(&once).unwrap(), once);
        }
    }

    #[test]
    fn names_that_differ_only_in_writing_are_one_terminal() {
        for name in ["受付 PC-1", "受付ＰＣ－１", "受付pc−1", " 受付　Pc‐1\u{200B}"] {
            assert_eq!(name_key(name), "受付pc-1", "{name}");
        }
        assert_eq!(name_key("ウケツケのサーバー"), name_key("うけつけの ｻｰﾊﾞｰ"));
        assert_ne!(name_key("受付1-1"), name_key("受付11"));
        assert_ne!(name_key("受付1"), name_key("受付2"));
    }
}

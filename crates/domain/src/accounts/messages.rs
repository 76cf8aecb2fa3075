//! Every sentence that the rules of this folder say to a person, in one place.

use crate::typed::named;
use thiserror::Error;

/// Why a text cannot be kept. Positions count the characters as typed, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// More characters than allowed.
    #[error("{max}文字以内で入力してください（今は{count}文字です）。")]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters given.
        count: usize,
    },
    /// A NUL character.
    #[error("{position}文字目に、使えない文字（NUL）が入っています。その文字を消してください。")]
    Nul {
        /// Place of the character.
        position: usize,
    },
    /// Another control character.
    #[error("{position}文字目に、画面に見えない制御文字が入っています。貼り付けた場合は、手で入力し直してください。")]
    Control {
        /// Place of the character.
        position: usize,
    },
    /// A mark that turns the direction of writing.
    #[error(
        "{position}文字目に、文字の向きを変える見えない記号が入っています。貼り付けた場合は、手で入力し直してください。"
    )]
    Direction {
        /// Place of the character.
        position: usize,
    },
    /// A private-use character (外字).
    #[error(
        "{position}文字目の文字は外字などで、ほかのパソコンでは正しく表示されません。別の漢字かひらがなで入力してください。"
    )]
    PrivateUse {
        /// Place of the character.
        position: usize,
    },
    /// The mark of a failed conversion.
    #[error("{position}文字目が文字化けしています。入力し直してください。")]
    Garbled {
        /// Place of the character.
        position: usize,
    },
    /// Marks heaped on one letter.
    #[error("{position}文字目で、1つの文字に記号が重なりすぎています。重ねた記号を消してください。")]
    Marks {
        /// Place of the mark.
        position: usize,
    },
}

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Nothing typed.
    #[error("電話番号を入力してください。")]
    Empty,
    /// A character that is no digit.
    #[error("{position}文字目が{}になっています（ハイフンを除いて数えています）。数字だけで入力してください。", named(*.found))]
    NotADigit {
        /// Place of the character among those that do not only separate.
        position: usize,
        /// The character.
        found: char,
    },
    /// The number does not begin with 0.
    #[error("電話番号は0から始まります。市外局番から入力してください。")]
    NoAreaCode,
    /// Not ten or eleven digits.
    #[error("電話番号は10けたか11けたです（今は{digits}けたです）。市外局番から入力し、けた数を確かめてください。")]
    Length {
        /// Digits given.
        digits: usize,
    },
}

/// Why a text is no postal code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PostalCodeError {
    /// Nothing typed.
    #[error("郵便番号を入力してください。")]
    Empty,
    /// Not seven digits.
    #[error("郵便番号は7けたの数字です。「100-0001」のように入力してください。")]
    Form,
}

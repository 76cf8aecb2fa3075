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
    #[error("{position}文字目に、使えない文字が入っています。その文字を消してください。")]
    Nul {
        /// Place of the character.
        position: usize,
    },
    /// Another control character.
    #[error("{position}文字目に、画面に見えない文字が入っています。貼り付けた場合は、手で入力し直してください。")]
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
    #[error("電話番号は10桁か11桁です（今は{digits}桁です）。市外局番から入力し、桁数を確かめてください。")]
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
    #[error("郵便番号は7桁の数字です。「100-0001」のように入力してください。")]
    Form,
}

/// Why a text is no mail address. Positions count the characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EmailError {
    /// Nothing typed.
    #[error("メールアドレスを入力してください。")]
    Empty,
    /// No @.
    #[error("メールアドレスに「@」がありません。「taro@example.jp」のように入力してください。")]
    NoAt,
    /// Several @.
    #[error("メールアドレスに「@」が2つ以上あります。1つのメールアドレスだけを入力してください。")]
    ManyAts,
    /// Nothing before the @.
    #[error("「@」の前がありません。「taro@example.jp」のように入力してください。")]
    NoLocal,
    /// A dot at the beginning or end, or two in a row, before the @.
    #[error(
        "「@」の前の部分で、ドット（.）が先頭か末尾にあるか、2つ続いています。この形のメールアドレスには送れません。別のメールアドレスを入力してください。"
    )]
    Dots,
    /// What follows the @ is no domain.
    #[error("「@」の後の「{domain}」はメールアドレスとして使えません。「example.jp」のように入力してください。")]
    Domain {
        /// The part after the @.
        domain: String,
    },
    /// A character that no address contains.
    #[error("{position}文字目の{}は、メールアドレスに使えません。書き間違いがないか確かめてください。", named(*.found))]
    Letter {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
    },
    /// Too long as a whole, or before the @.
    #[error(
        "メールアドレスが長すぎます（{max}文字までのところ{count}文字です）。別のメールアドレスを入力してください。"
    )]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters given.
        count: usize,
    },
    /// The login of a provisional account.
    #[error(
        "末尾が「@01」から「@48」の仮アカウントでは、メールを受け取れません。新規ユーザー登録で、ふだん使うメールアドレスを登録してください。"
    )]
    Provisional,
}

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Nothing typed.
    #[error("パスワードを入力してください。")]
    Empty,
    /// Too short and no passphrase.
    #[error(
        "パスワードは12文字以上にしてください（今は{count}文字です）。意味のつながらない単語を4つ、空白で区切って並べてもかまいません。"
    )]
    TooShort {
        /// Characters given.
        count: usize,
    },
    /// Too long.
    #[error("パスワードは256文字以内にしてください（今は{count}文字です）。")]
    TooLong {
        /// Characters given.
        count: usize,
    },
    /// A control character.
    #[error("パスワードに、画面に見えない文字が入っています。手で入力し直してください。")]
    Control,
    /// On the list of well-known passwords and words, or little more.
    #[error(
        "よく使われるパスワードや言葉に、数字や記号を付けたり、2つ並べたりしただけのものです。ほかの人が思いつかないものにしてください。"
    )]
    Common,
    /// A run or a repetition.
    #[error(
        "同じ文字の繰り返しや、「1234」「qwerty」のような並びでできています。ほかの人が思いつかないものにしてください。"
    )]
    Sequence,
    /// The institution's code is in it.
    #[error("パスワードに医療機関等コードが入っています。ほかの人が知っている番号は使わないでください。")]
    Code,
    /// The login or its part before the @ is in it.
    #[error(
        "パスワードに、メールアドレス（「@」の前の部分）が入っています。ほかの人が知っている言葉は使わないでください。"
    )]
    Login,
}

/// Why a text is no person's name. Positions count the characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PersonNameError {
    /// Nothing typed.
    #[error("お名前を入力してください。")]
    Empty,
    /// Too long, or a character that cannot be kept.
    #[error("{0}")]
    Text(#[from] TextError),
    /// No letter of any script.
    #[error("お名前に文字がありません。数字や記号だけでなく、お名前を入力してください。")]
    NoLetters,
    /// An address in the place of a name.
    #[error("お名前の欄に、メールアドレスやURLが入っています。お名前を入力してください。")]
    Address,
    /// A pictograph.
    #[error("{position}文字目の{}は絵文字で、郵便物の宛名に印刷できません。お名前を文字だけで入力してください。", named(*.found))]
    Pictograph {
        /// Place of the character.
        position: usize,
        /// The character.
        found: char,
    },
}

//! Why a certificate is not renewed, in words for the person at the terminal.

use super::{barred::Bar, connection::TestFault, receive::ModeFault};

/// Why a certificate is not renewed now; the words are for the person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalFault {
    /// The terminal showed none, or none that is accepted.
    #[error(transparent)]
    Shown(#[from] TestFault),
    /// Reference number and code do not belong together, or the code works no more: the two are never told apart.
    #[error(
        "受付番号または更新コードが正しくないか、更新コードが使えなくなっています。更新コードは、作ってから24時間がたつか、1回使うか、10回間違えると、使えなくなります。代表者の方が、ポータルの「更新の設定」で新しいコードを作れます。"
    )]
    WrongCode,
    /// Its case is not one that goes on.
    #[error("この端末の電子証明書は、更新できる状態ではありません。ポータルの「申請状況照会」をご確認ください。")]
    Ended,
    /// Its terminal gets nothing now.
    #[error(transparent)]
    Barred(#[from] Bar),
    /// The institution has another code by now.
    #[error(
        "この端末の電子証明書は、前の医療機関等コードのものです。承継により{0}で使えなくなるため、更新できません。新しいコードの医療機関等で、新しく発行を申請してください。"
    )]
    Succeeded(String),
    /// The window is not open.
    #[error("まだ更新できません。この端末の電子証明書は、{0}から更新できます。")]
    TooEarly(String),
    /// It has expired, and nobody allowed a renewal.
    #[error(
        "有効期限が過ぎています。{0}までは、代表者の方がポータルの「更新の設定」で有効期限後の更新を認めると、認めた時から24時間だけ更新できます。認めると「更新コード」が表示され、端末の電子証明書を選べないブラウザでも使えます。"
    )]
    NotAllowed(String),
    /// It expired too long ago.
    #[error("有効期限から30日が過ぎたため、更新できません。ポータルから、新しく発行を申請してください。")]
    TooLate,
    /// Its successor is in use.
    #[error("この端末の電子証明書の更新は終わっています。更新で受け取った新しいほうを選んで、接続してください。")]
    Renewed,
    /// The new one would end before the present one.
    #[error("今更新すると、有効期限が今より早くなります。認証局の切替えが終わってから、もう一度お試しください。")]
    NothingGained,
    /// The box was not ticked.
    #[error("「更新料への同意」にチェックを入れてください。同意がないと更新できません。")]
    ConsentMissing,
    /// The fee is another one since the page was shown.
    #[error("画面を開いた後に、更新料が{0}円に変わりました。金額を確かめてから、もう一度お進みください。")]
    OtherFee(String),
    /// The terminal asks by itself, and nobody agreed to it beforehand.
    #[error(
        "端末による自動の更新（更新料{0}円）への同意がありません。代表者の方が、ポータルの「更新の設定」で同意してから、もう一度お試しください。"
    )]
    NoStandingConsent(String),
    /// The request asks for another name.
    #[error("証明書の要求の名義が、今の証明書と違います。名義を空にするか、今の証明書と同じにして作り直してください。")]
    OtherName,
    /// The request holds the key of the present certificate.
    #[error("今の証明書と同じ鍵では更新できません。端末で新しい鍵を作り、その鍵で証明書の要求を作り直してください。")]
    SameKey,
    /// What was typed or sent for the delivery cannot be used.
    #[error(transparent)]
    Mode(#[from] ModeFault),
}

//! Words and badges for what the database calls by its own words.

use domain::clock::Timestamp;
use services::rows::{Letter, Mail};

use crate::{
    site::Visit,
    view::parts::{StateView, Tone},
};

/// How far a mail got.
pub(super) fn mail_state(mail: &Mail) -> StateView {
    match mail.state.as_str() {
        "sent" => StateView::new(Tone::Done, "送信済み"),
        "refused" => StateView::new(Tone::Attention, "相手のサーバーが拒否"),
        "bounced" => StateView::new(Tone::Attention, "届かずに戻った"),
        "failed" => StateView::new(Tone::Attention, "送れずに終了"),
        _ if mail.answer.is_empty() => StateView::new(Tone::Waiting, "送信待ち"),
        _ => StateView::new(Tone::Attention, "送信をやり直し中"),
    }
}

/// How far a letter got.
pub(super) fn letter_state(letter: &Letter) -> StateView {
    match letter.state.as_str() {
        "to_print" => StateView::new(Tone::Active, "印刷待ち"),
        "in_batch" => StateView::new(Tone::Active, "印刷の確認待ち"),
        "printed" => StateView::new(Tone::Active, "発送待ち"),
        "posted" if letter.delivered_at.is_some() => StateView::new(Tone::Done, "配達済み"),
        "posted" => StateView::new(Tone::Active, "発送済み"),
        _ => StateView::new(Tone::Stopped, "無効"),
    }
}

/// What a kind of letter is called.
pub(super) fn letter_kind(kind: &str) -> &'static str {
    if kind == services::letters::ISSUANCE_NOTICE {
        "電子証明書発行通知書"
    } else {
        "所属確認のお知らせ"
    }
}

/// Whether a certificate can be used.
pub(super) fn certificate_state(state: &str, not_after: Timestamp, now: Timestamp) -> StateView {
    match state {
        "valid" if not_after < now => StateView::new(Tone::Stopped, "期限切れ"),
        "valid" => StateView::new(Tone::Done, "有効"),
        "revoked" => StateView::new(Tone::Stopped, "失効"),
        "prepared" => StateView::new(Tone::Active, "発行の処理中"),
        _ => StateView::new(Tone::Stopped, "発行されませんでした"),
    }
}

/// The label of an entry of a list, or the stored word when the list no longer has it.
pub(super) fn label(visit: &Visit, list: &str, value: &str) -> String {
    let lists = visit.site.app.reference().lists;
    lists.entry(list, value).map_or_else(|| value.to_owned(), |entry| entry.label.clone())
}

/// An amount: 1,500円.
pub(super) fn yen(amount: i64) -> String {
    format!("{}円", domain::text::thousands(amount))
}

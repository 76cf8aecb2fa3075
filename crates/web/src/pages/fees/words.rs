//! Words of fees and bills that the clinic's pages and the office share.

use domain::{
    calendar::{YearMonth, japanese_date, typed_day},
    fees::PAYMENT_SLIP,
    text::thousands,
};
use services::rows::{Bill, ListedPayment};
use time::Date;

use crate::view::parts::{StateView, Tone};

/// A stored month: 「2026年5月」.
pub(in crate::pages) fn month(text: &str) -> String {
    text.parse::<YearMonth>().map_or_else(|_| text.to_owned(), |month| month.to_string())
}

/// A stored day: 「2026年5月20日（水）」.
pub(in crate::pages) fn day(text: &str) -> String {
    typed_day(text).map_or_else(|| text.to_owned(), japanese_date)
}

/// An amount: 「1,500円」, 「－1,500円」.
pub(in crate::pages) fn yen(amount: i64) -> String {
    let sign = if amount < 0 { "－" } else { "" };
    format!("{sign}{}円", thousands(amount.abs()))
}

/// What a kind of entry is called.
pub(in crate::pages) fn kind(kind: &str) -> &'static str {
    match kind {
        "reversal" => "取消し",
        "renewal" => "更新料",
        _ => "発行料",
    }
}

/// What a kind of payment is called.
pub(in crate::pages) fn payment_kind(payment: &ListedPayment) -> &'static str {
    match payment.kind.as_str() {
        "received" if payment.undone => "入金（取消し済み）",
        "received" => "入金",
        "refunded" if payment.undone => "返金（取消し済み）",
        "refunded" => "返金",
        "undone" => "入金・返金の取消し",
        _ => "充当",
    }
}

/// Until when a bill is to be paid; none where nothing is left to pay.
pub(super) fn due(bill: &Bill) -> Option<String> {
    (bill.payment == PAYMENT_SLIP && bill.open_yen() > 0).then(|| day(&bill.due_on))
}

/// How far a bill is paid.
pub(in crate::pages) fn bill_state(bill: &Bill, today: Date) -> StateView {
    let (tone, words) = match bill.open_yen() {
        _ if bill.payment != PAYMENT_SLIP => (Tone::Done, "診療報酬から控除"),
        0 if bill.amount_yen <= 0 => (Tone::Done, "支払いなし"),
        0 => (Tone::Done, "入金済み"),
        open if open < 0 => (Tone::Active, "返金・充当待ち"),
        _ if typed_day(&bill.due_on).is_some_and(|due| due < today) => (Tone::Attention, "期限切れ"),
        _ if bill.paid_yen > 0 => (Tone::Waiting, "一部入金"),
        _ => (Tone::Waiting, "入金待ち"),
    };
    StateView::new(tone, words)
}

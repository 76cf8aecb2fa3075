//! Inquiries: threads of messages between applicants and the call centre (spec 6.4).

mod quoted;

pub use quoted::own_words;

use crate::words::words;

/// Longest message in characters.
pub const LONGEST_MESSAGE: usize = 2_000;

words! {
    /// For whom a thread waits.
    InquiryState {
        /// The operator has not answered the last message.
        Open = "open", "回答待ち";
        /// Answered; nobody is waited for.
        Answered = "answered", "回答済み";
        /// The operator asked back and waits for the applicant.
        Waiting = "waiting", "返事待ち";
        /// Ended by the operator; a new message opens it again.
        Closed = "closed", "終了";
    }
}

words! {
    /// How a message came, and a thread began.
    Way {
        /// On a page of the portal.
        Page = "page", "画面";
        /// As a reply by mail.
        Mail = "mail", "メール";
        /// By telephone, noted by the call centre.
        Phone = "phone", "電話";
    }
}

words! {
    /// Who wrote a message; applicants read 「運営者」 for everyone of the staff.
    Author {
        /// Who asks.
        Applicant = "applicant", "お問い合わせの方";
        /// The operator's staff.
        Staff = "staff", "運営者";
    }
}

words! {
    /// Why a mail was put aside instead of into a thread.
    StrayReason {
        /// It names no thread.
        Unknown = "unknown", "どのお問い合わせへの返信か分かりません";
        /// It names a thread, but comes from an address that does not take part in it.
        Stranger = "stranger", "お問い合わせの本人ではないアドレスから届きました";
        /// Nothing is left to read: no text, or only the quoted mail.
        Empty = "empty", "本文がありません";
        /// Longer than a mail may be.
        TooLarge = "too_large", "大きすぎるため、読み取っていません";
        /// Text with characters that cannot be kept.
        Unreadable = "unreadable", "読み取れない文字があります";
        /// So many in one day that it is no conversation.
        TooMany = "too_many", "1日に届く数を超えました";
    }
}

impl InquiryState {
    /// States that staff choose between when they write.
    pub const AFTER_STAFF: [Self; 2] = [Self::Answered, Self::Waiting];

    /// Whether lists show the oldest first: what somebody waits for.
    pub const fn is_waited_for(self) -> bool {
        matches!(self, Self::Open | Self::Waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_never_leave_a_thread_waiting_for_themselves() {
        assert!(!InquiryState::AFTER_STAFF.contains(&InquiryState::Open));
        assert!(InquiryState::Open.is_waited_for() && !InquiryState::Closed.is_waited_for());
    }
}

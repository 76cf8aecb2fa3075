//! The press: data in, PDF out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::book::Book;
use crate::model::{
    ApplicationCopy, CeremonyProtocol, Document, GrantNotice, IssuanceNotice, MasterAccountNotice, MembershipLetter,
    PaymentSlip, TerminalLabel, UserIdNotice,
};
use crate::{Fault, docx, fonts, layout, markdown, sheets};

/// Makes letters and documents. Cheap to clone and to share between threads.
///
/// Nothing of what is printed stays in memory: letters hold secrets.
/// Every function blocks for some milliseconds per page: call it where blocking is allowed.
#[derive(Clone, Debug)]
pub struct Press(());

impl Press {
    /// A press with the embedded fonts.
    ///
    /// # Errors
    /// [`Fault::Fonts`] when an embedded font cannot be read: a defect of the program.
    pub fn new() -> Result<Self, Fault> {
        if fonts::complete() { Ok(Self(())) } else { Err(Fault::Fonts) }
    }

    /// 電子証明書発行通知書, one letter per notice, all in one PDF (spec 04.2).
    ///
    /// # Errors
    /// [`Fault::Empty`] without a notice, [`Fault::PageAddress`] when a page address holds the secret.
    pub fn issuance_notices(&self, notices: &[IssuanceNotice]) -> Result<Vec<u8>, Fault> {
        set(|| sheets::issuance_notices(notices))
    }

    /// Letters whose code proves membership, all in one PDF (spec 2.3 (a)).
    ///
    /// # Errors
    /// As [`Press::issuance_notices`].
    pub fn membership_letters(&self, letters: &[MembershipLetter]) -> Result<Vec<u8>, Fault> {
        set(|| sheets::membership_letters(letters))
    }

    /// オンライン請求ユーザーID通知書, given out after a claims filing was accepted (spec 05).
    ///
    /// # Errors
    /// [`Fault::PageAddress`] when the login address holds the first password.
    pub fn user_id_notice(&self, notice: &UserIdNotice) -> Result<Vec<u8>, Fault> {
        set(|| sheets::user_id_notice(notice))
    }

    /// マスターアカウント通知書: user ID and first password of the eligibility system in one environment (spec 6.1).
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn master_account_notice(&self, notice: &MasterAccountNotice) -> Result<Vec<u8>, Fault> {
        set(|| Ok(sheets::master_account_notice(notice)))
    }

    /// 払込請求書, one after the other in one PDF (spec 6.3).
    ///
    /// # Errors
    /// [`Fault::Empty`] without a slip.
    pub fn payment_slips(&self, slips: &[PaymentSlip]) -> Result<Vec<u8>, Fault> {
        set(|| sheets::payment_slips(slips))
    }

    /// 交付決定通知書, what a subsidy grants (spec 6.1).
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn grant_notice(&self, notice: &GrantNotice) -> Result<Vec<u8>, Fault> {
        set(|| Ok(sheets::grant_notice(notice)))
    }

    /// Labels to stick on terminals, twelve on a page (spec 04.5).
    ///
    /// # Errors
    /// [`Fault::Empty`] without a label, [`Fault::PageAddress`] when an address is too long for a QR code.
    pub fn terminal_labels(&self, labels: &[TerminalLabel]) -> Result<Vec<u8>, Fault> {
        set(|| sheets::terminal_labels(labels))
    }

    /// A printable copy of what was sent (spec 8.2).
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn application_copy(&self, copy: &ApplicationCopy) -> Result<Vec<u8>, Fault> {
        set(|| Ok(sheets::application_copy(copy)))
    }

    /// 認証局の鍵生成式の記録, with a line for each signature by hand (spec 04.4).
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn ceremony_protocol(&self, protocol: &CeremonyProtocol) -> Result<Vec<u8>, Fault> {
        set(|| Ok(sheets::ceremony_protocol(protocol)))
    }

    /// A readable document as PDF, with headings, lists, tables and a table of contents.
    ///
    /// # Errors
    /// Only for a defect of the program.
    pub fn document(&self, document: &Document) -> Result<Vec<u8>, Fault> {
        set(|| Ok(sheets::document(document, &markdown::blocks(&document.title, &document.body))))
    }

    /// The same document as a Word file (Office Open XML).
    ///
    /// # Errors
    /// [`Fault::Word`] when the file cannot be packed.
    pub fn document_docx(&self, document: &Document) -> Result<Vec<u8>, Fault> {
        docx::write(document, &markdown::blocks(&document.title, &document.body))
    }
}

/// Lays a file out and writes it. A defect of the layout stops this file only.
fn set(make: impl FnOnce() -> Result<Book, Fault>) -> Result<Vec<u8>, Fault> {
    let run = AssertUnwindSafe(|| make().and_then(|book| layout::pdf(&book)));
    catch_unwind(run).unwrap_or(Err(Fault::Engine))
}

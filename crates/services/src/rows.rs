//! Rows as pages show them: the types of `storage` that verbs give back, so that pages need not know that crate.

pub use storage::access::AccessToken;
pub use storage::accounts::{Account, Membership, Review, ReviewLine};
pub use storage::applications::{
    Application, Assignee, Counts, EventRow, Foremost, Listed, Note, PAGE, Question, QueueFilter, Reached, RunResult,
    SavedFilter,
};
pub use storage::audit::{Row as AuditRow, ViewCount};
pub use storage::authority::{Certificate, Check, FindingPlace, Found as FoundCertificate, FoundInCheck};
pub use storage::calls::Call;
pub use storage::closures::{Closure, ClosureStep};
pub use storage::content::{
    Article, ArticleAnswer, ArticleEntry, ArticleFile, ArticleHead, ArticleVersion, Document, Notice, NoticeFilter,
    NoticeSearch, NoticeVersion, VersionHead as ArticleVersionHead,
};
pub use storage::feed::receivers::{Delivery, Receiver};
pub use storage::fees::{Bill, Closing, ListedBill, ListedPayment};
pub use storage::group::{Row as GroupRow, Sheet};
pub use storage::inquiries::{Inquiry, Message, Stray};
pub use storage::institutions::Import;
pub use storage::jobs::{Failed, TriedAgain};
pub use storage::ledger::Listed as LedgerRow;
pub use storage::letters::{Batch, Letter};
pub use storage::mails::Mail;
pub use storage::master_accounts::MasterAct;
pub use storage::my_list::{OwnCertificate, OwnCopy, OwnLetter, OwnSlip};
pub use storage::proposals::Proposal;
pub use storage::search::Miss;
pub use storage::service::{ServiceUpdate, StoredState};
pub use storage::sessions::{Listed as ListedSession, Session};
pub use storage::setting_versions::Version as SettingVersion;
pub use storage::subsidies::{Adjustment, Grant, GrantBatch, ListedAward, Sums as GrantSums};
pub use storage::successions::Succession;
pub use storage::terminals::{Glance, LossReport};

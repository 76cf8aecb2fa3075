//! Typed identifiers: time-ordered UUIDs (version 7) that cannot be mixed up.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

use crate::clock::{Randomness, Timestamp};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, ordered by its time of birth.
            pub fn new(now: Timestamp, randomness: &dyn Randomness) -> Self {
                Self(uuid_v7(now, randomness))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A person's account.
    AccountId,
    /// A person's membership in an institution.
    MembershipId,
    /// A medical institution in the register.
    InstitutionId,
    /// One case: a draft or filed application of any procedure.
    ApplicationId,
    /// One line in the life of a case.
    EventId,
    /// Something that downstream systems are told.
    HappeningId,
    /// An access token of a machine.
    AccessTokenId,
    /// A downstream system that is called.
    ReceiverId,
    /// A certificate, from its reservation on.
    CertificateId,
    /// A run of the check of stored certificates.
    CheckId,
    /// A root or issuing authority.
    AuthorityId,
    /// A letter.
    LetterId,
    /// A batch of letters printed together.
    BatchId,
    /// A mail.
    MailId,
    /// A unit of background work.
    JobId,
    /// An entry in the ledger of fees.
    EntryId,
    /// A payment on a bill.
    PaymentId,
    /// A run of the register import.
    ImportId,
    /// A table of applications for many institutions (一括申請).
    SheetId,
    /// An inquiry.
    InquiryId,
    /// An act that waits for a second person.
    ProposalId,
    /// A message of an inquiry.
    MessageId,
    /// A mail to the inquiries' mailbox that belongs to no thread.
    StrayId,
    /// A telephone call that was answered.
    CallId,
    /// A notice on the top page.
    NoticeId,
    /// A picture or attachment of a text.
    FileId,
    /// A file that an applicant handed in.
    UploadId,
    /// A reader's answer to whether a page helped.
    AnswerId,
    /// A wish to be told of notices by mail.
    SubscriptionId,
    /// A trouble of the service, or a planned maintenance.
    ServiceStateId,
    /// A note among staff about a case.
    NoteId,
    /// A question of a reviewer to an applicant.
    QuestionId,
    /// Conditions of a queue that a person saved.
    FilterId,
    /// One decision on several cases.
    RunId,
    /// A mandate of a vendor.
    MandateId,
    /// A line in the record of an institution's master accounts.
    MasterActId,
    /// Cases whose grants are decided together.
    GrantBatchId,
    /// An entry in the ledger of grants.
    GrantId,
}

/// A version-7 UUID from the given clock and randomness (RFC 9562, 5.7).
pub fn uuid_v7(now: Timestamp, randomness: &dyn Randomness) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &randomness.bytes()).into_uuid()
}

//! What a form must know besides the answers.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use time::Date;

use super::{Keeping, Retention, State, StraightThrough};
use crate::calendar::{CutOff, Holidays, OpeningHours};
use crate::clock::Timestamp;
use crate::closing::{Ending, Over};
use crate::forms::{Answers, Choice, Document};
use crate::institutions::Institution;
use crate::mandates::Holder;
use crate::office::FourEyes;
use crate::subsidies::Scheme;
use crate::succession::Target;
use crate::uploads::Upload;

/// One entry of a list that the operator maintains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is stored.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Group within the list, such as the vendor of a product.
    #[serde(default)]
    pub group: String,
    /// A sentence under the label.
    #[serde(default)]
    pub note: String,
    /// Where a product displays its name.
    #[serde(default, rename = "where")]
    pub displayed: String,
    /// Maker of a product; fills the maker's field.
    #[serde(default)]
    pub maker: String,
    /// The entry of `terminal_oses` that a receipt computer's system belongs to.
    #[serde(default)]
    pub os: String,
    /// Format of the certificate file for an operating system: `modern` or `legacy`.
    #[serde(default)]
    pub pkcs12: String,
    /// Profile of the keys that are made for an operating system; empty for the one that the authority prefers.
    #[serde(default)]
    pub profile: String,
    /// Name of a revocation reason in RFC 5280.
    #[serde(default)]
    pub rfc: String,
    /// Field of a form that a canned reason is about.
    #[serde(default)]
    pub field: String,
    /// Words of a canned answer.
    #[serde(default)]
    pub text: String,
    /// Slug of the article that a canned answer leads to; empty for none.
    #[serde(default)]
    pub article: String,
    /// Page of the portal that an entry of a menu opens.
    #[serde(default)]
    pub href: String,
    /// Whether the choice asks for words of one's own.
    #[serde(default)]
    pub free_text: bool,
    /// Words as they are printed or typed that stand for this entry; compared without width, kana, case and spaces.
    #[serde(default)]
    pub names: Vec<String>,
    /// Option of the eligibility application that an entry of the line finder points to; empty when there is none.
    #[serde(default)]
    pub line_kind: String,
    /// Option of the claims filing that an entry of the line finder points to; empty when there is none.
    #[serde(default)]
    pub claims_connection: String,
    /// Whether an entry of the line finder settles the option; otherwise the system vendor is to be asked.
    #[serde(default)]
    pub certain: bool,
    /// Whether it is no longer offered; whoever chose it before still reads its label.
    #[serde(default)]
    pub retired: bool,
}

/// The lists that the operator maintains, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists(pub BTreeMap<String, Vec<Entry>>);

impl Lists {
    /// The entries of a list; empty when it does not exist.
    pub fn entries(&self, name: &str) -> &[Entry] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The entries of a list that are offered now.
    pub fn offered(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries(name).iter().filter(|entry| !entry.retired)
    }

    /// One entry of a list.
    pub fn entry(&self, name: &str, value: &str) -> Option<&Entry> {
        self.entries(name).iter().find(|entry| entry.value == value)
    }

    /// The entries of a list as choices; the note of a product says where its name is displayed.
    pub fn choices(&self, name: &str) -> Vec<Choice> {
        let choice = |entry: &Entry| {
            let note = if entry.note.is_empty() { &entry.displayed } else { &entry.note };
            let choice = Choice::new(&entry.value, &entry.label).noted(note).grouped(&entry.group);
            Choice { retired: entry.retired, ..choice }
        };
        self.entries(name).iter().map(choice).collect()
    }
}

/// Figures of the rules that configuration can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Monthly cut-off of claims filings (spec 05).
    pub cut_off: CutOff,
    /// Fee of one certificate in yen (spec 03, 04.1).
    pub certificate_fee_yen: i64,
    /// Months for which a terminal's certificate is given, as far as its profile allows (spec 04.4).
    pub certificate_months: u32,
    /// Business days in which a case is normally examined.
    pub review_days: u32,
    /// Business days from approval until the letter is posted (spec 04.2).
    pub posting_days: u32,
    /// Business days from approval until the letter arrives (spec 04.2).
    pub arrival_days: u32,
    /// Days from approval in which the certificate can be fetched (spec 04.1).
    pub pickup_days: u32,
    /// Expected number of digits after `CAF` (spec 03).
    pub caf_digits: u8,
    /// Expected number of digits after `COP` (spec 03).
    pub cop_digits: u8,
    /// How long drafts are kept.
    pub drafts: Keeping,
    /// For what a second person of the staff is asked (spec 6.2).
    pub four_eyes: FourEyes,
    /// How long everything else is kept.
    pub retention: Retention,
    /// Which procedures may be accepted by rule, and how many are left to a person all the same (spec 6.2).
    pub straight_through: StraightThrough,
    /// When the call centre answers (spec 1.4).
    pub hours: OpeningHours,
    /// Business days in which an inquiry is normally answered (spec 6.4).
    pub answer_days: u32,
    /// Days before a planned maintenance from which every page tells of it (spec 7).
    pub maintenance_days: u32,
}

impl Rules {
    /// Business days from posting until a letter arrives.
    pub fn delivery_days(&self) -> u32 {
        self.arrival_days.saturating_sub(self.posting_days).max(1)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            cut_off: CutOff::default(),
            certificate_fee_yen: 1_500,
            certificate_months: 39,
            review_days: 3,
            posting_days: 3,
            arrival_days: 5,
            pickup_days: 180,
            caf_digits: 10,
            cop_digits: 8,
            drafts: Keeping::default(),
            four_eyes: FourEyes::default(),
            retention: Retention::default(),
            straight_through: StraightThrough::default(),
            hours: OpeningHours::default(),
            answer_days: 2,
            maintenance_days: 7,
        }
    }
}

/// A terminal that has a certificate or has one applied for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTerminal {
    /// Name of the terminal.
    pub name: String,
    /// When the certificate was applied for.
    pub applied_at: Timestamp,
    /// Where that application stands.
    pub state: State,
    /// When its certificate ends, once it was fetched.
    pub ends_at: Option<Timestamp>,
}

/// What the portal knows of the institution from earlier cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Answers of the latest filed eligibility application.
    pub eligibility: Option<Answers>,
    /// Answers of the latest filed claims filing.
    pub claims: Option<Answers>,
    /// Answers of the latest filed case of this procedure, for one of the common kind.
    pub latest: Option<Answers>,
    /// Who holds a mandate of the institution now; found for the certificate's form, whose addressee none of them may be.
    pub mandate_holders: Vec<Holder>,
    /// Whether a terminal has passed the connection test; found for procedures of the common kind.
    pub connected: bool,
    /// Whether a subsidy application refers to what was registered; found for procedures of the common kind.
    pub subsidy_refers: bool,
    /// What the new code of a succession leads to; found by the service.
    pub successor: Option<Target>,
    /// Why nothing begins at the institution any more; none while it goes on.
    pub over: Option<Over>,
    /// Whether a succession of the institution was accepted.
    pub succeeded: bool,
    /// What would end with the institution, for its closing.
    pub ending: Option<Ending>,
    /// Whether a closing, a rest or a going on was accepted whose day has not come.
    pub closing_planned: bool,
    /// When the latest claims filing was sent.
    pub claims_sent_at: Option<Timestamp>,
    /// How the institution pays fees: what was chosen last in either procedure; empty when nothing was chosen yet.
    pub fee_payment: String,
    /// Customer ID of the latest eligibility application, resolved.
    pub eligibility_line_id: Option<String>,
    /// Customer ID of the latest claims filing, resolved; also one filed on paper and recorded by staff.
    pub claims_line_id: Option<String>,
    /// Terminals with an application under way or a certificate.
    pub terminals: Vec<KnownTerminal>,
    /// Whether the customer ID just typed is in use at another institution; found by the service.
    pub line_id_elsewhere: bool,
    /// The files of the case, oldest first; found by the service for a case that exists.
    pub uploads: Vec<Upload>,
    /// When the case itself was sent last; none for a draft.
    pub sent_at: Option<Timestamp>,
    /// The operation start date that was registered; found for subsidies.
    pub operation_start: Option<Date>,
    /// Schemes of subsidies for which the institution has another case, by name.
    pub schemes_filed: Vec<String>,
}

/// What a form must know besides the answers.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The present instant.
    pub now: Timestamp,
    /// The institution that files.
    pub institution: Institution,
    /// Name of the person who files.
    pub person_name: String,
    /// Mail address of the person who files.
    pub person_email: String,
    /// Documents in force by slug.
    pub documents: Arc<BTreeMap<String, Document>>,
    /// Lists that the operator maintains.
    pub lists: Arc<Lists>,
    /// Figures of the rules.
    pub rules: Arc<Rules>,
    /// Holidays.
    pub holidays: Arc<Holidays>,
    /// Schemes of subsidies in force.
    pub schemes: Arc<Vec<Scheme>>,
    /// What is known from earlier cases.
    pub known: Known,
}

impl Facts {
    /// The document in force; an empty version when the operator has published none.
    pub fn document(&self, slug: &str) -> Document {
        self.documents.get(slug).cloned().unwrap_or_else(|| Document {
            slug: slug.to_owned(),
            version: "0".to_owned(),
            title: slug.to_owned(),
        })
    }
}

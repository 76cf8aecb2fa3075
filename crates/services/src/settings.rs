//! What an installation chooses: operator, addresses, rules.

use std::sync::Arc;

use domain::{applications::Rules, calendar::Holidays};
use time::Duration;

use crate::{feed::Reach, uploads::Scan};

/// Who operates the portal; the brand of all pages, mails and letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Name of the portal on pages.
    pub brand: String,
    /// Name of the operator in letters and mails.
    pub name: String,
    /// Postal code of the sender.
    pub postal_code: String,
    /// Address of the sender.
    pub address: String,
    /// Telephone of the call centre.
    pub phone: String,
    /// Hours of the call centre.
    pub hours: String,
    /// Mail address of the call centre.
    pub mail: String,
}

impl Operator {
    /// Telephone and hours in one line.
    pub fn contact(&self) -> String {
        let hours = self.hours.replace('（', "、").replace('）', "");
        format!("{}（{hours}）", self.phone)
    }
}

/// How institutions pay that do so by slip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Billing {
    /// Where they pay to, in one line: bank, branch, account; empty when slips shall send them to the call centre.
    pub account: String,
}

/// Where replies to mails about inquiries go, when a mailbox for them is read (spec 6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replies {
    /// Address of the mailbox.
    pub address: String,
    /// Whether its server takes `name+token@domain` for `name@domain`; if not, the token stands in the subject.
    pub subaddresses: bool,
}

/// How a new membership is proved (spec 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipRule {
    /// By a code on a letter to the registered address; an existing owner may approve too.
    Letter,
    /// By a reviewer; an existing owner may approve too.
    Reviewer,
}

/// What an installation chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who operates it.
    pub operator: Operator,
    /// Address of the portal without a slash at the end.
    pub portal_url: String,
    /// Address of the closed network's listener without a slash at the end.
    pub closed_url: String,
    /// Sender of all mails.
    pub mail_from: String,
    /// Where replies to mails about inquiries go; none when nobody reads them.
    pub replies: Option<Replies>,
    /// How a membership is proved.
    pub membership: MembershipRule,
    /// Whether staff need a second factor.
    pub staff_second_factor: bool,
    /// A session ends after this time without use.
    pub session_idle: Duration,
    /// How fees are paid.
    pub billing: Billing,
    /// Who scans files of applications for viruses.
    pub scan: Scan,
    /// Which addresses webhooks may call.
    pub webhooks: Reach,
    /// Figures of the rules.
    pub rules: Arc<Rules>,
    /// Holidays.
    pub holidays: Arc<Holidays>,
}

impl Settings {
    /// The part of the sender's address after the `@`: what a clinic's mail filter must allow.
    pub fn mail_domain(&self) -> &str {
        self.mail_from.rsplit_once('@').map_or(self.mail_from.as_str(), |(_, domain)| domain)
    }
}

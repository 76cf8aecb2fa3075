//! Certificate profiles: data, not code (spec 04.4). Read from TOML and checked whole.

mod check;
mod describe;
mod extension;
mod read;
mod roles;
mod terminals;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use der::asn1::ObjectIdentifier;
use der::flagset::FlagSet;
use domain::clock::Timestamp;
use time::{Date, Duration, Month, util::days_in_month};
use x509_cert::ext::pkix::KeyUsages;

use crate::certificate::Validity;
use crate::error::Error;
use crate::issuer::IssuerCert;
use crate::keys::{KeyAlgorithm, KeyKind};
use crate::names::SubjectRule;

pub(crate) use extension::FixedExtension;
pub use terminals::TerminalProfiles;

/// An arc reserved for examples (RFC 5612); an operator puts an arc of its own in the configuration.
pub const EXAMPLE_POLICY_ARC: &str = "1.3.6.1.4.1.32473.1";

const BUILT_IN: [&str; 3] = [
    include_str!("../../profiles/terminal.toml"),
    include_str!("../../profiles/authority.toml"),
    include_str!("../../profiles/server.toml"),
];

/// How long certificates of a profile last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whole calendar months.
    pub months: u32,
}

/// What a certificate of one kind looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) subject: Vec<SubjectRule>,
    pub(crate) keys: Vec<KeyKind>,
    pub(crate) term: Term,
    pub(crate) authority: bool,
    pub(crate) path_length: Option<u8>,
    pub(crate) self_signed: bool,
    pub(crate) key_usage: FlagSet<KeyUsages>,
    pub(crate) extended_key_usage: Vec<ObjectIdentifier>,
    pub(crate) policies: Vec<ObjectIdentifier>,
    pub(crate) policy_statement: bool,
    pub(crate) publish: Publish,
    pub(crate) alternative_names: bool,
    pub(crate) ocsp_no_check: bool,
    pub(crate) extensions: Vec<FixedExtension>,
}

/// Which addresses a certificate carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Publish {
    pub(crate) crl: bool,
    pub(crate) ocsp: bool,
    pub(crate) issuer: bool,
}

impl Profile {
    /// Name by which it is ordered, such as `p256`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its title in Japanese.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How long its certificates last.
    pub fn term(&self) -> Term {
        self.term
    }

    /// The policies its certificates assert, in dotted form.
    pub fn policies(&self) -> Vec<String> {
        self.policies.iter().map(ToString::to_string).collect()
    }

    /// The kind of key to generate for it.
    pub fn generated_key(&self) -> KeyKind {
        self.keys.first().copied().unwrap_or(KeyKind::P256)
    }

    /// The kinds of keys that it takes.
    pub fn keys(&self) -> &[KeyKind] {
        &self.keys
    }

    /// Whether it takes every key of a kind.
    pub fn takes(&self, kind: KeyKind) -> bool {
        self.keys.iter().any(|own| own.covers(kind))
    }

    /// Whether its certificates are authorities'.
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whether its certificates are signed with their own key.
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// Whether it takes a key of this kind.
    pub fn accepts(&self, key: KeyAlgorithm) -> bool {
        self.keys.iter().any(|kind| kind.accepts(key))
    }

    /// From issuance to the end of the last day in Japan, cut to the issuer's own end (spec 04.4).
    ///
    /// The last day has the same number as the day of issuance, or is the last of a shorter month.
    ///
    /// # Errors
    /// [`Error::Validity`] when the issuer is not valid at issuance.
    pub fn validity(&self, issued_at: Timestamp, issuer: Option<&IssuerCert>) -> Result<Validity, Error> {
        self.validity_within(self.term.months, issued_at, issuer)
    }

    /// The same for at most so many months: an installation may give less than its profile allows.
    ///
    /// # Errors
    /// [`Error::Validity`] when the issuer is not valid at issuance.
    pub fn validity_within(
        &self,
        months: u32,
        issued_at: Timestamp,
        issuer: Option<&IssuerCert>,
    ) -> Result<Validity, Error> {
        let months = months.min(self.term.months);
        let last_day = add_months(issued_at.date(), months).ok_or(Error::TimeOutOfRange)?;
        let not_before = Timestamp::from_millis(issued_at.as_seconds() * 1000);
        let not_after = Timestamp::end_of_day(last_day);
        let Some(issuer) = issuer.map(IssuerCert::validity) else { return Ok(Validity { not_before, not_after }) };
        if not_before < issuer.not_before || not_before >= issuer.not_after {
            return Err(Error::Validity("the issuer is not valid at the time of issuance"));
        }
        Ok(Validity { not_before, not_after: not_after.min(issuer.not_after) })
    }

    /// The longest a certificate may last: the term, and the rest of the day.
    pub(crate) fn latest_end(&self, not_before: Timestamp) -> Option<Timestamp> {
        let last_day = add_months(not_before.date(), self.term.months)?;
        Some(Timestamp::start_of_day(last_day) + Duration::days(1))
    }
}

fn add_months(date: Date, months: u32) -> Option<Date> {
    let index = u32::try_from(date.year()).ok()? * 12 + u32::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(index / 12).ok()?;
    let month = Month::try_from(u8::try_from(index % 12 + 1).ok()?).ok()?;
    Date::from_calendar_date(year, month, date.day().min(days_in_month(month, year))).ok()
}

/// All profiles in force, by name.
#[derive(Clone, Debug)]
pub struct Profiles(BTreeMap<String, Arc<Profile>>);

impl Profiles {
    /// The profiles that come with the program: `p256`, `rsa2048`, `rsa3072`, `root`, `issuing`, `ocsp`, `closed-network-server`.
    ///
    /// # Errors
    /// Every fault; with a well-formed policy arc there is none.
    pub fn built_in(policy_arc: &str) -> Result<Self, ProfileFaults> {
        Self::parse(&BUILT_IN.join("\n"), policy_arc)
    }

    /// Reads profiles from TOML, one table each; `{arc}` in policies stands for the given arc.
    ///
    /// # Errors
    /// Every fault of every profile, not only the first.
    pub fn parse(text: &str, policy_arc: &str) -> Result<Self, ProfileFaults> {
        let mut faults = Vec::new();
        let profiles = read::profiles(text, policy_arc, &mut faults);
        for profile in &profiles {
            check::profile(profile, &mut faults);
        }
        if !faults.is_empty() {
            return Err(ProfileFaults(faults));
        }
        Ok(Self(profiles.into_iter().map(|profile| (profile.name.clone(), Arc::new(profile))).collect()))
    }

    /// Adds the profiles of another set; those of the same name are replaced.
    #[must_use]
    pub fn overlaid_with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The profile of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Profile>> {
        self.0.get(name)
    }

    /// All profiles, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.0.values()
    }
}

/// One fault in a profile file, in words for the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFault {
    /// Name of the profile; empty when the file as a whole is meant.
    pub profile: String,
    /// The key, or empty.
    pub key: String,
    /// What is wrong, in Japanese.
    pub problem: String,
}

impl fmt::Display for ProfileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.profile.as_str(), self.key.as_str()) {
            ("", _) => f.write_str(&self.problem),
            (profile, "") => write!(f, "[{profile}] {}", self.problem),
            (profile, key) => write!(f, "[{profile}] {key}: {}", self.problem),
        }
    }
}

/// Every fault found in a profile file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFaults(pub Vec<ProfileFault>);

impl fmt::Display for ProfileFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ProfileFaults {}

#[cfg(test)]
mod tests;

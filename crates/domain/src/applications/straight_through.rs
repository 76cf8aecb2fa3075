//! Acceptance by rule: which procedures, and how many are drawn for a person all the same (spec 6.2, issue 5).

use serde::{Deserialize, Serialize};

use super::{Kind, Life};

/// Which procedures may be accepted by rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StraightThrough {
    /// Eligibility applications.
    pub eligibility: bool,
    /// Certificate applications.
    pub certificate: bool,
    /// Claims filings.
    pub claims: bool,
    /// Of a hundred cases that the rule would accept, so many are left to a person; at most 100.
    pub sample_percent: u8,
}

impl Default for StraightThrough {
    /// Off; five of a hundred once it is on.
    fn default() -> Self {
        Self { eligibility: false, certificate: false, claims: false, sample_percent: 5 }
    }
}

impl StraightThrough {
    /// Name of the rule in events and in the audit chain; it changes when the rule means something else.
    pub const RULE: &'static str = "straight_through/1";

    /// Whether cases of a procedure may be accepted by rule.
    pub fn is_on(&self, kind: Kind) -> bool {
        match kind {
            Kind::Eligibility => self.eligibility,
            Kind::Certificate => self.certificate,
            Kind::Claims => self.claims,
            Kind::Common(_) => kind.life() == Life::AtOnce,
        }
    }

    /// Whether a number drawn evenly below 100 leaves a case to a person. What is accepted as soon as it is sent is not drawn.
    pub fn is_sampled(&self, kind: Kind, drawn: u32) -> bool {
        kind.life() != Life::AtOnce && drawn < u32::from(self.sample_percent)
    }

    /// The rule with its values, as the audit chain keeps it.
    pub fn record(&self) -> String {
        format!("{} sample_percent={}", Self::RULE, self.sample_percent)
    }

    /// The rule with its values, as people read it.
    pub fn words(&self) -> String {
        format!("自動承認の規則 第1版（抜取り{}％）", self.sample_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_off_until_it_is_switched_on_for_a_procedure() {
        let off = StraightThrough::default();
        assert!(Kind::ALL.iter().all(|kind| off.is_on(*kind) == (kind.life() == Life::AtOnce)));
        let on = StraightThrough { claims: true, ..off };
        assert!(on.is_on(Kind::Claims) && !on.is_on(Kind::Certificate) && !on.is_on(Kind::Eligibility));
    }

    #[test]
    fn so_many_of_a_hundred_are_sampled() {
        for percent in [0, 5, 100] {
            let rule = StraightThrough { sample_percent: percent, ..StraightThrough::default() };
            assert_eq!((0..100).filter(|drawn| rule.is_sampled(Kind::Claims, *drawn)).count(), usize::from(percent));
        }
    }
}

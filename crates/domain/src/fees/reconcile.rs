//! The figures of a closing, counted in two ways, and where they do not agree.

/// Yen of a closing. Reversals and payments are positive numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Entries of the ledger that it holds.
    pub entries: i64,
    /// Fees of approvals.
    pub charges_yen: i64,
    /// Fees of renewals.
    pub renewals_yen: i64,
    /// What was taken back.
    pub reversals_yen: i64,
    /// Bills that are withheld.
    pub deductions_yen: i64,
    /// Bills that institutions pay themselves.
    pub slips_yen: i64,
    /// What was open on those before.
    pub opening_yen: i64,
    /// What was paid on those since the closing before, less what was paid back.
    pub paid_yen: i64,
    /// What is open on those afterwards.
    pub open_yen: i64,
}

/// Two figures that should be the same and are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was compared.
    pub what: &'static str,
    /// One figure in yen.
    pub one_yen: i64,
    /// The other.
    pub other_yen: i64,
}

impl Figures {
    /// What the ledger says that is to be billed.
    pub const fn ledger_yen(&self) -> i64 {
        self.charges_yen + self.renewals_yen - self.reversals_yen
    }

    /// What the bills say.
    pub const fn billed_yen(&self) -> i64 {
        self.deductions_yen + self.slips_yen
    }

    /// What must be open when opening, bills and payments are right.
    pub const fn due_yen(&self) -> i64 {
        self.opening_yen + self.slips_yen - self.paid_yen
    }

    /// Where these figures, counted anew from the rows, agree neither with each other nor with those kept at the closing.
    pub fn differences(&self, kept: &Self) -> Vec<Difference> {
        let pairs = [
            ("台帳（発行料＋更新料－取消し）と、請求（控除＋払込請求書）", self.ledger_yen(), self.billed_yen()),
            ("前回の残高＋請求－入金と、残高", self.due_yen(), self.open_yen),
            ("発行料：今の記録と、締めたときの記録", self.charges_yen, kept.charges_yen),
            ("更新料：今の記録と、締めたときの記録", self.renewals_yen, kept.renewals_yen),
            ("取消し：今の記録と、締めたときの記録", self.reversals_yen, kept.reversals_yen),
            ("控除：今の記録と、締めたときの記録", self.deductions_yen, kept.deductions_yen),
            ("払込請求書：今の記録と、締めたときの記録", self.slips_yen, kept.slips_yen),
            ("入金：今の記録と、締めたときの記録", self.paid_yen, kept.paid_yen),
            ("残高：今の記録と、締めたときの記録", self.open_yen, kept.open_yen),
            ("前回の残高：前の締めと、締めたときの記録", self.opening_yen, kept.opening_yen),
        ];
        let differs =
            |(what, one_yen, other_yen)| (one_yen != other_yen).then_some(Difference { what, one_yen, other_yen });
        pairs.into_iter().filter_map(differs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Figures {
        Figures {
            entries: 4,
            charges_yen: 4_500,
            renewals_yen: 1_500,
            reversals_yen: 1_500,
            deductions_yen: 3_000,
            slips_yen: 1_500,
            opening_yen: 3_000,
            paid_yen: 2_000,
            open_yen: 2_500,
        }
    }

    #[test]
    fn figures_that_agree_have_no_difference() {
        assert_eq!(right().differences(&right()), []);
    }

    #[test]
    fn one_yen_is_found_wherever_it_is() {
        let changes: [fn(&mut Figures); 8] = [
            |figures| figures.charges_yen += 1,
            |figures| figures.renewals_yen += 1,
            |figures| figures.reversals_yen -= 1,
            |figures| figures.deductions_yen += 1,
            |figures| figures.slips_yen -= 1,
            |figures| figures.opening_yen += 1,
            |figures| figures.paid_yen += 1,
            |figures| figures.open_yen -= 1,
        ];
        for change in changes {
            let mut wrong = right();
            change(&mut wrong);
            let found = wrong.differences(&right());
            assert!(!found.is_empty() && found.iter().all(|one| (one.one_yen - one.other_yen).abs() == 1), "{found:?}");
            assert!(!right().differences(&wrong).is_empty(), "and what was kept is judged too");
        }
    }
}

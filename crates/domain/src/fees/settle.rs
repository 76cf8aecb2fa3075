//! What an institution has paid too much, set against what it owes.

/// A bill of one institution and what is open on it; negative when too much was paid or it is a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The bill.
    pub bill: i64,
    /// Yen that are open.
    pub open_yen: i64,
}

/// Yen that move from one bill to another of the same institution; no money flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The bill on which there was too much.
    pub from: i64,
    /// The bill that is paid with it.
    pub to: i64,
    /// Yen, more than 0.
    pub yen: i64,
}

/// Pays open bills with credits of the same institution, the oldest with the oldest. What is left stays where it is.
pub fn settle(balances: &[Balance]) -> Vec<Transfer> {
    let mut credits: Vec<(i64, i64)> =
        balances.iter().filter(|one| one.open_yen < 0).map(|one| (one.bill, -one.open_yen)).collect();
    let mut debts: Vec<(i64, i64)> =
        balances.iter().filter(|one| one.open_yen > 0).map(|one| (one.bill, one.open_yen)).collect();
    credits.sort_unstable();
    debts.sort_unstable();
    let mut transfers = vec![];
    let mut debts = debts.into_iter().peekable();
    for (from, mut left) in credits {
        while let Some((to, open)) = debts.peek_mut().filter(|_| left > 0) {
            let yen = left.min(*open);
            transfers.push(Transfer { from, to: *to, yen });
            (left, *open) = (left - yen, *open - yen);
            if *open == 0 {
                debts.next();
            }
        }
    }
    transfers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balances(open: &[i64]) -> Vec<Balance> {
        (1..).zip(open).map(|(bill, open_yen)| Balance { bill, open_yen: *open_yen }).collect()
    }

    fn after(before: &[Balance]) -> Vec<i64> {
        let mut open: Vec<i64> = before.iter().map(|one| one.open_yen).collect();
        for Transfer { from, to, yen } in settle(before) {
            let place = |bill: i64| before.iter().position(|one| one.bill == bill).unwrap();
            open[place(from)] += yen;
            open[place(to)] -= yen;
        }
        open
    }

    #[test]
    fn the_oldest_credit_pays_the_oldest_bill_first() {
        assert_eq!(after(&balances(&[-1_500, 1_500])), [0, 0]);
        assert_eq!(after(&balances(&[1_500, 3_000, -2_000])), [0, 2_500, 0]);
        assert_eq!(after(&balances(&[-4_000, 1_500])), [-2_500, 0], "the rest stays");
        assert_eq!(after(&balances(&[-500, -600, 1_000, 1_000])), [0, 0, 0, 900]);
        assert!(settle(&balances(&[1_500, 0])).is_empty());
    }

    #[test]
    fn no_yen_is_made_or_lost_and_nothing_turns_over() {
        // Numbers that repeat in each run: a small linear generator.
        let mut state: u32 = 7;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i64::from(state >> 16) % 5_000 - 2_500
        };
        for round in 0..500_usize {
            let open: Vec<i64> = (0..round % 9).map(|_| next()).collect();
            let before = balances(&open);
            let left = after(&before);
            assert_eq!(left.iter().sum::<i64>(), open.iter().sum::<i64>(), "{open:?}");
            assert!(left.iter().zip(&open).all(|(left, open)| left * open >= 0 && left.abs() <= open.abs()));
            assert!(left.iter().all(|one| *one <= 0) || left.iter().all(|one| *one >= 0), "{open:?} {left:?}");
            assert!(settle(&before).iter().all(|transfer| transfer.yen > 0));
        }
    }
}

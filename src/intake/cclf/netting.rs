//! Debits and credits of one service to what finally stands (CCLF Information Packet, 5.2).
//!
//! Claims that share a natural key are one group. A cancellation takes back one original or adjustment that is identical to it;
//! when several are, the packet lets one be picked. Matched pairs vanish; whatever is left stands, and there may be more than
//! one. The order in which records arrived never matters.

use crate::money::Cents;

/// What a record does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `0`: the claim as first processed.
    Original,
    /// `2`: the claim as processed again.
    Adjustment,
    /// `1`: takes a claim back.
    Cancellation,
}

impl Action {
    /// What a code of `CLM_ADJSMT_TYPE_CD` says, without blanks and leading zero.
    #[must_use]
    pub fn of(code: &[u8]) -> Option<Self> {
        match code {
            b"0" | b"00" | b"" => Some(Self::Original),
            b"1" | b"01" => Some(Self::Cancellation),
            b"2" | b"02" => Some(Self::Adjustment),
            _ => None,
        }
    }
}

/// One record of a group, in the order by which ties are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry<'r> {
    /// When the record took effect.
    pub effective: i32,
    /// When it was loaded.
    pub loaded: i32,
    /// What it does.
    pub action: Action,
    /// Unique number of the claim.
    pub claim: &'r [u8],
    /// Control number of the claim, where the version has one.
    pub control: &'r [u8],
    /// Control number of the claim that it replaces or takes back, where the version has one.
    pub original_control: &'r [u8],
    /// Amount, unsigned by action.
    pub amount: Cents,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It stands.
    Stands,
    /// The same record was delivered before.
    Duplicate,
    /// A cancellation took it back.
    TakenBack,
    /// It took back a record.
    TookBack,
    /// It took back a record of another amount.
    TookBackOther,
    /// It takes back a record that no delivery holds.
    Unmatched,
    /// A later record of the same control number replaces it.
    Replaced,
}

/// The fate of each record of a group.
#[must_use]
pub fn net(group: &[Entry<'_>]) -> Vec<Fate> {
    let mut fates = vec![Fate::Stands; group.len()];
    if let [only] = group {
        if only.action == Action::Cancellation {
            fates[0] = Fate::Unmatched;
        }
        return fates;
    }
    let mut order: Vec<usize> = (0..group.len()).collect();
    order.sort_by_key(|index| (group[*index], *index));
    drop_duplicates(group, &order, &mut fates);
    cancel(group, &order, &mut fates);
    replace(group, &order, &mut fates);
    fates
}

/// The same record twice: the same claim, doing the same, for the same amount.
fn drop_duplicates(group: &[Entry<'_>], order: &[usize], fates: &mut [Fate]) {
    for (place, index) in order.iter().enumerate() {
        let this = &group[*index];
        let is_this = |other: &Entry<'_>| (other.claim, other.action, other.amount) == (this.claim, this.action, this.amount);
        if order[..place].iter().any(|earlier| is_this(&group[*earlier])) {
            fates[*index] = Fate::Duplicate;
        }
    }
}

/// Each cancellation takes back the debit that suits it best; exact matches choose before the others.
fn cancel(group: &[Entry<'_>], order: &[usize], fates: &mut [Fate]) {
    for exact in [true, false] {
        for index in order.iter().copied() {
            let credit = &group[index];
            if credit.action != Action::Cancellation || fates[index] != Fate::Stands {
                continue;
            }
            let open = |debit: &usize| group[*debit].action != Action::Cancellation && fates[*debit] == Fate::Stands;
            let candidates = order.iter().copied().filter(open).filter(|debit| {
                let debit = &group[*debit];
                if exact { debit.amount == credit.amount } else { same_control(credit, debit) }
            });
            // The same control number first, then what took effect before the cancellation, then the oldest.
            let best = candidates.min_by_key(|debit| {
                let entry = &group[*debit];
                (!same_control(credit, entry), entry.effective > credit.effective, *entry, *debit)
            });
            if let Some(debit) = best {
                fates[debit] = Fate::TakenBack;
                fates[index] = if exact { Fate::TookBack } else { Fate::TookBackOther };
            }
        }
    }
    for (fate, entry) in fates.iter_mut().zip(group) {
        if entry.action == Action::Cancellation && *fate == Fate::Stands {
            *fate = Fate::Unmatched;
        }
    }
}

fn same_control(credit: &Entry<'_>, debit: &Entry<'_>) -> bool {
    let known = !debit.control.is_empty();
    known && (debit.control == credit.control || debit.control == credit.original_control)
}

/// An adjustment replaces what stands of the claim whose control number it names, even where no cancellation was delivered.
fn replace(group: &[Entry<'_>], order: &[usize], fates: &mut [Fate]) {
    for (place, index) in order.iter().enumerate().rev() {
        let later = &group[*index];
        if later.action != Action::Adjustment || fates[*index] != Fate::Stands {
            continue;
        }
        for earlier in &order[..place] {
            let entry = &group[*earlier];
            if fates[*earlier] == Fate::Stands && entry.claim != later.claim && same_control(later, entry) {
                fates[*earlier] = Fate::Replaced;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Action, Entry, Fate, net};
    use crate::money::Cents;

    fn entry(claim: &'static str, action: Action, effective: i32, dollars: i64) -> Entry<'static> {
        let amount = Cents(dollars * 100);
        Entry { effective, loaded: effective, action, claim: claim.as_bytes(), control: b"", original_control: b"", amount }
    }

    use Action::{Adjustment, Cancellation, Original};

    #[test]
    fn the_packets_own_example_comes_out() {
        // Tables 4 and 5: 200 + 0 - 200 + 210 + 0 - 0 + 50; claim 7 is of another group.
        let group = [
            entry("1", Original, 1, 200),
            entry("2", Original, 2, 0),
            entry("3", Cancellation, 3, 200),
            entry("4", Adjustment, 3, 210),
            entry("5", Adjustment, 4, 0),
            entry("6", Cancellation, 5, 0),
        ];
        let standing: Vec<_> =
            group.iter().zip(net(&group)).filter(|(_, fate)| *fate == Fate::Stands).map(|(e, _)| e.claim).collect();
        assert_eq!(standing, [b"4", b"5"]);
    }

    #[test]
    fn a_claim_adjusted_twice_leaves_its_last_version() {
        let group = [
            entry("1", Original, 1, 100),
            entry("2", Cancellation, 2, 100),
            entry("3", Adjustment, 2, 100),
            entry("4", Cancellation, 3, 100),
            entry("5", Adjustment, 3, 90),
        ];
        assert_eq!(net(&group)[4], Fate::Stands);
        assert_eq!(net(&group).iter().filter(|fate| **fate == Fate::Stands).count(), 1);
    }

    #[test]
    fn a_cancellation_that_comes_before_its_adjustment_or_alone() {
        assert_eq!(net(&[entry("1", Cancellation, 1, 10)]), [Fate::Unmatched]);
        assert_eq!(net(&[entry("1", Cancellation, 1, 10), entry("2", Original, 2, 20)]), [Fate::Unmatched, Fate::Stands]);
        assert_eq!(net(&[entry("1", Cancellation, 1, 10), entry("2", Adjustment, 2, 10)]), [Fate::TookBack, Fate::TakenBack]);
    }

    #[test]
    fn control_numbers_say_which_claim_is_meant() {
        let with = |control: &'static str, original: &'static str, mut entry: Entry<'static>| {
            (entry.control, entry.original_control) = (control.as_bytes(), original.as_bytes());
            entry
        };
        let group = [
            with("A", "", entry("1", Original, 1, 100)),
            with("B", "", entry("2", Original, 1, 100)),
            with("C", "B", entry("3", Cancellation, 2, 100)),
        ];
        assert_eq!(net(&group), [Fate::Stands, Fate::TakenBack, Fate::TookBack]);
        let group = [with("A", "", entry("1", Original, 1, 100)), with("B", "A", entry("2", Adjustment, 2, 80))];
        assert_eq!(net(&group), [Fate::Replaced, Fate::Stands]);
        let group = [with("A", "", entry("1", Original, 1, 100)), with("A", "", entry("2", Cancellation, 2, 99))];
        assert_eq!(net(&group), [Fate::TakenBack, Fate::TookBackOther]);
    }

    #[test]
    fn a_record_delivered_twice_counts_once() {
        let group = [entry("1", Original, 1, 5), entry("1", Original, 1, 5), entry("2", Original, 1, 5)];
        assert_eq!(net(&group).iter().filter(|fate| **fate == Fate::Stands).count(), 2);
    }

    fn group() -> impl Strategy<Value = Vec<Entry<'static>>> {
        const CLAIMS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let action = prop_oneof![Just(Original), Just(Adjustment), Just(Cancellation)];
        let parts = (0..CLAIMS.len(), action, 0..4_i32, 0..3_i64);
        prop::collection::vec(parts, 1..9).prop_map(|parts| {
            parts.into_iter().map(|(claim, action, day, dollars)| entry(CLAIMS[claim], action, day, dollars)).collect()
        })
    }

    proptest! {
        #[test]
        fn what_stands_never_depends_on_the_order_of_arrival(group in group(), seed in any::<u64>()) {
            let mut shuffled = group.clone();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            let told = |group: &[Entry<'static>]| {
                let mut told: Vec<_> = group.iter().copied().zip(net(group)).collect();
                told.sort();
                told
            };
            prop_assert_eq!(told(&group), told(&shuffled));
        }

        #[test]
        fn pairs_are_pairs_and_money_adds_up(group in group()) {
            let fates = net(&group);
            let count = |fate| fates.iter().filter(|f| **f == fate).count();
            prop_assert_eq!(count(Fate::TakenBack), count(Fate::TookBack) + count(Fate::TookBackOther));
            let sum = |fate| group.iter().zip(&fates).filter(|(_, f)| **f == fate).map(|(e, _)| e.amount.0).sum::<i64>();
            prop_assert_eq!(sum(Fate::TakenBack), sum(Fate::TookBack), "without control numbers a pair is of one amount");
            let unmatched = group.iter().zip(&fates).all(|(e, f)| (*f == Fate::Unmatched) <= (e.action == Cancellation));
            prop_assert!(unmatched);
        }
    }
}

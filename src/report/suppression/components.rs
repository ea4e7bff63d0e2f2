//! Which expenditures by claim type may be shown: those that few of an ACO's people have rest on few people, however many are
//! assigned to it.

/// An amount: the people it rests on, and whether it is so small that a total tells nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// People.
    pub users: u64,
    /// Whether it is next to nothing.
    pub slight: bool,
}

/// Whether each of some amounts, which add up to a total that is shown, is hidden. Amounts of nobody are nobody's. The total less
/// what is shown is what is hidden: so beside an amount of fewer than `least` people that of the fewest among the others is
/// hidden too, one that is not slight, for the total less a slight one gives the small one back.
#[must_use]
pub fn hidden_amounts(amounts: &[Amount], least: u32) -> Vec<bool> {
    let least = u64::from(least);
    let mut hidden: Vec<bool> = amounts.iter().map(|amount| amount.users > 0 && amount.users < least).collect();
    if hidden.contains(&true) {
        let others = amounts.iter().enumerate().filter(|(at, amount)| !hidden[*at] && amount.users > 0 && !amount.slight);
        if let Some((next, _)) = others.min_by_key(|(_, amount)| amount.users) {
            hidden[next] = true;
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::{Amount, hidden_amounts};

    #[test]
    fn an_amount_of_few_people_takes_another_with_it() {
        let hidden = |users: &[u64]| {
            hidden_amounts(&users.iter().map(|users| Amount { users: *users, slight: *users == 20 }).collect::<Vec<_>>(), 11)
        };
        assert_eq!(hidden(&[900, 30, 11, 0]), [false; 4]);
        assert_eq!(hidden(&[900, 30, 10, 0]), [false, true, true, false]);
        assert_eq!(hidden(&[900, 30, 4, 3]), [false, true, true, true]);
        // What is next to nothing hides nothing behind it.
        assert_eq!(hidden(&[900, 30, 20, 3]), [false, true, false, true]);
        assert_eq!(hidden(&[4, 0]), [true, false]);
        assert_eq!(hidden_amounts(&[Amount { users: 4, slight: false }], 0), [false]);
    }
}

//! Stays in facilities, against which services are held.

/// The kind of facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum StayKind {
    /// Skilled nursing facility.
    SkilledNursing = 1,
    /// Hospital.
    Inpatient = 2,
}

/// One stay, from the first to the last day of a facility claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// Beneficiary within the partition.
    pub bene: u32,
    /// First day, as [`super::Calendar::ordinal`] or 0 when before the calendar.
    pub from: u16,
    /// Last day.
    pub to: u16,
    /// Kind of facility.
    pub kind: StayKind,
}

/// The stays of a partition.
#[derive(Debug, Default)]
pub struct Stays {
    pub(super) stays: Vec<Stay>,
    pub(super) sorted: bool,
}

impl Stays {
    /// Notes a stay.
    pub fn push(&mut self, stay: Stay) {
        self.sorted = false;
        self.stays.push(stay);
    }

    /// Puts the stays in order, after the last one and before the first question.
    pub fn seal(&mut self) {
        self.stays.sort_unstable();
        self.stays.dedup();
        self.sorted = true;
    }

    /// Whether a day lies within a stay of a kind in `kinds` (bits of [`StayKind`]).
    pub fn hold(&self, bene: u32, day: u16, kinds: u8) -> bool {
        debug_assert!(self.sorted || self.stays.is_empty());
        let start = self.stays.partition_point(|stay| stay.bene < bene);
        self.stays[start..]
            .iter()
            .take_while(|stay| stay.bene == bene && stay.from <= day)
            .any(|stay| stay.to >= day && kinds & stay.kind as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Stay, StayKind, Stays};

    #[test]
    fn a_day_is_held_by_stays_of_the_kind_that_include_it() {
        let mut stays = Stays::default();
        stays.push(Stay { bene: 7, from: 100, to: 110, kind: StayKind::SkilledNursing });
        stays.push(Stay { bene: 7, from: 50, to: 60, kind: StayKind::Inpatient });
        stays.push(Stay { bene: 8, from: 1, to: 9, kind: StayKind::Inpatient });
        stays.seal();
        for (bene, day, kinds, held) in [
            (7, 100, 1, true),
            (7, 110, 1, true),
            (7, 111, 1, false),
            (7, 55, 1, false),
            (7, 55, 3, true),
            (8, 5, 2, true),
            (9, 5, 3, false),
        ] {
            assert_eq!(stays.hold(bene, day, kinds), held, "{bene} {day} {kinds}");
        }
    }
}

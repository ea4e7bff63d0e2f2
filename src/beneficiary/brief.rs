//! A payment in half the bytes, as nearly every one can be told: what waits for its partition in no order takes memory's time.

use super::day::MonthOfRun;
use super::record::{OfPerson, Origin, Payment, SpendingRecord};

/// Bits of the origin, the component, the month and the year of a brief payment, lowest first; above them stands the position of its
/// beneficiary.
const ORIGIN: u32 = 3;
const COMPONENT: u32 = 3;
const MONTH: u32 = 4;
const YEAR: u32 = 4;
const POSITION: u32 = u32::BITS - ORIGIN - COMPONENT - MONTH - YEAR;
const _: () = assert!((Origin::Again as u8) < 1 << ORIGIN);

/// A payment of a known partition, of amounts that fit 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BriefPayment {
    cents: i32,
    read: i32,
    biller: u32,
    place: u32,
}

impl BriefPayment {
    /// The payment told in brief, in the partition whose first beneficiary is given; none when it does not fit.
    #[inline]
    pub(super) fn of(record: &SpendingRecord, first: u32) -> Option<Self> {
        let SpendingRecord { cents, read, bene, month, component, origin, biller } = *record;
        let position = bene - first;
        let (short_cents, short_read) = (cents as i32, read as i32);
        let whole = i64::from(short_cents) == cents && i64::from(short_read) == read;
        let over = u32::from(component) >> COMPONENT
            | u32::from(month.month) >> MONTH
            | u32::from(month.year) >> YEAR
            | position >> POSITION;
        let place =
            ((position << YEAR | u32::from(month.year)) << MONTH | u32::from(month.month)) << COMPONENT | u32::from(component);
        (whole && over == 0).then_some(Self {
            cents: short_cents,
            read: short_read,
            biller,
            place: place << ORIGIN | origin as u32,
        })
    }

    /// The payment as it was.
    pub(super) fn whole(&self, first: u32) -> SpendingRecord {
        SpendingRecord {
            cents: self.cents(),
            read: self.read(),
            bene: first + self.person(),
            month: self.month(),
            component: self.component(),
            origin: self.origin(),
            biller: self.biller,
        }
    }

    /// Some bits above some others.
    #[inline]
    fn bits(self, above: u32, count: u32) -> u8 {
        (self.place >> above & ((1 << count) - 1)) as u8
    }
}

impl OfPerson for BriefPayment {
    #[inline]
    fn person(&self) -> u32 {
        self.place >> (u32::BITS - POSITION)
    }
}

impl Payment for BriefPayment {
    #[inline]
    fn position(&self, _: u32) -> usize {
        self.person() as usize
    }

    #[inline]
    fn cents(&self) -> i64 {
        self.cents.into()
    }

    #[inline]
    fn read(&self) -> i64 {
        self.read.into()
    }

    #[inline]
    fn month(&self) -> MonthOfRun {
        MonthOfRun { year: self.bits(ORIGIN + COMPONENT + MONTH, YEAR), month: self.bits(ORIGIN + COMPONENT, MONTH) }
    }

    #[inline]
    fn component(&self) -> u8 {
        self.bits(ORIGIN, COMPONENT)
    }

    #[inline]
    fn origin(&self) -> Origin {
        Origin::of(self.bits(0, ORIGIN))
    }

    #[inline]
    fn biller(&self) -> u32 {
        self.biller
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BriefPayment, MonthOfRun, Origin, POSITION, SpendingRecord};

    /// An amount at the edges of 32 bits, or well inside or outside them.
    fn amount() -> impl Strategy<Value = i64> {
        let edge = prop::sample::select(vec![i64::from(i32::MIN), i64::from(i32::MAX)]);
        prop_oneof![4 => -100_000_i64..100_000, 1 => (edge, -1_i64..=1).prop_map(|(edge, off)| edge + off), 1 => any::<i64>()]
    }

    proptest! {
        #[test]
        fn what_is_told_in_brief_comes_back_and_what_is_not_does_not_fit(
            (cents, read) in (amount(), amount()),
            first in 0u32..1 << 20,
            position in prop_oneof![9 => 0u32..1 << POSITION, 1 => (1u32 << POSITION)..1 << 31],
            (year, month) in (0u8..18, 0u8..12),
            component in 0u8..9,
            origin in prop::sample::select(vec![Origin::Line, Origin::Header, Origin::NonClaims, Origin::Reduction, Origin::Again]),
            biller in any::<u32>(),
        ) {
            let record = SpendingRecord { cents, read, bene: first + position, month: MonthOfRun { year, month }, component, origin, biller };
            let fits = [cents, read].iter().all(|amount| i32::try_from(*amount).is_ok());
            let fits = fits && position < 1 << POSITION && year < 16 && component < 8;
            let brief = BriefPayment::of(&record, first);
            prop_assert_eq!(brief.map(|brief| brief.whole(first)), fits.then_some(record));
        }
    }

    #[test]
    fn a_payment_of_no_month_is_not_told_in_brief() {
        let record = SpendingRecord {
            cents: 1,
            read: 1,
            bene: 1,
            month: MonthOfRun::OUTSIDE,
            component: 0,
            origin: Origin::Line,
            biller: 0,
        };
        assert_eq!(BriefPayment::of(&record, 0), None);
    }
}

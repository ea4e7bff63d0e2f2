//! Columns of claims that `check` and `run` have decoded, and blocks of their rows.

/// Columns that were decoded, all of one length; nulls as [`NULL_INT`](crate::scan::NULL_INT).
#[derive(Debug, Clone, Copy)]
pub struct Columns<'c> {
    /// Claim type.
    pub claim_type: &'c [i64],
    /// Day whose month the payment belongs to.
    pub day: &'c [i64],
    /// Payment, cents.
    pub payment: &'c [i64],
    /// Processing day.
    pub processed: &'c [i64],
    /// Not 0 for a row that was denied, in two columns, either of which decides.
    pub denied: (&'c [u32], &'c [u32]),
    /// Faults that were seen on the row, as bits, whether or not its kind can have them.
    pub faults: &'c [u32],
}

impl Columns<'_> {
    /// The rows before one and those from it on.
    pub(super) fn split_at(self, at: usize) -> (Self, Self) {
        fn both<T>(column: &[T], at: usize) -> (&[T], &[T]) {
            column.split_at(at)
        }
        let ((claim_type, types), (day, days)) = (both(self.claim_type, at), both(self.day, at));
        let ((payment, payments), (processed, later)) = (both(self.payment, at), both(self.processed, at));
        let ((one, ones), (other, others)) = (both(self.denied.0, at), both(self.denied.1, at));
        let (faults, more) = both(self.faults, at);
        (
            Self { claim_type, day, payment, processed, denied: (one, other), faults },
            Self { claim_type: types, day: days, payment: payments, processed: later, denied: (ones, others), faults: more },
        )
    }
}

/// Some rows of columns: of one known length, so that it is not looked at for every row and column.
#[derive(Clone, Copy)]
pub(super) struct Block<'c, const N: usize> {
    pub(super) claim_type: &'c [i64; N],
    pub(super) day: &'c [i64; N],
    pub(super) payment: &'c [i64; N],
    pub(super) processed: &'c [i64; N],
    pub(super) denied: (&'c [u32; N], &'c [u32; N]),
    pub(super) faults: &'c [u32; N],
}

impl<'c, const N: usize> Block<'c, N> {
    #[allow(clippy::inline_always, reason = "compiled for each processor where it is called")]
    #[inline(always)]
    pub(super) fn of(rows: Columns<'c>, first: usize) -> Self {
        fn cut<T, const N: usize>(column: &[T], first: usize) -> &[T; N] {
            let Some(rows) = column.get(first..).and_then(<[T]>::first_chunk) else { unreachable!("columns are of one length") };
            rows
        }
        Self {
            claim_type: cut(rows.claim_type, first),
            day: cut(rows.day, first),
            payment: cut(rows.payment, first),
            processed: cut(rows.processed, first),
            denied: (cut(rows.denied.0, first), cut(rows.denied.1, first)),
            faults: cut(rows.faults, first),
        }
    }
}

//! What stands in a cell that is not given, and which of two amounts stands where both are: settled for a chunk at once,
//! by the choices of the run, so that the kernels know one meaning of every column.

use super::header::HeaderColumns;
use super::line::LineColumns;
use super::policy::Policy;

const NULL: i64 = i64::MIN;
/// 9999-12-31 since 1970-01-01, the last day of the civil calendar.
const LAST_DAY: i64 = 2_932_896;

/// Which meanings the run has chosen, where they are not the kernels' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StandIns {
    /// A claim without a processing day was processed after every run-out.
    pub undated_is_late: bool,
    /// Sequestration is by the day of service, whatever the claim gives.
    pub sequestration_by_day: bool,
    /// The charge of a facility's line is its payment.
    pub facility_is_paid: bool,
    /// A facility type voids a claim with a non-payment reason only, and the other way about.
    pub denied_by_both: bool,
    /// A person without a score has the score of the average person.
    pub unscored_is_average: bool,
}

impl HeaderColumns {
    /// Settles the columns of a chunk.
    pub fn stand_in(&mut self, policy: &Policy) {
        let chosen = policy.stand_ins;
        if chosen == StandIns::default() {
            return;
        }
        if chosen.undated_is_late {
            date_late(&mut self.processed);
        }
        if chosen.sequestration_by_day {
            self.sequestration.fill(NULL);
        }
        if chosen.denied_by_both {
            for row in 0..self.claim_type.len() {
                let class = usize::try_from(self.claim_type[row]).ok().and_then(|at| policy.header_class.get(at));
                let voids = policy.voiding_facility_types.contains(&(self.facility_type[row] as u8));
                if class.is_some_and(|class| class.facility_type_denies) && !(voids && self.non_payment[row] != 0) {
                    self.non_payment[row] = 0;
                    self.facility_type[row] = 0;
                }
            }
        }
    }
}

impl LineColumns {
    /// Settles the columns of a chunk.
    pub fn stand_in(&mut self, policy: &Policy) {
        let chosen = policy.stand_ins;
        if chosen == StandIns::default() {
            return;
        }
        if chosen.undated_is_late {
            date_late(&mut self.processed);
        }
        if chosen.sequestration_by_day {
            self.sequestration.fill(NULL);
        }
        if chosen.facility_is_paid {
            for row in 0..self.claim_type.len() {
                let class = usize::try_from(self.claim_type[row]).ok().and_then(|at| policy.line_class.get(at));
                if class.is_some_and(|class| class.facility) {
                    self.allowed[row] = self.payment[row];
                }
            }
        }
    }
}

fn date_late(processed: &mut [i64]) {
    for day in processed.iter_mut().filter(|day| **day == NULL) {
        *day = LAST_DAY;
    }
}

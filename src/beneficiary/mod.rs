//! The kernels over one person: enrollment months, stays, services, spending. They emit facts that know no ACO.
//!
//! Everything here works on integers handed in by [`crate::scan`] and on the tables of [`Policy`]; nothing allocates per
//! row, reads a file or holds a constant of the law.

mod brief;
mod calendar;
mod cohort;
mod columns;
mod compile;
mod contribution;
mod dated;
mod day;
mod enrolling;
mod enrollment;
mod entities;
mod episode;
mod header;
mod ids;
mod kept;
mod line;
mod line_rows;
mod policy;
mod policy_hash;
mod reason;
mod record;
mod scatter;
mod services;
mod span;
mod spend;
mod spending;
mod stand_in;
mod stays;

pub use calendar::{Calendar, Cut, Window, WindowKind, day_of};
pub use cohort::{Cohort, NO_SCORE, Overflow, Partition, Scores};
pub use columns::{ColumnsIn, ColumnsOut, Damaged};
pub use contribution::Aside;
pub use day::MonthOfRun;
pub use enrolling::Enrolling;
pub use enrollment::{Months, MonthsTest, PersonYear};
pub use entities::{Entities, Entity, EntityCache, NO_ENTITY};
pub use episode::{Admission, EpisodeDays, EpisodeTest, StayEnd, months as episode_months};
pub use header::{HeaderColumns, KEEPS, NOBODY, Worth};
pub use ids::{IdSet, IdTable, NO_BENEFICIARY};
pub use line::LineColumns;
pub use policy::{ClaimClass, Component, FacilityKind, NO_SPECIALTY, Policy, Role, ServiceTest, Supplements};
pub use policy_hash::RulesHashes;
pub use reason::{AssignmentReason, ExpenditureReason, Reconciliation, ReconciliationRow, Tally};
pub use record::{Origin, PACKED, ServiceRecord, SpendingRecord};
pub use scatter::Scatter;
pub use services::{ServiceFact, Services};
pub use span::{Attested, Quarter, Span};
pub use spending::{COMPONENTS, Spending};
pub use stand_in::StandIns;
pub use stays::{Stay, StayKind, Stays};

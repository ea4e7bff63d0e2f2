//! Beyond one machine: the heavy half as workers inside an engine that reads, shuffles, schedules and retries.
//!
//! ```text
//!                plan ──► every worker
//!  extract ──engine──► partitions of whole beneficiaries ──fold──► partials ──merge──► partials ──finish──► plan of the second pass
//!                                                        ──fold──► partials ──merge──► partials ──finish──► run
//! ```
//!
//! * A [`Plan`] is one file with all that workers must agree on: rule rows laid over the embedded ones and a hash of all of
//!   them, agreements, participants, hospitals and clinicians, the columns that a stream must carry, and in the second pass
//!   the truncation thresholds.
//! * The engine sends each worker a partition as one Arrow IPC stream: a column `table` that says of which table each row is,
//!   and columns that the tables share ([`Layout`]). All rows of a beneficiary must be in the same partition, for
//!   assignment, stays and truncation look at one beneficiary as a whole. Rows may come in any order; where those of a
//!   beneficiary follow one another a worker holds few of them at a time. An empty partition is an empty partial.
//! * A worker fills the same columns and runs the same kernels as a run on one machine (`run::facts`, `run::findings`): a
//!   stream is an extract whose tables arrived in memory. Identifiers live and die within the worker.
//! * A partial is sums by key, whole numbers only, keyed by names (agreement, county, year, type, reason), never by codes that
//!   serve within one process and never by a person. Adding partials is associative and commutative and has an identity, so
//!   that it does not matter who merges what, when or how often a task was tried.
//! * Truncation thresholds are a percentile of the whole nation and need a pass of their own. Its partial is the exact
//!   distribution: people by annualised expenditure to the cent. Rounding keeps order, so the element of a rank, rounded, is
//!   the element of that rank among the rounded.
//! * Every partial carries the hash of its plan, its pass and its version; a stranger's is refused by name.
//! * What is done once, is done by [`finish`]: the account of rows and dollars, factor tables, benchmarks, settlements.

mod dictionary;
mod finish;
mod fold;
mod layout;
mod ledger;
mod messages;
mod months;
mod plan;
mod scattered;
mod stream;

pub use finish::{Request as FinishRequest, run as finish, thresholds as finish_thresholds};
pub use fold::{GROUP_ROWS, fold, merge};
pub use layout::{Holds, Layout};
pub use plan::{Pass, Plan, Request as PlanRequest, STREAMED};

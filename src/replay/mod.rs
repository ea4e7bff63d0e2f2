//! CMS's published results, recomputed: every figure of a Performance Year Financial and Quality Results file that its other
//! columns determine.
//!
//! A printed number stands for every number that would be printed so. From those intervals an interval of the recomputed
//! figure follows, and a figure matches when it meets the interval of the published cell: no tolerance is chosen. Savings and
//! losses are settled by [`crate::settlement`], the same functions that settle a run, at the ends of the intervals.

mod arrangement;
mod cell;
mod columns;
mod day;
mod history;
mod interval;
mod output;
mod program;
mod reason;
mod replayed;
mod settled;
mod sheet;
mod text;
mod totals;
mod trends;
mod verdict;

pub use arrangement::track;
pub use columns::{Column, Key};
pub use history::FoundTrend;
pub use interval::Interval;
pub use output::{Report, csv};
pub use program::Program;
pub use reason::Reason;
pub use replayed::{Counts, Replay, count};
pub use sheet::{Absent, Form, Number, Row, Sheet, UnitBy};
pub use verdict::{Field, Finding, Verdict};

//! What people read of a finished run: made from its folder alone.

mod comparison;
mod contents;
mod differences;
mod explain;
mod finished;
mod noted;
mod page;
mod published;
mod reconciliation;
mod records;
mod results;
mod rulebook;
mod settlements;
mod shown;
mod steps;
mod suppression;
mod table;
mod terminal;
mod workbook;

pub use comparison::{Changed, Compared, Comparison, Point, Sweep, comparisons_csv, comparisons_json};
pub use contents::contents;
pub use differences::{AcoMoved, Differences, Given as DifferentlyGiven, Moved, Mover};
pub use explain::{ExplainFormat, explain};
pub use finished::{AcoYearResult, Audience, Finished};
pub use page::{About, Member, Program, program_page, run_page, whatif_page};
pub use published::published;
pub use reconciliation::reconciliation;
pub use results::results_file;
pub use rulebook::{rule_lines, rulebook};
pub use settlements::settlements;
pub use shown::{Shown, Unit, unit_of};
pub use steps::{FiledStep, steps_of};
pub use suppression::{HiddenCounties, Suppression};
pub use terminal::Terminal;
pub use workbook::{workbook, workbook_name};

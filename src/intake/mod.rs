//! Other people's files to the canonical extract: one folder per format, and what they share.
//!
//! * `cell` reads one cell of text: a day, an amount, a code. `row` names the cells of a row.
//! * `delimited` opens a text table, whatever its delimiter, quoting, byte order mark or compression.
//! * `refusal` counts and prices the rows that cannot be taken, by reason.
//! * `enrollment` turns monthly codes into the status of a month.
//! * `part` writes one file of an extract table; `given` copies tables that come with the extract's own column names.
//! * `addition` puts such a file into an extract that is there already.
//! * [`alr`] is CMS's assignment list report.
//! * [`rif`] is CMS's research identifiable files, [`cclf`] the Claim and Claim Line Feed.

mod addition;
pub mod alr;
pub mod cclf;
mod cell;
mod delimited;
mod enrollment;
mod given;
mod parquet_rows;
mod part;
mod refusal;
mod report;
pub mod rif;
mod row;

pub use delimited::Rename;
pub use given::Given;
pub use refusal::{Quarantine, Reason};
pub use report::{FileReport, ImportReport};

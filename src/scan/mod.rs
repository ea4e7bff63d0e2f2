//! Parquet pages and Arrow batches to columns of integers: no policy, no string per row.

mod arrived;
mod asked;
mod codec;
mod column;
mod extract;
mod hybrid;
mod mapped;
mod page;
mod page_header;
mod pages;
mod prefetch;
mod presence;
mod processor;
mod remembered;
mod small;
mod table;
mod texts;
mod units;
mod valid;
mod wanted;

pub use arrived::{Arrived, Positions, Run};
pub use column::{ColumnCursor, MANY, ManyCoder, NULL_INT, Single};
pub use extract::Extract;
#[cfg(target_arch = "x86_64")]
pub(crate) use prefetch::{prefetch, roomy};
pub use processor::is_newer;
pub use small::{SmallColumn, SmallTable};
pub use table::{OnDisk, RowGroup, TableFile, TableFiles};
pub use texts::{Met, Short, Text, Texts, is_text};
pub use units::{Unit, over_units};

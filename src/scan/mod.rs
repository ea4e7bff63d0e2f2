//! Parquet pages to columns of integers: no policy, no string per row.

mod column;
mod hybrid;
mod small;
mod table;

pub use column::{ColumnCursor, NULL_INT};
pub use small::{SmallColumn, SmallTable};
pub use table::{RowGroup, TableFile, TableFiles};

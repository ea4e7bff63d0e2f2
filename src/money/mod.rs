//! Units of money and time, and the few ways of rounding the program knows.

mod cents;
mod months;
mod rounding;

pub use cents::Cents;
pub use months::PersonMonths;
pub use rounding::{div_half_even, round_dollars};
pub use rust_decimal::Decimal;

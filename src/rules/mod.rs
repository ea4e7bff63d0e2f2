//! The law as dated data.

mod enrollment_type;

pub use enrollment_type::{ByType, EnrollmentType};

//! The law as dated data.

mod claim_codes;
mod code_list;
mod enrollment;
mod enrollment_type;

pub use claim_codes::ClaimCodes;
pub use code_list::CodeList;
pub use enrollment::{AgedFrom, EnrollmentCodes, EnrollmentRules};
pub use enrollment_type::{ByType, EnrollmentType};

//! The canonical extract: its tables, declared once, and the sinks that write them.
//!
//! A table is one Parquet file `<table>.parquet` or a folder `<table>/` of Parquet files, rows in any order.

mod footer;
mod schema;
mod sink;
mod status;
mod tables;

pub use footer::points_inside;
pub use schema::{Column, Kind, SCHEMA_VERSION, SORTED_KEY, Table, VERSION_KEY, data_dictionary};
pub use sink::{BatchBuilder, Row, TableSink};
pub use status::MonthStatus;
pub use tables::{
    Agreement, Assigned, BeneficiaryYear, ClaimHeader, ClaimLine, EtaCcn, NonClaimsPayment, NpiSpecialty, Participant, RiskScore,
    TABLES, VoluntaryAlignment, table,
};

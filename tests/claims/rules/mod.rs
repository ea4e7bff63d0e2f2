//! Each rule of assignment (42 CFR 425.400-425.404) and of expenditures (425.601(a)(1)-(4), 425.605(a), 425.611, 425.670;
//! methodology specifications, section 3), on an extract of a few people made for it. The table of rules and tests is
//! `docs/tested-rules.md`.

mod eligibility;
mod expenditures;
mod halves;
mod plurality;
mod populations;
mod quarters;
mod services;

//! What a worker does: rows of whole beneficiaries to a partial, partials to one partial.

use std::io::{BufRead, Read, Write};

use super::plan::{Compiled, Pass, Plan};
use super::stream::Groups;
use super::{ledger, months};
use crate::aggregate::{Annual, Distribution, Labels, Partial};
use crate::error::{Error, Place, Result};
use crate::rules::{ByType, EnrollmentType};
use crate::run::facts::{self, Asked, Facts};
use crate::run::findings::Findings;
use crate::run::join::Thresholds;
use crate::run::look::Look;
use crate::run::progress::{Progress, Shown};
use crate::scan::Extract;

/// Rows after which a group of whole beneficiaries is folded, where those of each follow one another.
pub const GROUP_ROWS: usize = 65_536;

/// Folds the rows of a partition. Where the rows of a beneficiary follow one another they can be folded after every
/// `group_rows` or so, and no more are held at a time. An empty input is an empty partition.
///
/// # Errors
/// When the stream is not what it must be, the plan lacks thresholds that the pass needs, or the output cannot be written.
pub fn fold(plan: &Plan, pass: Pass, group_rows: Option<usize>, mut input: impl BufRead, out: impl Write) -> Result<()> {
    let mut partial = Partial::default();
    let begun = !input.fill_buf().map_err(|e| Error::io("read", "standard input", e))?.is_empty();
    if begun {
        let compiled = plan.compile(std::path::Path::new("the plan"))?;
        let thresholds = plan.thresholds(compiled.footing.calendar().years());
        let thresholds = match (pass, thresholds) {
            (Pass::Sums, None) => return Err(unknown_thresholds()),
            (Pass::Sums, Some(known)) => known,
            (Pass::Thresholds, _) => Vec::new(),
        };
        let mut groups = Groups::open(input, &plan.stream, group_rows)?;
        while let Some(group) = groups.next()? {
            crate::disk::cancel::check()?;
            add(&mut partial, &compiled, pass, &thresholds, &group)?;
        }
    }
    partial.write(&plan.stamp(pass), out)
}

/// Merges the partials that arrive one after another.
///
/// # Errors
/// When one is of another plan, pass or version, or the output cannot be written.
pub fn merge(plan: &Plan, pass: Pass, input: impl Read, out: impl Write) -> Result<()> {
    let stamp = plan.stamp(pass);
    Partial::read(input, &stamp, &Place::default())?.write(&stamp, out)
}

/// Adds the people of an extract to a partial.
fn add(partial: &mut Partial, compiled: &Compiled, pass: Pass, thresholds: &Thresholds, extract: &Extract) -> Result<()> {
    let Compiled { rules, footing, performance_year, risk, .. } = compiled;
    // Thresholds are of people alone; what is odd is told with the sums.
    let look = if pass == Pass::Sums { Look::Passing } else { Look::Nothing };
    let asked = Asked { whole: None, performance_year: *performance_year, risk: *risk, memory: None, look, keeper: None };
    let (facts, seen) = facts::gather(extract, footing, asked, rules, &Progress::new(Shown::Nothing))?;
    match pass {
        Pass::Thresholds => annual(partial, compiled, &facts),
        Pass::Sums => {
            let summed = Findings::sum(&facts, compiled.premises(), thresholds, None)?;
            let Findings { aggregates, counties, revenue } = &summed.findings;
            let (agreements, years) = (compiled.agreements(), footing.calendar().years());
            aggregates.add_to(partial, Labels { agreements: &agreements, years, counties })?;
            ledger::add_revenue(partial, &agreements, revenue)?;
            months::add(partial, &seen)?;
            ledger::add(partial, &facts.ledger, years, extract.risk_score.rows())
        }
    }
}

fn annual(partial: &mut Partial, compiled: &Compiled, facts: &Facts) -> Result<()> {
    let years = compiled.footing.calendar().years();
    let mut all: Vec<ByType<Vec<Annual>>> = years.iter().map(|_| ByType::from_fn(|_| Vec::new())).collect();
    for (year, kind, person) in compiled.premises().annual(facts)? {
        all[year][kind].push(person);
    }
    for (year, by_type) in years.iter().zip(&all) {
        EnrollmentType::ALL.into_iter().try_for_each(|kind| partial.add_people(*year, kind, Distribution::of(&by_type[kind])))?;
    }
    Ok(())
}

fn unknown_thresholds() -> Error {
    Error::usage(
        "the plan has no truncation thresholds yet",
        "fold every partition with --pass thresholds, and make the plan of this pass with `acobench finish --pass thresholds`",
    )
}

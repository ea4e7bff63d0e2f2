//! `risk_score`: who has one, and whether it can be one.

use super::finding::{Finding, Measure};
use super::limits::Limits;
use super::pattern::named;
use super::people::{CHUNK, NAMELESS, People, STRANGER};
use super::span::Span;
use crate::disk::Meter;
use crate::error::Result;
use crate::money::Decimal;
use crate::rules::Rules;
use crate::scan::{ColumnCursor, Extract, NULL_INT, over_units};

const SCORES: [&str; 4] = ["score_esrd", "score_dis", "score_agdu", "score_agnd"];
/// Millionths of a score.
const UNIT: i64 = 1_000_000;

#[derive(Debug, Default)]
struct Seen {
    rows: u64,
    strangers: u64,
    cells: u64,
    out_of_range: u64,
}

/// Looks at the table, if there is one.
///
/// # Errors
/// When a file cannot be read, or no rule names the model of a year.
pub fn findings(
    extract: &Extract,
    span: &Span,
    people: &People,
    limits: &Limits,
    rules: &Rules,
    meter: &Meter,
) -> Result<Vec<Finding>> {
    const TABLE: &str = "risk_score";
    if extract.risk_score.files.is_empty() {
        return Ok(Vec::new());
    }
    let models = (0..span.years()).map(|year| Ok(rules.expenditure.hcc_version.at(span.year(year))?.value.clone()));
    let models: Vec<String> = models.collect::<Result<_>>()?;
    let millionths = |limit: crate::rules::Fraction| i64::try_from(limit.0 * Decimal::from(UNIT)).unwrap_or(i64::MAX);
    let range = millionths(limits.limits.risk_score_least)..=millionths(limits.limits.risk_score_most);
    let states = over_units(&extract.risk_score.units(), Seen::default, |seen, file, group| {
        let open = |name| ColumnCursor::open(file, group, name);
        let (mut bene, mut year, mut version) = (open("bene_id")?, open("year")?, open("hcc_version")?);
        let (mut benes, mut years, mut versions, mut cells) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut scores = SCORES.map(open).into_iter().collect::<Result<Vec<_>>>()?;
        let mut left = group.rows;
        while left > 0 {
            let take = left.min(CHUNK);
            bene.read_codes(take, &mut benes, NAMELESS, &mut |text| people.number(text))?;
            year.read_ints(take, &mut years)?;
            // A set of years, one bit each, in which the model is that of the year.
            version.read_codes(take, &mut versions, 0, &mut |text| {
                let of = models.iter().enumerate().filter(|(_, model)| model.as_bytes() == text.trim_ascii());
                of.fold(0, |set, (year, _)| set | 1 << (year % 32))
            })?;
            for cursor in &mut scores {
                cursor.read_ints(take, &mut cells)?;
                for score in cells.iter().filter(|score| **score != NULL_INT) {
                    seen.cells += 1;
                    seen.out_of_range += u64::from(!range.contains(score));
                }
            }
            seen.rows += take as u64;
            for row in 0..take {
                if benes[row] >= STRANGER {
                    seen.strangers += 1;
                } else if let Some(year) = span.year_index(years[row])
                    && versions[row] >> (year % 32) & 1 == 1
                {
                    people.score(benes[row], year);
                }
            }
            left -= take;
        }
        meter.add_rows(group.rows as u64);
        Ok(())
    })?;
    let all = states.into_iter().fold(Seen::default(), |all, seen| Seen {
        rows: all.rows + seen.rows,
        strangers: all.strangers + seen.strangers,
        cells: all.cells + seen.cells,
        out_of_range: all.out_of_range + seen.out_of_range,
    });
    let (mut unscored, mut names) = (Measure::default(), Vec::new());
    for year in 0..span.years() {
        let (of, without) = people.unscored(year);
        unscored.of += of;
        unscored.count += without;
        if without > 0 {
            names.push(format!("{without} of {of} in {}", span.year(year)));
        }
    }
    let mut found = Vec::new();
    for (check, column, measure, detail) in [
        ("no_risk_score", "hcc_version", unscored, named(&names)),
        (
            "risk_score_range",
            "score_agnd",
            Measure { count: all.out_of_range, of: all.cells, ..Measure::default() },
            String::new(),
        ),
        ("risk_score_unknown", "bene_id", Measure { count: all.strangers, of: all.rows, ..Measure::default() }, String::new()),
    ] {
        found.extend(Finding::judge(limits, check, TABLE, Some(column), measure, detail)?);
    }
    Ok(found)
}

//! `risk_score`: who has one, and whether it can be one.

use super::enrolled::{Counted, Enrolled};
use super::limits::Limits;
use super::lives::ScoreRange;
use super::people::{CHUNK, NAMELESS, People, STRANGER};
use super::span::Span;
use crate::disk::Meter;
use crate::error::Result;
use crate::money::Decimal;
use crate::rules::Rules;
use crate::scan::{ColumnCursor, Extract, over_units};

const SCORES: [&str; 4] = ["score_esrd", "score_dis", "score_agdu", "score_agnd"];
/// Millionths of a score.
const UNIT: i64 = 1_000_000;

impl Limits {
    /// Scores that models give, in millionths.
    #[must_use]
    pub fn scores(&self) -> ScoreRange {
        let millionths = |limit: crate::rules::Fraction| i64::try_from(limit.0 * Decimal::from(UNIT)).unwrap_or(i64::MAX);
        millionths(self.limits.risk_score_least)..=millionths(self.limits.risk_score_most)
    }
}

/// Looks at the table, if there is one, and concludes what is seen of people.
///
/// # Errors
/// When a file cannot be read, or no rule names the model of a year.
pub fn read(extract: &Extract, span: &Span, people: &mut People, limits: &Limits, rules: &Rules, meter: &Meter) -> Result<()> {
    let People { lives, enrolled, .. } = &*people;
    let mut all = enrolled.clone();
    if extract.risk_score.files.is_empty() {
        lives.conclude(&mut all, |_| false);
        people.enrolled = all;
        return Ok(());
    }
    let models = (0..span.years()).map(|year| Ok(rules.expenditure.hcc_version.at(span.year(year))?.value.clone()));
    let models: Vec<String> = models.collect::<Result<_>>()?;
    let range = limits.scores();
    let states = over_units(
        &extract.risk_score.units(),
        || Enrolled::nothing(span),
        |seen, file, group| {
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
                    seen.scores(&cells, &range);
                }
                seen.add(Counted::Scores, take as u64);
                for row in 0..take {
                    if benes[row] >= STRANGER {
                        seen.add(Counted::Strangers, 1);
                    } else if let Some(year) = span.year_index(years[row])
                        && versions[row] >> (year % 32) & 1 == 1
                    {
                        lives.score(benes[row], year);
                    }
                }
                left -= take;
            }
            meter.add_rows(group.rows as u64);
            Ok(())
        },
    )?;
    for seen in &states {
        all.merge(seen);
    }
    lives.conclude(&mut all, |_| true);
    people.enrolled = all;
    Ok(())
}

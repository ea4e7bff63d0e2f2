//! What extract to make.

use std::path::PathBuf;

use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::rules::Rules;

/// Which tracks the made agreements may be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracks {
    /// Every track that could be signed on the day.
    All,
    /// BASIC and ENHANCED only.
    Current,
}

/// How the made ACOs have beneficiaries assigned, where they may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// Some retrospectively, some prospectively.
    Mixed,
    /// All retrospectively.
    Retrospective,
    /// All prospectively.
    Prospective,
}

/// In which form the people are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An extract.
    Extract,
    /// CMS's research identifiable files, with the tables that they lack beside.
    Rif,
    /// An ACO's Claim and Claim Line Feed, with the tables that it lacks beside.
    Cclf,
}

/// Everything that decides the bytes of an extract.
#[derive(Debug, Clone)]
pub struct Plan {
    /// People.
    pub beneficiaries: u64,
    /// First calendar year.
    pub first_year: u16,
    /// Last calendar year.
    pub last_year: u16,
    /// In which form they are written.
    pub form: Form,
    /// ACOs.
    pub acos: u32,
    /// Seed of every draw.
    pub seed: u64,
    /// CMS's county table, to draw places, mix, risk and cost from.
    pub county_table: Option<PathBuf>,
    /// A crosswalk of county names to FIPS codes.
    pub crosswalk: Option<PathBuf>,
    /// Part files per claim table; by default one per 10,000 people, 64 at most.
    pub files: Option<u32>,
    /// Whether rows are scattered at random over all files.
    pub unsorted: bool,
    /// Tracks allowed.
    pub tracks: Tracks,
    /// Agreement starts allowed, as `2022-01-01`; all when empty.
    pub starts: Vec<String>,
    /// Assignment methods allowed.
    pub assignment: Assignment,
    /// Share of primary care practices that are in ACOs, instead of the built-in one.
    pub aco_share: Option<f64>,
    /// How far apart the ACOs' effects on cost lie, instead of the built-in spread.
    pub effect_spread: Option<f64>,
}

impl Plan {
    /// A plan with everything else left as it comes.
    pub fn new(beneficiaries: u64, years: std::ops::RangeInclusive<u16>, acos: u32, seed: u64) -> Self {
        Self {
            beneficiaries,
            first_year: *years.start(),
            last_year: *years.end(),
            form: Form::Extract,
            acos,
            seed,
            county_table: None,
            crosswalk: None,
            files: None,
            unsorted: false,
            tracks: Tracks::All,
            starts: Vec::new(),
            assignment: Assignment::Mixed,
            aco_share: None,
            effect_spread: None,
        }
    }

    /// Refuses what cannot be made, in words.
    pub fn validate(&self) -> Result<()> {
        let refuse = |what: String, hint: &str| Err(Error::usage(what, hint));
        if self.beneficiaries == 0 || self.beneficiaries > 400_000_000 {
            return refuse(format!("{} beneficiaries cannot be made", self.beneficiaries), "ask for 1 to 400000000");
        }
        let (first, last) = Parameters::load()?.population.years;
        if self.first_year > self.last_year || self.first_year < first || self.last_year > last {
            return refuse(
                format!("the years {}..{} cannot be made", self.first_year, self.last_year),
                &format!("write FIRST..LAST between {first} and {last}, the earlier one first"),
            );
        }
        if self.acos > 2_000 {
            return refuse(format!("{} ACOs cannot be made", self.acos), "ask for 2000 at most");
        }
        if self.files == Some(0) || self.files.is_some_and(|files| files > 9_999) {
            return refuse("that number of files cannot be written".into(), "ask for 1 to 9999");
        }
        for share in [self.aco_share, self.effect_spread].into_iter().flatten() {
            if !(0.0..=0.95).contains(&share) {
                return refuse(format!("{share} is no share"), "write a fraction between 0 and 0.95");
            }
        }
        let rules = Rules::load(None)?;
        let known: Vec<String> = rules.agreement_starts.start.rows().iter().map(|row| row.from.to_string()).collect();
        if let Some(start) = self.starts.iter().find(|start| !known.contains(start)) {
            return refuse(format!("no agreement could start on {start}"), &format!("starts were {}", known.join(", ")));
        }
        Ok(())
    }

    /// Calendar years, first to last.
    pub fn years(&self) -> std::ops::RangeInclusive<u16> {
        self.first_year..=self.last_year
    }

    /// Part files of each claim table.
    pub fn part_files(&self) -> u64 {
        let asked = self.files.map_or_else(|| self.beneficiaries.div_ceil(10_000).min(64), u64::from);
        asked.clamp(1, self.beneficiaries)
    }

    /// About how many claim rows the extract will hold.
    pub fn expected_claim_rows(&self) -> u64 {
        self.beneficiaries * u64::from((self.last_year + 1).saturating_sub(self.first_year)) * 36
    }

    /// The built-in parameters with the plan's own laid over them.
    pub fn parameters(&self) -> Result<Parameters> {
        let mut parameters = Parameters::load()?;
        if let Some(share) = self.aco_share {
            parameters.market.aco_share = share;
        }
        if let Some(spread) = self.effect_spread {
            parameters.market.effect_spread = spread;
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn what_cannot_be_made_is_refused_as_usage() {
        let good = Plan::new(10, 2019..=2022, 1, 0);
        assert!(good.validate().is_ok());
        let broken = [
            Plan { beneficiaries: 0, ..good.clone() },
            Plan { first_year: 2023, ..good.clone() },
            Plan { starts: vec!["2021-01-01".into()], ..good.clone() },
            Plan { files: Some(0), ..good.clone() },
            Plan { aco_share: Some(1.5), ..good.clone() },
        ];
        assert!(broken.iter().all(|plan| plan.validate().is_err_and(|error| error.exit_code() == 2)));
    }
}

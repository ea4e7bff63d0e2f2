//! Two runs side by side: what they were given, and what moved each ACO's figures.

use std::fmt::Write as _;

use serde::Serialize;

use super::table::{aligned, dollars};
use crate::error::{Error, Result};
use crate::money::Decimal;

/// What can move a figure, in the order in which one run's factors take the place of the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mover {
    /// Who is assigned: person-years, heads, shares of people, where they live.
    Assignment,
    /// What they cost, and what participants earned.
    Expenditure,
    /// Their risk scores.
    Risk,
    /// The nation's figures and the prospective trend.
    Trend,
    /// The counties' figures.
    Regional,
    /// What the ACO signed and reported: track, rates, quality.
    Agreement,
    /// Rule rows and switches.
    Rule,
    /// The program: what another version makes of the same factors and rules.
    Version,
}

impl Mover {
    /// Every mover, in order.
    pub const ALL: [Self; 8] = [
        Self::Assignment,
        Self::Expenditure,
        Self::Risk,
        Self::Trend,
        Self::Regional,
        Self::Agreement,
        Self::Rule,
        Self::Version,
    ];

    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Expenditure => "expenditure",
            Self::Risk => "risk",
            Self::Trend => "trend",
            Self::Regional => "regional",
            Self::Agreement => "agreement",
            Self::Rule => "rule",
            Self::Version => "version",
        }
    }
}

/// A figure of an ACO in both runs, to the millionth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its name, as the column of `aco.csv`, `benchmark.csv` or `settlement.csv`.
    pub figure: &'static str,
    /// In the first run; none where it is undetermined.
    pub a: Option<Decimal>,
    /// In the second.
    pub b: Option<Decimal>,
    /// What each mover added, by [`Mover::ALL`]; they add up to `b - a`. Empty where a side is undetermined.
    pub parts: Vec<Decimal>,
}

impl Moved {
    /// How much it moved.
    #[must_use]
    pub fn change(&self) -> Decimal {
        self.b.unwrap_or_default() - self.a.unwrap_or_default()
    }

    /// Whether it moved at all.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.a != self.b
    }
}

/// One ACO in both runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AcoMoved {
    /// The ACO, with its half in 2019.
    pub aco: String,
    /// Its figures: payment, benchmark, expenditures, assigned beneficiaries.
    pub figures: Vec<Moved>,
    /// How its year ended in the first run and in the second.
    pub outcome: [String; 2],
}

impl AcoMoved {
    fn effect(&self) -> Vec<Decimal> {
        self.figures.iter().map(|figure| figure.change().abs()).collect()
    }

    /// Whether anything moved.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.outcome[0] != self.outcome[1] || self.figures.iter().any(Moved::differs)
    }
}

/// Something that the runs were given, and how it differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Given {
    /// `input`, `rules`, `parameter` or `version`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub how: String,
}

/// Two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Names of the executions.
    pub runs: [String; 2],
    /// What they were given that differs.
    pub given: Vec<Given>,
    /// ACOs of one run alone.
    pub only_in: [Vec<String>; 2],
    /// ACOs of both, those that moved most first.
    pub acos: Vec<AcoMoved>,
    /// What could not be told apart, and why.
    pub notes: Vec<String>,
}

impl Differences {
    /// Puts the ACOs in order: by payment moved, then by benchmark, then by name.
    pub fn sort(&mut self) {
        self.acos.sort_by(|one, other| other.effect().cmp(&one.effect()).then_with(|| one.aco.cmp(&other.aco)));
    }

    /// Whether the runs differ in anything but time and place.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.given.is_empty() || self.only_in.iter().any(|ids| !ids.is_empty()) || self.acos.iter().any(AcoMoved::differs)
    }

    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("A  {}\nB  {}\n", self.runs[0], self.runs[1]);
        if self.given.is_empty() {
            text += "Inputs, rules, parameters and version are the same.\n";
        }
        for Given { kind, name, how } in &self.given {
            let _ = writeln!(text, "{kind}: {name} {how}");
        }
        for (which, ids) in ["A", "B"].iter().zip(&self.only_in).filter(|(_, ids)| !ids.is_empty()) {
            let _ = writeln!(text, "only in {which}: {}", ids.join(", "));
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        let names: Vec<&'static str> =
            self.acos.first().map_or_else(Vec::new, |aco| aco.figures.iter().map(|f| f.figure).collect());
        for (at, name) in names.iter().enumerate() {
            let moved: Vec<(&AcoMoved, &Moved)> =
                self.acos.iter().map(|aco| (aco, &aco.figures[at])).filter(|(_, figure)| figure.differs()).collect();
            if moved.is_empty() {
                let _ = writeln!(text, "\n{name}: the same for {} ACOs", self.acos.len());
                continue;
            }
            let _ = writeln!(text, "\n{name}: B - A, and what moved it");
            let mut rows = vec![vec!["ACO".to_string(), "A".into(), "B".into(), "B - A".into()]];
            rows[0].extend(Mover::ALL.map(|mover| mover.name().to_string()));
            for (aco, figure) in moved {
                let cell =
                    |value: Option<Decimal>| value.map_or_else(|| "undetermined".into(), |value| dollars(&value.to_string()));
                let mut row = vec![aco.aco.clone(), cell(figure.a), cell(figure.b), dollars(&figure.change().to_string())];
                row.extend(figure.parts.iter().map(|part| dollars(&part.to_string())));
                rows.push(row);
            }
            text += &aligned(&rows, 1);
        }
        text
    }

    /// One object.
    ///
    /// # Errors
    /// Never, but for a defect.
    pub fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|e| unwritten(&e.to_string()))
    }

    /// One row for each ACO and figure.
    ///
    /// # Errors
    /// Never, but for a defect.
    pub fn csv(&self) -> Result<String> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let told = |e: csv::Error| unwritten(&e.to_string());
        out.write_record(["aco", "figure", "a", "b", "change"].into_iter().chain(Mover::ALL.map(Mover::name))).map_err(told)?;
        for aco in &self.acos {
            for figure in &aco.figures {
                let cell = |value: Option<Decimal>| value.map(|value| value.normalize().to_string()).unwrap_or_default();
                let change = if figure.a.is_some() && figure.b.is_some() { cell(Some(figure.change())) } else { String::new() };
                let mut row = vec![aco.aco.clone(), figure.figure.to_string(), cell(figure.a), cell(figure.b), change];
                row.extend((0..Mover::ALL.len()).map(|at| cell(figure.parts.get(at).copied())));
                out.write_record(row).map_err(told)?;
            }
        }
        let bytes = out.into_inner().map_err(|e| unwritten(&e.to_string()))?;
        String::from_utf8(bytes).map_err(|e| unwritten(&e.to_string()))
    }
}

fn unwritten(why: &str) -> Error {
    Error::failed(format!("the difference cannot be written: {why}"), "this is a defect of acobench; please report it")
}

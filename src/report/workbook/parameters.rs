//! The first sheet: what the year is of, by which windows and run-out, how to read the workbook, and what the run cannot know.

use super::layout::Places;
use super::sheets::{Cell, Sheet, again, extra, float};
use crate::factors::{AssignmentMethod, FactorYear};
use crate::report::finished::{AcoYearResult, label};
use crate::report::page::About;
use crate::report::shown::{SUPPRESSED, unit_of};
use crate::rules::assignment::Deadline;
use crate::rules::{EnrollmentType, Rules, Year};

const HOW: [&str; 8] = [
    "Blue numbers come from the factor tables and the rules: change one, and everything made of it moves, to the payment.",
    "Black numbers are formulas, made from the derivation of each value; the last column names the paragraph they follow.",
    "Grey numbers move nothing: thresholds, completion, mean scores and heads of benchmark years went into the figures when claims were \
     summed; others were made of hidden cells.",
    "What the run settled by other things than numbers stays: track, standard of quality, whether the minimum savings rate is of the \
     table, whether a reduced sharing rate is open to the ACO.",
    "`acobench whatif` asks those too. Spreadsheets count in binary, so the last of 15 digits may differ; no cent does.",
    "Cells that rest on 1 to 10 beneficiaries, or would give them back, are *.",
    "Every value has a defined name, such as payment or trend_by1_DIS.",
    "Rows of CMS's report that the rules of this agreement do not have are left out.",
];

pub(super) fn sheet(result: &AcoYearResult, about: &About, rules: &Rules, places: &Places) -> Sheet {
    let aco = &result.aco;
    let mut cells = vec![(0, 0, Cell::Title(format!("{}: benchmark and settlement", aco.key)))];
    let mut words = vec![
        ("Performance year", aco.performance_year.to_string()),
        ("Months of the performance period", aco.performance_months.to_string()),
        ("Track", aco.track.to_string()),
        ("Agreement period", aco.agreement_period.to_string()),
        ("Agreement start", aco.agreement_start.to_string()),
        ("Agreements with a regional adjustment, this one included", aco.times_regionally_adjusted.to_string()),
        ("Assignment", aco.assignment_method.to_string()),
        ("Benchmark rules", result.regime.clone()),
        ("Adjustment", result.selected_adjustment.replace('_', " ")),
        ("Quality standard", aco.quality_standard.to_string().replace('_', " ")),
        ("Low revenue", aco.low_revenue.map_or("not known", |low| if low { "yes" } else { "no" }).to_string()),
        ("Outcome", outcome(result).to_string()),
        ("Run", format!("{}, acobench {}, ended {}", about.run_id, about.version, about.ended)),
    ];
    if !result.reason.is_empty() {
        words.push(("Undetermined because", result.reason.clone()));
    }
    let mut row = 2;
    for (name, word) in words.into_iter().filter(|(_, word)| !word.is_empty()) {
        cells.push((row, 0, Cell::Text(name.to_string())));
        cells.push((row, 1, Cell::Text(word)));
        row += 1;
    }
    cells.push((row, 0, Cell::Text("Payment".to_string())));
    cells.extend(again("payment", result, places).map(|cell| (row, 1, cell)));
    row = years(result, rules, places, row + 2, &mut cells);
    cells.push((row, 0, Cell::Heading("How to read it".to_string())));
    for line in HOW {
        row += 1;
        cells.push((row, 0, Cell::Text(line.to_string())));
    }
    let widths = vec![52.0, 27.0, 27.0, 27.0, 27.0, 44.0];
    Sheet { name: "Parameters".to_string(), cells, widths, frozen: 0, begins: Vec::new(), strong: Vec::new() }
}

fn outcome(result: &AcoYearResult) -> &str {
    match result.outcome.as_str() {
        "savings" => "savings beyond the minimum",
        "losses" => "losses beyond the minimum",
        "none" => "neither savings nor losses beyond the minimum",
        other => other,
    }
}

/// By benchmark and performance year: windows, run-out, completion, weights, thresholds. Returns the next free row but one.
fn years(result: &AcoYearResult, rules: &Rules, places: &Places, from: u32, cells: &mut Vec<(u32, u16, Cell)>) -> u32 {
    let aco = &result.aco;
    let mut row = from;
    cells.push((row, 0, Cell::Heading("By year".to_string())));
    for (column, year) in (1..).zip(FactorYear::ALL) {
        cells.push((row, column, Cell::Ending(format!("{}, {}", year.name(), aco.calendar_year(*year)))));
    }
    let mut line = |name: &str, of: &dyn Fn(FactorYear) -> Option<Cell>| {
        let found: Vec<_> = (1..).zip(FactorYear::ALL).filter_map(|(column, year)| Some((row + 1, column, of(*year)?))).collect();
        if !found.is_empty() {
            row += 1;
            cells.push((row, 0, Cell::Text(name.to_string())));
            cells.extend(found);
        }
    };
    let calendar = |year| aco.calendar_year(year);
    let text = |text: String| Some(Cell::Word(text));
    line("Expenditures from, to", &|year| text(whole(calendar(year))));
    line("Services that assign from, to", &|year| match aco.assignment_method {
        AssignmentMethod::Retrospective => text(whole(calendar(year))),
        AssignmentMethod::Prospective => {
            let begins = rules.assignment.offset_window.find(&aco.performance_year)?.value;
            let ends = Deadline { years_before: begins.years_before.saturating_sub(1), ..begins };
            text(format!("{}, to the day before {}", day(calendar(year), begins), day(calendar(year), ends)))
        }
    });
    line("Designations count until", &|year| {
        let second = (year == FactorYear::Py && aco.key.performance_half == Some(2))
            .then(|| rules.assignment.designation_deadline_second_half.find(&calendar(year)))
            .flatten();
        let row = second.or_else(|| rules.assignment.designation_deadline.find(&calendar(year)))?;
        text(day(calendar(year), row.value))
    });
    line("Claims processed until", &|year| {
        let run_out = rules.expenditure.run_out.find(&calendar(year))?.value;
        text(format!("{:04}-{:02}-{:02}", calendar(year) + 1, run_out.month, run_out.day))
    });
    let noted = |name: &str, kind: Option<EnrollmentType>| {
        let name = name.to_string();
        move |year: FactorYear| {
            let label = label(&format!("{name}_{}", year.name().to_lowercase()), kind);
            let step = result.noted(&label)?;
            if !result.suppression.shows_label(&label) {
                return Some(Cell::Text(SUPPRESSED.to_string()));
            }
            Some(Cell::Fixed(float(step.value.parse().ok()?), unit_of(&label)))
        }
    };
    line("Completion factor", &noted("completion_factor", None));
    line("Weight of the benchmark year", &|year| {
        let (own, all) = (format!("weight_{}", year.name().to_lowercase()), "weight_by1 + weight_by2 + weight_by3");
        result.step(&own).and_then(|_| extra(&format!("{own} / ({all})"), result, places))
    });
    line("Weight of the regional adjustment", &|year| {
        if year == FactorYear::By3 { again("regional_weight", result, places) } else { None }
    });
    for kind in EnrollmentType::ALL {
        line(&format!("Truncation threshold, {kind}, dollars a year"), &noted("threshold", Some(kind)));
    }
    if result.noted.is_empty() {
        row += 1;
        let words = "Not known: assigned beneficiaries of benchmark years, completion, thresholds and mean scores. The run began from \
                     factor tables, not from claims.";
        cells.push((row, 0, Cell::Text(words.to_string())));
    }
    row + 2
}

fn whole(year: Year) -> String {
    format!("{year}-01-01 to {year}-12-31")
}

fn day(year: Year, day: Deadline) -> String {
    format!("{:04}-{:02}-{:02}", year - day.years_before, day.month, day.day)
}

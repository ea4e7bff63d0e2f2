//! Which years and windows a run looks at.

use super::calendar::{Calendar, Cut, Window, WindowKind, day_of};
use crate::error::Result;
use crate::rules::{Rules, Year};

/// What a run needs: the performance year whose rules are applied, the years, and how people are assigned in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The performance year whose rules are applied.
    pub performance_year: Year,
    /// Calendar years of which expenditures are needed, ascending.
    pub years: Vec<Year>,
    /// Whether some ACO is assigned people prospectively.
    pub prospective: bool,
    /// Whether the assignment of the year before the performance year is needed.
    pub year_before: bool,
    /// The quarter to whose end the performance year runs; none for the whole year.
    pub quarter: Option<Quarter>,
}

/// A quarter of the performance year, and what a report to its end is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    /// 1 to 4.
    pub number: u8,
    /// The latest twelve months, and not the year to date.
    pub latest: bool,
}

/// Participants as far as they decide what a clinic's visit is, under the rules that held before every service counted.
#[derive(Debug, Clone, Default)]
pub struct Attested {
    /// Participants' clinics.
    pub clinics: Vec<u32>,
    /// Clinicians attested at a clinic.
    pub clinicians: Vec<(u32, u64)>,
}

impl Span {
    /// Every assignment year with its windows, and the years before the first that windows reach back to.
    pub(super) fn calendar(&self, rules: &Rules) -> Result<Calendar> {
        let mut served = self.years.clone();
        if self.year_before {
            served.push(self.performance_year.saturating_sub(1));
        }
        served.sort_unstable();
        served.dedup();
        let reach = rules.assignment.expanded_window.find(&self.performance_year).is_some_and(|row| row.value);
        let mut kinds = vec![WindowKind::Calendar];
        if self.prospective {
            kinds.push(WindowKind::Offset);
        }
        if reach {
            kinds.push(WindowKind::CalendarReach);
            if self.prospective {
                kinds.push(WindowKind::OffsetReach);
            }
        }
        let offset = rules.assignment.offset_window.at(self.performance_year)?.value;
        let mut years = served.clone();
        if self.prospective {
            let before = |year: &Year| (1..=offset.years_before).map(|back| year.saturating_sub(back)).collect::<Vec<_>>();
            years.extend(served.iter().flat_map(before));
        }
        if self.quarter.is_some_and(|quarter| quarter.number < 4) {
            // The latest twelve months reach into it.
            years.push(self.performance_year.saturating_sub(1));
        }
        years.sort_unstable();
        years.dedup();
        let mut windows = Vec::new();
        for calendar_year in &served {
            let year = years.binary_search(calendar_year).unwrap_or_default();
            let y = *calendar_year as i16;
            let offset_begins = |reach: i16| day_of(y - offset.years_before as i16 + reach, offset.month, offset.day);
            for kind in &kinds {
                let (first, last) = match kind {
                    WindowKind::Calendar => (day_of(y, 1, 1), day_of(y + 1, 1, 1) - 1),
                    WindowKind::CalendarReach => (day_of(y - 1, 1, 1), day_of(y + 1, 1, 1) - 1),
                    WindowKind::Offset => (offset_begins(0), offset_begins(1) - 1),
                    WindowKind::OffsetReach => (offset_begins(-1), offset_begins(1) - 1),
                };
                windows.push(Window { kind: *kind, year, first, last });
            }
        }
        let spending = years.iter().map(|year| self.years.contains(year)).collect();
        let Some(Quarter { number: quarter, latest }) = self.quarter else {
            return Ok(Calendar::new(years, spending, windows));
        };
        let year = years.binary_search(&self.performance_year).unwrap_or_default();
        // Assignable are those of the latest twelve months, or of twice as many.
        let back = day_of(self.performance_year as i16 + 1, 1, 1) - after_quarter(self.performance_year, quarter);
        for window in windows.iter_mut().filter(|window| window.year == year) {
            if matches!(window.kind, WindowKind::Calendar | WindowKind::CalendarReach) {
                let months = if window.kind == WindowKind::Calendar { 1 } else { 2 };
                window.last -= back;
                window.first = after_quarter(self.performance_year.saturating_sub(months), quarter);
            }
        }
        Ok(Calendar::new(years, spending, windows).through(Cut { year, months: usize::from(quarter) * 3, latest }))
    }
}

/// The day after a quarter of a year.
pub(super) fn after_quarter(year: Year, quarter: u8) -> i32 {
    if quarter >= 4 { day_of(year as i16 + 1, 1, 1) } else { day_of(year as i16, quarter as i8 * 3 + 1, 1) }
}

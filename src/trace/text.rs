//! A trace as text for a terminal.

use std::fmt::Write as _;

use super::account::{Claim, ListAccount, Paid, Row, Service, Trace, TypeAccount, YearAccount};

impl Trace {
    /// The trace as text.
    pub fn text(&self) -> String {
        let mut text = format!(
            "Row {} of {} beneficiaries, by identifier in byte order; performance year {}\n",
            self.row, self.people, self.performance_year
        );
        let rows: usize = self.claims.iter().map(|claim| claim.rows.len()).sum();
        let _ = writeln!(text, "\nClaims: {} with {rows} rows", self.claims.len());
        for claim in &self.claims {
            self::claim(&mut text, claim);
        }
        if !self.outside.is_empty() {
            text.push_str("\nPayments outside claims\n");
        }
        for outside in &self.outside {
            let _ = writeln!(
                text,
                "  {}  paid {}: {}",
                cell(outside.day.as_ref()),
                cell(outside.paid.as_ref()),
                paid(&outside.expenditure)
            );
        }
        for account in &self.years {
            year(&mut text, account);
        }
        text
    }

    /// The trace as JSON.
    ///
    /// # Errors
    /// Never for a trace that [`super::trace`] made.
    pub fn json(&self) -> crate::error::Result<String> {
        serde_json::to_string_pretty(self)
            .map_err(|e| crate::error::Error::failed(format!("cannot write the trace as JSON: {e}"), "ask for --format text"))
    }
}

fn cell(text: Option<&String>) -> &str {
    text.map_or("-", String::as_str)
}

fn claim(text: &mut String, claim: &Claim) {
    let _ = writeln!(text, "  {:>4}.", claim.number);
    for row in &claim.rows {
        self::row(text, row);
    }
}

fn row(text: &mut String, row: &Row) {
    let _ = write!(text, "        {} {}", row.table, cell(row.day.as_ref()));
    if let Some(line) = row.line {
        let _ = write!(text, " line {line}");
    }
    let _ = write!(text, " type {}", row.claim_type.map_or_else(|| "-".into(), |kind| kind.to_string()));
    for (name, value) in &row.cells {
        let _ = write!(text, ", {name} {value}");
    }
    let _ = write!(text, ", paid {}", cell(row.paid.as_ref()));
    if let Some(allowed) = &row.allowed {
        let _ = write!(text, ", allowed {allowed}");
    }
    let _ = writeln!(text, "\n          expenditure: {}", paid(&row.expenditure));
    if let Some(service) = &row.assignment {
        let _ = writeln!(text, "          assignment: {}", self::service(service));
    }
}

fn paid(paid: &Paid) -> String {
    let Some(money) = &paid.counted else { return format!("left out, {}", paid.reason) };
    let mut text = format!("{} in {} for {}, {}", money.amount, money.month, money.enrollment_type, money.component);
    for (amount, what) in [
        (&money.sequestration, "sequestration added back"),
        (&money.supplements, "supplements taken out"),
        (&money.reduction, "population-based reduction added back"),
    ] {
        if amount != "0.00" {
            let _ = write!(text, "; {amount} {what}");
        }
    }
    text
}

fn service(service: &Service) -> String {
    if service.windows.is_empty() {
        return format!("left out, {}", service.reason);
    }
    let biller = service.biller.as_deref().unwrap_or("-");
    let of = service.of.as_ref().map_or_else(String::new, |of| format!(" of {of}"));
    format!("{biller}{of}, {} in the windows {}", service.counts_for.join(", "), service.windows.join(", "))
}

fn year(text: &mut String, year: &YearAccount) {
    let _ = writeln!(text, "\n{}  months {}", year.year, year.months.join(" "));
    let _ = writeln!(
        text,
        "  county {}, in September {}; assignable {}",
        cell(year.county.as_ref()),
        cell(year.county_september.as_ref()),
        if year.assignable.is_empty() { "no".into() } else { format!("in the {}", year.assignable.join(" and the ")) }
    );
    if !year.expenditure {
        text.push_str("  no expenditure of this year counts for any ACO\n");
    }
    for account in &year.types {
        types(text, account);
    }
    for designation in &year.designations {
        let _ = writeln!(text, "  designation: {designation}");
    }
    for list in &year.lists {
        self::list(text, list);
    }
    let _ =
        writeln!(text, "  assigned: {}", if year.assigned.is_empty() { "to no ACO".into() } else { year.assigned.join(" and ") });
}

fn types(text: &mut String, account: &TypeAccount) {
    let parts: Vec<String> = account.components.iter().map(|(name, dollars)| format!("{name} {dollars}")).collect();
    let _ = write!(text, "  {} {} months, {} dollars", account.enrollment_type, account.months, account.total);
    if !parts.is_empty() {
        let _ = write!(text, " ({})", parts.join(", "));
    }
    let _ = write!(text, ", {} a year", account.annualised);
    if let (Some(threshold), Some(truncated)) = (&account.threshold, &account.truncated) {
        let _ = write!(text, ", threshold {threshold}, {truncated} after truncation");
    }
    let _ = writeln!(text, ", score {}", account.score.as_deref().unwrap_or("-"));
}

fn list(text: &mut String, list: &ListAccount) {
    let half = list.half.map_or_else(String::new, |half| format!("{half}, "));
    let _ = writeln!(text, "  {half}{} window {} to {}", list.method, list.window[0], list.window[1]);
    for rival in &list.rivals {
        let _ = write!(
            text,
            "    {} {}: step 1 {} (latest {}), step 2 {} (latest {})",
            if rival.wins { "*" } else { " " },
            rival.name,
            rival.step1,
            cell(rival.step1_day.as_ref()),
            rival.step2,
            cell(rival.step2_day.as_ref())
        );
        if let Some(expanded) = &rival.expanded {
            let _ = write!(text, ", expanded window {expanded}");
        }
        text.push_str(if rival.opens || !rival.is_aco { "\n" } else { ", without a physician\n" });
    }
    if let (Some(step), Some(decided)) = (list.step, list.decided_by) {
        let _ = writeln!(text, "    step {step}, decided by {decided}");
    }
    let _ = writeln!(text, "    {}", list.outcome);
}

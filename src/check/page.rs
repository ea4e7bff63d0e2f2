//! A report as one HTML page that needs nothing else: light or dark as the reader has it, and fit for paper.

use std::fmt::Write as _;

use super::chart;
use super::report::Report;
use super::text::grouped;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--faint:#687585;--rule:#d8dee6;--bar:#3b6ea5;\
--error:#b3261e;--warning:#9a6700;--note:#4a6a4a}\
@media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--paper:#12161c;--faint:#93a0b0;--rule:#2c3541;--bar:#7fb0e6;\
--error:#ff8a80;--warning:#e6b450;--note:#9ecb9e}}\
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:2rem auto;max-width:72rem;padding:0 1rem}\
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.2rem 0}.faint{color:var(--faint)}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--rule);\
vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--note)}b.sev{text-transform:uppercase;font-size:.75rem}\
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}figure{margin:0}\
figcaption{font-size:.85rem;color:var(--faint)}svg{width:100%;height:auto}svg rect{fill:var(--bar)}\
svg rect.none{fill:var(--error);opacity:.35}svg line{stroke:var(--rule)}svg polyline{fill:none;stroke:var(--bar);stroke-width:2}\
svg text{font-size:9px;fill:var(--faint)}\
@media print{:root{color-scheme:light;--ink:#000;--paper:#fff}body{margin:0;max-width:none;font-size:11px}\
figure,tr{break-inside:avoid}h2{break-after:avoid}}";

/// Text in which nothing is markup.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut out = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    let name = escaped(&report.extract);
    let _ = write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Check of {name}</title><style>{STYLE}</style>\
         </head><body><h1>{name}</h1><p>{}</p>",
        escaped(&report.verdict())
    );
    if let (Some(first), Some(last)) = (report.years.first(), report.years.last()) {
        let _ = write!(
            out,
            "<p class=\"faint\">{} people, {first} to {last}; acobench {}</p>",
            grouped(&report.people.to_string()),
            report.acobench
        );
    }
    findings(&mut out, report);
    tables(&mut out, report);
    months(&mut out, report);
    people(&mut out, report);
    completion(&mut out, report);
    out.push_str("</body></html>\n");
    out
}

fn findings(out: &mut String, report: &Report) {
    out.push_str("<h2>Findings</h2>");
    if report.findings.is_empty() {
        out.push_str("<p>None.</p>");
        return;
    }
    out.push_str("<table><thead><tr><th>finding</th><th class=\"n\">count</th><th class=\"n\">of</th><th class=\"n\">dollars</th></tr></thead><tbody>");
    for finding in &report.findings {
        let severity = finding.severity.name();
        let place = finding.column.map_or_else(|| finding.table.to_string(), |column| format!("{}.{column}", finding.table));
        let dollars = if finding.dollars.0 == 0 { String::new() } else { grouped(&finding.dollars.to_string()) };
        let _ = write!(
            out,
            "<tr><td><p><b class=\"sev {severity}\">{severity}</b> <code>{}</code> {}</p><p class=\"faint\">{}</p><p>{}</p></td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{dollars}</td></tr>",
            escaped(&place),
            escaped(&finding.what),
            escaped(&finding.detail),
            escaped(&finding.effect),
            grouped(&finding.count.to_string()),
            grouped(&finding.of.to_string()),
        );
    }
    out.push_str("</tbody></table>");
}

fn tables(out: &mut String, report: &Report) {
    out.push_str("<h2>Tables</h2><table><thead><tr><th>table</th><th class=\"n\">files</th><th class=\"n\">rows</th><th class=\"n\">dollars</th></tr></thead><tbody>");
    for table in report.tables.iter().filter(|table| table.files > 0) {
        let dollars = table.dollars.map_or_else(String::new, |dollars| grouped(&dollars.to_string()));
        let _ = write!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{dollars}</td></tr>",
            table.table,
            table.files,
            grouped(&table.rows.to_string())
        );
    }
    out.push_str("</tbody></table>");
}

fn figure(out: &mut String, caption: &str, chart: &str) {
    let _ = write!(out, "<figure>{chart}<figcaption>{}</figcaption></figure>", escaped(caption));
}

fn months(out: &mut String, report: &Report) {
    out.push_str("<h2>Payments by month</h2><div class=\"grid\">");
    for part in report.months.chunk_by(|one, other| (one.table, one.claim_type) == (other.table, other.claim_type)) {
        let Some(first) = part.first() else { continue };
        let names: Vec<&str> = part.iter().map(|row| row.month.as_str()).collect();
        // Lines of facilities carry no money of their own: their rows are drawn.
        let money = part.iter().any(|row| row.dollars.0 != 0);
        let value = |row: &super::MonthRow| if money { row.dollars.0 / 100 } else { i128::from(row.rows) };
        let caption = format!("{} (type {}), {}", first.component, first.claim_type, if money { "dollars" } else { "rows" });
        figure(out, &caption, &chart::bars(&caption, &names, &part.iter().map(value).collect::<Vec<_>>()));
    }
    out.push_str("</div>");
}

fn people(out: &mut String, report: &Report) {
    out.push_str("<h2>People by month</h2><div class=\"grid\">");
    let names: Vec<&str> = report.enrollment.iter().map(|row| row.month.as_str()).collect();
    let mut draw = |caption: &str, value: &dyn Fn(&super::PeopleRow) -> u64| {
        let values: Vec<i128> = report.enrollment.iter().map(|row| i128::from(value(row))).collect();
        figure(out, caption, &chart::bars(caption, &names, &values));
    };
    for kind in super::enrolled::type_names() {
        draw(kind, &|row| row.counting.get(kind).copied().unwrap_or(0));
    }
    draw("in a plan", &|row| row.plan);
    draw("in one part alone", &|row| row.one_part);
    out.push_str("</div>");
}

fn completion(out: &mut String, report: &Report) {
    if report.completion.is_empty() {
        return;
    }
    out.push_str("<h2>Share of final payments by months after service</h2><div class=\"grid\">");
    for row in &report.completion {
        let shares: Vec<f64> = row.reached.iter().filter_map(|share| share.parse().ok()).collect();
        let caption = format!("{} (type {})", row.component, row.claim_type);
        figure(out, &caption, &chart::line(&caption, &shares));
    }
    out.push_str("</div>");
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_a_name_is_text() {
        assert_eq!(super::escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}

//! Small charts as inline SVG, drawn from whole numbers.

use std::fmt::Write as _;

const WIDTH: usize = 340;
const HEIGHT: usize = 70;
const FLOOR: usize = HEIGHT - 14;

/// Bars, one per month; a month without anything stands out. `names` are the months, such as `2022-07`.
#[must_use]
pub fn bars(title: &str, names: &[&str], values: &[i128]) -> String {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let step = WIDTH as f64 / values.len().max(1) as f64;
    let mut out = open(title);
    for (at, value) in values.iter().enumerate() {
        let height = (*value).max(0) * FLOOR as i128 / most;
        let (x, wide) = (at as f64 * step, (step - 0.6).max(0.6));
        let month = names.get(at).copied().unwrap_or_default();
        if *value <= 0 {
            let _ = write!(
                out,
                "<rect class=\"none\" x=\"{x:.1}\" y=\"0\" width=\"{wide:.1}\" height=\"{FLOOR}\"><title>{month}: none</title></rect>"
            );
        } else {
            let _ = write!(
                out,
                "<rect x=\"{x:.1}\" y=\"{}\" width=\"{wide:.1}\" height=\"{height}\"><title>{month}: {}</title></rect>",
                FLOOR as i128 - height,
                super::text::grouped(&value.to_string())
            );
        }
        if month.ends_with("-01") {
            let _ = write!(out, "<text x=\"{x:.1}\" y=\"{}\">{}</text>", HEIGHT - 3, &month[..4]);
        }
    }
    out + "</svg>"
}

/// A line through shares between 0 and 1, one per month of lateness.
#[must_use]
pub fn line(title: &str, shares: &[f64]) -> String {
    let step = WIDTH as f64 / shares.len().saturating_sub(1).max(1) as f64;
    let mut out = open(title);
    let points: Vec<String> = shares
        .iter()
        .enumerate()
        .map(|(at, share)| format!("{:.1},{:.1}", at as f64 * step, (1.0 - share.clamp(0.0, 1.0)) * FLOOR as f64))
        .collect();
    let _ = write!(out, "<polyline points=\"{}\"/>", points.join(" "));
    for month in (0..shares.len()).step_by(3) {
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{}\">{month}</text>", month as f64 * step, HEIGHT - 3);
    }
    out + "</svg>"
}

fn open(title: &str) -> String {
    let title = super::page::escaped(title);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\"><line x1=\"0\" y1=\"{FLOOR}\" x2=\"{WIDTH}\" y2=\"{FLOOR}\"/>"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_month_without_anything_stands_out() {
        let chart = super::bars("carrier <71>", &["2022-01", "2022-02"], &[5_000, 0]);
        assert!(
            chart.contains("2022-01: 5,000") && chart.contains("class=\"none\"") && chart.contains("2022-02: none"),
            "{chart}"
        );
        assert!(chart.contains("carrier &lt;71&gt;") && chart.contains(">2022</text>"), "{chart}");
    }

    #[test]
    fn a_line_ends_at_the_top() {
        assert!(super::line("x", &[0.5, 1.0]).contains("0.0,28.0 340.0,0.0"));
    }
}

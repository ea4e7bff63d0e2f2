//! Charts, drawn by plotters as SVG that takes its colours from the page: light, dark and print alike.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::{Error, Result};
use crate::report::table::grouped;

/// A colour of the page's style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Soft,
    Line,
    Accent,
    Good,
    Bad,
    Flat,
    Alt,
    /// Of an enrollment type.
    Type(u8),
}

impl Ink {
    const ALL: [Self; 12] = [
        Self::Text,
        Self::Soft,
        Self::Line,
        Self::Accent,
        Self::Good,
        Self::Bad,
        Self::Flat,
        Self::Alt,
        Self::Type(0),
        Self::Type(1),
        Self::Type(2),
        Self::Type(3),
    ];

    fn variable(self) -> String {
        match self {
            Self::Text => "ink".into(),
            Self::Soft => "soft".into(),
            Self::Line => "line".into(),
            Self::Accent => "accent".into(),
            Self::Good => "good".into(),
            Self::Bad => "bad".into(),
            Self::Flat => "flat".into(),
            Self::Alt => "alt".into(),
            Self::Type(number) => format!("t{number}"),
        }
    }

    /// A colour that stands for the variable until the drawing is done.
    fn stand_in(self) -> RGBColor {
        let at = Self::ALL.iter().position(|ink| *ink == self).unwrap_or_default();
        RGBColor(1, 2, at as u8)
    }
}

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;
type Plane<'a, 's> = ChartContext<'a, SVGBackend<'s>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

const FONT: &str = "sans-serif";

/// Draws on a canvas of a size in pixels, and returns the SVG element.
fn drawn(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> std::result::Result<(), Box<dyn std::error::Error>>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)
            .and_then(|()| area.present().map_err(Into::into))
            .map_err(|fault| Error::failed(format!("cannot draw a chart: {fault}"), "report this as a defect"))?;
    }
    for ink in Ink::ALL {
        let RGBColor(r, g, b) = ink.stand_in();
        svg = svg.replace(&format!("#{r:02X}{g:02X}{b:02X}"), &format!("var(--{})", ink.variable()));
    }
    // Its size is the page's to decide; a figure around it carries the words.
    let start = svg.find("<svg").unwrap_or(0);
    let own = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let mut drawn = svg[start..].replacen(&own, "<svg aria-hidden=\"true\"", 1).replace('\n', "").trim_end().to_string();
    // What a browser would take anyway, and what the page's style sheet says, is left out: a page may have thousands.
    for needless in
        [" opacity=\"1\"", " stroke-width=\"1\"", " font-family=\"sans-serif\"", " xmlns=\"http://www.w3.org/2000/svg\""]
    {
        drawn = drawn.replace(needless, "");
    }
    Ok(drawn)
}

fn words(size: i32, ink: Ink) -> TextStyle<'static> {
    let mut style = TextStyle::from((FONT, size).into_font());
    style.color = ink.stand_in().to_backend_color();
    style
}

#[allow(clippy::needless_pass_by_value, reason = "styles are made where they are used")]
fn at(style: TextStyle<'static>, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    style.pos(Pos::new(horizontal, vertical))
}

/// An amount in few digits: `1.2 M`.
pub(super) fn short(amount: f64) -> String {
    if amount.abs() < 99_999.5 {
        let text = grouped(&format!("{:.0}", amount.abs()));
        return if amount <= -0.5 { format!("−{text}") } else { text };
    }
    let (size, unit) = match amount.abs() {
        size if size >= 1e9 => (1e9, " B"),
        size if size >= 1e6 => (1e6, " M"),
        _ => (1e3, " K"),
    };
    let value = amount / size;
    let sign = if value < -0.0005 { "−" } else { "" };
    let text = if value.abs() >= 100.0 { format!("{:.0}", value.abs()) } else { format!("{:.1}", value.abs()) };
    format!("{sign}{text}{unit}")
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the chart asks for a function of a reference")]
fn percent(rate: &f64) -> String {
    let text = format!("{:.1} %", rate.abs() * 100.0);
    if *rate < -0.0005 { format!("−{text}") } else { text }
}

/// One bar of a waterfall.
#[derive(Debug, Clone)]
pub(super) struct Fall {
    pub(super) label: String,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ink: Ink,
}

/// A waterfall: bars that hang where the one before them ended. `limit` is drawn across, with its words.
pub(super) fn waterfall(bars: &[Fall], limit: Option<(f64, &str)>, from_zero: bool) -> Result<String> {
    let ends = || bars.iter().flat_map(|bar| [bar.from, bar.to]).chain(limit.map(|(at, _)| at));
    let (mut low, mut high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    if from_zero {
        (low, high) = (low.min(0.0), high.max(0.0));
    } else {
        // Bars that start at the floor of the chart are cut; the others keep their true height.
        let floor = bars.iter().flat_map(|bar| [if bar.from == 0.0 { bar.to } else { bar.from }, bar.to]).fold(high, f64::min);
        low = (floor - (high - floor) * 0.6).max(0.0);
    }
    let room = (high - low).max(1.0) * 0.12;
    let (bottom, top) = (if low < 0.0 { low - room } else { low }, high + room);
    drawn((860, 380), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(8)
            .set_label_area_size(LabelAreaPosition::Left, 64)
            .set_label_area_size(LabelAreaPosition::Bottom, 52)
            .build_cartesian_2d(0.0..bars.len() as f64, bottom..top)?;
        plane
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(6)
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .y_label_formatter(&|amount: &f64| short(*amount))
            .draw()?;
        for (at_bar, bar) in bars.iter().enumerate() {
            let (left, right) = (at_bar as f64 + 0.14, at_bar as f64 + 0.86);
            let (from, to) = (bar.from.max(bottom), bar.to.max(bottom));
            plane.draw_series([Rectangle::new([(left, from), (right, to)], bar.ink.stand_in().filled())])?;
            let same = |one: f64, other: f64| (one - other).abs() < 0.005;
            let goes_on = |next: &Fall| same(next.from, bar.to) || (next.from == 0.0 && same(next.to, bar.to));
            if bars.get(at_bar + 1).is_some_and(goes_on) {
                let link = PathElement::new(vec![(right, to), (left + 1.0, to)], Ink::Flat.stand_in());
                plane.draw_series([link])?;
            }
            let change = if bar.from == 0.0 { short(bar.to) } else { signed(bar.to - bar.from) };
            let above = at(words(13, Ink::Text), HPos::Center, VPos::Bottom);
            plane.draw_series([Text::new(change, (at_bar as f64 + 0.5, from.max(to) + room * 0.12), above)])?;
        }
        if let Some((height, said)) = limit {
            let line = PathElement::new(vec![(0.0, height), (bars.len() as f64, height)], Ink::Alt.stand_in().stroke_width(2));
            plane.draw_series([line])?;
            let style = at(words(12, Ink::Alt), HPos::Right, VPos::Bottom);
            plane.draw_series([Text::new(said.to_string(), (bars.len() as f64, height + room * 0.05), style)])?;
        }
        if low < 0.0 {
            plane.draw_series([PathElement::new(vec![(0.0, 0.0), (bars.len() as f64, 0.0)], Ink::Soft.stand_in())])?;
        }
        let width = (860 - 64 - 16) / bars.len().max(1) as i32;
        for (at_bar, bar) in bars.iter().enumerate() {
            let x = 72 + width * at_bar as i32 + width / 2;
            for (line, text) in bar.label.split('\n').enumerate() {
                let style = at(words(12, Ink::Soft), HPos::Center, VPos::Top);
                area.draw(&Text::new(text.to_string(), (x, 330 + 16 * line as i32), style))?;
            }
        }
        Ok(())
    })
}

fn signed(amount: f64) -> String {
    if amount > 0.0 { format!("+{}", short(amount)) } else { short(amount) }
}

/// A rate per ACO as bars, with a tick for the rate it is held against.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: f64,
    /// Minimum rates, drawn as ticks.
    pub(super) ticks: Vec<f64>,
    pub(super) ink: Ink,
}

/// Bars of rates from the greatest to the least; names below where there is room for them.
pub(super) fn rates(bars: &[Bar]) -> Result<String> {
    let ends = || bars.iter().flat_map(|bar| bar.ticks.iter().copied().chain([bar.value]));
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let room = (high - low).max(0.01) * 0.08;
    let named = bars.len() <= 40;
    drawn((860, 320), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(8)
            .set_label_area_size(LabelAreaPosition::Left, 64)
            .set_label_area_size(LabelAreaPosition::Bottom, if named { 30 } else { 8 })
            .build_cartesian_2d(0.0..bars.len().max(1) as f64, (low - room)..(high + room))?;
        plane
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(7)
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .y_label_formatter(&percent)
            .draw()?;
        let gap = match bars.len() {
            0..=6 => 0.3,
            7..=120 => 0.14,
            _ => 0.0,
        };
        for (at_bar, bar) in bars.iter().enumerate() {
            let (left, right) = (at_bar as f64 + gap, at_bar as f64 + 1.0 - gap);
            plane.draw_series([Rectangle::new([(left, 0.0), (right, bar.value)], bar.ink.stand_in().filled())])?;
            for tick in &bar.ticks {
                let line = PathElement::new(vec![(left, *tick), (right, *tick)], Ink::Alt.stand_in().stroke_width(2));
                plane.draw_series([line])?;
            }
        }
        plane.draw_series([PathElement::new(vec![(0.0, 0.0), (bars.len() as f64, 0.0)], Ink::Soft.stand_in())])?;
        if named {
            let width = f64::from(860 - 64 - 16) / bars.len().max(1) as f64;
            for (at_bar, bar) in bars.iter().enumerate() {
                let x = 72.0 + width * (at_bar as f64 + 0.5);
                let size = if bars.len() > 18 { 9 } else { 12 };
                let style = at(words(size, Ink::Soft), HPos::Center, VPos::Top);
                area.draw(&Text::new(bar.label.clone(), (x as i32, 288), style))?;
            }
        }
        Ok(())
    })
}

/// Expenditures (up) against benchmarks (right), per person-year, with the line on which they are equal.
pub(super) fn scatter(points: &[(f64, f64, Ink)]) -> Result<String> {
    let all = || points.iter().flat_map(|(x, y, _)| [*x, *y]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let (low, high) = if points.is_empty() { (0.0, 1.0) } else { (low, high) };
    let room = (high - low).max(100.0) * 0.08;
    let (low, high) = ((low - room).max(0.0), high + room);
    drawn((520, 420), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(10)
            .set_label_area_size(LabelAreaPosition::Left, 76)
            .set_label_area_size(LabelAreaPosition::Bottom, 52)
            .build_cartesian_2d(low..high, low..high)?;
        plane
            .configure_mesh()
            .x_labels(6)
            .y_labels(6)
            .x_desc("Updated benchmark, $ per person-year")
            .y_desc("Expenditures, $ per person-year")
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .x_label_formatter(&|amount: &f64| short(*amount))
            .y_label_formatter(&|amount: &f64| short(*amount))
            .draw()?;
        plane.draw_series([PathElement::new(vec![(low, low), (high, high)], Ink::Soft.stand_in())])?;
        for (x, y, ink) in points {
            // Where there are many, smaller ones that let others be seen.
            let (size, weight) = if points.len() > 60 { (4, 0.7) } else { (6, 1.0) };
            plane.draw_series([Circle::new((*x, *y), size, ink.stand_in().mix(weight).filled())])?;
        }
        Ok(())
    })
}

/// Rows of parts that make a whole, as stacked bars.
pub(super) fn shares(rows: &[(String, Vec<(f64, Ink)>)]) -> Result<String> {
    let height = 34 * rows.len() as u32 + 10;
    drawn((520, height), |area| {
        for (row, (label, parts)) in rows.iter().enumerate() {
            let top = 6 + 34 * row as i32;
            area.draw(&Text::new(label.clone(), (0, top + 13), at(words(13, Ink::Soft), HPos::Left, VPos::Center)))?;
            let whole: f64 = parts.iter().map(|(part, _)| part).sum();
            let mut left = 60.0;
            for (part, ink) in parts.iter().filter(|_| whole > 0.0) {
                let width = part / whole * 455.0;
                let corners = [(left as i32, top), ((left + width) as i32, top + 26)];
                area.draw(&Rectangle::new(corners, ink.stand_in().filled()))?;
                left += width;
            }
        }
        Ok(())
    })
}

/// Three bars to each row: the ACO's, its region's, the nation's.
pub(super) fn grouped_bars(rows: &[(String, Vec<(f64, Ink)>)]) -> Result<String> {
    let most = rows.iter().flat_map(|(_, bars)| bars.iter().map(|(value, _)| *value)).fold(1.0, f64::max);
    let bars = rows.iter().map(|(_, bars)| bars.len()).max().unwrap_or(1) as i32;
    let step = bars * 13 + 14;
    drawn((860, (step * rows.len() as i32 + 8) as u32), |area| {
        for (row, (label, bars)) in rows.iter().enumerate() {
            let top = 4 + step * row as i32;
            let middle = top + (bars.len() as i32 * 13) / 2;
            area.draw(&Text::new(label.clone(), (176, middle), at(words(13, Ink::Text), HPos::Right, VPos::Center)))?;
            for (number, (value, ink)) in bars.iter().enumerate() {
                let y = top + number as i32 * 13;
                let end = 186 + (value / most * 590.0) as i32;
                area.draw(&Rectangle::new([(186, y), (end.max(187), y + 11)], ink.stand_in().filled()))?;
                let style = at(words(11, Ink::Soft), HPos::Left, VPos::Center);
                area.draw(&Text::new(short(*value), (end.max(187) + 6, y + 6), style))?;
            }
        }
        Ok(())
    })
}

/// A number without the digits that binary adds.
fn tidy(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The payment over the values of one choice, as a line with a dot at each.
pub(super) fn line(points: &[(f64, f64)], names: &[String]) -> Result<String> {
    let ys = || points.iter().map(|(_, y)| *y);
    let (low, high) = (ys().fold(0.0, f64::min), ys().fold(0.0, f64::max));
    let room = (high - low).max(1.0) * 0.08;
    let (left, right) = (points.first().map_or(0.0, |(x, _)| *x), points.last().map_or(1.0, |(x, _)| *x));
    let right = if right > left { right } else { left + 1.0 };
    drawn((860, 360), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(14)
            .set_label_area_size(LabelAreaPosition::Left, 70)
            .set_label_area_size(LabelAreaPosition::Bottom, 32)
            .build_cartesian_2d(left..right, (low - room)..(high + room))?;
        let name = |x: &f64| {
            let nearest = points.iter().position(|(own, _)| (own - x).abs() < 1e-9);
            nearest.map_or_else(
                || if names.is_empty() { tidy(*x) } else { String::new() },
                |at| names.get(at).cloned().unwrap_or_else(|| tidy(*x)),
            )
        };
        plane
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(if names.is_empty() { 11 } else { names.len() })
            .y_labels(7)
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .x_label_formatter(&name)
            .y_label_formatter(&|amount: &f64| short(*amount))
            .draw()?;
        plane.draw_series([PathElement::new(vec![(left, 0.0), (right, 0.0)], Ink::Soft.stand_in())])?;
        plane.draw_series([PathElement::new(points.to_vec(), Ink::Accent.stand_in().stroke_width(3))])?;
        for point in points {
            plane.draw_series([Circle::new(*point, 4, Ink::Accent.stand_in().filled())])?;
        }
        Ok(())
    })
}

/// A balance on a line with the gates it must pass.
pub(super) fn gate(balance: f64, gates: &[f64]) -> Result<String> {
    let most = gates.iter().fold(balance.abs(), |most, gate| most.max(gate.abs())).max(1.0) * 1.25;
    let x = |amount: f64| 430 + (amount / most * 415.0) as i32;
    drawn((860, 84), |area| {
        let passed = gates.iter().any(|gate| if *gate >= 0.0 { balance >= *gate } else { balance <= *gate });
        let ink = match (passed, balance < 0.0) {
            (false, _) => Ink::Flat,
            (true, false) => Ink::Good,
            (true, true) => Ink::Bad,
        };
        area.draw(&PathElement::new(vec![(10, 52), (850, 52)], Ink::Line.stand_in()))?;
        area.draw(&Rectangle::new([(x(0.0).min(x(balance)), 40), (x(0.0).max(x(balance)), 64)], ink.stand_in().filled()))?;
        area.draw(&PathElement::new(vec![(x(0.0), 34), (x(0.0), 70)], Ink::Soft.stand_in()))?;
        area.draw(&Text::new("0", (x(0.0), 72), at(words(12, Ink::Soft), HPos::Center, VPos::Top)))?;
        for gate in gates {
            area.draw(&PathElement::new(vec![(x(*gate), 26), (x(*gate), 70)], Ink::Alt.stand_in().stroke_width(3)))?;
            let said = format!("gate {}", short(*gate));
            area.draw(&Text::new(said, (x(*gate), 22), at(words(12, Ink::Alt), HPos::Center, VPos::Bottom)))?;
        }
        let side = if balance < 0.0 { HPos::Right } else { HPos::Left };
        let place = x(balance) + if balance < 0.0 { -6 } else { 6 };
        area.draw(&Text::new(short(balance), (place, 52), at(words(13, Ink::Text), side, VPos::Center)))?;
        Ok(())
    })
}

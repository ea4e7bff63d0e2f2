//! Charts, drawn by plotters as SVG that takes its colours from the page: light, dark and print alike.

mod course;
mod people;
mod program;
mod sweep;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) use course::{Fall, gate, waterfall};
pub(super) use people::{grouped_bars, shares};
pub(super) use program::{Bar, Dot, rates, scatter};
pub(super) use sweep::{columns, line};

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
    /// The page behind, for words on a bar.
    Paper,
    /// Of an enrollment type.
    Type(u8),
}

impl Ink {
    const ALL: [Self; 13] = [
        Self::Text,
        Self::Soft,
        Self::Line,
        Self::Accent,
        Self::Good,
        Self::Bad,
        Self::Flat,
        Self::Alt,
        Self::Paper,
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
            Self::Paper => "card".into(),
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

//! The ACOs of a program beside each other.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Ink, Plane, at, drawn, percent, short, words};
use crate::error::Result;

/// A rate per ACO as bars, with a tick for the rate it is held against.
pub(in crate::report::page) struct Bar {
    pub(in crate::report::page) label: String,
    pub(in crate::report::page) value: f64,
    /// Minimum rates, drawn as ticks.
    pub(in crate::report::page) ticks: Vec<f64>,
    pub(in crate::report::page) ink: Ink,
}

/// Up to so many marks carry their names and numbers.
const FEW: usize = 12;

/// Bars of rates from the greatest to the least; names below where there is room for them.
pub(in crate::report::page) fn rates(bars: &[Bar]) -> Result<String> {
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
            let beyond = gap * 0.25;
            for tick in &bar.ticks {
                let ends = vec![(left - beyond, *tick), (right + beyond, *tick)];
                plane.draw_series([PathElement::new(ends, Ink::Text.stand_in().stroke_width(2))])?;
            }
        }
        plane.draw_series([PathElement::new(vec![(0.0, 0.0), (bars.len() as f64, 0.0)], Ink::Soft.stand_in())])?;
        for (at_bar, bar) in bars.iter().enumerate().filter(|_| bars.len() <= FEW) {
            let (side, away) = if bar.value < 0.0 { (VPos::Top, -room) } else { (VPos::Bottom, room) };
            let style = at(words(13, Ink::Text), HPos::Center, side);
            let place = (at_bar as f64 + 0.5, bar.value + away * 0.12);
            plane.draw_series([Text::new(percent(&bar.value), place, style)])?;
        }
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

/// An ACO of a scatter chart.
pub(in crate::report::page) struct Dot {
    pub(in crate::report::page) label: String,
    pub(in crate::report::page) x: f64,
    pub(in crate::report::page) y: f64,
    pub(in crate::report::page) ink: Ink,
}

/// Expenditures (up) against benchmarks (right), per person-year, with the line on which they are equal.
pub(in crate::report::page) fn scatter(points: &[Dot]) -> Result<String> {
    let all = || points.iter().flat_map(|dot| [dot.x, dot.y]);
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
        for Dot { x, y, ink, .. } in points {
            // Where there are many, smaller ones that let others be seen.
            let (size, weight) = if points.len() > 60 { (4, 0.7) } else { (6, 1.0) };
            plane.draw_series([Circle::new((*x, *y), size, ink.stand_in().mix(weight).filled())])?;
        }
        for Dot { x, y, label, .. } in points.iter().filter(|_| points.len() <= FEW) {
            // Towards the middle of the chart, where there is room.
            let right = *x > low + (high - low) * 0.7;
            let (side, away) = if right { (HPos::Right, -10) } else { (HPos::Left, 10) };
            let (across, down) = plane.backend_coord(&(*x, *y));
            area.draw(&Text::new(label.clone(), (across + away, down), at(words(12, Ink::Text), side, VPos::Center)))?;
        }
        Ok(())
    })
}

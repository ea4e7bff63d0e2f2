//! How one amount becomes another: waterfalls, and the gate that savings must pass.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Ink, Plane, at, drawn, short, words};
use crate::error::Result;

/// One bar of a waterfall.
#[derive(Debug, Clone)]
pub(in crate::report::page) struct Fall {
    pub(in crate::report::page) label: String,
    pub(in crate::report::page) from: f64,
    pub(in crate::report::page) to: f64,
    pub(in crate::report::page) ink: Ink,
}

/// A waterfall: bars that hang where the one before them ended. `limit` is drawn across, with its words.
pub(in crate::report::page) fn waterfall(bars: &[Fall], limit: Option<(f64, &str)>, from_zero: bool) -> Result<String> {
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

/// A balance on a line with the gates it must pass.
pub(in crate::report::page) fn gate(balance: f64, gates: &[f64]) -> Result<String> {
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
            area.draw(&PathElement::new(vec![(x(*gate), 26), (x(*gate), 70)], Ink::Text.stand_in().stroke_width(3)))?;
            let loss = *gate < 0.0;
            let said = format!("minimum {} {}", if loss { "losses" } else { "savings" }, short(gate.abs()));
            // Gates near each other have their words to either side.
            let side = if (x(*gate) - x(0.0)).abs() > 120 {
                HPos::Center
            } else if loss {
                HPos::Right
            } else {
                HPos::Left
            };
            area.draw(&Text::new(said, (x(*gate), 22), at(words(12, Ink::Text), side, VPos::Bottom)))?;
        }
        let side = if balance < 0.0 { HPos::Right } else { HPos::Left };
        let place = x(balance) + if balance < 0.0 { -6 } else { 6 };
        area.draw(&Text::new(short(balance), (place, 52), at(words(13, Ink::Text), side, VPos::Center)))?;
        Ok(())
    })
}

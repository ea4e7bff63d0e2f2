//! The payment under each value of a choice.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Ink, Plane, at, drawn, short, words};
use crate::error::Result;

/// A number without the digits that binary adds.
fn tidy(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The payment over the numbers of one choice, as a line with a dot at each.
pub(in crate::report::page) fn line(points: &[(f64, f64)]) -> Result<String> {
    let (low, high) = reach(points.iter().map(|(_, payment)| *payment));
    let (left, right) = (points.first().map_or(0.0, |(x, _)| *x), points.last().map_or(1.0, |(x, _)| *x));
    let right = if right > left { right } else { left + 1.0 };
    drawn((860, 360), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(14)
            .margin_right(30)
            .set_label_area_size(LabelAreaPosition::Left, 70)
            .set_label_area_size(LabelAreaPosition::Bottom, 32)
            .build_cartesian_2d(left..right, low..high)?;
        plane
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(11)
            .y_labels(7)
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .x_label_formatter(&|x: &f64| tidy(*x))
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

/// The payment under each of some named choices, as bars.
pub(in crate::report::page) fn columns(choices: &[(String, f64)]) -> Result<String> {
    let (low, high) = reach(choices.iter().map(|(_, payment)| *payment));
    let count = choices.len().max(1);
    drawn((860, 360), |area| {
        let mut plane: Plane<'_, '_> = ChartBuilder::on(area)
            .margin(14)
            .set_label_area_size(LabelAreaPosition::Left, 70)
            .set_label_area_size(LabelAreaPosition::Bottom, 32)
            .build_cartesian_2d(0.0..count as f64, low..high)?;
        plane
            .configure_mesh()
            .disable_x_mesh()
            .disable_x_axis()
            .y_labels(7)
            .axis_style(Ink::Line.stand_in())
            .bold_line_style(Ink::Line.stand_in())
            .light_line_style(TRANSPARENT)
            .label_style(words(12, Ink::Soft))
            .y_label_formatter(&|amount: &f64| short(*amount))
            .draw()?;
        for (at_choice, (name, payment)) in choices.iter().enumerate() {
            let middle = at_choice as f64 + 0.5;
            let ink = if *payment < 0.0 { Ink::Bad } else { Ink::Accent };
            let corners = [(middle - 0.3, 0.0), (middle + 0.3, *payment)];
            plane.draw_series([Rectangle::new(corners, ink.stand_in().filled())])?;
            let (side, away) = if *payment < 0.0 { (VPos::Top, 4) } else { (VPos::Bottom, -4) };
            let (across, down) = plane.backend_coord(&(middle, *payment));
            area.draw(&Text::new(short(*payment), (across, down + away), at(words(13, Ink::Text), HPos::Center, side)))?;
            area.draw(&Text::new(name.clone(), (across, 322), at(words(12, Ink::Soft), HPos::Center, VPos::Top)))?;
        }
        plane.draw_series([PathElement::new(vec![(0.0, 0.0), (count as f64, 0.0)], Ink::Soft.stand_in())])?;
        Ok(())
    })
}

/// The least and the greatest of some payments, zero included, with room beyond those that are not zero.
fn reach(payments: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let (low, high) = (payments.clone().fold(0.0, f64::min), payments.fold(0.0, f64::max));
    let room = (high - low).max(1.0) * 0.1;
    (if low < 0.0 { low - room } else { low }, if high > 0.0 || low >= 0.0 { high + room } else { high })
}

//! Whom an ACO's people are, and what they cost by claim type.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Ink, at, drawn, short, words};
use crate::error::Result;
use crate::report::shown::SUPPRESSED;

/// Rows of parts that make a whole, as stacked bars.
pub(in crate::report::page) fn shares(rows: &[(String, Vec<(f64, Ink)>)]) -> Result<String> {
    let height = 34 * rows.len() as u32 + 10;
    drawn((520, height), |area| {
        for (row, (label, parts)) in rows.iter().enumerate() {
            let top = 6 + 34 * row as i32;
            area.draw(&Text::new(label.clone(), (0, top + 13), at(words(13, Ink::Soft), HPos::Left, VPos::Center)))?;
            let whole: f64 = parts.iter().map(|(part, _)| part).sum();
            let mut left = 76.0;
            for (part, ink) in parts.iter().filter(|_| whole > 0.0) {
                let width = part / whole * 440.0;
                let corners = [(left as i32, top), ((left + width) as i32, top + 26)];
                area.draw(&Rectangle::new(corners, ink.stand_in().filled()))?;
                if width > 34.0 {
                    let said = format!("{:.0} %", part / whole * 100.0);
                    let middle = ((left + width / 2.0) as i32, top + 13);
                    area.draw(&Text::new(said, middle, at(words(12, Ink::Paper), HPos::Center, VPos::Center)))?;
                }
                left += width;
            }
        }
        Ok(())
    })
}

/// Three bars to each row: the ACO's, its region's, the nation's.
pub(in crate::report::page) fn grouped_bars(rows: &[(String, Vec<(f64, Ink)>)]) -> Result<String> {
    let most = rows.iter().flat_map(|(_, bars)| bars.iter().map(|(value, _)| *value)).fold(1.0, f64::max);
    let most_bars = rows.iter().map(|(_, bars)| bars.len()).max().unwrap_or(1).max(1) as i32;
    let step = most_bars * 13 + 14;
    drawn((860, (step * rows.len() as i32 + 8) as u32), |area| {
        for (row, (label, bars)) in rows.iter().enumerate() {
            let top = 4 + step * row as i32;
            let middle = top + (most_bars * 13) / 2;
            area.draw(&Text::new(label.clone(), (176, middle), at(words(13, Ink::Text), HPos::Right, VPos::Center)))?;
            if bars.is_empty() {
                let style = at(words(13, Ink::Soft), HPos::Left, VPos::Center);
                area.draw(&Text::new(SUPPRESSED, (192, middle), style))?;
            }
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

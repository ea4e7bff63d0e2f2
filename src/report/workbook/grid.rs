//! Sheets as the bytes of a workbook.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, XlsxError};

use super::layout::{LEADING, Places};
use super::sheets::{Cell, Sheet};
use crate::error::{Error, Result};
use crate::report::shown::{SUPPRESSED, Unit};

/// Colour of numbers that a reader may change, as financial models have it.
const INPUT: Color = Color::RGB(0x0B_5C_AB);
/// Colour of numbers that do not move.
const FIXED: Color = Color::RGB(0x7B_87_93);

fn pattern(unit: Unit) -> &'static str {
    match unit {
        Unit::Dollars => "#,##0.00;[Red]-#,##0.00",
        Unit::Percent => "0.00##%",
        Unit::Ratio => "0.000000",
        Unit::People => "#,##0",
        Unit::PersonYears => "#,##0.00",
    }
}

/// The bytes; the same for the same sheets.
pub(super) fn bytes(sheets: &[Sheet], places: &Places) -> Result<Vec<u8>> {
    written(sheets, places).map_err(|fault| Error::failed(format!("cannot make a workbook: {fault}"), "report this as a defect"))
}

fn written(sheets: &[Sheet], places: &Places) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed day of making: the same run gives the same bytes.
    let properties = DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
    workbook.set_properties(&properties);
    let title = Format::new().set_bold().set_font_size(14);
    let heading = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let right = heading.clone().set_align(FormatAlign::Right);
    let follows = heading.clone().set_indent(1);
    let word = Format::new().set_align(FormatAlign::Right);
    let star = Format::new().set_align(FormatAlign::Right).set_font_color(FIXED);
    let words = Format::new().set_indent(1);
    let plain = Format::new();
    for sheet in sheets {
        let page = workbook.add_worksheet();
        page.set_name(&sheet.name)?;
        page.set_landscape();
        page.set_print_fit_to_pages(1, 0);
        page.set_freeze_panes(sheet.frozen, 0)?;
        page.set_footer("&L&A&RPage &P of &N");
        if sheet.frozen > 0 {
            page.set_repeat_rows(0, sheet.frozen - 1)?;
        }
        for (column, width) in (0..).zip(&sheet.widths) {
            page.set_column_width(column, *width)?;
        }
        // A line above whatever begins, across all columns.
        let dressed = |row: u32, format: &Format| {
            let format = if sheet.strong.contains(&row) { format.clone().set_bold() } else { format.clone() };
            if sheet.begins.contains(&row) {
                format.set_border_top(FormatBorder::Hair).set_border_top_color(FIXED)
            } else {
                format
            }
        };
        for row in &sheet.begins {
            for column in 0..sheet.widths.len() as u16 {
                page.write_blank(*row, column, &dressed(*row, &Format::new()))?;
            }
        }
        for (row, column, cell) in &sheet.cells {
            let number = |unit: Unit| Format::new().set_num_format(pattern(unit));
            match cell {
                Cell::Title(text) => page.write_string_with_format(*row, *column, text, &title)?,
                Cell::Ending(text) => page.write_string_with_format(*row, *column, text, &right)?,
                Cell::Heading(text) if text == "Follows" => page.write_string_with_format(*row, *column, text, &follows)?,
                Cell::Heading(text) => page.write_string_with_format(*row, *column, text, &heading)?,
                Cell::Word(text) => page.write_string_with_format(*row, *column, text, &dressed(*row, &word))?,
                Cell::Text(text) => {
                    let format = if text == SUPPRESSED {
                        &star
                    } else if *column > LEADING {
                        &words
                    } else {
                        &plain
                    };
                    page.write_string_with_format(*row, *column, text, &dressed(*row, format))?
                }
                Cell::Input(value, unit) => {
                    let format = dressed(*row, &number(*unit).set_font_color(INPUT));
                    page.write_number_with_format(*row, *column, *value, &format)?
                }
                Cell::Fixed(value, unit) => {
                    let format = dressed(*row, &number(*unit).set_font_color(FIXED));
                    page.write_number_with_format(*row, *column, *value, &format)?
                }
                Cell::Formula { text, value, unit } => {
                    let formula = Formula::new(text).set_result(value.to_string());
                    page.write_formula_with_format(*row, *column, formula, &dressed(*row, &number(*unit)))?
                }
            };
        }
    }
    for (label, cell) in places.all() {
        let name = label.replace('[', "_").replace(']', "");
        workbook.define_name(name, &format!("={cell}"))?;
    }
    workbook.save_to_buffer()
}

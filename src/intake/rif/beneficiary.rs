//! The yearly enrollment files: one `beneficiary_year` per row.

use super::action::Stop;
use crate::error::Result;
use crate::extract::{BeneficiaryYear, Row as _};
use crate::intake::cell;
use crate::intake::delimited::Header;
use crate::intake::enrollment::{MonthCodes, Person, dual_code};
use crate::intake::part::Part;
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::FileReport;
use crate::intake::row::{self, Col, Row};
use crate::rules::EnrollmentRules;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEPT", "OCT", "NOV", "DEC"];
/// September, counted from 0: the end of a prospective window.
const SEPTEMBER: usize = 8;

/// Reads the rows of one file.
pub struct Beneficiaries<'r> {
    rules: &'r EnrollmentRules,
    bene_id: Col,
    year: Col,
    birth: Col,
    death: Col,
    buy_in: [Col; 12],
    plan: [Col; 12],
    status: [Col; 12],
    dual: [Col; 12],
    subsidy: [Col; 12],
    county: [Col; 12],
    esrd: [Col; 12],
}

/// The twelve columns of a field: by name of month, number of month, or two-digit number at the end as in the master
/// beneficiary summary file.
fn monthly(header: &Header, names: &[&str]) -> [Col; 12] {
    std::array::from_fn(|month| {
        let number = month + 1;
        let named = names.iter().map(|name| {
            name.replace("{MON}", MONTHS[month]).replace("{N}", &number.to_string()).replace("{NN}", &format!("{number:02}"))
        });
        let named: Vec<String> = named.collect();
        header.optional(&named.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

/// The same, refusing a file that lacks any month.
fn every_month(header: &Header, names: &[&str]) -> Result<[Col; 12]> {
    let columns = monthly(header, names);
    match columns.iter().position(|col| col.is_absent()) {
        None => Ok(columns),
        Some(month) => {
            let named = names[0].replace("{MON}", MONTHS[month]).replace("{N}", &(month + 1).to_string());
            header.required(&[&named]).map(|_| columns)
        }
    }
}

impl<'r> Beneficiaries<'r> {
    /// Finds the columns of a file.
    ///
    /// # Errors
    /// When one that cannot be done without is missing.
    pub fn new(header: &Header, rules: &'r EnrollmentRules) -> Result<Self> {
        let esrd = monthly(header, &["ESRD_{N}_IND", "ESRD_{MON}_IND", "ESRD_IND_{NN}"]);
        let status_names = ["MDCR_STUS_{MON}_CD", "MDCR_STATUS_CODE_{NN}"];
        let no_flag = esrd.iter().any(|col| col.is_absent());
        Ok(Self {
            rules,
            bene_id: header.required(&["BENE_ID"])?,
            year: header.required(&["RFRNC_YR", "BENE_ENROLLMT_REF_YR"])?,
            birth: header.required(&["BENE_BIRTH_DT"])?,
            death: header.required(&["DEATH_DT", "BENE_DEATH_DT"])?,
            buy_in: every_month(header, &["MDCR_ENTLMT_BUYIN_{N}_IND", "MDCR_ENTLMT_BUYIN_IND_{NN}"])?,
            plan: every_month(header, &["HMO_{N}_IND", "HMO_IND_{NN}"])?,
            status: if no_flag { every_month(header, &status_names)? } else { monthly(header, &status_names) },
            dual: every_month(header, &["META_DUAL_ELGBL_STUS_{MON}_CD", "DUAL_STUS_CD_{NN}"])?,
            subsidy: monthly(header, &["CST_SHR_GRP_{MON}_CD", "CST_SHR_GRP_CD_{NN}"]),
            county: every_month(header, &["FIPS_STATE_CNTY_{MON}_CD", "STATE_CNTY_FIPS_CD_{NN}"])?,
            esrd,
        })
    }

    /// Takes a row.
    ///
    /// # Errors
    /// A row that cannot be taken, or a file that cannot be written.
    pub fn take(&self, row: Row<'_>, years: &mut Part, report: &mut FileReport) -> Result<(), Stop> {
        let bene_id = row.the_text(self.bene_id)?;
        let year: u16 = row.the_number(self.year)?;
        let (birth, death) = (row.day(self.birth)?, row.day(self.death)?);
        let codes = self.rules.at(year).map_err(|_| row::at(Reason::NotANumber, self.year))?; // no year of the program
        let person = Person::new(codes, year, birth, death);
        let mut status = [b'0'; 12];
        for (month, status) in status.iter_mut().enumerate() {
            let told = self.month(row, &person, month)?;
            *status = told.status.code();
            if told.esrd_by_status {
                report.note("ESRD months told by MDCR_STUS, for want of a monthly flag; they include months after a graft");
            }
            if told.age_by_status {
                report.note("months told aged or disabled by MDCR_STUS, for want of a day of birth");
            }
        }
        let dual = self.dual.map(|col| dual_code(row.bytes(col))[1]);
        let subsidy = self.subsidy.map(|col| b'0' + u8::from(person.codes.low_income_subsidy.has(&two_digits(row.bytes(col)))));
        let medicare: Vec<u8> = self.status.iter().flat_map(|col| two_digits(row.bytes(*col))).collect();
        let (december, september) = (self.county_at(row, 11), self.county_at(row, SEPTEMBER));
        if december.is_none() {
            report.note("persons without a county: they are assigned to no ACO in that year");
        }
        let record = BeneficiaryYear {
            bene_id,
            year,
            status: ascii(&status),
            county: december.as_ref().map(|code| ascii(code)),
            county_september: september.as_ref().filter(|code| Some(*code) != december.as_ref()).map(|code| ascii(code)),
            birth_date: birth,
            death_date: death,
            dual_status: Some(ascii(&dual)),
            lis_status: (!self.subsidy[0].is_absent()).then(|| ascii(&subsidy)),
            medicare_status: (!self.status[0].is_absent()).then(|| ascii(&medicare)),
            other_initiative: None,
        };
        years.push(bene_id, &record)?;
        report.wrote_row(BeneficiaryYear::TABLE.name);
        report.years.insert(year);
        Ok(())
    }

    fn month(&self, row: Row<'_>, person: &Person<'_>, month: usize) -> Result<crate::intake::enrollment::Month, Refused> {
        let flag = cell::flag(row.bytes(self.esrd[month])).map_err(|reason| row::at(reason, self.esrd[month]))?;
        let codes = MonthCodes {
            buy_in: row.bytes(self.buy_in[month]),
            plan: row.bytes(self.plan[month]),
            medicare_status: row.bytes(self.status[month]),
            dual: row.bytes(self.dual[month]),
            esrd: flag,
        };
        person.month(month, &codes).map_err(|reason| {
            let col = if reason == Reason::NoAge { self.birth } else { self.buy_in[month] };
            row::at(reason, col)
        })
    }

    /// The county of a month, or of the last month before it that has one.
    fn county_at(&self, row: Row<'_>, month: usize) -> Option<[u8; 5]> {
        self.county[..=month].iter().rev().find_map(|col| county(row.bytes(*col)))
    }
}

/// A FIPS county of five digits, from which an export may have taken the leading zero; none when it is no county.
fn county(code: &[u8]) -> Option<[u8; 5]> {
    let mut five = [b'0'; 5];
    if !(4..=5).contains(&code.len()) || !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    five[5 - code.len()..].copy_from_slice(code);
    (five != *b"00000").then_some(five)
}

/// A code as two digits; `00` when it is none.
fn two_digits(code: &[u8]) -> [u8; 2] {
    match *code {
        [digit] if digit.is_ascii_digit() => [b'0', digit],
        [tens, digit] if tens.is_ascii_digit() && digit.is_ascii_digit() => [tens, digit],
        _ => *b"00",
    }
}

/// Text made of digits and capital letters only.
fn ascii(code: &[u8]) -> &str {
    std::str::from_utf8(code).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{county, two_digits};

    #[test]
    fn counties_are_five_digits_or_none() {
        assert_eq!(county(b"25017"), Some(*b"25017"));
        assert_eq!(county(b"1001"), Some(*b"01001"));
        assert_eq!([county(b""), county(b"00000"), county(b"2501A"), county(b"017")], [None; 4]);
    }

    #[test]
    fn codes_are_two_digits_or_nothing() {
        assert_eq!([two_digits(b"4"), two_digits(b"09"), two_digits(b"NA"), two_digits(b"")], [*b"04", *b"09", *b"00", *b"00"]);
    }
}

//! Who was enrolled when, as far as monthly demographics tell (CCLF8).
//!
//! A delivery says how things are in its month. A month without a delivery takes what the next delivery that holds the person
//! says; a month after the last such delivery is not known, and counts as not enrolled. The feed says nothing of group plans or
//! low-income subsidies.

use ahash::HashMap;

use super::blocks::{self, Block, Line, Spare};
use super::delivery::Piece;
use super::identity::{Identities, Mbi, mbi};
use super::layout::{FileKind, Layouts, Record, Span, fields};
use crate::error::Result;
use crate::extract::BeneficiaryYear;
use crate::intake::enrollment::{MonthCodes, Person, dual_code};
use crate::intake::refusal::{Reason, Refused};
use crate::intake::report::FileReport;
use crate::money::Cents;
use crate::rules::EnrollmentRules;

/// September, counted from 0: the end of a prospective window.
const SEPTEMBER: usize = 8;

fields! {
    /// What is taken of CCLF8.
    Field {
        Person "BENE_MBI_ID",
        State "BENE_FIPS_STATE_CD",
        County "BENE_FIPS_CNTY_CD",
        Birth "BENE_DOB",
        Status "BENE_MDCR_STUS_CD",
        Dual "BENE_DUAL_STUS_CD",
        Death "BENE_DEATH_DT",
        BuyIn "BENE_ENTLMT_BUYIN_IND",
        PartA "BENE_PART_A_ENRLMT_BGN_DT",
        PartB "BENE_PART_B_ENRLMT_BGN_DT",
    }
}

/// What one delivery says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Snapshot {
    county: Option<[u8; 5]>,
    birth: Option<i32>,
    death: Option<i32>,
    medicare: [u8; 2],
    dual: [u8; 2],
    buy_in: u8,
    part_a: Option<i32>,
    part_b: Option<i32>,
}

/// The months, counted from year 0, from and to which deliveries say the same of a person.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: i32,
    to: i32,
    said: Snapshot,
}

/// Everyone whom a delivery holds.
#[derive(Debug, Default)]
pub struct People {
    by_person: HashMap<Mbi, Vec<Stretch>>,
    last_month: i32,
}

impl People {
    /// Reads the demographics of every delivery, in order.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(pieces: &[Piece], layouts: &Layouts, identities: &Identities) -> Result<(Self, Vec<FileReport>)> {
        let layout = layouts.of(FileKind::People)?;
        let spans = layout.spans(Field::NAMES)?;
        let mut people = Self::default();
        let mut reports = Vec::new();
        let spare = Spare::default();
        for piece in pieces.iter().filter(|piece| piece.kind == FileKind::People) {
            let made = piece.delivery.made;
            let month = i32::from(made.year()) * 12 + i32::from(made.month()) - 1;
            people.last_month = people.last_month.max(month);
            let mut report = FileReport::new(piece.path.clone(), &layout.title);
            report.file = piece.name();
            piece.with_text(|text| {
                let read =
                    |block: &Block| block.lines().map(|(number, line)| (number, read_line(line, &spans))).collect::<Vec<_>>();
                blocks::each(piece, layout, text, &spare, read, |lines| {
                    for (number, line) in lines {
                        report.tally.read(Cents::ZERO);
                        match line {
                            Ok((person, said)) => people.take(identities.current(person), month, said),
                            Err(refused) => {
                                report.tally.refuse(refused, Cents::ZERO, number, |field| Field::NAMES[field].to_string());
                            }
                        }
                    }
                    Ok(())
                })
            })?;
            reports.push(report);
        }
        Ok((people, reports))
    }

    fn take(&mut self, person: Mbi, month: i32, said: Snapshot) {
        let known = self.by_person.entry(person).or_default();
        match known.last_mut() {
            // Two deliveries of one month, or one person under two identifiers: the later has the last word.
            Some(last) if last.from == month => last.said = said,
            Some(last) if last.said == said => last.to = month,
            Some(last) if last.to == month => {
                last.to = month - 1;
                known.push(Stretch { from: month, to: month, said });
            }
            _ => known.push(Stretch { from: month, to: month, said }),
        }
    }

    /// The people, in order.
    #[must_use]
    pub fn in_order(&self) -> Vec<Mbi> {
        let mut people: Vec<Mbi> = self.by_person.keys().copied().collect();
        people.sort_unstable();
        people
    }

    /// Whether a delivery holds the person.
    #[must_use]
    pub fn has(&self, person: &[u8]) -> bool {
        mbi(person).is_ok_and(|person| self.by_person.contains_key(&person))
    }

    /// The year of the last delivery.
    #[must_use]
    pub fn last_year(&self) -> u16 {
        (self.last_month / 12) as u16
    }

    /// Hands the enrollment of a person in a year to `write`, with how many of its months no delivery tells.
    ///
    /// # Errors
    /// When the year has no rules, a code is unknown, or `write` fails.
    pub fn year<T>(
        &self,
        person: &Mbi,
        year: u16,
        rules: &EnrollmentRules,
        write: impl FnOnce(&BeneficiaryYear<'_>, &Told) -> T,
    ) -> Result<Result<T, Refused>> {
        let Some(known) = self.by_person.get(person) else { return Ok(Err(Reason::Blank.into())) };
        let Some(last) = known.last().map(|span| span.said) else { return Ok(Err(Reason::Blank.into())) };
        let death = known.iter().rev().find_map(|span| span.said.death);
        let who = Person::new(rules.at(year)?, year, last.birth, death);
        let (mut status, mut dual, mut medicare) = ([b'0'; 12], [b'0'; 12], [b'0'; 24]);
        let mut counties = [None; 12];
        let mut told = Told::default();
        for month in 0..12 {
            let at = i32::from(year) * 12 + month as i32;
            let Some(span) = known.iter().find(|span| at <= span.to) else {
                told.unknown_months += u64::from(at <= self.last_month && !is_dead(death, at));
                continue;
            };
            let said = span.said;
            let buy_in = said.parts_at(at);
            let codes =
                MonthCodes { buy_in: &buy_in, plan: b"", medicare_status: trimmed(&said.medicare), dual: &said.dual, esrd: None };
            let read = match who.month(month, &codes) {
                Ok(read) => read,
                Err(reason) => return Ok(Err(Refused { reason, column: Some(Field::BuyIn as usize) })),
            };
            told.esrd_by_status += u64::from(read.esrd_by_status);
            status[month] = read.status.code();
            dual[month] = dual_code(trimmed(&said.dual))[1];
            medicare[2 * month..2 * month + 2].copy_from_slice(&two_digits(said.medicare));
            counties[month] = said.county;
        }
        let county_at = |month: usize| counties[..=month].iter().rev().find_map(|county| *county);
        let (december, september) = (county_at(11), county_at(SEPTEMBER));
        let id = text(person).trim_end();
        let row = BeneficiaryYear {
            bene_id: id,
            year,
            status: text(&status),
            county: december.as_ref().map(|code| text(code)),
            county_september: september.as_ref().filter(|code| Some(*code) != december.as_ref()).map(|code| text(code)),
            birth_date: last.birth,
            death_date: death,
            dual_status: Some(text(&dual)),
            lis_status: None,
            medicare_status: Some(text(&medicare)),
            other_initiative: None,
        };
        Ok(Ok(write(&row, &told)))
    }
}

/// What the months of a year rest on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Months that no delivery tells, though one was made later.
    pub unknown_months: u64,
    /// Months of ESRD told from the Medicare status.
    pub esrd_by_status: u64,
}

fn is_dead(death: Option<i32>, month: i32) -> bool {
    let first = jiff::civil::Date::new((month / 12) as i16, (month % 12 + 1) as i8, 1).map(crate::intake::cell::days);
    death.is_some_and(|death| first.is_ok_and(|first| death < first))
}

impl Snapshot {
    /// The buy-in code as it was in a month: a part that began later is taken out; a blank code is told from the beginnings.
    fn parts_at(&self, month: i32) -> [u8; 1] {
        let first =
            jiff::civil::Date::new((month / 12) as i16, (month % 12 + 1) as i8, 1).map_or(i32::MAX, crate::intake::cell::days);
        let begun = |day: Option<i32>| day.is_none_or(|day| day <= first);
        let (a, b) = (begun(self.part_a), begun(self.part_b));
        let code = match self.buy_in {
            b' ' if self.part_a.is_some() && self.part_b.is_some() => b'3',
            b' ' if self.part_a.is_some() => b'1',
            b' ' if self.part_b.is_some() => b'2',
            code => code,
        };
        [match (code, a, b) {
            (code, true, true) => code,
            (b'3' | b'C', true, false) => code - 2,
            (b'3' | b'C', false, true) => code - 1,
            (b'1' | b'A', true, false) | (b'2' | b'B', false, true) => code,
            _ => b'0',
        }]
    }
}

fn read_line(line: Line<'_>, spans: &[Span]) -> Result<(Mbi, Snapshot), Refused> {
    let Line::Record(record) = line else { return Err(Reason::RecordLength.into()) };
    let record = Record::new(record, spans);
    let person = mbi(record.bytes(Field::Person)).map_err(|reason| Refused { reason, column: Some(Field::Person as usize) })?;
    let pair = |field: Field| match *record.bytes(field) {
        [] => *b"  ",
        [one] => [b'0', one],
        [one, two, ..] => [one, two],
    };
    let said = Snapshot {
        county: county(record.bytes(Field::State), record.bytes(Field::County)),
        birth: record.day(Field::Birth)?,
        death: record.day(Field::Death)?,
        medicare: pair(Field::Status),
        dual: pair(Field::Dual),
        buy_in: record.bytes(Field::BuyIn).first().copied().unwrap_or(b' '),
        part_a: record.day(Field::PartA)?,
        part_b: record.day(Field::PartB)?,
    };
    Ok((person, said))
}

/// State and county as one FIPS code; none when either is no number, or the county is unknown.
fn county(state: &[u8], county: &[u8]) -> Option<[u8; 5]> {
    let number = |code: &[u8]| crate::intake::cell::whole(code).ok().flatten();
    let (state, county) = (number(state).filter(|n| (1..100).contains(n))?, number(county).filter(|n| (1..1_000).contains(n))?);
    let digit = |n: u64| b'0' + (n % 10) as u8;
    Some([digit(state / 10), digit(state), digit(county / 100), digit(county / 10), digit(county)])
}

fn trimmed(code: &[u8]) -> &[u8] {
    code.trim_ascii()
}

fn two_digits(code: [u8; 2]) -> [u8; 2] {
    if code.iter().all(u8::is_ascii_digit) { code } else { *b"00" }
}

/// Text known to be ASCII.
fn text(code: &[u8]) -> &str {
    std::str::from_utf8(code).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{People, Snapshot, county};
    use crate::intake::cclf::identity::mbi;
    use crate::intake::cell::day;
    use crate::rules::EnrollmentRules;

    fn snapshot() -> Snapshot {
        Snapshot {
            county: Some(*b"06075"),
            birth: day(b"1940-05-10").unwrap(),
            death: None,
            medicare: *b"10",
            dual: *b"  ",
            buy_in: b'3',
            part_a: None,
            part_b: None,
        }
    }

    fn year(people: &People, year: u16) -> (String, u64) {
        let rules = EnrollmentRules::embedded().unwrap();
        let told = people.year(&mbi(b"P").unwrap(), year, &rules, |row, told| (row.status.to_string(), told.unknown_months));
        told.unwrap().unwrap()
    }

    const JANUARY_2022: i32 = 2022 * 12;

    #[test]
    fn a_month_takes_what_the_next_delivery_says() {
        let mut people = People { last_month: JANUARY_2022 + 8, ..People::default() };
        people.take(mbi(b"P").unwrap(), JANUARY_2022 + 2, snapshot());
        people.take(mbi(b"P").unwrap(), JANUARY_2022 + 5, Snapshot { dual: *b"02", ..snapshot() });
        people.take(mbi(b"P").unwrap(), JANUARY_2022 + 6, Snapshot { buy_in: b'1', ..snapshot() });
        // Through March as March says, through June as June says, July; August and September no delivery tells.
        assert_eq!(year(&people, 2022), ("444333A00000".to_string(), 2));
        assert_eq!(year(&people, 2021), ("444444444444".to_string(), 0));
    }

    #[test]
    fn parts_begin_when_they_begin_and_the_dead_are_not_enrolled() {
        let mut people = People { last_month: JANUARY_2022 + 11, ..People::default() };
        let said = Snapshot {
            part_a: day(b"2022-02-01").unwrap(),
            part_b: day(b"2022-04-01").unwrap(),
            death: day(b"2022-06-15").unwrap(),
            ..snapshot()
        };
        people.take(mbi(b"P").unwrap(), JANUARY_2022 + 11, said);
        assert_eq!(year(&people, 2022).0, "0AA444000000");
        assert_eq!(Snapshot { buy_in: b' ', ..said }.parts_at(JANUARY_2022 + 5), *b"3");
        assert_eq!(Snapshot { buy_in: b'C', ..said }.parts_at(JANUARY_2022 + 2), *b"A");
        assert_eq!(Snapshot { buy_in: b'2', ..said }.parts_at(JANUARY_2022 + 2), *b"0");
    }

    #[test]
    fn counties_are_of_known_states_and_counties() {
        assert_eq!(county(b"06", b"075"), Some(*b"06075"));
        assert_eq!(county(b"6", b"75"), Some(*b"06075"));
        assert_eq!([county(b"", b"075"), county(b"06", b""), county(b"00", b"001"), county(b"06", b"XXX")], [None; 4]);
    }
}

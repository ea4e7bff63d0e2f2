//! Hospital claims that begin an episode of COVID-19, before anything is paid.

use super::enroll::CHUNK;
use crate::beneficiary::{Admission, Cohort, IdTable, NOBODY, Policy, StayEnd, episode_months};
use crate::disk::Meter;
use crate::error::Result;
use crate::scan::Extract;
use crate::scan::over_units;
use crate::scan::{ColumnCursor, NULL_INT};

/// Takes the months of every episode out of the cohort's enrollment. Files without a diagnosis flag are not read.
pub fn exclude(extract: &Extract, ids: &IdTable, policy: &Policy, cohort: &Cohort, meter: &Meter) -> Result<()> {
    let calendar = policy.calendar();
    // An episode of a year's last weeks reaches into the next, so one year's test serves every stay that touches the run.
    let Some(test) = policy.episodes.iter().flatten().next().filter(|test| !test.claim_types.is_empty()) else { return Ok(()) };
    let flagged = ["covid_b9729", "covid_u071"];
    let mut units = extract.claim_header.units();
    units.retain(|(file, _)| flagged.iter().any(|name| file.may_have_values(name)));
    over_units(
        &units,
        || (),
        |(), file, group| {
            let open = |name| ColumnCursor::open(file, group, name);
            let (mut bene, mut ccn) = (open("bene_id")?, open("ccn")?);
            let mut numbers = [open("claim_type")?, open("admission_date")?, open("discharge_date")?];
            let mut flags = [open("covid_b9729")?, open("covid_u071")?, open("covid_no_positive_test")?];
            let (mut benes, mut hospitals) = (Vec::new(), Vec::new());
            let mut cells: [Vec<i64>; 6] = Default::default();
            let mut left = group.rows;
            while left > 0 {
                let take = left.min(CHUNK);
                bene.read_codes(take, &mut benes, NOBODY, &mut |text| ids.number(text))?;
                ccn.read_codes(take, &mut hospitals, 0, &mut |text| test.hospital(text).map_or(0, |end| end as u32))?;
                for (cursor, cells) in numbers.iter_mut().chain(&mut flags).zip(&mut cells) {
                    cursor.read_ints(take, cells)?;
                }
                for row in (0..take).filter(|row| benes[*row] < NOBODY) {
                    let day = |at: usize| Some(cells[at][row]).filter(|day| *day != NULL_INT);
                    let stay = Admission {
                        claim_type: cells[0][row],
                        hospital: match hospitals[row] {
                            1 => Some(StayEnd::Admission),
                            2 => Some(StayEnd::Discharge),
                            _ => None,
                        },
                        admitted: day(1),
                        discharged: day(2),
                        b9729: cells[3][row] == 1,
                        u071: cells[4][row] == 1,
                        no_positive_test: cells[5][row] == 1,
                    };
                    let Some((admitted, discharged)) = test.begins(&stay) else { continue };
                    for month in episode_months(admitted, discharged) {
                        let Ok(year) = u16::try_from(month / 12) else { continue };
                        for month in calendar.months_of(year, (month % 12) as usize) {
                            let partition = cohort.partition_of(benes[row]);
                            cohort.enter(partition).exclude(benes[row], month);
                        }
                    }
                }
                left -= take;
                meter.add_rows(take as u64);
            }
            Ok(())
        },
    )?;
    Ok(())
}

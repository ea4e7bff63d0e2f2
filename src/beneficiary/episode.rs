//! Episodes of COVID-19: which stays begin one, and which months it takes out (42 CFR 425.611(b)).

/// Days that a stay with a diagnosis must lie in, since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EpisodeDays {
    /// First day of discharge.
    pub discharged_from: i64,
    /// Last day of discharge.
    pub discharged_until: i64,
    /// Last day of admission.
    pub admitted_until: i64,
}

impl EpisodeDays {
    fn hold(self, admitted: i64, discharged: i64) -> bool {
        (self.discharged_from..=self.discharged_until).contains(&discharged) && admitted <= self.admitted_until
    }
}

/// What a stay must be to begin an episode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpisodeTest {
    /// Claim types of hospitals.
    pub claim_types: Vec<u8>,
    /// Last four characters of the CCN.
    pub ccn_ranges: Vec<([u8; 4], [u8; 4])>,
    /// Third characters of the CCN of hospital units.
    pub ccn_third: Vec<u8>,
    /// Days with the first diagnosis.
    pub b9729: EpisodeDays,
    /// Days with the second diagnosis.
    pub u071: EpisodeDays,
}

/// A hospital claim as the test sees it.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    /// Claim type.
    pub claim_type: i64,
    /// Whether the CCN is of the hospitals that count, by [`EpisodeTest::hospital`].
    pub hospital: bool,
    /// Day of admission.
    pub admitted: Option<i64>,
    /// Day of discharge.
    pub discharged: Option<i64>,
    /// The first diagnosis is on the claim.
    pub b9729: bool,
    /// The second diagnosis is on the claim.
    pub u071: bool,
    /// No positive test.
    pub no_positive_test: bool,
}

impl EpisodeTest {
    /// Whether a CCN is of a hospital whose stays count.
    pub fn hospital(&self, ccn: &[u8]) -> bool {
        let ccn = ccn.trim_ascii();
        let unit = ccn.get(2).is_some_and(|third| self.ccn_third.contains(&third.to_ascii_uppercase()));
        let number: Option<[u8; 4]> = ccn.len().checked_sub(4).and_then(|at| ccn[at..].try_into().ok());
        unit || number.is_some_and(|number| self.ccn_ranges.iter().any(|(from, to)| (*from..=*to).contains(&number)))
    }

    /// Days of admission and discharge of a stay that begins an episode.
    pub fn begins(&self, stay: &Admission) -> Option<(i64, i64)> {
        let (admitted, discharged) = (stay.admitted?, stay.discharged?);
        let kind = self.claim_types.iter().any(|kind| i64::from(*kind) == stay.claim_type);
        let days = (stay.b9729 && self.b9729.hold(admitted, discharged)) || (stay.u071 && self.u071.hold(admitted, discharged));
        (kind && stay.hospital && !stay.no_positive_test && days && admitted <= discharged).then_some((admitted, discharged))
    }
}

/// Months, as `12 * year + month - 1` of the civil calendar, from the month of one day through the month after another.
pub fn months(admitted: i64, discharged: i64) -> std::ops::RangeInclusive<i32> {
    civil_month(admitted)..=civil_month(discharged) + 1
}

fn civil_month(day: i64) -> i32 {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).unwrap_or_default());
    date.map_or(0, |date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
}

#[cfg(test)]
mod tests {
    use super::{Admission, EpisodeDays, EpisodeTest, months};
    use crate::beneficiary::day_of;

    fn day(year: i16, month: i8, day: i8) -> i64 {
        i64::from(day_of(year, month, day))
    }

    #[test]
    fn an_episode_runs_from_the_month_of_admission_through_the_month_after_discharge() {
        let range = months(day(2020, 11, 28), day(2020, 12, 2));
        assert_eq!(range, 2020 * 12 + 10..=2021 * 12);
    }

    #[test]
    fn a_stay_begins_an_episode_by_hospital_diagnosis_and_days() {
        let test = EpisodeTest {
            claim_types: vec![60],
            ccn_ranges: vec![(*b"0001", *b"0899")],
            ccn_third: vec![b'T'],
            u071: EpisodeDays {
                discharged_from: day(2020, 4, 1),
                discharged_until: day(2030, 1, 1),
                admitted_until: day(2023, 5, 11),
            },
            ..EpisodeTest::default()
        };
        assert!(test.hospital(b"050700") && test.hospital(b"05T999") && !test.hospital(b"055700") && !test.hospital(b"7"));
        let stay = Admission {
            claim_type: 60,
            hospital: true,
            admitted: Some(day(2020, 3, 30)),
            discharged: Some(day(2020, 4, 1)),
            b9729: false,
            u071: true,
            no_positive_test: false,
        };
        assert!(test.begins(&stay).is_some());
        for refused in [
            Admission { claim_type: 40, ..stay },
            Admission { hospital: false, ..stay },
            Admission { discharged: None, ..stay },
            Admission { discharged: Some(day(2020, 3, 31)), ..stay },
            Admission { admitted: Some(day(2023, 5, 12)), discharged: Some(day(2023, 5, 20)), ..stay },
            Admission { u071: false, b9729: true, ..stay },
            Admission { no_positive_test: true, ..stay },
        ] {
            assert!(test.begins(&refused).is_none(), "{refused:?}");
        }
    }
}

//! Episodes of COVID-19: which stays begin one, and which months it takes out (42 CFR 425.611(b)).

/// A span of days, since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EpisodeDays {
    /// First day.
    pub first: i64,
    /// Last day.
    pub last: i64,
}

impl EpisodeDays {
    fn hold(self, day: i64) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

/// The end of a stay that must lie within the emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum StayEnd {
    /// Its first day.
    Admission = 1,
    /// Its last.
    Discharge = 2,
}

/// Last four characters of a CCN, from and to.
pub type CcnRange = ([u8; 4], [u8; 4]);

/// What a stay must be to begin an episode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpisodeTest {
    /// Claim types of hospitals.
    pub claim_types: Vec<u8>,
    /// Hospitals under prospective payment.
    pub prospective_payment: Vec<CcnRange>,
    /// Other hospitals.
    pub others: Vec<CcnRange>,
    /// Third characters of the CCN of hospital units outside prospective payment.
    pub other_thirds: Vec<u8>,
    /// First two characters of the CCN of hospitals that would be under prospective payment in other States.
    pub other_states: Vec<[u8; 2]>,
    /// The end that is asked of every stay, where it is not told by the hospital.
    pub end: Option<StayEnd>,
    /// The emergency.
    pub emergency: EpisodeDays,
    /// Days of discharge with the first diagnosis.
    pub b9729: EpisodeDays,
    /// Days of discharge with the second diagnosis.
    pub u071: EpisodeDays,
}

/// A hospital claim as the test sees it.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    /// Claim type.
    pub claim_type: i64,
    /// Which end of its stays must lie within the emergency, by [`EpisodeTest::hospital`]; none for one whose stays do not count.
    pub hospital: Option<StayEnd>,
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
    /// Which end of the stays in a hospital must lie within the emergency (42 CFR 425.611(b)(1)), by its CCN.
    pub fn hospital(&self, ccn: &[u8]) -> Option<StayEnd> {
        let ccn = ccn.trim_ascii();
        let number: Option<[u8; 4]> = ccn.len().checked_sub(4).and_then(|at| ccn[at..].try_into().ok());
        let among = |ranges: &[CcnRange]| number.is_some_and(|ccn| ranges.iter().any(|(from, to)| (*from..=*to).contains(&ccn)));
        let unit = ccn.get(2).is_some_and(|third| self.other_thirds.contains(&third.to_ascii_uppercase()));
        let told = if unit || among(&self.others) {
            StayEnd::Admission
        } else if !among(&self.prospective_payment) {
            return None;
        } else if self.other_states.iter().any(|state| ccn.starts_with(state)) {
            StayEnd::Admission
        } else {
            StayEnd::Discharge
        };
        Some(self.end.unwrap_or(told))
    }

    /// Days of admission and discharge of a stay that begins an episode.
    pub fn begins(&self, stay: &Admission) -> Option<(i64, i64)> {
        let (admitted, discharged) = (stay.admitted?, stay.discharged?);
        let within = self.emergency.hold(match stay.hospital? {
            StayEnd::Admission => admitted,
            StayEnd::Discharge => discharged,
        });
        let kind = self.claim_types.iter().any(|kind| i64::from(*kind) == stay.claim_type);
        let diagnosis = (stay.b9729 && self.b9729.hold(discharged)) || (stay.u071 && self.u071.hold(discharged));
        (kind && within && diagnosis && !stay.no_positive_test && admitted <= discharged).then_some((admitted, discharged))
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
    use super::{Admission, EpisodeDays, EpisodeTest, StayEnd, months};
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
            prospective_payment: vec![(*b"0001", *b"0899")],
            others: vec![(*b"1300", *b"1399")],
            other_thirds: vec![b'T'],
            other_states: vec![*b"21"],
            emergency: EpisodeDays { first: day(2020, 1, 27), last: day(2023, 5, 11) },
            u071: EpisodeDays { first: day(2020, 4, 1), last: day(2030, 1, 1) },
            ..EpisodeTest::default()
        };
        let (admission, discharge) = (Some(StayEnd::Admission), Some(StayEnd::Discharge));
        for (ccn, end) in [
            (&b"050700"[..], discharge),
            (b" 050700", discharge),
            (b"210700", admission),
            (b"051300", admission),
            (b"05T999", admission),
            (b"05t999", admission),
            (b"055700", None),
            (b"7", None),
        ] {
            assert_eq!(test.hospital(ccn), end, "{ccn:?}");
        }
        let by_discharge = EpisodeTest { end: discharge, ..test.clone() };
        assert_eq!((by_discharge.hospital(b"05T999"), by_discharge.hospital(b"055700")), (discharge, None));
        let stay = Admission {
            claim_type: 60,
            hospital: admission,
            admitted: Some(day(2020, 3, 30)),
            discharged: Some(day(2020, 4, 1)),
            b9729: false,
            u071: true,
            no_positive_test: false,
        };
        let last = Admission { admitted: Some(day(2023, 5, 11)), discharged: Some(day(2023, 5, 20)), ..stay };
        assert!(test.begins(&stay).is_some() && test.begins(&last).is_some());
        for refused in [
            Admission { claim_type: 40, ..stay },
            Admission { hospital: None, ..stay },
            Admission { discharged: None, ..stay },
            Admission { discharged: Some(day(2020, 3, 31)), ..stay },
            Admission { hospital: discharge, ..last },
            Admission { admitted: Some(day(2023, 5, 12)), ..last },
            Admission { admitted: Some(day(2020, 1, 26)), ..stay },
            Admission { u071: false, b9729: true, ..stay },
            Admission { no_positive_test: true, ..stay },
        ] {
            assert!(test.begins(&refused).is_none(), "{refused:?}");
        }
    }
}

//! Practices and facilities of each county, and which of them belong to ACOs.

use super::geography::County;
use super::ids::{Short, digits};
use super::parameters::Market;
use super::plan::Plan;
use super::random::{Purpose, Stream, unit_of};

/// Clinicians of a practice.
pub const CLINICIANS: u64 = 16;
/// Specialties of the clinicians of a primary care practice: physicians, then others, then a few specialists.
const PRIMARY: [&str; 16] = ["11", "08", "08", "11", "38", "01", "37", "50", "50", "97", "89", "50", "06", "39", "46", "26"];
/// Specialties of the clinicians of a specialist practice: first those that count in step 2 of assignment, then others.
const SPECIALIST: [&str; 16] = ["06", "39", "29", "13", "46", "83", "25", "16", "26", "90", "30", "18", "02", "20", "07", "93"];
/// How many clinicians of a primary care practice are primary care physicians, and where the other clinicians end.
pub const PRIMARY_PHYSICIANS: u64 = 7;
pub const PRIMARY_OTHERS_END: u64 = 12;
/// How many clinicians of a specialist practice have a specialty that counts in step 2.
pub const STEP_TWO_SPECIALISTS: u64 = 10;

/// A practice billing under one TIN.
#[derive(Debug, Clone)]
pub struct Practice {
    /// Taxpayer number.
    pub tin: Short<9>,
    /// ACOs it belongs to.
    pub acos: [Option<u16>; 2],
    /// First year in which it is on their lists, and the first in which it no longer is.
    pub listed: (u16, u16),
    /// Whether it is a primary care practice.
    pub primary: bool,
}

/// Facilities of a county.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a property of its own
pub struct Facilities {
    /// Acute hospital or critical access hospital.
    pub hospital: Short<6>,
    /// Whether the hospital is a critical access hospital billing for its physicians.
    pub critical_access: bool,
    /// Whether it has indirect medical education.
    pub teaching: bool,
    /// Whether it gets the supplement for IHS, Tribal and Puerto Rico hospitals.
    pub supplement: bool,
    /// Whether it is paid outside the prospective system, as in Maryland.
    pub maryland: bool,
    /// Whether it elected teaching amendment billing.
    pub teaching_amendment: bool,
    /// Rehabilitation, long-term or psychiatric hospital of the state.
    pub other_hospital: Short<6>,
    /// Skilled nursing facility.
    pub nursing: Short<6>,
    /// Home health agency.
    pub home_health: Short<6>,
    /// Hospice.
    pub hospice: Short<6>,
    /// Federally qualified health center.
    pub qualified_center: Short<6>,
    /// Rural health clinic, in rural counties.
    pub rural_clinic: Option<Short<6>>,
    /// The ACO to which its clinics and its hospital's outpatient departments belong.
    pub aco: Option<u16>,
    /// Taxpayer number that owns them.
    pub tin: Short<9>,
}

/// Practices of a county: a range of all practices, primary care first, with cumulative sizes.
#[derive(Debug, Clone)]
pub struct Local {
    /// First primary care practice.
    pub first: u32,
    /// Cumulative shares of the primary care practices.
    pub cumulative: Vec<f32>,
    /// Specialist practices that follow them.
    pub specialists: u32,
}

impl Local {
    /// The primary care practice at a point between 0 and 1 of the cumulative sizes.
    #[inline]
    pub fn primary_at(&self, point: f64) -> u32 {
        let place = self.cumulative.partition_point(|share| f64::from(*share) < point).min(self.cumulative.len() - 1);
        self.first + place as u32
    }

    /// A specialist practice.
    #[inline]
    pub fn specialist(&self, stream: &mut Stream) -> u32 {
        self.first + self.cumulative.len() as u32 + stream.below(u64::from(self.specialists)) as u32
    }
}

/// All practices and facilities.
#[derive(Debug, Clone)]
pub struct MarketPlace {
    /// Practices, county by county.
    pub practices: Vec<Practice>,
    /// Per county.
    pub local: Vec<Local>,
    /// Per county.
    pub facilities: Vec<Facilities>,
}

/// The NPI of a clinician of a practice.
#[inline]
pub fn npi(practice: u32, clinician: u64) -> u64 {
    1_000_000_000 + u64::from(practice) * CLINICIANS + clinician
}

/// The specialty of a clinician of a practice.
#[inline]
pub fn specialty(primary: bool, clinician: u64) -> Short<2> {
    Short::new(if primary { PRIMARY } else { SPECIALIST }[clinician as usize])
}

impl MarketPlace {
    /// The practices and facilities of the counties.
    pub fn new(plan: &Plan, market: &Market, counties: &[County]) -> Self {
        let total: f64 = counties.iter().map(|county| county.weight.iter().sum::<f64>()).sum();
        let mut place = Self { practices: Vec::new(), local: Vec::new(), facilities: Vec::new() };
        let mut passed = 0.0;
        let mut ends = Vec::with_capacity(counties.len());
        for (number, county) in counties.iter().enumerate() {
            let share = county.weight.iter().sum::<f64>() / total;
            let block = ((passed + share / 2.0) * f64::from(plan.acos)) as u32;
            passed += share;
            ends.push(passed);
            let aco = (plan.acos > 0).then(|| block.min(plan.acos - 1) as u16);
            place.add_practices(plan, market, number, share, aco);
            place.facilities.push(facilities(plan, market, number, county, aco));
        }
        place.leave_no_aco_without(plan.acos, &ends);
        place
    }

    /// Where counties are fewer or larger than the ACOs' parts of the nation, some ACO has no county of its own: it gets a
    /// practice in the county that holds the middle of its part. `ends` are the counties' ends, as shares of the nation.
    fn leave_no_aco_without(&mut self, acos: u32, ends: &[f64]) {
        for aco in 0..acos as u16 {
            if self.practices.iter().any(|practice| practice.acos[0] == Some(aco)) {
                continue;
            }
            let middle = (f64::from(aco) + 0.5) / f64::from(acos);
            let county = ends.partition_point(|end| *end <= middle).min(ends.len().saturating_sub(1));
            let Some(local) = self.local.get(county) else { continue };
            let first = local.first as usize;
            let primary = first..first + local.cumulative.len();
            let free = primary.clone().find(|practice| self.practices[*practice].acos[0].is_none());
            let Some(practice) = free.or(primary.last()) else { continue };
            let practice = &mut self.practices[practice];
            practice.acos = [Some(aco), None];
            practice.listed = (0, u16::MAX);
        }
    }

    fn add_practices(&mut self, plan: &Plan, market: &Market, number: usize, share: f64, aco: Option<u16>) {
        let people = share * plan.beneficiaries as f64;
        let count = ((people / market.people_per_practice as f64) as u64).clamp(market.least_practices, market.most_practices);
        let specialists = ((count as f64 * market.specialist_practices) as u64).max(2);
        let first = self.practices.len() as u32;
        let sizes: Vec<f64> = (1..=count).map(|rank| (rank as f64).powf(-market.size_exponent)).collect();
        let all: f64 = sizes.iter().sum();
        let mut stream = Stream::new(plan.seed, Purpose::Places, 1 << 32 | number as u64);
        let mut order: Vec<usize> = (0..count as usize).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        let mut member = vec![false; count as usize];
        let mut inside = 0.0;
        for i in order {
            let after = inside + sizes[i] / all;
            // A practice joins while that brings the ACO's share closer to the one sought.
            if (after - market.aco_share).abs() < (inside - market.aco_share).abs() {
                member[i] = true;
                inside = after;
            }
        }
        // Some practices belong to two ACOs; the smallest member in the first county always does.
        let shared = if number == 0 { member.iter().rposition(|inside| *inside) } else { None };
        let mut so_far = 0.0;
        let mut cumulative = Vec::with_capacity(count as usize);
        for i in 0..(count + specialists) as usize {
            let primary = i < count as usize;
            if primary {
                so_far += sizes[i] / all;
                cumulative.push(so_far as f32);
            }
            let mut acos = [None, None];
            if let Some(aco) = aco {
                let next = (aco + 1) % plan.acos as u16;
                let other = (next != aco).then_some(next);
                if primary && member[i] {
                    acos =
                        if stream.chance(market.two_acos) || shared == Some(i) { [Some(aco), other] } else { [Some(aco), None] };
                } else if primary && stream.chance(market.neighbour_share) {
                    acos = [other, None];
                } else if !primary && stream.chance(market.aco_share / 2.0) {
                    acos = [Some(aco), None];
                }
            }
            let span = plan.first_year..=plan.last_year;
            let year = |stream: &mut Stream| stream.between(i32::from(*span.start()) + 1, i32::from(*span.end()) + 1) as u16;
            let from = if stream.chance(market.joins_later) && shared != Some(i) { year(&mut stream) } else { 0 };
            let until = if stream.chance(market.leaves_early) && shared != Some(i) { year(&mut stream) } else { u16::MAX };
            let tin = digits(100_000_000 + (self.practices.len() as u64 * 7_919 + plan.seed % 1_000) % 800_000_000);
            self.practices.push(Practice { tin, acos, listed: (from, until), primary });
        }
        self.local.push(Local { first, cumulative, specialists: specialists as u32 });
    }

    /// Whether a practice is on an ACO's list of a performance year.
    pub fn listed(&self, practice: u32, aco: u16, year: u16) -> bool {
        let practice = &self.practices[practice as usize];
        practice.acos.contains(&Some(aco)) && practice.listed.0 <= year && year < practice.listed.1
    }
}

fn facilities(plan: &Plan, market: &Market, number: usize, county: &County, aco: Option<u16>) -> Facilities {
    let mut stream = Stream::new(plan.seed, Purpose::Places, 2 << 32 | number as u64);
    let rank = u64::from(county.rank);
    // Maryland's CCNs begin with 21 or 80; every other state's with its SSA number.
    let maryland = county.ssa_state.as_str() == "21";
    let state = if maryland && rank % 3 == 1 { Short::new("80") } else { county.ssa_state };
    let ccn = |number: u64| Short::<6>::new(&format!("{}{:04}", state.as_str(), number));
    // Every eighth county is rural, and so are some of the others but the first two, so that small extracts have both.
    let rural = number % 8 == 3 || (number > 1 && stream.chance(market.rural_counties - 0.125));
    let teaching_amendment = !rural && (number % 20 == 4 || stream.chance(market.eta_counties - 0.05));
    let puerto_rico = county.ssa_state.as_str() == "40";
    let others = [3_025 + rank % 75, 2_000 + rank % 300, 4_000 + rank % 500, 3_300 + rank % 100];
    let other_hospital = *stream.pick(&others);
    let in_aco = aco.filter(|_| unit_of(plan.seed, Purpose::Places, 3 << 32 | number as u64) < market.clinics_in_acos);
    Facilities {
        hospital: if rural { ccn(1_300 + rank % 100) } else { ccn(1 + rank % 879) },
        critical_access: rural,
        teaching: !rural && (number.is_multiple_of(8) || stream.chance(market.teaching_hospitals - 0.125)),
        supplement: puerto_rico || stream.chance(market.ihs_hospitals),
        maryland,
        teaching_amendment,
        other_hospital: ccn(other_hospital),
        nursing: ccn(5_000 + 2 * rank % 1_500),
        home_health: ccn(7_000 + rank),
        hospice: ccn(1_500 + rank % 300),
        qualified_center: if rank < 200 { ccn(1_000 + rank) } else { ccn(1_800 + rank % 190) },
        rural_clinic: rural.then(|| ccn(8_500 + rank % 400)),
        aco: in_aco,
        tin: digits(910_000_000 + number as u64 * 131),
    }
}

#[cfg(test)]
mod tests {
    use super::{MarketPlace, Plan};
    use crate::synth::geography::Geography;

    #[test]
    fn each_county_has_its_share_in_an_aco_and_rivals_outside() {
        let plan = Plan::new(40_000, 2019..=2022, 4, 5);
        let parameters = plan.parameters().expect("parameters");
        let geography = Geography::new(&plan, &parameters).expect("counties");
        let place = MarketPlace::new(&plan, &parameters.market, &geography.counties);
        for local in &place.local {
            let mut before = 0.0;
            let mut inside = 0.0;
            for (i, share) in local.cumulative.iter().enumerate() {
                if place.practices[local.first as usize + i].acos[0].is_some() {
                    inside += share - before;
                }
                before = *share;
            }
            assert!((0.15..0.85).contains(&inside), "{inside}");
        }
        let mut tins: Vec<_> = place.practices.iter().map(|practice| practice.tin).collect();
        tins.sort_unstable();
        tins.dedup();
        assert_eq!(tins.len(), place.practices.len());
        assert!(place.facilities.iter().any(|f| f.critical_access) && place.facilities.iter().any(|f| f.maryland));
    }
}

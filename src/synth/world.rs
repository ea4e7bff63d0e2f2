//! Everything that is the same for all people: places, markets, ACOs, prices and the population's shape.

use super::agreements::{Aco, acos};
use super::calendar::{Calendar, parse_day};
use super::geography::{County, Geography};
use super::ids::{BeneficiaryIds, Short};
use super::market::MarketPlace;
use super::parameters::{Charge, Parameters};
use super::plan::Plan;
use super::random::{Permutation, Stream};
use crate::error::{Error, Result};
use crate::rules::Rules;

/// Charges of one kind of encounter, ready to draw from.
#[derive(Debug, Clone)]
pub struct ChargeTable {
    rows: Vec<(Short<5>, f64, u16, u16)>,
    cumulative: Vec<f64>,
}

impl ChargeTable {
    fn new(charges: &[Charge]) -> Self {
        let total: f64 = charges.iter().map(|charge| charge.2).sum();
        let mut sum = 0.0;
        let cumulative = charges.iter().map(|charge| {
            sum += charge.2 / total;
            sum
        });
        Self {
            cumulative: cumulative.collect(),
            rows: charges.iter().map(|charge| (Short::new(&charge.0), charge.1, charge.3, charge.4)).collect(),
        }
    }

    /// A code billed in that year and its allowed charge in dollars, if the draw falls on one.
    #[inline]
    pub fn draw(&self, year: u16, stream: &mut Stream) -> Option<(Short<5>, f64)> {
        for _ in 0..4 {
            let point = stream.unit();
            let place = self.cumulative.partition_point(|share| *share < point).min(self.rows.len() - 1);
            let (code, price, from, until) = self.rows[place];
            if from <= year && year <= until {
                return Some((code, price));
            }
        }
        None
    }
}

/// Charges by kind of encounter.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // as in parameters.toml
pub struct Catalogue {
    pub office: ChargeTable,
    pub primary_extra: ChargeTable,
    pub telehealth: ChargeTable,
    pub transitional: ChargeTable,
    pub prolonged: ChargeTable,
    pub nursing_facility: ChargeTable,
    pub home: ChargeTable,
    pub domiciliary: ChargeTable,
    pub hospital_visit: ChargeTable,
    pub emergency: ChargeTable,
    pub equipment: ChargeTable,
    pub catheter: ChargeTable,
    pub dialysis_physician: ChargeTable,
    pub federally_qualified: ChargeTable,
    pub rural: ChargeTable,
    pub clinic: ChargeTable,
    /// Procedures of specialists: made codes whose prices follow the lognormal of the parameters.
    pub procedure: ChargeTable,
}

/// Made procedure codes.
const PROCEDURES: u32 = 2_000;

impl Catalogue {
    fn new(parameters: &Parameters) -> Self {
        let charges = &parameters.charges;
        let price = parameters.prices.procedure;
        let procedures: Vec<Charge> = (0..PROCEDURES)
            .map(|i| {
                // Codes of 1xxxx to 8xxxx lie outside every primary care family; prices walk the quantiles of the lognormal.
                let code = format!("{:05}", 10_000 + (u64::from(i) * 7_919) % 79_000);
                let point = ((f64::from(i) + 0.5) * 0.618_033_988_749_894_9).fract();
                let dollars = price.0 * (price.1 * super::random::normal_quantile(point) - price.1 * price.1 / 2.0).exp();
                Charge(code, (dollars * 100.0).round().max(100.0) / 100.0, 1.0 / (40.0 + f64::from(i)), 2000, 9999)
            })
            .collect();
        Self {
            office: ChargeTable::new(&charges.office),
            primary_extra: ChargeTable::new(&charges.primary_extra),
            telehealth: ChargeTable::new(&charges.telehealth),
            transitional: ChargeTable::new(&charges.transitional),
            prolonged: ChargeTable::new(&charges.prolonged),
            nursing_facility: ChargeTable::new(&charges.nursing_facility),
            home: ChargeTable::new(&charges.home),
            domiciliary: ChargeTable::new(&charges.domiciliary),
            hospital_visit: ChargeTable::new(&charges.hospital_visit),
            emergency: ChargeTable::new(&charges.emergency),
            equipment: ChargeTable::new(&charges.equipment),
            catheter: ChargeTable::new(&charges.catheter),
            dialysis_physician: ChargeTable::new(&charges.dialysis_physician),
            federally_qualified: ChargeTable::new(&charges.federally_qualified),
            rural: ChargeTable::new(&charges.rural),
            clinic: ChargeTable::new(&charges.clinic),
            procedure: ChargeTable::new(&procedures),
        }
    }
}

/// Cumulative shares of the cells of the population: types first, then counties within a type.
#[derive(Debug, Clone)]
pub struct Cells {
    n: u64,
    permutation: Permutation,
    /// First place of each type among `0..n`, and the end.
    starts: [u64; 5],
    counties: [Vec<f64>; 4],
}

/// Where in the population an index falls.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Enrollment type, in table order.
    pub kind: usize,
    /// County.
    pub county: u32,
    /// Two points between 0 and 1, evenly spread within the type and within the county: lasting activity and risk.
    pub points: [f64; 2],
}

impl Cells {
    fn new(plan: &Plan, counties: &[County]) -> Self {
        let sums: [f64; 4] = std::array::from_fn(|kind| counties.iter().map(|county| county.weight[kind]).sum());
        let total: f64 = sums.iter().sum();
        let mut starts = [0; 5];
        let mut passed = 0.0;
        for kind in 0..4 {
            passed += sums[kind] / total;
            starts[kind + 1] = (plan.beneficiaries as f64 * passed).round() as u64;
        }
        starts[4] = plan.beneficiaries;
        let cumulative = |kind: usize| {
            let mut sum = 0.0;
            let share = counties.iter().map(|county| {
                sum += county.weight[kind] / sums[kind].max(f64::MIN_POSITIVE);
                sum
            });
            share.collect::<Vec<f64>>()
        };
        Self {
            n: plan.beneficiaries,
            permutation: Permutation::new(plan.seed, plan.beneficiaries),
            starts,
            counties: std::array::from_fn(cumulative),
        }
    }

    /// The cell of an index.
    pub fn of(&self, index: u64) -> Cell {
        debug_assert!(index < self.n);
        let place = self.permutation.at(index);
        let kind = (1..4).rev().find(|kind| self.starts[*kind] <= place).unwrap_or(0);
        let rank = place - self.starts[kind];
        let size = (self.starts[kind + 1] - self.starts[kind]).max(1);
        let share = (rank as f64 + 0.5) / size as f64;
        let shares = &self.counties[kind];
        let county = shares.partition_point(|sum| *sum < share).min(shares.len() - 1) as u32;
        // The two-dimensional sequence of the plastic number: any run of ranks covers the square evenly.
        let point = |step: f64| (0.5 + (rank + 1) as f64 * step).fract().clamp(1e-9, 1.0 - 1e-9);
        Cell { kind, county, points: [point(0.754_877_666_246_692_8), point(0.569_840_290_998_053_3)] }
    }
}

/// A calendar year's risk scores: its own version, and those of later performance years that look back on it.
#[derive(Debug, Clone)]
pub struct YearVersions(pub Vec<Short<7>>);

/// All that does not depend on a person.
#[derive(Debug, Clone)]
pub struct World {
    pub plan: Plan,
    pub parameters: Parameters,
    pub calendar: Calendar,
    pub geography: Geography,
    pub market: MarketPlace,
    pub acos: Vec<Aco>,
    pub catalogue: Catalogue,
    pub cells: Cells,
    pub ids: BeneficiaryIds,
    /// Per year of the window: cost level by type against the reference year.
    pub trend: Vec<[f64; 4]>,
    /// Per year of the window: HCC versions.
    pub versions: Vec<YearVersions>,
    /// First day of the diagnosis U07.1.
    pub u071_from: i32,
}

impl World {
    /// The world of a plan.
    pub fn new(plan: &Plan) -> Result<Self> {
        plan.validate()?;
        let parameters = plan.parameters()?;
        let rules = Rules::load(None)?;
        let calendar = Calendar::new(plan.first_year, plan.last_year, &rules);
        let geography = Geography::new(plan, &parameters)?;
        let market = MarketPlace::new(plan, &parameters.market, &geography.counties);
        let acos = acos(plan, &rules.agreement_starts, &parameters, &calendar)?;
        let trend =
            plan.years().map(|year| std::array::from_fn(|kind| parameters.trend(year, geography.reference_year, kind))).collect();
        let mut versions = Vec::new();
        for year in plan.years() {
            let version = |year| Ok::<Short<7>, Error>(Short::new(&rules.expenditure.hcc_version.at(year)?.value));
            let mut names = vec![version(year)?];
            for term in acos.iter().flat_map(|aco| &aco.terms).filter(|term| term.rescored) {
                let name = version(term.year)?;
                if term.start_year - 3 <= year && year < term.year && !names.contains(&name) {
                    names.push(name);
                }
            }
            names[1..].sort_unstable();
            versions.push(YearVersions(names));
        }
        Ok(Self {
            cells: Cells::new(plan, &geography.counties),
            ids: BeneficiaryIds::new(plan.seed, plan.beneficiaries),
            catalogue: Catalogue::new(&parameters),
            plan: plan.clone(),
            u071_from: parse_day(&parameters.oddities.u071_from)?,
            parameters,
            calendar,
            geography,
            market,
            acos,
            trend,
            versions,
        })
    }

    /// Dollars per dollar of the catalogue, for a type in a county and a year.
    #[inline]
    pub fn scale(&self, kind: usize, county: u32, year: u16) -> f64 {
        self.geography.counties[county as usize].per_capita[kind] / self.parameters.calibration.cost[kind]
            * self.trend[(year - self.plan.first_year) as usize][kind]
    }

    /// Factor on the cost of a practice's patients in a year.
    #[inline]
    pub fn effect(&self, practice: u32, year: u16) -> f64 {
        self.market.practices[practice as usize].acos[0].map_or(1.0, |aco| self.acos[aco as usize].factor(year))
    }
}

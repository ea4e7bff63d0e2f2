//! Rows of the tables of a person, owned and of fixed size, so that they can be sorted, scattered and spilled.

use super::ids::{Short, digits};
use crate::extract::{BatchBuilder, BeneficiaryYear, ClaimHeader, ClaimLine, RiskScore, Row, Table};
use crate::money::Cents;

/// Declares a row of fixed size with a byte form.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, clippy::struct_field_names)] // the columns of the table of that name
        pub struct $name { $(pub $field: $type,)+ }

        impl Packed for $name {
            fn pack(&self, out: &mut Vec<u8>) { $(self.$field.pack(out);)+ }
            fn unpack(from: &mut &[u8]) -> Self { Self { $($field: <$type>::unpack(from),)+ } }
        }
    };
}

/// Something with a byte form of its own.
pub trait Packed: Sized {
    /// Appends the byte form.
    fn pack(&self, out: &mut Vec<u8>);
    /// Reads the byte form from the front of `from`.
    fn unpack(from: &mut &[u8]) -> Self;
}

macro_rules! packed_number {
    ($($type:ty),+) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Vec<u8>) { out.extend_from_slice(&self.to_le_bytes()); }
            fn unpack(from: &mut &[u8]) -> Self {
                let (bytes, rest) = from.split_at(size_of::<$type>());
                *from = rest;
                let mut array = [0; size_of::<$type>()];
                array.copy_from_slice(bytes);
                Self::from_le_bytes(array)
            }
        }
    )+};
}
packed_number!(u8, u16, u32, u64, i32, i64);

impl<const N: usize> Packed for Short<N> {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn unpack(from: &mut &[u8]) -> Self {
        let (bytes, rest) = from.split_at(N);
        *from = rest;
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        Self(array)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.pack(out);
        }
    }
    fn unpack(from: &mut &[u8]) -> Self {
        (u8::unpack(from) == 1).then(|| T::unpack(from))
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn unpack(from: &mut &[u8]) -> Self {
        u8::unpack(from) == 1
    }
}

impl<T: Packed, const N: usize> Packed for [T; N] {
    fn pack(&self, out: &mut Vec<u8>) {
        for value in self {
            value.pack(out);
        }
    }
    fn unpack(from: &mut &[u8]) -> Self {
        std::array::from_fn(|_| T::unpack(from))
    }
}

/// Claims that one person may have.
const CLAIMS_PER_PERSON: u64 = 100_000;

/// The identifier of a claim: its person's index and its number among the person's claims.
#[inline]
fn claim_id(person: u64, claim: u32) -> Short<14> {
    digits(person * CLAIMS_PER_PERSON + u64::from(claim) + 10_000_000_000_000)
}

record! {
    /// An institutional claim.
    Header {
        bene: Short<11>, person: u64, claim: u32, claim_type: u8, from: i32, thru: i32, admission: Option<i32>,
        discharge: Option<i32>, ccn: Short<6>, tin: Short<9>, bill: Short<2>, non_payment: Short<1>, attending: u64,
        other: u64, rendering: u64, processed: Option<i32>, payment: i64, ime: Option<i64>, dsh: Option<i64>,
        ime_capital: Option<i64>, dsh_capital: Option<i64>, uncompensated: Option<i64>, supplement: Option<i64>,
        sequestration: Option<i64>, population: Option<i64>, b9729: Option<bool>, u071: Option<bool>, untested: Option<bool>,
    }
}

record! {
    /// A carrier, DME or facility line.
    Line {
        bene: Short<11>, person: u64, claim: u32, number: u16, claim_type: u8, first: Option<i32>, last: i32, hcpcs: Short<5>,
        revenue: Short<4>, pos: Short<2>, specialty: Short<2>, tin: Short<9>, ccn: Short<6>, bill: Short<2>, npi: u64,
        other: u64, attending: u64, payment: i64, allowed: Option<i64>, non_payment: Short<1>, denial: Short<2>,
        processing: Short<1>, processed: Option<i32>, sequestration: Option<i64>, population: Option<i64>,
    }
}

record! {
    /// A beneficiary's year.
    Year {
        bene: Short<11>, year: u16, status: Short<12>, county: Short<5>, september: Short<5>, birth: Option<i32>,
        death: Option<i32>, dual: Short<12>, subsidy: Short<12>, medicare: Short<24>,
    }
}

record! {
    /// A beneficiary's scores of a year and version, in millionths.
    Score {
        bene: Short<11>, year: u16, version: Short<7>, scores: [Option<i64>; 4], demographic: [Option<i64>; 4],
    }
}

impl Header {
    /// The identifier of the claim.
    pub fn claim_id(&self) -> Short<14> {
        claim_id(self.person, self.claim)
    }

    /// Its number in a feed, whose numbers have thirteen digits; `beyond` tells apart a claim that this one replaces.
    pub fn feed_number(&self, beyond: u64) -> String {
        feed_number(self.person, self.claim, beyond)
    }
}

impl Line {
    /// The identifier of the claim.
    pub fn claim_id(&self) -> Short<14> {
        claim_id(self.person, self.claim)
    }

    /// As [`Header::feed_number`].
    pub fn feed_number(&self, beyond: u64) -> String {
        feed_number(self.person, self.claim, beyond)
    }
}

fn feed_number(person: u64, claim: u32, beyond: u64) -> String {
    digits::<13>(person * CLAIMS_PER_PERSON + u64::from(claim) + beyond).as_str().to_string()
}

/// A number, or none when it is 0.
#[inline]
fn some(number: u64) -> Option<u64> {
    if number == 0 { None } else { Some(number) }
}

/// One character of a bill type, blank when there is none.
#[inline]
fn character(bill: &Short<2>, place: usize) -> Option<&str> {
    bill.some().map(|text| &text[place..=place])
}

impl Row for Header {
    const TABLE: &'static Table = ClaimHeader::TABLE;
    fn append(&self, batch: &mut BatchBuilder) {
        ClaimHeader {
            bene_id: self.bene.as_str(),
            claim_id: claim_id(self.person, self.claim).as_str(),
            claim_type: self.claim_type,
            from_date: self.from,
            thru_date: self.thru,
            admission_date: self.admission,
            discharge_date: self.discharge,
            ccn: self.ccn.some(),
            tin: self.tin.some(),
            facility_type: character(&self.bill, 0),
            service_classification: character(&self.bill, 1),
            non_payment_reason: self.non_payment.some(),
            attending_npi: some(self.attending),
            other_npi: some(self.other),
            rendering_npi: some(self.rendering),
            processed_date: self.processed,
            payment_amt: Cents(self.payment),
            ime_operating_amt: self.ime.map(Cents),
            dsh_operating_amt: self.dsh.map(Cents),
            ime_capital_amt: self.ime_capital.map(Cents),
            dsh_capital_amt: self.dsh_capital.map(Cents),
            uncompensated_care_amt: self.uncompensated.map(Cents),
            ihs_pr_supplement_amt: self.supplement.map(Cents),
            sequestration_amt: self.sequestration.map(Cents),
            pbp_reduction_amt: self.population.map(Cents),
            covid_b9729: self.b9729,
            covid_u071: self.u071,
            covid_no_positive_test: self.untested,
        }
        .append(batch);
    }
}

impl Row for Line {
    const TABLE: &'static Table = ClaimLine::TABLE;
    fn append(&self, batch: &mut BatchBuilder) {
        ClaimLine {
            bene_id: self.bene.as_str(),
            claim_id: claim_id(self.person, self.claim).as_str(),
            line_num: self.number,
            claim_type: self.claim_type,
            first_date: self.first,
            last_date: self.last,
            hcpcs: self.hcpcs.some(),
            revenue_center: self.revenue.some(),
            pos: self.pos.some(),
            specialty: self.specialty.some(),
            tin: self.tin.some(),
            ccn: self.ccn.some(),
            facility_type: character(&self.bill, 0),
            service_classification: character(&self.bill, 1),
            npi: some(self.npi),
            other_npi: some(self.other),
            attending_npi: some(self.attending),
            payment_amt: Cents(self.payment),
            allowed_amt: self.allowed.map(Cents),
            non_payment_reason: self.non_payment.some(),
            claim_denial: self.denial.some(),
            processing_indicator: self.processing.some(),
            processed_date: self.processed,
            sequestration_amt: self.sequestration.map(Cents),
            pbp_reduction_amt: self.population.map(Cents),
        }
        .append(batch);
    }
}

impl Row for Year {
    const TABLE: &'static Table = BeneficiaryYear::TABLE;
    fn append(&self, batch: &mut BatchBuilder) {
        BeneficiaryYear {
            bene_id: self.bene.as_str(),
            year: self.year,
            status: self.status.as_str(),
            county: self.county.some(),
            county_september: self.september.some(),
            birth_date: self.birth,
            death_date: self.death,
            dual_status: self.dual.some(),
            lis_status: self.subsidy.some(),
            medicare_status: self.medicare.some(),
            other_initiative: None,
        }
        .append(batch);
    }
}

impl Row for Score {
    const TABLE: &'static Table = RiskScore::TABLE;
    fn append(&self, batch: &mut BatchBuilder) {
        RiskScore {
            bene_id: self.bene.as_str(),
            year: self.year,
            hcc_version: self.version.as_str(),
            score_esrd: self.scores[0],
            score_dis: self.scores[1],
            score_agdu: self.scores[2],
            score_agnd: self.scores[3],
            demographic_esrd: self.demographic[0],
            demographic_dis: self.demographic[1],
            demographic_agdu: self.demographic[2],
            demographic_agnd: self.demographic[3],
        }
        .append(batch);
    }
}

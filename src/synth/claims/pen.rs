//! Writes claims down, with what is out of the ordinary in a share of them.

use crate::synth::ids::Short;
use crate::synth::market::{npi, specialty};
use crate::synth::person::Person;
use crate::synth::random::Stream;
use crate::synth::records::{Header, Line};
use crate::synth::world::World;

/// Claims of one person, reused from person to person.
#[derive(Debug, Default)]
pub struct Claims {
    /// Institutional claims.
    pub headers: Vec<Header>,
    /// Lines.
    pub lines: Vec<Line>,
}

impl Claims {
    /// Forgets the claims of the person before.
    pub fn clear(&mut self) {
        self.headers.clear();
        self.lines.clear();
    }
}

/// Writes the claims of one person.
pub struct Pen<'a> {
    /// The world.
    pub world: &'a World,
    /// The person.
    pub person: &'a Person,
    /// Numbers for the person's claims.
    pub stream: Stream,
    claims: &'a mut Claims,
    claim: u32,
}

/// Days from service to payment: at least these, and up to so many more.
const PAID_AFTER: (i32, u64) = (14, 45);
/// Months after which a claim is surely past the run-out.
const LATE: i32 = 500;

impl<'a> Pen<'a> {
    /// A pen for a person.
    pub fn new(world: &'a World, person: &'a Person, stream: Stream, claims: &'a mut Claims) -> Self {
        Self { world, person, stream, claims, claim: 0 }
    }

    /// The number of a new claim.
    #[inline]
    pub fn new_claim(&mut self) -> u32 {
        self.claim += 1;
        self.claim
    }

    /// A carrier or DME line by a clinician of a practice, costing so many catalogue dollars at a scale.
    #[inline]
    pub fn professional(&mut self, claim_type: u8, day: i32, practice: u32, clinician: u64, pos: &'static str) -> Line {
        let place = &self.world.market.practices[practice as usize];
        let claim = self.new_claim();
        Line {
            bene: self.person.id,
            person: self.person.index,
            claim,
            number: 1,
            claim_type,
            first: Some(day),
            last: day,
            hcpcs: Short::EMPTY,
            revenue: Short::EMPTY,
            pos: Short::new(pos),
            specialty: specialty(place.primary, clinician),
            tin: place.tin,
            ccn: Short::EMPTY,
            bill: Short::EMPTY,
            npi: npi(practice, clinician),
            other: 0,
            attending: 0,
            payment: 0,
            allowed: None,
            non_payment: Short::EMPTY,
            denial: Short::new("1"),
            processing: Short::new("A"),
            processed: None,
            sequestration: None,
            population: None,
        }
    }

    /// A blank institutional claim.
    #[inline]
    pub fn institutional(&mut self, claim_type: u8, days: (i32, i32), ccn: Short<6>, bill: &'static str) -> Header {
        let claim = self.new_claim();
        Header {
            bene: self.person.id,
            person: self.person.index,
            claim,
            claim_type,
            from: days.0,
            thru: days.1,
            admission: None,
            discharge: None,
            ccn,
            tin: Short::EMPTY,
            bill: Short::new(bill),
            non_payment: Short::EMPTY,
            attending: 0,
            other: 0,
            rendering: 0,
            processed: None,
            payment: 0,
            ime: None,
            dsh: None,
            ime_capital: None,
            dsh_capital: None,
            uncompensated: None,
            supplement: None,
            sequestration: None,
            population: None,
            b9729: None,
            u071: None,
            untested: None,
        }
    }

    /// Pays `gross` cents for service on a day: what is paid, and the amounts withheld where the source tells them.
    #[inline]
    pub fn pay(&mut self, gross: i64, day: i32) -> (i64, Option<i64>, Option<i64>) {
        let odd = &self.world.parameters.oddities;
        let withheld = self.world.calendar.withheld(day);
        let paid = if withheld > 0.0 { (gross as f64 * (1.0 - withheld)).round() as i64 } else { gross };
        let draw = self.stream.unit();
        if draw < odd.given_sequestration {
            (paid, Some(gross - paid), None)
        } else if draw < odd.given_sequestration + odd.population_based_payment {
            // The other initiative takes a round part of what Medicare pays.
            let reduction = paid * (1 + (draw * 1e6) as i64 % 10) / 10;
            (paid - reduction, Some(gross - paid), Some(reduction))
        } else {
            (paid, None, None)
        }
    }

    /// Writes a carrier or DME line of so many catalogue dollars at a scale.
    #[inline]
    pub fn line(&mut self, mut line: Line, dollars: f64, scale: f64) {
        let allowed = ((dollars * scale * 100.0).round() as i64).max(1);
        line.allowed = Some(allowed);
        (line.payment, line.sequestration, line.population) = self.pay(allowed * 4 / 5, line.last);
        line.processed = Some(line.last + PAID_AFTER.0 + self.stream.below(PAID_AFTER.1) as i32);
        let odd = &self.world.parameters.oddities;
        let mut draw = self.stream.unit();
        let mut is = |share: f64| {
            draw -= share;
            draw < 0.0
        };
        // The copies below are claims beside the true one, so that none of them moves what is expected.
        if is(odd.denied) {
            let copy = self.denied(line);
            self.claims.lines.push(copy);
        } else if is(odd.zero) {
            let claim = self.new_claim();
            self.claims.lines.push(Line { claim, payment: 0, sequestration: None, population: None, ..line });
        } else if is(odd.negative) {
            let (given, back) = (self.new_claim(), self.new_claim());
            let plain = Line { sequestration: None, population: None, ..line };
            let undone = Line { claim: back, payment: -plain.payment, allowed: line.allowed.map(|amount| -amount), ..plain };
            self.claims.lines.extend([Line { claim: given, ..plain }, undone]);
        } else if is(odd.late) {
            let claim = self.new_claim();
            self.claims.lines.push(Line { claim, processed: Some(line.last + LATE), ..line });
        } else if is(odd.missing_optional) {
            self.blank(&mut line);
        } else if is(0.02) {
            line.first = Some(line.last - self.stream.below(4) as i32);
            line.processing = Short::new(if self.stream.chance(0.5) { "R" } else { "S" });
        }
        self.claims.lines.push(line);
    }

    /// A line that Medicare refused: by its claim's denial code or by its own processing indicator.
    fn denied(&mut self, line: Line) -> Line {
        let claim = self.new_claim();
        let paid = if self.stream.chance(0.1) { line.payment } else { 0 };
        let mut copy = Line { claim, payment: paid, sequestration: None, population: None, ..line };
        if self.stream.chance(0.6) {
            copy.denial = Short::new(self.stream.pick::<&str>(&["0", "D", "E", "K", "N", "Y", "0 "]));
        } else {
            copy.processing = Short::new(self.stream.pick::<&str>(&["C", "D", "I", "N", "Z", "L"]));
        }
        copy
    }

    /// Takes one optional value away.
    fn blank(&mut self, line: &mut Line) {
        match self.stream.below(10) {
            0 => line.hcpcs = Short::EMPTY,
            1 => line.specialty = Short::EMPTY,
            2 => line.tin = Short::EMPTY,
            3 => line.npi = 0,
            4 => line.allowed = None,
            5 => line.pos = Short::EMPTY,
            6 => line.first = None,
            7 => line.processed = None,
            8 => line.denial = Short::EMPTY,
            _ => line.processing = Short::EMPTY,
        }
    }

    /// Writes a line as it is.
    #[inline]
    pub fn plain_line(&mut self, line: Line) {
        self.claims.lines.push(line);
    }

    /// Writes an institutional claim of so many net cents at full scale, `add_ons` cents inside the payment on top.
    pub fn header(&mut self, mut header: Header, net: i64, add_ons: i64) -> Header {
        (header.payment, header.sequestration, header.population) = self.pay(net + add_ons, header.thru);
        header.processed = Some(header.thru + PAID_AFTER.0 + self.stream.below(PAID_AFTER.1) as i32);
        let odd = &self.world.parameters.oddities;
        let mut draw = self.stream.unit();
        let mut is = |share: f64| {
            draw -= share;
            draw < 0.0
        };
        let plain = Header { sequestration: None, population: None, ..header };
        if is(odd.denied) {
            let claim = self.new_claim();
            let payment = if self.stream.chance(0.2) { header.payment } else { 0 };
            let reason = *self.stream.pick(&["N", "B", "R", "P"]);
            self.claims.headers.push(Header { claim, payment, non_payment: Short::new(reason), ..plain });
        } else if is(odd.zero) {
            let claim = self.new_claim();
            let extra = Header { claim, payment: 0, ime: None, dsh: None, ime_capital: None, dsh_capital: None, ..plain };
            self.claims.headers.push(Header { uncompensated: None, supplement: None, ..extra });
        } else if is(odd.negative) {
            // The deductible of a short stay can exceed its payment: a small negative claim, made good by another.
            let (below, above) = (self.new_claim(), self.new_claim());
            let amount = 1_000 + self.stream.below(90_000) as i64;
            let bare = Header { ime: None, dsh: None, ime_capital: None, dsh_capital: None, ..plain };
            let bare = Header { uncompensated: None, supplement: None, ..bare };
            self.claims.headers.push(Header { claim: below, payment: -amount, ..bare });
            self.claims.headers.push(Header { claim: above, payment: amount, ..bare });
        } else if is(odd.late) {
            let claim = self.new_claim();
            self.claims.headers.push(Header { claim, processed: Some(header.thru + LATE), ..header });
        } else if is(odd.missing_optional) {
            match self.stream.below(4) {
                0 => header.ccn = Short::EMPTY,
                1 => header.processed = None,
                2 => header.discharge = None,
                _ => header.attending = 0,
            }
        } else if is(odd.unlisted_claim_type) {
            let claim = self.new_claim();
            let claim_type = *self.stream.pick(&[61, 62, 63, 64]);
            self.claims.headers.push(Header { claim, claim_type, ..plain });
        } else if is(odd.religious_institution) && matches!(header.claim_type, 10 | 40) {
            let claim = self.new_claim();
            let bill = Short::new(if self.stream.chance(0.5) { "43" } else { "53" });
            self.claims.headers.push(Header { claim, bill, ..plain });
        } else if is(0.05) {
            header.non_payment = Short::new(" ");
        }
        self.claims.headers.push(header);
        header
    }

    /// Puts the claims in order of days and numbers them in that order.
    pub fn finish(self) {
        let claims = self.claims;
        claims.headers.sort_by_key(|header| (header.thru, header.claim));
        claims.lines.sort_by_key(|line| (line.last, line.claim, line.number));
        let mut numbers = vec![0; self.claim as usize + 1];
        let mut next = 0;
        let order = claims.lines.iter_mut().map(|line| &mut line.claim);
        for claim in order.chain(claims.headers.iter_mut().map(|header| &mut header.claim)) {
            let number = &mut numbers[*claim as usize];
            if *number == 0 {
                next += 1;
                *number = next;
            }
            *claim = *number;
        }
    }
}

//! Savings, losses and rates, by the functions that settle a run, at the ends of what the printed cells leave open.

use rust_decimal::Decimal;

use super::arrangement::{Arrangement, first_line};
use super::columns::Column;
use super::interval::Interval;
use super::reason::{Doubt, Reason};
use super::sheet::{Number, Row};
use super::totals::{cell, printed_share};
use super::verdict::{Field, Finding, Recomputed, judge, judge_absent};
use crate::derivation::{Derivation, Node};
use crate::factors::Aco;
use crate::rules::Rules;
use crate::settlement::{Outcome, Position, Terms, settle};

/// What a settlement starts from: totals, and the quality score where a rate asks for it.
#[derive(Debug, Clone, Copy)]
struct Point {
    benchmark: Decimal,
    expenditure: Decimal,
    score: Decimal,
}

/// Where the score is unknown, a figure is known all the same when what any score makes of it stays within this share of it:
/// printed rates have told the score then, or it does not matter.
const WIDEST_OF_KNOWN: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A settlement at a point.
#[derive(Debug, Clone, Copy)]
struct Settled {
    outcome: Outcome,
    minimum_rate: Option<Decimal>,
    balance: Decimal,
    generated: Decimal,
    sharing_rate: Decimal,
    loss_rate: Option<Decimal>,
    earned: Decimal,
    liable: Decimal,
    recouped: Decimal,
}

/// The figures of a row that its arrangement makes.
pub fn findings(row: Row<'_>, rules: &Rules, year: u16, prints_one_sided_losses: bool) -> Vec<Finding> {
    let mut findings = Findings { row, found: Vec::new() };
    let arrangement = match Arrangement::read(row, rules, year) {
        Ok(arrangement) => arrangement,
        Err(doubt) => {
            findings.doubt_all(&doubt);
            return findings.found;
        }
    };
    let maximum = Recomputed::new(arrangement.maximum_rate, Interval::exactly(arrangement.maximum_rate));
    findings.judge(Field::MaximumSharingRate, Ok(maximum));
    let case = Case { row, rules, arrangement, prints_one_sided_losses };
    if let Err(doubt) = case.all(&mut findings) {
        findings.doubt_all(&doubt);
    }
    findings.found
}

struct Findings<'s> {
    row: Row<'s>,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn judge(&mut self, field: Field, recomputed: Result<Recomputed, Doubt>) {
        self.found.extend(judge(self.row, field, recomputed));
    }

    /// Gives every figure not yet judged the same doubt.
    fn doubt_all(&mut self, doubt: &Doubt) {
        for field in [
            Field::MinimumSavingsRate,
            Field::Generated,
            Field::MaximumSharingRate,
            Field::FinalSharingRate,
            Field::FinalLossRate,
            Field::Earned,
            Field::AipRecouped,
            Field::AipOwed,
        ] {
            if !self.found.iter().any(|finding| finding.field == field) {
                self.judge(field, Err(doubt.clone()));
            }
        }
    }
}

struct Case<'s, 'r> {
    row: Row<'s>,
    rules: &'r Rules,
    arrangement: Arrangement,
    prints_one_sided_losses: bool,
}

impl Case<'_, '_> {
    fn all(&self, findings: &mut Findings<'_>) -> Result<(), Doubt> {
        let benchmark = cell(self.row, Column::TotalBenchmark)?;
        let expenditure = cell(self.row, Column::TotalExpenditure)?;
        // The printed balance says more about the balance than the difference of two printed totals does.
        let mut balance = benchmark.interval.minus(expenditure.interval);
        let mut middle = benchmark.value - expenditure.value;
        if let Some((printed, both)) =
            cell(self.row, Column::BenchmarkMinusExpenditure).ok().and_then(|p| Some((p, balance.meet(p.interval)?)))
        {
            (balance, middle) = (both, printed.value);
        }
        let score = self.arrangement.score;
        let nominal = Point { benchmark: benchmark.value, expenditure: benchmark.value - middle, score: score.0 };

        let chosen = self.minimum_rate(nominal, findings)?;
        if chosen.is_empty() {
            return Self::untabulated(middle, balance, findings);
        }
        let corners = |score: Interval| {
            let mut points = Vec::new();
            for benchmark in [benchmark.interval.low, benchmark.interval.high] {
                for balance in [balance.low, balance.high] {
                    points.extend([score.low, score.high].map(|score| Point {
                        benchmark,
                        expenditure: benchmark - balance,
                        score,
                    }));
                }
            }
            points
        };
        let loose = self.settle_all(&chosen, &corners(score.1))?;
        let middle_of_loose = self.settle_at(&chosen[0], nominal)?;
        self.rates(middle_of_loose, &loose, findings);

        let tight_score = self.tightened(score.1);
        let tight = self.settle_all(&chosen, &corners(tight_score))?;
        let within = score.0.max(tight_score.low).min(tight_score.high);
        let nominal = Point { score: within, ..nominal };
        let middle_of_tight = self.settle_at(&chosen[0], nominal)?;
        self.generated(middle_of_tight, &tight, findings);
        self.earned(middle_of_tight, &tight, findings);
        self.advances(middle_of_tight, &tight, findings);
        Ok(())
    }

    /// Judges the minimum savings rate, and says which of the ACO's possible choices give it; none where no table does.
    fn minimum_rate(&self, nominal: Point, findings: &mut Findings<'_>) -> Result<Vec<Aco>, Doubt> {
        let published = self.row.number(Column::MinimumSavingsRate).ok();
        let mut rates: Vec<(Decimal, Aco)> = Vec::new();
        for choice in &self.arrangement.choices {
            let aco = Aco { msr_choice: *choice, ..self.arrangement.aco.clone() };
            if let Some(rate) = self.settle_at(&aco, nominal)?.minimum_rate {
                rates.push((rate, aco));
            }
        }
        let distance = |rate: Decimal| published.map_or(Decimal::ZERO, |published| (published.value - rate).abs());
        rates.sort_by_key(|(rate, _)| distance(*rate));
        let fits = |rate: Decimal| published.is_none_or(|published| published.interval.meets(Interval::exactly(rate)));
        // Where the table has no rate for so few people and no fixed rate fits, the ACO's rate stands in no table.
        let untabulated = self.arrangement.choices.len() > rates.len() && !rates.iter().any(|(rate, _)| fits(*rate));
        let Some((nearest, _)) = rates.first().filter(|_| !untabulated) else {
            findings.judge(Field::MinimumSavingsRate, Err(self.least_rate()));
            return Ok(Vec::new());
        };
        findings.judge(Field::MinimumSavingsRate, Ok(Recomputed::new(*nearest, Interval::exactly(*nearest))));
        let fitting: Vec<Aco> = rates.iter().filter(|(rate, _)| fits(*rate)).map(|(_, aco)| aco.clone()).collect();
        Ok(if fitting.is_empty() { vec![rates[0].1.clone()] } else { fitting })
    }

    /// Below the table the rate is at least that of its first band.
    fn least_rate(&self) -> Doubt {
        let table = self.rules.settlement.minimum_rate_table.find(&self.arrangement.aco.performance_year);
        let first = table.and_then(|row| row.value.iter().min_by_key(|band| band.beneficiaries_low));
        match first {
            None => Reason::RateNotTabulated.into(),
            Some(band) => {
                let bound = Interval { low: band.rate_low.0, high: Decimal::ONE };
                Doubt::within(Reason::RateNotTabulated, bound, format!("at least {}, the highest of the table", band.rate_low.0))
            }
        }
    }

    /// Without a minimum rate the gate is not known: either the whole balance was generated or nothing.
    fn untabulated(middle: Decimal, balance: Interval, findings: &mut Findings<'_>) -> Result<(), Doubt> {
        let either = balance.join(Interval::exactly(Decimal::ZERO));
        let words = format!("between 0 and {middle}, the balance");
        findings.judge(Field::Generated, Err(Doubt::within(Reason::RateNotTabulated, either, words.clone())));
        findings.judge(Field::Earned, Err(Doubt::within(Reason::RateNotTabulated, either, words)));
        Err(Reason::RateNotTabulated.into())
    }

    /// The score with what the printed rates say about it.
    fn tightened(&self, open: Interval) -> Interval {
        let arrangement = &self.arrangement;
        let most = Interval::exactly(arrangement.maximum_rate);
        // A maximum that is shared in full says nothing of the score.
        let by_sharing = cell(self.row, Column::FinalSharingRate).ok().filter(|_| arrangement.shares_by_score);
        let by_sharing = by_sharing.and_then(|rate| rate.interval.over(most));
        let by_losses = cell(self.row, Column::FinalLossRate).ok();
        let by_losses = by_losses.and_then(|rate| Interval::exactly(Decimal::ONE).minus(rate.interval).over(most));
        [by_sharing, by_losses].into_iter().flatten().fold(open, |open, other| open.meet(other).unwrap_or(open))
    }

    fn settle_all(&self, chosen: &[Aco], points: &[Point]) -> Result<Vec<Settled>, Doubt> {
        chosen.iter().flat_map(|aco| points.iter().map(|point| self.settle_at(aco, *point))).collect()
    }

    fn settle_at(&self, aco: &Aco, point: Point) -> Result<Settled, Doubt> {
        let aco = Aco { quality_score: Some(point.score), ..aco.clone() };
        let unknown = |fault: crate::error::Error| Doubt::from(Reason::ArrangementUnknown(first_line(&fault)));
        let terms = Terms::find(&aco, self.rules).map_err(unknown)?;
        let mut tree = Derivation::new();
        let benchmark = tree.given("total_benchmark", None, point.benchmark, "results");
        let expenditure = tree.given("total_expenditure", None, point.expenditure, "results");
        // Of a recalculated benchmark the file prints the recalculated one; the lower one before it is told by the flag
        // alone, and nothing but its being lower enters the settlement.
        let (benchmark, two_way) = if self.arrangement.recalculated {
            (Node::ZERO, Some((benchmark, "42 CFR 425.652(b)(5)")))
        } else {
            (benchmark, None)
        };
        let position = Position { benchmark, two_way, person_years: Node::ONE, per_capita: expenditure };
        let settled = settle(&terms, &position, &mut tree).map_err(unknown)?;
        let named = |name: &str| tree.named().filter(|(label, _)| label.name == name).map(|(_, value)| value).last();
        let or_zero = |name: &str| named(name).unwrap_or_default();
        Ok(Settled {
            outcome: settled.outcome,
            minimum_rate: named("msr").filter(|_| settled.outcome != Outcome::Undetermined),
            balance: or_zero("benchmark_minus_expenditure"),
            generated: or_zero("generated_savings_losses"),
            sharing_rate: or_zero("final_sharing_rate"),
            loss_rate: named("final_loss_rate"),
            earned: or_zero("earned_savings"),
            liable: or_zero("liable_losses"),
            recouped: or_zero("aip_recoupment"),
        })
    }

    fn rates(&self, middle: Settled, open: &[Settled], findings: &mut Findings<'_>) {
        let sharing = if self.arrangement.standard_by_rate {
            let most = self.arrangement.maximum_rate;
            let bound = Interval { low: Decimal::ZERO, high: most };
            Err(Doubt::within(Reason::StandardNotPublished, bound, format!("between 0 and {most}, the maximum")))
        } else {
            self.known(recomputed(middle.sharing_rate, open, |settled| settled.sharing_rate))
        };
        findings.judge(Field::FinalSharingRate, sharing);
        match middle.loss_rate {
            None => findings.found.extend(judge_absent(self.row, Field::FinalLossRate)),
            Some(rate) => {
                let of = |settled: &Settled| settled.loss_rate.unwrap_or_default();
                findings.judge(Field::FinalLossRate, self.known(recomputed(rate, open, of)));
            }
        }
    }

    /// A figure; in doubt, within what any score would make of it, where the score is unknown and matters.
    fn known(&self, figure: Recomputed) -> Result<Recomputed, Doubt> {
        let Some(reason) = &self.arrangement.score_doubt else { return Ok(figure) };
        let open = figure.open.iter().copied().reduce(Interval::join);
        match open {
            Some(open) if open.high - open.low > WIDEST_OF_KNOWN * open.high.abs().max(open.low.abs()) => {
                let words = format!("between {} and {}, by the score", open.low.round_dp(4), open.high.round_dp(4));
                Err(Doubt::within(reason.clone(), open, words))
            }
            _ => Ok(figure),
        }
    }

    /// Savings or losses that met the minimum. A file may print those of ACOs that owe nothing for them.
    fn generated(&self, middle: Settled, open: &[Settled], findings: &mut Findings<'_>) {
        let shown = !self.arrangement.two_sided && self.prints_one_sided_losses;
        let of = |settled: &Settled| match settled.outcome {
            Outcome::Losses if shown => settled.balance,
            _ => settled.generated,
        };
        findings.judge(Field::Generated, Ok(recomputed(of(&middle), open, of)));
    }

    /// Savings paid or losses owed: the latter less what the file prints for extreme and uncontrollable circumstances.
    fn earned(&self, middle: Settled, open: &[Settled], findings: &mut Findings<'_>) {
        let printed = cell(self.row, Column::DisasterAdjustment);
        let unknown_relief = match &printed {
            Err(Doubt { reason: reason @ (Reason::Suppressed(_) | Reason::ColumnMissing(_) | Reason::NoNumber(_)), .. }) => {
                Some(reason.clone())
            }
            _ => None,
        };
        let relief = printed.ok();
        let zero = Interval::exactly(Decimal::ZERO);
        // Of an ACO settled for a part of the year the totals are printed for the part, the relief for the year.
        let share = printed_share(self.row, self.rules, self.arrangement.aco.performance_year);
        let of_part = |relief: Number| (relief.value * share, relief.interval.times(Interval::exactly(share)));
        let relief = relief.map_or((Decimal::ZERO, zero), of_part);
        let owes = |settled: &Settled| self.arrangement.two_sided && settled.outcome == Outcome::Losses;
        let net = |settled: &Settled, relief: Decimal| if owes(settled) { -settled.liable - relief } else { settled.earned };
        let value = net(&middle, relief.0);
        let mut groups = groups(open, |settled| net(settled, relief.1.low));
        for (group, other) in groups.iter_mut().zip(self::groups(open, |settled| net(settled, relief.1.high))) {
            *group = group.join(other);
        }
        let answer = Recomputed { value, open: groups };
        let published = self.row.number(Column::Earned).ok();
        let quality_told = self.row.flag(Column::QualityMet).is_some() || cell(self.row, Column::FinalSharingRate).is_ok();
        let fits = published.is_none_or(|published| answer.open.iter().any(|open| open.meets(published.interval)));
        if !fits && !quality_told && value > Decimal::ZERO {
            let most = answer.open.iter().map(|open| open.high).fold(value, Decimal::max);
            let bound = Interval { low: Decimal::ZERO, high: most };
            let words = format!("between 0 and {}", value.round());
            findings.judge(Field::Earned, Err(Doubt::within(Reason::StandardNotPublished, bound, words)));
            return;
        }
        if fits || !owes(&middle) {
            findings.judge(Field::Earned, self.known(answer));
            return;
        }
        let least = answer.open.iter().map(|open| open.low).fold(value, Decimal::min);
        let bound = Interval { low: least, high: Decimal::ZERO };
        let words = format!("between {} and 0: not more than without that limit, nor than the limit by benchmark", value.round());
        let reason = if self.arrangement.revenue_may_bind {
            Reason::RevenueNotPublished
        } else if self.row.flag(Column::MidYearTermination) == Some(true) {
            Reason::TerminationNotPublished
        } else if let Some(reason) = unknown_relief {
            reason
        } else {
            findings.judge(Field::Earned, self.known(answer));
            return;
        };
        findings.judge(Field::Earned, Err(Doubt::within(reason, bound, words)));
    }

    /// What of the savings repays advance investment payments, and what of those is still owed.
    fn advances(&self, middle: Settled, open: &[Settled], findings: &mut Findings<'_>) {
        let balance = match cell(self.row, Column::AipBalance) {
            Ok(balance) => balance,
            Err(Doubt { reason: Reason::Blank(_) | Reason::ColumnMissing(_), .. }) => {
                for field in [Field::AipRecouped, Field::AipOwed] {
                    findings.found.extend(judge_absent(self.row, field));
                }
                return;
            }
            Err(doubt) => {
                for field in [Field::AipRecouped, Field::AipOwed] {
                    findings.judge(field, Err(doubt.clone()));
                }
                return;
            }
        };
        let recouped = recomputed(middle.recouped, open, |settled| settled.recouped);
        // What is recouped cannot be known to more digits than the balance is printed to.
        let slack = balance.interval.minus(Interval::exactly(balance.value));
        let recouped = Recomputed { open: recouped.open.into_iter().map(|open| open.plus(slack)).collect(), ..recouped };
        findings.judge(Field::AipRecouped, Ok(recouped));
        let answer = cell(self.row, Column::AipRecouped)
            .map(|recouped| Recomputed::new(balance.value - recouped.value, balance.interval.minus(recouped.interval)));
        findings.judge(Field::AipOwed, answer);
    }
}

/// The intervals of a figure, one for each outcome that the points come to.
fn groups(open: &[Settled], of: impl Fn(&Settled) -> Decimal) -> Vec<Interval> {
    let outcomes = [Outcome::Savings, Outcome::Losses, Outcome::None];
    let hull = |outcome| Interval::hull(open.iter().filter(|settled| settled.outcome == outcome).map(&of));
    outcomes.into_iter().filter_map(hull).collect()
}

fn recomputed(value: Decimal, open: &[Settled], of: impl Fn(&Settled) -> Decimal) -> Recomputed {
    Recomputed { value, open: groups(open, of) }
}

/// Whether a row owes nothing for losses and prints them all the same.
pub fn prints_one_sided_losses(row: Row<'_>, rules: &Rules, year: u16) -> bool {
    let losing = row.number(Column::Generated).is_ok_and(|generated| generated.value < Decimal::ZERO);
    losing && Arrangement::read(row, rules, year).is_ok_and(|arrangement| !arrangement.two_sided)
}

//! National trends found from a cohort's published benchmarks.
//!
//! ACOs that began together share one national trend per benchmark year and enrollment type. CMS does not publish those
//! trends, but each published benchmark is a sum in which they are the only unknowns: benchmark years 1 and 2 of four types,
//! eight in all. They are found by least squares; then, as long as some ACO's benchmark lies outside what its printed cells
//! allow, they are moved onto the nearest ones that allow it, over and over. Where one set of trends satisfies every ACO of a
//! cohort the cohort is consistent, and an ACO that no such set satisfies differs.
//!
//! This alone of the program works in floating point: it solves for numbers that are printed nowhere, and its answer is held
//! against intervals dollars wide.

/// Unknowns: two years of four types.
pub const TRENDS: usize = 8;

/// Trends of a cohort, type by type, benchmark year 1 before benchmark year 2.
pub type Trends = [f64; TRENDS];

/// One ACO's benchmark as a sum with unknown trends.
#[derive(Debug, Clone, Copy)]
pub struct Equation {
    /// What each trend is multiplied by.
    pub factors: [f64; TRENDS],
    /// The published benchmark less everything that no trend touches.
    pub sum: f64,
}

impl Equation {
    fn at(&self, trends: &Trends) -> f64 {
        self.factors.iter().zip(trends).map(|(factor, trend)| factor * trend).sum()
    }

    /// How far the published benchmark lies above the sum.
    pub fn residual(&self, trends: &Trends) -> f64 {
        self.sum - self.at(trends)
    }
}

/// Rounds of least squares, each without the ACOs that the round before left far outside.
const ROUNDS: usize = 4;
/// What is far: so many times its own slack, or the slack that half of the ACOs need.
const FAR_OUTSIDE: f64 = 3.0;
/// Passes over the cohort that move the trends onto what each ACO allows.
const PASSES: usize = 4000;
/// Share of an ACO's slack that a pass leaves unused, so that the last step does not stop at the very edge.
const MARGIN: f64 = 0.98;

/// The trends that the equations share. `slack` is how far an ACO's benchmark may lie from its sum, at given trends.
pub fn solve(equations: &[Equation], slack: impl Fn(usize, &Trends) -> f64) -> Option<Trends> {
    let mut kept: Vec<usize> = (0..equations.len()).collect();
    let mut trends = [1.0; TRENDS];
    for _ in 0..ROUNDS {
        let weighted: Vec<(Equation, f64)> =
            kept.iter().map(|&row| (equations[row], 1.0 / slack(row, &trends).max(0.5))).collect();
        trends = least_squares(&weighted)?;
        let outside = |row: usize| equations[row].residual(&trends).abs() / slack(row, &trends).max(0.5);
        let mut sorted: Vec<f64> = kept.iter().map(|row| outside(*row)).collect();
        sorted.sort_by(f64::total_cmp);
        let bound = FAR_OUTSIDE * sorted.get(sorted.len() / 2).copied().unwrap_or_default().max(1.0);
        let next: Vec<usize> = (0..equations.len()).filter(|row| outside(*row) <= bound).collect();
        if next == kept || next.len() < TRENDS {
            break;
        }
        kept = next;
    }
    for _ in 0..PASSES {
        let mut moved = false;
        for &row in &kept {
            let (equation, allowed) = (&equations[row], slack(row, &trends) * MARGIN);
            let residual = equation.residual(&trends);
            let excess = residual.abs() - allowed;
            if excess <= 0.0 {
                continue;
            }
            moved = true;
            let length: f64 = equation.factors.iter().map(|factor| factor * factor).sum();
            let step = residual.signum() * excess / length;
            for (trend, factor) in trends.iter_mut().zip(equation.factors) {
                *trend += step * factor;
            }
        }
        if !moved {
            break;
        }
    }
    Some(trends)
}

/// Weighted least squares by its normal equations; none where the equations do not determine every trend.
fn least_squares(weighted: &[(Equation, f64)]) -> Option<Trends> {
    let mut matrix = [[0.0; TRENDS + 1]; TRENDS];
    for (equation, weight) in weighted {
        let square = weight * weight;
        for (row, factor) in equation.factors.iter().enumerate() {
            for (column, other) in equation.factors.iter().enumerate() {
                matrix[row][column] += square * factor * other;
            }
            matrix[row][TRENDS] += square * factor * equation.sum;
        }
    }
    eliminate(matrix)
}

/// Gauss elimination with partial pivots.
fn eliminate(mut matrix: [[f64; TRENDS + 1]; TRENDS]) -> Option<Trends> {
    for pivot in 0..TRENDS {
        let best = (pivot..TRENDS).max_by(|a, b| matrix[*a][pivot].abs().total_cmp(&matrix[*b][pivot].abs()))?;
        matrix.swap(pivot, best);
        let lead = matrix[pivot];
        if lead[pivot].abs() < 1e-9 {
            return None;
        }
        for line in matrix.iter_mut().skip(pivot + 1) {
            let share = line[pivot] / lead[pivot];
            for (cell, above) in line.iter_mut().zip(lead) {
                *cell -= share * above;
            }
        }
    }
    let mut trends = [0.0; TRENDS];
    for row in (0..TRENDS).rev() {
        let known: f64 = (row + 1..TRENDS).map(|column| matrix[row][column] * trends[column]).sum();
        trends[row] = (matrix[row][TRENDS] - known) / matrix[row][row];
    }
    Some(trends)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equations with known trends and factors from a small generator of numbers.
    fn cohort(rows: u64, trends: &Trends) -> Vec<Equation> {
        let mut state = 17_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let scale = [90.0, 180.0, 120.0, 900.0, 270.0, 540.0, 360.0, 2700.0];
        let equation = |factors: [f64; TRENDS]| Equation { factors, sum: factors.iter().zip(trends).map(|(a, t)| a * t).sum() };
        (0..rows).map(|_| equation(scale.map(|scale| scale * (0.5 + next())))).collect()
    }

    #[test]
    fn shared_trends_are_found_again_and_one_odd_aco_does_not_move_them() {
        let trends = [1.02, 1.05, 1.03, 1.04, 1.01, 1.02, 1.015, 1.02];
        let mut equations = cohort(40, &trends);
        equations[7].sum += 500.0;
        let found = solve(&equations, |_, _| 2.0).unwrap();
        for (row, equation) in equations.iter().enumerate() {
            let apart = equation.residual(&found).abs();
            assert!(if row == 7 { apart > 400.0 } else { apart <= 2.0 }, "{row}: {apart}");
        }
    }

    #[test]
    fn equations_that_say_the_same_determine_nothing() {
        let equations = vec![cohort(1, &[1.0; TRENDS])[0]; 20];
        assert!(solve(&equations, |_, _| 1.0).is_none());
    }
}

//! Random numbers that depend on nothing but a seed, a purpose and an index.
//!
//! Each beneficiary, ACO and county draws from streams of its own, so any part of an extract can be made without the rest,
//! on any number of threads, and comes out the same.

/// One step of the splitmix64 finaliser: every bit of the input moves half of the output's.
#[inline]
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A value between 0 and 1 that belongs to a seed, a purpose and an index, without a stream.
#[inline]
pub fn unit_of(seed: u64, purpose: Purpose, index: u64) -> f64 {
    Stream::new(seed, purpose, index).unit()
}

/// What a stream is for: streams of different purposes never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// What a person is: birth, death, moves, habits.
    Traits = 1,
    /// A person's claims.
    Claims,
    /// A person's risk scores.
    Risk,
    /// Designations of a primary clinician and payments outside claims.
    SideTables,
    /// Counties, practices and facilities.
    Places,
    /// What ACOs sign and report.
    Agreements,
    /// Where a row goes when rows are scattered.
    Scatter,
}

/// A stream of random numbers (splitmix64).
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// The stream of that purpose and index.
    #[inline]
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let start = mix(seed.wrapping_mul(GAMMA).wrapping_add(purpose as u64));
        Self(mix(start ^ index.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// Uniform, strictly between 0 and 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform among `0..n`; 0 when `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform among `low..=high`.
    #[inline]
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as u64) as i32
    }

    /// Whether an event of that probability happens.
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One element of a non-empty slice.
    #[inline]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Standard normal.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.unit())
    }

    /// Lognormal with mean 1 and the given standard deviation of its logarithm.
    #[inline]
    pub fn lognormal(&mut self, sigma: f64) -> f64 {
        (sigma * self.normal() - sigma * sigma / 2.0).exp()
    }

    /// A Poisson count with the given mean.
    #[inline]
    pub fn poisson(&mut self, mean: f64) -> u32 {
        if mean <= 0.0 {
            0
        } else if mean > 30.0 {
            (mean + mean.sqrt() * self.normal()).round().max(0.0) as u32
        } else {
            let mut term = (-mean).exp();
            let mut left = self.unit() - term;
            let mut count = 0;
            while left > 0.0 && count < 400 {
                count += 1;
                term *= mean / f64::from(count);
                left -= term;
            }
            count
        }
    }
}

/// The quantile function of the standard normal (Acklam's rational approximation, relative error below 1.2e-9).
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    const LOW: f64 = 0.02425;
    let tail = |q: f64| {
        let top = ((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5];
        top / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    if p < LOW {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - LOW {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        let r = q * q;
        let top = (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q;
        top / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    }
}

/// A bijection of `0..n` onto itself, computed point by point (a four-round Feistel network, walked until inside).
#[derive(Debug, Clone, Copy)]
pub struct Permutation {
    n: u64,
    half: u32,
    key: u64,
}

impl Permutation {
    /// The permutation of `0..n` that belongs to a seed.
    pub fn new(seed: u64, n: u64) -> Self {
        let bits = (64 - n.max(2).saturating_sub(1).leading_zeros()).max(2);
        Self { n, half: bits.div_ceil(2), key: mix(seed ^ GAMMA) }
    }

    /// Where `index` goes.
    pub fn at(&self, index: u64) -> u64 {
        debug_assert!(index < self.n);
        let mask = (1u64 << self.half) - 1;
        let mut x = index;
        loop {
            let (mut left, mut right) = (x >> self.half, x & mask);
            for round in 0..4u64 {
                let next = left ^ (mix(right ^ self.key.wrapping_add(round.wrapping_mul(GAMMA))) & mask);
                (left, right) = (right, next);
            }
            x = (left << self.half) | right;
            if x < self.n {
                return x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permutation, Purpose, Stream, normal_quantile};

    #[test]
    fn a_permutation_reaches_every_index_once() {
        for n in [1, 2, 3, 7, 64, 1_000, 4_097] {
            let permutation = Permutation::new(9, n);
            let mut seen: Vec<u64> = (0..n).map(|i| permutation.at(i)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn draws_have_the_means_they_promise() {
        let mut stream = Stream::new(1, Purpose::Traits, 0);
        let n = 200_000;
        let mean =
            |f: &mut dyn FnMut(&mut Stream) -> f64, stream: &mut Stream| (0..n).map(|_| f(stream)).sum::<f64>() / f64::from(n);
        assert!((mean(&mut |s| s.lognormal(0.8), &mut stream) - 1.0).abs() < 0.02);
        assert!((mean(&mut |s| f64::from(s.poisson(2.5)), &mut stream) - 2.5).abs() < 0.02);
        assert!((mean(&mut |s| f64::from(s.poisson(50.0)), &mut stream) - 50.0).abs() < 0.2);
        assert!(mean(&mut Stream::normal, &mut stream).abs() < 0.01);
        assert!((normal_quantile(0.975) - 1.959_964).abs() < 1e-5);
    }

    #[test]
    fn streams_of_neighbours_share_nothing() {
        let first: Vec<u64> = (0..1_000).map(|i| Stream::new(1, Purpose::Claims, i).bits()).collect();
        let mut distinct = first.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), first.len());
    }
}

//! How far a run is: stages with counters, shown as bars on a terminal and as log lines elsewhere.
//!
//! The plan of a run opens a stage and hands its counters to the work; the work knows nothing of stages, bars or logs:
//!
//! ```
//! use acobench::run::progress::{Progress, Shown};
//!
//! let progress = Progress::new(Shown::Nothing);
//! let stage = progress.stage("scan claim_line");
//! stage.expect_rows(2_000);
//! let meter = stage.meter(); // an Arc<disk::Meter>: share it among threads, count per batch or page
//! meter.add_rows(2_000);
//! stage.finish(); // a stage that is dropped instead is logged as ended, not as done
//! assert_eq!(progress.timings()[0].rows, 2_000);
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::disk::Meter;

/// How often bars are drawn anew.
const FRAME: Duration = Duration::from_millis(120);
/// How often a stage that goes on says so in the log.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Where progress is shown.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Nowhere; timings are still kept.
    Nothing,
    /// In log lines: when a stage begins, each half minute, and when it ends.
    Log,
    /// As bars on the terminal.
    Bars(MultiProgress),
}

/// What one stage did, as the manifest keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Name of the stage.
    pub stage: String,
    /// Rows it handled.
    pub rows: u64,
    /// Bytes it handled.
    pub bytes: u64,
    /// Seconds from its beginning to its end.
    pub seconds: f64,
}

/// The stages of one run. Clones share them.
#[derive(Debug, Clone)]
pub struct Progress {
    board: Arc<Board>,
}

#[derive(Debug)]
struct Board {
    shown: Shown,
    running: Mutex<Vec<Arc<Counted>>>,
    timings: Mutex<Vec<Timing>>,
}

#[derive(Debug)]
struct Counted {
    name: String,
    meter: Arc<Meter>,
    began: Instant,
    bar: Option<ProgressBar>,
    expected: Mutex<Expected>,
}

#[derive(Debug, Clone, Copy)]
struct Expected {
    rows: u64,
    bytes: u64,
    heartbeats: u32,
}

impl Progress {
    /// A board without stages.
    #[must_use]
    pub fn new(shown: Shown) -> Self {
        let board = Arc::new(Board { shown, running: Mutex::default(), timings: Mutex::default() });
        if !matches!(board.shown, Shown::Nothing) {
            let watched = Arc::downgrade(&board);
            // Without the thread nothing is drawn, and the work goes on all the same.
            let _ = std::thread::Builder::new().name("progress".into()).spawn(move || watch(&watched));
        }
        Self { board }
    }

    /// Begins a stage. It ends when the handle is finished or dropped.
    #[must_use]
    pub fn stage(&self, name: impl Into<String>) -> Stage {
        let name = name.into();
        let bar = match &self.board.shown {
            Shown::Bars(bars) => {
                let bar = bars.add(ProgressBar::no_length().with_prefix(name.clone()));
                bar.set_style(style("{prefix:24} {spinner} {msg}"));
                Some(bar)
            }
            Shown::Log => {
                tracing::info!(stage = name, "begins");
                None
            }
            Shown::Nothing => None,
        };
        let expected = Mutex::new(Expected { rows: 0, bytes: 0, heartbeats: 0 });
        let counted = Arc::new(Counted { name, meter: Arc::default(), began: Instant::now(), bar, expected });
        locked(&self.board.running).push(Arc::clone(&counted));
        Stage { board: Arc::clone(&self.board), counted, done: false }
    }

    /// What the finished stages did, in the order in which they ended.
    #[must_use]
    pub fn timings(&self) -> Vec<Timing> {
        locked(&self.board.timings).clone()
    }
}

/// A stage that is under way.
#[derive(Debug)]
pub struct Stage {
    board: Arc<Board>,
    counted: Arc<Counted>,
    done: bool,
}

impl Stage {
    /// The counters of the stage, to share among the threads that do its work.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.counted.meter
    }

    /// Says how many rows the stage will handle in all, for a bar with time left.
    pub fn expect_rows(&self, rows: u64) {
        self.expect(|expected| expected.rows = rows, rows, "{prefix:24} {bar:24} {percent:>3}% {msg}");
    }

    /// Says how many bytes the stage will handle in all, where rows are not known beforehand.
    pub fn expect_bytes(&self, bytes: u64) {
        self.expect(|expected| expected.bytes = bytes, bytes, "{prefix:24} {bar:24} {percent:>3}% {msg}");
    }

    fn expect(&self, set: impl FnOnce(&mut Expected), length: u64, template: &str) {
        set(&mut locked(&self.counted.expected));
        if let Some(bar) = &self.counted.bar {
            bar.set_length(length);
            bar.set_style(style(template));
        }
    }

    /// Ends the stage, its work done, and keeps its timing.
    pub fn finish(mut self) {
        self.done = true;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let counted = &self.counted;
        let timing = counted.timing();
        locked(&self.board.running).retain(|running| !Arc::ptr_eq(running, counted));
        match &self.board.shown {
            Shown::Bars(_) => {
                if let Some(bar) = &counted.bar {
                    bar.set_style(style("{prefix:24} {msg}"));
                    bar.finish_with_message(counted.told(false));
                }
            }
            Shown::Log => {
                let Timing { rows, bytes, seconds, .. } = timing;
                tracing::info!(stage = counted.name, rows, bytes, seconds, "{}", if self.done { "done" } else { "ended" });
            }
            Shown::Nothing => {}
        }
        locked(&self.board.timings).push(timing);
    }
}

impl Counted {
    fn timing(&self) -> Timing {
        let seconds = (self.began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        Timing { stage: self.name.clone(), rows: self.meter.rows(), bytes: self.meter.bytes(), seconds }
    }

    /// Share of the work done, where its size is known.
    fn share(&self) -> Option<f64> {
        let expected = *locked(&self.expected);
        let share = match expected {
            Expected { rows: 1.., .. } => self.meter.rows() as f64 / expected.rows as f64,
            Expected { bytes: 1.., .. } => self.meter.bytes() as f64 / expected.bytes as f64,
            _ => return None,
        };
        Some(share.min(1.0))
    }

    fn seconds_left(&self) -> Option<f64> {
        let share = self.share().filter(|share| *share > 0.0)?;
        Some(self.began.elapsed().as_secs_f64() * (1.0 - share) / share)
    }

    /// Rows, rows a second, and the time left or taken.
    fn told(&self, under_way: bool) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        let rows = self.meter.rows();
        let pace = match rows {
            0 => String::new(),
            _ => format!("{} rows  {}/s  ", HumanCount(rows), HumanCount((rows as f64 / seconds.max(0.001)) as u64)),
        };
        match self.seconds_left().filter(|_| under_way) {
            Some(left) => format!("{pace}{} left", HumanDuration(Duration::from_secs(left.round() as u64))),
            None => format!("{pace}{seconds:.1} s"),
        }
    }

    fn draw(&self) {
        let Some(bar) = &self.bar else { return };
        if let (Some(share), Some(length)) = (self.share(), bar.length()) {
            bar.set_position((share * length as f64) as u64);
        }
        bar.set_message(self.told(true));
        bar.tick();
    }

    fn heartbeat(&self) {
        {
            let mut expected = locked(&self.expected);
            if self.began.elapsed() < HEARTBEAT * (expected.heartbeats + 1) {
                return;
            }
            expected.heartbeats += 1;
        }
        let Timing { rows, bytes, seconds, .. } = self.timing();
        let percent = self.share().map(|share| (share * 1000.0).round() / 10.0);
        let left = self.seconds_left().map(f64::round);
        tracing::info!(stage = self.name, rows, bytes, seconds, percent, seconds_left = left, "goes on");
    }
}

/// Draws, or says from time to time, how far the running stages are, until the board is gone.
fn watch(board: &Weak<Board>) {
    loop {
        std::thread::sleep(FRAME);
        let Some(board) = board.upgrade() else { return };
        let running = locked(&board.running).clone();
        for counted in running {
            match board.shown {
                Shown::Bars(_) => counted.draw(),
                Shown::Log => counted.heartbeat(),
                Shown::Nothing => {}
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_count_one_stage() {
        let progress = Progress::new(Shown::Nothing);
        let stage = progress.stage("scan");
        stage.expect_rows(8_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let meter = Arc::clone(stage.meter());
                scope.spawn(move || (0..10).for_each(|_| meter.add_rows(100)));
            }
        });
        assert_eq!(stage.counted.share(), Some(0.5));
        stage.finish();
        let timings = progress.timings();
        assert_eq!((timings.len(), timings[0].stage.as_str(), timings[0].rows), (1, "scan", 4_000));
    }

    #[test]
    fn a_stage_of_unknown_size_has_no_time_left() {
        let progress = Progress::new(Shown::Nothing);
        let stage = progress.stage("sort");
        stage.meter().add_rows(5);
        assert_eq!(stage.counted.seconds_left(), None);
        assert!(stage.counted.told(true).starts_with("5 rows"));
    }
}

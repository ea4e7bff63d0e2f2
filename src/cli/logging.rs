//! Log lines on standard error: text for people, or one JSON object per line, both naming the run.

use std::fmt;
use std::io::{self, Write};

use clap::ValueEnum;
use indicatif::MultiProgress;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::print;
use crate::error::Error;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Sends the log of the process to standard error, above the bars if there are any.
pub fn begin(format: LogFormat, quiet: bool, run_id: &str, bars: Option<&MultiProgress>) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(if quiet { LevelFilter::WARN } else { LevelFilter::INFO })
        .with_writer(Standard { bars: bars.cloned() })
        .event_format(Lines { format, run_id: run_id.to_string(), on_terminal: bars.is_some() })
        .finish();
    // A second call finds the first subscriber in place, which is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// What the process leaves on standard error when it ends with an error, line end included.
pub fn last_line(format: LogFormat, run_id: &str, error: &Error) -> String {
    if format == LogFormat::Text {
        return print::in_words(error);
    }
    let mut fields = Map::new();
    fields.insert("message".into(), error.to_string().into());
    fields.insert("exit_code".into(), error.exit_code().into());
    let lines = Lines { format, run_id: run_id.to_string(), on_terminal: false };
    lines.line(Level::ERROR, fields) + "\n"
}

struct Lines {
    format: LogFormat,
    run_id: String,
    on_terminal: bool,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        writeln!(out, "{}", self.line(*event.metadata().level(), fields.0))
    }
}

impl Lines {
    fn line(&self, level: Level, mut fields: Map<String, Value>) -> String {
        let time = jiff::Timestamp::now().round(jiff::Unit::Millisecond).unwrap_or_else(|_| jiff::Timestamp::now());
        if self.format == LogFormat::Json {
            let mut line = Map::new();
            line.insert("time".into(), time.to_string().into());
            line.insert("level".into(), level.as_str().into());
            line.insert("run_id".into(), self.run_id.as_str().into());
            line.append(&mut fields);
            return Value::Object(line).to_string();
        }
        let word = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
        let mut words = Vec::new();
        if !self.on_terminal {
            words.push(format!("{time} {}", self.run_id));
        }
        if level != Level::INFO {
            words.push(format!("{}:", level.as_str().to_lowercase()));
        }
        words.extend(fields.remove("stage").map(|stage| format!("{}:", word(stage))));
        words.extend(fields.remove("message").map(word));
        words.extend(fields.into_iter().map(|(name, value)| format!("{name}={}", word(value))));
        words.join(" ")
    }
}

/// The fields of one event.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}").into());
    }
}

/// Standard error, with the bars lifted while a line is written.
struct Standard {
    bars: Option<MultiProgress>,
}

impl<'a> MakeWriter<'a> for Standard {
    type Writer = &'a Standard;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.bars {
            Some(bars) => bars.suspend(|| io::stderr().lock().write(bytes)),
            None => io::stderr().lock().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("message".into(), "done".into());
        fields.insert("stage".into(), "scan".into());
        fields.insert("rows".into(), 12.into());
        fields
    }

    #[test]
    fn json_lines_are_one_object_with_the_run() {
        let lines = Lines { format: LogFormat::Json, run_id: "r1".into(), on_terminal: false };
        let line: Value = serde_json::from_str(&lines.line(Level::INFO, fields())).unwrap();
        assert_eq!((&line["run_id"], &line["stage"], &line["rows"]), (&"r1".into(), &"scan".into(), &12.into()));
    }

    #[test]
    fn text_lines_begin_with_the_stage() {
        let lines = Lines { format: LogFormat::Text, run_id: "r1".into(), on_terminal: true };
        assert_eq!(lines.line(Level::WARN, fields()), "warn: scan: done rows=12");
    }
}

//! The only place that writes to standard output and standard error by hand.

use std::io::{self, ErrorKind, Write as _};

use super::LogFormat;
use crate::error::{Error, Result};

const STDOUT: &str = "standard output";

/// Prints a result, with a line end if it has none.
pub fn result(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(line_end.as_bytes()))
        .and_then(|()| out.flush())
        .map_err(|e| Error::io("print to", STDOUT, e))
}

/// Hands standard output to something that writes bytes.
pub fn raw(write: impl FnOnce(&mut dyn io::Write) -> Result<()>) -> Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    out.flush().map_err(|e| Error::io("write to", STDOUT, e))
}

/// Whether the reader of standard output has gone, as `head` does: no failure of ours.
pub fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { path, source, .. } if source.kind() == ErrorKind::BrokenPipe && path.as_os_str() == STDOUT)
}

/// Tells why the program ends: in words, or as the last line of a JSON log.
pub fn error(error: &Error, format: LogFormat) {
    match format {
        LogFormat::Json => tracing::error!(exit_code = error.exit_code(), "{error}"),
        // Nobody is left to tell when standard error is closed.
        LogFormat::Text => drop(io::stderr().lock().write_all(in_words(error).as_bytes())),
    }
}

/// An error as a person reads it; of several faults each begins anew.
pub fn in_words(error: &Error) -> String {
    match error {
        Error::Inputs(faults) => faults.iter().map(in_words).collect(),
        error => format!("error: {error}\n"),
    }
}

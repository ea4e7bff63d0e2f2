//! The `acobench` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    acobench::cli::main()
}

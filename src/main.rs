//! The `racestack` command: prints and sets the exit code; everything else is in the library.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use racestack::cli;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    let notice = |message: &str| {
        let _ = writeln!(anstream::stderr(), "{message}");
    };
    let outcome = cli::run_with(&args, std::io::stderr().is_terminal(), &notice);
    // A reader that went away, such as `head`, is no reason to fail louder than with the exit code.
    let _ = anstream::stderr().write_all(outcome.stderr.as_bytes());
    let _ = std::io::stdout().write_all(outcome.stdout.as_bytes());
    ExitCode::from(outcome.code)
}

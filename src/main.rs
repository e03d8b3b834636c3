//! The `racestack` command: prints and sets the exit code; everything else is in the library.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use racestack::cli;

/// The guard engine makes and drops millions of small values, which takes the system's allocator half of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    let outcome = cli::run(&args, std::io::stderr().is_terminal());
    // A reader that went away, such as `head`, is no reason to fail louder than with the exit code.
    let _ = anstream::stderr().write_all(outcome.stderr.as_bytes());
    let _ = std::io::stdout().write_all(outcome.stdout.as_bytes());
    ExitCode::from(outcome.code)
}

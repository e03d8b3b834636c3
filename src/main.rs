//! The `racestack` command: prints and sets the exit code; everything else is in the library.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use mimalloc::MiMalloc;
use racestack::cli;

/// The guard engine makes and drops millions of small values, which takes the system's allocator half of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A run that is over sooner shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let args = match cli::Args::try_parse().map_err(cli::with_hint) {
        Ok(args) => args,
        // Help is none, and ends with 0.
        Err(error) => return ended(&error.print(), u8::try_from(error.exit_code()).unwrap_or(2)),
    };
    let terminal = std::io::stderr().is_terminal();
    let bar = ProgressBar::hidden();
    let start = Instant::now();
    let progress = |done, of| {
        if terminal && start.elapsed() > PATIENCE {
            show(&bar, done, of);
        }
    };
    let notice = |message: &str| {
        let _ = writeln!(anstream::stderr(), "{message}");
    };
    let outcome = cli::run(&args, terminal, &cli::Progress { progress: &progress, notice: &notice });
    bar.finish_and_clear();
    let _ = anstream::stderr().write_all(outcome.stderr.as_bytes());
    let mut stdout = anstream::stdout();
    ended(&stdout.write_all(outcome.stdout.as_bytes()).and_then(|()| stdout.flush()), outcome.code)
}

/// The exit code of a run, by whether what it says was written.
fn ended(written: &std::io::Result<()>, code: u8) -> ExitCode {
    match written {
        // A reader that went away, such as `head`, is no reason to fail louder than with the exit code.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(anstream::stderr(), "error: cannot write to standard output: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(code),
    }
}

/// Shows the bar, which is hidden until a run has lasted.
fn show(bar: &ProgressBar, done: usize, of: usize) {
    if bar.is_hidden() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} accounts") {
            bar.set_style(style);
        }
    }
    bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
    bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
}

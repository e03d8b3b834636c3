//! The `racestack` command: prints and sets the exit code; everything else is in the library.

fn main() {}

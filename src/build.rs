//! Tells the program which sources it was made of, for what it keeps from one run to the next: another version's checks
//! are no checks of this one's.
#![allow(clippy::disallowed_methods, reason = "a build script reads the source tree")]

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// All that decides what the program does, with the compiler: the versions of libraries stand in `Cargo.lock`.
const SOURCES: [&str; 5] = ["Cargo.lock", "Cargo.toml", "rules", "src", "templates"];

fn main() -> std::io::Result<()> {
    let mut digest = Sha256::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        for path in files(Path::new(source))? {
            let bytes = std::fs::read(&path)?;
            digest.update(format!("{} {}\n", path.display(), bytes.len()));
            digest.update(bytes);
        }
    }
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    digest.update(Command::new(compiler).arg("-vV").output()?.stdout);
    println!("cargo::rustc-env=RACESTACK_SOURCES={:x}", Hex(&digest.finalize()));
    Ok(())
}

/// The files at and below a path, in order.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    let below: Vec<Vec<PathBuf>> = entries.iter().map(|entry| files(entry)).collect::<std::io::Result<_>>()?;
    Ok(below.concat())
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::LowerHex for Hex<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

//! What AWS retires, with days: the one table. The next retirement is one more row.

use std::sync::LazyLock;

use super::date::Date;
use super::rows;

/// Something that AWS has retired, or will.
#[derive(Debug)]
pub struct Retirement {
    /// What it is: `service`, `platform`, `family` or `runtime`.
    kind: &'static str,
    /// How settings, rosters and templates name it; of a platform, what its name begins with.
    word: &'static str,
    /// The name that AWS uses.
    pub name: &'static str,
    /// The first day without it; `YYYY-MM` where AWS names the month alone.
    pub on: &'static str,
    /// What to use instead, or what else the reader should know.
    pub instead: &'static str,
    /// The AWS page that says so. That of Lambda was read through cfn-lint 1.58.0
    /// (`cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json`).
    pub source: &'static str,
}

/// The day up to which the table tells what has happened. What comes later in it is only foreseen, and told where the
/// caller says which day it is.
pub const KNOWN_UNTIL: &str = "2026-11-22";

/// How many days before a retirement synth begins to tell of it.
pub const DAYS_AHEAD: i64 = 180;

/// Everything that is known to be retired, or to be one day. Of instance types, the families that the platform
/// `notebook-al2023-v1` dropped, since when it is the only one for new notebooks.
static RETIREMENTS: LazyLock<Vec<Retirement>> = LazyLock::new(|| {
    rows(include_str!("retired.txt"), "; ")
        .map(|[kind, word, name, on, instead, source]| Retirement { kind, word, name, on, instead, source })
        .collect()
});

/// The row of a `service`, by the word that `services` has for it; of the `family` of instance types that notebooks no longer have, such
/// as `p2`, where `instead` is a type; of a notebook's `platform`; or of a function's `runtime`.
pub fn retired(kind: &str, word: &str) -> Option<&'static Retirement> {
    let is_it = |known: &str| if kind == "platform" { word.starts_with(known) } else { word == known };
    RETIREMENTS.iter().find(|row| row.kind == kind && is_it(row.word))
}

impl Retirement {
    /// The first day without it; of a month, the last day, when it is surely gone.
    pub fn day(&self) -> Option<Date> {
        let of_month = || (28..=31).rev().find_map(|day| format!("{}-{day}", self.on).parse().ok());
        self.on.parse().ok().or_else(of_month)
    }

    /// When, in words that fit behind "ended": `on 2025-09-10`, `in December 2025`.
    pub fn when(&self) -> String {
        if self.on.parse::<Date>().is_ok() {
            return format!("on {}", self.on);
        }
        self.day().map_or_else(|| format!("in {}", self.on), |day| format!("in {}", day.month()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LAMBDA_RUNTIME, NOTEBOOK_PLATFORM};
    use super::*;

    #[test]
    fn every_row_has_a_day_and_a_source() {
        for row in RETIREMENTS.iter() {
            assert!(row.day().is_some(), "{}: {}", row.name, row.on);
            assert!(row.source.starts_with("https://"), "{}", row.name);
        }
        let service = |word: &str| retired("service", word).unwrap();
        assert_eq!(service("deepracer").when(), "in December 2025");
        assert_eq!(service("deepracer").day(), "2025-12-31".parse().ok());
        assert_eq!(service("robomaker").when(), "on 2025-09-10");
    }

    #[test]
    fn what_the_templates_use_is_not_retired() {
        let today = KNOWN_UNTIL.parse::<Date>().unwrap();
        assert!(retired("platform", NOTEBOOK_PLATFORM).is_none());
        assert!(today.days_until(retired("runtime", LAMBDA_RUNTIME).unwrap().day().unwrap()) > DAYS_AHEAD);
    }
}

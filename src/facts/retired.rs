//! What AWS retires, with days: the one table. The next retirement is one more row.

use super::date::Date;

/// Something that AWS has retired, or will.
#[derive(Debug)]
pub struct Retirement {
    /// What it is, as settings, rosters and templates name it.
    pub what: Retired,
    /// The name that AWS uses.
    pub name: &'static str,
    /// The first day without it; `YYYY-MM` where AWS names the month alone.
    pub on: &'static str,
    /// What to use instead, or what else the reader should know.
    pub instead: &'static str,
    /// The AWS page that says so, or who has read it.
    pub source: &'static str,
}

/// What can be retired, as settings, rosters and templates name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retired {
    /// A word of `services`.
    Service(&'static str),
    /// What the `PlatformIdentifier` of a notebook begins with.
    Platform(&'static str),
    /// A family of instance types, on the platform of new notebooks: `p2` of `ml.p2.xlarge`. `instead` is a type.
    Family(&'static str),
    /// The `Runtime` of a function.
    Runtime(&'static str),
}

/// The day up to which the table tells what has happened. What comes later in it is only foreseen, and told where the
/// caller says which day it is.
pub const KNOWN_UNTIL: &str = "2026-11-22";

/// How many days before a retirement synth begins to tell of it.
pub const DAYS_AHEAD: i64 = 180;

const NOTEBOOKS: &str = "https://docs.aws.amazon.com/sagemaker/latest/dg/nbi.html";
/// Read through cfn-lint 1.58.0 (`cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json`).
const RUNTIMES: &str = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html";

/// Everything that is known to be retired, or to be one day.
pub const RETIREMENTS: &[Retirement] = &[
    row(
        Retired::Service("deepracer"),
        "the AWS DeepRacer console",
        "2025-12",
        "its successor is the AWS solution `DeepRacer on AWS`",
        "https://docs.aws.amazon.com/deepracer/latest/developerguide/what-is-deepracer.html",
    ),
    row(
        Retired::Service("robomaker"),
        "AWS RoboMaker",
        "2025-09-10",
        "AWS points to AWS Batch for simulations",
        "https://docs.aws.amazon.com/robomaker/latest/dg/what-is-robomaker.html",
    ),
    row(
        Retired::Platform("notebook-al1-"),
        "Amazon Linux 1 for notebooks",
        "2023-12-31",
        "notebook-al2023-v1",
        "https://aws.amazon.com/blogs/aws/update-on-amazon-linux-ami-end-of-life/",
    ),
    row(
        Retired::Platform("notebook-al2-"),
        "Amazon Linux 2 for notebooks",
        "2026-06-30",
        "notebook-al2023-v1",
        NOTEBOOKS,
    ),
    // The families that the platform `notebook-al2023-v1` dropped, since when it is the only one for new notebooks.
    row(Retired::Family("p2"), "the family `p2` for notebooks", "2026-07-01", "ml.g4dn.xlarge", NOTEBOOKS),
    row(Retired::Family("p3"), "the family `p3` for notebooks", "2026-07-01", "ml.g5.xlarge", NOTEBOOKS),
    row(Retired::Family("p3dn"), "the family `p3dn` for notebooks", "2026-07-01", "ml.g5.48xlarge", NOTEBOOKS),
    row(Retired::Family("inf1"), "the family `inf1` for notebooks", "2026-07-01", "ml.inf2.xlarge", NOTEBOOKS),
    row(Retired::Family("g3"), "the family `g3` for notebooks", "2026-07-01", "ml.g4dn.xlarge", NOTEBOOKS),
    row(Retired::Runtime("python3.8"), "Python 3.8 on Lambda", "2024-10-14", "python3.14", RUNTIMES),
    row(Retired::Runtime("python3.9"), "Python 3.9 on Lambda", "2025-12-15", "python3.14", RUNTIMES),
    row(Retired::Runtime("python3.10"), "Python 3.10 on Lambda", "2026-10-31", "python3.14", RUNTIMES),
    row(Retired::Runtime("python3.11"), "Python 3.11 on Lambda", "2027-06-30", "python3.14", RUNTIMES),
    row(Retired::Runtime("python3.12"), "Python 3.12 on Lambda", "2028-10-31", "python3.14", RUNTIMES),
    row(Retired::Runtime("python3.13"), "Python 3.13 on Lambda", "2029-06-30", "a later Python", RUNTIMES),
    row(Retired::Runtime("python3.14"), "Python 3.14 on Lambda", "2029-06-30", "a later Python", RUNTIMES),
];

const fn row(
    what: Retired,
    name: &'static str,
    on: &'static str,
    instead: &'static str,
    source: &'static str,
) -> Retirement {
    Retirement { what, name, on, instead, source }
}

/// The row of a service, by the word that `services` has for it.
pub fn service(word: &str) -> Option<&'static Retirement> {
    RETIREMENTS.iter().find(|row| matches!(row.what, Retired::Service(service) if service == word))
}

/// The row of a family of instance types that notebooks no longer have.
pub fn family(family: &str) -> Option<&'static Retirement> {
    RETIREMENTS.iter().find(|row| matches!(row.what, Retired::Family(retired) if retired == family))
}

/// The row of a notebook's platform.
pub fn platform(identifier: &str) -> Option<&'static Retirement> {
    RETIREMENTS.iter().find(|row| matches!(row.what, Retired::Platform(prefix) if identifier.starts_with(prefix)))
}

/// The row of a function's runtime.
pub fn runtime(identifier: &str) -> Option<&'static Retirement> {
    RETIREMENTS.iter().find(|row| matches!(row.what, Retired::Runtime(runtime) if runtime == identifier))
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
        for row in RETIREMENTS {
            assert!(row.day().is_some(), "{}: {}", row.name, row.on);
            assert!(row.source.starts_with("https://"), "{}", row.name);
        }
        assert_eq!(service("deepracer").unwrap().when(), "in December 2025");
        assert_eq!(service("deepracer").unwrap().day(), "2025-12-31".parse().ok());
        assert_eq!(service("robomaker").unwrap().when(), "on 2025-09-10");
    }

    #[test]
    fn what_the_templates_use_is_not_retired() {
        let today = KNOWN_UNTIL.parse::<Date>().unwrap();
        assert!(platform(NOTEBOOK_PLATFORM).is_none());
        assert!(today.days_until(runtime(LAMBDA_RUNTIME).unwrap().day().unwrap()) > DAYS_AHEAD);
    }
}

//! What AWS has retired, with dates: the next retirement is one more row.

/// A service that AWS has retired.
#[derive(Debug)]
pub struct RetiredService {
    /// The word that `services:` uses.
    pub service: &'static str,
    /// The name that AWS uses.
    pub name: &'static str,
    /// When it ended, in words that fit behind "ended".
    pub ended: &'static str,
    /// What the reader should know or do instead.
    pub note: &'static str,
    /// The AWS page that says so.
    pub source: &'static str,
}

/// The retired services among those that DeepRacer uses.
pub const RETIRED_SERVICES: &[RetiredService] = &[
    RetiredService {
        service: "deepracer",
        name: "the AWS DeepRacer console",
        ended: "in December 2025",
        note: "its successor is the AWS solution `DeepRacer on AWS`",
        source: "https://docs.aws.amazon.com/deepracer/latest/developerguide/what-is-deepracer.html",
    },
    RetiredService {
        service: "robomaker",
        name: "AWS RoboMaker",
        ended: "on 2025-09-10",
        note: "AWS points to AWS Batch for simulations",
        source: "https://docs.aws.amazon.com/robomaker/latest/dg/what-is-robomaker.html",
    },
];

/// An instance family that the notebook platform no longer offers.
#[derive(Debug)]
pub struct RetiredFamily {
    /// The part of the instance type between the dots: `p2` of `ml.p2.xlarge`.
    pub family: &'static str,
    /// An instance type to use instead.
    pub instead: &'static str,
}

/// The families that `notebook-al2023-v1`, the only platform for new notebooks since 2026-07-01, dropped.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/nbi.html>
pub const RETIRED_FAMILIES: &[RetiredFamily] = &[
    RetiredFamily { family: "p2", instead: "ml.g4dn.xlarge" },
    RetiredFamily { family: "p3", instead: "ml.g5.xlarge" },
    RetiredFamily { family: "p3dn", instead: "ml.g5.48xlarge" },
    RetiredFamily { family: "inf1", instead: "ml.inf2.xlarge" },
    RetiredFamily { family: "g3", instead: "ml.g4dn.xlarge" },
];

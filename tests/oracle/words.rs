//! What requests and policies are made of: few words, many of them alike, so that a pattern often just hits or just misses.

use crate::oracle::chance::Chance;

pub const ACCOUNT: &str = "111122223333";
pub const OTHER_ACCOUNT: &str = "444455556666";
pub const BUCKET: &str = "mycompany-aws-deepracer-test-20221130201905";

pub const REGIONS: [&str; 4] = ["ap-northeast-1", "ap-northeast-1", "ap-northeast-1", "us-east-1"];
pub const BUCKETS: [&str; 4] = [BUCKET, BUCKET, "dr-sagemaker-logs", "aws-DeepRacer-other"];
/// `bob` is a prefix of `bobby`, and differs from `Bob` in case alone.
pub const NAMES: [&str; 6] = ["bob", "bobby", "Bob", "tanaka.taro", "sato.jiro", "b"];
pub const USERS: [&str; 8] = [
    "deepracer/bob",
    "deepracer/bobby",
    "deepracer/Bob",
    "deepracer/tanaka.taro",
    "bob",
    "bobby",
    "other/bob",
    "deepracer/sato.jiro",
];
pub const ROLES: [&str; 8] = [
    "deepracer/notebook/bob",
    "deepracer/notebook/bobby",
    "deepracer/notebook/tanaka.taro",
    "deepracer/notebook/sato.jiro",
    "service-role/AWSDeepRacerServiceRole",
    "AWSDeepRacerLambdaAccessRole",
    "bob",
    "admin",
];
pub const OBJECTS: [&str; 8] = [
    "bob/model.tar.gz",
    "bob/",
    "bob",
    "bobby/model.tar.gz",
    "Bob/model.tar.gz",
    "tanaka.taro/a/b?c.csv",
    "sato.jiro/x",
    "shared/deepracer/bob/x",
];
pub const PREFIXES: [&str; 7] = ["bob/", "bob", "bob/models/", "bobby/", "", "Bob/", "tanaka.taro/"];
pub const TAGS: [&str; 4] = ["user", "user", "User", "team"];
pub const SERVICE_PRINCIPALS: [&str; 5] = [
    "sagemaker.amazonaws.com",
    "lambda.amazonaws.com",
    "deepracer.amazonaws.com",
    "cloudformation.amazonaws.com",
    "sagemaker.application-autoscaling.amazonaws.com",
];
pub const NUMBERS: [&str; 6] = ["0", "10", "1000", "10.0", "-5", "3600"];
pub const DATES: [&str; 5] =
    ["2026-06-30T00:00:00Z", "2026-07-01T00:00:00Z", "2026-07-01T09:00:00+09:00", "2026-07-01", "2027-01-01T12:30:00Z"];
pub const EPOCHS: [&str; 3] = ["1782777600", "1782864000", "1798806600"];
pub const ADDRESSES: [&str; 5] = ["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:db8:1::1"];
pub const NETWORKS: [&str; 6] =
    ["203.0.113.0/24", "203.0.113.0/25", "203.0.113.7/32", "198.51.100.0/22", "2001:db8::/48", "2001:db8::/32"];

/// Whether a text matches a pattern of `*` and `?`: by growing the last star, once over the text.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    read = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// A text that is like another: longer, shorter, in another case, or with another name in it.
pub fn near(text: &str, chance: &mut Chance) -> String {
    match chance.below(7) {
        0 => format!("{text}x"),
        1 => text.strip_suffix(|_: char| true).unwrap_or_default().to_owned(),
        2 => text.to_uppercase(),
        3 => text.replace('/', ""),
        4 => {
            let other = chance.pick(&NAMES);
            text.replace(chance.pick(&NAMES), other)
        }
        5 => text.replace(chance.pick(&NAMES), "carol"),
        _ => text.replacen("bob", "bobby", 1),
    }
}

/// A value of a condition key of this type.
pub fn value(key: &str, kind: &str, chance: &mut Chance) -> String {
    let key = key.to_ascii_lowercase();
    let value = match kind.strip_prefix("ArrayOf").unwrap_or(kind) {
        "Numeric" => chance.pick(&NUMBERS),
        "Bool" => chance.pick(&["true", "false"]),
        "Date" if key == "aws:epochtime" => chance.pick(&EPOCHS),
        "Date" => chance.pick(&DATES),
        "IPAddress" => chance.pick(&ADDRESSES),
        "ARN" => return arn(chance),
        _ => match key.as_str() {
            "s3:prefix" => chance.pick(&PREFIXES),
            "s3:delimiter" => "/",
            "aws:tagkeys" => chance.pick(&TAGS),
            "sagemaker:taggingaction" => chance.pick(&["CreateTrainingJob", "CreateNotebookInstance", "AddTags"]),
            "iam:passedtoservice" | "iam:awsservicename" | "aws:calledvia" | "aws:calledviafirst" => {
                chance.pick(&SERVICE_PRINCIPALS)
            }
            "aws:requestedregion" => chance.pick(&REGIONS),
            "sagemaker:instancetypes" => chance.pick(&["ml.t3.medium", "ml.t3.large", "ml.p4d.24xlarge"]),
            _ => chance.pick(&NAMES),
        },
    };
    value.to_owned()
}

pub fn arn(chance: &mut Chance) -> String {
    match chance.below(4) {
        0 => format!("arn:aws:iam::{ACCOUNT}:user/{}", chance.pick(&USERS)),
        1 => format!("arn:aws:iam::{ACCOUNT}:role/{}", chance.pick(&ROLES)),
        2 => format!("arn:aws:s3:::{}", chance.pick(&BUCKETS)),
        _ => format!("arn:aws:sagemaker:ap-northeast-1:{ACCOUNT}:notebook-instance/{}", chance.pick(&NAMES)),
    }
}

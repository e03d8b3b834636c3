//! Names and IDs whose constructors enforce AWS's syntax: past these types, nothing is checked again.

use std::fmt;

use crate::facts::{self, limits};

/// Why a text is no name of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is allowed, in words that fit behind "allowed are" or "allowed is".
    pub allowed: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $allowed:expr, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name, if the text is one.
            ///
            /// # Errors
            /// What is allowed, when the text is not.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(Refusal { allowed: $allowed }) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of an account's folder, in `config/accounts` as in `out`.
    AccountName,
    "1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit",
    |text| {
        within(text, 1..=64) && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && only(text, "._-")
    }
}

name! {
    /// The ID of an AWS account.
    /// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>
    AccountId,
    "12 digits, in quotes",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

name! {
    /// The company's short name. It begins stack names, hence a letter first, and bucket names, hence lower case; a
    /// lifecycle configuration `COMPANY-deepracer-users-001` has at most 63 characters.
    Company,
    "1 to 40 of `a-z 0-9 -`, beginning with a letter, ending with a letter or digit, without `--`",
    |text| {
        within(text, 1..=40)
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--")
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    }
}

name! {
    /// An AWS region. Whether it exists is for `facts::REGIONS` to say, which may be older than the region.
    Region,
    "a region such as `ap-northeast-1`",
    |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        parts.len() >= 3
            && parts.split_last().is_some_and(|(number, words)| {
                words.iter().all(word) && matches!(number.as_bytes(), [b'1'..=b'9'])
            })
    }
}

name! {
    /// The name of an S3 bucket.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    BucketName,
    "3 to 63 of `a-z 0-9 . -`, beginning and ending with a letter or digit, without `..`, not like an IP address, \
     without the prefixes and suffixes that S3 reserves",
    |text| {
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        limits::BUCKET_NAME_CHARACTERS.contains(&text.len())
            && text.chars().all(|c| edge(c) || c == '.' || c == '-')
            && text.starts_with(edge)
            && text.ends_with(edge)
            && !text.contains("..")
            && text.parse::<std::net::Ipv4Addr>().is_err()
            && !limits::BUCKET_NAME_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            && !limits::BUCKET_NAME_SUFFIXES.iter().any(|suffix| text.ends_with(suffix))
    }
}

name! {
    /// A folder of a Git repository, as its path from the repository's root.
    RepositoryPath,
    "a path such as `out`, from the root of the repository: words of `A-Z a-z 0-9 . _ -`, with `/` between them",
    |text| {
        text.split('/').all(|word| !word.is_empty() && only(word, "._-") && word != "." && word != "..")
    }
}

name! {
    /// The friendly name of an IAM user, which is also the name of the person's folder and of their notebook's role.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    UserName,
    "1 to 64 of `A-Z a-z 0-9 _ + = . @ -`, and not `.` or `..`",
    |text| {
        // IAM takes a comma, too; but the name is the value of the tag `user`, and no tag takes one.
        within(text, 1..=limits::USER_NAME_CHARACTERS) && only(text, "_+=.@-") && text != "." && text != ".."
    }
}

impl UserName {
    /// Whether a character may be in such a name.
    pub fn takes(c: char) -> bool {
        c.is_ascii_alphanumeric() || "_+=.@-".contains(c)
    }
}

name! {
    /// The path of IAM users, groups, roles and policies. Narrower than IAM allows: a `*` or `?` would be a wildcard in
    /// the ARNs of our policies.
    IamPath,
    "a path such as `/deepracer/`: begins and ends with `/`, between them words of `A-Z a-z 0-9 _ + = , . @ -`",
    |text| {
        within(text, 1..=limits::IAM_PATH_CHARACTERS)
            && (text == "/"
                || text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).is_some_and(|inner| {
                    inner.split('/').all(|word| !word.is_empty() && only(word, "_+=,.@-"))
                }))
    }
}

name! {
    /// The name of a SageMaker notebook instance.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html>
    NotebookName,
    "1 to 63 of `A-Z a-z 0-9 -`, beginning and ending with a letter or digit",
    |text| {
        within(text, 1..=limits::NOTEBOOK_NAME_CHARACTERS)
            && only(text, "-")
            && !text.starts_with('-')
            && !text.ends_with('-')
    }
}

name! {
    /// The logical ID of a resource, or the part of it that all resources of a person begin with.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
    LogicalId,
    "1 to 255 of `A-Z a-z 0-9`",
    |text| within(text, 1..=limits::LOGICAL_ID_CHARACTERS) && only(text, "")
}

name! {
    /// The name of a CloudFormation stack.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    StackName,
    "1 to 128 of `A-Z a-z 0-9 -`, beginning with a letter",
    |text| {
        within(text, 1..=limits::STACK_NAME_CHARACTERS)
            && only(text, "-")
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }
}

name! {
    /// The type of a notebook instance. Whether notebooks can have it is for `facts` to say.
    InstanceType,
    "an instance type such as `ml.t3.medium`",
    |text| {
        let parts: Vec<&str> = text.split('.').collect();
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        matches!(parts.as_slice(), ["ml", family, size] if word(family) && word(size))
    }
}

name! {
    /// The ARN of a KMS key.
    /// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN>
    KmsKeyArn,
    "the ARN of a key, such as `arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-…`",
    |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", partition, "kms", region, account, key]
            if partition.starts_with("aws")
                && Region::parse(region).is_ok()
                && AccountId::parse(account).is_ok()
                && key.strip_prefix("key/").is_some_and(|id| !id.is_empty() && only(id, "-")))
    }
}

name! {
    /// An e-mail address that notices are sent to.
    EmailAddress,
    "an e-mail address in ASCII, such as `admins@example.com`",
    |text| {
        let is_domain = |domain: &str| {
            domain.contains('.') && domain.split('.').all(|label| !label.is_empty() && only(label, "-"))
        };
        within(text, 3..=limits::EMAIL_CHARACTERS)
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && only(local, ".!#$%&'*+/=?^_`{|}~-") && is_domain(domain)
            })
    }
}

name! {
    /// The ID of a VPC subnet.
    SubnetId,
    "a subnet's ID, such as `subnet-0123456789abcdef0`",
    |text| text.strip_prefix("subnet-").is_some_and(hexadecimal)
}

name! {
    /// The ID of a VPC security group.
    SecurityGroupId,
    "a security group's ID, such as `sg-0123456789abcdef0`",
    |text| text.strip_prefix("sg-").is_some_and(hexadecimal)
}

impl Region {
    /// The partition that the region is in.
    pub fn partition(&self) -> &'static str {
        self.partition_facts().0
    }

    /// What the names of the region's service endpoints end with.
    pub fn dns_suffix(&self) -> &'static str {
        self.partition_facts().1
    }

    fn partition_facts(&self) -> (&'static str, &'static str) {
        let of = facts::PARTITIONS.iter().find(|(prefix, _, _)| self.0.starts_with(prefix));
        of.map_or(("aws", "amazonaws.com"), |(_, partition, suffix)| (partition, suffix))
    }

    /// Whether the region was known when this version was made.
    pub fn is_known(&self) -> bool {
        facts::REGIONS.contains(&self.as_str())
    }
}

impl InstanceType {
    /// The family: `t3` of `ml.t3.medium`.
    pub fn family(&self) -> &str {
        self.0.split('.').nth(1).unwrap_or_default()
    }
}

impl IamPath {
    /// The path one level below: `/deepracer/notebook/` for `notebook`.
    #[must_use]
    pub fn child(&self, word: &str) -> Self {
        Self(format!("{}{word}/", self.0))
    }
}

fn within(text: &str, characters: std::ops::RangeInclusive<usize>) -> bool {
    characters.contains(&text.chars().count())
}

/// Whether all characters are ASCII letters, digits or in `others`.
fn only(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

fn hexadecimal(text: &str) -> bool {
    within(text, 8..=17) && text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T>(parse: fn(&str) -> Result<T, Refusal>, valid: &[&str], invalid: &[&str]) {
        for text in valid {
            assert!(parse(text).is_ok(), "{text:?} is refused");
        }
        for text in invalid {
            assert!(parse(text).is_err(), "{text:?} is taken");
        }
    }

    #[test]
    fn names_are_those_that_aws_takes() {
        let long = "a".repeat(65);
        check(
            UserName::parse,
            &["a", "tanaka.taro@x-y_z+=", &long[..64]],
            &["", "a b", "a/b", "名", "a*", "a,b", "..", &long],
        );
        check(
            AccountId::parse,
            &["012345670123"],
            &["12345678901", "1234567890123", "11112222333a", "１１１１２２２２３３３３"],
        );
        check(Company::parse, &["mycompany", "a", "a-1"], &["", "A", "1a", "a-", "a_b", "a--b", &long]);
        check(
            Region::parse,
            &["ap-northeast-1", "us-gov-west-1", "eusc-de-east-1"],
            &["tokyo", "ap-northeast", "ap-1", "AP-northeast-1"],
        );
        check(
            BucketName::parse,
            &["abc", "my.bucket-1", &long[..63]],
            &[
                "ab",
                "Abc",
                "a_b",
                "-ab",
                "ab-",
                "a..b",
                "192.168.5.4",
                "xn--abc",
                "abc-s3alias",
                "abc--x-s3",
                "sthree-a",
                &long[..64],
            ],
        );
        check(
            IamPath::parse,
            &["/", "/a/", "/a/b.c/"],
            &["", "a", "/a", "a/", "//", "/a//b/", "/a*/", "/${aws:username}/"],
        );
        check(NotebookName::parse, &["a", "a-b", "A--1"], &["", "-a", "a-", "a.b", &long[..64]]);
        check(LogicalId::parse, &["A1"], &["", "a-b", "é"]);
        check(StackName::parse, &["a-1"], &["1a", "", "a_b"]);
        check(
            InstanceType::parse,
            &["ml.t3.medium", "ml.p6-b200.48xlarge"],
            &["t3.medium", "ml.t3", "ml.T3.medium", "ml..x"],
        );
        check(
            EmailAddress::parse,
            &["admins@example.com", "first.last+aws@mail.example.co.jp"],
            &[
                "admins",
                "@example.com",
                "admins@",
                "admins@example",
                "a b@example.com",
                "a@b@example.com",
                "あ@example.com",
            ],
        );
        check(
            KmsKeyArn::parse,
            &[
                "arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-12ab",
                "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1",
            ],
            &[
                "alias/x",
                "arn:aws:kms:ap-northeast-1:111122223333:alias/x",
                "arn:aws:kms:ap-northeast-1:111122223333:key/*",
            ],
        );
        check(SubnetId::parse, &["subnet-0123456789abcdef0"], &["subnet-", "0123", "subnet-xyz12345"]);
        check(AccountName::parse, &["tokyo", "a.b_c-1"], &["", ".", "..", ".git", "a/b", "名"]);
    }

    #[test]
    fn partitions_follow_the_region() {
        for (region, partition) in [
            ("ap-northeast-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(Region::parse(region).unwrap().partition(), partition);
        }
    }

    #[test]
    fn every_listed_region_and_instance_type_has_the_syntax() {
        assert!(facts::REGIONS.iter().all(|region| Region::parse(region).is_ok()));
        assert!(facts::NOTEBOOK_INSTANCE_TYPES.iter().all(|instance_type| InstanceType::parse(instance_type).is_ok()));
    }
}

//! Names and IDs whose constructors enforce AWS's syntax: past these types, nothing is checked again.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::address_range::is_public;
use crate::facts::{self, limits};
use crate::source::{HIDDEN, is_hidden};

/// The most characters of an ARN, and of what has no limit of its own.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html>
const LONGEST: usize = 2_048;

/// Kinds of names, each with the most bytes, the expression that a whole name matches, what else must hold of it, and what is
/// allowed in words.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($longest:expr, $pattern:expr $(, $also:expr)?) $allowed:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
            #[serde(try_from = "String")]
            pub struct $name(String);

            impl $name {
                /// The name, if the text is one.
                ///
                /// # Errors
                /// What is allowed, when the text is not, in words that fit behind "allowed are" or "allowed is".
                pub fn parse(text: &str) -> Result<Self, &'static str> {
                    static PATTERN: LazyLock<Regex> = LazyLock::new(|| whole($pattern));
                    let also: &[fn(&str) -> bool] = &[$($also)?];
                    let is_one = text.len() <= $longest && PATTERN.is_match(text) && also.iter().all(|holds| holds(text));
                    if is_one { Ok(Self(text.to_owned())) } else { Err($allowed) }
                }

                /// The name as text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl TryFrom<String> for $name {
                type Error = &'static str;

                fn try_from(text: String) -> Result<Self, Self::Error> {
                    Self::parse(&text)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(&self.0)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
                    json_schema!({"type": "string", "pattern": format!("^(?:{})$", $pattern)})
                }
            }
        )*

        /// The most bytes of a name of a kind.
        pub(super) fn longest(kind: &str) -> Option<usize> {
            match kind {
                $(stringify!($name) => Some($longest),)*
                _ => None,
            }
        }

        /// What is allowed instead of a text that is no name of a kind, which a schema calls `kind`.
        pub(super) fn refused(kind: &str, text: &str) -> Option<&'static str> {
            match kind {
                $(stringify!($name) => $name::parse(text).err(),)*
                _ => None,
            }
        }
    };
}

#[expect(clippy::expect_used, reason = "the expressions are constants that the tests run")]
fn whole(pattern: &str) -> Regex {
    Regex::new(&format!("^(?:{pattern})$")).expect("a valid expression")
}

names! {
    /// The name of an account's folder, in `config/accounts` as in `out`.
    AccountName(64, "[A-Za-z0-9][A-Za-z0-9._-]*") "1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit";
    /// The ID of an AWS account.
    /// Source: <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html>
    AccountId(12, "[0-9]{12}") "12 digits";
    /// The company's short name. It begins stack names, hence a letter first, and bucket names, hence lower case; a
    /// lifecycle configuration `COMPANY-deepracer-users-001` has at most 63 characters.
    Company(40, "[a-z](-?[a-z0-9])*")
        "1 to 40 of `a-z 0-9 -`, beginning with a letter, ending with a letter or digit, without `--`";
    /// An AWS region. Whether it exists is for `facts::REGIONS` to say, which may be older than the region.
    Region(LONGEST, "[a-z]+(-[a-z]+)+-[1-9]") "a region such as `ap-northeast-1`";
    /// The name of an S3 bucket.
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    BucketName(*limits::BUCKET_NAME_CHARACTERS.end(), "[a-z0-9][a-z0-9.-]+[a-z0-9]", |text| {
        !text.contains("..")
            && text.parse::<std::net::Ipv4Addr>().is_err()
            && !limits::BUCKET_NAME_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            && !limits::BUCKET_NAME_SUFFIXES.iter().any(|suffix| text.ends_with(suffix))
    }) "3 to 63 of `a-z 0-9 . -`, beginning and ending with a letter or digit, without `..`, not like an IP address, \
     without the prefixes and suffixes that S3 reserves";
    /// What the bucket is for, a part of its name. The name of a company has at least one character, and what is between the
    /// parts has 30.
    BucketPurpose(32, "[a-z0-9]([a-z0-9.-]*[a-z0-9])?", |text| !text.contains(".."))
        "1 to 32 of `a-z 0-9 . -`, beginning and ending with a letter or digit, without `..`";
    /// When the bucket was first planned, a part of its name. Whether it is a date, `model` says.
    BucketCreated(14, "[0-9]{14}") "14 digits, `YYYYMMDDhhmmss`, in quotes";
    /// A folder at the top of the bucket. It holds no character that means something in an ARN, a pattern or a path.
    FolderName(limits::USER_NAME_CHARACTERS, "[A-Za-z0-9][A-Za-z0-9._-]*")
        "1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit: one folder, without a slash";
    /// A folder of a Git repository, as its path from the repository's root.
    RepositoryPath(LONGEST, "[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", |text| text.split('/').all(|word| !matches!(word, "." | "..")))
        "a path such as `out`, from the root of the repository: words of `A-Z a-z 0-9 . _ -`, with `/` between them";
    /// The friendly name of an IAM user, which is also the name of the person's folder and of their notebook's role.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    // IAM takes a comma, too; but the name is the value of the tag `user`, and no tag takes one.
    UserName(limits::USER_NAME_CHARACTERS, "[A-Za-z0-9_+=.@-]+", |text| !matches!(text, "." | ".."))
        "1 to 64 of `A-Z a-z 0-9 _ + = . @ -`, and not `.` or `..`";
    /// The path of IAM users, groups, roles and policies. Narrower than IAM allows: a `*` or `?` would be a wildcard in
    /// the ARNs of our policies.
    IamPath(limits::IAM_PATH_CHARACTERS, "/([A-Za-z0-9_+=,.@-]+/)*")
        "a path such as `/deepracer/`: begins and ends with `/`, between them words of `A-Z a-z 0-9 _ + = , . @ -`";
    /// A managed policy of the company's, by its path and name, or by its ARN.
    PolicyPath(limits::IAM_PATH_CHARACTERS, "(arn:aws[^:]*:iam::[0-9]{12}:policy)?/?([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,128}")
        "the ARN of a policy of the account, or a policy's path and name, such as `company/Boundary`";
    /// What the names of the service roles end with. The longest of the console's names, `AWSDeepRacerCloudFormationAccessRole`,
    /// has 36 of IAM's 64 characters.
    RoleSuffix(28, "[A-Za-z0-9_+=,.@-]*") "up to 28 of `A-Z a-z 0-9 _ + = , . @ -`";
    /// The ARN of an IAM user or role, perhaps with wildcards behind the account's ID. One that could mean everybody of an account
    /// would keep an audit from finding anything.
    PrincipalPattern(LONGEST, r"arn:aws[^:]*:iam::[0-9]{12}:(user|role)/\S*[^*?/\s]\S*")
        "the ARN of an IAM user or role, `arn:aws:iam::ACCOUNT-ID:role/NAME` or `:user/NAME`, in which `*` and `?` are wildcards; not of these alone, which would be everybody";
    /// The name of a SageMaker notebook instance.
    /// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html>
    NotebookName(limits::NOTEBOOK_NAME_CHARACTERS, "[A-Za-z0-9](-*[A-Za-z0-9])*")
        "1 to 63 of `A-Z a-z 0-9 -`, beginning and ending with a letter or digit";
    /// The logical ID of a resource, or the part of it that all resources of a person begin with.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
    LogicalId(limits::LOGICAL_ID_CHARACTERS, "[A-Za-z0-9]+") "1 to 255 of `A-Z a-z 0-9`";
    /// The name of a CloudFormation stack.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    StackName(limits::STACK_NAME_CHARACTERS, "[A-Za-z][A-Za-z0-9-]*") "1 to 128 of `A-Z a-z 0-9 -`, beginning with a letter";
    /// The type of a notebook instance. Whether notebooks can have it is for `facts` to say.
    InstanceType(LONGEST, r"ml\.[a-z0-9-]+\.[a-z0-9-]+") "an instance type such as `ml.t3.medium`";
    /// An instance type, or all types of a family.
    TypePattern(LONGEST, r"ml\.[a-z0-9-]+\.([a-z0-9-]+|\*)")
        "an instance type such as `ml.t3.medium`, or a family such as `ml.t3.*`";
    /// The ARN of a KMS key.
    /// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN>
    KmsKeyArn(LONGEST, "arn:aws[^:]*:kms:[a-z]+(-[a-z]+)+-[1-9]:[0-9]{12}:key/[A-Za-z0-9-]+")
        "the ARN of a key, such as `arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-…`";
    /// An e-mail address that notices are sent to.
    EmailAddress(limits::EMAIL_CHARACTERS, r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
        "an e-mail address in ASCII, such as `admins@example.com`";
    /// Whom people ask: a line of text, all of which can be seen.
    Contact(LONGEST, VISIBLE.as_str(), |text| !text.trim().is_empty() && !text.chars().any(is_hidden))
        "one line of 1 to 200 characters, none of them invisible";
    /// A network that people use AWS from: a range of public addresses, or a VPC endpoint. One of all addresses would limit nobody.
    Network(LONGEST, r"vpce-[0-9A-Fa-f]{8,}|\S+/[1-9][0-9]{0,2}", |text| !text.contains('/') || is_public(text))
        "a range of public addresses, such as `203.0.113.0/24`, but not of all (`/0`), or a VPC endpoint, such as `vpce-0123456789abcdef0`";
    /// The ID of a VPC subnet.
    SubnetId(LONGEST, "subnet-[0-9a-f]{8,17}") "a subnet's ID, such as `subnet-0123456789abcdef0`";
    /// The ID of a VPC security group.
    SecurityGroupId(LONGEST, "sg-[0-9a-f]{8,17}") "a security group's ID, such as `sg-0123456789abcdef0`";
}

/// 1 to 200 characters that can be seen, for any validator of schemas: not every one knows `\p{Cf}`, nor characters of more
/// than four digits.
static VISIBLE: LazyLock<String> = LazyLock::new(|| {
    let short = HIDDEN.iter().filter(|(_, last)| *last <= '\u{ffff}');
    let code = |c: &char| format!(r"\u{:04x}", u32::from(*c));
    let range =
        |(first, last): &(char, char)| if first == last { code(first) } else { code(first) + "-" + &code(last) };
    format!("[^{}]{{1,200}}", short.map(range).collect::<Vec<_>>().concat())
});

impl Network {
    /// Whether it is a VPC endpoint.
    pub fn is_endpoint(&self) -> bool {
        self.0.starts_with("vpce-")
    }
}

impl PolicyPath {
    /// The policy's name alone.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl UserName {
    /// Whether a character may be in such a name.
    pub fn takes(c: char) -> bool {
        c.is_ascii_alphanumeric() || "_+=.@-".contains(c)
    }
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

impl TypePattern {
    /// Whether the instance type is this one, or of this family.
    pub fn matches(&self, instance_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(family) => instance_type.starts_with(family),
            None => instance_type == self.0,
        }
    }
}

impl IamPath {
    /// The path one level below: `/deepracer/notebook/` for `notebook`.
    #[must_use]
    pub fn child(&self, word: &str) -> Self {
        Self(format!("{}{word}/", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T>(parse: fn(&str) -> Result<T, &'static str>, valid: &str, invalid: &str) {
        for text in valid.split(' ') {
            assert!(parse(text).is_ok(), "{text:?} is refused");
        }
        for text in invalid.split(' ').chain(["", "a b", &format!("{valid} "), &format!("{valid}\n")]) {
            assert!(parse(text).is_err(), "{text:?} is taken");
        }
    }

    #[test]
    fn names_are_those_that_aws_takes() {
        let long = "a".repeat(65);
        let not = |invalid: &str| format!("{invalid} {long}");
        check(UserName::parse, "a tanaka.taro@x-y_z+=", &not("a/b 名 a* a,b . .."));
        check(UserName::parse, &long[..64], "..");
        check(AccountId::parse, "012345670123", "12345678901 1234567890123 11112222333a １１１１２２２２３３３３");
        check(Company::parse, "mycompany a a-1", &not("A 1a a- a_b a--b"));
        check(Region::parse, "ap-northeast-1 us-gov-west-1 eusc-de-east-1", "tokyo ap-northeast ap-1 AP-northeast-1");
        let refused = "ab Abc a_b -ab ab- a..b 192.168.5.4 xn--abc abc-s3alias abc--x-s3 sthree-a";
        check(BucketName::parse, "abc my.bucket-1", refused);
        check(BucketName::parse, &long[..63], &long[..64]);
        check(IamPath::parse, "/ /a/ /a/b.c/", "a /a a/ // /a//b/ /a*/ /${aws:username}/");
        check(NotebookName::parse, "a a-b A--1", "-a a- a.b");
        check(NotebookName::parse, &long[..63], &long[..64]);
        check(LogicalId::parse, "A1", "a-b é");
        check(StackName::parse, "a-1", "1a a_b");
        check(InstanceType::parse, "ml.t3.medium ml.p6-b200.48xlarge", "t3.medium ml.t3 ml.T3.medium ml..x ml.t3.*");
        check(TypePattern::parse, "ml.t3.medium ml.t3.*", "ml.* ml.*.large ml.t3.m*");
        let refused = "admins @example.com admins@ admins@example a@b@example.com あ@example.com";
        check(EmailAddress::parse, "admins@example.com first.last+aws@mail.example.co.jp", refused);
        let keys = "arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-12ab arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1";
        let refused =
            "alias/x arn:aws:kms:ap-northeast-1:111122223333:alias/x arn:aws:kms:ap-northeast-1:111122223333:key/*";
        check(KmsKeyArn::parse, keys, refused);
        check(SubnetId::parse, "subnet-0123456789abcdef0", "subnet- 0123 subnet-xyz12345");
        check(SecurityGroupId::parse, "sg-0123456789abcdef0", "sg- 0123 subnet-0123456789abcdef0");
        check(AccountName::parse, "tokyo a.b_c-1", ". .. .git a/b 名");
        check(
            FolderName::parse,
            "materials Tracks-2026 a x.y_z",
            &not("a/b a/ /a * a* a? ${aws:username} . .. 材料 -a"),
        );
        check(FolderName::parse, &long[..64], "..");
        let arn = "arn:aws:iam::111122223333:policy/company/Boundary";
        let valid = format!("Boundary company/Boundary /company/Boundary {arn}");
        check(PolicyPath::parse, &valid, &format!("company/ /a//b a* {arn}* arn:aws:s3:::a"));
        check(
            BucketCreated::parse,
            "20221130000000 00000000000000",
            "2022-11-30 2022113000000 １２３４５６７８９０１２３４",
        );
        check(
            Network::parse,
            "203.0.113.0/24 2001:db8::/32 vpce-0123456789abcdef0",
            "10.0.0.0/8 1.2.3.4/33 a/8 vpce-12 vpce-0123abcd/24 fd00::/8 ::/129 0.0.0.0/0 ::/0 1.2.3.4/00",
        );
        check(BucketPurpose::parse, "test a a.b--c 2026", &not("A -a a- .a a..b a_b"));
        check(BucketPurpose::parse, &long[..32], &long[..33]);
        check(RepositoryPath::parse, "out a/b.c", "/out out/ a//b .. a/../b");
        let refused =
            "arn:aws:iam::1:role/a arn:aws:iam::111122223333:role/* arn:aws:iam::111122223333:root arn:aws:s3:::a";
        check(
            PrincipalPattern::parse,
            "arn:aws:iam::111122223333:role/Admin* arn:aws:iam::111122223333:user/a",
            refused,
        );
    }

    #[test]
    fn a_contact_is_a_line_that_can_be_seen() {
        for text in ["Help desk", " 情報システム部　田中 ", "#deepracer 🏎️ <help@example.com>"] {
            assert!(Contact::parse(text).is_ok(), "{text:?}");
        }
        for text in
            ["", "  ", "a\nb", "a\u{202e}b", "a\u{2028}b", "a\u{200b}", "a\u{3164}", "a\u{e0041}", &"名".repeat(201)]
        {
            assert!(Contact::parse(text).is_err(), "{text:?}");
        }
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

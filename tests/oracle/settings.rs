//! What settings take away: a request that is allowed without a setting and denied with it, and what stays allowed. Both the
//! evaluator and the oracle decide, each setting alone and all of them together.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::common::settings::REGIONS;
use crate::common::{Workspace, in_short, is_slow};
use crate::oracle::case::{Case, Request};
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::notebooks::{case, decided};
use crate::oracle::who::{Kind, Who};
use crate::oracle::words::{ACCOUNT, BUCKET};

const OWNER: &str = "bob";
const REGION: &str = "ap-northeast-1";
const KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555";
const OTHER_KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/99999999-2222-3333-4444-555555555555";
const BEFORE: &str = "policies: hardened\nmfa: optional\n";
const SUBNET: &str = "subnet-0123456789abcdef0";
const GROUPS: [&str; 2] = ["sg-0123456789abcdef0", "sg-0123456789abcdef1"];

/// Settings, each as the lines of one map of the file, so that all of them can be laid together.
#[derive(Clone, Copy)]
struct Setting {
    /// The key of a map, and what stands in it; or no key, and a line of the file.
    lines: &'static [(&'static str, &'static str)],
    asked: fn() -> Vec<Asked>,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Person,
    Notebook,
    Both,
}

/// What becomes of a request with the setting.
#[derive(Clone, Copy, PartialEq)]
enum With {
    /// It was allowed, and is denied.
    Denied,
    /// It is allowed, with the setting and without.
    Allowed,
    /// It was denied, and is allowed.
    Granted,
    /// It is denied, with the setting and without.
    Never,
}

struct Asked {
    by: By,
    with: With,
    action: &'static str,
    resource: String,
    context: Json,
}

#[rustfmt::skip]
const SETTINGS: &[Setting] = &[
    Setting { lines: &[("notebooks", "subnet_id: subnet-0123456789abcdef0"), ("notebooks", "security_group_ids: [sg-0123456789abcdef0, sg-0123456789abcdef1]")], asked: networks },
    Setting { lines: &[("notebooks", "kms_key: arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555")], asked: volume_keys },
    Setting { lines: &[("bucket", "kms_key: arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555")], asked: bucket_keys },
    Setting { lines: &[("training", "max_runtime_minutes: 60")], asked: run_times },
    Setting { lines: &[("training", "allowed_instance_types: [ml.c5.*]")], asked: types },
    Setting { lines: &[("", "mfa: required")], asked: second_factors },
    Setting { lines: &[("", "allowed_networks: [203.0.113.0/24, vpce-0123456789abcdef0]")], asked: networks_of_people },
    Setting { lines: &[("access_keys", "notify: admins@example.com")], asked: old_keys },
    Setting { lines: &[], asked: always },
];

/// A job that all settings allow.
fn job() -> Json {
    json!({
        "aws:RequestTag/user": OWNER, "aws:TagKeys": ["user"], "sagemaker:InstanceTypes": ["ml.c5.large"],
        "sagemaker:VpcSubnets": [SUBNET], "sagemaker:VpcSecurityGroupIds": GROUPS,
        "sagemaker:VolumeKmsKey": KEY, "sagemaker:OutputKmsKey": KEY, "sagemaker:MaxRuntimeInSeconds": "3600",
    })
}

/// Creating that job with this in the place of what it says; `null` takes a key away.
fn training(with: With, changes: &Json) -> Asked {
    asked(By::Both, with, "sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/j"), changed(job(), changes))
}

fn changed(mut context: Json, changes: &Json) -> Json {
    let said = context.as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => drop(said.remove(key)),
            value => drop(said.insert(key.clone(), value.clone())),
        }
    }
    context
}

fn asked(by: By, with: With, action: &'static str, resource: String, context: Json) -> Asked {
    Asked { by, with, action, resource, context }
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// Who has an access key that is too old has a tag, and makes and deletes keys, but activates none.
fn old_keys() -> Vec<Asked> {
    let own = |with, action, context| {
        asked(By::Person, with, action, format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{OWNER}"), context)
    };
    let tagged = || json!({"aws:PrincipalTag/old-access-key": "true"});
    vec![
        own(With::Denied, "iam:UpdateAccessKey", tagged()),
        own(With::Denied, "iam:UpdateAccessKey", json!({"aws:PrincipalTag/old-access-key": ""})),
        own(With::Allowed, "iam:UpdateAccessKey", json!({})),
        own(With::Allowed, "iam:DeleteAccessKey", tagged()),
        own(With::Allowed, "iam:CreateAccessKey", tagged()),
        own(With::Never, "iam:UntagUser", changed(tagged(), &json!({"aws:TagKeys": ["old-access-key"]}))),
    ]
}

fn networks() -> Vec<Asked> {
    vec![
        training(With::Allowed, &json!({})),
        training(With::Allowed, &json!({"sagemaker:VpcSecurityGroupIds": [GROUPS[1]]})),
        training(With::Denied, &json!({"sagemaker:VpcSubnets": null, "sagemaker:VpcSecurityGroupIds": null})),
        training(With::Denied, &json!({"sagemaker:VpcSubnets": ["subnet-99999999999999999"]})),
        training(With::Denied, &json!({"sagemaker:VpcSubnets": [SUBNET, "subnet-99999999999999999"]})),
        training(With::Denied, &json!({"sagemaker:VpcSubnets": ["SUBNET-0123456789abcdef0"]})),
        training(With::Denied, &json!({"sagemaker:VpcSecurityGroupIds": ["sg-99999999999999999"]})),
        training(With::Denied, &json!({"sagemaker:VpcSecurityGroupIds": [GROUPS[0], "sg-99999999999999999"]})),
        training(With::Denied, &json!({"sagemaker:VpcSecurityGroupIds": null})),
        ec2(With::Granted, "ec2:CreateNetworkInterface", &format!("subnet/{SUBNET}"), json!({})),
        ec2(With::Granted, "ec2:CreateNetworkInterface", &format!("security-group/{}", GROUPS[1]), json!({})),
        ec2(With::Granted, "ec2:CreateNetworkInterface", "network-interface/*", json!({})),
        ec2(With::Never, "ec2:CreateNetworkInterface", "subnet/subnet-99999999999999999", json!({})),
        ec2(With::Never, "ec2:CreateNetworkInterface", "security-group/sg-99999999999999999", json!({})),
        lend(With::Granted, json!({"ec2:Subnet": subnet(SUBNET)})),
        lend(With::Granted, json!({"ec2:Subnet": subnet(SUBNET), "ec2:AuthorizedService": "sagemaker.amazonaws.com"})),
        lend(With::Never, json!({"ec2:Subnet": subnet(SUBNET), "ec2:AuthorizedService": "codebuild.amazonaws.com"})),
        lend(With::Never, json!({"ec2:Subnet": subnet("subnet-99999999999999999")})),
        lend(With::Never, json!({})),
        ec2(With::Granted, "ec2:DeleteNetworkInterface", "network-interface/e", json!({"ec2:Subnet": subnet(SUBNET)})),
        ec2(
            With::Never,
            "ec2:DeleteNetworkInterface",
            "network-interface/e",
            json!({"ec2:Subnet": subnet("subnet-9")}),
        ),
    ]
}

fn ec2(with: With, action: &'static str, resource: &str, context: Json) -> Asked {
    asked(By::Notebook, with, action, arn("ec2", resource), context)
}

fn lend(with: With, context: Json) -> Asked {
    ec2(with, "ec2:CreateNetworkInterfacePermission", "network-interface/eni-0123456789abcdef0", context)
}

fn subnet(id: &str) -> String {
    arn("ec2", &format!("subnet/{id}"))
}

fn volume_keys() -> Vec<Asked> {
    vec![
        training(With::Allowed, &json!({})),
        training(With::Denied, &json!({"sagemaker:VolumeKmsKey": OTHER_KEY})),
        training(With::Denied, &json!({"sagemaker:VolumeKmsKey": arn("kms", "alias/aws/ebs")})),
        training(With::Denied, &json!({"sagemaker:VolumeKmsKey": null})),
    ]
}

fn bucket_keys() -> Vec<Asked> {
    let put = |with: With, said: Json| {
        asked(By::Both, with, "s3:PutObject", format!("arn:aws:s3:::{BUCKET}/{OWNER}/reward.py"), said)
    };
    let (algorithm, id) = ("s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id");
    vec![
        training(With::Allowed, &json!({})),
        training(With::Denied, &json!({"sagemaker:OutputKmsKey": OTHER_KEY})),
        training(With::Denied, &json!({"sagemaker:OutputKmsKey": null})),
        put(With::Allowed, json!({})),
        put(With::Allowed, json!({algorithm: "aws:kms", id: KEY})),
        put(With::Denied, json!({algorithm: "AES256"})),
        put(With::Denied, json!({algorithm: "aws:kms"})),
        put(With::Denied, json!({algorithm: "aws:kms", id: OTHER_KEY})),
        put(With::Denied, json!({algorithm: "aws:kms:dsse", id: KEY})),
    ]
}

fn run_times() -> Vec<Asked> {
    let update = |with: With, said: Json| {
        let own = changed(json!({"aws:ResourceTag/user": OWNER}), &said);
        asked(By::Person, with, "sagemaker:UpdateTrainingJob", arn("sagemaker", "training-job/j"), own)
    };
    vec![
        training(With::Allowed, &json!({})),
        training(With::Allowed, &json!({"sagemaker:MaxRuntimeInSeconds": "60", "sagemaker:KeepAlivePeriod": "0"})),
        training(With::Denied, &json!({"sagemaker:MaxRuntimeInSeconds": "3601"})),
        training(With::Denied, &json!({"sagemaker:MaxRuntimeInSeconds": null})),
        training(With::Denied, &json!({"sagemaker:KeepAlivePeriod": "1"})),
        update(With::Allowed, json!({})),
        update(With::Denied, json!({"sagemaker:KeepAlivePeriod": "3600"})),
    ]
}

fn types() -> Vec<Asked> {
    vec![
        training(With::Allowed, &json!({})),
        training(With::Denied, &json!({"sagemaker:InstanceTypes": ["ml.p4d.24xlarge"]})),
        training(With::Denied, &json!({"sagemaker:InstanceTypes": null})),
    ]
}

fn second_factors() -> Vec<Asked> {
    let user = || format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{OWNER}");
    let enable = |with: With, said: Json| asked(By::Person, with, "iam:EnableMFADevice", user(), said);
    vec![
        enable(With::Allowed, json!({"iam:RegisterSecurityKey": "Activate"})),
        enable(With::Allowed, json!({"aws:MultiFactorAuthPresent": "false"})),
        enable(With::Allowed, json!({"aws:MultiFactorAuthPresent": null})),
        enable(With::Denied, json!({"iam:RegisterSecurityKey": "Activate", "aws:MultiFactorAuthPresent": "false"})),
        enable(With::Denied, json!({"iam:RegisterSecurityKey": "Create", "aws:MultiFactorAuthPresent": null})),
        asked(By::Person, With::Denied, "iam:ListAccessKeys", user(), json!({"aws:MultiFactorAuthPresent": "false"})),
    ]
}

fn networks_of_people() -> Vec<Asked> {
    let open = |by: By, with: With, said: Json| {
        let mut own = json!({"aws:ResourceTag/user": OWNER, "sagemaker:ResourceTag/user": OWNER});
        // What is null there is taken from what requests usually say.
        own.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        asked(by, with, "sagemaker:DescribeNotebookInstance", arn("sagemaker", "notebook-instance/bob"), own)
    };
    let elsewhere = || json!({"aws:SourceIp": "198.51.100.7"});
    vec![
        open(By::Both, With::Allowed, json!({"aws:SourceIp": "203.0.113.200"})),
        open(By::Notebook, With::Allowed, elsewhere()),
        open(By::Person, With::Denied, elsewhere()),
        open(By::Person, With::Allowed, json!({"aws:SourceIp": "198.51.100.7", "aws:ViaAWSService": "true"})),
        open(By::Person, With::Allowed, json!({"aws:SourceIp": null, "aws:SourceVpce": "vpce-0123456789abcdef0"})),
        open(By::Person, With::Denied, json!({"aws:SourceIp": null, "aws:SourceVpce": "vpce-99999999999999999"})),
        open(By::Person, With::Denied, json!({"aws:SourceIp": null})),
    ]
}

/// What holds with any settings.
fn always() -> Vec<Asked> {
    let tagged = |with: With, keys: &[&str]| training(with, &json!({"aws:TagKeys": keys}));
    let metric = |with: With, namespace: &str| {
        asked(
            By::Notebook,
            with,
            "cloudwatch:PutMetricData",
            "*".to_owned(),
            json!({"cloudwatch:namespace": namespace}),
        )
    };
    vec![
        tagged(With::Allowed, &["user", "CostCenter", "users"]),
        tagged(With::Never, &["user", "User"]),
        tagged(With::Never, &["uSER"]),
        metric(With::Allowed, "/aws/sagemaker/TrainingJobs"),
        metric(With::Never, "Payments"),
    ]
}

#[test]
fn what_a_setting_denies_was_allowed_before_it_and_the_rest_is_still() {
    let all: Vec<&Setting> = SETTINGS.iter().collect();
    let places = REGIONS.iter().flat_map(|place| ["hardened", "documented"].map(|profile| (place, profile)));
    for (place, profile) in places {
        let before = BEFORE.replace("hardened", profile);
        let without = written(&before, place);
        let together = written(&text(&before, &all), place);
        let mut cases: Vec<Case> = Vec::new();
        let mut expected: Vec<bool> = Vec::new();
        // The partitions differ in names alone.
        let every = if is_slow() || (place.0 == "aws" && profile == "hardened") { 1 } else { 3 };
        for setting in in_short(&all, every) {
            let alone = written(&text(&before, &[setting]), place);
            for one in (setting.asked)() {
                let principals = [(By::Person, false), (By::Notebook, true)];
                for (_, is_role) in principals.into_iter().filter(|(by, _)| one.by == *by || one.by == By::Both) {
                    for (policies, is_before) in [(&without, true), (&alone, false), (&together, false)] {
                        let policies = policies.iter().find(|policies| policies.is_role == is_role).unwrap();
                        let mut request = request(policies, &one);
                        if profile == "documented" {
                            // There, people have no path.
                            request.resource = request.resource.replace(":user/deepracer/", ":user/");
                        }
                        cases.push(case(policies, moved(request, place)));
                        expected.push(match one.with {
                            With::Denied => is_before,
                            With::Allowed => true,
                            With::Granted => !is_before,
                            With::Never => false,
                        });
                    }
                }
            }
        }
        let mut allowed = expected.iter();
        let counts = decided(&mut cases, |case, decision| {
            let is_expected = (decision == "Allowed") == *allowed.next().unwrap();
            assert!(is_expected, "{place:?}, {profile}: {decision}: {}", case.json()["request"]);
        });
        assert!(counts["Allowed"] * every > 60 && counts["ExplicitlyDenied"] * every > 60, "{counts:?}");
    }
}

/// The settings file with these.
fn text(before: &str, settings: &[&Setting]) -> String {
    let mut maps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (map, line) in settings.iter().flat_map(|setting| setting.lines) {
        maps.entry(map).or_default().push(line);
    }
    let lines = maps.remove("").unwrap_or_default().join("\n");
    let before = format!(
        "{}{lines}\n",
        if lines.contains("mfa:") { before.replace("mfa: optional\n", "") } else { before.to_owned() }
    );
    let maps = maps.into_iter().map(|(map, lines)| format!("{map}: {{{}}}\n", lines.join(", ")));
    maps.fold(before, |text, map| text + &map)
}

/// The policies of the owner and of their notebook, in a partition and its region.
#[track_caller]
fn written(settings: &str, place: &(&str, &str)) -> Vec<Policies> {
    let workspace = Workspace::new(&text_in(settings, place), "roster.csv", b"name\nbob\nbobby\n");
    let account = format!("account_id: \"{ACCOUNT}\"\nregion: {}\nbucket: {{created: \"20221130201905\"}}\n", place.1);
    workspace.write("config/accounts/tokyo/settings.yaml", account.as_bytes());
    let policies = Corpus::of(&workspace.synthesised()).policies.into_iter();
    let found: Vec<Policies> = policies.filter(|policies| policies.name == OWNER).collect();
    assert_eq!(found.len(), 2);
    found
}

/// The text with the ARNs of a partition and its region.
pub fn text_in(text: &str, (partition, region): &(&str, &str)) -> String {
    text.replace("arn:aws:", &format!("arn:{partition}:")).replace(REGION, region)
}

/// The request there.
pub fn moved(request: Request, place: &(&str, &str)) -> Request {
    let context = text_in(&Json::from(request.context).to_string(), place);
    let who =
        Who { principal: text_in(&request.who.principal, place), arn: text_in(&request.who.arn, place), ..request.who };
    let context = serde_json::from_str(&context).unwrap();
    Request { who, resource: text_in(&request.resource, place), context, ..request }
}

fn request(policies: &Policies, one: &Asked) -> Request {
    let tags = [("user", OWNER), ("notebook", OWNER)].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let tags: BTreeMap<String, String> = tags.into();
    let who = if policies.is_role {
        Who::role(&format!("deepracer/notebook/{OWNER}"), tags)
    } else {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{OWNER}");
        Who { principal: arn.clone(), account: Some(ACCOUNT), name: OWNER.to_owned(), arn, kind: Kind::User, tags }
    };
    let mut context = who.context();
    context.insert("aws:SecureTransport".to_owned(), json!("true"));
    let usual =
        json!({"aws:SourceIp": "203.0.113.7", "aws:ViaAWSService": "false", "aws:MultiFactorAuthPresent": "true"});
    let said = changed(usual, &one.context);
    context.extend(said.as_object().cloned().unwrap_or_default());
    Request {
        who,
        action: one.action.to_owned(),
        resource: one.resource.clone(),
        account: ACCOUNT.to_owned(),
        context,
        possible: Vec::new(),
    }
}

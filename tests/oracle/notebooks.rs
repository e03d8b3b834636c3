//! What notebook roles reach by the policies that synth writes, and by what their tags say: the evaluator and the oracle.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::common::{in_short, is_slow};
use crate::oracle::case::{Case, Request};
use crate::oracle::catalogue::{Catalogue, SERVICES};
use crate::oracle::chance::Chance;
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::node::{self, Answer};
use crate::oracle::who::Who;
use crate::oracle::words::{ACCOUNT, BUCKET, NAMES};
use crate::oracle::{Seen, aim, answers, evaluator, start};

/// Whose role is asked about, with its notebook.
const OWNER: &str = "bob";
/// Requests that statements of the role's own policies speak of, for each of the tags.
const AIMED: usize = 30;
/// What a role may do to its owner's things.
const OWN: [&str; 15] = [
    "read",
    "write",
    "delete",
    "read version",
    "abort",
    "list",
    "list versions",
    "describe",
    "stop",
    "train",
    "tag",
    "pass",
    "log",
    "read log",
    "read job's log",
];
/// What it does with logs, by the tag `notebook`.
const LOGS: [&str; 3] = ["log", "read log", "read job's log"];

/// Both profiles, and with everything that puts more into the notebook's policies.
const SETTINGS: [&str; 3] = [
    "policies: hardened\n",
    "policies: documented\n",
    "console: true\nbucket: {kms_key: arn:aws:kms:ap-northeast-1:111122223333:key/k}\n\
     training: {allowed_instance_types: [ml.c5.*]}\n",
];
const WITH_SUBNET: &str = "notebooks: {subnet_id: subnet-0123456789abcdef0, bind_roles: ";
const WITHOUT_SUBNET: &str = "notebooks: {bind_roles: ";

/// Values of the tag `user` that are not the owner's name.
const WRONG: [&str; 8] = ["bobby", "Bob", "BOB", "tanaka.taro", "bo", "bob/models", "bob ", ""];

#[test]
fn a_role_with_its_owners_tag_reaches_what_is_its_owners_alone() {
    let mut reaches = Vec::new();
    for (settings, is_bound) in all_settings() {
        let policies = role(&settings, is_bound);
        let mut expect = |notebook: Option<&str>, whose: &str, expected: &[&'static str]| {
            let who = tagged(Some(OWNER), notebook);
            reaches.push(Reach {
                policies: policies.clone(),
                who,
                whose: whose.to_owned(),
                expected: expected.to_vec(),
            });
        };
        expect(Some(OWNER), OWNER, &OWN);
        for name in NAMES.into_iter().filter(|name| *name != OWNER) {
            expect(Some(OWNER), name, &[]);
        }
        // The tag `notebook` opens one log, and nothing else; without it, no log is open.
        let not_log: Vec<&str> = OWN.into_iter().filter(|what| !LOGS.contains(what)).collect();
        expect(Some("bobby"), OWNER, &not_log);
        expect(Some("bobby"), "bobby", &LOGS);
        expect(None, OWNER, &not_log);
    }
    check(&reaches);
}

#[test]
fn a_role_with_another_tag_or_none_reaches_nothing_at_all() {
    let catalogue = Catalogue::new(&node::catalogue(&SERVICES));
    let mut chance = Chance::new(start());
    let mut cases = Vec::new();
    for (place, (settings, _)) in all_settings().into_iter().enumerate().filter(|(_, (_, is_bound))| *is_bound) {
        let policies = role(&settings, true);
        let step = if place == 0 { 1 } else { 4 };
        for tag in in_short(WRONG, step).into_iter().map(Some).chain([None]) {
            let who = tagged(tag, tag);
            for name in NAMES {
                cases.extend(requests(&who, name).into_iter().map(|(_, request)| case(&policies, request)));
            }
            for _ in 0..AIMED {
                let policy = chance.one(&policies.identity);
                let request = aim::request(policy, &who, &catalogue, &mut chance);
                cases.push(case(&policies, request));
            }
            // Every action of every service, with a resource of each of its types: a twelfth with either tag, unless there is time.
            let of_all = every(&who, &catalogue, &mut chance).into_iter().enumerate();
            let taken = of_all.filter(|(index, _)| match tag {
                _ if is_slow() => true,
                Some("bobby") => place == 0 && index % 12 == 0,
                None => place == 0 && index % 12 == 3,
                _ => false,
            });
            cases.extend(taken.map(|(_, request)| case(&policies, request)));
        }
    }
    let counts = decided(&mut cases, |case, decision| {
        assert!(decision.ends_with("Denied"), "{decision}: {}", case.json());
    });
    println!("{counts:#?}");
}

#[test]
fn a_role_that_is_not_bound_reaches_what_its_tag_says_and_without_a_tag_nothing() {
    let mut reaches = Vec::new();
    for (settings, _) in all_settings().into_iter().filter(|(_, is_bound)| !*is_bound) {
        let policies = role(&settings, false);
        let mut expect = |user: Option<&str>, whose: &str, expected: &[&'static str]| {
            let who = tagged(user, Some("bobby"));
            reaches.push(Reach {
                policies: policies.clone(),
                who,
                whose: whose.to_owned(),
                expected: expected.to_vec(),
            });
        };
        expect(Some("bobby"), "bobby", &OWN);
        expect(Some("bobby"), OWNER, &[]);
        for name in NAMES {
            expect(None, name, &[]);
        }
    }
    check(&reaches);
}

fn all_settings() -> Vec<(String, bool)> {
    let with = |settings: &str, is_bound: bool| {
        let subnet = if settings.contains("console") { WITH_SUBNET } else { WITHOUT_SUBNET };
        (format!("{settings}{subnet}{is_bound}}}\n"), is_bound)
    };
    SETTINGS.iter().flat_map(|settings| [with(settings, true), with(settings, false)]).collect()
}

/// The policies of the owner's notebook role.
#[track_caller]
fn role(settings: &str, is_bound: bool) -> Policies {
    let found = Corpus::written(settings).policies.into_iter().find(|one| one.is_role && one.name == OWNER).unwrap();
    let boundary = found.boundary.as_ref().unwrap().to_string();
    assert_eq!(boundary.contains("DenyUnlessTaggedWithOwnName"), is_bound);
    found
}

fn tagged(user: Option<&str>, notebook: Option<&str>) -> Who {
    let tags = [("user", user), ("notebook", notebook)];
    let tags = tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
    Who::role(&format!("deepracer/notebook/{OWNER}"), tags.collect::<BTreeMap<String, String>>())
}

pub fn case(policies: &Policies, request: Request) -> Case {
    let is_bucket = request.resource.contains(&format!(":s3:::{BUCKET}"));
    Case {
        identity: policies.identity.clone(),
        boundary: policies.boundary.clone(),
        resource_policy: policies.bucket.clone().filter(|_| is_bucket),
        request,
    }
}

/// What a role reaches of somebody's.
struct Reach {
    policies: Policies,
    who: Who,
    whose: String,
    expected: Vec<&'static str>,
}

/// Holds the evaluator and the oracle to what is expected.
#[track_caller]
fn check(reaches: &[Reach]) {
    let asked: Vec<Vec<(&str, Request)>> = reaches.iter().map(|reach| requests(&reach.who, &reach.whose)).collect();
    let cases = reaches
        .iter()
        .zip(&asked)
        .flat_map(|(reach, asked)| asked.iter().map(|(_, request)| case(&reach.policies, request.clone())));
    let mut allowed = Vec::new();
    let counts = decided(&mut cases.collect::<Vec<Case>>(), |_, decision| allowed.push(decision == "Allowed"));
    let mut allowed = allowed.into_iter();
    for (reach, asked) in reaches.iter().zip(&asked) {
        let found: Vec<&str> = asked.iter().filter(|_| allowed.next().unwrap()).map(|(what, _)| *what).collect();
        let Reach { who, whose, expected, .. } = reach;
        assert_eq!(found, *expected, "of {whose}, with the tags {:?}", who.tags);
    }
    println!("{counts:#?}");
}

/// Hands on what both decide, which must be the same, of each case that the oracle decides. The evaluator knows all.
#[track_caller]
pub fn decided(cases: &mut [Case], mut with: impl FnMut(&Case, &'static str)) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let answers = answers(cases, &mut Seen::default());
    for (case, answer) in cases.iter().zip(answers) {
        let (evaluator, doubts) = evaluator::decision(case);
        assert_ne!(evaluator, "Unknown", "{doubts:?}: {}", case.json());
        let told = match answer {
            Answer::Decided { decision, .. } => {
                assert_eq!(evaluator, decision, "{}", case.json());
                decision
            }
            Answer::Refused(why) => why,
        };
        *counts.entry(told).or_default() += 1;
        with(case, evaluator);
    }
    counts
}

/// Requests for what is somebody's.
pub fn requests(who: &Who, name: &str) -> Vec<(&'static str, Request)> {
    let object = format!("arn:aws:s3:::{BUCKET}/{name}/model.tar.gz");
    let sagemaker = format!("arn:aws:sagemaker:ap-northeast-1:{ACCOUNT}");
    let (notebook, job) = (format!("{sagemaker}:notebook-instance/{name}"), format!("{sagemaker}:training-job/j"));
    let its = json!({"aws:ResourceTag/user": name});
    // As the settings have it, where they have a subnet and a key.
    let new = json!({
        "aws:RequestTag/user": name, "aws:TagKeys": ["user"], "sagemaker:InstanceTypes": ["ml.c5.large"],
        "sagemaker:VpcSubnets": ["subnet-0123456789abcdef0"],
        "sagemaker:OutputKmsKey": "arn:aws:kms:ap-northeast-1:111122223333:key/k",
    });
    let tag = json!({
        "aws:RequestTag/user": name, "aws:TagKeys": ["user"], "sagemaker:TaggingAction": "CreateTrainingJob",
    });
    let passed = json!({"iam:PassedToService": "sagemaker.amazonaws.com"});
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/{name}");
    let log = |group: &str, stream: &str| {
        format!("arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:/aws/sagemaker/{group}:log-stream:{name}{stream}")
    };
    let of_notebook = log("NotebookInstances", "/jupyter.log");
    let bucket = format!("arn:aws:s3:::{BUCKET}");
    let request = |action: &str, resource: &str, said: &Json| {
        let mut context: Map<String, Json> = who.context();
        context.insert("aws:SecureTransport".to_owned(), json!("true"));
        context.extend(said.as_object().cloned().unwrap_or_default());
        Request {
            who: who.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            account: ACCOUNT.to_owned(),
            context,
            possible: Vec::new(),
        }
    };
    vec![
        ("read", request("s3:GetObject", &object, &json!({}))),
        ("write", request("s3:PutObject", &object, &json!({}))),
        ("delete", request("s3:DeleteObject", &object, &json!({}))),
        ("read version", request("s3:GetObjectVersion", &object, &json!({}))),
        ("delete version", request("s3:DeleteObjectVersion", &object, &json!({}))),
        ("abort", request("s3:AbortMultipartUpload", &object, &json!({}))),
        ("list", request("s3:ListBucket", &bucket, &json!({"s3:prefix": format!("{name}/")}))),
        ("list versions", request("s3:ListBucketVersions", &bucket, &json!({"s3:prefix": format!("{name}/old/")}))),
        ("describe", request("sagemaker:DescribeNotebookInstance", &notebook, &its)),
        ("stop", request("sagemaker:StopNotebookInstance", &notebook, &its)),
        ("train", request("sagemaker:CreateTrainingJob", &job, &new)),
        ("tag", request("sagemaker:AddTags", &job, &tag)),
        ("pass", request("iam:PassRole", &role, &passed)),
        ("log", request("logs:PutLogEvents", &of_notebook, &json!({}))),
        ("read log", request("logs:GetLogEvents", &of_notebook, &json!({}))),
        ("read job's log", request("logs:GetLogEvents", &log("TrainingJobs", "--j/algo-1-1764000000"), &json!({}))),
        (
            "read log of a job without the notebook's prefix",
            request("logs:GetLogEvents", &log("TrainingJobs", "-j/algo-1-1"), &json!({})),
        ),
        (
            "read log of a longer name",
            request("logs:GetLogEvents", &log("NotebookInstances", "x/jupyter.log"), &json!({})),
        ),
    ]
}

/// A request for each action, with a resource of each of its types. Everybody may ask who they are.
fn every(who: &Who, catalogue: &Catalogue, chance: &mut Chance) -> Vec<Request> {
    let actions = catalogue.actions.iter().filter(|action| action.name != "sts:GetCallerIdentity");
    let mut requests = Vec::new();
    for action in actions {
        for resource in action.resource_of_each(chance) {
            requests.push(Request::new(who, &action.name, &resource, catalogue, chance));
        }
    }
    requests
}

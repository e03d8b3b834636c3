//! The policies that cases start from: the reference's, and those that synth writes in both profiles.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::common::settings::company_policies;
use crate::common::{Workspace, json, resources};
use crate::oracle::words::BUCKET;

const ROSTER: &[u8] = b"name,state\nbob,\nbobby,\nBobo,suspended\ntanaka.taro,\nsato.jiro,suspended\n";

/// Everything that says what one kind of principal may do.
#[derive(Clone)]
pub struct Policies {
    pub is_role: bool,
    /// The name of the user or role, of those that synth writes.
    pub name: String,
    pub identity: Vec<Json>,
    pub boundary: Option<Json>,
    pub bucket: Option<Json>,
}

pub struct Corpus {
    pub policies: Vec<Policies>,
    pub trusts: Vec<Json>,
}

impl Corpus {
    #[track_caller]
    pub fn read() -> Self {
        let mut corpus = reference();
        for settings in SETTINGS {
            corpus.add(&Workspace::new(settings, "roster.csv", ROSTER).synthesised());
        }
        corpus
    }

    /// What synth writes with these settings.
    #[track_caller]
    pub fn written(settings: &str) -> Self {
        Self::of(&Workspace::new(settings, "roster.csv", ROSTER).synthesised())
    }

    /// What these files say.
    #[track_caller]
    pub fn of(files: &BTreeMap<String, String>) -> Self {
        let mut corpus = Self { policies: Vec::new(), trusts: Vec::new() };
        corpus.add(files);
        corpus
    }

    #[track_caller]
    fn add(&mut self, files: &BTreeMap<String, String>) {
        let written: Vec<(String, Json)> = files
            .iter()
            .filter(|(_, text)| text.contains("AWSTemplateFormatVersion"))
            .flat_map(|(_, text)| resources(text))
            .map(|(id, resource)| (id, json(&resource)))
            .collect();
        let of = |kind: &'static str| written.iter().filter(move |(_, resource)| resource["Type"] == kind);
        // A managed policy that something names, by its logical ID or by its ARN.
        let company = company_policies();
        let document = |named: &Json| {
            let of_company = named.as_str().and_then(|arn| company.get(arn.rsplit('/').next()?));
            if let Some(document) = of_company {
                return document.clone();
            }
            let found = of("AWS::IAM::ManagedPolicy").find(|(id, policy)| {
                let name = policy["Properties"]["ManagedPolicyName"].as_str().unwrap();
                match named.as_str() {
                    Some(arn) => arn.ends_with(&format!("/{name}")),
                    None => named["!Ref"] == *id,
                }
            });
            let (_, policy) = found.unwrap_or_else(|| panic!("no policy {named}"));
            policy["Properties"]["PolicyDocument"].clone()
        };
        let attached = |resource: &Json| -> Vec<Json> {
            let named = resource["Properties"]["ManagedPolicyArns"].as_array().into_iter().flatten();
            named.map(document).collect()
        };
        let boundary = |resource: &Json| {
            let named = &resource["Properties"]["PermissionsBoundary"];
            (!named.is_null()).then(|| document(named))
        };
        let bucket =
            of("AWS::S3::BucketPolicy").next().map(|(_, policy)| policy["Properties"]["PolicyDocument"].clone());
        let (_, group) = of("AWS::IAM::Group").next().unwrap();
        let of_group = attached(group);
        assert!(of_group.len() >= 3, "the group has {} policies", of_group.len());
        for (_, user) in of("AWS::IAM::User") {
            let identity = of_group.iter().cloned().chain(attached(user)).chain(inline(user)).collect();
            let boundary = boundary(user);
            let name = user["Properties"]["UserName"].as_str().unwrap_or_default().to_owned();
            self.policies.push(Policies { is_role: false, name, identity, boundary, bucket: bucket.clone() });
        }
        for (_, role) in of("AWS::IAM::Role") {
            let identity: Vec<Json> = inline(role).chain(attached(role)).collect();
            let boundary = boundary(role);
            let name = role["Properties"]["RoleName"].as_str().unwrap_or_default().to_owned();
            self.policies.push(Policies { is_role: true, name, identity, boundary, bucket: bucket.clone() });
            self.trusts.push(role["Properties"]["AssumeRolePolicyDocument"].clone());
        }
    }
}

/// The settings whose policies are drawn from: both profiles, and what options add to them.
const SETTINGS: [&str; 3] =
    ["policies: hardened\n", "policies: documented\n", "policies: hardened\nconsole: true\nmfa: required\n"];

/// The policies in a user or role, but for those that only CloudFormation completes.
fn inline(resource: &Json) -> impl Iterator<Item = Json> + '_ {
    let policies = resource["Properties"]["Policies"].as_array().into_iter().flatten();
    policies.map(|policy| policy["PolicyDocument"].clone()).filter(|document| !document.to_string().contains("\"!"))
}

#[track_caller]
fn reference() -> Corpus {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/policies");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut user = Policies { is_role: false, name: String::new(), identity: Vec::new(), boundary: None, bucket: None };
    let mut corpus = Corpus { policies: Vec::new(), trusts: Vec::new() };
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap().replace("会社名-aws-deepracer-test-作成日時", BUCKET);
        let document: Json = serde_json::from_str(&text).unwrap();
        match path.file_name().unwrap().to_str().unwrap().split('-').next().unwrap() {
            "user" => user.identity.push(document),
            "trust" => corpus.trusts.push(document),
            _ => {
                let policies = Policies {
                    is_role: true,
                    name: String::new(),
                    identity: vec![document],
                    boundary: None,
                    bucket: None,
                };
                corpus.policies.push(policies);
            }
        }
    }
    corpus.policies.push(user);
    corpus
}

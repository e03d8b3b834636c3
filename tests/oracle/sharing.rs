//! What people and their notebooks reach of what is shared, by what their tag `team` says: the evaluator and the oracle.

use std::collections::BTreeMap;

use serde_json::json;

use crate::oracle::case::{Case, Request};
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::notebooks::{case, decided};
use crate::oracle::who::{Kind, Who};
use crate::oracle::words::{ACCOUNT, BUCKET};

const SHARING: &str = "bucket: {shared_folders: [materials], team_folders: true}\n";
const OWNER: &str = "bob";

/// What the tag says: teams that begin alike or differ in case, or none.
const TEAMS: [Option<&str>; 6] = [Some("red"), Some("reds"), Some("Red"), Some("red bulls"), Some("r"), None];
/// Folders, each of one team, or of everybody, or of nobody.
const FOLDERS: [&str; 13] = [
    "materials",
    "materials2",
    "Materials",
    "teams/red",
    "teams/reds",
    "teams/Red",
    "teams/red bulls",
    "teams/r",
    "teams/",
    "teams",
    "teams/${aws:PrincipalTag/team}",
    "red",
    "bobby",
];
/// What is done in a folder, and whether it is allowed where everybody reads, and in the folder of one's team.
const ACTIONS: [(&str, bool, bool); 9] = [
    ("s3:GetObject", true, true),
    ("s3:GetObjectTagging", true, true),
    ("s3:PutObject", false, true),
    ("s3:DeleteObject", false, true),
    ("s3:GetObjectVersion", false, true),
    ("s3:DeleteObjectVersion", false, false),
    ("s3:PutObjectAcl", false, false),
    ("s3:ListBucket", true, true),
    ("s3:ListBucketVersions", false, true),
];

#[test]
fn what_is_shared_is_reached_by_the_right_tag_alone() {
    let mut cases: Vec<Case> = Vec::new();
    let mut expected: Vec<bool> = Vec::new();
    for profile in ["hardened", "documented"] {
        let written = Corpus::written(&format!("policies: {profile}\n{SHARING}")).policies;
        for policies in written.iter().filter(|one| one.name == OWNER) {
            for team in TEAMS {
                let who = who(policies, team);
                for folder in FOLDERS {
                    for (action, everybody, of_team) in ACTIONS {
                        // The documents list the whole bucket.
                        if profile == "documented" && !policies.is_role && action == "s3:ListBucket" {
                            continue;
                        }
                        let is_own = team.is_some_and(|team| folder == format!("teams/{team}"));
                        expected.push((folder == "materials" && everybody) || (is_own && of_team));
                        cases.push(case(policies, request(&who, action, folder)));
                    }
                }
            }
        }
    }
    let mut allowed = expected.iter();
    let counts = decided(&mut cases, |case, decision| {
        let is_expected = (decision == "Allowed") == *allowed.next().unwrap();
        assert!(is_expected, "{decision}, with the tags {:?}: {}", case.request.who.tags, case.json()["request"]);
    });
    assert!(counts["Allowed"] > 200 && counts.keys().all(|told| told != "Unknown"), "{counts:?}");
}

fn who(policies: &Policies, team: Option<&str>) -> Who {
    let tags = [("user", Some(OWNER)), ("notebook", Some(OWNER)), ("team", team)];
    let tags = tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
    let tags: BTreeMap<String, String> = tags.collect();
    if policies.is_role {
        return Who::role(&format!("deepracer/notebook/{OWNER}"), tags);
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{OWNER}");
    Who { principal: arn.clone(), account: Some(ACCOUNT), name: OWNER.to_owned(), arn, kind: Kind::User, tags }
}

fn request(who: &Who, action: &str, folder: &str) -> Request {
    let mut context = who.context();
    context.insert("aws:SecureTransport".to_owned(), json!("true"));
    let is_list = action.starts_with("s3:List");
    if is_list {
        context.insert("s3:prefix".to_owned(), json!(format!("{folder}/")));
    }
    let bucket = format!("arn:aws:s3:::{BUCKET}");
    Request {
        who: who.clone(),
        action: action.to_owned(),
        resource: if is_list { bucket } else { format!("{bucket}/{folder}/model.tar.gz") },
        account: ACCOUNT.to_owned(),
        context,
        possible: Vec::new(),
    }
}

//! Accounts as they are: whatever a random change lets somebody do with another's things, as the oracle says, the audit finds of
//! that very user or role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::common::Workspace;
use crate::common::export::{ExportFiles, REGION};
use crate::common::is_slow;
use crate::oracle::case::{Case, Request};
use crate::oracle::chance::Chance;
use crate::oracle::node::{self, Answer};
use crate::oracle::notebooks::requests;
use crate::oracle::start;
use crate::oracle::who::{Kind, Who};
use crate::oracle::words::{ACCOUNT, BUCKET, OTHER_ACCOUNT};

/// Changed accounts in `make test`, and in `make test-all`.
const ACCOUNTS: usize = 8;
const ALL_ACCOUNTS: usize = 200;
/// Accounts that are changed and asked about at a time.
const AT_ONCE: usize = 8;
const KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555";
const KEY_FILE: &str = "policies/11111111-2222-3333-4444-555555555555.json";
const ROSTER: &[u8] = b"name\nbob\nbobby\n";
const PEOPLE: [&str; 2] = ["bob", "bobby"];
const GROUP: &str = "mycompany-deepracer-users";
const USERS: &str = "UserDetailList";
const ROLES: &str = "RoleDetailList";
const GROUPS: &str = "GroupDetailList";

/// Who is changed: the list of the export, and the name. `Admin` is trusted, and is not changed.
const CHANGED: [(&str, &str); 6] =
    [(USERS, "bob"), (USERS, "bobby"), (ROLES, "bob"), (ROLES, "bobby"), (USERS, "robot"), (ROLES, "ci")];
const ACTIONS: [&str; 20] = [
    "s3:GetObject",
    "s3:Put*",
    "s3:*",
    "s3:ListBucket",
    "sagemaker:DescribeNotebookInstance",
    "sagemaker:StopNotebookInstance",
    "sagemaker:*",
    "sagemaker:CreateTrainingJob",
    "sagemaker:AddTags",
    "iam:PassRole",
    "iam:*",
    "iam:CreateAccessKey",
    "iam:Put*Policy",
    "iam:Update*",
    "sts:AssumeRole",
    "sts:*",
    "kms:*",
    "logs:GetLogEvents",
    "logs:*",
    "*",
];
/// Policies of AWS's own that are attached "for a day".
const OF_AWS: [(&str, &[&str]); 3] =
    [("AdministratorAccess", &["*"]), ("AmazonS3FullAccess", &["s3:*"]), ("IAMFullAccess", &["iam:*"])];

/// A request about what somebody has, and what the audit found of the account.
struct Asked<'f> {
    account: usize,
    /// Who asks: the list of the export, or `elsewhere`, and the name.
    list: &'static str,
    name: String,
    what: String,
    owner: &'static str,
    found: &'f [(String, String)],
}

#[test]
fn what_the_oracle_says_is_open_the_audit_finds() {
    let settings =
        format!("services: []\ntrusted: [\"arn:aws:iam::{ACCOUNT}:role/Admin\"]\nbucket: {{kms_key: \"{KEY}\"}}\n");
    let workspace = Workspace::new(&settings, "roster.csv", ROSTER);
    workspace.synthesised();
    let mut export = ExportFiles::of(&workspace.path("out"));
    export.add_user("robot");
    export.add_role("ci", &json!({"Service": "codebuild.amazonaws.com"}));
    export.add_role("Admin", &root());
    export.allow(ROLES, "Admin", &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    for (name, actions) in OF_AWS {
        let document =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        export.list("Policies").push(json!({
            "PolicyName": name, "Arn": format!("arn:aws:iam::aws:policy/{name}"), "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}],
        }));
    }
    let of_key = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": root(), "Action": "kms:*", "Resource": "*"}]});
    export.0.insert(KEY_FILE.to_owned(), json!({"Policy": of_key.to_string()}));
    let mut chance = Chance::new(start());
    let accounts = if is_slow() { ALL_ACCOUNTS } else { ACCOUNTS };
    let mut tally = Tally::default();
    for first in (0..accounts).step_by(AT_ONCE) {
        let mut changed = vec![export.clone(); AT_ONCE];
        for one in &mut changed {
            for _ in 0..=chance.below(3) {
                *tally.changes.entry(change(one, &mut chance)).or_default() += 1;
            }
        }
        tally.look(first, changed, &workspace);
    }
    tally.check(accounts);
}

/// What the accounts came to.
#[derive(Default)]
struct Tally {
    /// How many accounts were changed in which way.
    changes: BTreeMap<&'static str, usize>,
    requests: usize,
    /// The requests that the oracle does not decide.
    refused: usize,
    /// Those that it allows, by what they are about.
    open: BTreeMap<String, usize>,
    /// What is open by taking a role that reaches it.
    steps: usize,
    missed: Vec<String>,
}

impl Tally {
    /// Asks of these accounts, the first of which has this number.
    #[track_caller]
    fn look(&mut self, first: usize, changed: Vec<ExportFiles>, workspace: &Workspace) {
        let found: Vec<Vec<(String, String)>> = changed.iter().map(|export| findings(workspace, export)).collect();
        let (mut cases, mut asked) = (Vec::new(), Vec::new());
        for ((account, mut export), found) in (first..).zip(changed).zip(&found) {
            for (owner, list, name, what, case) in cases_of(&mut export) {
                asked.push(Asked { account, list, name, what, owner, found });
                cases.push(case.json());
            }
        }
        self.requests += cases.len();
        // Of each account, who takes which role, and who reaches something of whom.
        let (mut takes, mut reaches) = (Vec::new(), BTreeSet::new());
        for (answer, (case, one)) in node::decide(&cases).iter().zip(cases.iter().zip(&asked)) {
            match answer {
                Answer::Decided { decision, .. } if decision == "Allowed" => {}
                Answer::Decided { .. } => continue,
                Answer::Refused(_) => {
                    self.refused += 1;
                    continue;
                }
            }
            match one.what.strip_prefix("take ") {
                Some(role) => takes.push((one, role)),
                None => _ = reaches.insert((one.account, one.list, one.name.as_str(), one.owner)),
            }
            // Of what may be nobody's, the second step tells.
            if one.owner.is_empty() {
                continue;
            }
            *self.open.entry(one.what.clone()).or_default() += 1;
            if !one.is_found() {
                self.missed.push(format!("{}\n{case:#}\n{:#?}", one.in_words(), one.found));
            }
        }
        for (taker, role) in takes {
            let is_reached =
                |owner: &&'static str| taker.name != **owner && reaches.contains(&(taker.account, ROLES, role, *owner));
            for owner in PEOPLE.into_iter().filter(is_reached) {
                self.steps += 1;
                if !taker.is_found() {
                    let what = format!("{}, and by it what `{owner}` has", taker.in_words());
                    self.missed.push(format!("{what}\n{:#?}", taker.found));
                }
            }
        }
    }

    #[track_caller]
    fn check(&self, accounts: usize) {
        let Self { changes, requests, refused, open, steps, missed } = self;
        let count: usize = open.values().sum();
        println!("{accounts} accounts, changed by {changes:?}");
        println!("{count} of {requests} requests are open, {refused} refused: {open:?}; {steps} by a second step");
        let first = missed[..missed.len().min(3)].join("\n");
        assert!(missed.is_empty(), "seed {}, {} missed:\n{first}", start(), missed.len());
        assert!(
            count * 100 > *requests && (*steps > 0 || !is_slow()),
            "{count} of {requests} are open: the changes say little"
        );
    }
}

fn root() -> Json {
    json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})
}

/// Everybody who asks: those who were there, and those who came.
fn askers(export: &mut ExportFiles) -> Vec<(&'static str, String)> {
    let name = |list: &str, one: &Json| one[list.replace("DetailList", "Name")].as_str().unwrap().to_owned();
    let mut all = Vec::new();
    for list in [USERS, ROLES] {
        let names = export.list(list).iter().map(|one| (list, name(list, one)));
        all.extend(names.filter(|(_, name)| name != "Admin"));
    }
    all
}

type Drawn = (&'static str, &'static str, String, String, Case);

/// What everybody asks for of everybody else's: the owner, who asks, what it is, and the case.
#[track_caller]
fn cases_of(export: &mut ExportFiles) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    let text = |value: &Json| -> Json { serde_json::from_str(value.as_str().unwrap()).unwrap() };
    let of_bucket = text(&export.0["bucket-policy.json"]["Policy"]);
    let of_key = text(&export.0[KEY_FILE]["Policy"]);
    let of_point = export.0.get("access-points/side.json").map(|one| text(&one["Policy"]));
    let trusts: BTreeMap<String, Json> = export
        .list(ROLES)
        .iter()
        .map(|role| (role["Arn"].as_str().unwrap().to_owned(), role["AssumeRolePolicyDocument"].clone()))
        .collect();
    let resource_policy = |request: &Request| match request.resource.as_str() {
        of if of.starts_with(&format!("arn:aws:s3:::{BUCKET}")) => Some(of_bucket.clone()),
        of if of.contains(":accesspoint/") => of_point.clone(),
        KEY => Some(of_key.clone()),
        _ if request.action == "sts:AssumeRole" => trusts.get(&request.resource).cloned(),
        _ => None,
    };
    for (list, name) in askers(export) {
        let (who, identity, boundary) = principal(export, list, &name);
        for owner in PEOPLE.into_iter().filter(|owner| *owner != name) {
            for (what, request) in requests(&who, owner).into_iter().chain(more(&who, owner, of_point.is_some())) {
                // Every service may write logs of its own, into groups of any name. A job that somebody makes who is no person is
                // not another's, whatever its tag says, as long as it takes no role of theirs.
                let is_no_person = !PEOPLE.contains(&name.as_str());
                if what == "log" || what == "read log of a longer name" || what == "train" && is_no_person {
                    continue;
                }
                let resource_policy = resource_policy(&request);
                let case = Case { identity: identity.clone(), boundary: boundary.clone(), resource_policy, request };
                drawn.push((owner, list, name.clone(), what.to_owned(), case));
            }
        }
        for (arn, trust) in &trusts {
            let role = arn.rsplit('/').next().unwrap();
            if list == ROLES && role == name {
                continue;
            }
            let request = about(&who, "sts:AssumeRole", arn, &json!({}));
            let resource_policy = Some(trust.clone());
            let case = Case { identity: identity.clone(), boundary: boundary.clone(), resource_policy, request };
            let owner = PEOPLE.into_iter().find(|owner| *owner == role && *owner != name).unwrap_or("");
            drawn.push((owner, list, name.clone(), format!("take {role}"), case));
        }
    }
    // Somebody of another account, who may do everything there.
    let arn = format!("arn:aws:iam::{OTHER_ACCOUNT}:user/mallory");
    let tags = BTreeMap::new();
    let name = "mallory".to_owned();
    let who = Who { principal: arn.clone(), account: Some(OTHER_ACCOUNT), name, arn, kind: Kind::User, tags };
    let identity =
        vec![json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})];
    for owner in PEOPLE {
        for (what, request) in requests(&who, owner).into_iter().chain(more(&who, owner, of_point.is_some())) {
            let Some(policy) = resource_policy(&request) else { continue };
            let case = Case { identity: identity.clone(), boundary: None, resource_policy: Some(policy), request };
            drawn.push((owner, "elsewhere", who.name.clone(), what.to_owned(), case));
        }
    }
    drawn
}

fn about(who: &Who, action: &str, resource: &str, said: &Json) -> Request {
    let mut context: Map<String, Json> = who.context();
    context.insert("aws:SecureTransport".to_owned(), json!("true"));
    context.extend(said.as_object().cloned().unwrap_or_default());
    let (who, action, resource, account) = (who.clone(), action.to_owned(), resource.to_owned(), ACCOUNT.to_owned());
    Request { who, action, resource, account, context, possible: Vec::new() }
}

/// Requests about what somebody has besides: credentials, policies, the way of an access point, and the bucket's key.
fn more(who: &Who, name: &str, has_point: bool) -> Vec<(&'static str, Request)> {
    let user = format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{name}");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/{name}");
    let object = format!("arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/side/object/{name}/model.tar.gz");
    let all = [
        ("make a key", "iam:CreateAccessKey", &user),
        ("change the password", "iam:UpdateLoginProfile", &user),
        ("give a policy", "iam:PutUserPolicy", &user),
        ("give its role a policy", "iam:PutRolePolicy", &role),
        ("trust somebody else", "iam:UpdateAssumeRolePolicy", &role),
        ("read by an access point", "s3:GetObject", &object),
    ];
    let all = all.into_iter().filter(|(_, action, _)| has_point || *action != "s3:GetObject");
    let mut all: Vec<_> = all.map(|(what, action, arn)| (what, about(who, action, arn, &json!({})))).collect();
    // The account leaves its key to its own policies, which say who reaches the bucket: that alone opens nothing.
    if who.account != Some(ACCOUNT) {
        all.push(("decrypt", about(who, "kms:Decrypt", KEY, &json!({}))));
    }
    all
}

/// Changes an account as its administrators might; returns what was done.
fn change(export: &mut ExportFiles, chance: &mut Chance) -> &'static str {
    let (list, name) = chance.pick(&CHANGED);
    let owner = chance.pick(&PEOPLE);
    let whom = [
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/robot")}),
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/ci")}),
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{owner}")}),
        json!({"AWS": format!("arn:aws:iam::{OTHER_ACCOUNT}:root")}),
        json!("*"),
        root(),
    ];
    match chance.below(14) {
        0..=3 => {
            let statement = statement(chance);
            export.allow(list, name, &statement);
            if chance.percent(90) {
                unbind(export, list, name, chance);
            }
            "a statement"
        }
        4 => {
            let group = statement(chance);
            export.allow(GROUPS, GROUP, &group);
            unbind(export, list, name, chance);
            "a statement of the group"
        }
        5 => {
            let policy = chance.one(&OF_AWS).0;
            let attached = json!({"PolicyName": policy, "PolicyArn": format!("arn:aws:iam::aws:policy/{policy}")});
            let (list, name) = if chance.percent(20) { (GROUPS, GROUP) } else { (list, name) };
            export.identity(list, name)["AttachedManagedPolicies"].as_array_mut().unwrap().push(attached);
            if list != GROUPS && chance.percent(90) {
                unbind(export, list, name, chance);
            }
            "an attachment"
        }
        6 => {
            let policies = export.identity(GROUPS, GROUP)["AttachedManagedPolicies"].as_array_mut().unwrap();
            policies.remove(chance.below(policies.len()));
            let policy = chance.below(export.list("Policies").len());
            let version = &mut export.list("Policies")[policy]["PolicyVersionList"][0]["Document"]["Statement"];
            if chance.percent(60) {
                let statement = statement(chance);
                version.as_array_mut().unwrap().push(statement);
            }
            "a detachment and another version"
        }
        7 => {
            let groups = if chance.percent(50) { json!([GROUP]) } else { json!([]) };
            export.identity(USERS, chance.pick(&["robot", "bob", "bobby"]))["GroupList"] = groups;
            "a membership"
        }
        8 | 9 => {
            let role = chance.pick(&["bob", "bobby", "ci", "ci"]);
            let trust = json!({"Effect": "Allow", "Principal": chance.one(&whom).clone(), "Action": "sts:AssumeRole"});
            let document = &mut export.identity(ROLES, role)["AssumeRolePolicyDocument"];
            document["Statement"].as_array_mut().unwrap().push(trust);
            if role == "ci" {
                let statement = statement(chance);
                export.allow(ROLES, role, &statement);
            }
            "a trust policy"
        }
        10 => {
            let (list, name) = chance.pick(&CHANGED[..4]);
            let tags = export.identity(list, name)["Tags"].as_array_mut().unwrap();
            let key = chance.pick(&["user", "notebook"]);
            tags.retain(|tag| tag["Key"] != key);
            if chance.percent(80) {
                tags.push(json!({"Key": key, "Value": owner}));
            }
            "a tag"
        }
        other => change_more(other, export, chance.one(&whom), chance),
    }
}

/// The same of what is no user or role that is there: one way of three.
fn change_more(which: usize, export: &mut ExportFiles, whom: &Json, chance: &mut Chance) -> &'static str {
    match which {
        11 => {
            let text = export.0["bucket-policy.json"]["Policy"].as_str().unwrap().to_owned();
            let mut policy: Json = serde_json::from_str(&text).unwrap();
            let statements = policy["Statement"].as_array_mut().unwrap();
            if chance.percent(30) {
                statements.clear();
            }
            statements.push(in_bucket(&format!("arn:aws:s3:::{BUCKET}"), "", whom, chance.pick(&ACTIONS[..4])));
            export.0.get_mut("bucket-policy.json").unwrap()["Policy"] = policy.to_string().into();
            "the bucket's policy"
        }
        12 => {
            let statement = if chance.percent(50) {
                let arn = format!("arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/side");
                in_bucket(&arn, "/object", whom, chance.pick(&ACTIONS[..4]))
            } else {
                json!({"Effect": "Allow", "Principal": whom.clone(), "Action": "kms:*", "Resource": "*"})
            };
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
            if statement["Action"] == "kms:*" {
                export.0.insert(KEY_FILE.to_owned(), json!({ "Policy": policy }));
            } else {
                export.0.insert("access-points.json".to_owned(), json!({"AccessPointList": [{"Name": "side"}]}));
                export.0.insert("access-points/side.json".to_owned(), json!({ "Policy": policy }));
            }
            "an access point or a key"
        }
        _ => {
            let (list, name) = (chance.pick(&[USERS, ROLES]), "newcomer");
            if !export.list(list).iter().any(|one| one["Arn"].as_str().unwrap().ends_with(name)) {
                match list {
                    USERS => export.add_user(name),
                    _ => export.add_role(name, whom),
                }
            }
            let statement = statement(chance);
            export.allow(list, name, &statement);
            "somebody new"
        }
    }
}

/// Takes the boundary, and perhaps the groups, from a user or role.
fn unbind(export: &mut ExportFiles, list: &str, name: &str, chance: &mut Chance) {
    export.identity(list, name)["PermissionsBoundary"] = Json::Null;
    if list == USERS && chance.percent(85) {
        export.identity(list, name)["GroupList"] = json!([]);
    }
}

/// A statement that opens what is in a bucket, or behind an access point.
fn in_bucket(arn: &str, objects: &str, whom: &Json, action: &str) -> Json {
    let resource = json!([arn, format!("{arn}{objects}/*")]);
    json!({"Sid": "Open", "Effect": "Allow", "Principal": whom, "Action": action, "Resource": resource})
}

/// A statement of an identity policy.
fn statement(chance: &mut Chance) -> Json {
    let owner = chance.pick(&PEOPLE);
    let region = format!("{REGION}:{ACCOUNT}");
    let resources = [
        "*".to_owned(),
        "*".to_owned(),
        "*".to_owned(),
        format!("arn:aws:s3:::{BUCKET}/*"),
        format!("arn:aws:s3:::{BUCKET}/{owner}/*"),
        format!("arn:aws:s3:::{BUCKET}"),
        format!("arn:aws:s3:{region}:accesspoint/*"),
        format!("arn:aws:sagemaker:{region}:notebook-instance/{owner}"),
        format!("arn:aws:sagemaker:{region}:*"),
        format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/{owner}"),
        format!("arn:aws:iam::{ACCOUNT}:user/deepracer/*"),
        format!("arn:aws:iam::{ACCOUNT}:role/*"),
        format!("arn:aws:logs:{region}:log-group:/aws/sagemaker/*"),
    ];
    let mut statement =
        json!({"Effect": "Allow", "Action": chance.pick(&ACTIONS), "Resource": chance.one(&resources).as_str()});
    match chance.below(8) {
        0 => statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}}),
        1 => statement["Condition"] = json!({"StringLike": {"s3:prefix": format!("{owner}/*")}}),
        2 => statement["Condition"] = json!({"StringEquals": {"aws:ResourceTag/user": owner}}),
        _ => {}
    }
    statement
}

impl Asked<'_> {
    fn in_words(&self) -> String {
        let Self { account, list, name, what, owner, .. } = self;
        format!("account {account}, {list} {name}: {what} of `{owner}`")
    }

    /// Whether there is a finding of who asks, or of the resource whose policy lets them in.
    fn is_found(&self) -> bool {
        let word = if self.list == USERS { "user" } else { "role" };
        let of_resources: &[&str] = match self.what.as_str() {
            _ if self.list == "elsewhere" => &["bucket ", "access point ", "key "],
            "read by an access point" => &["access point "],
            _ => &[],
        };
        self.found.iter().any(|(rule, message)| {
            let is_reach =
                rule.starts_with("isolation::") && rule != "isolation::own-refused" || rule == "audit::reached";
            let about = message.rsplit_once(": ").map(|(_, about)| about).unwrap_or_default();
            let is_theirs = about.starts_with(word) && about.contains(&format!("`{}`", self.name));
            is_reach && (is_theirs || of_resources.iter().any(|resource| about.starts_with(resource)))
        })
    }
}

/// A user or role, with its policies and its boundary.
fn principal(export: &mut ExportFiles, list: &str, name: &str) -> (Who, Vec<Json>, Option<Json>) {
    let one = export.identity(list, name).clone();
    let managed = |export: &mut ExportFiles, arn: &Json| {
        let policies = export.list("Policies");
        policies.iter().find(|policy| policy["Arn"] == *arn).unwrap()["PolicyVersionList"][0]["Document"].clone()
    };
    let of = |export: &mut ExportFiles, one: &Json, key: &str| {
        let inline = one[key].as_array().unwrap().iter().map(|policy| policy["PolicyDocument"].clone());
        let mut policies: Vec<Json> = inline.collect();
        for attached in one["AttachedManagedPolicies"].as_array().unwrap() {
            policies.push(managed(export, &attached["PolicyArn"]));
        }
        policies
    };
    let mut identity = of(export, &one, &list.replace("DetailList", "PolicyList"));
    for group in one["GroupList"].as_array().into_iter().flatten() {
        let group = export.identity("GroupDetailList", group.as_str().unwrap()).clone();
        identity.extend(of(export, &group, "GroupPolicyList"));
    }
    let boundary = one["PermissionsBoundary"].get("PermissionsBoundaryArn").map(|arn| managed(export, arn));
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let tags = one["Tags"].as_array().unwrap().iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect();
    let arn = text(&one["Arn"]);
    let who = if list == "UserDetailList" {
        Who { principal: arn.clone(), account: Some(ACCOUNT), name: name.to_owned(), arn, kind: Kind::User, tags }
    } else {
        Who::role(arn.split_once(":role/").unwrap().1, tags)
    };
    (who, identity, boundary)
}

/// The rule and the message of each finding.
#[track_caller]
fn findings(workspace: &Workspace, export: &ExportFiles) -> Vec<(String, String)> {
    export.write(&workspace.path("export"));
    let outcome = workspace.audit(&["--format", "json"]);
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
    let found = report["findings"].as_array().unwrap().iter();
    found.map(|one| (text(one, "rule"), text(one, "message"))).collect()
}

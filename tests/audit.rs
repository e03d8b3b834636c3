//! `racestack audit`: an account that is as its out folder says has no findings; every slip has its own, and no other.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::BTreeSet;

use crate::common::export::{self, ACCOUNT, ExportFiles, REGION};
use crate::common::{Workspace, racestack};
use racestack::cli::Outcome;
use serde_json::{Value, json};

const ROSTER: &[u8] = b"name,team,state,notebook\nbob,red,,\nbobby,blue,,\neve,,suspended,\nmei,,,false\n";
const BUCKET: &str = "arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905";

/// An account with its out folder and an export of exactly that.
struct Account {
    workspace: Workspace,
    export: ExportFiles,
}

/// A finding: its rule, what it is about, and its message.
type Found = (String, String, String);

impl Account {
    #[track_caller]
    fn new(settings: &str) -> Self {
        Self::of(settings, ROSTER)
    }

    #[track_caller]
    fn of(settings: &str, roster: &[u8]) -> Self {
        let workspace = Workspace::new(settings, "roster.csv", roster);
        workspace.synthesised();
        let export = ExportFiles::of(&workspace.path("out"));
        Self { workspace, export }
    }

    #[track_caller]
    fn audit(&self, more: &[&str]) -> Outcome {
        self.export.write(&self.workspace.path("export"));
        self.workspace.audit(more)
    }

    #[track_caller]
    fn findings(&self) -> Vec<Found> {
        let outcome = self.audit(&["--format", "json", "--today", export::TAKEN]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr));
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let found = report["findings"].as_array().unwrap().iter();
        found.map(|one| (text(one, "rule"), text(one, "resource"), text(one, "message"))).collect()
    }

    /// The rules and resources of what is found, each once.
    #[track_caller]
    fn found(&self) -> BTreeSet<(String, String)> {
        self.findings().into_iter().map(|(rule, resource, _)| (rule, resource)).collect()
    }

    #[track_caller]
    fn finds(&self, wanted: &[(&str, &str)]) {
        let wanted: BTreeSet<(String, String)> =
            wanted.iter().map(|(rule, resource)| ((*rule).to_owned(), (*resource).to_owned())).collect();
        assert_eq!(self.found(), wanted, "left: found; right: wanted\n{:#?}", self.findings());
    }

    #[track_caller]
    fn file(&mut self, name: &str) -> &mut Value {
        self.export.0.get_mut(name).unwrap()
    }
}

#[test]
fn an_account_that_is_as_its_out_folder_says_has_no_findings() {
    for settings in
        ["", "mfa: required\nconsole: true\n", "bucket: {shared_folders: [materials], team_folders: true}\n"]
    {
        let account = Account::new(settings);
        account.finds(&[]);
        let outcome = account.audit(&["--today", export::TAKEN]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "tokyo: 0 errors, 0 warnings\n"), "{}", outcome.stderr);
    }
}

#[test]
fn a_notebook_that_was_made_by_hand_is_compared_as_any_other() {
    const BY_HAND: &[u8] = b"name,team,notebook.name,notebook.existing\nbob,red,bobs,true\nbobby,blue,,\n";
    let mut account = Account::of("", BY_HAND);
    account.finds(&[]);
    // No stack says on which platform it is, or in which network.
    account.file("notebook-instances/bobs.json")["PlatformIdentifier"] = json!("notebook-al2023-v1");
    account.file("notebook-instances/bobs.json")["DirectInternetAccess"] = json!("Disabled");
    account.finds(&[]);
    account.file("notebook-instances/bobs.json")["RootAccess"] = json!("Enabled");
    account.finds(&[("audit::drift", "tokyo/notebook/bobs/`RootAccess`")]);
    let shared = format!("arn:aws:iam::{ACCOUNT}:role/shared");
    account.file("notebook-instances/bobs.json")["RoleArn"] = json!(shared);
    account.finds(&[
        ("audit::drift", "tokyo/notebook/bobs/`RootAccess`"),
        ("audit::notebook-role", "tokyo/notebook/bobs/role"),
    ]);
    let mut account = Account::of("", BY_HAND);
    let tags = account.file("notebook-tags.json")["ResourceTagMappingList"].as_array_mut().unwrap();
    tags.retain(|one| !one["ResourceARN"].as_str().unwrap().ends_with("/bobs"));
    let found = account.found();
    assert!(found.iter().any(|(_, about)| about == "tokyo/notebook/bobs/tag-user"), "{found:?}");
}

#[test]
fn an_administrator_is_found_unless_the_settings_trust_them() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    for trusted in ["", &format!("trusted: [\"arn:aws:iam::{ACCOUNT}:user/ro*\"]\n")] {
        let mut account = Account::new(trusted);
        account.export.add_user("root.admin");
        account.export.allow("UserDetailList", "root.admin", &everything);
        account.export.add_user("robot");
        let wanted: &[_] = if trusted.is_empty() { &[("audit::reached", "tokyo/user/root.admin/access")] } else { &[] };
        account.finds(wanted);
    }
}

#[test]
fn of_whom_a_pattern_or_a_tag_of_their_notebook_says_something_else_is_looked_at_by_themselves() {
    let stream = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:bobby--*");
    let denials = [
        json!({"Effect": "Deny", "Action": "iam:*", "Resource": format!("arn:aws:iam::{ACCOUNT}:user/deepracer/?????")}),
        json!({"Effect": "Deny", "Action": "logs:GetLogEvents", "Resource": stream}),
        json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/user": "?????"}}}),
        json!({"Effect": "Deny", "Action": "s3:*", "NotResource": [format!("{BUCKET}/???/*"), BUCKET.to_owned()]}),
        json!({"Effect": "Deny", "Action": "sagemaker:StartNotebookInstance", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceTag/project": "race"}}}),
    ];
    for denial in denials {
        let mut account = Account::new("");
        let tagged = &mut account.export.0.get_mut("notebook-tags.json").unwrap()["ResourceTagMappingList"];
        let is_bobs = |one: &&mut Value| one["ResourceARN"].as_str().unwrap().ends_with("/bob");
        let of_bob = tagged.as_array_mut().unwrap().iter_mut().find(is_bobs).unwrap();
        of_bob["Tags"].as_array_mut().unwrap().push(json!({"Key": "project", "Value": "race"}));
        account.export.allow("GroupDetailList", "mycompany-deepracer-users", &denial);
        let found = account.found();
        let told = found.iter().filter(|(rule, _)| rule == "isolation::own-refused");
        let told: BTreeSet<&str> = told.map(|(_, about)| about.split('/').nth(2).unwrap()).collect();
        assert!(told.contains("bobby") && !told.contains("bob"), "{denial}: {found:#?}");
    }
}

#[test]
fn who_reaches_a_thing_of_somebodys_is_found_with_it() {
    let notebook = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/bob");
    let cases = [
        ("s3:GetObject", format!("{BUCKET}/bob/*"), "`bob`"),
        ("s3:GetObject", format!("{BUCKET}/*/models/*"), "4 people"),
        ("s3:PutObject", format!("{BUCKET}/*"), "4 people"),
        ("s3:ListBucket", BUCKET.to_owned(), "4 people"),
        ("s3:PutBucketPolicy", BUCKET.to_owned(), "all people's access"),
        ("sagemaker:CreatePresignedNotebookInstanceUrl", notebook.clone(), "`bob`"),
        ("sagemaker:StopTrainingJob", "*".to_owned(), "3 people"),
        ("iam:CreateAccessKey", format!("arn:aws:iam::{ACCOUNT}:user/deepracer/bob"), "`bob`"),
        ("iam:PassRole", format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/*"), "3 people"),
        ("iam:CreatePolicyVersion", "*".to_owned(), "all people's access"),
        ("sagemaker:*", "*".to_owned(), "3 people have, and what all people's access"),
        ("logs:GetLogEvents", "*".to_owned(), "3 people"),
        ("secretsmanager:GetSecretValue", "*".to_owned(), "4 people"),
    ];
    for (action, resource, whose) in cases {
        let mut account = Account::new("");
        account.export.add_role("ci", &json!({"Service": "codebuild.amazonaws.com"}));
        let statement = json!({"Sid": "Ci", "Effect": "Allow", "Action": action, "Resource": resource});
        account.export.allow("RoleDetailList", "ci", &statement);
        let found = account.findings();
        let [(rule, about, message)] = found.as_slice() else { panic!("{action} on {resource}: {found:#?}") };
        assert_eq!((rule.as_str(), about.as_str()), ("audit::reached", "tokyo/role/ci/access"), "{action}");
        assert!(message.contains(whose), "{action} on {resource}: {message}");
    }
}

#[test]
fn who_reaches_nothing_of_anybodys_is_not_told_of() {
    let cases = [
        ("s3:GetObject", format!("{BUCKET}/reports/*")),
        ("s3:*", "arn:aws:s3:::another-bucket/*".to_owned()),
        ("s3:GetBucketPolicy", BUCKET.to_owned()),
        (
            "sagemaker:StartNotebookInstance",
            format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/science-*"),
        ),
        ("sagemaker:CreateEndpoint", "*".to_owned()),
        ("iam:PassRole", format!("arn:aws:iam::{ACCOUNT}:role/ci/*")),
        ("iam:CreateAccessKey", format!("arn:aws:iam::{ACCOUNT}:user/robot")),
        ("iam:List*", "*".to_owned()),
        ("logs:PutLogEvents", "*".to_owned()),
        ("ec2:*", "*".to_owned()),
    ];
    let mut account = Account::new("");
    account.export.add_user("robot");
    account.export.add_role("ci", &json!({"Service": "codebuild.amazonaws.com"}));
    for (action, resource) in cases {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        account.export.allow("UserDetailList", "robot", &statement);
        account.export.allow("RoleDetailList", "ci", &statement);
    }
    account.finds(&[]);
}

#[test]
fn who_can_take_a_trusted_role_is_found() {
    let mut account = Account::new(&format!("trusted: [\"arn:aws:iam::{ACCOUNT}:role/Admin\"]\n"));
    account.export.add_role("Admin", &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}));
    account.export.allow("RoleDetailList", "Admin", &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    for name in ["robot", "visitor"] {
        account.export.add_user(name);
    }
    let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"});
    account.export.allow("UserDetailList", "robot", &statement);
    account.finds(&[("audit::reached", "tokyo/user/robot/assume-Admin")]);
}

/// An account with an administrator whom the settings trust, a role that reads all folders, one that AWS Lambda takes and that reaches
/// nothing, and a user without anything.
#[track_caller]
fn with_roles() -> Account {
    let mut account = Account::new(&format!("trusted: [\"arn:aws:iam::{ACCOUNT}:role/Admin\"]\n"));
    let root = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")});
    account.export.add_role("Admin", &root);
    account.export.allow("RoleDetailList", "Admin", &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    account.export.add_role("reader", &json!({"Service": "lambda.amazonaws.com", "AWS": ACCOUNT}));
    account.export.allow(
        "RoleDetailList",
        "reader",
        &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/*")}),
    );
    account.export.add_role("plain", &json!({"Service": "lambda.amazonaws.com", "AWS": ACCOUNT}));
    account.export.add_user("clerk");
    account.export.allow(
        "UserDetailList",
        "clerk",
        &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/bob/*")}),
    );
    account.export.add_user("robot");
    account
}

const READER: [(&str, &str); 2] =
    [("audit::reached", "tokyo/role/reader/access"), ("audit::reached", "tokyo/user/clerk/access")];

#[test]
fn who_can_become_somebody_who_reaches_something_is_found() {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let user = |name: &str| format!("arn:aws:iam::{ACCOUNT}:user/{name}");
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let to = |service: &str| json!({"StringEquals": {"iam:PassedToService": format!("{service}.amazonaws.com")}});
    let cases = [
        ("sts:AssumeRole", role("Admin"), Value::Null, Some("takes the role `Admin`, which the settings trust")),
        ("sts:AssumeRole", role("reader"), Value::Null, Some("takes the role `reader`")),
        ("sts:*", role("r*"), mfa, Some("takes the role `reader`, and so has access to what 4 people have")),
        ("sts:AssumeRole", role("plain"), Value::Null, None),
        ("iam:PassRole", role("reader"), Value::Null, Some("can pass to a service the role `reader`")),
        ("iam:PassRole", role("r*"), to("lambda"), Some("can pass to a service the role `reader`")),
        ("iam:PassRole", role("reader"), to("ec2"), None),
        ("iam:PassRole", role("plain"), Value::Null, None),
        (
            "iam:UpdateAssumeRolePolicy",
            role("reader"),
            Value::Null,
            Some("can change the trust policy of the role `reader`"),
        ),
        ("iam:UpdateAssumeRolePolicy", role("plain"), Value::Null, None),
        (
            "iam:CreateAccessKey",
            user("clerk"),
            Value::Null,
            Some("can make an access key of the user `clerk`, and so has access to what `bob` has"),
        ),
        ("iam:UpdateLoginProfile", user("clerk"), Value::Null, Some("can change the password of the user `clerk`")),
        ("iam:CreateLoginProfile", user("c*"), Value::Null, Some("can make a password of the user `clerk`")),
        ("iam:CreateAccessKey", user("nobody"), Value::Null, None),
        (
            "iam:PutUserPolicy",
            user("robot"),
            Value::Null,
            Some("can give itself any policy, and so has access to what 4 people have, and what all"),
        ),
        (
            "iam:AttachUserPolicy",
            user("robot"),
            Value::Null,
            Some("can give itself any policy, and so has access to what 4 people have, and what all"),
        ),
        ("iam:AttachUserPolicy", user("nobody"), Value::Null, None),
        ("iam:PutRolePolicy", role("plain"), Value::Null, None),
    ];
    // One user a case: what they reach is told of each.
    let mut account = with_roles();
    for (index, (action, resource, condition, _)) in cases.iter().enumerate() {
        let name = format!("robot-{index:02}");
        account.export.add_user(&name);
        let resource = resource.replace("robot", &name);
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        if !condition.is_null() {
            statement["Condition"] = condition.clone();
        }
        account.export.allow("UserDetailList", &name, &statement);
    }
    let found = account.findings();
    for (index, (action, resource, condition, told)) in cases.iter().enumerate() {
        let name = format!("`robot-{index:02}`");
        let of_robot: Vec<&String> =
            found.iter().map(|(_, _, message)| message).filter(|message| message.contains(&name)).collect();
        let is_as_told = match (told, of_robot.as_slice()) {
            (None, []) => true,
            (Some(told), [message]) => message.contains(told),
            _ => false,
        };
        assert!(is_as_told, "{action} on {resource}, {condition}: {of_robot:#?}\n{found:#?}");
    }
}

#[test]
fn several_steps_lead_as_far_as_one() {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let mut account = with_roles();
    let allow = |action: &str, resource: String| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    account.export.allow("UserDetailList", "robot", &allow("sts:AssumeRole", role("plain")));
    account.finds(&READER);
    // By another role.
    account.export.allow("RoleDetailList", "plain", &allow("sts:AssumeRole", role("reader")));
    let of_plain = ("audit::reached", "tokyo/role/plain/assume-reader");
    let of_robot = ("audit::reached", "tokyo/user/robot/assume-plain");
    account.finds(&[&READER[..], &[of_plain, of_robot]].concat());
    // By giving it more.
    let mut account = with_roles();
    account.export.allow("UserDetailList", "robot", &allow("sts:AssumeRole", role("plain")));
    account.export.allow("UserDetailList", "robot", &allow("iam:PutRolePolicy", role("plain")));
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/user/robot/escalation")]].concat());
    // A boundary holds, whatever is given, as long as it is there.
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/bounds");
    account.export.list("Policies").push(json!({
        "PolicyName": "bounds", "Arn": arn, "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}],
        }}],
    }));
    account.export.identity("RoleDetailList", "plain")["PermissionsBoundary"] =
        json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    account.finds(&READER);
    account.export.allow("UserDetailList", "robot", &allow("iam:DeleteRolePermissionsBoundary", role("plain")));
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/user/robot/escalation")]].concat());
    // Whoever rewrites the boundary takes it away as well.
    let removed = account.export.identity("UserDetailList", "robot")["UserPolicyList"].as_array_mut().unwrap().pop();
    assert!(removed.is_some());
    account.finds(&READER);
    account.export.allow("UserDetailList", "robot", &allow("iam:CreatePolicyVersion", arn));
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/user/robot/escalation")]].concat());
}

#[test]
fn who_can_change_what_they_have_or_make_somebody_is_found() {
    let mut account = with_roles();
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/own");
    let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let rewrites = json!({"Version": "2012-10-17", "Statement": [allow("iam:CreatePolicyVersion", &arn)]});
    account.export.list("Policies").push(json!({
        "PolicyName": "own", "Arn": arn, "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": rewrites}],
    }));
    account.finds(&READER);
    let attached = json!([{"PolicyName": "own", "PolicyArn": arn}]);
    account.export.identity("UserDetailList", "robot")["AttachedManagedPolicies"] = attached;
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/user/robot/escalation")]].concat());

    // A group of those who read everything, and one without policies.
    let mut account = with_roles();
    for name in ["readers", "empty"] {
        let group = json!({
            "GroupName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:group/{name}"), "GroupPolicyList": [],
            "AttachedManagedPolicies": [],
        });
        account.export.list("GroupDetailList").push(group);
        let joins = allow("iam:AddUserToGroup", &format!("arn:aws:iam::{ACCOUNT}:group/{name}"));
        account.export.allow("UserDetailList", "robot", &joins);
    }
    account.finds(&READER);
    account.export.allow("GroupDetailList", "readers", &allow("s3:GetObject", &format!("{BUCKET}/*")));
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/user/robot/escalation")]].concat());

    // A role of one's own, with any policy; with these policies alone; with a boundary.
    let cases = [
        (Value::Null, true),
        (json!({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}), true),
        (json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}), false),
        (json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/bounds"}}), false),
    ];
    let mut account = with_roles();
    let own = format!("arn:aws:iam::{ACCOUNT}:role/ci/*");
    for (index, (condition, _)) in cases.iter().enumerate() {
        let mut attach = allow("iam:AttachRolePolicy", &own);
        if !condition.is_null() {
            attach["Condition"] = condition.clone();
        }
        for (name, actions) in [("attaches", [&attach, &attach]), ("makes", [&attach, &allow("iam:CreateRole", &own)])]
        {
            let name = format!("{name}-{index}");
            account.export.add_user(&name);
            for action in actions {
                account.export.allow("UserDetailList", &name, action);
            }
        }
    }
    let found = account.findings();
    for (index, (condition, is_found)) in cases.iter().enumerate() {
        let is_told = |name: &str| found.iter().any(|(.., message)| message.contains(&format!("`{name}-{index}`")));
        assert_eq!((is_told("attaches"), is_told("makes")), (false, *is_found), "{condition}: {found:#?}");
    }
}

#[test]
fn a_trust_policy_that_names_a_person_lets_them_in() {
    let mut account = with_roles();
    let people = [
        format!("arn:aws:iam::{ACCOUNT}:user/deepracer/bob"),
        format!("arn:aws:iam::{ACCOUNT}:user/deepracer/bobby"),
        format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/bob"),
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/bobby/SageMaker"),
    ];
    account.export.identity("RoleDetailList", "Admin")["AssumeRolePolicyDocument"] = json!({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": people}, "Action": "sts:AssumeRole"}],
    });
    // The guardrails deny it to people, and the boundary does not allow it to notebooks, whose sessions no boundary limits that a
    // policy names.
    account.finds(&[&READER[..], &[("audit::reached", "tokyo/role/bobby/assume-Admin")]].concat());
    account.export.identity("UserDetailList", "bob")["GroupList"] = json!([]);
    let found = account.found();
    for (name, is_found) in [("user/bob", true), ("user/bobby", false), ("role/bob", false), ("role/bobby", true)] {
        let about = ("audit::reached".to_owned(), format!("tokyo/{name}/assume-Admin"));
        assert_eq!(found.contains(&about), is_found, "{name}: {found:#?}");
    }
    // To what is their own, everybody may have another way.
    let mut account =
        Account { workspace: account.workspace.copied(), export: ExportFiles::of(&account.workspace.path("out")) };
    account.export.add_role("own", &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/deepracer/bob")}));
    account.export.identity("UserDetailList", "bob")["GroupList"] = json!([]);
    let reads = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/bob/*")});
    account.export.allow("RoleDetailList", "own", &reads);
    let found = account.found();
    assert!(!found.iter().any(|(_, about)| about == "tokyo/user/bob/assume-own"), "{found:#?}");
    assert!(found.contains(&("audit::reached".to_owned(), "tokyo/role/own/access".to_owned())), "{found:#?}");
}

#[test]
fn what_a_person_has_besides_is_found_of_that_person() {
    let mut account = Account::new("");
    let folder =
        json!({"Sid": "Second", "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/bobby/*")});
    account.export.allow("GroupDetailList", "mycompany-deepracer-users", &folder);
    // The guardrails and the boundary deny it all the same: nothing but the difference is told.
    account.finds(&[("audit::drift", "tokyo/group/mycompany-deepracer-users/policy-extra-0")]);
    account.export.identity("UserDetailList", "bob")["PermissionsBoundary"] = Value::Null;
    let found = account.found();
    assert!(
        found.contains(&("audit::drift".to_owned(), "tokyo/user/bob/the permissions boundary".to_owned())),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|(rule, about)| rule == "isolation::too-wide" && about.starts_with("tokyo/user/bob/")),
        "{found:#?}"
    );
    assert!(!found.iter().any(|(_, about)| about.starts_with("tokyo/user/bobby/")), "{found:#?}");
}

#[test]
fn who_is_not_named_like_their_notebook_stands_for_nobody_who_is() {
    let mut account = Account::new("");
    let tags = account.export.identity("UserDetailList", "bob")["Tags"].as_array_mut().unwrap();
    tags.iter_mut().filter(|tag| tag["Key"] == "notebook").for_each(|tag| tag["Value"] = json!("other"));
    let denial = json!({
        "Sid": "DenyLists", "Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*",
        "Condition": {"StringLike": {"s3:prefix": "${aws:PrincipalTag/notebook}/*"}},
    });
    account.export.allow("GroupDetailList", "mycompany-deepracer-users", &denial);
    let found = account.found();
    let refused = |name: &str| {
        let of = format!("tokyo/user/{name}/");
        found.iter().any(|(rule, about)| rule == "isolation::own-refused" && about.starts_with(&of))
    };
    assert_eq!((refused("bob"), refused("bobby")), (false, true), "{found:#?}");
}

#[test]
fn two_people_with_boundaries_that_are_not_known_are_told_of_with_the_own() {
    let mut account = Account::new("");
    for (name, policy) in [("bob", "PowerUserAccess"), ("bobby", "ReadOnlyAccess")] {
        account.export.identity("UserDetailList", name)["PermissionsBoundary"] = json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": format!("arn:aws:iam::aws:policy/{policy}"),
        });
    }
    let found = account.findings();
    let is_told = |name: &str, policy: &str| {
        let is_it = |(rule, about, message): &Found| {
            rule == "isolation::undecided"
                && about.starts_with(&format!("tokyo/user/{name}/"))
                && message.contains(policy)
        };
        found.iter().any(is_it)
    };
    assert!(is_told("bob", "PowerUserAccess") && is_told("bobby", "ReadOnlyAccess"), "{found:#?}");
}

#[test]
fn a_statement_about_one_person_by_name_is_looked_at_for_that_person() {
    let mut account = Account::new("");
    let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": format!("{BUCKET}/bobby/*")});
    account.export.allow("GroupDetailList", "mycompany-deepracer-users", &deny);
    let found = account.found();
    let refused: Vec<&str> =
        found.iter().filter(|(rule, _)| rule == "isolation::own-refused").map(|(_, about)| about.as_str()).collect();
    assert!(!refused.is_empty() && refused.iter().all(|about| about.starts_with("tokyo/user/bobby/")), "{found:#?}");
}

#[test]
fn drift_is_told_by_what_differs() {
    let mut account = Account::new("");
    let attached =
        json!({"PolicyName": "AmazonS3FullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"});
    account.export.identity("RoleDetailList", "bob")["AttachedManagedPolicies"].as_array_mut().unwrap().push(attached);
    let full = json!({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    account.export.list("Policies").push(json!({
        "PolicyName": "AmazonS3FullAccess", "Arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": full}],
    }));
    for tag in account.export.identity("UserDetailList", "mei")["Tags"].as_array_mut().unwrap() {
        if tag["Key"] == "managed-by" {
            tag["Value"] = "hand".into();
        }
    }
    account.file("notebook-instances/eve.json")["InstanceType"] = "ml.m5.xlarge".into();
    account.file("bucket-versioning.json")["Status"] = "Suspended".into();
    account.file("bucket-public-access-block.json")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] =
        false.into();
    account.finds(&[
        ("audit::drift", "tokyo/role/bob/policy-arn:aws:iam::aws:policy/AmazonS3FullAccess"),
        ("audit::drift", "tokyo/user/mei/tag-managed-by"),
        ("audit::drift", "tokyo/notebook/eve/`InstanceType`"),
        ("audit::drift", "tokyo/bucket/mycompany-aws-deepracer-test-20221130201905/the versioning"),
        ("audit::drift", "tokyo/bucket/mycompany-aws-deepracer-test-20221130201905/`BlockPublicPolicy`"),
    ]);
    let outcome = account.audit(&["--format", "github"]);
    for (file, topic) in
        [("bucket-versioning.json", "the versioning is"), ("bucket-public-access-block.json", "`BlockPublicPolicy` is")]
    {
        let is_it = |line: &str| line.contains(topic) && line.contains(file);
        assert!(outcome.stdout.lines().any(is_it), "{}", outcome.stdout);
    }
}

#[test]
fn who_is_on_one_side_alone_is_told() {
    let mut account = Account::new("");
    account.export.list("UserDetailList").retain(|user| user["UserName"] != "mei");
    account.export.add_user("left");
    account.export.identity("UserDetailList", "left")["Tags"] = json!([{"Key": "user", "Value": "left"}]);
    let found = account.found();
    for wanted in
        [("audit::not-deployed", "tokyo/user/mei/missing"), ("audit::not-in-roster", "tokyo/user/left/unknown")]
    {
        assert!(found.contains(&(wanted.0.to_owned(), wanted.1.to_owned())), "{found:#?}");
    }
}

#[test]
fn what_should_be_cleaned_up_is_told() {
    let mut account = Account::new("");
    account.export.credentials(&[
        ("<root_account>", "not_supported,N/A,N/A,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"),
        ("bob", "true,N/A,N/A,N/A,false,true,2026-05-01T00:00:00+00:00,2026-11-19T00:00:00+00:00,a,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"),
        ("bobby", "false,N/A,N/A,N/A,false,true,2026-10-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"),
    ]);
    let notebook = account.file("notebook-instances/bob.json");
    notebook["NotebookInstanceStatus"] = "InService".into();
    notebook["PlatformIdentifier"] = "notebook-al2-v2".into();
    *account.file("bucket-folders.json") = json!({"CommonPrefixes": [{"Prefix": "bob/"}, {"Prefix": "gone/"}]});
    *account.file("training-jobs.json") =
        json!({"TrainingJobSummaries": [{"TrainingJobName": "j1"}, {"TrainingJobName": "j2"}]});
    account.export.0.insert("training-jobs/j1.json".to_owned(), json!({"Tags": [{"Key": "user", "Value": "gone"}]}));
    account.export.0.insert("training-jobs/j2.json".to_owned(), json!({"Tags": []}));
    account.finds(&[
        ("audit::no-mfa", "tokyo/user/bob/mfa"),
        ("audit::old-key", "tokyo/user/bob/key-1"),
        ("audit::unused-key", "tokyo/user/bobby/key-1"),
        ("audit::running", "tokyo/notebook/bob/running"),
        ("audit::retired-platform", "tokyo/notebook/bob/platform"),
        ("audit::drift", "tokyo/notebook/bob/the platform"),
        ("audit::ownerless", "tokyo/folder/gone/owner"),
        ("audit::ownerless", "tokyo/job/j1/owner"),
        ("audit::ownerless", "tokyo/job/j2/owner"),
    ]);
}

#[test]
fn a_notebook_that_is_nobodys_or_anothers_is_told() {
    let mut account = Account::new("");
    let shared = format!("arn:aws:iam::{ACCOUNT}:role/shared");
    account.export.add_role("shared", &json!({"Service": "sagemaker.amazonaws.com"}));
    account.file("notebook-instances/bob.json")["RoleArn"] = shared.into();
    let tags = account.file("notebook-tags.json")["ResourceTagMappingList"].as_array_mut().unwrap();
    tags.retain(|one| !one["ResourceARN"].as_str().unwrap().ends_with("/eve"));
    let of_role = account.export.identity("RoleDetailList", "eve")["Tags"].as_array_mut().unwrap();
    of_role.iter_mut().find(|tag| tag["Key"] == "notebook").unwrap()["Value"] = "bob".into();
    account.export.identity("UserDetailList", "mei")["Tags"]
        .as_array_mut()
        .unwrap()
        .push(json!({"Key": "notebook", "Value": "bob"}));
    let tags = account.file("notebook-tags.json")["ResourceTagMappingList"].as_array_mut().unwrap();
    let is_bobby = |one: &&mut Value| one["ResourceARN"].as_str().unwrap().ends_with("/bobby");
    tags.iter_mut().find(is_bobby).unwrap()["Tags"][0]["Value"] = "bob".into();
    // SageMaker tells keys apart by case.
    let of_bob = tags.iter_mut().find(|one| one["ResourceARN"].as_str().unwrap().ends_with("/bob")).unwrap();
    of_bob["Tags"].as_array_mut().unwrap().push(json!({"Key": "USER", "Value": "mei"}));
    let found = account.found();
    for (rule, about) in [
        ("audit::notebook-role", "tokyo/notebook/bob/role"),
        ("audit::ownerless", "tokyo/notebook/eve/owner"),
        ("audit::drift", "tokyo/notebook/eve/tag-user"),
        ("isolation::wrong-tag", "tokyo/notebook/bobby/tag-user"),
        ("isolation::wrong-tag", "tokyo/notebook/bob/tag-user"),
        ("isolation::wrong-tag", "tokyo/role/eve/tag-notebook"),
        ("isolation::wrong-tag", "tokyo/user/mei/tag-notebook"),
    ] {
        assert!(found.contains(&(rule.to_owned(), about.to_owned())), "{about}: {found:#?}");
    }
}

#[test]
fn a_policy_that_lets_others_in_is_told() {
    let mut account = Account::new("");
    let policy = json!({"Statement": [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{BUCKET}/*")}]});
    *account.file("access-points.json") = json!({"AccessPointList": [{"Name": "side"}]});
    account.export.0.insert("access-points/side.json".to_owned(), json!({"Policy": policy.to_string()}));
    account.finds(&[("audit::reached", "tokyo/access-point/side/policy/Open")]);
    account.export.0.insert("access-points/side.json".to_owned(), json!({}));
    let elsewhere = json!({"Sid": "Else", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "s3:*", "Resource": "*"});
    let text = account.file("bucket-policy.json")["Policy"].as_str().unwrap().to_owned();
    let mut policy: Value = serde_json::from_str(&text).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(elsewhere);
    account.file("bucket-policy.json")["Policy"] = policy.to_string().into();
    let found = account.found();
    let about = "tokyo/bucket/mycompany-aws-deepracer-test-20221130201905/policy/Else";
    assert!(found.contains(&("audit::reached".to_owned(), about.to_owned())), "{found:#?}");
}

#[test]
fn an_export_that_is_not_whole_is_refused() {
    let whole = Account::new("");
    let names: Vec<String> = whole.export.0.keys().cloned().collect();
    for name in names {
        for broken in [None, Some(json!([])), Some(json!({"NextToken": "x"})), Some(Value::Null)] {
            let mut account = Account { workspace: whole.workspace.copied(), export: whole.export.clone() };
            match &broken {
                None => _ = account.export.0.remove(&name),
                Some(value) => *account.file(&name) = value.clone(),
            }
            let outcome = account.audit(&[]);
            // What an answer may lack is taken to be nothing; never is a file that is missing, or a list that is only a part.
            let may_be_empty = name.starts_with("bucket-") || name.starts_with("lifecycle-configurations/");
            if broken.is_none() || !may_be_empty {
                assert_eq!(outcome.code, 1, "{name} {broken:?}: {}{}", outcome.stdout, outcome.stderr);
                assert!(outcome.stderr.contains("error[audit::export]"), "{name} {broken:?}: {}", outcome.stderr);
            }
        }
    }
}

#[test]
fn an_export_of_another_account_or_a_part_of_one_is_refused() {
    let refused = |account: &Account, why: &str| {
        let outcome = account.audit(&[]);
        assert_eq!(outcome.code, 1, "{why}: {}", outcome.stdout);
        assert!(outcome.stderr.contains("error[audit::export]") && outcome.stderr.contains(why), "{}", outcome.stderr);
    };
    let mut account = Account::new("");
    let whole = account.export.clone();
    for (key, value) in [("IsTruncated", json!(true)), ("Marker", json!("x")), ("NextToken", json!("x"))] {
        account.file("identities.json")[key] = value;
        refused(&account, "only a part");
        account.export = whole.clone();
    }
    // Each of the files for itself: the one that says what the export is of need not be wrong.
    let elsewhere = "is not of the account and the region that the export is of";
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList"] {
        let arn = &mut account.export.list(list)[0]["Arn"];
        *arn = arn.as_str().unwrap().replace(ACCOUNT, "999988887777").into();
        refused(&account, elsewhere);
        account.export = whole.clone();
    }
    for other in [("111122223333", "999988887777"), (REGION, "us-east-1")] {
        let arn = &mut account.file("notebook-instances/bob.json")["NotebookInstanceArn"];
        *arn = arn.as_str().unwrap().replace(other.0, other.1).into();
        refused(&account, elsewhere);
        account.export = whole.clone();
    }
    // Of AWS's own policies, none is of the account.
    let arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    account.export.list("Policies").push(json!({"PolicyName": "AmazonS3FullAccess", "Arn": arn}));
    account.finds(&[]);
}

#[test]
fn an_export_that_powershell_wrote_is_read() {
    let account = Account::new("");
    assert_eq!(account.audit(&[]).code, 0);
    for (name, value) in &account.export.0 {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(value.to_string().encode_utf16().flat_map(u16::to_le_bytes));
        std::fs::write(account.workspace.path("export").join(name), bytes).unwrap();
    }
    let outcome = account.workspace.audit(&[]);
    assert_eq!(outcome.stdout, "tokyo: 0 errors, 0 warnings\n", "{}", outcome.stderr);
}

#[test]
fn an_export_that_is_not_of_today_is_said_to_be_old() {
    let account = Account::new("");
    for (today, is_old) in [("2026-11-20", false), ("2026-11-27", false), ("2026-11-28", true), ("2026-11-19", true)] {
        let outcome = account.audit(&["--today", today]);
        let told = outcome.stdout.contains(&format!("the export is of {}, and not of {today}", export::TAKEN));
        assert_eq!((outcome.code, told), (0, is_old), "{today}: {}{}", outcome.stdout, outcome.stderr);
    }
}

#[test]
fn two_audits_are_compared() {
    let mut account = Account::new("");
    account.export.write(&account.workspace.path("before"));
    account.export.add_user("robot");
    account.export.allow("UserDetailList", "robot", &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let before = account.workspace.path("before");
    let outcome = account.audit(&["--against", before.to_str().unwrap()]);
    assert!(outcome.stdout.ends_with("1 new, 0 gone, 0 as before\n"), "{}", outcome.stdout);
    assert_eq!(outcome.code, 1);
    account.export.write(&account.workspace.path("before"));
    let outcome = account.audit(&["--against", before.to_str().unwrap()]);
    assert!(outcome.stdout.ends_with("0 new, 0 gone, 1 as before\n"), "{}", outcome.stdout);
    assert_eq!(outcome.code, 0);
}

#[test]
fn the_script_knows_the_account_and_is_otherwise_the_templates() {
    let key = "arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555";
    let settings = format!("bucket: {{kms_key: \"{key}\"}}\nbudgets: {{monthly_usd: 5, notify: a@example.com}}\n");
    let account = Account::new(&settings);
    let config = account.workspace.path("config");
    let outcome = racestack(&["audit", "--account", "tokyo", "--script", "--config", config.to_str().unwrap()]);
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/scripts/audit.sh")).unwrap();
    let parts = |text: &str| {
        let (before, rest) = text.split_once("# ---- data ----\n").unwrap();
        let (data, behind) = rest.split_once("# ---- end of the data ----\n").unwrap();
        [before, data, behind].map(str::to_owned)
    };
    let ([before, data, behind], [of_template, _, rest]) = (parts(&outcome.stdout), parts(&template));
    assert_eq!((before, behind), (of_template, rest));
    let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:mycompany-deepracer-budgets");
    let wanted = format!(
        "account_name='tokyo'\naccount='{ACCOUNT}'\nregion='{REGION}'\n\
         bucket='mycompany-aws-deepracer-test-20221130201905'\n# What reads the folder.\nnext='racestack audit'\n\
         # A line a KMS key or SNS topic whose policy is looked at: its ARN.\npolicies='\n{key}\n{topic}\n'\n"
    );
    assert_eq!(data, wanted);
    let outcome = account.audit(&[]);
    for file in ["11111111-2222-3333-4444-555555555555", "mycompany-deepracer-budgets"] {
        assert!(outcome.stderr.contains(&format!("the export lacks `policies/{file}.json`")), "{}", outcome.stderr);
    }
}

#[test]
fn what_iam_writes_in_other_forms_is_read() {
    let mut account = Account::new("");
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22\
        s3%3AGet*%22%2C%22Resource%22%3A%22*%22%7D%7D";
    let bare = |name: &str| json!({"UserName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/team/{name}")});
    let with = |name: &str, document: Value| {
        let mut user = bare(name);
        user["UserPolicyList"] = json!([{"PolicyName": "own", "PolicyDocument": document}]);
        user
    };
    let statement = |effect: &str, action: &str| json!({"Effect": effect, "Action": action, "Resource": "*"});
    let mut unknown = bare("unknown");
    unknown["AttachedManagedPolicies"] = json!([{"PolicyName": "x", "PolicyArn": "arn:aws:iam::aws:policy/x"}]);
    let mut member = bare("member");
    member["GroupList"] = json!(["nowhere"]);
    let users = [
        bare("bare"),
        with("encoded", encoded.into()),
        with("single", json!({"Statement": statement("Allow", "s3:GetObject")})),
        with("denied", json!({"Statement": [statement("Allow", "ec2:*"), statement("Deny", "*")]})),
        with("nothing", json!({"Version": "2012-10-17", "Statement": []})),
        with("versioned", json!({"Version": "2031-01-01", "Statement": [statement("Allow", "s3:*")]})),
        unknown,
        member,
    ];
    account.export.list("UserDetailList").extend(users);
    // What is true of several is told once: `single` reaches what `encoded` does.
    let found = ["encoded", "versioned", "unknown", "member"];
    let wanted: Vec<String> = found.iter().map(|name| format!("tokyo/user/{name}/access")).collect();
    account.finds(&wanted.iter().map(|about| ("audit::reached", about.as_str())).collect::<Vec<_>>());
}

#[test]
fn what_is_no_policy_is_refused_and_where_it_is() {
    let refused = |change: &dyn Fn(&mut Account), place: &str, why: &str| {
        let mut account = Account::new("");
        change(&mut account);
        let outcome = account.audit(&[]);
        assert_eq!(outcome.code, 1, "{why}: {}", outcome.stdout);
        let (place, why) =
            (format!(" --> {}", account.workspace.path("export").join(place).display()), format!(": {why}\n"));
        assert!(outcome.stderr.contains("error[audit::export]"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(&place) && outcome.stderr.contains(&why), "{place} {why}: {}", outcome.stderr);
    };
    let user = |document: Value| {
        json!({
            "UserName": "eve", "Arn": format!("arn:aws:iam::{ACCOUNT}:user/eve"),
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
        })
    };
    refused(
        &|account| account.export.list("UserDetailList").push(user(json!("{not json"))),
        "identities.json:",
        "found `\"{not json\"`, allowed is a policy document",
    );
    refused(
        &|account| {
            let policies = account.export.list("Policies");
            policies[0]["PolicyVersionList"][0]["Document"] = "hello".into();
        },
        "identities.json:",
        "found `\"hello\"`, allowed is a policy document",
    );
    refused(
        &|account| account.file("bucket-policy.json")["Policy"] = "hello".into(),
        "bucket-policy.json:2:3",
        "found `\"hello\"`, allowed is a policy document",
    );
    refused(
        &|account| account.file("bucket-versioning.json")["Status"] = json!(["Enabled"]),
        "bucket-versioning.json:2:3",
        "found a list, allowed is a text",
    );
    refused(
        &|account| *account.file("identities.json") = json!([]),
        "identities.json:",
        "found a list, allowed is a map with `UserDetailList`, `GroupDetailList`, `RoleDetailList` and `Policies`",
    );
    refused(
        &|account| account.file("notebook-instances.json")["NotebookInstances"] = json!({}),
        "notebook-instances.json:2:3",
        "found a map, allowed is a list",
    );
    refused(
        &|account| *account.file("notebook-instances/bob.json") = json!("bob"),
        "notebook-instances/bob.json:",
        "found string \"bob\", allowed is a map with `NotebookInstanceName`, `NotebookInstanceArn` and others",
    );
}

#[test]
fn a_broken_export_is_told_of_and_never_panics() {
    let whole = Account::new("");
    let mut state = 20_221_130_u64;
    let mut below = |bound: usize| {
        // The generator of Lehmer: enough to break a text somewhere.
        state = state.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let folder = whole.workspace.path("export");
    whole.export.write(&folder);
    let names: Vec<&String> = whole.export.0.keys().collect();
    for _ in 0..60 {
        let path = folder.join(names[below(names.len())]);
        let text = std::fs::read(&path).unwrap();
        let mut broken = text.clone();
        match below(3) {
            0 => broken.truncate(below(broken.len())),
            1 => {
                let at = below(broken.len());
                broken[at] = [b'"', b'{', b'9', b' ', 0xff, b']'][below(6)];
            }
            _ => {
                let (from, to) = (below(broken.len()), below(broken.len()));
                broken.drain(from.min(to)..from.max(to));
            }
        }
        std::fs::write(&path, broken).unwrap();
        let outcome = whole.workspace.audit(&[]);
        assert!(outcome.code <= 1, "{}: {}", path.display(), outcome.stderr);
        std::fs::write(&path, text).unwrap();
    }
}

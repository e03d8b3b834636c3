//! What a diff says about access: what is hidden nowhere, and what is no news.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::path::Path;

use crate::common::out_folder;
use racestack::diff::{Diff, Files, OutFolder, compare};
use racestack::iam::Direction;
use serde_json::{Value, json};

/// An out folder of one account with these stacks, each with its resources; the users are those of the stack `people`.
fn folder(stacks: &[(&str, Value)], users: &[&str]) -> OutFolder {
    folder_with(stacks, &users.iter().map(|name| (*name, *name)).collect::<Vec<_>>())
}

/// The same with users whose notebooks have these names.
fn folder_with(stacks: &[(&str, Value)], users: &[(&str, &str)]) -> OutFolder {
    let user = |(name, notebook): &(&str, &str)| json!({"name": name, "logical_id": name, "notebook": notebook});
    let users: Vec<Value> = users.iter().map(user).collect();
    let entry = |(name, _): &(&str, Value)| json!({"name": name, "file": format!("{name}.yaml"), "users": if *name == "people" { users.clone() } else { vec![] }});
    let manifest = json!({
        "account": "tokyo", "account_id": "111122223333", "region": "eu-west-1",
        "stacks": stacks.iter().map(entry).collect::<Vec<_>>(),
    });
    let file =
        |(name, resources): &(&str, Value)| (format!("{name}.yaml"), json!({"Resources": resources}).to_string());
    out_folder([("tokyo".to_owned(), manifest, stacks.iter().map(file).collect())])
}

/// What is told of the access, a line for each entry, with the names of whom it is about.
fn access(diff: &Diff) -> Vec<String> {
    let changes = diff.access.iter();
    let lines = changes.flat_map(|change| {
        change.entries.iter().filter(|_| change.same_as == 0).map(|entry| {
            let direction = match entry.direction {
                Direction::Widened => "widened",
                Direction::Narrowed => "narrowed",
                Direction::PerhapsNarrowed => "at most narrowed",
                Direction::Unknown => "unknown",
            };
            let (names, actions, resources) =
                (change.names.join(" "), entry.actions.join(" "), entry.resources.join(" "));
            format!("{names}: {direction} {actions} on {resources} {}", entry.conditions.join(", ")).trim().to_owned()
        })
    });
    lines.collect()
}

#[track_caller]
fn told(old: &Value, new: &Value, expected: &[&str]) {
    let side = |resources: &Value| folder(&[("stack", resources.clone())], &[]);
    assert_eq!(access(&compare(&side(old), &side(new)).0), expected);
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The notebook role of a person whom `principal` may take it from.
fn notebook_role(name: &str, principal: &Value) -> Value {
    let trust = policy(&json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]));
    let own =
        policy(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::b/{name}/*")}]));
    json!({"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": name, "AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "own", "PolicyDocument": own}],
    }})
}

#[test]
fn who_may_take_the_role_of_a_new_person_is_told_where_it_is_not_as_usual() {
    let sagemaker = json!({"Service": "sagemaker.amazonaws.com"});
    let ann = notebook_role("ann", &sagemaker);
    let side = |resources: Value| folder(&[("people", resources)], &["ann", "bob"]);
    let old = side(json!({"annRole": ann}));
    let usual = side(json!({"annRole": ann, "bobRole": notebook_role("bob", &sagemaker)}));
    assert_eq!(access(&compare(&old, &usual).0), Vec::<String>::new());
    assert!(compare(&old, &usual).0.access.iter().all(|change| change.same_as == 1));
    let open = side(json!({"annRole": ann, "bobRole": notebook_role("bob", &json!("*"))}));
    let (diff, _) = compare(&old, &open);
    assert!(diff.access.iter().any(|change| change.names == ["anybody"] && change.widens()), "{diff:?}");
    assert!(
        access(&diff).contains(&"anybody: widened sts:AssumeRole on arn:aws:iam::111122223333:role/bob".to_owned())
    );
}

#[test]
fn who_may_take_a_new_role_is_told() {
    let role = notebook_role("job", &json!({"Service": "lambda.amazonaws.com"}));
    let line = "lambda.amazonaws.com: widened sts:AssumeRole on arn:aws:iam::111122223333:role/job";
    let side = |resources: Value| folder(&[("stack", resources)], &[]);
    assert!(access(&compare(&side(json!({})), &side(json!({"Role": role}))).0).contains(&line.to_owned()));
}

#[test]
fn the_statements_that_make_the_difference_are_named() {
    let side = |list: Value| {
        let own = json!({"PolicyName": "own", "PolicyDocument": policy(&list)});
        folder(
            &[("stack", json!({"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Policies": [own]}}}))],
            &[],
        )
    };
    let statements = |old: &OutFolder, new: &OutFolder| -> Vec<(Vec<String>, bool)> {
        let (diff, _) = compare(old, new);
        diff.access.into_iter().flat_map(|one| one.entries).map(|one| (one.statements, one.by_denial)).collect()
    };
    let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let read = json!({"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"});
    let deny = json!({"Sid": "NoList", "Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"});
    let named = |name: &str| vec![name.to_owned()];
    let [read_alone, with_all, denied] = [json!([read]), json!([read, all]), json!([read, deny])].map(side);
    // The statement without a `Sid` by its number; not the one that is on both sides.
    assert_eq!(statements(&read_alone, &with_all), [(named("own/2"), false)]);
    assert_eq!(statements(&with_all, &read_alone), [(named("own/2"), false)]);
    // What was allowed all along is so by the denial that goes, or is not by the one that comes.
    assert_eq!(statements(&denied, &read_alone), [(named("own/NoList"), true)]);
    assert_eq!(statements(&read_alone, &denied), [(named("own/NoList"), true)]);
}

#[test]
fn a_condition_of_many_alternatives_is_told_by_one_of_them() {
    let short = |regions: Value| {
        let statement = |effect: &str, regions: &Value| {
            let condition = json!({"StringEquals": {"aws:RequestedRegion": regions}});
            json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "*", "Condition": condition})
        };
        let elsewhere = statement("Deny", &json!(["d", "e", "f"]));
        let side = |list: Value| {
            let own = json!([{"PolicyName": "own", "PolicyDocument": policy(&list)}]);
            let user = json!({"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Policies": own}});
            folder(&[("stack", json!({"U": user}))], &[])
        };
        let new = side(json!([elsewhere, statement("Allow", &regions)]));
        let (diff, _) = compare(&side(json!([elsewhere])), &new);
        let entry = &diff.access[0].entries[0];
        (entry.conditions.clone(), entry.short_conditions.clone())
    };
    let (conditions, told) = short(json!(["a", "b"]));
    assert_eq!(conditions, ["when aws:RequestedRegion is `a` or aws:RequestedRegion is `b`"]);
    assert_eq!(told, conditions);
    let (conditions, told) = short(json!(["a", "b", "c"]));
    assert!(conditions[0].ends_with("or aws:RequestedRegion is `c`"), "{conditions:?}");
    assert_eq!(told, ["depending on aws:RequestedRegion, for example when aws:RequestedRegion is `a`"]);
}

#[test]
fn a_policy_that_is_not_evaluated_is_unknown_wherever_it_changes() {
    let allow = json!({"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish", "Resource": {"Ref": "Topic"}});
    let all = json!({"Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"});
    let with = |statements: &Value| {
        json!({
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
            "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy(statements)}},
        })
    };
    let topic = json!({"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}});
    let new = "Policy: unknown sns:Publish on arn:aws:sns:eu-west-1:111122223333:t \
               its policy (AWS::SNS::TopicPolicy) is new, and is not evaluated here";
    told(&topic, &with(&json!([allow])), &[new]);
    let changes = "its policy (AWS::SNS::TopicPolicy) changes, and is not evaluated here";
    told(&with(&json!([allow])), &with(&json!([allow, all])), &[&format!("Policy: unknown sns:* on * {changes}")]);
    // What can only take away does not widen.
    told(
        &with(&json!([allow, all])),
        &with(&json!(allow)),
        &[&format!("Policy: at most narrowed sns:* on * {changes}")],
    );
    told(
        &with(&json!([allow])),
        &with(&json!([deny, allow])),
        &[&format!("Policy: at most narrowed sns:* on * {changes}")],
    );
    told(&with(&json!([allow])), &topic, &[]);
    // With a denial goes what it denied.
    let gone = "Policy: unknown sns:* sns:Publish on * arn:aws:sns:eu-west-1:111122223333:t \
                its policy (AWS::SNS::TopicPolicy) is gone, and is not evaluated here";
    told(&with(&json!([allow, deny])), &topic, &[gone]);
    // The same in other words is no change.
    let listed = json!([{"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:eu-west-1:111122223333:t"], "Principal": {"Service": ["budgets.amazonaws.com"]}}]);
    told(&with(&json!([allow])), &with(&listed), &[]);
}

#[test]
fn no_kind_of_policy_is_passed_over() {
    let statement = |principal: &str| {
        policy(&json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "x:Y", "Resource": "*"}]))
    };
    let kinds = |principal: &str| {
        json!({
            "AWS::KMS::Key": {"KeyPolicy": statement(principal)},
            "AWS::SecretsManager::ResourcePolicy": {"SecretId": "s", "ResourcePolicy": statement(principal)},
            "AWS::SQS::QueuePolicy": {"Queues": ["q"], "PolicyDocument": statement(principal)},
            "AWS::Logs::ResourcePolicy": {"PolicyName": "p", "PolicyDocument": statement(principal).to_string()},
            "AWS::S3::AccessPoint": {"Bucket": "b", "Policy": statement(principal)},
            "AWS::Lambda::Permission": {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": principal},
            "Custom::Thing": {"Deep": [{"Policy": statement(principal)}]},
        })
    };
    for (kind, old) in kinds("111122223333").as_object().unwrap() {
        let new = &kinds("*")[kind];
        let resource = |properties: &Value| json!({"A": {"Type": kind, "Properties": properties}});
        let side = |properties: &Value| folder(&[("stack", resource(properties))], &[]);
        let (diff, _) = compare(&side(old), &side(new));
        assert!(diff.access.iter().any(racestack::diff::AccessChange::widens), "{kind}: {diff:?}");
        assert!(compare(&side(old), &side(old)).0.accounts.is_empty(), "{kind}");
        // The same statements, of another queue or secret.
        let target = ["SecretId", "Queues"].into_iter().find(|key| old.get(key).is_some());
        if let Some(target) = target {
            let mut other = old.clone();
            other[target] = json!({"Ref": "Other"});
            let (diff, _) = compare(&side(old), &side(&other));
            assert!(diff.access.iter().any(racestack::diff::AccessChange::widens), "{kind}: {diff:?}");
        }
    }
}

#[test]
fn what_no_template_shows_is_no_news_when_it_is_written_otherwise() {
    let custom =
        |size: Value| json!({"C": {"Type": "Custom::Grant", "Properties": {"ServiceToken": "t", "Size": size}}});
    told(&custom(json!(5)), &custom(json!("5")), &[]);
    let line =
        "C: unknown * on * `Custom::Grant` is made by code that no template here shows, and may give anybody access";
    told(&custom(json!(5)), &custom(json!(6)), &[line]);
}

#[test]
fn a_notebook_that_acts_as_another_role_is_told() {
    let notebook = |role: &str| json!({"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"RoleArn": {"Fn::GetAtt": [role, "Arn"]}}});
    let roles = |names: &[&str]| -> serde_json::Map<String, Value> {
        let role = |name: &&str| {
            ((*name).to_owned() + "Role", notebook_role(name, &json!({"Service": "sagemaker.amazonaws.com"})))
        };
        names.iter().map(role).collect()
    };
    let side = |people: &[&str], role_of_bob: &str| {
        let mut all = roles(people);
        all.insert("annNotebook".to_owned(), notebook("annRole"));
        if !role_of_bob.is_empty() {
            all.insert("bobNotebook".to_owned(), notebook(role_of_bob));
        }
        folder(&[("people", Value::Object(all))], &["ann", "bob"])
    };
    let arn = "arn:aws:iam::111122223333:role";
    let kind = "and so does who can use it (AWS::SageMaker::NotebookInstance)";
    let line = |instead: &str| {
        format!("bobNotebook: unknown sts:AssumeRole on {arn}/ann it acts as this role{instead}, {kind}")
    };
    let both = ["ann", "bob"];
    let swapped = compare(&side(&both, "bobRole"), &side(&both, "annRole")).0;
    assert_eq!(access(&swapped), [line(&format!(" instead of `{arn}/bob`"))]);
    // Of somebody new it is told unless it is as usual.
    assert_eq!(access(&compare(&side(&["ann"], ""), &side(&["ann"], "annRole")).0), [line("")]);
    assert_eq!(access(&compare(&side(&["ann"], ""), &side(&both, "bobRole")).0), Vec::<String>::new());
}

#[test]
fn a_policy_whose_holders_are_not_known_is_no_silence() {
    let attached = |action: &str| {
        let document = policy(&json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]));
        json!({"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": document, "Users": [{"Fn::ImportValue": "x"}]}}})
    };
    let line = "policy: unknown * on * to whom it is attached is known only when it is deployed";
    told(&attached("s3:GetObject"), &attached("s3:*"), &[line]);
    told(&attached("s3:*"), &attached("s3:*"), &[]);
    let user =
        |groups: Value| json!({"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Groups": groups}}});
    let side = |groups: Value| folder(&[("stack", user(groups))], &[]);
    let (diff, _) = compare(&side(json!([])), &side(json!([{"Fn::ImportValue": "admins"}])));
    assert!(diff.access.iter().any(racestack::diff::AccessChange::widens), "{diff:?}");
}

#[test]
fn who_is_meant_by_name_is_compared_by_themselves() {
    let own = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"});
    let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let side = |statements: &[&Value], of_bucket: &[Value]| {
        let user = |name: &str| json!({"Type": "AWS::IAM::User", "Properties": {"UserName": name, "Groups": ["g"]}});
        let group = json!([{"PolicyName": "p", "PolicyDocument": policy(&json!(statements))}]);
        let bucket = json!({"Bucket": "b", "PolicyDocument": policy(&json!(of_bucket))});
        let resources = json!({
            "annUser": user("ann"), "bobUser": user("bob"),
            "G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g", "Policies": group}},
            "B": {"Type": "AWS::S3::BucketPolicy", "Properties": bucket},
        });
        folder(&[("people", resources)], &["ann", "bob"])
    };
    let when = |key: &str, value: &str| {
        let mut statement = all.clone();
        statement["Condition"] = json!({"StringLike": {key: value}});
        statement
    };
    let denied =
        |folder: &str| json!({"Effect": "Deny", "Action": "s3:*", "Resource": format!("arn:aws:s3:::b/{folder}")});
    let bob = "arn:aws:iam::111122223333:user/bob";
    let named =
        json!({"Effect": "Allow", "Principal": {"AWS": bob}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"});
    let before = side(&[&own], &[]);
    let told = |old: &OutFolder, new: &OutFolder| access(&compare(old, new).0);
    for (key, value) in [("aws:username", "bob"), ("aws:username", "b?b"), ("aws:PrincipalArn", bob)] {
        let lines = told(&before, &side(&[&own, &when(key, value)], &[]));
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("bob: widened")), "{value} {lines:?}");
    }
    for folder in ["bob/*", "bo*", "?ob/x"] {
        let lines = told(&side(&[&own, &denied(folder)], &[]), &before);
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("bob: widened")), "{folder} {lines:?}");
    }
    assert_eq!(told(&before, &side(&[&own], &[named])), ["bob: widened s3:PutObject on arn:aws:s3:::b/*"]);
    // Of what is the same for both there is one line, though a policy names one of them.
    let [old, new] = [vec![&own], vec![&own, &all]].map(|allowed| {
        let carol = denied("bob/carol");
        side(&allowed.into_iter().chain([&carol]).collect::<Vec<_>>(), &[])
    });
    let (diff, _) = compare(&old, &new);
    assert!(diff.access.iter().all(|change| change.accounts == ["tokyo"]), "{diff:?}");
}

#[test]
fn of_whom_a_pattern_says_something_else_is_compared_by_themselves() {
    let own = json!({"Effect": "Allow", "Action": "*", "Resource": [
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:jobs:log-stream:${aws:PrincipalTag/user}--*",
    ]});
    let side = |names: [&'static str; 2], statements: &[&Value]| {
        let mut resources = json!({"G": {"Type": "AWS::IAM::Group", "Properties": {
            "GroupName": "g", "Policies": [{"PolicyName": "p", "PolicyDocument": policy(&json!(statements))}],
        }}});
        for name in names {
            resources[format!("{name}User")] = json!({"Type": "AWS::IAM::User", "Properties": {
                "UserName": name, "Groups": ["g"], "Tags": [{"Key": "user", "Value": name}],
            }});
        }
        folder(&[("people", resources)], &names)
    };
    let denied = |key: &str, value: &str| json!({"Effect": "Deny", "Action": "*", key: value});
    let mut tagged = denied("Resource", "*");
    tagged["Condition"] = json!({"StringLike": {"aws:PrincipalTag/user": "?????"}});
    let stream = "arn:aws:logs:eu-west-1:111122223333:log-group:jobs:log-stream:robin--";
    for denial in [
        tagged,
        denied("Resource", "arn:aws:s3:::b/?????/*"),
        denied("NotResource", "arn:aws:s3:::b/???/*"),
        denied("Resource", &format!("{stream}*")),
        denied("Resource", &format!("{stream}a?c")),
        denied("Resource", &stream.replace("robin", "?obin")),
    ] {
        // Whoever is the first of those who are alike.
        for names in [["ann", "robin"], ["robin", "zoe"]] {
            let lines = access(&compare(&side(names, &[&own, &denial]), &side(names, &[&own])).0);
            let of_robin = lines.iter().any(|line| line.starts_with("robin: widened"));
            assert!(of_robin && !lines.iter().any(|line| line.contains(" robin")), "{denial} {lines:?}");
        }
    }
    // Where nothing tells them apart, they are told of together.
    let lines = access(&compare(&side(["ann", "robin"], &[]), &side(["ann", "robin"], &[&own])).0);
    assert!(lines.iter().all(|line| line.starts_with("ann robin: widened")), "{lines:?}");
}

#[test]
fn what_the_stacks_give_to_nobody_is_compared_for_who_has_it_by_hand() {
    let document = |action: &str| policy(&json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]));
    let group = |action: &str| {
        let policies = json!([{"PolicyName": "p", "PolicyDocument": document(action)}]);
        json!({"G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g", "Policies": policies}}})
    };
    let managed = |action: &str| {
        let properties = json!({"ManagedPolicyName": "p", "PolicyDocument": document(action)});
        json!({"G": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}})
    };
    let given: [&dyn Fn(&str) -> Value; 2] = [&group, &managed];
    for of in given {
        told(&of("s3:GetObject"), &of("s3:*"), &["G: widened s3:* but s3:GetObject on *"]);
        told(&of("s3:*"), &of("s3:*"), &[]);
        // Nobody has yet what is new.
        told(&json!({}), &of("s3:*"), &[]);
    }
    let attached = |policies: Value| json!({"G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g", "ManagedPolicyArns": policies}}});
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    let line = format!("G: unknown * on * `{administrator}` is new, and what it says is not known here");
    told(&attached(json!([])), &attached(json!([administrator])), &[&line]);
}

#[test]
fn what_is_kept_goes_on_to_hold() {
    let denial = |bucket: &str, retain: bool| {
        let statement = json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{bucket}/*")}]);
        let kept = if retain { "Retain" } else { "Delete" };
        json!({"Type": "AWS::S3::BucketPolicy", "DeletionPolicy": kept, "UpdateReplacePolicy": kept, "Properties": {"Bucket": bucket, "PolicyDocument": policy(&statement)}})
    };
    let reads = policy(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
    let user = json!({"Type": "AWS::IAM::User", "DeletionPolicy": "Retain", "Properties": {"UserName": "u", "Policies": [{"PolicyName": "p", "PolicyDocument": reads}]}});
    // Of a bucket that is replaced and kept, the denials still hold.
    let side = |bucket: &str, retain: bool| json!({"U": user, "B": denial(bucket, retain)});
    told(&side("old", true), &side("new", true), &["u: narrowed s3:GetObject on arn:aws:s3:::new/*"]);
    told(
        &side("old", false),
        &side("new", false),
        &["u: widened s3:GetObject on arn:aws:s3:::old/*", "u: narrowed s3:GetObject on arn:aws:s3:::new/*"],
    );
    // Nor is somebody gone who is kept.
    let folders = [json!({"U": user}), json!({})].map(|resources| folder(&[("stack", resources)], &[]));
    let (diff, _) = compare(&folders[0], &folders[1]);
    assert_eq!(diff.plan.retain, 1);
    assert!(diff.access.is_empty(), "{diff:?}");
}

/// The out folder of one stack with this template.
fn of_template(template: &Value) -> OutFolder {
    let manifest = json!({"account": "tokyo", "account_id": "111122223333", "region": "eu-west-1", "stacks": [{"name": "s", "file": "s.yaml"}]});
    let files = [("manifest.json", &manifest), ("s.yaml", template)];
    let files = files.map(|(name, value)| (name.to_owned(), value.to_string().into_bytes()));
    OutFolder::of_files("out".to_owned(), Path::new("out"), Files::from([("tokyo".to_owned(), files.into())]), None)
        .unwrap()
}

/// A template in which the condition `On` asks a parameter, which by default says no.
fn with_condition(default: &str, resources: &Value) -> OutFolder {
    of_template(&json!({
        "Parameters": {"On": {"Type": "String", "Default": default}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Resources": resources,
    }))
}

/// A user who may do this, and that of a policy under a condition.
fn user_and_policy(statement: &Value, condition: Option<&str>) -> Value {
    let reads = policy(&json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]));
    let mut more = json!({"Type": "AWS::IAM::Policy", "Properties": {
        "PolicyName": "more", "Users": [{"Ref": "U"}], "PolicyDocument": policy(&json!([statement])),
    }});
    if let Some(name) = condition {
        more["Condition"] = json!(name);
    }
    json!({
        "U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Policies": [{"PolicyName": "p", "PolicyDocument": reads}]}},
        "More": more,
    })
}

/// What is told where templates leave something open.
const LEFT_OPEN: &str =
    "templates: unknown * on * conditions, macros, mappings and parameters of templates are not evaluated here";

#[test]
fn where_a_template_leaves_something_open_no_change_is_passed_over() {
    let wide = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let conditional = user_and_policy(&wide, Some("On"));
    let without = json!({"U": conditional["U"]});
    let [before, after] = [&without, &conditional].map(|resources| with_condition("no", resources));
    assert_eq!(access(&compare(&before, &after).0), ["u: widened s3:* but s3:GetObject on *", LEFT_OPEN]);
    // What does not change leaves nothing to tell.
    assert!(compare(&after, &with_condition("no", &conditional)).0.access.is_empty());
    // A denial under a condition may hide what is gained.
    let denied = |allowed: &str| {
        let deny = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"});
        let mut resources = user_and_policy(&deny, Some("On"));
        resources["U"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = json!(allowed);
        with_condition("yes", &resources)
    };
    assert_eq!(access(&compare(&denied("s3:GetObject"), &denied("s3:*")).0), [LEFT_OPEN]);
    // Nor is a default, a condition or a mapping passed over, whatever refers to it.
    assert_eq!(access(&compare(&with_condition("yes", &conditional), &after).0), [LEFT_OPEN]);
    let with_mapping =
        |value: &str| of_template(&json!({"Mappings": {"M": {"A": {"B": value}}}, "Resources": without}));
    assert_eq!(access(&compare(&with_mapping("a"), &with_mapping("b")).0), [LEFT_OPEN]);
    assert_eq!(access(&compare(&of_template(&json!({"Resources": without})), &with_mapping("b")).0), [LEFT_OPEN]);
}

#[test]
fn a_resource_under_another_condition_may_be_deleted() {
    let side = |name| with_condition("no", &user_and_policy(&json!({"Effect": "Deny", "Action": "s3:*"}), Some(name)));
    let (diff, _) = compare(&side("On"), &side("Off"));
    assert_eq!((diff.plan.change, diff.plan.may_replace), (1, 1));
    let lost = "perhaps lost: it is deleted if its condition holds no longer, as the stack's parameters decide";
    assert_eq!(diff.changes[0].lost.iter().map(ToString::to_string).collect::<Vec<_>>(), [lost]);
}

#[test]
fn a_resource_whose_condition_asks_something_else_is_counted() {
    let side = |wanted: &str| {
        of_template(&json!({
            "Parameters": {"On": {"Type": "String"}},
            "Conditions": {
                "Asks": {"Fn::Equals": [{"Ref": "On"}, wanted]}, "Not": {"Fn::Not": [{"Condition": "Asks"}]},
                "Other": {"Fn::Equals": [{"Ref": "On"}, "other"]}
            },
            "Resources": {
                "A": {"Type": "AWS::SNS::Topic", "Condition": "Asks"}, "B": {"Type": "AWS::SNS::Topic", "Condition": "Not"},
                "C": {"Type": "AWS::SNS::Topic", "Condition": "Other"}, "D": {"Type": "AWS::SNS::Topic"}
            },
        }))
    };
    let (diff, _) = compare(&side("yes"), &side("no"));
    assert_eq!((diff.plan.change, diff.plan.may_replace), (2, 2));
    let ids: Vec<&str> = diff.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(ids, ["A", "B"]);
    assert!(diff.changes.iter().all(racestack::diff::Change::loses), "{diff:?}");
}

#[test]
fn a_role_that_is_handed_on_is_told_whatever_hands_it_on() {
    let role = |name: &str| notebook_role(name, &json!({"Service": "ec2.amazonaws.com"}));
    let roles = json!({"Weak": role("weak"), "Strong": role("strong")});
    let with = |kind: &str, properties: Value| {
        let mut all = roles.clone();
        all["A"] = json!({"Type": kind, "Properties": properties});
        all
    };
    let arn = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let profile = |role: &str| with("AWS::IAM::InstanceProfile", json!({"Roles": [{"Ref": role}]}));
    let as_role = "it acts as this role";
    let kind = ", and so does who can use it (AWS::IAM::InstanceProfile)";
    told(&roles, &profile("Strong"), &[&format!("A: unknown sts:AssumeRole on strong {as_role}{kind}")]);
    told(
        &profile("Weak"),
        &profile("Strong"),
        &[&format!("A: unknown sts:AssumeRole on strong {as_role} instead of `weak`{kind}")],
    );
    // By what a property is called, by an ARN anywhere, and by a reference.
    for properties in [
        json!({"RoleARN": "elsewhere"}),
        json!({"Roles": {"authenticated": arn("strong")}}),
        json!({"CloudWatchRoleArn": {"Fn::ImportValue": "x"}}),
        json!({"ServiceRoleArn": "x"}),
        json!({"IamInstanceProfile": {"Name": "x", "Arn": format!("arn:aws:iam::1:instance-profile/x")}}),
        json!({"Anything": [{"Deep": {"Fn::GetAtt": ["Strong", "Arn"]}}]}),
        json!({"Text": {"Fn::Sub": "run as ${Strong} ${Asked}"}}),
    ] {
        let side = |resources: &Value| folder(&[("stack", resources.clone())], &[]);
        let (before, after) = (with("AWS::X::Y", json!({})), with("AWS::X::Y", properties));
        let (diff, _) = compare(&side(&before), &side(&after));
        assert!(diff.access.iter().any(racestack::diff::AccessChange::widens), "{after}");
        assert!(access(&compare(&side(&after), &side(&before)).0).is_empty(), "{after}");
    }
}

#[test]
fn a_tag_by_which_policies_know_a_role_is_told_when_it_changes() {
    let side = |tags: Value, owner: &str| {
        let statement =
            json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::b/{owner}/*")}]);
        json!({
            "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {
                "ManagedPolicyName": "p", "PolicyDocument": policy(&statement), "Roles": ["bob"]
            }},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "bob", "Tags": tags}},
        })
    };
    let tag = |value: &str| json!([{"Key": "user", "Value": value}]);
    let by_tag = "${aws:PrincipalTag/user}";
    // IAM takes the names of keys and tags without regard to case.
    for by_tag in [by_tag, "${AWS:PRINCIPALTAG/User}", "${aws:principaltag/user, 'nobody'}"] {
        told(
            &side(tag("bob"), by_tag),
            &side(tag("ann"), by_tag),
            &[
                "bob: widened s3:GetObject on arn:aws:s3:::b/ann/*",
                "bob: narrowed s3:GetObject on arn:aws:s3:::b/bob/*",
            ],
        );
    }
    // A tag that is gone, one that is new, and the same in other letters.
    told(&side(tag("bob"), by_tag), &side(json!([]), by_tag), &["bob: narrowed s3:GetObject on arn:aws:s3:::b/bob/*"]);
    told(&side(json!([]), by_tag), &side(tag("bob"), by_tag), &["bob: widened s3:GetObject on arn:aws:s3:::b/bob/*"]);
    told(&side(tag("bob"), by_tag), &side(json!([{"Key": "User", "Value": "bob"}]), by_tag), &[]);
    // A value that is known only when the stack is deployed.
    let unknown = json!([{"Key": "user", "Value": "{{resolve:ssm:x}}"}]);
    told(
        &side(tag("bob"), by_tag),
        &side(unknown, by_tag),
        &[
            "bob: unknown s3:GetObject on * but arn:aws:s3:::b/bob/*",
            "bob: at most narrowed s3:GetObject on arn:aws:s3:::b/bob/*",
        ],
    );
    // Letters beyond ASCII have cases, too.
    let of_day = |day: &str| json!([{"Key": "Überstunden", "Value": day}]);
    let by_day = "${aws:PrincipalTag/überstunden}";
    let lines = ["bob: widened s3:GetObject on arn:aws:s3:::b/b/*", "bob: narrowed s3:GetObject on arn:aws:s3:::b/a/*"];
    told(&side(of_day("a"), by_day), &side(of_day("b"), by_day), &lines);
    // By a denial, another tag opens what it closes for others.
    let denied = json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${aws:PrincipalTag/user}/*"},
    ]);
    let lines = ["u: widened s3:GetObject on arn:aws:s3:::b/ann/*", "u: narrowed s3:GetObject on arn:aws:s3:::b/bob/*"];
    told(&user(&tag("bob"), &denied), &user(&tag("ann"), &denied), &lines);
    // A name that is written out, and then known by the tag, is the same access.
    told(&side(tag("bob"), "bob"), &side(tag("bob"), by_tag), &[]);
    told(&side(json!([]), "bob"), &side(tag("bob"), by_tag), &[]);
    // What no policy knows anybody by is no news.
    told(&side(tag("bob"), "x"), &side(tag("ann"), "x"), &[]);
}

/// A user who has a policy of these statements, and these tags.
fn user(tags: &Value, statements: &Value) -> Value {
    let own = json!([{"PolicyName": "own", "PolicyDocument": policy(statements)}]);
    json!({"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Tags": tags, "Policies": own}}})
}

#[test]
fn a_policy_of_before_means_the_arn_of_before() {
    let side = |path: &str, meant: &str| {
        let statements = json!([
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {
                "ArnNotEquals": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:user{meant}u")}
            }},
        ]);
        let mut user = user(&json!([]), &statements);
        user["U"]["Properties"]["Path"] = path.into();
        user
    };
    told(&side("/a/", "/a/"), &side("/b/", "/b/"), &[]);
    told(&side("/b/", "/a/"), &side("/c/", "/c/"), &["u: widened s3:GetObject on *"]);
    told(&side("/a/", "/a/"), &side("/b/", "/c/"), &["u: narrowed s3:GetObject on *"]);
}

#[test]
fn a_denial_of_who_has_a_tag_is_told_when_it_goes() {
    let tag = |key: &str| json!([{"Key": key, "Value": "true"}]);
    let all = json!({"Effect": "Allow", "Action": "iam:UpdateAccessKey", "Resource": "*"});
    for denied in ["old-access-key", "frozen"] {
        let key = format!("aws:PrincipalTag/{denied}");
        let line =
            |direction: &str, when: &str| format!("u: {direction} iam:UpdateAccessKey on * when there is {when}{key}");
        let denial =
            json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Null": {&key: "false"}}});
        let (with, without) = (json!([all, denial]), json!([all]));
        told(&user(&json!([]), &with), &user(&json!([]), &without), &[&line("widened", "")]);
        told(&user(&json!([]), &without), &user(&json!([]), &with), &[&line("narrowed", "")]);
        // A template that gives the tag says all.
        told(&user(&tag(denied), &with), &user(&tag(denied), &without), &["u: widened iam:UpdateAccessKey on *"]);
        // Beside a denial that stays.
        told(&user(&json!([]), &json!([denial])), &user(&json!([]), &with), &[&line("widened", "no ")]);
    }
}

#[test]
fn what_the_tags_of_stacks_give_is_told() {
    let with_tags = |tags: &str| format!("#!/usr/bin/env bash\nregion='eu-west-1'\ntags='{tags}'\nstacks='\n'\n");
    let deployed = |script: &str, resources: &Value| {
        let manifest = json!({
            "account": "tokyo", "account_id": "111122223333", "region": "eu-west-1",
            "stacks": [{"name": "stack", "file": "stack.yaml"}],
        });
        let template = ("stack.yaml".to_owned(), json!({"Resources": resources}).to_string());
        out_folder([("tokyo".to_owned(), manifest, vec![template, ("deploy.sh".to_owned(), script.to_owned())])])
    };
    let told = |old: &str, new: &str, resources: &Value, expected: &[&str]| {
        assert_eq!(access(&compare(&deployed(old, resources), &deployed(new, resources)).0), expected, "{old} {new}");
    };
    let role = |tags: Value, statements: &Value| {
        json!({"Role": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "ci", "Tags": tags, "Policies": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
        }}})
    };
    let of_stage = |effect: &str, action: &str| json!({"Effect": effect, "Action": action, "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/stage": "it's prod"}}});
    let prod = with_tags(r#"[{"Key":"stage","Value":"it'\''s prod"}]"#);
    let [test, none] = [r#"[{"Key":"stage","Value":"test"}]"#, "[]"].map(with_tags);
    let allowed = role(json!([]), &json!([of_stage("Allow", "sqs:SendMessage")]));
    told(&test, &prod, &allowed, &["ci: widened sqs:SendMessage on *"]);
    told(&prod, &none, &allowed, &["ci: narrowed sqs:SendMessage on *"]);
    told(&prod, &prod, &allowed, &[]);
    let all = json!({"Effect": "Allow", "Action": "dynamodb:DeleteTable", "Resource": "*"});
    let denied = role(json!([]), &json!([all, of_stage("Deny", "*")]));
    told(&prod, &none, &denied, &["ci: widened dynamodb:DeleteTable on *"]);
    // What has a tag of its own has it whatever the stack's is.
    let own = role(json!([{"Key": "stage", "Value": "own"}]), &json!([of_stage("Allow", "sqs:SendMessage")]));
    told(&test, &prod, &own, &[]);
    // Nor is it known what a script gives that does not tell.
    let open = "stacks: unknown * on * a policy asks for a tag that stacks may give, and no `deploy.sh` tells the tags of some";
    let in_conflict = format!("<<<<<<< ours\n{prod}=======\n{test}>>>>>>> theirs\n");
    for script in ["", "tags=(stage=prod)\n", &in_conflict] {
        assert!(access(&compare(&deployed(script, &allowed), &deployed(&prod, &allowed)).0).contains(&open.to_owned()));
    }
    let by_name = json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/user": "a"}}});
    told("", "", &role(json!([]), &json!([by_name])), &[]);
    // Resources have the tags, too.
    let in_stage = json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Stage": "test"}}});
    let in_stage = role(json!([]), &json!([in_stage]));
    let other = "stacks: unknown * on * the tag `stage` that stacks give is another, new or gone, and policies know resources by it";
    told(&prod, &test, &in_stage, &[other]);
    told(&none, &test, &in_stage, &[other]);
    told(&test, &test, &in_stage, &[]);
    told(&test, &prod, &role(json!([]), &json!([])), &[]);
    assert!(access(&compare(&deployed("", &in_stage), &deployed(&test, &in_stage)).0).contains(&open.to_owned()));
}

#[test]
fn what_only_who_has_a_tag_may_do_is_told() {
    let with = |condition: Value| {
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition});
        user(&json!([]), &json!([statement]))
    };
    let none = user(&json!([]), &json!([]));
    for (condition, when) in [
        (json!({"StringEquals": {"aws:PrincipalTag/admin": "yes"}}), "when aws:PrincipalTag/admin is `yes`"),
        (json!({"StringNotEquals": {"aws:PrincipalTag/admin": "no"}}), "unless aws:PrincipalTag/admin is `no`"),
        (json!({"Null": {"aws:PrincipalTag/admin": "false"}}), "when there is aws:PrincipalTag/admin"),
    ] {
        told(&none, &with(condition), &[&format!("u: widened s3:GetObject on * {when}")]);
    }
    // None but templates set these.
    told(&none, &with(json!({"Null": {"aws:PrincipalTag/team": "false"}})), &[]);
    let by_variable = |key: &str| {
        let resource = format!("arn:aws:s3:::b/${{aws:PrincipalTag/{key}}}/*");
        user(&json!([]), &json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]))
    };
    told(&none, &by_variable("project"), &["u: unknown s3:GetObject on * by a variable whose value is not known"]);
    told(&none, &by_variable("team"), &[]);
}

#[test]
fn external_principals_may_have_any_tag() {
    let role = |condition: Value| {
        let trust = policy(&json!([
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition}
        ]));
        json!({"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust}}})
    };
    let of_team = |team: &str| role(json!({"StringEquals": {"aws:PrincipalTag/team": team}}));
    let line = |who: &str, direction: &str, team: &str| {
        format!(
            "{who}: {direction} sts:AssumeRole on arn:aws:iam::111122223333:role/r when aws:PrincipalTag/team is `{team}`"
        )
    };
    let lines = ["111122223333", "anybody"].map(|who| [line(who, "widened", "blue"), line(who, "narrowed", "red")]);
    let lines: Vec<&str> = lines.iter().flatten().map(String::as_str).collect();
    told(&of_team("red"), &of_team("blue"), &lines);
}

#[test]
fn a_policy_for_somebody_whom_no_stack_makes_is_unknown() {
    let document = policy(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]));
    let made = json!({"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}}});
    let with = |kind: &str, properties: Value| {
        let mut all = made.clone();
        all["P"] = json!({"Type": kind, "Properties": properties});
        all["P"]["Properties"]["PolicyDocument"] = document.clone();
        all["P"]["Properties"]["PolicyName"] = json!("p");
        all
    };
    let line = |name: &str| format!("P: unknown * on * the policy `p` is attached to `{name}`, whom no stack names so");
    for (kind, properties, name) in [
        ("AWS::IAM::UserPolicy", json!({"UserName": "eve"}), "eve"),
        ("AWS::IAM::RolePolicy", json!({"RoleName": "Nobody"}), "Nobody"),
        ("AWS::IAM::GroupPolicy", json!({"GroupName": "staff"}), "staff"),
        ("AWS::IAM::Policy", json!({"Roles": ["Nobody"]}), "Nobody"),
        ("AWS::IAM::ManagedPolicy", json!({"ManagedPolicyName": "p", "Users": ["u", "eve"]}), "eve"),
    ] {
        let side = |resources: &Value| folder(&[("stack", resources.clone())], &[]);
        let (diff, _) = compare(&side(&made), &side(&with(kind, properties.clone())));
        assert!(access(&diff).contains(&line(name)), "{kind} {:?}", access(&diff));
        told(&with(kind, properties.clone()), &with(kind, properties), &[]);
    }
    let both = with("AWS::IAM::Policy", json!({"Users": ["eve", "mallory"]}));
    told(&made, &both, &[&line("eve"), &line("mallory")]);
    let addition = |users: Value| {
        json!({
            "G": {"Type": "AWS::IAM::Group", "Properties": {"GroupName": "g"}},
            "A": {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": "g", "Users": users}}
        })
    };
    told(
        &addition(json!([])),
        &addition(json!(["eve"])),
        &["A: unknown * on * `eve` is added to a group, and no stack names a user so"],
    );
}

#[test]
fn a_resource_that_opens_something_by_itself_is_unknown() {
    for (kind, properties, why) in [
        ("AWS::S3::AccessGrant", json!({"Permission": "READ"}), "grants access to the bucket by itself"),
        ("AWS::Lambda::Url", json!({"AuthType": "NONE"}), "lets others call a function by an address"),
        ("AWS::RAM::ResourceShare", json!({"Name": "x"}), "shares what it names with other accounts"),
        ("AWS::SSO::Assignment", json!({"TargetId": "x"}), "lets identities of elsewhere in"),
    ] {
        let with = |properties: &Value| json!({"A": {"Type": kind, "Properties": properties}});
        let line = format!("A: unknown * on * an `{kind}` {why}");
        told(&json!({}), &with(&properties), &[&line]);
        told(&with(&json!({})), &with(&properties), &[&line]);
        told(&with(&properties), &json!({}), &[]);
    }
}

#[test]
fn the_name_of_a_notebook_in_those_of_its_jobs_is_everybodys_own() {
    let side = |tagged: &[&str]| {
        let streams = |end: &str| {
            format!("arn:aws:logs:eu-west-1:111122223333:log-group:jobs:log-stream:${{aws:PrincipalTag/notebook}}{end}")
        };
        let read =
            json!([{"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": [streams("/*"), streams("--*")]}]);
        let mut all = json!({"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {
            "ManagedPolicyName": "p", "PolicyDocument": policy(&read), "Users": ["ann", "bob"]
        }}});
        for name in ["ann", "bob"] {
            let tags: Vec<Value> = tagged
                .iter()
                .filter(|one| **one == name)
                .map(|name| json!({"Key": "notebook", "Value": name}))
                .collect();
            all[format!("{name}User")] =
                json!({"Type": "AWS::IAM::User", "Properties": {"UserName": name, "Tags": tags}});
        }
        folder(&[("people", all)], &["ann", "bob"])
    };
    let log = "arn:aws:logs:eu-west-1:111122223333:log-group:jobs:log-stream:";
    let told = |old: &[&str], new: &[&str]| access(&compare(&side(old), &side(new)).0);
    let lines = |who: &str, name: &str| [format!("{who}: narrowed logs:GetLogEvents on {log}{name}--* {log}{name}/*")];
    assert_eq!(told(&["ann", "bob"], &["ann"]), lines("bob", "bob"));
    assert_eq!(told(&["ann", "bob"], &[]), lines("ann bob", "{user}"));
}

/// These users, each with their notebook, and a policy of all of them.
fn with_notebooks(users: &[(&str, &str)], statements: &Value) -> OutFolder {
    let names: Vec<&str> = users.iter().map(|(name, _)| *name).collect();
    let mut all = json!({"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {
        "ManagedPolicyName": "p", "PolicyDocument": policy(statements), "Users": names
    }}});
    for (name, notebook) in users {
        let tags = json!([{"Key": "user", "Value": name}, {"Key": "notebook", "Value": notebook}]);
        all[format!("{name}User")] = json!({"Type": "AWS::IAM::User", "Properties": {"UserName": name, "Tags": tags}});
    }
    folder_with(&[("people", all)], users)
}

#[test]
fn whom_a_condition_tells_apart_by_their_own_names_is_compared_by_themselves() {
    let users = [("ann", "ann"), ("bob", "7"), ("carol", "carol")];
    let own = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"});
    for condition in [
        json!({"StringNotEquals": {"aws:PrincipalTag/notebook": "${aws:username}"}}),
        json!({"StringNotEqualsIgnoreCase": {"aws:PrincipalTag/user": "${aws:PrincipalTag/notebook}"}}),
        json!({"NumericLessThan": {"aws:PrincipalTag/notebook": "9"}}),
    ] {
        let mut pool = own.clone();
        pool["Resource"] = "arn:aws:s3:::b/pool/*".into();
        pool["Condition"] = condition.clone();
        let [old, new] = [json!([own]), json!([own, pool])].map(|statements| with_notebooks(&users, &statements));
        let lines = access(&compare(&old, &new).0);
        let of_bob = lines.iter().any(|line| line == "bob: widened s3:GetObject on arn:aws:s3:::b/pool/*");
        let of_others = lines.iter().any(|line| line.contains("widened") && !line.starts_with("bob:"));
        assert!(of_bob && !of_others, "{condition}: {lines:?}");
    }
    // Words that nobody is called tell nobody apart.
    let mut pool = own.clone();
    pool["Condition"] = json!({"StringNotEquals": {"aws:PrincipalTag/notebook": "other"}});
    let sides =
        [json!([]), json!([pool])].map(|statements| with_notebooks(&[("ann", "ann"), ("zoe", "zoe")], &statements));
    let lines = access(&compare(&sides[0], &sides[1]).0);
    assert!(lines.iter().any(|line| line.starts_with("ann zoe: widened")), "{lines:?}");
}

#[test]
fn what_is_allowed_of_another_account_is_told() {
    let key = "arn:aws:kms:eu-west-1:999988887777:key/1";
    let side = |action: &str, resource: &str| {
        user(&json!([]), &json!([{"Effect": "Allow", "Action": action, "Resource": resource}]))
    };
    let all = "arn:aws:kms:eu-west-1:999988887777:key/*";
    let lines = [format!("u: widened kms:Decrypt on {all}"), format!("u: narrowed kms:DescribeKey on {key}")];
    told(&side("kms:DescribeKey", key), &side("kms:Decrypt", all), &lines.each_ref().map(String::as_str));
}

#[test]
fn who_has_a_notebook_of_another_name_is_not_taken_for_one_who_has_not() {
    let usual = [("ann", "ann"), ("bob", "carol"), ("carol", "c-nb")];
    let side = |key: &str, users: &[(&str, &str)]| {
        let resource = format!("arn:aws:s3:::b/${{aws:{key}}}/*");
        with_notebooks(users, &json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]))
    };
    let told = |old: (&str, &[(&str, &str)]), new: (&str, &[(&str, &str)])| {
        access(&compare(&side(old.0, old.1), &side(new.0, new.1)).0)
    };
    let line = |who: &str, direction: &str, folder: &str| {
        format!("{who}: {direction} s3:GetObject on arn:aws:s3:::b/{folder}/*")
    };
    let (by_name, by_notebook) = (("username", usual.as_slice()), ("PrincipalTag/notebook", usual.as_slice()));
    assert_eq!(told(by_name, by_name), Vec::<String>::new());
    let lines = [line("bob carol", "widened", "{notebook}"), line("bob carol", "narrowed", "{user}")];
    assert_eq!(told(by_name, by_notebook), lines);
    // The same where all notebooks are named like their people.
    let alike = [("ann", "ann"), ("bob", "bob")];
    assert_eq!(told(("username", &alike), ("PrincipalTag/notebook", &alike)), Vec::<String>::new());
    // A notebook that gets another name, where a policy asks for it, and where none does.
    let renamed = [("ann", "ann"), ("bob", "c-x"), ("carol", "c-nb")];
    let lines = [line("bob", "widened", "c-x"), line("bob", "narrowed", "carol")];
    assert_eq!(told(by_notebook, (by_notebook.0, &renamed)), lines);
    assert_eq!(told(by_name, (by_name.0, &renamed)), Vec::<String>::new());
}

//! What is found in templates, and that nothing of what they leave open is passed over.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Account, Boundary, Documents, IamInventory, IdentityKind, PolicyKind, Principal, Stack, Tag, Undefined, references,
    transform,
};

fn stack(resources: &Value) -> Stack<'_> {
    let account = Account { id: "111122223333", region: "eu-west-1", partition: "aws" };
    Stack { account, resources, tags: Vec::new(), only: None }
}

fn inventory<'a>(stacks: &[Stack<'a>]) -> IamInventory<'a> {
    IamInventory::of(stacks, &mut Documents::default())
}

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

fn resource(kind: &str, properties: &Value) -> Value {
    json!({"Type": kind, "Properties": properties})
}

/// The names of somebody's policies.
fn names<'i>(inventory: &'i IamInventory<'_>, of: &Principal<'_>) -> BTreeSet<&'i str> {
    of.policies.iter().map(|policy| inventory.policies[*policy].name.as_str()).collect()
}

/// What is doubtful: where, and why.
fn doubts(inventory: &IamInventory<'_>) -> Vec<String> {
    let shown = inventory.doubts.iter();
    shown.map(|one| format!("{} {}: {}", one.location.logical_id, one.location.path, one.message)).collect()
}

#[test]
fn somebody_has_what_is_attached_from_whichever_side() {
    let policy = |kind: &str, name: &str, more: Value| {
        let mut properties = more;
        properties["PolicyName"] = json!(name);
        properties["PolicyDocument"] = allow("s3:GetObject");
        resource(kind, &properties)
    };
    let managed = |name: &str, more: Value| {
        let mut properties = more;
        properties["ManagedPolicyName"] = json!(name);
        properties["PolicyDocument"] = allow("s3:PutObject");
        resource("AWS::IAM::ManagedPolicy", &properties)
    };
    let shared = json!({
        "Listed": managed("listed", json!({"Path": "/x/"})),
        "Attaching": managed("attaching", json!({"Users": ["u"]})),
        "Nobodys": managed("nobodys", json!({})),
        "Limit": managed("limit", json!({})),
        "Group": resource("AWS::IAM::Group", &json!({
            "GroupName": "g", "Policies": [{"PolicyName": "of group", "PolicyDocument": allow("s3:List*")}],
        })),
        "Other": resource("AWS::IAM::Group", &json!({"ManagedPolicyArns": [{"Ref": "Listed"}]})),
        "Joining": resource("AWS::IAM::UserToGroupAddition", &json!({"GroupName": {"Ref": "Other"}, "Users": ["u"]})),
        "ToGroup": policy("AWS::IAM::GroupPolicy", "to group", json!({"GroupName": {"Ref": "Group"}})),
    });
    let people = json!({
        "U": resource("AWS::IAM::User", &json!({
            "UserName": "u", "Path": "/people/", "Groups": ["g"],
            "Policies": [{"PolicyName": "own", "PolicyDocument": allow("s3:GetObject")}],
            "PermissionsBoundary": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limit"},
            "Tags": [{"Key": "user", "Value": "u"}, {"Key": {"Ref": "P"}, "Value": {"Ref": "AWS::Region"}}],
        })),
        "ToUser": policy("AWS::IAM::UserPolicy", "to user", json!({"UserName": {"Ref": "U"}})),
        "ToRole": policy("AWS::IAM::Policy", "to role", json!({"Roles": [{"Ref": "R"}]})),
        "R": resource("AWS::IAM::Role", &json!({"AssumeRolePolicyDocument": allow("sts:AssumeRole")})),
        "N": resource("AWS::SageMaker::NotebookInstance", &json!({
            "NotebookInstanceName": "n", "RoleArn": {"Fn::GetAtt": ["R", "Arn"]}, "Tags": [{"Key": "user", "Value": "u"}],
            "LifecycleConfigName": {"Fn::GetAtt": ["L", "NotebookInstanceLifecycleConfigName"]},
        })),
        "L": resource("AWS::SageMaker::NotebookInstanceLifecycleConfig", &json!({"NotebookInstanceLifecycleConfigName": "l"})),
    });
    let found = inventory(&[stack(&shared), stack(&people)]);
    assert_eq!(doubts(&found), Vec::<String>::new());
    let [user, role] = found.principals.as_slice() else { panic!("{:?}", found.principals) };
    assert_eq!((user.kind, user.arn.as_str()), (IdentityKind::User, "arn:aws:iam::111122223333:user/people/u"));
    let all = ["attaching", "listed", "of group", "own", "to group", "to user"];
    assert_eq!(names(&found, user), BTreeSet::from(all));
    assert_eq!(user.groups, BTreeSet::from(["g".to_owned(), "unnamed Other".to_owned()]));
    let Some(Boundary::Policy(limit)) = user.boundary else { panic!("{user:?}") };
    assert_eq!(found.policies[limit].kind, PolicyKind::Managed("arn:aws:iam::111122223333:policy/limit".to_owned()));
    let tag = |key: Option<&'static str>, value: &'static str| Tag {
        key: key.map(Cow::Borrowed),
        value: Some(Cow::Borrowed(value)),
    };
    assert_eq!(user.tags, [tag(Some("user"), "u"), tag(None, "eu-west-1")]);
    assert_eq!((names(&found, role), role.is_named), (BTreeSet::from(["to role"]), false));
    assert_eq!(found.policies[role.trust.unwrap()].kind, PolicyKind::Trust);
    let notebook = &found.notebooks[0];
    assert_eq!(notebook.role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/unnamed R"));
    assert_eq!(notebook.tags, [tag(Some("user"), "u")]);
    // Equal texts are one.
    let of = |name: &str| found.policies.iter().find(|policy| policy.name == name).unwrap();
    assert_eq!(of("own").document.id, of("to user").document.id);
    assert_ne!(of("own").document.id, of("listed").document.id);
    assert_eq!(of("own").location.path, "Properties/Policies/0/PolicyDocument");
}

#[test]
fn what_a_template_leaves_open_is_never_passed_over() {
    let import = || json!({"Fn::ImportValue": "x"});
    let resources = json!({
        "U": resource("AWS::IAM::User", &json!({
            "UserName": "u", "Groups": ["nowhere", import()], "ManagedPolicyArns": ["arn:aws:iam::aws:policy/A", import()],
            "PermissionsBoundary": import(), "Policies": [{"Fn::If": ["C", {}, {}]}], "Tags": import(),
        })),
        "P": resource("AWS::IAM::Policy", &json!({
            "PolicyName": "p", "Users": ["nobody", import()], "PolicyDocument": {"Fn::If": ["C", allow("*"), allow("*")]},
        })),
        "A": resource("AWS::IAM::UserToGroupAddition", &json!({"GroupName": "g", "Users": ["nobody", import()]})),
        "R": resource("AWS::IAM::Role", &json!({"RoleName": import()})),
        "N": resource("AWS::SageMaker::NotebookInstance", &json!({})),
        "S": resource("AWS::CloudFormation::Stack", &json!({})),
        "D": {"Type": "AWS::IAM::ManagedPolicy", "Condition": "C"},
        "K": resource("AWS::KMS::Key", &json!({"KeyPolicy": import()})),
        "Fn::ForEach::F": [],
        "Untyped": {},
    });
    let found = inventory(&[stack(&resources)]);
    let unknown = json!({"Fn::ImportValue": "x"}).to_string();
    let then = "is known only when the stack is deployed";
    let expected = [
        format!("R Properties/RoleName: `RoleName` of an `AWS::IAM::Role`, `{unknown}`, {then}"),
        "N Properties/RoleArn: `RoleArn` of a notebook is missing, and leads to no role of its stack".to_owned(),
        "S : `AWS::CloudFormation::Stack` makes resources that are known only when the stack is deployed".to_owned(),
        format!("D Condition: whether there is an `AWS::IAM::ManagedPolicy`, by the condition `C`, {then}"),
        format!("K Properties/KeyPolicy: `KeyPolicy` of an `AWS::KMS::Key`, `{unknown}`, {then}"),
        "Fn::ForEach::F : `Fn::ForEach` makes resources that are known only when the stack is deployed".to_owned(),
        "Untyped : a resource has no `Type`".to_owned(),
        format!("A Properties/Users/1: `{unknown}`, which leads to no user of its stack, is added to the group `g`"),
        "U Properties/Policies/0: an inline policy has no `PolicyDocument`".to_owned(),
        "U Properties/ManagedPolicyArns/0: the policy `arn:aws:iam::aws:policy/A` is attached, which no stack defines"
            .to_owned(),
        format!("U Properties/ManagedPolicyArns/1: the policy `{unknown}` is attached, which no stack defines"),
        format!("U Properties/PermissionsBoundary: the permissions boundary is `{unknown}`, which no stack defines"),
        "U Properties/Groups: a user is in the group `nowhere`, which no stack defines".to_owned(),
        format!("U Properties/Groups: a user is in the group `{unknown}`, which no stack defines"),
        "P Properties/PolicyDocument: the policy `p` is attached to `nobody`, whom no stack names so".to_owned(),
        format!("P Properties/PolicyDocument: the policy `p` is attached to `{unknown}`, whom no stack names so"),
        "A Properties/Users/0: `nobody` is added to a group, and no stack names a user so".to_owned(),
    ];
    assert_eq!(doubts(&found), expected);
    let user = &found.principals[0];
    let undefined = [
        Undefined::Policy("arn:aws:iam::aws:policy/A".to_owned()),
        Undefined::Policy(unknown.clone()),
        Undefined::Group("nowhere".to_owned()),
        Undefined::Group(unknown.clone()),
    ];
    assert_eq!(user.undefined, BTreeSet::from(undefined));
    assert_eq!(user.boundary, Some(Boundary::Undefined(unknown)));
    assert_eq!(user.tags, [Tag { key: None, value: None }]);
    assert!(found.policies.iter().all(|policy| policy.document.parsed().is_err()), "{:?}", found.policies);
    assert_eq!(found.unresolved.len(), 2);
}

#[test]
fn every_type_of_resource_shows_its_policies() {
    let text = allow("*").to_string();
    let resources = json!({
        "Bucket": resource("AWS::S3::Bucket", &json!({"BucketName": "b"})),
        "OfBucket": resource("AWS::S3::BucketPolicy", &json!({"Bucket": {"Ref": "Bucket"}, "PolicyDocument": allow("*")})),
        "OfAnother": resource("AWS::S3::BucketPolicy", &json!({"Bucket": {"Ref": "P"}, "PolicyDocument": {"Ref": "P"}})),
        "Topic": resource("AWS::SNS::Topic", &json!({"TopicName": "t"})),
        "OfTopic": resource("AWS::SNS::TopicPolicy", &json!({"Topics": [{"Ref": "Topic"}], "PolicyDocument": allow("*")})),
        "Function": resource("AWS::Lambda::Permission", &json!({"FunctionName": "f", "Action": "lambda:*", "Principal": "*"})),
        "Log": resource("AWS::Logs::ResourcePolicy", &json!({"PolicyName": "l", "PolicyDocument": text})),
        "Returned": resource("AWS::Logs::ResourcePolicy", &json!({"PolicyDocument": {"Fn::Sub": text}})),
        "Key": resource("AWS::KMS::Key", &json!({"KeyPolicy": allow("*")})),
        "New": resource("AWS::New::Thing", &json!({"Deep": [{"Policy": allow("*")}], "ServiceRole": "r"})),
    });
    let found = inventory(&[stack(&resources)]);
    assert_eq!(doubts(&found), Vec::<String>::new());
    let shown = |index: &usize| {
        let policy = &found.policies[*index];
        (policy.location.path.as_str(), policy.document.parsed().is_ok())
    };
    let all = found
        .resource_policies
        .iter()
        .map(|one| (one.location.logical_id, one.targets.clone(), one.policies.iter().map(shown).collect::<Vec<_>>()));
    let all: Vec<_> = all.collect();
    let known = |target: &str| vec![Some(target.to_owned())];
    let expected = [
        ("OfBucket", known("b"), vec![("Properties/PolicyDocument", true)]),
        ("OfAnother", vec![None], vec![("Properties/PolicyDocument", false)]),
        ("OfTopic", known("arn:aws:sns:eu-west-1:111122223333:t"), vec![("Properties/PolicyDocument", true)]),
        // Who may, and when, is not put into the words of a statement.
        ("Function", known("f"), vec![("Properties", false)]),
        ("Log", vec![None], vec![("Properties/PolicyDocument", true)]),
        ("Returned", vec![None], vec![("Properties/PolicyDocument", true)]),
        ("Key", vec![None], vec![("Properties/KeyPolicy", true)]),
        ("New", vec![None], vec![("Properties/Deep/0/Policy", true)]),
    ];
    assert_eq!(all, expected);
    let roles: Vec<_> = found.service_roles.iter().map(|one| (one.location.logical_id, one.role.as_str())).collect();
    assert_eq!(roles, [("New", "r")]);
}

#[test]
fn names_that_a_template_does_not_give_are_known_to_their_stack_alone() {
    let of_stack = |action: &str| {
        json!({
            "U": resource("AWS::IAM::User", &json!({"ManagedPolicyArns": [{"Ref": "P"}]})),
            "P": resource("AWS::IAM::ManagedPolicy", &json!({"PolicyDocument": allow(action)})),
            "Q": resource("AWS::IAM::Policy", &json!({"PolicyName": action, "PolicyDocument": allow(action), "Users": [{"Ref": "U"}]})),
        })
    };
    let (one, other) = (of_stack("a:B"), of_stack("c:D"));
    let found = inventory(&[stack(&one), stack(&other)]);
    for (user, action) in found.principals.iter().zip(["a:B", "c:D"]) {
        let texts: BTreeSet<String> =
            user.policies.iter().map(|policy| found.policies[*policy].document.value.to_string()).collect();
        assert_eq!((user.policies.len(), texts), (2, BTreeSet::from([allow(action).to_string()])));
    }
}

#[test]
fn only_what_is_asked_for_is_taken_in() {
    let resources = json!({
        "U": resource("AWS::IAM::User", &json!({"UserName": "u", "Policies": [{"PolicyDocument": {
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": {"Fn::GetAtt": ["B", "Arn"]}}],
        }}]})),
        "B": resource("AWS::S3::Bucket", &json!({"BucketName": "b"})),
    });
    let of = Stack { only: Some(BTreeSet::from(["U"])), ..stack(&resources) };
    let found = inventory(&[of]);
    assert_eq!(found.principals.len(), 1);
    assert_eq!(found.policies[0].document.value["Statement"][0]["Resource"], "arn:aws:s3:::b");
    let mut leading = Vec::new();
    references(&resources["U"], &mut Vec::new(), &BTreeSet::from(["B".to_owned()]), &mut leading);
    assert_eq!(leading[0].0.join("/"), "Properties/Policies/[1]/PolicyDocument/Statement/[1]/Resource");
}

#[test]
fn what_is_filled_in_from_elsewhere_is_a_doubt() {
    let text = "{{resolve:ssm:action}}";
    let resources = json!({
        "Policy": resource("AWS::IAM::ManagedPolicy", &json!({"PolicyDocument": allow(text)})),
        "Topic": resource("AWS::SNS::TopicPolicy", &json!({"Topics": [text], "PolicyDocument": allow("sns:Publish")})),
        "User": resource(
            "AWS::IAM::User",
            &json!({"LoginProfile": {"Password": text}, "Tags": [{"Key": "a", "Value": text}, {"Key": text, "Value": "b"}]}),
        ),
        "Alarm": resource("AWS::CloudWatch::Alarm", &json!({"AlarmName": text})),
    });
    let known_later =
        |key: &str, kind: &str| format!("`{key}` of an `{kind}`, `{text}`, is known only when the stack is deployed");
    let expected = [
        format!(
            "Policy Properties/PolicyDocument/Statement/0/Action: {}",
            known_later("Action", "AWS::IAM::ManagedPolicy")
        ),
        format!("Topic Properties/Topics/0: {}", known_later("Topics", "AWS::SNS::TopicPolicy")),
        format!("User Properties/Tags/1/Key: {}", known_later("Key", "AWS::IAM::User")),
    ];
    let found = inventory(&[stack(&resources)]);
    assert_eq!(doubts(&found), expected);
    // What is not known of a tag is taken for no text.
    let tags: Vec<_> = found.principals[0].tags.iter().map(|tag| (tag.key.as_deref(), tag.value.as_deref())).collect();
    assert_eq!(tags, [(Some("a"), None), (None, Some("b"))]);
}

#[test]
fn macros_are_found() {
    assert_eq!(transform(&json!({"Transform": "AWS::Include"})), Some(vec!["Transform".to_owned()]));
    let inner = json!({"Resources": {"A": [{"Fn::Transform": {}}]}});
    assert_eq!(transform(&inner).unwrap(), ["Resources", "A", "0", "Fn::Transform"]);
    assert_eq!(transform(&json!({"Resources": {"A": {"Properties": {"Transform": 1}}}})), None);
}

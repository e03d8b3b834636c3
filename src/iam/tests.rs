//! What AWS documents, case by case.
#![allow(clippy::needless_pass_by_value, reason = "a case is written where it is checked")]

use serde_json::{Value, json};

use super::*;

const BOB: &str = "arn:aws:iam::1:user/x/bob";

fn document(statements: Value) -> Document {
    Document::parse(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn request(action: &str, resource: &str, context: Context) -> Request {
    let principal = Principal::User { arn: BOB.to_owned(), account: "1".to_owned() };
    let context = context.with("aws:username", "bob");
    Request { principal, action: action.to_owned(), resource: resource.to_owned(), context }
}

/// What identity policies, a boundary and the policy of a resource decide; whether that must allow is said with it.
fn decision(identity: &Value, boundary: Option<&Value>, resource: Option<(bool, Value)>, asked: &Request) -> Decision {
    let identity = document(identity.clone());
    let boundary = boundary.map(|statements| document(statements.clone()));
    let resource = resource.map(|(required, statements)| (required, document(statements)));
    let (resource_must_allow, resource) =
        resource.as_ref().map_or((false, None), |(must, document)| (*must, Some(document)));
    let boundary = boundary.as_ref();
    decide(asked, &Policies { identity: &[&identity], boundary, resource, resource_must_allow }).decision
}

/// One statement about everything.
fn all(effect: &str, action: &str) -> Value {
    json!([{"Effect": effect, "Action": action, "Resource": "*"}])
}

#[track_caller]
fn check(statements: Value, request: &Request, expected: Decision) {
    assert_eq!(decision(&statements, None, None, request), expected, "{statements}\n{request:?}");
}

/// Whether a condition holds: then the one statement allows.
#[track_caller]
fn condition(condition: Value, context: Context, expected: Decision) {
    let statements = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
    check(statements, &request("s3:GetObject", "arn:aws:s3:::b/k", context), expected);
}

use Decision::{Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown};

#[test]
fn nothing_allows_then_something_allows_then_a_denial_wins() {
    let get = request("s3:GetObject", "arn:aws:s3:::b/k", Context::new());
    let allow = json!({"Effect": "Allow", "Action": "S3:get*", "Resource": "arn:aws:s3:::b/*"});
    let deny = json!({"Effect": "Deny", "NotAction": "s3:Put*", "NotResource": "arn:aws:s3:::c/*"});
    check(json!([]), &get, ImplicitlyDenied);
    check(json!([allow]), &get, Allowed);
    check(json!([allow, deny]), &get, ExplicitlyDenied);
    check(json!([allow, deny]), &request("s3:GetObject", "arn:aws:s3:::c/k", Context::new()), ImplicitlyDenied);
    check(json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), &get, Allowed);
}

#[test]
fn the_statements_that_made_a_decision_are_told() {
    let document = document(json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
    ]));
    let identity = [&document];
    let policies = Policies { identity: &identity, ..Policies::default() };
    let made = |action| {
        let outcome = decide(&request(action, "arn:aws:s3:::b/k", Context::new()), &policies);
        outcome.statements.iter().map(|(_, statement)| *statement).collect::<Vec<_>>()
    };
    assert_eq!(made("s3:GetObject"), [0]);
    assert_eq!(made("s3:DeleteObject"), [2]);
    assert_eq!(made("ec2:RunInstances"), [0_usize; 0]);
}

#[test]
fn variables_are_filled_in_and_their_values_are_no_patterns() {
    let own = json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}]);
    check(own.clone(), &request("s3:GetObject", "arn:aws:s3:::b/bob/k", Context::new()), Allowed);
    check(own.clone(), &request("s3:GetObject", "arn:aws:s3:::b/bobby/k", Context::new()), ImplicitlyDenied);
    let mut role = request("s3:GetObject", "arn:aws:s3:::b//k", Context::new());
    role.context = Context::new();
    check(own, &role, ImplicitlyDenied);
    let with_default =
        json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}/*"}]);
    check(with_default.clone(), &request("s3:GetObject", "arn:aws:s3:::b/none/k", Context::new()), Allowed);
    let star = Context::new().with("aws:PrincipalTag/team", "*");
    check(with_default, &request("s3:GetObject", "arn:aws:s3:::b/x/k", star), ImplicitlyDenied);
    let literal = json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${*}${?}${$}"}]);
    check(literal.clone(), &request("s3:GetObject", "arn:aws:s3:::b/*?$", Context::new()), Allowed);
    check(literal, &request("s3:GetObject", "arn:aws:s3:::b/ab$", Context::new()), ImplicitlyDenied);
    let unheard = json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:nonsense}"}]);
    check(unheard, &request("s3:GetObject", "arn:aws:s3:::b/k", Context::new()), Unknown);
}

#[test]
fn the_older_version_knows_no_variables() {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}", "Sid": "A"});
    for version in [json!({"Statement": statement}), json!({"Version": "2008-10-17", "Statement": [statement]})] {
        let document = Document::parse(&version).unwrap();
        let identity = [&document];
        let policies = Policies { identity: &identity, ..Policies::default() };
        let of = |key: &str| decide(&request("s3:GetObject", key, Context::new()), &policies).decision;
        assert_eq!(of("arn:aws:s3:::b/bob"), ImplicitlyDenied);
        assert_eq!(of("arn:aws:s3:::b/${aws:username}"), Allowed);
    }
}

#[test]
fn a_boundary_limits_what_identity_policies_allow() {
    let (wide, narrow, denies) = (all("Allow", "*"), all("Allow", "s3:*"), all("Deny", "s3:*"));
    for (identity, boundary, action, expected) in [
        (&wide, &narrow, "s3:GetObject", Allowed),
        (&wide, &narrow, "iam:GetUser", ImplicitlyDenied),
        (&narrow, &wide, "iam:GetUser", ImplicitlyDenied),
        (&wide, &denies, "s3:GetObject", ExplicitlyDenied),
    ] {
        let asked = request(action, "*", Context::new());
        assert_eq!(decision(identity, Some(boundary), None, &asked), expected, "{identity} {boundary} {action}");
    }
}

#[test]
fn a_bucket_policy_allows_on_its_own_and_no_boundary_limits_it_for_users() {
    let get = request("s3:GetObject", "arn:aws:s3:::b/k", Context::new());
    let role = Principal::Role { arn: "arn:aws:iam::1:role/r".to_owned(), session: None, account: "1".to_owned() };
    let by_role = Request { principal: role, ..get.clone() };
    for (principal, asked, expected) in [
        (json!("*"), &get, Allowed),
        (json!({"AWS": "*"}), &get, Allowed),
        (json!({"AWS": [BOB]}), &get, Allowed),
        (json!({"AWS": ["arn:aws:iam::1:user/x/bo*"]}), &get, ImplicitlyDenied),
        (json!({"AWS": "1"}), &get, ImplicitlyDenied),
        (json!({"AWS": "arn:aws:iam::1:role/r"}), &by_role, ImplicitlyDenied),
        (json!({"Service": "sagemaker.amazonaws.com"}), &get, ImplicitlyDenied),
        (json!({"Federated": BOB}), &get, ImplicitlyDenied),
    ] {
        let bucket = json!([{"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*"}]);
        let resource = Some((false, bucket));
        assert_eq!(decision(&json!([]), Some(&json!([])), resource, asked), expected, "{principal}");
    }
}

#[test]
fn a_denial_names_everybody_but_some_and_everybody_with_a_boundary() {
    let any = all("Allow", "*");
    let get = request("s3:GetObject", "arn:aws:s3:::b/k", Context::new());
    for (not, boundary, expected) in [
        (BOB, None, Allowed),
        (BOB, Some(&any), ExplicitlyDenied),
        ("arn:aws:iam::1:user/x/eve", None, ExplicitlyDenied),
    ] {
        let bucket = json!([{"Effect": "Deny", "NotPrincipal": {"AWS": not}, "Action": "*", "Resource": "*"}]);
        let resource = Some((false, bucket));
        assert_eq!(decision(&any, boundary, resource, &get), expected, "{not}");
    }
}

#[test]
fn a_role_is_taken_by_whom_its_trust_policy_names() {
    let (may, nothing) = (all("Allow", "sts:AssumeRole"), json!([]));
    let sagemaker = json!({"Service": "sagemaker.amazonaws.com"});
    let service = || Principal::Service("sagemaker.amazonaws.com".to_owned());
    let root = json!({"AWS": "arn:aws:iam::1:root"});
    let take = |role: &str| request("sts:AssumeRole", role, Context::new());
    let own = take("arn:aws:iam::1:role/r");
    let by_service = Request { principal: service(), ..own.clone() };
    let elsewhere = take("arn:aws:iam::2:role/r");
    for (principal, identity, asked, expected) in [
        (&sagemaker, &may, &own, ImplicitlyDenied),
        (&sagemaker, &nothing, &by_service, Allowed),
        (&root, &may, &own, Allowed),
        (&root, &nothing, &own, ImplicitlyDenied),
        (&json!({"AWS": BOB}), &nothing, &own, Allowed),
        (&json!({"AWS": BOB}), &nothing, &elsewhere, ImplicitlyDenied),
        (&json!({"AWS": BOB}), &may, &elsewhere, Allowed),
    ] {
        let trust = json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]);
        let resource = Some((true, trust));
        assert_eq!(decision(identity, None, resource, asked), expected, "{principal} {identity} {asked:?}");
    }
}

#[test]
fn conditions_of_one_value() {
    let prefix = |value: &str| Context::new().with("S3:Prefix", value);
    condition(json!({"StringLike": {"s3:prefix": "${aws:username}/*"}}), prefix("bob/x"), Allowed);
    condition(json!({"StringLike": {"s3:prefix": "${aws:username}/*"}}), prefix("bob"), ImplicitlyDenied);
    condition(json!({"StringEquals": {"s3:prefix": "bob/*"}}), prefix("bob/x"), ImplicitlyDenied);
    condition(json!({"StringEquals": {"s3:prefix": ["a", "b"]}}), prefix("b"), Allowed);
    condition(json!({"StringNotEquals": {"s3:prefix": ["a", "b"]}}), prefix("b"), ImplicitlyDenied);
    condition(json!({"StringNotEquals": {"s3:prefix": ["a", "b"]}}), prefix("c"), Allowed);
    condition(json!({"StringEqualsIgnoreCase": {"s3:prefix": "BOB"}}), prefix("bob"), Allowed);
    condition(
        json!({"Bool": {"aws:SecureTransport": false}}),
        Context::new().with("aws:SecureTransport", "false"),
        Allowed,
    );
    // CloudFormation may read an unquoted `no` as false, and this program reads a text.
    let secure = || Context::new().with("aws:SecureTransport", "false");
    condition(json!({"Bool": {"aws:SecureTransport": "no"}}), secure(), Unknown);
    condition(json!({"Null": {"aws:SecureTransport": "no"}}), secure(), Unknown);
    condition(json!({"Null": {"aws:SecureTransport": ["no", "False"]}}), secure(), Allowed);
    let source = Context::new().with("aws:SourceArn", "arn:aws:sns:eu:1:topic");
    condition(json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:1:*"}}), source.clone(), Allowed);
    condition(json!({"ArnEquals": {"aws:SourceArn": "arn:aws:*:1:topic"}}), source, Unknown);
}

#[test]
fn an_absent_key_meets_what_is_negated_or_asked_if_it_exists() {
    let none = Context::new;
    condition(json!({"StringEquals": {"s3:prefix": "a"}}), none(), ImplicitlyDenied);
    condition(json!({"StringNotEquals": {"s3:prefix": "a"}}), none(), Allowed);
    condition(json!({"StringEqualsIfExists": {"s3:prefix": "a"}}), none(), Allowed);
    condition(json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}), none(), Allowed);
    condition(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}), none(), ImplicitlyDenied);
    condition(json!({"Null": {"s3:prefix": "true"}}), none(), Allowed);
    condition(json!({"Null": {"s3:prefix": "false"}}), none(), ImplicitlyDenied);
    condition(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), none(), Allowed);
}

#[test]
fn a_key_of_one_value_is_a_set_of_one() {
    let prefix = |value: &str| Context::new().with("s3:prefix", value);
    for (operator, same, other, absent) in [
        ("ForAnyValue:StringLike", Allowed, ImplicitlyDenied, ImplicitlyDenied),
        ("ForAnyValue:StringNotLike", ImplicitlyDenied, Allowed, ImplicitlyDenied),
        ("ForAllValues:StringLike", Allowed, ImplicitlyDenied, Allowed),
        ("ForAllValues:StringNotLike", ImplicitlyDenied, Allowed, Allowed),
    ] {
        for (context, expected) in [(prefix("bob/x"), same), (prefix("bobby/x"), other), (Context::new(), absent)] {
            condition(json!({operator: {"s3:prefix": "bob/*"}}), context, expected);
        }
    }
}

#[test]
fn keys_of_several_values_need_a_set_operator() {
    let keys = |values: &[&str]| Context::new().with_all("aws:TagKeys", values.iter().copied());
    let any = json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}});
    let all = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}});
    condition(any.clone(), keys(&["a", "c"]), Allowed);
    condition(any.clone(), keys(&["c"]), ImplicitlyDenied);
    condition(any.clone(), keys(&[]), ImplicitlyDenied);
    condition(all.clone(), keys(&["a", "b"]), Allowed);
    condition(all.clone(), keys(&["a", "c"]), ImplicitlyDenied);
    condition(all, keys(&[]), Allowed);
    condition(json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}), keys(&["a", "c"]), Allowed);
    condition(json!({"ForAllValues:StringNotEquals": {"aws:TagKeys": "a"}}), keys(&["a", "c"]), ImplicitlyDenied);
    condition(json!({"StringEquals": {"aws:TagKeys": "a"}}), keys(&["a"]), Unknown);
    condition(any, Context::new().with("aws:TagKeys", "a"), Allowed);
}

#[test]
fn what_is_not_known_is_never_a_yes_or_a_no() {
    condition(json!({"StringEquals": {"aws:UserAgent": "a"}}), Context::new(), Unknown);
    condition(json!({"StringEquals": {"aws:NewKey": "a"}}), Context::new(), Unknown);
    condition(json!({"StringMatches": {"s3:prefix": "a"}}), Context::new(), Unknown);
    condition(json!({"StringEquals": {"s3:prefix": "a"}}), Context::new().with_unknown("s3:prefix"), Unknown);
    condition(json!({"NumericEquals": {"s3:max-keys": "ten"}}), Context::new().with("s3:max-keys", "10"), Unknown);
}

#[test]
fn what_is_not_known_does_not_matter_where_the_rest_decides() {
    let get = request("s3:GetObject", "arn:aws:s3:::b/k", Context::new());
    let maybe = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:UserAgent": "a"}}});
    let sure = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*"});
    check(json!([maybe("Allow"), sure("Deny")]), &get, ExplicitlyDenied);
    check(json!([maybe("Allow"), sure("Allow")]), &get, Allowed);
    check(json!([maybe("Deny")]), &get, ImplicitlyDenied);
    check(json!([maybe("Deny"), sure("Allow")]), &get, Unknown);
    let conditions = json!({"StringEquals": {"aws:UserAgent": "a", "s3:prefix": "b"}});
    check(
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": conditions}]),
        &get,
        ImplicitlyDenied,
    );
}

#[test]
fn what_iams_grammar_does_not_have_is_malformed() {
    for (statement, path) in [
        (json!({"Effect": "allow", "Action": "*", "Resource": "*"}), "Statement/0/Effect"),
        (json!({"Effect": "Allow", "Resource": "*"}), "Statement/0"),
        (json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}), "Statement/0"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}), "Statement/0"),
        (json!({"Effect": "Allow", "Action": {"Ref": "A"}, "Resource": "*"}), "Statement/0/Action"),
        (json!({"Effect": "Allow", "Action": "*", "Resource": {"Fn::GetAtt": ["A", "Arn"]}}), "Statement/0/Resource"),
    ] {
        let value = json!({"Version": "2012-10-17", "Statement": [statement]});
        assert_eq!(Document::parse(&value).unwrap_err().path, path);
    }
    assert_eq!(Document::parse(&json!({"Version": "2012", "Statement": []})).unwrap_err().path, "Version");
}

#[test]
fn what_is_in_another_account_needs_that_account_to_allow() {
    let any = all("Allow", "*");
    check(any.clone(), &request("iam:PassRole", "arn:aws:iam::1:role/r", Context::new()), Allowed);
    check(any.clone(), &request("iam:GetPolicy", "arn:aws:iam::aws:policy/p", Context::new()), Allowed);
    check(any, &request("iam:PassRole", "arn:aws:iam::2:role/r", Context::new()), ImplicitlyDenied);
}

#[test]
fn whoever_is_denied_everything_may_ask_who_they_are() {
    let none = all("Deny", "*");
    check(none.clone(), &request("sts:GetCallerIdentity", "*", Context::new()), Allowed);
    check(none, &request("sts:GetSessionToken", "*", Context::new()), Allowed);
}

#[test]
fn who_has_taken_a_role_gets_no_session_token() {
    let principal = Principal::Role { arn: "arn:aws:iam::1:role/r".to_owned(), session: None, account: "1".to_owned() };
    let request = Request { principal, ..request("sts:GetSessionToken", "*", Context::new()) };
    check(all("Allow", "*"), &request, ImplicitlyDenied);
}

#[test]
fn a_variable_without_a_value_in_a_not_resource_leaves_it_open() {
    let not_own =
        json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}]);
    check(not_own.clone(), &request("s3:GetObject", "arn:aws:s3:::b/k", Context::new()), Unknown);
    let mut nor_other = not_own.clone();
    nor_other[0]["NotResource"] = json!([not_own[0]["NotResource"], "arn:aws:s3:::b/k"]);
    check(nor_other, &request("s3:GetObject", "arn:aws:s3:::b/k", Context::new()), Unknown);
    let red = Context::new().with("aws:PrincipalTag/team", "red");
    check(not_own, &request("s3:GetObject", "arn:aws:s3:::b/k", red), Allowed);
}

//! The lines of an access delta against requests: each request that two policies decide otherwise is in one line of the
//! right direction, and each line has such a request.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::sample::{select, subsequence};
use proptest::{collection::vec, prop_assert, prop_assert_eq};
use racestack::iam::{
    AccessLine, Context, Decision, Direction, Document, Policies, Principal, Request, access_delta, decide,
};
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::111122223333:user/bob";

fn bob() -> (Principal, Context) {
    let principal = Principal::User { arn: USER.to_owned(), account: "111122223333".to_owned() };
    (principal, Context::new().with("aws:username", "bob").with("aws:PrincipalArn", USER))
}

fn document(statements: &Value) -> Document {
    Document::parse(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn delta(old: &Value, new: &Value) -> Vec<AccessLine> {
    let (old, new) = (document(old), document(new));
    let (olds, news) = ([&old], [&new]);
    let (principal, base) = bob();
    let side = |identity| Policies { identity, ..Policies::default() };
    access_delta(&principal, &base, &side(&olds), &side(&news), |_| true).unwrap()
}

#[track_caller]
fn told(old: &Value, new: &Value, expected: &[&str]) {
    let told = |line: &AccessLine| {
        let conditions =
            if line.conditions.is_empty() { String::new() } else { format!(" {}", line.conditions.join("; ")) };
        format!("{:?}: {} on {}{conditions}", line.direction, line.actions.join(", "), line.resources.join(", "))
    };
    assert_eq!(delta(old, new).iter().map(told).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_gained_and_lost_is_told() {
    let read = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*"}]);
    let more = json!([
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/${aws:username}/*"}
    ]);
    told(&read, &more, &["Widened: s3:putobject on arn:aws:s3:::b/bob/*"]);
    told(&more, &read, &["Narrowed: s3:putobject on arn:aws:s3:::b/bob/*"]);
    let all = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]);
    told(&read, &all, &["Widened: s3:getobject on * but arn:aws:s3:::b/bob/*"]);
    let list = |condition: Value| json!([{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition}]);
    told(
        &list(json!({"StringLike": {"s3:prefix": "bob/*"}})),
        &list(json!({"StringLike": {"s3:prefix": "bob*"}})),
        &["Widened: s3:listbucket on * when s3:prefix is like `bob*` but not `bob/*`"],
    );
}

/// One statement that allows an action on resources, under a condition.
fn allow(action: &str, resource: &Value, condition: &Value) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}])
}

#[test]
fn a_condition_is_told_with_all_values_that_meet_it() {
    let list = |condition: Value| allow("s3:ListBucket", &json!("*"), &condition);
    let own = list(json!({"StringLike": {"s3:prefix": "bob/*"}}));
    // Without a prefix, and with another one.
    told(&own, &list(json!({})), &["Widened: s3:listbucket on * unless s3:prefix is like `bob/*`"]);
    let without_mfa = list(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}));
    told(&list(json!({})), &without_mfa, &["Narrowed: s3:listbucket on * when aws:MultiFactorAuthPresent is `true`"]);
    let tagged = list(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "user"}}));
    told(
        &list(json!({})),
        &tagged,
        &["Narrowed: s3:listbucket on * unless aws:TagKeys has values of which one is `user`"],
    );
}

/// Statements that allow an action to who has two tags each.
fn by_pairs_of_tags(statements: usize) -> Value {
    let tag = |side: &str, at: usize| format!("aws:ResourceTag/{side}{at:02}");
    let one = |at| json!({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {tag("a", at): "x", tag("b", at): "x"}}});
    (0..statements).map(one).collect()
}

/// In which directions the wanted of the lines go.
fn directions(old: &Value, new: &Value, wanted: fn(Direction) -> bool) -> Vec<Direction> {
    let (old, new) = (document(old), document(new));
    let (olds, news) = ([&old], [&new]);
    let (principal, base) = bob();
    let side = |identity| Policies { identity, ..Policies::default() };
    let lines = access_delta(&principal, &base, &side(&olds), &side(&news), wanted).unwrap();
    lines.iter().map(|line| line.direction).collect()
}

#[test]
fn what_is_certainly_no_gain_is_none_whatever_hangs_on_conditions() {
    let all = json!([{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]);
    assert_eq!(directions(&all, &by_pairs_of_tags(14), Direction::is_gain), []);
    // With that taken away of one of them, there are gains again, and too many combinations to tell when.
    let one = json!([{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/c": "x"}}}]);
    assert_eq!(directions(&one, &by_pairs_of_tags(14), Direction::is_gain), [Direction::Unknown]);
    assert_eq!(directions(&all, &by_pairs_of_tags(14), |direction| !direction.is_gain()), [Direction::PerhapsNarrowed]);
}

#[test]
fn a_time_is_told_as_a_request_says_it() {
    let until = |date: &str| allow("s3:GetObject", &json!("*"), &json!({"DateLessThan": {"aws:CurrentTime": date}}));
    let (short, long) = (until("2026-03-01T00:00:00Z"), until("2028-03-01"));
    told(&short, &long, &["Widened: s3:getobject on * when aws:CurrentTime is such as `2026-03-01T00:00:00Z`"]);
    told(
        &json!([]),
        &until("2026-03-01"),
        &["Widened: s3:getobject on * when aws:CurrentTime is such as `2026-02-28T23:59:59Z`"],
    );
    told(
        &json!([]),
        &until("2028-03-01"),
        &["Widened: s3:getobject on * when aws:CurrentTime is such as `2028-02-29T23:59:59Z`"],
    );
}

#[test]
fn what_a_line_is_about_is_told_in_few_words() {
    let (get, list) = ("s3:GetObject", "s3:ListBucket");
    let (a, b) = ("arn:aws:s3:::a/*", "arn:aws:s3:::*x");
    let on = |action, resource: Value| allow(action, &resource, &json!({}));
    // All but one, rather than each that is told elsewhere.
    let mut old = on(get, json!(a));
    old.as_array_mut().unwrap().extend(on(list, json!(b)).as_array().unwrap().clone());
    let mut new = on(get, json!("*"));
    new.as_array_mut().unwrap().extend(on(list, json!(b)).as_array().unwrap().clone());
    told(&old, &new, &["Widened: s3:getobject on * but arn:aws:s3:::a/*"]);
    // What is within another pattern is not told again, nor what everybody may do anyway.
    told(&json!([]), &on("*", json!("*")), &["Widened: * on *"]);
    let mut new = on(get, json!(a));
    new.as_array_mut().unwrap().extend(on("s3:*", json!(a)).as_array().unwrap().clone());
    told(&on(get, json!(a)), &new, &["Widened: s3:* but s3:getobject on arn:aws:s3:::a/*"]);
    // What two patterns match at once.
    let both = json!([
        {"Effect": "Allow", "Action": get, "Resource": a},
        {"Effect": "Deny", "Action": get, "NotResource": b},
    ]);
    told(&json!([]), &both, &["Widened: s3:getobject on arn:aws:s3:::a/* that are also arn:aws:s3:::*x"]);
}

#[test]
fn a_wildcard_that_may_reach_across_colons_is_told_apart() {
    let role = allow("iam:PassRole", &json!("arn:aws:iam::*:role/r"), &json!({}));
    told(
        &json!([]),
        &role,
        &[
            "Widened: iam:passrole on arn:aws:iam::*:role/r",
            "Unknown: iam:passrole on arn:aws:iam::*:role/r if * matches colons",
        ],
    );
    told(
        &role,
        &json!([]),
        &[
            "PerhapsNarrowed: iam:passrole on arn:aws:iam::*:role/r if * matches colons",
            "Narrowed: iam:passrole on arn:aws:iam::*:role/r",
        ],
    );
}

#[test]
fn what_means_the_same_is_no_change() {
    let one = json!([{"Effect": "Allow", "Action": ["s3:GetObject", "s3:Get*"], "Resource": ["*", "arn:aws:s3:::b"]}]);
    let other = json!([
        {"Sid": "A", "Effect": "Allow", "Action": "S3:get*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "eve"}}}
    ]);
    told(&one, &other, &[]);
}

#[test]
fn what_cannot_be_told_is_a_line() {
    let plain = json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]);
    let odd = json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringSoundsLike": {"a": "b"}}}
    ]);
    told(&odd, &plain, &["Unknown: s3:getobject on *"]);
    // Whatever the condition asks for, nobody gains by it.
    told(&plain, &odd, &["PerhapsNarrowed: s3:getobject on *"]);
    // Whether a condition with a variable that nobody knows is met, nobody knows; what its statement is about, everybody does.
    let open = |effect: &str, operator: &str| {
        let condition = json!({(operator): {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}});
        json!({"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": condition})
    };
    let nothing = json!([]);
    let unknown = "Unknown: s3:getobject on arn:aws:s3:::b/* by a variable whose value is not known";
    told(&nothing, &json!([open("Allow", "StringEquals")]), &[unknown]);
    let denied = json!([plain[0], open("Deny", "StringNotEquals")]);
    told(&plain, &denied, &["PerhapsNarrowed: s3:getobject on arn:aws:s3:::b/*"]);
    told(&denied, &plain, &[unknown]);
    told(
        &plain,
        &json!([open("Allow", "StringEquals")]),
        &["PerhapsNarrowed: s3:getobject on arn:aws:s3:::b/*", "Narrowed: s3:getobject on * but arn:aws:s3:::b/*"],
    );
}

/// What somebody who may nothing gains by one statement that allows reading, and by those with which it comes.
fn gained(condition: &Value, denials: &[Value]) -> Vec<AccessLine> {
    let mut new = allow("s3:GetObject", &json!("*"), condition);
    let deny = |condition: &Value| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
    new.as_array_mut().unwrap().extend(denials.iter().map(deny));
    delta(&json!([]), &new)
}

/// Whether it is told that the request with these keys is allowed, or may be.
fn opens(lines: &[AccessLine], direction: Direction, said: &[(&str, Option<&str>)]) -> bool {
    lines.iter().any(|line| line.direction == direction && line.tells("s3:GetObject", "arn:aws:s3:::b/k", said))
}

#[test]
fn what_meets_the_conditions_alike_need_not_have_a_second_factor_alike() {
    const PRESENT: &str = "aws:MultiFactorAuthPresent";
    const AGE: &str = "aws:MultiFactorAuthAge";
    let soon: &[(&str, Option<&str>)] = &[(PRESENT, Some("true")), (AGE, Some("60"))];
    let opens_soon = |condition: &Value, denials: &[Value]| {
        let lines = gained(condition, denials);
        assert!(opens(&lines, Direction::Widened, soon), "{condition} {denials:?}: {lines:?}");
        let is_there = |line: &AccessLine, key: &str| line.example.context.iter().any(|(given, _)| given == key);
        let age = AGE.to_lowercase();
        assert!(lines.iter().all(|line| is_there(line, &age)), "an example without the age: {lines:?}");
    };
    for condition in [
        json!({"Bool": {(PRESENT): "true"}, "NumericLessThanIfExists": {(AGE): 3600}}),
        json!({"Null": {(PRESENT): "false"}, "NumericLessThan": {(AGE): 3600}}),
        json!({"StringNotEquals": {(PRESENT): "false"}, "NumericLessThan": {(AGE): 3600}}),
        json!({"StringNotEquals": {(PRESENT): "false"}, "Null": {(AGE): "false"}}),
        json!({"Bool": {(PRESENT): "true"}, "NumericNotEquals": {(AGE): 0}}),
    ] {
        opens_soon(&condition, &[]);
    }
    let without = json!({"BoolIfExists": {(PRESENT): "false"}});
    opens_soon(&json!({}), &[without.clone(), json!({"NumericGreaterThan": {(AGE): 3600}})]);
    opens_soon(&json!({}), &[json!({"Null": {(PRESENT): "true"}}), json!({"Null": {(AGE): "true"}})]);
    // A key of truths is `true` or `false`, whatever compares it.
    let allowed = allow("s3:GetObject", &json!("*"), &without);
    for same in [json!({"StringEqualsIfExists": {(PRESENT): "false"}}), json!({"StringNotEquals": {(PRESENT): "true"}})]
    {
        told(&allowed, &allow("s3:GetObject", &json!("*"), &same), &[]);
    }
    assert!(!gained(&json!({"StringEquals": {(PRESENT): "True"}}), &[]).is_empty());
}

#[test]
fn what_names_all_usual_characters_hides_nothing() {
    let named = "zz:xqzjkvwy0123456789abcdefghilmnoprstu-";
    let new = json!([
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {"Effect": "Deny", "Action": named, "Resource": "*"},
    ]);
    told(&json!([]), &new, &["Widened: lambda:* on *"]);
    let key = "aws:ResourceTag/user";
    let lines = gained(&json!({"StringLike": {(key): "b?bby"}, "StringNotEqualsIgnoreCase": {(key): "bXbby"}}), &[]);
    assert!(opens(&lines, Direction::Widened, &[(key, Some("bobby"))]), "{lines:?}");
}

#[test]
fn a_key_that_is_compared_as_another_kind_hides_nothing() {
    let agent = "aws:UserAgent";
    let role = "arn:aws:iam::*:role/x";
    let boto: &[(&str, Option<&str>)] = &[(agent, Some("Boto3/1"))];
    let lines = gained(&json!({"StringLike": {(agent): "Boto3*"}, "ArnNotLike": {(agent): role}}), &[]);
    assert!(opens(&lines, Direction::Widened, boto), "{lines:?}");
    let lines = gained(
        &json!({}),
        &[json!({"StringNotLike": {(agent): "Boto3*"}}), json!({"ArnLike": {(agent): "arn:aws:iam::1:role/x"}})],
    );
    assert!(opens(&lines, Direction::Widened, boto), "{lines:?}");
    // What is no number is neither more nor less than one; what is no truth, neither of both.
    for denials in [
        [json!({"NumericLessThan": {(agent): 5}}), json!({"NumericGreaterThanEquals": {(agent): 5}})],
        [json!({"Bool": {(agent): "true"}}), json!({"Bool": {(agent): "false"}})],
        [json!({"IpAddress": {(agent): "0.0.0.0/0"}}), json!({"IpAddress": {(agent): "::/0"}})],
    ] {
        let lines = gained(&json!({}), &denials);
        assert!(opens(&lines, Direction::Unknown, &[(agent, Some("x"))]), "{denials:?}: {lines:?}");
    }
    told(
        &json!([]),
        &allow("s3:GetObject", &json!("*"), &json!({"NumericLessThan": {"aws:EpochTime": 5}})),
        &["Widened: s3:getobject on * when aws:EpochTime is such as `4`"],
    );
}

#[test]
fn numbers_dates_and_addresses_that_are_texts_too_are_not_known() {
    let unknown = "Unknown: s3:getobject on * there are too many ways to meet the conditions, or a key is compared as values of two kinds";
    for condition in [
        json!({"StringLike": {"aws:MultiFactorAuthAge": "7*"}, "NumericGreaterThan": {"aws:MultiFactorAuthAge": 50}}),
        json!({"StringLike": {"s3:max-keys": "7*"}, "NumericGreaterThan": {"s3:max-keys": 50}}),
        json!({"StringLike": {"aws:SourceIp": "10.0.0.1*"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.1/32"}}),
        json!({"NumericGreaterThan": {"aws:EpochTime": 50}, "DateGreaterThan": {"aws:EpochTime": "2026-01-01"}}),
    ] {
        told(&json!([]), &allow("s3:GetObject", &json!("*"), &condition), &[unknown]);
    }
}

#[test]
fn a_number_is_more_and_less_than_the_largest_and_smallest() {
    for condition in
        [json!({"NumericLessThan": {"s3:max-keys": "1e17"}}), json!({"NumericGreaterThan": {"s3:max-keys": "-1e17"}})]
    {
        assert!(opens(&gained(&condition, &[]), Direction::Widened, &[("s3:max-keys", Some("5"))]), "{condition}");
    }
}

#[test]
fn several_values_are_tried_where_no_operator_says_which_must_match() {
    let key = "sagemaker:VpcSubnets";
    let lines = gained(&json!({"StringEquals": {(key): "subnet-a"}, "StringLike": {(key): "subnet-b*"}}), &[]);
    assert!(matches!(lines.as_slice(), [line] if line.direction == Direction::Unknown), "{lines:?}");
}

fn statements() -> impl Strategy<Value = Value> {
    let actions = || {
        let all = vec![
            "*",
            "s3:*",
            "sts:*",
            "s3:Get*",
            "s3:GetObject",
            "s3:*Object",
            "s3:PutObject",
            "iam:PassRole",
            "iam:?assRole",
        ];
        subsequence(all, 1..3)
    };
    let resources = || {
        let all = vec![
            "*",
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::b/${aws:username}/*",
            "arn:aws:s3:::b/bob*",
            "arn:aws:*:::b/*/x",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::*:role/r",
            "arn:aws:s?:::b",
        ];
        subsequence(all, 1..3)
    };
    let conditions = prop_oneof![
        3 => Just(Value::Null),
        1 => select(vec![
            json!({"StringEquals": {"s3:prefix": "bob/"}}),
            json!({"StringLike": {"s3:prefix": ["bob/*", "a"]}}),
            json!({"StringNotLike": {"s3:prefix": "bob*"}}),
            json!({"StringEqualsIgnoreCase": {"s3:prefix": "BOB/"}}),
            json!({"StringLikeIfExists": {"s3:prefix": "*x"}}),
            json!({"Null": {"s3:prefix": "true"}}),
            json!({"Bool": {"aws:SecureTransport": "true"}}),
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
            json!({"NumericLessThan": {"s3:max-keys": "10"}}),
            json!({"NumericGreaterThanEquals": {"s3:max-keys": "5"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            json!({"NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}}),
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["user", "team"]}}),
            json!({"ForAnyValue:StringLike": {"aws:TagKeys": "te*"}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:b*"}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s?:*:*:b"}}),
            json!({"StringEquals": {"aws:ResourceTag/user": "${aws:username}"}}),
            json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
            json!({"StringEquals": {"aws:PrincipalTag/team": "x"}}),
        ]),
    ];
    let statement = (any::<bool>(), any::<bool>(), actions(), any::<bool>(), resources(), conditions).prop_map(
        |(deny, not_action, actions, not_resource, resources, condition)| {
            let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
            statement[if not_action && deny { "NotAction" } else { "Action" }] = json!(actions);
            statement[if not_resource && deny { "NotResource" } else { "Resource" }] = json!(resources);
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    );
    vec(statement, 0..4).prop_map(Value::from)
}

fn requests() -> impl Strategy<Value = Request> {
    let actions = vec![
        "s3:GetObject",
        "s3:PutObject",
        "s3:GetBucketAcl",
        "s3:ListBucket",
        "iam:PassRole",
        "ec2:Run",
        "sts:GetCallerIdentity",
        "sts:GetSessionToken",
    ];
    let resources = vec![
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/bob/x",
        "arn:aws:s3:::b/bobby",
        "arn:aws:s3:::b/eve/y",
        "arn:aws:s3:eu:1:b/x",
        "arn:aws:s3:::c",
        "arn:aws:iam::111122223333:role/r",
        "arn:aws:iam::444455556666:role/r",
        // Wildcards would have to reach across colons.
        "arn:aws:iam::444455556666:x:role/r",
        "arn:aws:s3:x:::b/bob/x",
        "arn:aws:s::::b",
    ];
    let one = |values: Vec<&'static str>| proptest::option::of(select(values));
    let contexts = (
        one(vec!["bob/", "bob", "BOB/", "bob/x", "a", "zx", ""]),
        select(vec!["true", "false"]),
        one(vec!["true", "false"]),
        one(vec!["1", "5", "7", "10", "11"]),
        select(vec!["10.0.0.1", "10.1.2.3", "11.0.0.0", "::1"]),
        proptest::option::of(subsequence(vec!["user", "team", "tex", "other"], 0..4)),
        one(vec!["arn:aws:s3:::b", "arn:aws:s3:x:y:bc", "arn:aws:s3:::c", "arn:aws:s::::b", "b"]),
        (one(vec!["bob", "eve"]), select(vec!["2025-01-01T00:00:00Z", "2026-07-01T00:00:00Z"])),
    );
    (select(actions), select(resources), contexts).prop_map(|(action, resource, context)| {
        let (prefix, tls, mfa, keys, ip, tags, source, (owner, time)) = context;
        let (principal, mut base) = bob();
        base = base.with("aws:SecureTransport", tls).with("aws:SourceIp", ip).with("aws:CurrentTime", time);
        let given = [
            ("s3:prefix", prefix),
            ("aws:MultiFactorAuthPresent", mfa),
            ("s3:max-keys", keys),
            ("aws:SourceArn", source),
            ("aws:ResourceTag/user", owner),
        ];
        for (key, value) in given {
            base = match value {
                Some(value) => base.with(key, value),
                None => base,
            };
        }
        if let Some(tags) = tags {
            base = base.with_all("aws:TagKeys", tags);
        }
        Request { principal, action: action.to_owned(), resource: resource.to_owned(), context: base }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_covers_each_request_that_is_decided_otherwise_and_each_line_has_one(
        old in statements(),
        new in statements(),
        boundary in proptest::option::of(statements()),
        requests in vec(requests(), 60),
    ) {
        let (old, new, boundary) = (document(&old), document(&new), boundary.map(|one| document(&one)));
        let (principal, base) = bob();
        let (olds, news) = ([&old], [&new]);
        let empty = document(&json!([]));
        let side = |identity| Policies {
            identity,
            boundary: boundary.as_ref(),
            resource: Some(&empty),
            resource_must_allow: false,
        };
        let (before, after) = (side(&olds), side(&news));
        let lines = access_delta(&principal, &base, &before, &after, |_| true).unwrap();
        let decision = |request: &Request, side: &Policies<'_>| decide(request, side).decision;
        let direction = |request: &Request| {
            match (decision(request, &before), decision(request, &after)) {
                (Decision::Unknown, Decision::Unknown | Decision::Allowed) => Some(Direction::Unknown),
                (Decision::Unknown, _) | (Decision::Allowed, Decision::Unknown) => Some(Direction::PerhapsNarrowed),
                (_, Decision::Unknown) => Some(Direction::Unknown),
                (Decision::Allowed, Decision::Allowed) => None,
                (Decision::Allowed, _) => Some(Direction::Narrowed),
                (_, Decision::Allowed) => Some(Direction::Widened),
                _ => None,
            }
        };
        for request in &requests {
            let covering: Vec<Direction> =
                lines.iter().filter(|line| line.covers(request)).map(|line| line.direction).collect();
            match direction(request) {
                // Unknown on both sides for the same reason is no change.
                Some(Direction::Unknown) if decision(request, &before) == decision(request, &after) => {
                    prop_assert!(covering.iter().all(|one| *one == Direction::Unknown));
                }
                Some(direction) => prop_assert_eq!(covering, vec![direction], "{:?}", request),
                None => prop_assert!(covering.is_empty(), "{:?} {:?}", covering, request),
            }
        }
        for line in &lines {
            prop_assert_eq!(direction(&line.example), Some(line.direction), "{:?}", line.example);
            prop_assert!(line.covers(&line.example), "{:?}", line.example);
        }
    }
}

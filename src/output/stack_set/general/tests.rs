use serde_json::{Value, json};

use super::*;

fn literals(bucket: &str, id: &str, region: &str) -> Vec<AccountLiteral> {
    [("BucketName", bucket), ("AWS::AccountId", id), ("AWS::Region", region)]
        .map(|(name, text)| AccountLiteral { name, text: text.to_owned() })
        .into()
}

fn tokyo() -> Vec<AccountLiteral> {
    literals("racers", "111122223333", "ap-northeast-1")
}

fn seoul() -> Vec<AccountLiteral> {
    literals("rivals", "444455556666", "ap-northeast-2")
}

/// The template of two accounts' values of one property.
fn property(tokyos: Value, seouls: Value) -> (Value, Vec<TemplateDifference>) {
    let of = |value: Value| json!({"Resources": {"A": {"Type": "T", "Properties": {"P": value}}}});
    let (tokyos, seouls) = (of(tokyos), of(seouls));
    let (tokyo, seoul) = (tokyo(), seoul());
    let (template, differences) = general([(&tokyos, &tokyo[..]), (&seouls, &seoul[..])].into_iter());
    (template["Resources"]["A"]["Properties"]["P"].clone(), differences)
}

#[test]
fn what_is_an_accounts_own_becomes_a_parameter() {
    let cases = [
        (json!("111122223333"), json!("444455556666"), json!({"Ref": "AWS::AccountId"})),
        (json!("racers"), json!("rivals"), json!({"Ref": "BucketName"})),
        (
            json!("arn:aws:s3:::racers/${aws:username}/*"),
            json!("arn:aws:s3:::rivals/${aws:username}/*"),
            json!({"Fn::Sub": "arn:aws:s3:::${BucketName}/${!aws:username}/*"}),
        ),
        (
            json!(["arn:aws:logs:ap-northeast-1:111122223333:*"]),
            json!(["arn:aws:logs:ap-northeast-2:444455556666:*"]),
            json!([{"Fn::Sub": "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:*"}]),
        ),
        (json!("${aws:username}/*"), json!("${aws:username}/*"), json!("${aws:username}/*")),
        (json!({"Ref": "racers"}), json!({"Ref": "racers"}), json!({"Ref": "racers"})),
        (
            json!({"Fn::Sub": "${A}:racers"}),
            json!({"Fn::Sub": "${A}:rivals"}),
            json!({"Fn::Sub": "${A}:${BucketName}"}),
        ),
        (
            json!({"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}),
            json!({"Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}}}),
            json!({"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}),
        ),
        (json!([true, 5]), json!([true, 5]), json!([true, 5])),
    ];
    for (tokyo, seoul, expected) in cases {
        assert_eq!(property(tokyo.clone(), seoul), (expected, Vec::new()), "{tokyo}");
    }
}

#[test]
fn what_only_looks_like_an_accounts_own_stays() {
    // A region that everybody's template names, a longer number, a word with the bucket's name in it.
    for text in ["sts.ap-northeast-1.amazonaws.com", "20111122223333", "111122223333x", "braceracers"] {
        assert_eq!(property(json!(text), json!(text)), (json!(text), Vec::new()));
    }
}

#[test]
fn whatever_else_differs_is_told_with_its_place() {
    let cases = [
        (json!({"B": 1}), json!({"B": 2}), vec!["B"], "`2`", "`1`"),
        (json!({"B": 1}), json!({"C": 1}), vec![], "`C`", "`B`"),
        (json!({"B": 1}), json!({"B": 1, "C": 1}), vec![], "`C`", "nothing more"),
        (json!(["a"]), json!(["a", "b"]), vec![], "2 values", "1 values"),
        (json!("a racers"), json!("b rivals"), vec![], "`b rivals`", "`a racers`"),
        (json!("a"), json!(["a"]), vec![], "1 values", "`a`"),
        // A bucket's name within a longer word is none.
        (json!("braceracers"), json!("bracerivals"), vec![], "`bracerivals`", "`braceracers`"),
    ];
    for (tokyo, seoul, below, found, expected) in cases {
        let (_, differences) = property(tokyo.clone(), seoul);
        let path = ["Resources", "A", "Properties", "P"].into_iter().chain(below).map(str::to_owned).collect();
        let difference =
            TemplateDifference { account: 1, path, found: found.to_owned(), expected: expected.to_owned() };
        assert_eq!(differences, [difference], "{tokyo}");
    }
}

#[test]
fn outside_properties_nothing_becomes_a_function() {
    let (tokyos, seouls) = (json!({"Description": "of 111122223333"}), json!({"Description": "of 444455556666"}));
    let (tokyo, seoul) = (tokyo(), seoul());
    let (_, differences) = general([(&tokyos, &tokyo[..]), (&seouls, &seoul[..])].into_iter());
    assert_eq!(differences.len(), 1);
}

use super::*;

const USERS: &str = "let users = Resources.*[ Type == 'AWS::IAM::User' ]\n";

#[track_caller]
fn of(rules: &str) -> Option<RuleFootprint> {
    footprint(&Syntax::read(&format!("{USERS}{rules}"), "a.guard").unwrap())
}

#[test]
fn a_file_that_compares_for_equality_sees_the_texts_it_writes_out_and_its_regular_expressions() {
    let footprint = of("let allowed = ['b', {'k': ['c']}]\n\
         rule A when %users !empty\n Metadata.part IN ['d', /^e/] {\n\
         %users.Properties { let name = UserName\n Tags[ Key == 'f' ] { Value == %name\n Value != Other.Name }\n\
         Path IN %allowed or Size >= 5\n Tags[0] exists\n this !empty }\n B\n}\n\
         rule B { some %users[ Properties[ keys == 'g' ] exists ].Name == /h$/ \n AWS::IAM::Role { X exists } }\n")
    .unwrap();
    assert_eq!(
        footprint.texts.iter().map(String::as_str).collect::<Vec<_>>(),
        ["/^e/", "/h$/", "AWS::IAM::Role", "AWS::IAM::User", "b", "c", "d", "f"]
    );
    assert_eq!(footprint.matches("east"), Some(vec![true, false]));
    assert_eq!(footprint.matches("north"), Some(vec![false, true]));
    for text in ["", "b", "c", "a\u{0}"] {
        assert_eq!(footprint.matches(text), None, "{text:?}");
    }
    assert!(!footprint.takes_apart("Action"));
}

#[test]
fn texts_that_a_function_takes_apart_are_seen_as_they_are() {
    let footprint = of("rule A { %users { let a = substring(Properties.Action[*], 0, 3)\n %a not IN ['s3:']\n\
         let n = count(Tags[*])\n %n == 1 } }\n")
    .unwrap();
    for key in ["Action", "actions", "_action", "AC", "a", "**"] {
        assert!(footprint.takes_apart(key), "{key}");
    }
    for key in ["Tags", "ArnLike", "aws:SourceArn", "-"] {
        assert_eq!(footprint.takes_apart(key), key == "-", "{key}");
    }
    let footprint = of("rule A { %users { let a = to_lower(Men)\n %a == 'x' } }").unwrap();
    assert!(["men", "Man", "MEN"].iter().all(|key| footprint.takes_apart(key)));
}

#[test]
fn a_file_with_any_other_construct_may_see_everything() {
    for rules in [
        "let n = count(%users)\nrule A { %n == 1 }",
        "let names = Resources.*[ Type == 'AWS::IAM::Role' ].Name\nrule A { %users.Name == %names }",
        "let names = %users.Name\nrule A { %users { Name == %names } }",
        "let roles = Resources.*[ Type == 'AWS::IAM::Role' ]\nrule A { %users { let n = Name\n %roles { Name == %n } } }",
        "let roles = Resources.*[ Type == 'AWS::IAM::Role' ]\nrule A { %users { let n = Name\n %roles[ Name == %n ] empty } }",
        "rule A { %users { Name IN 'abc' } }",
        "rule A { %users { Name < 'b' } }",
        "rule A { %users { Name <= Other } }",
        "rule A { %users { let n = Name\n Properties.%n exists } }",
        "rule A { %users { let l = to_lower(Name)\n Other == %l } }",
        "rule A { %users { let l = to_lower(Name)\n %l == Other } }",
        "rule A { %users { let n = Other\n let l = to_lower(Name)\n %l { this == %n } } }",
        "rule A { %users { let l = to_lower(this)\n %l == 'a' } }",
        "rule A { %users { let l = json_parse(Document)\n %l.Name == 'a' } }",
        "rule A { Resources.*[ id | Type == 'AWS::IAM::User' ].Name == 'a'\n %id exists }",
        "rule A { %users { Tags[ keys == Name ] exists } }",
        "rule p(x) { %x exists }\nrule A { p(%users) }",
        "rule A { AWS::IAM::User when Name == 'a' { Path exists } }",
    ] {
        assert!(of(rules).is_none(), "{rules}");
    }
}

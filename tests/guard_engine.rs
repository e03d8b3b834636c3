//! Guard rules in process: which rule sets are refused, and what becomes of a violation.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use std::fmt::Write as _;

use racestack::check::guard::RuleSet;
use racestack::finding::{Finding, Rule};
use racestack::plan::Part;
use racestack::render::{Template, expand_short_tags};
use racestack::source::SourceFile;

use crate::common::guard_findings;

/// The rules of one file.
#[track_caller]
fn rules(text: &str) -> RuleSet {
    RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]).unwrap()
}

/// A template with its value.
#[track_caller]
fn template(name: &str, text: &str) -> Template {
    Template::new(Part::Users(1), SourceFile::new(name, text), expand_short_tags(text).unwrap())
}

/// What the findings come to: rule, path, line, message, help.
fn told(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = finding.place.as_ref();
        let at = place.map(|place| format!("{}:{}", place.path().display(), place.line_column().0));
        let help = finding.help.as_deref().unwrap_or("-");
        format!("{} {} {} ({help})", finding.rule.info().id, at.unwrap_or_default(), finding.message)
    };
    findings.iter().map(line).collect()
}

/// Asserts that a rule file is refused with one finding of `rule` whose text is `expected`.
#[track_caller]
fn refused(text: &str, expected: &str) {
    let findings = RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]).unwrap_err();
    assert_eq!(told(&findings), [expected]);
}

const PATH: &str = "\
let users = Resources.*[ Type == 'AWS::IAM::User' ]
rule USER_HAS_PATH when %users !empty {
    %users {
        Properties.Path == '/a/'
            <<
            Violation: the user stands elsewhere.
            Fix: set Path
                 to /a/.
            >>
    }
}
";

#[test]
fn the_rules_in_the_binary_can_be_used() {
    RuleSet::embedded().unwrap();
}

#[test]
fn a_rule_set_without_a_file_is_refused() {
    let findings = RuleSet::from_files(Vec::new()).unwrap_err();
    assert_eq!(
        told(&findings),
        [
            "guard::broken-rules  there are no guard rules here (put at least one `NAME.guard` into the folder, or remove it: \
          without it, the built-in rules are checked)"
        ]
    );
}

#[test]
fn a_file_without_a_rule_is_refused() {
    for text in ["let a = Resources\n", "rule p(x) { %x exists }\n"] {
        refused(
            text,
            "guard::broken-rules rules/a.guard:1 the rule file `rules/a.guard` holds no rule (write a rule into it, or \
             remove the file: a file without rules would pass whatever the templates hold)",
        );
    }
}

#[test]
fn a_file_of_comments_holds_no_rules_and_a_set_of_such_files_is_refused() {
    let comments = || SourceFile::new("rules/a.guard", "# rule A { X exists }\n\n");
    let findings = RuleSet::from_files(vec![comments(), SourceFile::new("rules/b.guard", "")]).unwrap_err();
    assert!(told(&findings)[0].contains("there are no guard rules"), "{findings:?}");
    let rules = RuleSet::from_files(vec![comments(), SourceFile::new("rules/b.guard", PATH)]).unwrap();
    assert_eq!(rules.names().collect::<Vec<_>>(), ["USER_HAS_PATH"]);
}

#[test]
fn a_file_that_is_nested_beyond_all_measure_is_refused_and_ends_no_process() {
    let nested = |depth: usize| {
        let text = format!("rule A {{ {} X exists {} }}\n", "a {".repeat(depth), "}".repeat(depth));
        RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)])
    };
    assert!(nested(20).is_ok());
    for depth in [101, 800, 50_000] {
        let findings = nested(depth).unwrap_err();
        assert_eq!(findings[0].notes, ["blocks are nested more than 100 deep at line 1"]);
    }
}

#[test]
fn clauses_outside_rules_are_the_rule_default_of_their_file() {
    let text = "Resources.*[ Type == 'AWS::IAM::User' ] { Properties.Path == '/a/' }\n";
    let files = ["rules/a.guard", "rules/b.guard"].map(|name| SourceFile::new(name, text));
    let rules = RuleSet::from_files(files.into()).unwrap();
    let of = |path: &str| {
        let user = format!("Resources:\n  A:\n    Type: AWS::IAM::User\n    Properties:\n      Path: {path}\n");
        told(&guard_findings(&rules, &[template("t.yaml", &user)]))
    };
    assert_eq!(of("/a/"), [""; 0]);
    let broken = of("/b/");
    assert_eq!(broken.len(), 2);
    assert!(broken[1].contains("`rules/b.guard/default`"), "{broken:?}");
}

#[test]
fn only_a_filter_on_resources_names_their_types() {
    for text in [
        "rule A { Parameters.*[ Type == 'String' ] empty or Parameters !exists }\n",
        "let x = Resources.*[ Type != 'My::Thing' ]\nrule A when %x !empty { %x.Type exists }\n",
        "let p = Parameters.*\nrule A { when %p !empty { %p[ Type == 'String' ] empty } }\n",
        "rule A { Resources.*[ Type == 'AWS::IAM::User'\n Properties.Source.Type == 'GITHUB' ] empty }\n",
        "rule A { Resources.*[ Type == /^Custom::/ ] empty }\n",
        "rule A { Resources.*[ not Type == 'My::Thing' ] empty }\n",
        "rule A { Resources.*.Properties.Action.Type != 'ALLOW' }\n",
    ] {
        assert!(RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]).is_ok(), "{text}");
    }
    let expected = "guard::unknown-type rules/a.guard:2 CloudFormation has no resource type `AWS::IAM::Usr`, so the rule would be \
                    skipped everywhere (did you mean `AWS::IAM::User`?)";
    refused(
        "let types = ['AWS::IAM::Usr', 'AWS::IAM::Role']\nrule A { Resources.*[ Type IN %types ] empty }\n",
        expected,
    );
    refused("let all = Resources.*\nlet u = %all[ Type == 'AWS::IAM::Usr' ]\nrule A { %u empty }\n", expected);
}

#[test]
fn a_file_that_does_not_parse_is_refused_at_its_line() {
    let findings =
        RuleSet::from_files(vec![SourceFile::new("rules/a.guard", "rule A { X exists }\nrule B {\n  X =! 1\n}\n")])
            .unwrap_err();
    assert_eq!(findings[0].rule, Rule::GuardBrokenRules);
    assert_eq!(findings[0].message, "the rule file `rules/a.guard` does not parse");
    assert_eq!(findings[0].place.as_ref().unwrap().line_column().0, 3);
}

#[test]
fn rules_that_go_in_a_circle_are_refused() {
    refused(
        "rule A {\n  B\n}\n# rule B\nrule B when A {\n  X exists\n}\n",
        "guard::broken-rules rules/a.guard:1 `A` refers to itself: `A` → `B` → `A` (break the circle: the engine would \
         follow it for ever)",
    );
    refused(
        "rule A {\n  let a = %a.B\n  %a exists\n}\n",
        "guard::broken-rules rules/a.guard:2 `%a` refers to itself: `%a` → `%a` (break the circle: the engine would \
         follow it for ever)",
    );
    let read = |text: &str| RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]);
    for (text, circle) in [
        ("rule A { B\n }\nrule B when C { X exists }\nrule C { not A\n X exists }", "`A` → `B` → `C` → `A`"),
        ("rule A when A { X exists }", "`A` → `A`"),
        ("rule A { p(X)\n }\nrule p(x) { when A { %x exists } }", "`A` → `p` → `A`"),
        ("rule A { when X exists { B\n } }\nrule B { A\n }", "`A` → `B` → `A`"),
        ("let a = %b\nlet b = %a\nrule A { %a exists }", "`%a` → `%b` → `%a`"),
    ] {
        let findings = read(text).unwrap_err();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].message.ends_with(&format!(" refers to itself: {circle}")), "{findings:?}");
    }
    for text in [
        "let a = Resources\nrule A { let b = %a\n %b exists }",
        "rule A { X exists }\nrule B { A\n }\nrule C { A\n B\n }",
        "# rule A { A }\nrule A { X == 'A' <<see A { A }>>\n }",
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn a_rule_that_is_not_defined_is_refused() {
    refused(
        "rule A {\n  X exists\n  B\n}\n",
        "guard::broken-rules rules/a.guard:3 the rule `B` is referred to, but not defined in this file (define the rule \
         `B` in the same file, or correct the name)",
    );
}

#[test]
fn a_type_that_does_not_exist_is_refused_wherever_it_stands() {
    let expected = |line: usize, found: &str| {
        format!(
            "guard::unknown-type rules/a.guard:{line} CloudFormation has no resource type `{found}`, so the rule would be \
             skipped everywhere (did you mean `AWS::IAM::User`?)"
        )
    };
    refused(
        "# AWS::IAM::Usr\nlet u = Resources.*[\n  Type == 'AWS::IAM::Usr' ]\nrule A { %u empty }\n",
        &expected(3, "AWS::IAM::Usr"),
    );
    refused("rule A {\n  AWS::IAM::Users { X exists }\n}\n", &expected(2, "AWS::IAM::Users"));
    refused("rule A { Resources.*[ Type IN ['AWS::iam::User'] ] empty }\n", &expected(1, "AWS::iam::User"));
    for (misspelt, meant) in [
        ("AWS::IAM::user", "did you mean `AWS::IAM::User`?"),
        ("aws::s3::bucket", "did you mean `AWS::S3::Bucket`?"),
        ("AWS:S3:Bucket", "did you mean `AWS::S3::Bucket`?"),
        ("ASW::IAM::Role", "did you mean `AWS::IAM::Role`?"),
        ("AWS::Sagemaker::NotebookInstances", "did you mean `AWS::SageMaker::NotebookInstance`?"),
        ("Tags", "write the type as the CloudFormation resource reference has it"),
    ] {
        let text = format!("rule A {{ Resources.*[ Type == '{misspelt}' ] empty }}\n");
        let findings = RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]).unwrap_err();
        let found: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.help.as_deref())).collect();
        assert_eq!(found, [(Rule::GuardUnknownType, Some(meant))], "{misspelt}");
    }
    let regex = |regex: &str| {
        RuleSet::from_files(vec![SourceFile::new(
            "a.guard",
            format!("rule A {{ Resources.*[ Type == {regex} ] empty }}"),
        )])
    };
    assert_eq!(regex("/^AWS::IIM::/").unwrap_err()[0].rule, Rule::GuardUnknownType);
    assert!(regex("/^AWS::IAM::/").is_ok());
}

#[test]
fn types_that_racestack_never_makes_may_be_asked_for() {
    for name in ["Custom::Thing", "AWS::Serverless::Function", "MongoDB::Atlas::Cluster", "A::B::C::MODULE"] {
        rules(&format!("rule A {{ Resources.*[ Type == '{name}' ] empty }}\n"));
    }
    let rules = rules("rule A { AWS::EC2::Instance { Properties.X exists } }\nrule B { Custom::Thing { Y exists } }\n");
    assert_eq!(told(&guard_findings(&rules, &[template("a.yaml", "Resources: {A: {Type: AWS::IAM::User}}")])), [""; 0]);
}

#[test]
fn a_violation_is_found_at_its_line_with_the_words_of_the_rule() {
    let text = "\
# a user
Resources:
  Good:
    Type: AWS::IAM::User
    Properties:
      Path: /a/
  Wrong:
    Type: AWS::IAM::User
    Properties:
      UserName: !Sub '${AWS::Region}-b'
      Path: /b/
  Missing:
    Type: AWS::IAM::User
    Properties:
      UserName: c
  Other:
    Type: AWS::IAM::Group
";
    let told = told(&guard_findings(&rules(PATH), &[template("tokyo/a.yaml", text)]));
    assert_eq!(
        told,
        [
            "guard::violation tokyo/a.yaml:11 `Wrong` breaks the guard rule `USER_HAS_PATH`: the user stands elsewhere \
             (set Path to /a/)",
            "guard::violation tokyo/a.yaml:14 `Missing` breaks the guard rule `USER_HAS_PATH`: the user stands elsewhere \
             (set Path to /a/)",
        ]
    );
}

/// The help of a rule that says no `Fix:`.
const NO_FIX: &str =
    "change the setting or the template that makes this value; `Fix: …` in the rule's message would stand here instead";

#[test]
fn a_rule_without_words_is_told_in_those_of_the_engine() {
    let rules = rules("rule A { AWS::IAM::User { Properties.Path exists } }\n");
    let findings = guard_findings(
        &rules,
        &[template("a.yaml", "Resources:\n  A:\n    Type: AWS::IAM::User\n    Properties:\n      B: 1\n")],
    );
    assert_eq!(
        told(&findings),
        [format!("guard::violation a.yaml:4 `A` breaks the guard rule `A`: property `Path` is missing ({NO_FIX})")]
    );
}

#[test]
fn what_holds_for_no_resource_is_found_in_the_template() {
    let rules = rules("rule A { Metadata.a == 1 <<no metadata>> }\n");
    let findings =
        guard_findings(&rules, &[template("a.yaml", "Resources:\n  A: {Type: AWS::IAM::User}\nMetadata:\n  a: 2\n")]);
    let expected =
        |line| format!("guard::violation a.yaml:{line} `a.yaml` breaks the guard rule `A`: no metadata ({NO_FIX})");
    assert_eq!(told(&findings), [expected(4)]);
    let findings = guard_findings(&rules, &[template("a.yaml", "Resources:\n  A: {Type: AWS::IAM::User}\n")]);
    assert_eq!(told(&findings), [expected(1)]);
}

/// A template with `count` users who stand elsewhere, and long names so that its report is long.
fn users(file: &str, count: usize) -> Template {
    let mut text = "Resources:\n".to_owned();
    for index in 0..count {
        let tag = "x".repeat(200);
        let properties = format!("{{Path: /b/, Tags: [{{Key: a, Value: {tag}}}]}}");
        writeln!(text, "  User{index}:\n    Type: AWS::IAM::User\n    Properties: {properties}").unwrap();
    }
    template(file, &text)
}

#[test]
fn a_rule_that_many_resources_break_is_one_finding() {
    let templates: Vec<Template> = (0..20).map(|index| users(&format!("users-{index:03}.yaml"), 10)).collect();
    let findings = guard_findings(&rules(PATH), &templates);
    assert_eq!(
        told(&findings),
        [
            "guard::violation users-000.yaml:4 200 resources break the guard rule `USER_HAS_PATH`, such as `User0`, `User1`, \
          `User2`: the user stands elsewhere (set Path to /a/)"
        ]
    );
    assert_eq!(findings[0].related.len(), 2);
    assert_eq!(findings[0].related[1].0.line_column().0, 10);
}

#[test]
fn a_rule_that_many_resources_break_is_one_finding_though_its_words_differ() {
    let rules = rules("rule A { AWS::IAM::User { Properties.Path == '/a/' } }\n");
    let user = |at: usize| format!("  User{at}:\n    Type: AWS::IAM::User\n    Properties: {{Path: /b{at}/}}\n");
    let text = format!("Resources:\n{}", (0..9).map(user).collect::<String>());
    let findings = guard_findings(&rules, &[template("a.yaml", &text)]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.starts_with("9 resources break"), "{findings:?}");
}

#[test]
fn a_long_report_is_read_to_its_end() {
    // Each of these has a report of far more than 8 KiB.
    let rules = rules(&PATH.replace("Violation: the user stands elsewhere.", &"long ".repeat(2000)));
    let findings = guard_findings(&rules, &[users("a.yaml", 5)]);
    let lines: Vec<usize> = findings.iter().map(|finding| finding.place.as_ref().unwrap().line_column().0).collect();
    assert_eq!(lines, [4, 7, 10, 13, 16]);
}

#[test]
fn a_failure_does_not_hide_what_another_template_or_file_holds() {
    let files = vec![
        SourceFile::new("b.guard", "rule GROUP_NAMED { AWS::IAM::Group { Properties.GroupName exists } }\n"),
        SourceFile::new("a.guard", PATH),
    ];
    let group = "Resources:\n  G:\n    Type: AWS::IAM::Group\n";
    let findings =
        guard_findings(&RuleSet::from_files(files).unwrap(), &[users("a.yaml", 1), template("b.yaml", group)]);
    let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`User0` breaks the guard rule `USER_HAS_PATH`: the user stands elsewhere",
            "`G` breaks the guard rule `GROUP_NAMED`: property `Properties.GroupName` is missing",
        ]
    );
}

#[test]
fn a_rule_that_no_template_is_a_case_for_is_found_unless_it_asks_for_types() {
    let text = "\
rule B when Metadata.racestak.policies == 'hardened' { Resources !empty }
rule C when Metadata.racestack exists { Resources !empty }
rule D when Metadata.racestak exists { E
}
rule E { AWS::S3::Bucket { Properties exists } }
";
    let templates = ["Resources: {A: {Type: AWS::IAM::User}}", "Resources: {}\nMetadata: {racestack: {part: users}}"];
    let findings = guard_findings(&rules(text), &templates.map(|text| template("a.yaml", text)));
    let help = "(correct the condition of the rule, or let it name the resource types that it is about)";
    let never: Vec<String> = told(&findings).into_iter().filter(|line| line.contains("never-applied")).collect();
    assert_eq!(
        never,
        [format!("guard::never-applied rules/a.guard:1 the guard rule `B` was skipped on every template {help}")]
    );
    assert_eq!(told(&guard_findings(&rules(text), &[])), [""; 0]);
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_an_error() {
    for text in [
        "rule A { Metadata.a == %nobody }\n",
        "rule A { %nobody exists }\n",
        "rule A { p(Metadata)\n }\nrule p(x, y) { %x exists }\n",
    ] {
        let findings = guard_findings(&rules(text), &[template("a.yaml", "Metadata: {a: 1}\nResources: {}\n")]);
        let found: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(found, [Rule::GuardUnreadableReport], "{text}");
        assert_eq!(findings[0].place.as_ref().unwrap().path().to_str(), Some("rules/a.guard"));
    }
}

#[test]
fn a_file_is_handed_what_it_asks_for_and_finds_the_same() {
    // `Everything` and `Types` must come to the same, down to a template without any user, and one without resources.
    let narrow = "rule A { Resources.*[ Type == 'AWS::IAM::User' ] !empty }\n";
    let wide = "rule A { Resources.*[ Type == 'AWS::IAM::User' ] !empty\n Resources exists }\n";
    for text in ["Resources: {G: {Type: AWS::IAM::Group}}", "Resources: {U: {Type: AWS::IAM::User}}", "Resources: {}"] {
        let count = |rule: &str| guard_findings(&rules(rule), &[template("a.yaml", text)]).len();
        assert_eq!(count(narrow), count(wide), "{text}");
    }
}

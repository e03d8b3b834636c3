//! What the reporters write, whole. `BLESS=1 cargo test --test suite report::` rewrites the expected files; read their diff.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and writes the expected files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::path::Path;

use proptest::prelude::*;
use racestack::finding::{Finding, Rule, Severity, Suppressed, cap, sort};
use racestack::report::{Format, render};
use racestack::source::{Place, SourceFile};

const FORMATS: [(Format, &str); 6] = [
    (Format::Human, "every-kind.txt"),
    (Format::Json, "every-kind.json"),
    (Format::Sarif, "every-kind.sarif"),
    (Format::Github, "every-kind.github"),
    (Format::Junit, "every-kind.junit"),
    (Format::Markdown, "every-kind.md"),
];

#[test]
fn every_kind_of_finding_in_every_format() {
    let mut findings = every_kind();
    sort(&mut findings);
    for (format, name) in FORMATS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report").join(name);
        let actual = render(format, &findings, false);
        if std::env::var("BLESS").is_ok() {
            std::fs::write(&path, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert!(actual == expected, "{name} differs from:\n{actual}");
    }
}

/// One finding for each thing that a reporter has to get right.
fn every_kind() -> Vec<Finding> {
    let tokyo = SourceFile::new(
        "accounts/東京 1/roster.csv",
        "name,display_name\r\ntanaka,田中 太郎\r\nsato,佐藤\r\nTANAKA,田中 花子\r\n",
    );
    let seoul = SourceFile::new("accounts/seoul/roster.csv", "name,display_name\nkim,김철수\ntanaka,다나카\n");
    let settings = SourceFile::new("settings.yaml", "company: \u{1b}[31mred\u{202e}\n\tbucket: x\n");
    let missing = SourceFile::new("accounts/osaka/settings.yaml", "");
    let long =
        SourceFile::new("accounts/long/roster.json", format!("[{}\"名前\"{}]", "1,".repeat(1_250), ",2".repeat(1_250)));
    let stack = SourceFile::new("tokyo/users-001.yaml", "Resources:\n  A:\n    Type: T\n    Properties: {}\n  B: {}\n");

    let suppressions = SourceFile::new("suppressions.yaml", "- rule: A\n- rule: B\n");
    let suppressed = Suppressed {
        reason: "100% <known> & \"quoted\",\nin two lines".to_owned(),
        owner: "佐藤".to_owned(),
        expires: "2027-01-31".to_owned(),
        place: at(&suppressions, "B"),
    };

    vec![
        Finding {
            suppressed: Some(suppressed),
            guard_rule: Some("B".to_owned()),
            resource: Some("tokyo/users-001/B".to_owned()),
            ..Finding::new(Rule::GuardViolation, "`B` breaks the guard rule `B`").at(at(&stack, "B: {}"))
        },
        Finding::new(Rule::GuardViolation, "user `TANAKA` and user `tanaka` differ in case alone")
            .at(at(&tokyo, "TANAKA"))
            .label("found again here")
            .related(at(&tokyo, "tanaka"), "first here")
            .related(at(&seoul, "tanaka"), "and here")
            .related(Place::whole(&missing), "not in")
            .note("IAM compares names without regard to case")
            .note("two lines:\nthis is the second")
            .help("rename one of them: 100% sure, `name`"),
        Finding::new(Rule::FileSyntax, "`김철수` is not a name").at(at(&seoul, "김철수")).label("found here"),
        Finding::new(Rule::FileSyntax, "the display name `佐藤` is short").at(at(&tokyo, "佐藤")),
        warning("`company` holds \u{1b}[31mred\r\n, which moves\u{9b}2J the terminal")
            .at(at(&settings, "\u{1b}[31mred\u{202e}")),
        warning("a tab begins the line").at(at(&settings, "\t")).label("a tab"),
        Finding::new(Rule::FileMissing, "`accounts/osaka/settings.yaml` does not exist")
            .at(Place::whole(&missing))
            .help("write it, or remove the folder"),
        Finding::new(Rule::FileSyntax, "`名前` is no number").at(at(&long, "\"名前\"")).label("found here"),
        warning("`A` spans lines").at(at(&stack, "A:\n    Type: T\n    Properties: {}\n")).label("this resource"),
        warning("`B` is the last").at(Place::new(&stack, 9_999..9_999)),
        Finding::new(Rule::GuardUnreadableReport, "the guard engine gave no report").note("it ended early"),
        Finding::new(Rule::GuardUnreadableReport, "the guard engine gave no report").note("it ended early"),
    ]
}

fn warning(message: &str) -> Finding {
    Finding { severity: Severity::Warning, ..Finding::new(Rule::FileEncoding, message) }
}

#[track_caller]
fn at(source: &std::sync::Arc<SourceFile>, text: &str) -> Place {
    let start = source.text.find(text).unwrap();
    Place::new(source, start..start + text.len())
}

#[test]
fn a_hundred_findings_of_a_rule_are_shown_and_of_more_the_rest_is_counted() {
    for (count, last) in [(100, "no"), (101, "2 more findings of `file::syntax`, from here on, are not shown")] {
        let mut findings = vec![Finding::new(Rule::FileSyntax, "no"); count];
        cap(&mut findings);
        assert_eq!((findings.len(), findings[99].message.as_str()), (100, last));
    }
}

#[test]
fn no_findings_are_an_empty_report() {
    assert_eq!(render(Format::Human, &[], true), "");
    assert_eq!(render(Format::Json, &[], true), "{\n  \"findings\": [],\n  \"suppressed\": []\n}\n");
    assert_eq!(render(Format::Github, &[], true), "");
    assert!(
        render(Format::Junit, &[], true).contains("<testcase classname=\"racestack\" name=\"nothing was found\"/>")
    );
    let sarif: serde_json::Value = serde_json::from_str(&render(Format::Sarif, &[], true)).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn only_people_get_colour_and_only_when_asked() {
    let findings = every_kind();
    assert!(render(Format::Human, &findings, true).contains("\u{1b}["));
    for (format, name) in &FORMATS[1..] {
        assert_eq!(render(*format, &findings, true), render(*format, &findings, false), "{name}");
    }
}

#[test]
fn the_renderers_own_positions_are_gone_in_colour_too() {
    let coloured = render(Format::Human, &every_kind(), true);
    assert!(!coloured.contains('\0') && coloured.contains("roster.json:1:2502"), "{coloured}");
}

#[test]
fn a_long_row_takes_few_columns_whatever_is_marked_in_it() {
    let row = format!("tanaka,{}\nsato,{}", "名".repeat(5_000), "x".repeat(5_000));
    let source = SourceFile::new("roster.csv", row);
    let place = |span| Place::new(&source, span);
    let findings = [
        Finding::new(Rule::FileSyntax, "too long").at(place(0..usize::MAX)),
        Finding::new(Rule::FileSyntax, "too far apart").at(place(0..6)).related(place(12_000..12_003), "here"),
        Finding::new(Rule::FileSyntax, "at the end").at(place(usize::MAX..usize::MAX)),
    ];
    for line in render(Format::Human, &findings, false).lines() {
        assert!(line.chars().count() < 260, "{} characters: {line}", line.chars().count());
    }
}

#[test]
fn marks_far_apart_in_one_source_are_shown_apart() {
    let source = SourceFile::new("roster.csv", "tanaka\n".repeat(1_000));
    let finding = Finding::new(Rule::FileSyntax, "twice")
        .at(Place::new(&source, 6_986..6_992))
        .related(Place::new(&source, 0..6), "first here");
    let expected = "\
error[file::syntax]: twice
   --> roster.csv:999:1
    |
999 | tanaka
    | ^^^^^^
    |
   ::: roster.csv:1:1
    |
  1 | tanaka
    | ------ first here

racestack: 1 error
";
    assert_eq!(render(Format::Human, &[finding], false), expected);
}

/// So many findings in a file of as many rows, which `separator` ends.
fn many_findings(count: usize, separator: &str) -> Vec<Finding> {
    let rows = (0..count).map(|n| format!("user{n},名前 {n},{n}@example.com{separator}")).collect::<Vec<_>>().concat();
    let source = SourceFile::new("roster.csv", rows);
    let step = source.text.len() / count;
    (0..count)
        .map(|n| Finding::new(Rule::FileSyntax, "no").at(Place::new(&source, n * step..n * step + 4)))
        .map(|finding| finding.related(Place::new(&source, 0..4), "first"))
        .collect()
}

/// Ten times as many take some ten times as long, on a machine of any speed; were each looked for among all, a hundred
/// times. What else the machine does in the meantime is none of it: both are timed over the same number of findings, in
/// turns, and the quickest of some rounds counts.
#[test]
fn five_thousand_findings_take_a_moment() {
    for separator in ["\n", ";"] {
        let (few, many) = (many_findings(500, separator), many_findings(5_000, separator));
        for (format, name) in FORMATS {
            let time = |findings: &[Finding], times: usize| {
                let start = std::time::Instant::now();
                for _ in 0..times {
                    assert!(render(format, findings, false).len() > findings.len());
                }
                start.elapsed()
            };
            let (mut of_few, mut of_many) = (time(&few, 10), time(&many, 1));
            for _ in 0..100 {
                if of_many < of_few * 5 {
                    break;
                }
                (of_few, of_many) = (of_few.min(time(&few, 10)), of_many.min(time(&many, 1)));
            }
            assert!(of_many < of_few * 5, "{name}: ten times 500 took {of_few:?}, 5000 took {of_many:?}");
        }
    }
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_when_lines_are_equal() {
    let fingerprints = |text: &str| {
        let source = SourceFile::new("roster.csv", text);
        let findings: Vec<Finding> = text
            .match_indices("tanaka")
            .map(|(start, _)| Finding::new(Rule::FileSyntax, "no").at(Place::new(&source, start..start + 6)))
            .collect();
        let log: serde_json::Value = serde_json::from_str(&render(Format::Sarif, &findings, false)).unwrap();
        let of = |result: &serde_json::Value| result["partialFingerprints"]["primaryLocationLineHash"].to_string();
        log["runs"][0]["results"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let before = fingerprints("tanaka,1\ntanaka,1\ntanaka,2\n");
    assert_eq!(before, fingerprints("\nsato\ntanaka,1\n\ntanaka,1\ntanaka,2\n"));
    assert!(before[0].ends_with(":1\"") && before[1].ends_with(":2\"") && before[2].ends_with(":1\""), "{before:?}");
    assert_ne!(before[0][..16], before[2][..16]);
}

proptest! {
    #[test]
    fn no_text_and_no_span_upsets_a_reporter(
        text in "(?s)[a-c\u{0}-\u{1f}\r\n\t名김é\u{202e}\u{300}]{0,40}|.{0,300}",
        message in "(?s).{0,30}",
        spans in prop::collection::vec((0usize..400, 0usize..400), 1..4),
        raw in any::<bool>(),
    ) {
        let source = SourceFile::new(message.clone(), text);
        let place = |(start, end): (usize, usize)| {
            // A place made by hand can lie outside the text or cut a character.
            if raw { Place { source: source.clone(), span: start..end } } else { Place::new(&source, start..end) }
        };
        let mut finding = Finding::new(Rule::FileSyntax, message.clone()).help(message.clone()).label(message.clone());
        for (index, span) in spans.into_iter().enumerate() {
            finding = if index == 0 { finding.at(place(span)) } else { finding.related(place(span), message.clone()) };
        }
        let findings = [finding];
        let human = render(Format::Human, &findings, false);
        prop_assert!(!human.contains(|c: char| c.is_control() && c != '\n'), "{human:?}");
        for format in [Format::Json, Format::Sarif] {
            let text = render(format, &findings, true);
            prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            let parsed = match format {
                Format::Json => &json["findings"][0]["message"],
                _ => &json["runs"][0]["results"][0]["relatedLocations"][0]["message"]["text"],
            };
            prop_assert!(parsed.is_null() || *parsed == message.as_str(), "{parsed}");
        }
        let xml = render(Format::Junit, &findings, true);
        prop_assert!(!xml.contains(|c: char| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}')), "{:?}", xml);
        prop_assert_eq!(xml.matches('<').count(), xml.matches('>').count());
        prop_assert_eq!(render(Format::Github, &findings, true).lines().count(), 1);
    }
}

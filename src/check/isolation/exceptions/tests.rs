use super::*;
use crate::check::isolation::marks::{OTHER_NAME, OWN_NAME};
use crate::model::{LogicalId, UserName};
use crate::source::{Place, SourceFile};

const NAMES: [&str; 12] =
    ["bob", "bobby", "bo", "Bob2", "b", "bob.", "bob@x", "bob+", "eve", "b/", "bob-job", "BOBBY2"];

fn people() -> Vec<User> {
    let parsed = NAMES.iter().filter_map(|name| UserName::parse(name).ok());
    parsed
        .map(|name| User {
            logical_id: LogicalId::parse("A").unwrap(),
            name,
            tags: Vec::new(),
            person_tags: Vec::new(),
            suspended: false,
            console: false,
            notebook: None,
            email: None,
            stack: None,
            place: Place::whole(&SourceFile::new("", "")),
        })
        .collect()
}

/// Every pair of people for whom the comparison comes out otherwise than for their marks, found by asking for each.
fn by_hand(comparison: &Comparison, people: &[User]) -> BTreeSet<(Index, Index)> {
    let generic = Comparison::holds(comparison.test, &comparison.pattern, &comparison.text);
    let mut found = BTreeSet::new();
    for (x, own) in people.iter().enumerate() {
        for (y, other) in people.iter().enumerate().filter(|(y, _)| *y != x) {
            let cast = Cast { own: Some(own), other: Some(other) };
            let (pattern, text) = (cast.fill(&comparison.pattern), cast.fill(&comparison.text));
            if Comparison::holds(comparison.test, &pattern, &text) != generic {
                found.insert((x, y));
            }
        }
    }
    found
}

#[test]
fn exceptions_are_exactly_the_pairs_that_asking_for_each_finds() {
    let people = people();
    let register = Register::new(people.iter().collect());
    let (x, y) = (OWN_NAME, OTHER_NAME);
    let patterns = [
        format!("b/{x}/*"),
        format!("b/{x}*"),
        format!("b/{x}?*"),
        format!("b/{x}"),
        format!("*{x}*"),
        format!("b/*{x}/k"),
        "b/bob/*".to_owned(),
        "b/bob*".to_owned(),
        "b/b*".to_owned(),
        "b/?ob/k".to_owned(),
        "b/*".to_owned(),
        "*".to_owned(),
        "c/*".to_owned(),
        "bob".to_owned(),
        "BOB".to_owned(),
        "???".to_owned(),
        format!("{x}"),
        format!("{x}-job"),
        format!("{x}by"),
        format!("arn:aws:iam::1:user/{x}"),
        format!("arn:aws:iam::1:user/{x}*"),
        "arn:aws:iam::*:user/b*".to_owned(),
    ];
    let texts = [
        format!("b/{y}/k"),
        format!("b/{y}"),
        format!("{y}"),
        format!("{x}"),
        format!("{y}-job"),
        format!("arn:aws:iam::1:user/{y}"),
        format!("arn:aws:iam::1:user/{x}"),
        "bob".to_owned(),
    ];
    let ways = [Test::Equal, Test::EqualInAnyCase, Test::Like, Test::Resource, Test::Arn];
    let mut some = 0;
    for pattern in &patterns {
        for text in &texts {
            for test in ways {
                let pattern = match test {
                    Test::Equal | Test::EqualInAnyCase => pattern.clone(),
                    _ => pattern.replace('*', &MANY.to_string()).replace('?', &ONE.to_string()),
                };
                let comparison = Comparison { test, pattern, text: text.clone() };
                let found = exceptions(&comparison, &register, &register);
                let everybody = 0..people.len();
                let pairs = everybody.clone().flat_map(|x| everybody.clone().map(move |y| (x, y)));
                let expanded: BTreeSet<(Index, Index)> = pairs
                    .filter(|(x, y)| x != y)
                    .filter(|(x, y)| {
                        found.own.contains(x) || found.other.contains(y) || found.pairs.contains(&(*x, *y))
                    })
                    .collect();
                let expected = by_hand(&comparison, &people);
                some += expected.len();
                assert_eq!(expanded, expected, "{comparison:?}");
            }
        }
    }
    assert!(some > 1000, "the cases tell names apart in {some} pairs only");
}

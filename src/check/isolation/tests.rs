//! The search against asking for each person, and each pair of people, by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::asks::{Ask, Hints, Scene, Whose};
use super::estate::Estate;
use super::marks::{Cast, OTHER_NAME, OWN_NAME};
use super::ruling::{Actor, Asker, rule};
use super::search::{Wanted, actors, as_other_tags, as_others, is_wrong, search, wanted_of_own};
use super::{Kin, kin};
use crate::iam::Notes;
use crate::model::{InstanceType, LogicalId, Notebook, NotebookName, Tag, User, UserName};
use crate::plan::Names;
use crate::render::{PROTOTYPE_ID, PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, UserShape};
use crate::source::{Place, SourceFile};

/// How often policies and names are drawn. A round takes a third of a second.
const ROUNDS: usize = 40;
/// The same, with `RACESTACK_SLOW_TESTS=1`.
const SLOW_ROUNDS: usize = 400;

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// A few people whose names begin alike, or are the same in another case, or hold what other names do.
fn people(dice: &mut Dice) -> Vec<User> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    while names.len() < 5 {
        let parts = 1 + dice.below(3);
        let name: String =
            (0..parts).map(|_| dice.one_of(&["b", "bo", "bob", "B", "Bo", ".", "@x", "+", "-job", "eve"])).collect();
        if UserName::parse(&name).is_ok() {
            // IAM tells no names apart that differ in case alone.
            names.entry(name.to_lowercase()).or_insert(name);
        }
    }
    let user = |(index, name): (usize, String)| {
        let book = format!("{}{index}", name.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
        let notebook = NotebookName::parse(&book).ok().filter(|_| index % 3 != 0).map(|name| Notebook {
            name,
            instance_type: InstanceType::parse("ml.t3.medium").unwrap(),
            volume_gb: 5,
        });
        User {
            tags: vec![Tag::new("user", &name), Tag::new("team", if index % 2 == 0 { "bob" } else { "x" })],
            name: UserName::parse(&name).unwrap(),
            logical_id: LogicalId::parse("A").unwrap(),
            person_tags: Vec::new(),
            suspended: index == 4,
            console: false,
            notebook,
            email: None,
            stack: None,
            place: Place::whole(&SourceFile::new("", "")),
        }
    };
    names.into_values().enumerate().map(user).collect()
}

fn names() -> Names {
    let text = |text: &str| text.to_owned();
    Names {
        partition: text("aws"),
        account_id: text("1"),
        region: text("eu"),
        bucket: text("b"),
        bucket_arn: text("arn:aws:s3:::b"),
        user_path: text("/x/"),
        notebook_role_path: text("/x/notebook/"),
        ..Names::default()
    }
}

/// A statement that allows or denies something by somebody's name. `own` is what stands for the name of whoever asks.
fn statement(dice: &mut Dice, own: &str, somebody: &str) -> Value {
    let (actions, resources): (&[&str], &[&str]) = [
        (
            &["s3:*", "s3:GetObject", "s3:GetObjectAnew"][..],
            &[
                "arn:aws:s3:::b/OWN/*",
                "arn:aws:s3:::b/OWN*",
                "arn:aws:s3:::b/*OWN*",
                "arn:aws:s3:::b/bob*",
                "arn:aws:s3:::b/SOMEBODY/models/*",
                "arn:aws:s3:::b/??b/*",
                "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
            ][..],
        ),
        (&["s3:List*", "s3:*"], &["*", "arn:aws:s3:::b"]),
        (&["iam:*AccessKey"], &["arn:aws:iam::1:user/x/OWN", "arn:aws:iam::*:user/x/OWN*", "*"]),
        (
            &["iam:PassRole", "sts:AssumeRole"],
            &[
                "arn:aws:iam::1:role/x/notebook/OWN",
                "arn:aws:iam::1:role/x/notebook/?OWN",
                "arn:aws:iam::1:role/x/notebook/b*",
                "*",
            ],
        ),
        (&["sagemaker:*"], &["arn:aws:sagemaker:*:1:notebook-instance/OWN", "arn:aws:sagemaker:*:1:*/SOMEBODY*", "*"]),
        (&["logs:PutLogEvents"], &["arn:aws:logs:*:*:log-group:/aws/sagemaker/*:OWN*", "*"]),
        (
            &["secretsmanager:*"],
            &["arn:aws:secretsmanager:eu:1:secret:p/OWN*", "arn:aws:secretsmanager:eu:1:secret:p/OWN/*"],
        ),
    ][dice.below(7)];
    let (action, resource) = (dice.one_of(actions), dice.one_of(resources));
    let fill = |text: &str| text.replace("OWN", own).replace("SOMEBODY", somebody);
    let tests = [
        "none",
        "none",
        "none",
        "prefix",
        "listed",
        "in any case",
        "tag",
        "negated",
        "several",
        "arn",
        "network",
        "mfa",
    ];
    let condition = match dice.one_of(&tests) {
        "prefix" => {
            json!({"StringLike": {"s3:prefix": fill(dice.one_of(&["OWN/*", "OWN*", "b*", "b?b/*", "SOMEBODY/models/*"]))}})
        }
        "listed" => {
            json!({"StringEquals": {"s3:prefix": [fill("OWN/"), fill(dice.one_of(&["", "OWN", "SOMEBODY", "be"]))], "s3:delimiter": "/"}})
        }
        "in any case" => {
            json!({"StringEqualsIgnoreCase": {"aws:ResourceTag/user": fill(dice.one_of(&["OWN", "SOMEBODY", "BOB"]))}})
        }
        "tag" => json!({"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/user}"}}),
        "negated" => json!({"StringNotEquals": {"aws:ResourceTag/user": [fill("OWN"), "bo"]}}),
        "several" => json!({"StringLikeIfExists": {"s3:prefix": ["bob", "eve/*"], "aws:username": ["b*", "ev?"]}}),
        "arn" => {
            json!({"ArnLike": {"aws:PrincipalArn": dice.one_of(&["arn:aws:iam::1:user/x/bo*", "arn:aws:iam::1:*/x/eve"])}})
        }
        "network" => json!({"StringEquals": {"aws:SourceVpc": "vpc-1", "iam:PassedToService": "states.amazonaws.com"}}),
        "mfa" => json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        _ => json!({}),
    };
    let effect = dice.one_of(&["Allow", "Allow", "Deny"]);
    let key = dice.one_of(&["Resource", "Resource", "Resource", "Resource", "NotResource"]);
    json!({"Effect": effect, "Action": action, key: fill(resource), "Condition": condition})
}

fn document(dice: &mut Dice, own: &str, somebody: &str) -> Value {
    let statements: Vec<Value> = (0..=dice.below(1)).map(|_| statement(dice, own, somebody)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn estate(dice: &mut Dice, people: &[User]) -> Estate {
    let somebody = people[dice.below(people.len())].name.to_string();
    let of_group = document(dice, "${aws:username}", &somebody);
    let of_role = document(dice, PROTOTYPE_NAME, &somebody);
    let (tagged_user, tagged_role, tagged_notebook) = (dice.below(4) > 0, dice.below(4) > 0, dice.below(4) > 0);
    let group = json!({"Type": "AWS::IAM::Group", "Properties": {
        "GroupName": "g", "Policies": [{"PolicyName": "p", "PolicyDocument": of_group}]
    }});
    let twin = |form: &UserShape| {
        let trusted = if form.suspended { format!("arn:aws:iam::1:user/x/{somebody}") } else { "1".to_owned() };
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": trusted}
        }});
        let role = format!("{PROTOTYPE_ID}Role");
        let tags = |tagged: bool| -> Vec<Value> {
            let twin = form.prototype().unwrap();
            let tags = twin.tags.iter().filter(|_| tagged);
            tags.map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect()
        };
        let mut resources = json!({
            format!("{PROTOTYPE_ID}User"): {"Type": "AWS::IAM::User", "Properties": {
                "UserName": PROTOTYPE_NAME, "Path": "/x/", "Groups": ["g"], "Tags": tags(tagged_user)
            }},
            format!("{PROTOTYPE_ID}Password"): {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": format!("p/{PROTOTYPE_NAME}/password")}},
            &role: {"Type": "AWS::IAM::Role", "Properties": {
                "RoleName": PROTOTYPE_NAME, "Path": "/x/notebook/", "AssumeRolePolicyDocument": trust,
                "Policies": [{"PolicyName": "p", "PolicyDocument": of_role}], "Tags": tags(tagged_role)
            }},
        });
        if form.notebook {
            resources[format!("{PROTOTYPE_ID}Notebook")] = json!({"Type": "AWS::SageMaker::NotebookInstance", "Properties": {
                "NotebookInstanceName": PROTOTYPE_NOTEBOOK, "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
                "Tags": tags(tagged_notebook)
            }});
        }
        resources
    };
    let shapes: BTreeSet<UserShape> = people.iter().map(UserShape::of).collect();
    let twins: BTreeMap<UserShape, Value> = shapes.into_iter().map(|shape| (shape.clone(), twin(&shape))).collect();
    Estate::of(&names(), &[(0, json!({"Group": group}))], &twins)
}

/// What a problem is about: as whom, what, by which action.
type Found = BTreeSet<(Asker, String, String)>;

/// Every request that is decided otherwise than it must be, for anybody, asked by name.
fn by_hand(names: &Names, estate: &Estate, kin: &[Kin<'_>]) -> Found {
    let hints = Hints::of(estate);
    let scene = Scene { names, estate, hints: &hints };
    let mut found = Found::new();
    for one in kin {
        let holdings = &estate.people[&one.form];
        let whose = Whose { holdings, tags: &one.tags, user_tags: &one.user_tags, name: OWN_NAME };
        for held in actors(estate, holdings, kin) {
            let mut ask_all = |asks: &[Ask], cast: Cast<'_>, of_own: bool| {
                let actor = Actor::new(estate, held, cast);
                for ask in asks {
                    let wanted = if of_own { wanted_of_own(one, held.asker, ask) } else { Some(Wanted::Denied) };
                    let Some(wanted) = wanted else { continue };
                    let factors: &[bool] = if wanted == Wanted::Allowed { &[true] } else { &[true, false] };
                    for mfa in factors {
                        let ruling = rule(names, estate, (&actor, one), ask, (cast, *mfa), &mut Notes::default());
                        if is_wrong(wanted, ruling.decision).is_some() {
                            found.insert((held.asker, ask.verb.clone(), ask.action.clone()));
                        }
                    }
                }
            };
            let of_own = scene.own(&whose, held.asker == Asker::Notebook);
            let shared = scene.shared(&whose);
            for own in one.people.iter().copied() {
                let cast = Cast { own: Some(own), other: None };
                ask_all(&of_own, cast, true);
                ask_all(&shared, cast, false);
            }
            for other in kin {
                let (held_by_other, tags) = (as_others(estate, other), as_other_tags(&other.tags));
                let theirs = Whose { holdings: &held_by_other, tags: &tags, user_tags: &tags, name: OTHER_NAME };
                let asks: Vec<Ask> = scene.others(&whose, &theirs);
                for own in one.people.iter().copied() {
                    for other in other.people.iter().copied().filter(|other| other.name != own.name) {
                        ask_all(&asks, Cast { own: Some(own), other: Some(other) }, false);
                    }
                }
            }
        }
    }
    found
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test may be told to take longer")]
fn the_search_finds_what_asking_for_everybody_by_name_finds() {
    let names = names();
    let mut dice = Dice(20_221_130);
    let (mut some, mut none) = (0, 0);
    let slow = std::env::var("RACESTACK_SLOW_TESTS").is_ok_and(|value| value == "1");
    let rounds = if slow { SLOW_ROUNDS } else { ROUNDS };
    for round in 0..rounds {
        let people = people(&mut dice);
        let estate = estate(&mut dice, &people);
        assert!(estate.doubts.is_empty(), "round {round}: {:?}", estate.doubts);
        let kin = kin(&estate, &people.iter().collect::<Vec<_>>());
        let problems = search(&names, &estate, &kin).into_iter();
        let found: Found = problems.map(|problem| (problem.asker, problem.kind, problem.action)).collect();
        let expected = by_hand(&names, &estate, &kin);
        let of_others = expected.iter().any(|(_, kind, _)| kind.contains(OTHER_NAME));
        *(if of_others { &mut some } else { &mut none }) += 1;
        let shown: Vec<String> = estate.policies.iter().map(|policy| policy.value.to_string()).collect();
        let called: Vec<String> = people.iter().map(|user| user.name.to_string()).collect();
        assert_eq!(found, expected, "round {round}: {called:?} {shown:#?}");
    }
    assert!(some > rounds / 2 && none > rounds / 20, "{some} rounds reach another's, {none} do not");
}

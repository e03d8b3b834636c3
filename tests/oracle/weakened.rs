//! Weakenings of the hardened policies, made one by one from what is in them and from a list of actions: the isolation proof
//! finds each that the oracle confirms with a request, and the oracle allows each request that the proof tells as an example.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use racestack::check::Proofs;
use racestack::check::isolation::{self, Problem as Told};
use racestack::config;
use racestack::finding::Rule;
use racestack::iam::{Principal, Request as Asked};
use racestack::model;
use racestack::plan::{self, AccountPlan, Names, Part};
use racestack::render::{
    self, PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM, People, PolicyValues, Templates, UserShape,
};
use serde_json::{Map, Value as Json, json};

use crate::common::Workspace;
use crate::common::is_slow;
use crate::oracle::case::{Case, Request};
use crate::oracle::catalogue::{Catalogue, SERVICES};
use crate::oracle::chance::Chance;
use crate::oracle::departures::{self, Departures};
use crate::oracle::node::{self, Answer};
use crate::oracle::who::{Kind, Who};
use crate::oracle::words::ACCOUNT;
use crate::oracle::{Seen, aim, answers, evaluator, start};

const SETTINGS: &str = "policies: hardened\nconsole: true\nbucket: {shared_folders: [materials], team_folders: true}\n";
const ROSTER: &[u8] = b"name,state,team\nbob,,red\neve,suspended,red\n";
const ACTIONS: &str = include_str!("actions.txt");
const LIMITS_PERSON: &str = include_str!("../../src/check/isolation/reference/limits-person.json.hbs");
const LIMITS_NOTEBOOK: &str = include_str!("../../src/check/isolation/reference/limits-notebook.json.hbs");
const LIMITS_SUSPENDED: &str = include_str!("../../src/check/isolation/reference/limits-suspended-notebook.json.hbs");
const FORBIDDEN: &str = include_str!("../../src/check/isolation/reference/forbidden-person.json.hbs");
/// Changes of statements that `make test` tries, beside every third of the batches of actions; `make test-all` tries all.
const CHANGES: usize = 10;
/// Actions that are allowed at once.
const AT_ONCE: usize = 52;
/// Requests that are asked about each.
const REQUESTS: usize = 5;

/// What somebody's requests are decided by, and the most that these may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum View {
    Person,
    Notebook,
    SuspendedPerson,
    SuspendedNotebook,
    /// The boundary with everything allowed.
    PersonBoundary,
    NotebookBoundary,
    /// The guardrails with everything allowed, of what they must deny.
    Guardrails,
}

const VIEWS: [View; 7] = [
    View::Person,
    View::Notebook,
    View::SuspendedPerson,
    View::SuspendedNotebook,
    View::PersonBoundary,
    View::NotebookBoundary,
    View::Guardrails,
];

/// The policies of an account by their logical IDs.
type Documents = BTreeMap<String, Json>;

/// A weakening: what it is, the policies that it changes, and the statement that it is about.
struct Weakening {
    name: String,
    /// The weakenings that are proven together: allowed actions do not hide one another.
    together: usize,
    changed: Documents,
    about: Json,
}

struct Estate<'a> {
    plan: &'a AccountPlan<'a>,
    stacks: Vec<(Part, Json)>,
    prototypes: BTreeMap<UserShape, Json>,
    documents: Documents,
    /// The policies of the group.
    of_group: Vec<String>,
    limits: BTreeMap<View, Json>,
}

#[test]
fn each_weakening_that_the_oracle_confirms_is_found_and_no_example_is_refuted() {
    let workspace = Workspace::new(SETTINGS, "roster.csv", ROSTER);
    let mut findings = Vec::new();
    let folder = workspace.path("config");
    let config = config::read(&folder, &[], &mut findings).unwrap();
    let people = config::people(&folder, &config.accounts[0], &mut findings).unwrap();
    let account = model::account(&config.accounts[0], &people, &mut findings).unwrap();
    let templates = Templates::new(Vec::new()).unwrap();
    let people = People::render(&templates, &account, &Names::of(&account), &account.users).unwrap();
    let placed = plan::place(&account, render::capacity(&account, &people), |user| people.size(user));
    let plan = plan::plan(&account, Path::new("out"), placed.stacks);
    let estate = Estate::of(&plan, &templates, &people);

    let catalogue = Catalogue::new(&node::catalogue(&SERVICES));
    let mut chance = Chance::new(start());
    let mut weakenings = estate.weakenings();
    let all = weakenings.len();
    let actions = ACTIONS.lines().count();
    let every = if is_slow() { 1 } else { 3 };
    weakenings.retain(|one| one.together >= actions || one.together / 2 % every == 0);
    let allowed = weakenings.partition_point(|one| one.together < actions);
    while !is_slow() && weakenings.len() > allowed + CHANGES {
        weakenings.swap_remove(allowed + chance.below(weakenings.len() - allowed));
    }
    let proofs = Proofs::default();
    assert!(estate.told(&Documents::new(), &proofs).is_empty());
    let mut batches: BTreeMap<usize, Documents> = BTreeMap::new();
    for Weakening { together, changed, .. } in &weakenings {
        let batch = batches.entry(*together).or_default();
        for (id, document) in changed {
            let known = batch.entry(id.clone()).or_insert_with(|| estate.documents[id].clone());
            if *together < actions {
                let last = document["Statement"].as_array().unwrap().last().unwrap();
                known["Statement"].as_array_mut().unwrap().push(last.clone());
            } else {
                known.clone_from(document);
            }
        }
    }
    let batches: Vec<(usize, Documents)> = batches.into_iter().collect();
    let (estate, proofs) = (&estate, &proofs);
    let told: BTreeMap<usize, (Documents, Vec<Told>)> = std::thread::scope(|scope| {
        let of = |some: &'_ [(usize, Documents)]| {
            some.iter().map(|(at, batch)| (*at, (batch.clone(), estate.told(batch, proofs)))).collect::<Vec<_>>()
        };
        let parts: Vec<_> = batches.chunks(batches.len() / 2 + 1).map(|some| scope.spawn(move || of(some))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let confirmed = estate.confirmed(&weakenings, &catalogue, &mut chance);
    let mut missed = BTreeSet::new();
    for (place, view, case) in &confirmed {
        let Weakening { name, together, changed, .. } = &weakenings[*place];
        let request = evaluator::request(case);
        let covers = |one: &Told| one.lines.iter().any(|line| line.covers(&request));
        let cannot_tell = |one: &Told| one.lines.is_empty() && one.rule == Rule::IsolationUndecided;
        let is_told = told[together].1.iter().any(|one| covers(one) || cannot_tell(one));
        if !is_told {
            missed.insert(format!("{name}: {view:?} {}\n{changed:?}\n{:?}", case.json()["request"], told[together].1));
        }
    }
    assert!(missed.is_empty(), "{} missed\n{}", missed.len(), missed.into_iter().collect::<Vec<_>>().join("\n"));
    let found = weakenings.iter().filter(|one| is_found(one, &told[&one.together].1)).count();
    let examples = estate.check_examples(told.values());
    // What is told as too wide comes with examples, each of which the oracle has just allowed.
    let by_examples = weakenings.iter().enumerate().filter(|(_, one)| {
        let (_, told) = &told[&one.together];
        let wide: Vec<Told> = told.iter().filter(|told| told.rule == Rule::IsolationTooWide).cloned().collect();
        is_found(one, &wide)
    });
    let by_examples = by_examples.map(|(place, _)| place);
    let confirmed: BTreeSet<usize> = confirmed.into_iter().map(|(place, ..)| place).chain(by_examples).collect();
    println!(
        "{} of {all} weakenings: the oracle confirms {}, the proof finds {found}; {examples} examples are asked about",
        weakenings.len(),
        confirmed.len(),
    );
    assert!(weakenings.len() * every >= 300 && confirmed.len() * 2 > weakenings.len());
}

/// Whether the proof tells of a weakening: of its action, or at all.
fn is_found(weakening: &Weakening, told: &[Told]) -> bool {
    let mut wide = told.iter().filter(|one| one.rule != Rule::IsolationOwnRefused);
    let Some(action) = weakening.name.split_once(" in ").map(|(action, _)| action.to_ascii_lowercase()) else {
        return wide.next().is_some();
    };
    wide.flat_map(|one| &one.lines).any(|line| line.actions.contains(&action))
}

impl<'a> Estate<'a> {
    #[track_caller]
    fn of(plan: &'a AccountPlan<'a>, templates: &Templates, people: &People<'_>) -> Self {
        let rendered = plan.stacks.iter().map(|stack| render::fill(templates, plan, stack, people).unwrap());
        let stacks: Vec<(Part, Json)> = rendered
            .filter(|one| !matches!(one.part, Part::Users(_)))
            .map(|one| (one.part, render::read(templates, &one).unwrap().unwrap().value["Resources"].take()))
            .collect();
        let (_, prototypes) = render::resources_of_prototypes(templates, people).unwrap();
        let resources = stacks.iter().flat_map(|(_, resources)| resources.as_object().unwrap());
        let policies = resources.filter(|(_, resource)| resource["Type"] == "AWS::IAM::ManagedPolicy");
        let documents: Documents =
            policies.map(|(id, resource)| (id.clone(), resource["Properties"]["PolicyDocument"].clone())).collect();
        let access = &stacks.iter().find(|(part, _)| *part == Part::Access).unwrap().1;
        let of_group = access["Group"]["Properties"]["ManagedPolicyArns"].as_array().unwrap().iter();
        let of_group = of_group.map(|policy| policy["Ref"].as_str().unwrap().to_owned()).collect();
        let values = PolicyValues::of(plan);
        let fill = |template: &str| without_comments(values.fill(template).unwrap());
        let nothing = json!({"Version": "2012-10-17", "Statement": []});
        let limits = [
            (View::Person, fill(LIMITS_PERSON)),
            (View::PersonBoundary, fill(LIMITS_PERSON)),
            (View::Notebook, fill(LIMITS_NOTEBOOK)),
            (View::NotebookBoundary, fill(LIMITS_NOTEBOOK)),
            (View::SuspendedPerson, nothing),
            (View::SuspendedNotebook, fill(LIMITS_SUSPENDED)),
            (View::Guardrails, fill(FORBIDDEN)),
        ];
        Self { plan, prototypes, documents, of_group, limits: limits.into(), stacks }
    }

    /// What the proof tells with these policies changed.
    #[track_caller]
    fn told(&self, changed: &Documents, proofs: &Proofs) -> Vec<Told> {
        let mut stacks = self.stacks.clone();
        for (id, document) in changed {
            let (_, access) = stacks.iter_mut().find(|(part, _)| *part == Part::Access).unwrap();
            access[id]["Properties"]["PolicyDocument"] = document.clone();
        }
        let mut told = Vec::new();
        isolation::each_problem(self.plan, &stacks, &self.prototypes, proofs, |one, _, _| told.push(one.clone()))
            .unwrap();
        told
    }

    fn weakenings(&self) -> Vec<Weakening> {
        let mut all = Vec::new();
        for (index, action) in ACTIONS.lines().filter(|line| !line.starts_with('#')).enumerate() {
            let allowed = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
            let kinds = [["SageMakerPolicy", "BoundaryPolicy"], ["NotebookPolicy", "NotebookBoundaryPolicy"]];
            for (kind, both) in kinds.into_iter().enumerate() {
                let name = format!("{action} in {}", both[0]);
                let add = |statements: &mut Vec<Json>| statements.push(allowed.clone());
                let together = index / AT_ONCE * 2 + kind;
                all.push(Weakening { together, ..self.weakening(name, &both, &allowed, add) });
            }
        }
        for (id, document) in &self.documents {
            for statement in document["Statement"].as_array().unwrap() {
                // The same statement stands in the boundary.
                let both: &[&str] = match id.as_str() {
                    "NotebookPolicy" => &[id, "NotebookBoundaryPolicy"],
                    "DailyWorkPolicy" => &[id, "BoundaryPolicy"],
                    "SharedFoldersPolicy" => &[id, "BoundaryPolicy", "NotebookBoundaryPolicy"],
                    _ => &[id],
                };
                let name = |what: &str| format!("{id}, {}: {what}", statement["Sid"]);
                let is_it = |one: &Json| one["Sid"] == statement["Sid"];
                let drop = |statements: &mut Vec<Json>| statements.retain(|one| !is_it(one));
                all.push(self.weakening(name("dropped"), both, statement, drop));
                for (what, other) in changes(statement) {
                    let put = |statements: &mut Vec<Json>| {
                        statements.iter_mut().filter(|one| is_it(one)).for_each(|one| *one = other.clone());
                    };
                    all.push(self.weakening(name(&what), both, &other, put));
                }
            }
        }
        for (index, one) in all.iter_mut().enumerate().filter(|(_, one)| one.together == usize::MAX) {
            one.together = ACTIONS.lines().count() + index;
        }
        all
    }

    fn weakening(&self, name: String, ids: &[&str], about: &Json, change: impl Fn(&mut Vec<Json>)) -> Weakening {
        let changed = ids.iter().map(|id| {
            let mut document = self.documents[*id].clone();
            change(document["Statement"].as_array_mut().unwrap());
            ((*id).to_owned(), document)
        });
        Weakening { name, together: usize::MAX, changed: changed.collect(), about: about.clone() }
    }

    /// The policies that decide in a view, and the boundary.
    fn policies(&self, view: View, changed: &Documents) -> (Vec<Json>, Option<Json>) {
        let of = |id: &str| changed.get(id).unwrap_or(&self.documents[id]).clone();
        let everything =
            json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
        let of_group = || self.of_group.iter().map(|id| of(id));
        match view {
            View::Person => (of_group().collect(), Some(of("BoundaryPolicy"))),
            View::SuspendedPerson => {
                (of_group().chain([of("SuspendedUserPolicy")]).collect(), Some(of("BoundaryPolicy")))
            }
            View::Notebook => {
                (vec![of("NotebookPolicy"), of("SharedFoldersPolicy")], Some(of("NotebookBoundaryPolicy")))
            }
            View::SuspendedNotebook => {
                let denied = of("SuspendedNotebookPolicy");
                (vec![of("NotebookPolicy"), of("SharedFoldersPolicy"), denied], Some(of("NotebookBoundaryPolicy")))
            }
            View::PersonBoundary => (vec![everything], Some(of("BoundaryPolicy"))),
            View::NotebookBoundary => (vec![everything], Some(of("NotebookBoundaryPolicy"))),
            View::Guardrails => {
                (vec![everything, of("GuardrailsPolicy")], Some(self.limits[&View::Guardrails].clone()))
            }
        }
    }

    fn case(&self, view: View, changed: &Documents, request: &Request) -> Case {
        let (identity, boundary) = self.policies(view, changed);
        // What is another account's is that account's to give, which leaves it to this one.
        let trusting = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"
        }});
        let resource_policy = (request.account != ACCOUNT).then_some(trusting);
        Case { identity, boundary, resource_policy, request: request.clone() }
    }

    /// The weakenings with which the oracle allows a request that it denied before and that the limits do not allow.
    #[track_caller]
    fn confirmed(
        &self,
        weakenings: &[Weakening],
        catalogue: &Catalogue,
        chance: &mut Chance,
    ) -> Vec<(usize, View, Case)> {
        let mut asked: Vec<(usize, View, Request)> = Vec::new();
        for (place, Weakening { changed, about, .. }) in weakenings.iter().enumerate() {
            let about = json!({"Version": "2012-10-17", "Statement": [about]});
            for view in VIEWS
                .into_iter()
                .filter(|view| self.policies(*view, changed) != self.policies(*view, &Documents::new()))
            {
                for _ in 0..REQUESTS {
                    asked.push((place, view, request(view, &about, catalogue, chance)));
                }
            }
        }
        // What AWS does not send with an action is taken out of the requests.
        let decide = |asked: &mut [(usize, View, Request)], case: &dyn Fn(usize, View, &Request) -> Case| {
            let of = |(place, view, request): &(usize, View, Request)| case(*place, *view, request);
            let mut cases: Vec<Case> = asked.iter().map(of).collect();
            let answers = answers(&mut cases, &mut Seen::default());
            for ((.., request), case) in asked.iter_mut().zip(cases) {
                *request = case.request;
            }
            let is_allowed = |one: &Answer| matches!(one, Answer::Decided { decision, .. } if decision == "Allowed");
            answers.iter().map(is_allowed).collect::<Vec<bool>>()
        };
        let keep = |asked: Vec<(usize, View, Request)>, allowed: Vec<bool>, wanted: bool| {
            let kept = asked.into_iter().zip(allowed).filter(|(_, allowed)| *allowed == wanted);
            kept.map(|(asked, _)| asked).collect::<Vec<_>>()
        };
        let allowed = decide(&mut asked, &|place, view, request| self.case(view, &weakenings[place].changed, request));
        let mut asked = keep(asked, allowed, true);
        let allowed = decide(&mut asked, &|_, view, request| self.case(view, &Documents::new(), request));
        let mut asked = keep(asked, allowed, false);
        let limited = |view: View, request: &Request| {
            let limits = if view == View::Guardrails {
                json!({"Version": "2012-10-17", "Statement": []})
            } else {
                self.limits[&view].clone()
            };
            Case { identity: vec![limits], boundary: None, ..self.case(view, &Documents::new(), request) }
        };
        let allowed = decide(&mut asked, &|_, view, request| limited(view, request));
        let asked = keep(asked, allowed, false);
        let case = |(place, view, request): (usize, View, Request)| {
            (place, view, self.case(view, &weakenings[place].changed, &request))
        };
        asked.into_iter().map(case).collect()
    }

    /// Asks the oracle about the requests that the proof tells as examples; how many there are.
    #[track_caller]
    fn check_examples<'t>(&self, told: impl Iterator<Item = &'t (Documents, Vec<Told>)>) -> usize {
        let mut asked: Vec<(&Told, Json)> = Vec::new();
        for (changed, told) in told {
            for one in told.iter().filter(|one| one.rule != Rule::IsolationUndecided) {
                for line in &one.lines {
                    let case = self.case(view(&one.message), changed, &example_of(&line.example));
                    let mut json = departures::without(&case, &mut Departures::new()).json();
                    json["made_up"] = json!(true);
                    asked.push((one, json));
                }
            }
        }
        let cases: Vec<Json> = asked.iter().map(|(_, case)| case.clone()).collect();
        for ((told, case), answer) in asked.iter().zip(node::decide(&cases)) {
            let Answer::Decided { decision, .. } = answer else { panic!("{case}") };
            let is_told = (decision == "Allowed") == (told.rule == Rule::IsolationTooWide);
            assert!(is_told, "{} but {decision}: {case}", told.message);
        }
        asked.len()
    }
}

/// The view that a message of the proof speaks of.
#[track_caller]
fn view(message: &str) -> View {
    let views = [
        ("the guardrails would let", View::Guardrails),
        ("boundary alone would let a person", View::PersonBoundary),
        ("the permissions boundary would let a notebook", View::NotebookBoundary),
        ("boundary alone would let a notebook", View::NotebookBoundary),
        ("the notebook of a suspended person can", View::SuspendedNotebook),
        ("a suspended person can", View::SuspendedPerson),
        ("a notebook can", View::Notebook),
        ("a person can", View::Person),
    ];
    views.iter().find(|(words, _)| message.contains(words)).unwrap_or_else(|| panic!("{message}")).1
}

/// A request of a prototype, or of its notebook, that a statement speaks of.
fn request(view: View, about: &Json, catalogue: &Catalogue, chance: &mut Chance) -> Request {
    let is_role = matches!(view, View::Notebook | View::SuspendedNotebook | View::NotebookBoundary);
    let (path, kind) = if is_role {
        ("role/deepracer/notebook/q7person", Kind::Session)
    } else {
        ("user/deepracer/q7person", Kind::User)
    };
    let arn = format!("arn:aws:iam::{ACCOUNT}:{path}");
    let principal =
        if is_role { format!("arn:aws:sts::{ACCOUNT}:assumed-role/{PROTOTYPE_NAME}/SageMaker") } else { arn.clone() };
    let who =
        Who { principal, account: Some(ACCOUNT), name: PROTOTYPE_NAME.to_owned(), arn, kind, tags: BTreeMap::new() };
    let mut request = aim::request(about, &who, catalogue, chance);
    if chance.percent(60) {
        aim::aside(&mut request, catalogue, chance);
    }
    request.context.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:principaltag/"));
    let tags = [("user", PROTOTYPE_NAME), ("notebook", PROTOTYPE_NOTEBOOK), ("team", PROTOTYPE_TEAM)]
        .map(|(key, value)| (format!("aws:PrincipalTag/{key}"), json!(value)));
    request.context.extend(tags);
    request.context.insert("aws:SecureTransport".to_owned(), json!("true"));
    request
}

/// The proof's example in the words of a case.
fn example_of(example: &Asked) -> Request {
    let (arn, kind) = match &example.principal {
        Principal::User { arn, .. } => (arn.clone(), Kind::User),
        Principal::Role { arn, .. } => (arn.clone(), Kind::Session),
        Principal::Service(service) => panic!("a service: {service}"),
    };
    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/SageMaker");
    let principal = if kind == Kind::Session { session } else { arn.clone() };
    let said = example.context.iter().filter_map(|(key, values)| {
        let values = values?;
        let said = if values.multiple { json!(values.list) } else { json!(values.list.first()?) };
        Some((key.to_owned(), said))
    });
    let context: Map<String, Json> = said.collect();
    let resource = example.resource.clone();
    let account = resource.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or(ACCOUNT).to_owned();
    let who = Who { principal, account: Some(ACCOUNT), name, arn, kind, tags: BTreeMap::new() };
    Request { who, action: example.action.clone(), resource, account, context, possible: Vec::new() }
}

/// A statement with one thing in it changed: each key, operator and value of its conditions, each resource by one step.
fn changes(statement: &Json) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Json)| {
        let mut other = statement.clone();
        change(&mut other);
        if other != *statement {
            all.push((what, other));
        }
    };
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().unwrap() {
            let at = |other: &mut Json| other["Condition"][operator].as_object_mut().unwrap().remove(key).unwrap();
            let clean = |other: &mut Json| {
                let conditions = other["Condition"].as_object_mut().unwrap();
                conditions.retain(|_, keys| keys.as_object().is_some_and(|keys| !keys.is_empty()));
            };
            let other_key =
                if key.contains("Tag/") { key.replace("/user", "/team") } else { "aws:ResourceTag/team".to_owned() };
            add(format!("{other_key} for {key}"), &|other| {
                let values = at(other);
                other["Condition"][operator][&other_key] = values;
            });
            add(format!("without {key}"), &|other| {
                at(other);
                clean(other);
            });
            for to in operators(operator) {
                add(format!("{to} for {operator}"), &|other| {
                    let values = at(other);
                    other["Condition"][&to] = json!({ key: values });
                    clean(other);
                });
            }
            for value in ["*", "bobby", "true", "false"] {
                add(format!("{value} for {values}"), &|other| other["Condition"][operator][key] = json!(value));
            }
            let wide = aim::texts(values).iter().map(|text| wider(text)).collect::<Vec<_>>();
            add(format!("{wide:?} for {values}"), &|other| other["Condition"][operator][key] = json!(wide));
        }
    }
    for element in ["Resource", "NotResource"] {
        for text in aim::texts(&statement[element]) {
            let steps = [
                wider(text),
                text.rsplit_once('/').map_or(text.to_owned(), |(before, _)| format!("{before}/*")),
                text.replace("/*", "*"),
                "*".to_owned(),
            ];
            for step in steps {
                add(format!("{step} for {text}"), &|other| {
                    let texts = aim::texts(&statement[element]).into_iter();
                    other[element] = texts.map(|one| if one == text { step.clone() } else { one.to_owned() }).collect();
                });
            }
        }
    }
    all
}

/// The operators that one may be mistaken for.
fn operators(operator: &str) -> Vec<String> {
    let negated = if operator.contains("Not") {
        operator.replace("Not", "")
    } else {
        operator.replace("String", "StringNot").replace("Arn", "ArnNot")
    };
    let like = operator.replace("Equals", "Like");
    let mut others = vec![negated, like];
    if !operator.contains(':') && operator != "Null" {
        others.push(format!("{operator}IfExists"));
    }
    others
}

/// The last part of a text made any: the name of a variable, or what stands behind a slash.
fn wider(text: &str) -> String {
    let cut = text.trim_end_matches("/*");
    let end = cut.rfind("${").or_else(|| cut.rfind(['/', ':']).map(|at| at + 1)).unwrap_or(0);
    format!("{}*", &cut[..end])
}

/// A policy without the comments in its statements.
fn without_comments(mut policy: Json) -> Json {
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("//");
    }
    policy
}

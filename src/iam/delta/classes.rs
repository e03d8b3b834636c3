//! Actions and resources, told apart by the patterns that match them.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::{Arc, RwLock};

use super::super::automaton::{Language, Step, actions, arn_pattern, arns, arns_of_accounts, pattern, witnesses};
use super::super::decide::is_elsewhere;
use super::super::pattern::{encoded, is_like, is_resource_like, segments, shown};
use super::super::request::{Principal, Request};
use super::super::tri_bool::TriBool;

/// Lists of patterns: a text that fits one of a list fits the list.
pub(super) type PatternLists = BTreeSet<BTreeSet<String>>;

/// How many patterns of a list are named.
const NAMED: usize = 3;

/// No ARN of these services has so many colons behind the account: what they name has none in its name. A wildcard that reaches beyond its
/// segment could match such alone.
/// Sources: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerai.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>
const TOO_MANY_COLONS: [(&str, usize); 3] = [("logs", 4), ("sagemaker", 1), ("secretsmanager", 2)];

/// The classes of actions that were asked for, by their lists.
static KNOWN: RwLock<BTreeMap<PatternLists, Option<Arc<Classes>>>> = RwLock::new(BTreeMap::new());

/// With more lists than these, those that were kept are dropped: companies can have any number of policies.
const MOST_KNOWN: usize = 256;

/// Texts, of which those that the same lists of patterns match are one class.
#[derive(Debug)]
pub(super) struct Classes {
    /// Whether a text fits a pattern.
    test: fn(&str, &str) -> TriBool,
    /// Who asks, where it makes a difference in whose account a resource is.
    asking: Option<Principal>,
    lists: Vec<BTreeSet<String>>,
    /// A text of each class.
    pub witnesses: Vec<String>,
    by_truths: BTreeMap<Vec<TriBool>, usize>,
}

impl Classes {
    /// The actions, by the lists that name them, of patterns in lower case: two actions that the same lists name are of one
    /// class. `None` if there are too many combinations.
    ///
    /// They are kept: what people and accounts are allowed differs in resources, and hardly in actions.
    pub(super) fn of_actions(lists: PatternLists) -> Option<Arc<Self>> {
        if let Some(known) = KNOWN.read().ok()?.get(&lists) {
            return known.clone();
        }
        let language = |list: &BTreeSet<String>| list.iter().map(|text| pattern(text)).collect();
        let languages: Vec<Language> = lists.iter().map(language).collect();
        let of = |texts| Self::of(|pattern, text| is_like(pattern, text).into(), lists.clone(), texts, None);
        let classes = witnesses(&languages, &actions()).map(of).map(Arc::new);
        let mut known = KNOWN.write().ok()?;
        if known.len() == MOST_KNOWN {
            known.clear();
        }
        known.insert(lists, classes.clone());
        classes
    }

    /// The resources: ARNs, and the `*` of an action that knows none.
    ///
    /// In another account than that of who asks, more must allow.
    pub(super) fn of_resources(patterns: BTreeSet<String>, request: &Request) -> Option<Self> {
        let mut languages: Vec<Vec<Step>> = patterns.iter().map(|text| pattern(text)).collect();
        // A wildcard that would have to reach beyond its segment makes the match doubtful.
        languages.extend(patterns.iter().filter_map(|text| arn_pattern(text)));
        languages.extend(request.principal.account().into_iter().flat_map(arns_of_accounts));
        let impossible = |(service, colons): (&str, usize)| format!("arn:*:{service}:*:*:*{}", ":*".repeat(colons));
        languages.extend(TOO_MANY_COLONS.into_iter().filter_map(|one| arn_pattern(&encoded(&impossible(one)))));
        let languages: Vec<Language> = languages.into_iter().map(|steps| vec![steps]).collect();
        let mut texts = witnesses(&languages, &arns())?;
        texts.retain(|text| may_be(text));
        texts.push("*".to_owned());
        Some(Self::of(is_resource_like, singles(patterns), texts, Some(request.principal.clone())))
    }

    fn of(test: fn(&str, &str) -> TriBool, lists: PatternLists, texts: Vec<String>, asking: Option<Principal>) -> Self {
        let mut classes = Self {
            test,
            asking,
            lists: lists.into_iter().collect(),
            witnesses: Vec::new(),
            by_truths: BTreeMap::new(),
        };
        for text in texts {
            let class = classes.witnesses.len();
            let truths = classes.truths(&text);
            if let Entry::Vacant(entry) = classes.by_truths.entry(truths) {
                entry.insert(class);
                classes.witnesses.push(text);
            }
        }
        classes
    }

    /// The class of a text; `None` for one that is no action, or no ARN.
    pub(super) fn class_of(&self, text: &str) -> Option<usize> {
        self.by_truths.get(&self.truths(text)).copied()
    }

    fn truths(&self, text: &str) -> Vec<TriBool> {
        let of_list = |list: &BTreeSet<String>| {
            let all = list.iter().map(|pattern| (self.test)(pattern, text));
            all.max().unwrap_or(TriBool::No)
        };
        self.lists.iter().map(of_list).chain([TriBool::from(self.is_elsewhere(text))]).collect()
    }

    /// Whether a resource is in another account than that of who asks.
    pub(super) fn is_elsewhere(&self, text: &str) -> bool {
        self.asking.as_ref().is_some_and(|principal| is_elsewhere(principal, text))
    }

    /// The classes of `set` in as few words as the patterns allow, with or without those of `of_no_matter`. That it is
    /// about this account alone is not said.
    pub(super) fn labels(&self, set: &BTreeSet<usize>, of_no_matter: &BTreeSet<usize>) -> Vec<String> {
        let (wanted, set) = (set, &(set | of_no_matter));
        let here = |class: &usize| !self.is_elsewhere(&self.witnesses[*class]);
        let all = 0..self.witnesses.len();
        let universe: BTreeSet<usize> = if set.iter().all(here) { all.filter(here).collect() } else { all.collect() };
        if *set == universe {
            return vec!["*".to_owned()];
        }
        let named: Vec<NamedClasses> = self.named(&universe);
        // What a phrase can leave out, the largest first.
        let mut without: Vec<&NamedClasses> = named.iter().filter(|(_, classes)| classes.is_disjoint(set)).collect();
        without.sort_by_key(|(_, classes)| std::cmp::Reverse(classes.len()));
        let everything = ("*".to_owned(), universe);
        let phrases = named.iter().chain([&everything]).filter_map(|one| Phrase::but(one.clone(), &without, set));
        let (mut chosen, mut rest) = cover(wanted, phrases.collect());
        while let Some(class) = rest.first().copied() {
            let phrase = self.part(class, set, &named, &without);
            rest = &rest - &phrase.told;
            rest.remove(&class);
            chosen.push(phrase);
        }
        chosen.sort_by(|a, b| (a.exceptions, &a.label).cmp(&(b.exceptions, &b.label)));
        chosen.into_iter().map(|phrase| phrase.label).collect()
    }

    /// The lists as they are shown, each with what it matches of `universe`: what it certainly matches, that and what it may
    /// match, and the latter alone.
    fn named(&self, universe: &BTreeSet<usize>) -> Vec<NamedClasses> {
        let named = self.lists.iter().enumerate().flat_map(|(index, list)| {
            let mut shortened: Vec<String> = list.iter().take(NAMED).map(|one| shown(one)).collect();
            shortened.extend(list.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
            let name = shortened.join(" or ");
            let matched = |wanted: &[TriBool]| -> BTreeSet<usize> {
                let of = self.by_truths.iter().filter(|(truths, _)| wanted.contains(&truths[index]));
                of.map(|(_, class)| *class).filter(|class| universe.contains(class)).collect()
            };
            let doubtful = (format!("{name} if * matches colons"), matched(&[TriBool::Unknown]));
            [(name.clone(), matched(&[TriBool::Yes])), (name, matched(&[TriBool::Yes, TriBool::Unknown])), doubtful]
        });
        named.filter(|(_, classes)| !classes.is_empty()).collect()
    }

    /// What a class is part of: of two patterns at once, where these match nothing else, or as an example.
    fn part(&self, class: usize, set: &BTreeSet<usize>, named: &[NamedClasses], without: &[&NamedClasses]) -> Phrase {
        let mut around: Vec<&NamedClasses> = named.iter().filter(|(_, classes)| classes.contains(&class)).collect();
        around.sort_by_key(|(_, classes)| classes.len());
        for (at, (name, classes)) in around.iter().enumerate() {
            for (other, others) in around[at + 1..].iter().filter(|(other, _)| other != name) {
                let both = (format!("{name} that are also {other}"), classes & others);
                if let Some(phrase) = Phrase::but(both, without, set) {
                    return phrase;
                }
            }
        }
        let name = around.first().map_or("*", |(name, _)| name);
        let label = format!("{name} in part, such as {}", self.witnesses[class]);
        Phrase { label, told: BTreeSet::from([class]), exceptions: usize::MAX }
    }
}

/// Whether an ARN may be one of something.
fn may_be(arn: &str) -> bool {
    let too_many = |service: &str| TOO_MANY_COLONS.iter().find(|(of, _)| *of == service).map(|(_, colons)| *colons);
    segments(arn).is_none_or(|[.., service, _, _, of_service]| {
        too_many(service).is_none_or(|colons| of_service.matches(':').count() < colons)
    })
}

/// Each of some patterns by itself.
pub(super) fn singles(patterns: impl IntoIterator<Item = String>) -> PatternLists {
    patterns.into_iter().map(|pattern| BTreeSet::from([pattern])).collect()
}

/// What a pattern, or several, are called, and the classes that they match.
type NamedClasses = (String, BTreeSet<usize>);

/// Words for some classes.
struct Phrase {
    label: String,
    told: BTreeSet<usize>,
    exceptions: usize,
}

impl Phrase {
    /// What is left without some of `without`, if that is all within `set`.
    fn but((mut label, mut told): NamedClasses, without: &[&NamedClasses], set: &BTreeSet<usize>) -> Option<Self> {
        let mut exceptions = 0;
        for (name, classes) in without {
            if !classes.is_disjoint(&told) {
                told = &told - classes;
                label.push_str(if exceptions == 0 { " but " } else { ", " });
                label.push_str(name);
                exceptions += 1;
            }
        }
        (!told.is_empty() && told.is_subset(set)).then_some(Self { label, told, exceptions })
    }
}

/// Phrases that together tell of as much of `set` as any do, in few words; and what none tells of.
fn cover(set: &BTreeSet<usize>, mut phrases: Vec<Phrase>) -> (Vec<Phrase>, BTreeSet<usize>) {
    let mut rest = set.clone();
    let mut chosen: Vec<Phrase> = Vec::new();
    // How many more classes are told of, per word; of equals, the first.
    let worth = |phrase: &Phrase, rest: &_| phrase.told.intersection(rest).count() * 1_000 / (phrase.exceptions + 1);
    while let Some(best) = (0..phrases.len()).max_by_key(|at| (worth(&phrases[*at], &rest), std::cmp::Reverse(*at))) {
        let phrase = phrases.swap_remove(best);
        if worth(&phrase, &rest) == 0 {
            break;
        }
        rest = &rest - &phrase.told;
        chosen.push(phrase);
    }
    // What all the others tell of already need not be said.
    let mut at = 0;
    while at < chosen.len() {
        let others = chosen.iter().enumerate().filter(|(other, _)| *other != at).flat_map(|(_, phrase)| &phrase.told);
        let told: BTreeSet<usize> = others.copied().collect();
        if chosen[at].told.intersection(set).all(|class| told.contains(class)) {
            chosen.remove(at);
        } else {
            at += 1;
        }
    }
    (chosen, rest)
}

//! The ways in which the values of a condition key can meet the conditions about it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use super::super::Context;
use super::super::automaton::{Language, Step, all, any_case, arn_pattern, pattern, witnesses};
use super::super::condition::Condition;
use super::super::operator::{AddressRange, Base, Operator, compare, date, date_text, number, range, truth};
use super::super::pattern::{Filled, shown};
use super::super::request::{Request, Values};
use super::super::tri_bool::{Doubts, TriBool};
use crate::facts::condition_keys::{ValueKind, condition_key};

/// A condition key, and for every way in which its values can meet the conditions a value.
#[derive(Debug)]
pub(super) struct Axis {
    /// In lower case.
    pub key: String,
    conditions: Vec<Condition>,
    /// What these want of its values, with the variables filled in.
    wanted: Vec<(Base, String)>,
    /// What is the same in all requests.
    request: Request,
    /// The ways.
    pub classes: Vec<Class>,
    by_truths: BTreeMap<Vec<TriBool>, usize>,
    /// Values of which each is alike to the conditions in another way.
    singles: Vec<String>,
    labels: OnceLock<Vec<Vec<String>>>,
}

/// A way, with a value; `None` where the key is absent.
#[derive(Debug)]
pub(super) struct Class {
    pub values: Option<Values>,
    /// All values that were tried and meet the conditions so.
    pub alike: Vec<Option<Values>>,
}

/// Of several values that are alike, one is named, in these words.
const SUCH_AS: &str = "is such as ";

/// Several values of a key are tried in all combinations of up to these; of more, in pairs, and together as they meet the conditions in
/// other ways than those.
const COMBINED: usize = 5;

/// A value that is no number, date, truth or address.
const MISFIT: &str = "x";

/// In more ways than these, nothing is compared.
const MOST_CLASSES: usize = 4096;

impl Axis {
    /// The axis of a key, of which these are all the conditions. `None` if there are too many ways, or ways that are not told apart.
    ///
    /// Decisions rest on nothing of the key's values but on which of the conditions hold: of values that are alike in that, one is enough.
    /// Every single value is alike to one of `singles`. Several values at once meet a condition if all of them do, or one: so every list is
    /// alike to a list of `singles`.
    pub(super) fn of(key: &str, conditions: Vec<Condition>, request: &Request) -> Option<Self> {
        let mut axis = Self {
            key: key.to_owned(),
            conditions,
            wanted: Vec::new(),
            request: request.clone(),
            classes: Vec::new(),
            by_truths: BTreeMap::new(),
            singles: Vec::new(),
            labels: OnceLock::new(),
        };
        for (condition, operator) in axis.conditions.iter().filter_map(|one| Some((one, one.operator?))) {
            let filled = condition.values.iter().map(|wanted| wanted.fill(request, operator.has_wildcards()));
            axis.wanted.extend(filled.filter_map(|filled| match filled {
                Filled::Text(text) => Some((operator.base, text)),
                Filled::Nothing | Filled::Unknown(_) => None,
            }));
        }
        axis.singles = axis.single_values()?;
        let candidates = axis.candidates();
        let has_several = candidates.iter().flatten().any(|values| values.multiple);
        for values in candidates {
            let next = axis.classes.len();
            let at = *axis.by_truths.entry(axis.truths(values.as_ref())).or_insert(next);
            match axis.classes.get_mut(at) {
                Some(class) => class.alike.push(values),
                None => axis.classes.push(Class { values: values.clone(), alike: vec![values] }),
            }
        }
        (!has_several || axis.singles.len() <= COMBINED || axis.combine()).then_some(axis)
    }

    /// Adds the ways in which still more values at once meet the conditions. How a list does hangs on how it does without its last value,
    /// and on that value: whichever list it is of those that are alike. So one list of each way is made longer, by each of `singles`,
    /// until that gives no other way. Whether these are not too many.
    fn combine(&mut self) -> bool {
        let mut at = 0;
        while let Some(class) = self.classes.get(at) {
            let before = class.values.as_ref().map(|values| values.list.clone()).unwrap_or_default();
            for one in self.singles.clone().into_iter().filter(|one| !before.contains(one)) {
                let list = before.iter().cloned().chain([one]).collect();
                let values = Some(Values { list, multiple: true });
                let truths = self.truths(values.as_ref());
                if let Entry::Vacant(new) = self.by_truths.entry(truths) {
                    new.insert(self.classes.len());
                    self.classes.push(Class { values: values.clone(), alike: vec![values] });
                }
            }
            at += 1;
            if self.classes.len() > MOST_CLASSES {
                return false;
            }
        }
        true
    }

    /// Of each class, all values that meet the conditions so, in words. Only what differs is put into words.
    pub(super) fn labels(&self) -> &[Vec<String>] {
        self.labels.get_or_init(|| {
            let likes: Vec<BTreeSet<String>> = self.singles.iter().map(|value| self.likes(value).0).collect();
            let of_class = |class: &Class| {
                let mut said: Vec<(Option<&Values>, BTreeSet<String>)> = Vec::new();
                for values in class.alike.iter().map(Option::as_ref) {
                    let list = values.into_iter().flat_map(|values| &values.list);
                    let words = list.map(|value| self.value_label(value, &likes)).collect();
                    let is_said = |(other, already): &(Option<&Values>, _)| {
                        other.is_some() == values.is_some() && says_all(already, &words)
                    };
                    if !said.iter().any(is_said) {
                        said.push((values, words));
                    }
                }
                said.iter().map(|(values, words)| self.label(*values, words)).collect()
            };
            self.classes.iter().map(of_class).collect()
        })
    }

    /// The way in which a request's values meet the conditions.
    pub(super) fn class_of(&self, context: &Context) -> Option<usize> {
        let values = context.iter().find(|(key, _)| *key == self.key).and_then(|(_, values)| values);
        self.by_truths.get(&self.truths(values)).copied()
    }

    /// Whether one of the conditions about the key holds, of each class.
    pub(super) fn each(&self, condition: &Condition) -> Vec<TriBool> {
        let at = self.conditions.iter().position(|one| one == condition);
        let mut each = vec![TriBool::Unknown; self.classes.len()];
        for (truths, class) in &self.by_truths {
            each[*class] = at.and_then(|at| truths.get(at)).copied().unwrap_or(TriBool::Unknown);
        }
        each
    }

    fn request(&self, values: Option<&Values>) -> Request {
        let Request { principal, action, resource, context } = &self.request;
        let context = with(context, &self.key, values);
        Request { principal: principal.clone(), action: action.clone(), resource: resource.clone(), context }
    }

    fn truths(&self, values: Option<&Values>) -> Vec<TriBool> {
        let request = self.request(values);
        self.conditions.iter().map(|condition| condition.holds(&request, &mut Doubts::default())).collect()
    }

    fn candidates(&self) -> Vec<Option<Values>> {
        let singles = &self.singles;
        let operators: Vec<Operator> = self.conditions.iter().filter_map(|condition| condition.operator).collect();
        let mut candidates = Vec::new();
        let known = condition_key(&self.key);
        if known.is_none_or(|key| !key.is_always_there) {
            candidates.push(None);
        }
        let null_alone = |operator: &Operator| operator.base == Base::Null;
        let is_single = known.is_some_and(|key| !key.has_several_values);
        if is_single
            || operators.iter().any(|operator| operator.set.is_none() && !null_alone(operator))
            || operators.iter().all(null_alone)
        {
            candidates.extend(singles.iter().map(|one| Some(Values { list: vec![one.clone()], multiple: false })));
        }
        // Also where an operator does not say which of several must match.
        let has_several = known.is_some_and(|key| key.has_several_values) && !operators.iter().all(null_alone);
        if !is_single && (has_several || operators.iter().any(|operator| operator.set.is_some())) {
            candidates.extend(combinations(singles).into_iter().map(|list| Some(Values { list, multiple: true })));
        }
        candidates
    }

    /// A value for each way in which one can meet some of the wanted ones and miss the others: of texts, one for each combination of
    /// patterns that some text is like, and of numbers, dates and addresses, each that is wanted, and one on either side of it and
    /// between any two. `None` where they are compared as of more kinds than one: what a number
    /// is between numbers and what it is as a text are not told together.
    fn single_values(&self) -> Option<Vec<String>> {
        let known = condition_key(&self.key).map(|key| key.kind);
        if known == Some(ValueKind::Truth) {
            // Whatever the operator; AWS does not say in which case it writes them.
            let written = self.wanted.iter().map(|(_, text)| text.as_str()).filter(|text| truth(text).is_some());
            let all: BTreeSet<&str> = ["true", "false"].into_iter().chain(written).collect();
            return Some(all.into_iter().map(str::to_owned).collect());
        }
        let mut kinds: BTreeSet<ValueKind> = self.wanted.iter().filter_map(|(base, _)| base.kind()).collect();
        let kind = kinds.pop_first().unwrap_or(ValueKind::Text);
        if !kinds.is_empty() {
            return None;
        }
        let languages: Vec<Language> = self.wanted.iter().filter_map(language).map(|steps| vec![steps]).collect();
        let mut values = around(self.wanted.iter().map(|(base, text)| (*base, text.as_str())));
        if kind == ValueKind::Text {
            // Also of a key that is compared as an ARN: what is none meets no pattern, and so the opposite of each.
            values.extend(witnesses(&languages, &all())?);
        } else if !known.is_some_and(|known| known.holds(kind)) {
            values.insert(MISFIT.to_owned());
        }
        Some(values.into_iter().collect())
    }

    /// The key as the first condition spells it.
    pub(super) fn name(&self) -> &str {
        self.conditions.first().map_or(&self.key, |condition| &condition.key)
    }

    /// A value of a class as the conditions name it, if one alone is of the class: what they want, or the like.
    pub(super) fn named_value(&self, class: &Class) -> Option<String> {
        let lists = class.alike.iter().flatten().map(|values| values.list.as_slice());
        let singles: Vec<&String> = lists.filter_map(|list| if let [one] = list { Some(one) } else { None }).collect();
        let is_wanted = |value: &&&String| self.wanted.iter().any(|(_, wanted)| wanted == **value);
        let value = singles.iter().find(is_wanted).or_else(|| singles.first())?;
        Some(self.likes(value).0.pop_first().unwrap_or_else(|| (*value).clone()))
    }

    /// A sentence on values that are so in words.
    fn label(&self, values: Option<&Values>, words: &BTreeSet<String>) -> String {
        let key = self.name();
        let Some(values) = values else { return format!("there is no {key}") };
        let is_null = |one: &Condition| one.operator.is_some_and(|operator| operator.base == Base::Null);
        if self.conditions.iter().all(is_null) {
            return format!("there is {key}");
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => format!("{key} has no values"),
            [one] if !values.multiple => format!("{key} {one}"),
            several => format!("{key} has values of which one {}", several.join(", one ")),
        }
    }

    /// What a value is: what of the wanted it is, or that it is something else.
    fn value_label(&self, value: &str, likes: &[BTreeSet<String>]) -> String {
        let (like, plain) = self.likes(value);
        if like.is_empty() {
            let all_truths = self.conditions.iter().all(|one| one.operator.is_some_and(|one| one.base == Base::Bool));
            return match (plain, all_truths) {
                (true, _) => "is something else".to_owned(),
                (false, true) => format!("is `{value}`"),
                (false, false) => self.range_of(value).unwrap_or_else(|| format!("{SUCH_AS}`{value}`")),
            };
        }
        if let Some(exact) = like.iter().find(|like| !like.contains(['*', '?'])) {
            return format!("is `{exact}`");
        }
        // What it could be like, too, and is not.
        let more = likes.iter().filter(|other| other.is_superset(&like)).flat_map(|other| other - &like);
        let quoted = |texts: &BTreeSet<String>| texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>();
        let without: BTreeSet<String> = more.collect();
        let but =
            if without.is_empty() { String::new() } else { format!(" but not {}", quoted(&without).join(" or ")) };
        format!("is like {}{but}", quoted(&like).join(" and "))
    }

    /// In words, the narrowest of the wanted ranges of addresses that a value is in, without those within it that it is not in.
    fn range_of(&self, value: &str) -> Option<String> {
        let ranges = self.wanted.iter().filter(|(base, _)| *base == Base::IpAddress).map(|(_, range)| range.as_str());
        let holds = |range: &str, address: &str| compare(Base::IpAddress, range, address) == TriBool::Yes;
        let bits = |range: &&str| range.rsplit_once('/').map_or(u8::MAX, |(_, bits)| bits.parse().unwrap_or_default());
        let (inside, outside): (BTreeSet<&str>, BTreeSet<&str>) = ranges.partition(|range| holds(range, value));
        let range = inside.into_iter().max_by_key(bits)?;
        let within = outside.into_iter().filter(|other| holds(range, other.split('/').next().unwrap_or_default()));
        let without: Vec<String> = within.map(|other| format!("`{other}`")).collect();
        let but = if without.is_empty() { String::new() } else { format!(" but not in {}", without.join(" or ")) };
        Some(format!("is in `{range}`{but}"))
    }

    /// What of the wanted a value is like, and whether texts alone are wanted.
    fn likes(&self, value: &str) -> (BTreeSet<String>, bool) {
        let (texts, others): (Vec<_>, Vec<_>) = self.wanted.iter().partition(|wanted| language(wanted).is_some());
        let likes = texts.into_iter().filter(|(base, text)| compare(*base, text, value) == TriBool::Yes);
        let plain = others.iter().all(|(base, _)| matches!(base, Base::Null | Base::ArnLike));
        (likes.map(|(_, text)| shown(text)).collect(), plain)
    }
}

/// Whether all is said with these words for values that others would say: they are the same, or some of these; or both name an
/// example.
fn says_all(words: &BTreeSet<String>, others: &BTreeSet<String>) -> bool {
    let names_example = |words: &BTreeSet<String>| words.iter().any(|word| word.starts_with(SUCH_AS));
    let is_some = !words.is_empty() && words.is_subset(others);
    words == others || is_some || names_example(words) && names_example(others)
}

/// The texts that a wanted value is about; `None`, where it is about numbers, dates and the like.
fn language((base, text): &(Base, String)) -> Option<Vec<Step>> {
    match base {
        Base::StringEquals | Base::StringLike | Base::BinaryEquals => Some(pattern(text)),
        Base::StringEqualsIgnoreCase => Some(any_case(text)),
        Base::ArnLike => arn_pattern(text),
        Base::Numeric(_) | Base::Date(_) | Base::Bool | Base::IpAddress | Base::Null => None,
    }
}

/// A context with these values of a key.
pub(super) fn with(context: &Context, key: &str, values: Option<&Values>) -> Context {
    match values {
        None => context.clone(),
        Some(values) if values.multiple => context.clone().with_all(key, values.list.iter().cloned()),
        Some(values) => context.clone().with(key, values.list.first().cloned().unwrap_or_default()),
    }
}

fn combinations(singles: &[String]) -> Vec<Vec<String>> {
    let mut lists = vec![Vec::new()];
    if singles.len() <= COMBINED {
        for one in singles {
            let with_it: Vec<Vec<String>> =
                lists.iter().map(|list| list.iter().chain([one]).cloned().collect()).collect();
            lists.extend(with_it);
        }
        return lists;
    }
    for (at, one) in singles.iter().enumerate() {
        lists.push(vec![one.clone()]);
        lists.extend(singles[at + 1..].iter().map(|other| vec![one.clone(), other.clone()]));
    }
    lists.push(singles.to_vec());
    lists
}

/// Values that meet and miss what is wanted of a key by operators on numbers, dates, addresses and truths; none for
/// operators on texts.
fn around<'a>(wanted: impl Iterator<Item = (Base, &'a str)>) -> BTreeSet<String> {
    let mut values: BTreeSet<String> = BTreeSet::new();
    let mut dates: BTreeSet<i64> = BTreeSet::new();
    for (base, text) in wanted {
        match base {
            Base::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
            Base::IpAddress => values.extend(around_range(text)),
            Base::Numeric(_) | Base::Date(_) => {
                values.insert(text.to_owned());
                if let Some(number) = number(text) {
                    // Of a large number, one less is the same.
                    let below = if number - 1.0 < number { number - 1.0 } else { number.next_down() };
                    let above = if number + 1.0 > number { number + 1.0 } else { number.next_up() };
                    values.extend([below, above].map(|number| format!("{number}")));
                } else if let Some(milliseconds) = date(text) {
                    let seconds = milliseconds.div_euclid(1000);
                    dates.extend([seconds - 1, seconds + 1]);
                }
            }
            _ => {}
        }
    }
    // The middle between numbers and dates, too, meets other conditions than both.
    let numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
    let mut middles: Vec<String> = Vec::new();
    for (at, a) in numbers.iter().enumerate() {
        middles.extend(numbers[at + 1..].iter().map(|b| format!("{}", f64::midpoint(*a, *b))));
    }
    values.extend(middles);
    let between: Vec<i64> = dates.iter().zip(dates.iter().skip(1)).map(|(a, b)| i64::midpoint(*a, *b)).collect();
    values.extend(dates.into_iter().chain(between).map(|seconds| date_text(seconds.max(0))));
    values
}

/// The first and the last address of a range, and what is just outside of it.
fn around_range(text: &str) -> Vec<String> {
    let Some(AddressRange { first, last, width }) = range(text) else { return vec![text.to_owned()] };
    let shown = |bits: u128| match u32::try_from(bits) {
        Ok(bits) if width == 32 => Ipv4Addr::from(bits).to_string(),
        // An address of the other kind is in no such range.
        _ if width == 32 => "::1".to_owned(),
        _ => Ipv6Addr::from(bits).to_string(),
    };
    let other = if width == 32 { "::1".to_owned() } else { "192.0.2.1".to_owned() };
    [first, last, first.wrapping_sub(1), last.wrapping_add(1)].map(shown).into_iter().chain([other]).collect()
}

//! The ways in which the values of a condition key can meet the conditions about it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::Context;
use super::super::comparison::{Notes, Truth};
use super::super::condition::Condition;
use super::super::keys::{Presence, presence};
use super::super::operator::{Base, Operator, date, date_text, number};
use super::super::pattern::{Filled, MANY, ONE};
use super::super::request::{Principal, Request, Values};
use super::automaton::{all, any_case, arn_pattern, pattern, witnesses};

/// A condition key, and for every way in which its values can meet the conditions a value.
#[derive(Debug)]
pub(super) struct Axis {
    /// In lower case.
    pub key: String,
    conditions: Vec<Condition>,
    /// What is the same in all requests.
    base: Context,
    principal: Principal,
    /// The ways.
    pub classes: Vec<Class>,
    by_truths: BTreeMap<Vec<Truth>, usize>,
}

/// A way, with a value; `None` where the key is absent.
#[derive(Debug)]
pub(super) struct Class {
    pub values: Option<Values>,
    /// All values that meet the conditions so, in words.
    pub labels: Vec<String>,
}

/// Of several values that are alike, one is named, in these words.
const SUCH_AS: &str = " is such as ";

/// Between a key and each of several values.
const AMONG: &str = " has values of which one ";

/// Each of the values that a label names.
fn parts(label: &str) -> BTreeSet<&str> {
    label.split_once(AMONG).map_or(BTreeSet::from([label]), |(_, parts)| parts.split(", one ").collect())
}

impl Class {
    fn add(&mut self, label: String) {
        let named = |label: &String| label.contains(SUCH_AS);
        // Of several values with which all is said.
        let said =
            |shorter: &String| *shorter == label || label.contains(AMONG) && parts(shorter).is_subset(&parts(&label));
        let named_already = named(&label) && self.labels.iter().any(named);
        if !named_already && !self.labels.iter().any(said) {
            self.labels.push(label);
        }
    }
}

/// Several values of a key are tried in all combinations of up to these, and in pairs of more.
const COMBINED: usize = 5;

impl Axis {
    /// The axis of a key, of which these are all the conditions. `None` if there are too many ways.
    pub(super) fn of(key: &str, conditions: Vec<Condition>, principal: &Principal, base: &Context) -> Option<Self> {
        let mut axis = Self {
            key: key.to_owned(),
            conditions,
            base: base.clone(),
            principal: principal.clone(),
            classes: Vec::new(),
            by_truths: BTreeMap::new(),
        };
        let singles = axis.single_values()?;
        let likes: Vec<BTreeSet<String>> = singles.iter().map(|value| axis.likes(value).0).collect();
        for values in axis.candidates(&singles) {
            let label = axis.label(values.as_ref(), &likes);
            let next = axis.classes.len();
            let at = *axis.by_truths.entry(axis.truths(values.as_ref())).or_insert(next);
            match axis.classes.get_mut(at) {
                Some(class) => class.add(label),
                None => axis.classes.push(Class { values, labels: vec![label] }),
            }
        }
        Some(axis)
    }

    /// The way in which a request's values meet the conditions.
    pub(super) fn class_of(&self, context: &Context) -> Option<usize> {
        let values = context.iter().find(|(key, _)| *key == self.key).and_then(|(_, values)| values);
        self.by_truths.get(&self.truths(values)).copied()
    }

    fn request(&self, values: Option<&Values>) -> Request {
        let context = with(&self.base, &self.key, values);
        Request { principal: self.principal.clone(), action: String::new(), resource: String::new(), context }
    }

    fn truths(&self, values: Option<&Values>) -> Vec<Truth> {
        let request = self.request(values);
        self.conditions.iter().map(|condition| condition.holds(&request, &mut Notes::default())).collect()
    }

    fn candidates(&self, singles: &[String]) -> Vec<Option<Values>> {
        let operators: Vec<Operator> = self.conditions.iter().filter_map(|condition| condition.operator).collect();
        let mut candidates = Vec::new();
        if presence(&self.key) != Presence::Always {
            candidates.push(None);
        }
        let null_alone = |operator: &Operator| operator.base == Base::Null;
        if operators.iter().any(|operator| operator.set.is_none() && !null_alone(operator))
            || operators.iter().all(null_alone)
        {
            candidates.extend(singles.iter().map(|one| Some(Values { list: vec![one.clone()], multiple: false })));
        }
        if operators.iter().any(|operator| operator.set.is_some()) {
            candidates.extend(combinations(singles).into_iter().map(|list| Some(Values { list, multiple: true })));
        }
        candidates
    }

    /// Values that meet each of the wanted ones, and miss them.
    fn single_values(&self) -> Option<Vec<String>> {
        let request = self.request(None);
        let mut languages = Vec::new();
        let mut values: BTreeSet<String> = BTreeSet::new();
        let mut dates: BTreeSet<i64> = BTreeSet::new();
        for condition in &self.conditions {
            let Some(operator) = condition.operator else { continue };
            for wanted in &condition.values {
                let Filled::Text(text) = wanted.fill(&request, operator.has_wildcards()) else { continue };
                match operator.base {
                    Base::StringEquals | Base::StringLike | Base::BinaryEquals => languages.push(pattern(&text)),
                    Base::StringEqualsIgnoreCase => languages.push(any_case(&text)),
                    Base::ArnLike => languages.extend(arn_pattern(&text)),
                    Base::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
                    Base::IpAddress => values.extend(around_range(&text)),
                    Base::Null => {}
                    _ => {
                        values.insert(text.clone());
                        if let Some(number) = number(&text) {
                            values.extend([number - 1.0, number + 1.0].map(|number| format!("{number}")));
                        } else if let Some(milliseconds) = date(&text) {
                            let seconds = milliseconds.div_euclid(1000);
                            dates.extend([seconds - 1, seconds + 1]);
                        }
                    }
                }
            }
        }
        // Where no text is asked for, any value of the kind that is will do. A key that is compared as an ARN holds one.
        let bases = || self.conditions.iter().filter_map(|condition| condition.operator.map(|operator| operator.base));
        let any_arn = || arn_pattern(&format!("arn:{MANY}:{MANY}:{MANY}:{MANY}:{MANY}"));
        let possible = bases().find(|base| *base == Base::ArnLike).and_then(|_| any_arn()).unwrap_or_else(all);
        let texts =
            if languages.is_empty() && !values.is_empty() { Vec::new() } else { witnesses(&languages, &possible)? };
        // The middle between numbers and dates, too, meets other conditions than both.
        let numbers: Vec<f64> = values.iter().filter_map(|value| number(value)).collect();
        let mut middles: Vec<String> = Vec::new();
        for (at, a) in numbers.iter().enumerate() {
            middles.extend(numbers[at + 1..].iter().map(|b| format!("{}", f64::midpoint(*a, *b))));
        }
        values.extend(middles);
        let between: Vec<i64> = dates.iter().zip(dates.iter().skip(1)).map(|(a, b)| i64::midpoint(*a, *b)).collect();
        values.extend(dates.into_iter().chain(between).map(|seconds| date_text(seconds.max(0))));
        values.extend(texts);
        Some(values.into_iter().collect())
    }

    /// A value in words. `likes` is what each of the single values is like.
    fn label(&self, values: Option<&Values>, likes: &[BTreeSet<String>]) -> String {
        let key = self.conditions.first().map_or(&self.key, |condition| &condition.key);
        let Some(values) = values else { return format!("there is no {key}") };
        let shown: Vec<String> = values.list.iter().map(|value| self.value_label(value, likes)).collect();
        match shown.as_slice() {
            [] => format!("{key} has no values"),
            [one] if !values.multiple => format!("{key} {one}"),
            several => format!("{key}{AMONG}{}", several.join(", one ")),
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
                (false, false) => format!("{SUCH_AS}`{value}`").trim_start().to_owned(),
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

    /// What of the wanted a value is like, and whether texts alone are wanted.
    fn likes(&self, value: &str) -> (BTreeSet<String>, bool) {
        let request = self.request(None);
        let mut likes = BTreeSet::new();
        let mut plain = true;
        for condition in &self.conditions {
            let Some(operator) = condition.operator else { continue };
            for wanted in &condition.values {
                let Filled::Text(text) = wanted.fill(&request, operator.has_wildcards()) else { continue };
                let language = match operator.base {
                    Base::StringEquals | Base::StringLike | Base::BinaryEquals => Some(pattern(&text)),
                    Base::StringEqualsIgnoreCase => Some(any_case(&text)),
                    Base::ArnLike => arn_pattern(&text),
                    Base::Null => None,
                    _ => {
                        plain = false;
                        None
                    }
                };
                if language.is_some_and(|steps| super::automaton::matches(&steps, value)) {
                    likes.insert(text.replace(MANY, "*").replace(ONE, "?"));
                }
            }
        }
        (likes, plain)
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

/// The first and the last address of a range, and what is just outside of it.
fn around_range(text: &str) -> Vec<String> {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let Ok(address) = base.parse::<IpAddr>() else { return vec![text.to_owned()] };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let length = length.and_then(|length| length.parse::<u32>().ok()).unwrap_or(width).min(width);
    let size = 1_u128.checked_shl(width - length).unwrap_or(0);
    let first = bits.checked_div(size).map_or(0, |ranges| ranges * size);
    let last = first.wrapping_add(size.wrapping_sub(1));
    let shown = |bits: u128| match address {
        IpAddr::V4(_) => u32::try_from(bits).map_or_else(|_| "::1".to_owned(), |bits| Ipv4Addr::from(bits).to_string()),
        IpAddr::V6(_) => Ipv6Addr::from(bits).to_string(),
    };
    let mut values: Vec<String> = [first, last, first.wrapping_sub(1), last.wrapping_add(1)].map(shown).into();
    // An address of the other kind is in no such range.
    values.push(if width == 32 { "::1".to_owned() } else { "192.0.2.1".to_owned() });
    values
}

//! Circumstances: the keys that a request may bring along besides, so that the statements which ask for them are met.

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, hints, is_multiple};
use crate::iam::{self, Context, Wanted};

/// A value of no policy's.
const ANOTHER: &str = "x";

/// A key that requests may have or not, with a value; `None` is without it.
type Bring = BTreeMap<String, Option<String>>;

/// What the statements of an account want of the keys that a request may have or not.
#[derive(Debug, Default)]
pub(super) struct Circumstances {
    /// Values that meet and miss some statement.
    values: BTreeMap<String, BTreeSet<String>>,
    /// Of each statement that allows, what it wants of each key.
    allowing: Vec<BTreeMap<String, Vec<Wanted>>>,
    /// Of each key, what each denying statement wants of it.
    denying: BTreeMap<String, Vec<Vec<Wanted>>>,
}

impl Circumstances {
    /// Takes in what a statement wants of each key.
    pub(super) fn add(&mut self, allows: bool, wanted: BTreeMap<String, Vec<Wanted>>) {
        for (key, wanted) in &wanted {
            // One that meets the statement and one that misses it say all about a number, a date or an address.
            let (met, missed): (Vec<String>, Vec<String>) =
                iam::examples(wanted).into_iter().partition(|value| is_met(key, wanted, Some(value)));
            let texts = wanted.iter().filter(|wanted| iam::examples(std::slice::from_ref(wanted)).is_empty());
            let texts = texts.flat_map(|(_, texts)| texts).map(|text| hints::without_wildcards(text));
            let values = self.values.entry(key.clone()).or_default();
            values.extend(texts.chain(met.into_iter().take(1)).chain(missed.into_iter().take(1)));
        }
        if allows {
            self.allowing.push(wanted);
        } else {
            for (key, wanted) in wanted {
                self.denying.entry(key).or_default().push(wanted);
            }
        }
    }

    /// Each value of each key alone, all keys at once, and for each statement that allows what meets it, while of the other
    /// keys there is what keeps denials away.
    pub(super) fn all(&self) -> Vec<Vec<Key>> {
        let alone = self.values.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| Bring::from([(name.clone(), Some(value.clone()))]))
        });
        let mut found: Vec<Bring> = alone.collect();
        let at_once = self
            .values
            .iter()
            .map(|(name, values)| (name.clone(), values.iter().map(|value| Some(value.clone())).collect::<Vec<_>>()));
        found.extend(each_once(&at_once.collect()));
        let past_denials: Bring = self.values.keys().map(|name| (name.clone(), self.past_denials(name))).collect();
        found.push(past_denials.clone());
        for wanted in &self.allowing {
            let options = wanted.iter().map(|(name, wanted)| (name.clone(), self.meeting(name, wanted)));
            let over = |own: Bring| past_denials.clone().into_iter().chain(own).collect::<Bring>();
            found.extend(each_once(&options.collect()).map(over));
        }
        let key = |(name, value): (String, Option<String>)| {
            let multiple = is_multiple(&name);
            Some(Key { name, values: vec![value?], multiple })
        };
        let mut seen = BTreeSet::new();
        let brought = found.into_iter().map(|mut bring| {
            bring.retain(|_, value| value.is_some());
            bring
        });
        let new = brought.filter(|bring| !bring.is_empty() && seen.insert(bring.clone())).collect::<Vec<_>>();
        new.into_iter().map(|bring| bring.into_iter().filter_map(key).collect()).collect()
    }

    /// How many denials are met by a value.
    fn denials(&self, name: &str, value: Option<&str>) -> usize {
        let wanted = self.denying.get(name).into_iter().flatten();
        wanted.filter(|wanted| is_met(name, wanted, value)).count()
    }

    /// The value with which a key meets the fewest denials, or none.
    fn past_denials(&self, name: &str) -> Option<String> {
        let values = self.values.get(name).into_iter().flatten().map(Some);
        [None].into_iter().chain(values).min_by_key(|value| self.denials(name, value.map(String::as_str)))?.cloned()
    }

    /// The values with which a key meets what a statement wants of it, and the fewest denials. Where none does, any: it is
    /// then told that nobody knows.
    fn meeting(&self, name: &str, wanted: &[Wanted]) -> Vec<Option<String>> {
        let known = self.values.get(name).into_iter().flatten().cloned();
        let options = [None].into_iter().chain(known.chain([ANOTHER.to_owned()]).map(Some));
        let mut met: Vec<(usize, Option<String>)> = options
            .filter(|value| is_met(name, wanted, value.as_deref()))
            .map(|value| (self.denials(name, value.as_deref()), value))
            .collect();
        if met.is_empty() {
            return self.values.get(name).into_iter().flatten().cloned().map(Some).collect();
        }
        let fewest = met.iter().map(|(denials, _)| *denials).min().unwrap_or_default();
        met.retain(|(denials, _)| *denials == fewest);
        let without = met.iter().position(|(_, value)| value.is_none());
        met.truncate(without.map_or(met.len(), |_| 1));
        met.into_iter().map(|(_, value)| value).collect()
    }
}

/// All keys at once, so often that each has had each of its values.
fn each_once(options: &BTreeMap<String, Vec<Option<String>>>) -> impl Iterator<Item = Bring> {
    let most = options.values().map(Vec::len).max().unwrap_or_default();
    (0..most).map(|nth| {
        let one = |(name, values): (&String, &Vec<Option<String>>)| {
            Some((name.clone(), values.iter().cycle().nth(nth).cloned()?))
        };
        options.iter().filter_map(one).collect()
    })
}

fn is_met(name: &str, wanted: &[Wanted], value: Option<&str>) -> bool {
    let context = match value {
        None => Context::new(),
        Some(value) if is_multiple(name) => Context::new().with_all(name, [value]),
        Some(value) => Context::new().with(name, value),
    };
    iam::is_met(name, wanted, context)
}

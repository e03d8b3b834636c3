//! One class of actions on one class of resources: for which requests the two sides decide otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::condition::Condition;
use super::super::decide::{Applying, Decision, Policies};
use super::super::request::{Context, Request, Values};
use super::super::tri_bool::{Doubts, TriBool};
use super::Direction;
use super::axis::{Axis, Class, with};
use super::side::{Clause, ClauseSet, Side};

/// Requests for which the sides decide otherwise: of each axis, the classes of its values; any where an axis is missing.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub direction: Direction,
    pub within: Vec<(Arc<Axis>, BTreeSet<usize>)>,
    pub labels: Vec<String>,
    /// The same, where those with many alternatives are told by one of them.
    pub short_labels: Vec<String>,
    pub example: Context,
}

impl Region {
    pub(super) fn holds(&self, context: &Context) -> bool {
        self.within.iter().all(|(axis, classes)| axis.class_of(context).is_some_and(|class| classes.contains(&class)))
    }

    fn unknown(direction: Direction, why: &str, example: &Context) -> Self {
        Self {
            direction,
            within: Vec::new(),
            labels: vec![why.to_owned()],
            short_labels: vec![why.to_owned()],
            example: example.clone(),
        }
    }
}

/// Why it cannot be told.
const OPEN: &str = "by a variable whose value is not known";
/// More combinations of values than these are not tried.
const MOST_COMBINATIONS: usize = 8_192;
/// Nor more beginnings of such.
const MOST_TRIED: usize = 524_288;

/// Two sides of a comparison.
pub(super) struct Comparison<'a> {
    /// What is the same in all requests.
    request: &'a Request,
    /// Whether a key, in lower case, is the same in all requests: absent, if the context does not hold it.
    is_fixed: fn(&str, &Context) -> bool,
    sides: [Side<'a>; 2],
    /// What the statements of both say.
    clauses: Vec<Clause<'a>>,
    /// The axes of the requests, each made once, by their conditions.
    axes: BTreeMap<Vec<Condition>, Option<Arc<Axis>>>,
}

impl<'a> Comparison<'a> {
    /// The comparison of two sides in requests for these actions, in lower case, on these resources.
    pub(super) fn of(
        request: &'a Request,
        sides: [&Policies<'a>; 2],
        about: (&[String], &[String]),
        is_fixed: fn(&str, &Context) -> bool,
    ) -> Self {
        let mut clauses = BTreeMap::new();
        let sides = sides.map(|side| Side::of(side, about, request, &mut clauses));
        let mut clauses: Vec<(Clause<'_>, usize)> = clauses.into_iter().collect();
        clauses.sort_by_key(|(_, index)| *index);
        let clauses = clauses.into_iter().map(|(clause, _)| clause).collect();
        Self { request, is_fixed, sides, clauses, axes: BTreeMap::new() }
    }

    /// What the sides say of an action and a resource, by their indexes.
    pub(super) fn said(&self, action: usize, resource: usize) -> [ClauseSet; 2] {
        self.sides.each_ref().map(|side| side.said(action, resource))
    }

    /// For which contexts the sides, which say this of an action and a resource, decide otherwise, in the directions that are
    /// `wanted`. `elsewhere` says whether the resource is in another account.
    pub(super) fn regions(
        &mut self,
        said: &[ClauseSet; 2],
        elsewhere: bool,
        wanted: &impl Fn(Direction) -> bool,
    ) -> Vec<Region> {
        let nets = self.sides.each_ref().map(|side| (side.statements.bounded, side.statements.required));
        let ([old, new], [old_nets, new_nets]) = (said, nets);
        if old == new && old_nets == new_nets {
            return Vec::new();
        }
        let base = &self.request.context;
        // Where nobody asks for what anybody gains, it may be that something is lost.
        let open = [Direction::Unknown, Direction::PerhapsNarrowed].into_iter().find(|one| wanted(*one));
        let unknown = |why| open.map(|direction| Region::unknown(direction, why, base)).into_iter().collect();
        let Some(axes) = self.axes_of(said) else {
            return unknown(
                "there are too many ways to meet the conditions, or a key is compared as values of two kinds",
            );
        };
        let sides = [0, 1].map(|side| self.decisions(side, &said[side], &axes, elsewhere));
        let mut search = Search { sides: &sides, axes: &axes, wanted, tried: 0, combinations: Vec::new() };
        if !search.undecided(&mut Vec::new()) {
            return unknown("there are too many combinations of conditions");
        }
        let mut found: BTreeMap<Direction, Vec<Vec<usize>>> = BTreeMap::new();
        for combination in search.combinations.into_iter().filter(|one| together(&axes, one).is_some()) {
            let [old, new] = sides.each_ref().map(|side| side.allows(&combination));
            if let Some(direction) = direction(old, new).filter(|direction| wanted(*direction)) {
                found.entry(direction).or_default().push(combination);
            }
        }
        let is_open = old.iter().chain(new).any(|(clause, _)| self.clauses[*clause].is_open());
        let mut regions = Vec::new();
        for (direction, combinations) in found {
            for within in boxes(&combinations, axes.len()) {
                let firsts: Vec<usize> = within.iter().filter_map(|classes| classes.first().copied()).collect();
                let values = together(&axes, &firsts).unwrap_or_default();
                let values = axes.iter().zip(values);
                let example = values.fold(base.clone(), |context, (axis, values)| with(&context, &axis.key, values));
                let limited = axes.iter().zip(within).filter(|(axis, classes)| classes.len() < axis.classes.len());
                let within: Vec<_> = limited.map(|(axis, classes)| (Arc::clone(axis), classes)).collect();
                let (mut labels, mut short_labels): (Vec<_>, Vec<_>) =
                    within.iter().map(|(axis, classes)| label(axis, classes)).unzip();
                if is_open && direction == Direction::Unknown {
                    for all in [&mut labels, &mut short_labels] {
                        all.push(OPEN.to_owned());
                    }
                }
                regions.push(Region { direction, within, labels, short_labels, example });
            }
        }
        regions
    }

    /// The axes of the keys that conditions ask for. `None` if one has too many ways.
    fn axes_of(&mut self, said: &[ClauseSet; 2]) -> Option<Vec<Arc<Axis>>> {
        let mut by_key: BTreeMap<String, BTreeSet<&Condition>> = BTreeMap::new();
        for (clause, _) in said.iter().flatten() {
            for condition in &self.clauses[*clause].conditions {
                let key = condition.key.to_lowercase();
                if !(self.is_fixed)(&key, &self.request.context) {
                    by_key.entry(key).or_default().insert(condition);
                }
            }
        }
        let axis = |(key, conditions): (String, BTreeSet<&Condition>)| {
            let conditions: Vec<Condition> = conditions.into_iter().cloned().collect();
            let new = |conditions: &Vec<Condition>| Axis::of(&key, conditions.clone(), self.request).map(Arc::new);
            self.axes.entry(conditions).or_insert_with_key(new).clone()
        };
        by_key.into_iter().map(axis).collect()
    }

    /// What a side decides that says this.
    fn decisions(&self, side: usize, said: &ClauseSet, axes: &[Arc<Axis>], elsewhere: bool) -> Decisions<'_, '_> {
        let of_clause = |(clause, truth): &(usize, TriBool)| {
            let (clause, mut truth, mut conditions) = (&self.clauses[*clause], *truth, ByAxis::new());
            for condition in &clause.conditions {
                let key = condition.key.to_lowercase();
                match axes.iter().position(|axis| axis.key == key) {
                    Some(index) => conditions.push((index, axes[index].each(condition))),
                    None => truth = truth.and(condition.holds(self.request, &mut Doubts::default())),
                }
            }
            (clause.applying(truth), conditions)
        };
        let applying = said.iter().map(of_clause).collect();
        Decisions { side: &self.sides[side], request: self.request, elsewhere, applying }
    }
}

/// Values of these classes, one of each axis, that a request has at once; `None` where none does. `aws:MultiFactorAuthAge` "is included
/// in the request context only when the principal making the call was authenticated using MFA. If MFA was not used, this key is not
/// present."
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
fn together<'x>(axes: &'x [Arc<Axis>], combination: &[usize]) -> Option<Vec<Option<&'x Values>>> {
    let classes: Vec<&Class> = axes.iter().zip(combination).filter_map(|(axis, at)| axis.classes.get(*at)).collect();
    let mut values: Vec<Option<&Values>> = classes.iter().map(|class| class.values.as_ref()).collect();
    let of = |key: &str| axes.iter().position(|axis| axis.key == key);
    if let (Some(present), Some(age)) = (of("aws:multifactorauthpresent"), of("aws:multifactorauthage")) {
        let is_true = |values: &Values| values.list.first().is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let is_with = |said: &&Option<Values>| said.as_ref().is_some_and(is_true);
        // Those of a class meet the conditions alike, and need not have a second factor alike.
        let (factors, times) = (&classes.get(present)?.alike, &classes.get(age)?.alike);
        let mut pairs = factors.iter().flat_map(|said| times.iter().map(move |since| (said, since)));
        let (said, since) = pairs.find(|(said, since)| is_with(said) == since.is_some())?;
        (values[present], values[age]) = (said.as_ref(), since.as_ref());
    }
    Some(values)
}

/// What the conditions of a statement say of the classes of axes, each by its index.
type ByAxis = Vec<(usize, Vec<TriBool>)>;

/// What a side decides, by the classes of the axes.
struct Decisions<'s, 'a> {
    side: &'s Side<'a>,
    request: &'s Request,
    /// Whether the resource is in another account.
    elsewhere: bool,
    /// Each statement, as far as it does not depend on the axes.
    applying: Vec<(Applying, ByAxis)>,
}

impl Decisions<'_, '_> {
    /// Whether the side allows, with these classes of the first axes, and any of the others.
    fn allows(&self, chosen: &[usize]) -> TriBool {
        let truth = |(axis, each): &(usize, Vec<TriBool>)| {
            chosen.get(*axis).and_then(|class| each.get(*class)).copied().unwrap_or(TriBool::Unknown)
        };
        let applying = self.applying.iter().map(|(one, conditions)| Applying {
            truth: conditions.iter().fold(one.truth, |all, condition| all.and(truth(condition))),
            ..*one
        });
        match self.side.statements.decision(&self.request.principal, self.elsewhere, applying) {
            Decision::Allowed => TriBool::Yes,
            Decision::Unknown => TriBool::Unknown,
            Decision::ExplicitlyDenied | Decision::ImplicitlyDenied => TriBool::No,
        }
    }
}

/// What becomes of access that is so on the old side and so on the new one; `None` where both are certainly the same.
fn direction(old: TriBool, new: TriBool) -> Option<Direction> {
    match (old, new) {
        (TriBool::No, TriBool::Yes) => Some(Direction::Widened),
        (TriBool::Yes, TriBool::No) => Some(Direction::Narrowed),
        (TriBool::Yes, TriBool::Unknown) | (TriBool::Unknown, TriBool::No) => Some(Direction::PerhapsNarrowed),
        (TriBool::Unknown, _) | (_, TriBool::Unknown) => Some(Direction::Unknown),
        (TriBool::Yes, TriBool::Yes) | (TriBool::No, TriBool::No) => None,
    }
}

/// A search for the combinations of classes with which the sides decide otherwise.
struct Search<'s, 'a, W> {
    sides: &'s [Decisions<'s, 'a>; 2],
    axes: &'s [Arc<Axis>],
    wanted: &'s W,
    /// How many beginnings of combinations were tried.
    tried: usize,
    combinations: Vec<Vec<usize>>,
}

impl<W: Fn(Direction) -> bool> Search<'_, '_, W> {
    /// Adds all combinations that begin with the classes chosen, but for those with which what the sides decide is certainly not wanted.
    /// False if there are too many.
    fn undecided(&mut self, chosen: &mut Vec<usize>) -> bool {
        self.tried += 1;
        // What is not known yet may become anything.
        let each = self.sides.each_ref().map(|side| match side.allows(chosen) {
            TriBool::Unknown => vec![TriBool::Yes, TriBool::No, TriBool::Unknown],
            known => vec![known],
        });
        let mut pairs = each[0].iter().flat_map(|old| each[1].iter().map(|new| (*old, *new)));
        if !pairs.any(|(old, new)| direction(old, new).is_some_and(self.wanted)) {
            return true;
        }
        let Some(next) = self.axes.get(chosen.len()) else {
            self.combinations.push(chosen.clone());
            return self.combinations.len() <= MOST_COMBINATIONS;
        };
        (0..next.classes.len()).all(|class| {
            chosen.push(class);
            let within = self.undecided(chosen) && self.tried <= MOST_TRIED;
            chosen.pop();
            within
        })
    }
}

/// The combinations as few boxes: of each axis a set of classes.
fn boxes(combinations: &[Vec<usize>], axes: usize) -> Vec<Vec<BTreeSet<usize>>> {
    if axes == 0 {
        return if combinations.is_empty() { Vec::new() } else { vec![Vec::new()] };
    }
    let mut by_first: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
    for combination in combinations {
        if let Some((first, rest)) = combination.split_first() {
            by_first.entry(*first).or_default().push(rest.to_vec());
        }
    }
    let mut by_rest: BTreeMap<Vec<Vec<BTreeSet<usize>>>, BTreeSet<usize>> = BTreeMap::new();
    for (first, rest) in by_first {
        by_rest.entry(boxes(&rest, axes - 1)).or_default().insert(first);
    }
    let mut found = Vec::new();
    for (rests, firsts) in by_rest {
        found.extend(rests.into_iter().map(|rest| std::iter::once(firsts.clone()).chain(rest).collect()));
    }
    found
}

/// Conditions of more alternatives than these are long to read.
const ALTERNATIVES: usize = 2;

/// The classes of an axis in words: the shorter of what they are and what they are not. And the same in short: by the class that a
/// region's example is of, where that is long.
fn label(axis: &Axis, classes: &BTreeSet<usize>) -> (String, String) {
    let labels = |ours: bool| -> Vec<&str> {
        let of = axis.labels().iter().enumerate().filter(|(at, _)| classes.contains(at) == ours);
        of.flat_map(|(_, labels)| labels).map(String::as_str).collect()
    };
    let (are, others) = (labels(true), labels(false));
    let is_long = are.len().min(others.len()) > ALTERNATIVES;
    let all = if others.len() < are.len() {
        format!("unless {}", others.join(" or "))
    } else {
        format!("when {}", are.join(" or "))
    };
    let short = are.first().filter(|_| is_long);
    let short = short.map(|one| format!("depending on {}, for example when {one}", axis.name()));
    (all.clone(), short.unwrap_or(all))
}

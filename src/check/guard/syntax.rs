//! What the syntax tree of a rule file tells: which rules it has, and what each refers to.
//!
//! cfn-guard keeps the types of its tree to itself but serializes it, so the tree is read as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::inventory::walk;

/// A rule file, taken apart.
#[derive(Debug)]
pub(super) struct Syntax {
    /// The rules, in order, those with parameters last. Clauses outside rules are the rule `default`.
    pub rules: Vec<Definition>,
    /// The variables of the file.
    pub variables: Vec<Definition>,
    /// For each block, the variables that are set in it.
    pub blocks: Vec<Vec<Definition>>,
}

/// A rule or a variable.
#[derive(Debug)]
pub(super) struct Definition {
    /// Its name, without `%`.
    pub name: String,
    /// Whether it is a rule with parameters, which is evaluated where it is called.
    pub has_parameters: bool,
    /// The names of the rules that it refers to, each at its line.
    pub rules: Vec<(String, u64)>,
    /// The names of the variables that it refers to.
    pub variables: BTreeSet<String>,
    /// What it compares the type of a resource with.
    pub types: Vec<TypeUse>,
    /// Its part of the tree.
    pub tree: Value,
}

/// A comparison with the type of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TypeUse {
    /// The line of the comparison.
    pub line: u64,
    /// The type, or `/…/`, a regular expression.
    pub pattern: String,
}

impl Syntax {
    /// Reads a file. An error holds the engine's own words.
    pub(super) fn read(text: &str, name: &str) -> Result<Self, String> {
        // The engine's parser calls itself for every bracket, until the stack overflows and the process is ended.
        if let Some(line) = too_deep(text) {
            return Err(format!("blocks are nested more than {DEEPEST} deep at line {line}"));
        }
        let parsed = cfn_guard::commands::validate::parse_rules(text, name).map_err(|error| error.to_string())?;
        let tree = serde_json::to_value(&parsed).map_err(|error| error.to_string())?;
        let known = Variables::of(&tree);
        let mut blocks = Vec::new();
        walk(&tree, &mut |part| {
            if !list(&part["assignments"]).is_empty() {
                blocks.push(definitions(&part["assignments"], &known));
            }
        });
        let plain = list(&tree["guard_rules"]).iter().map(|rule| (rule, false));
        let with_parameters = list(&tree["parameterized_rules"]).iter().map(|entry| (&entry["rule"], true));
        let rules = plain.chain(with_parameters).map(|(rule, has_parameters)| Definition {
            has_parameters,
            ..Definition::read(&rule["rule_name"], rule, &known)
        });
        Ok(Self { rules: rules.collect(), variables: definitions(&tree["assignments"], &known), blocks })
    }
}

/// How deep brackets may be nested: no rule that a person writes comes near.
const DEEPEST: usize = 100;

/// The line in which brackets are nested too deep. Those in texts and regular expressions do not count.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
        let mut closing = None;
        let mut is_escaped = false;
        for byte in line.bytes() {
            if let Some(end) = closing {
                (closing, is_escaped) = (Some(end).filter(|_| is_escaped || byte != end), byte == b'\\' && !is_escaped);
                continue;
            }
            match byte {
                b'"' | b'\'' | b'/' => closing = Some(byte),
                b'{' | b'[' | b'(' => depth += 1,
                b'}' | b']' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return Some(index + 1);
            }
        }
    }
    None
}

/// A text on one line, with so many characters at most.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The elements of `value`, or none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The name of the key that a step of a query asks for.
pub(super) fn key(step: &Value) -> Option<&str> {
    step["Key"].as_str()
}

/// The texts that `value`, the right-hand side of a comparison, writes out: one, or a list of them.
fn literals(value: &Value) -> Vec<&str> {
    let literal = &value["Value"]["value"];
    match literal.as_str() {
        Some(text) => vec![text],
        None => list(literal).iter().filter_map(Value::as_str).collect(),
    }
}

fn definitions(assignments: &Value, known: &Variables) -> Vec<Definition> {
    list(assignments).iter().map(|entry| Definition::read(&entry["var"], &entry["value"], known)).collect()
}

impl Definition {
    /// Notes what `tree` refers to. The types of parameters, and of what else has a `Type`, are another matter.
    fn read(name: &Value, tree: &Value, known: &Variables) -> Self {
        let (mut rules, mut variables, mut types) = (Vec::new(), BTreeSet::new(), Vec::new());
        walk(tree, &mut |part| {
            if let Some(rule) = part["dependent_rule"].as_str() {
                rules.push((rule.to_owned(), line(part)));
            }
            if let Some(variable) = key(part).and_then(|key| key.strip_prefix('%')) {
                variables.insert(variable.to_owned());
            }
            let steps = list(part);
            if steps.first().and_then(key).is_some_and(|first| known.are_resources(first)) {
                // What a filter rules out may well not exist, and a `Type` further in is another's.
                let clauses = steps.iter().flat_map(|step| list(&step["Filter"][1])).flat_map(list);
                types.extend(clauses.filter_map(type_comparison).flat_map(|comparison| {
                    let patterns = known.compared(&comparison["compare_with"]).into_iter();
                    patterns.map(|pattern| TypeUse { line: line(comparison), pattern })
                }));
            }
        });
        let name = name.as_str().unwrap_or_default().to_owned();
        Self { name, has_parameters: false, rules, variables, types, tree: tree.clone() }
    }
}

/// The variables of a file that say what a type is compared with.
#[derive(Debug, Default)]
struct Variables {
    /// Those that are resources.
    resources: BTreeSet<String>,
    /// Those that are written out.
    literals: BTreeMap<String, Vec<String>>,
}

impl Variables {
    /// The variables that are set anywhere in a file.
    fn of(tree: &Value) -> Self {
        let mut known = Self::default();
        walk(tree, &mut |part| {
            let Some(name) = part["var"].as_str() else { return };
            let value = &part["value"];
            let first = list(&value["AccessClause"]["query"]).first().and_then(key);
            if first.is_some_and(|first| known.are_resources(first)) {
                known.resources.insert(name.to_owned());
            }
            let texts: Vec<String> = literals(value).into_iter().map(str::to_owned).collect();
            if !texts.is_empty() {
                known.literals.insert(name.to_owned(), texts);
            }
        });
        known
    }

    /// Whether a query that begins with this key is about resources.
    fn are_resources(&self, first: &str) -> bool {
        match first.strip_prefix('%') {
            Some(variable) => self.resources.contains(variable),
            None => first.eq_ignore_ascii_case("Resources"),
        }
    }

    /// What a comparison is with: texts that are written out there, or in a variable.
    fn compared(&self, compare_with: &Value) -> Vec<String> {
        let variable = list(&compare_with["AccessClause"]["query"]).first().and_then(key);
        match variable.and_then(|key| self.literals.get(key.strip_prefix('%')?)) {
            Some(texts) => texts.clone(),
            None => literals(compare_with).into_iter().map(str::to_owned).collect(),
        }
    }
}

fn line(tree: &Value) -> u64 {
    tree["location"]["line"].as_u64().unwrap_or(1)
}

/// The comparison of a clause of a filter that asks for the `Type` of what is filtered; `None` where it asks for anything else, or
/// rules something out.
fn type_comparison(clause: &Value) -> Option<&Value> {
    let comparison = &clause["Clause"]["access_clause"];
    let is_positive = clause["Clause"]["negation"] == false && comparison["comparator"][1] == false;
    let query = list(&comparison["query"]["query"]);
    (is_positive && matches!(query, [only] if key(only) == Some("Type"))).then_some(comparison)
}

/// The types that a step such as `[ Type == '…' ]` lets through; `None` where it is anything else.
pub(super) fn filtered_types(step: &Value) -> Option<BTreeSet<String>> {
    list(&step["Filter"][1]).iter().find_map(|disjunction| {
        let types: Vec<Vec<&str>> = list(disjunction).iter().map(equal_types).collect::<Option<_>>()?;
        Some(types.into_iter().flatten().map(str::to_owned).collect()).filter(|types: &BTreeSet<_>| !types.is_empty())
    })
}

/// The types that `Type == '…'` or `Type IN ['…', …]` names; `None` for any other clause.
fn equal_types(clause: &Value) -> Option<Vec<&str>> {
    let comparison = type_comparison(clause)?;
    let is_equal = matches!(comparison["comparator"][0].as_str(), Some("Eq" | "In"));
    let names = literals(&comparison["compare_with"]);
    (is_equal && !names.is_empty() && !names.iter().any(|name| name.starts_with('/'))).then_some(names)
}

//! What the syntax tree of a rule file tells: which rules it has, and what each refers to.
//!
//! cfn-guard keeps the types of its tree to itself but serializes it, so the tree is read as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A rule file, taken apart.
#[derive(Debug)]
pub(super) struct Syntax {
    /// Every rule that is evaluated by itself, in order. Clauses outside rules are the rule `default`.
    pub rules: Vec<Definition>,
    /// The rules with parameters, evaluated where they are called.
    pub parameterized: Vec<Definition>,
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
        collect_blocks(&tree, &known, &mut blocks);
        Ok(Self {
            rules: list(&tree["guard_rules"]).iter().map(|rule| definition(&rule["rule_name"], rule, &known)).collect(),
            parameterized: list(&tree["parameterized_rules"])
                .iter()
                .map(|entry| definition(&entry["rule"]["rule_name"], &entry["rule"], &known))
                .collect(),
            variables: definitions(&tree["assignments"], &known),
            blocks,
        })
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

fn collect_blocks(tree: &Value, known: &Variables, blocks: &mut Vec<Vec<Definition>>) {
    match tree {
        Value::Object(entries) => {
            if let Some(assignments) = entries.get("assignments").filter(|value| !list(value).is_empty()) {
                blocks.push(definitions(assignments, known));
            }
            entries.values().for_each(|value| collect_blocks(value, known, blocks));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_blocks(value, known, blocks)),
        _ => {}
    }
}

fn definitions(assignments: &Value, known: &Variables) -> Vec<Definition> {
    list(assignments).iter().map(|entry| definition(&entry["var"], &entry["value"], known)).collect()
}

fn definition(name: &Value, tree: &Value, known: &Variables) -> Definition {
    let mut found = Definition {
        name: name.as_str().unwrap_or_default().to_owned(),
        rules: Vec::new(),
        variables: BTreeSet::new(),
        types: Vec::new(),
        tree: tree.clone(),
    };
    visit(tree, known, &mut found);
    found
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
        known.collect(tree);
        known
    }

    fn collect(&mut self, tree: &Value) {
        match tree {
            Value::Object(entries) => {
                if let (Some(name), Some(value)) = (entries.get("var").and_then(Value::as_str), entries.get("value")) {
                    let first = list(&value["AccessClause"]["query"]).first().and_then(key);
                    if first.is_some_and(|first| self.are_resources(first)) {
                        self.resources.insert(name.to_owned());
                    }
                    let texts: Vec<String> = literals(value).into_iter().map(str::to_owned).collect();
                    if !texts.is_empty() {
                        self.literals.insert(name.to_owned(), texts);
                    }
                }
                entries.values().for_each(|value| self.collect(value));
            }
            Value::Array(values) => values.iter().for_each(|value| self.collect(value)),
            _ => {}
        }
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

/// The types that a filter lets through: what it rules out may well not exist, and a `Type` further in is another's.
fn types_of(filter: &Value, known: &Variables, types: &mut Vec<TypeUse>) {
    for clause in list(filter).iter().flat_map(list).map(|clause| &clause["Clause"]) {
        let access = &clause["access_clause"];
        let positive = clause["negation"] == false && access["comparator"][1] == false;
        if positive && compares_type(access) && list(&access["query"]["query"]).len() == 1 {
            let patterns = known.compared(&access["compare_with"]).into_iter();
            types.extend(patterns.map(|pattern| TypeUse { line: line(access), pattern }));
        }
    }
}

/// Notes what `tree` refers to. The types of parameters, and of what else has a `Type`, are another matter.
fn visit(tree: &Value, known: &Variables, found: &mut Definition) {
    match tree {
        Value::Object(entries) => {
            if let Some(rule) = entries.get("dependent_rule").and_then(Value::as_str) {
                found.rules.push((rule.to_owned(), line(tree)));
            }
            if let Some(variable) = key(tree).and_then(|key| key.strip_prefix('%')) {
                found.variables.insert(variable.to_owned());
            }
            entries.values().for_each(|value| visit(value, known, found));
        }
        Value::Array(values) => {
            if values.first().and_then(key).is_some_and(|first| known.are_resources(first)) {
                let filters = values.iter().filter_map(|step| list(step.get("Filter")?).get(1));
                filters.for_each(|filter| types_of(filter, known, &mut found.types));
            }
            for value in values {
                visit(value, known, found);
            }
        }
        _ => {}
    }
}

fn line(tree: &Value) -> u64 {
    tree["location"]["line"].as_u64().unwrap_or(1)
}

/// Whether `clause` compares something that ends in `Type`.
fn compares_type(clause: &Value) -> bool {
    clause.get("comparator").is_some() && list(&clause["query"]["query"]).last().and_then(key) == Some("Type")
}

/// The types that a step such as `[ Type == '…' ]` lets through; `None` where it is anything else.
pub(super) fn filtered_types(step: &Value) -> Option<BTreeSet<String>> {
    list(list(step.get("Filter")?).get(1)?).iter().find_map(|disjunction| {
        let types = list(disjunction).iter().map(|clause| equal_types(&clause["Clause"]));
        let types = types.collect::<Option<Vec<_>>>()?;
        Some(types.into_iter().flatten().collect()).filter(|types: &BTreeSet<String>| !types.is_empty())
    })
}

/// The types that `Type == '…'` or `Type IN ['…', …]` names; `None` for any other clause.
fn equal_types(clause: &Value) -> Option<Vec<String>> {
    let access = &clause["access_clause"];
    let positive = clause["negation"] == false && access["comparator"][1] == false;
    let equal = access["comparator"][0] == "Eq" || access["comparator"][0] == "In";
    let is_type = compares_type(access) && list(&access["query"]["query"]).len() == 1;
    let names = literals(&access["compare_with"]);
    let are_names = !names.is_empty() && names.iter().all(|name| !name.starts_with('/'));
    (positive && equal && is_type && are_names).then(|| names.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_apart() {
        let text = "\
let users = Resources.*[ Type == 'AWS::IAM::User' ]
rule A when %users !empty {
    %users { let x = %users   Properties.Path == %x }
    B
    AWS::S3::Bucket { Properties exists }
    Parameters.*[ Type == 'AWS::EC2::VPC::Id' ] empty
}
rule B { Resources.*[ Type IN ['AWS::IAM::Role', /^AWS::S3/] ] empty }
rule C(x) { %x exists }
";
        let syntax = Syntax::read(text, "a.guard").unwrap();
        let names = |definitions: &[Definition]| definitions.iter().map(|d| d.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&syntax.rules), ["A", "B"]);
        assert_eq!(names(&syntax.parameterized), ["C"]);
        assert_eq!(names(&syntax.variables), ["users"]);
        assert_eq!(syntax.rules[0].rules, [("B".to_owned(), 4)]);
        assert_eq!(syntax.rules[0].variables, ["users", "x"].map(str::to_owned).into());
        let types = |d: &Definition| d.types.iter().map(|t| (t.line, t.pattern.clone())).collect::<Vec<_>>();
        assert_eq!(types(&syntax.variables[0]), [(1, "AWS::IAM::User".to_owned())]);
        assert_eq!(types(&syntax.rules[0]), [(5, "AWS::S3::Bucket".to_owned())]);
        assert_eq!(types(&syntax.rules[1]), [(8, "AWS::IAM::Role".to_owned()), (8, "/^AWS::S3/".to_owned())]);
        assert_eq!(syntax.blocks.len(), 2);
    }

    #[test]
    fn what_does_not_parse_is_refused_and_what_is_empty_has_no_rules() {
        assert!(Syntax::read("rule A {", "a.guard").is_err());
        assert!(Syntax::read("# nothing\n", "a.guard").unwrap().rules.is_empty());
    }
}

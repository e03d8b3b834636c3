//! What the syntax tree of a rule file tells: which rules it has, and what each refers to.
//!
//! cfn-guard keeps the types of its tree to itself but serializes it, so the tree is read as JSON.

use std::collections::BTreeSet;

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
        let parsed = cfn_guard::commands::validate::parse_rules(text, name).map_err(|error| error.to_string())?;
        let tree = serde_json::to_value(&parsed).map_err(|error| error.to_string())?;
        let mut blocks = Vec::new();
        collect_blocks(&tree, &mut blocks);
        Ok(Self {
            rules: list(&tree["guard_rules"]).iter().map(|rule| definition(&rule["rule_name"], rule)).collect(),
            parameterized: list(&tree["parameterized_rules"])
                .iter()
                .map(|entry| definition(&entry["rule"]["rule_name"], &entry["rule"]))
                .collect(),
            variables: definitions(&tree["assignments"]),
            blocks,
        })
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
pub(super) fn literals(value: &Value) -> Vec<&str> {
    let literal = &value["Value"]["value"];
    match literal.as_str() {
        Some(text) => vec![text],
        None => list(literal).iter().filter_map(Value::as_str).collect(),
    }
}

fn collect_blocks(tree: &Value, blocks: &mut Vec<Vec<Definition>>) {
    match tree {
        Value::Object(entries) => {
            if let Some(assignments) = entries.get("assignments").filter(|value| !list(value).is_empty()) {
                blocks.push(definitions(assignments));
            }
            entries.values().for_each(|value| collect_blocks(value, blocks));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_blocks(value, blocks)),
        _ => {}
    }
}

fn definitions(assignments: &Value) -> Vec<Definition> {
    list(assignments).iter().map(|entry| definition(&entry["var"], &entry["value"])).collect()
}

fn definition(name: &Value, tree: &Value) -> Definition {
    let mut found = Definition {
        name: name.as_str().unwrap_or_default().to_owned(),
        rules: Vec::new(),
        variables: BTreeSet::new(),
        types: Vec::new(),
        tree: tree.clone(),
    };
    visit(tree, false, &mut found);
    found
}

/// Notes what `tree` refers to. The types of `Parameters` are another matter than those of resources.
fn visit(tree: &Value, in_parameters: bool, found: &mut Definition) {
    match tree {
        Value::Object(entries) => {
            if let Some(rule) = entries.get("dependent_rule").and_then(Value::as_str) {
                found.rules.push((rule.to_owned(), line(tree)));
            }
            if let Some(variable) = key(tree).and_then(|key| key.strip_prefix('%')) {
                found.variables.insert(variable.to_owned());
            }
            if !in_parameters && compares_type(tree) {
                let patterns = literals(&tree["compare_with"]).into_iter();
                found.types.extend(patterns.map(|pattern| TypeUse { line: line(tree), pattern: pattern.to_owned() }));
            }
            entries.values().for_each(|value| visit(value, in_parameters, found));
        }
        Value::Array(values) => {
            let in_parameters = in_parameters || values.first().and_then(key) == Some("Parameters");
            for value in values {
                visit(value, in_parameters, found);
            }
        }
        _ => {}
    }
}

fn line(tree: &Value) -> u64 {
    tree["location"]["line"].as_u64().unwrap_or(1)
}

/// Whether `clause` compares something that ends in `Type`.
pub(super) fn compares_type(clause: &Value) -> bool {
    clause.get("comparator").is_some() && list(&clause["query"]["query"]).last().and_then(key) == Some("Type")
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
rule B { Resources.*.Type IN ['AWS::IAM::Role', /^AWS::S3/] }
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

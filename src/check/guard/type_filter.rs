//! What a rule file can see of a template: the resources of the types it asks for, where that can be told.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::syntax::{Syntax, compares_type, key, list, literals};

/// The part of a template that a rule file must be handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeFilter {
    Everything,
    /// The resources of these types, and all that is no resource.
    Types(BTreeSet<String>),
}

impl TypeFilter {
    /// The resources that the filter lets through, in the order of the template; one whose type cannot be read is not held back.
    ///
    /// Where there are none, the first of all stands for them: a template without any resource is another matter to the
    /// engine than one with none of the right type.
    pub(super) fn within<'a>(&self, resources: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
        let within: Vec<_> = resources.iter().filter(|(_, resource)| self.includes(resource)).collect();
        if within.is_empty() { resources.iter().take(1).collect() } else { within }
    }

    /// Whether a resource is that the filter lets through.
    pub(super) fn includes(&self, resource: &Value) -> bool {
        match self {
            Self::Everything => true,
            Self::Types(types) => resource["Type"].as_str().is_none_or(|name| types.contains(name)),
        }
    }
}

/// The type filter of a file. It is `Types` only when every way in the file to the resources begins with
/// `Resources.*[ Type == '…' ]` (or `Type IN […]`, or a type block), so that the other resources cannot matter.
pub(super) fn type_filter(syntax: &Syntax) -> TypeFilter {
    let mut collector = TypeCollector::default();
    for definition in syntax.rules.iter().chain(&syntax.parameterized).chain(&syntax.variables) {
        collector.visit(&definition.tree, true);
    }
    if collector.everything { TypeFilter::Everything } else { TypeFilter::Types(collector.types) }
}

#[derive(Default)]
struct TypeCollector {
    everything: bool,
    types: BTreeSet<String>,
}

impl TypeCollector {
    /// Notes what `tree` asks for. `at_root` says whether queries begin at the template's root.
    fn visit(&mut self, tree: &Value, at_root: bool) {
        match tree {
            Value::Object(entries) => {
                for (name, value) in entries {
                    match (name.as_str(), value) {
                        ("query", Value::Array(steps)) => self.query(steps, at_root),
                        ("BlockClause" | "TypeBlock", block) => {
                            let query = &block["query"];
                            self.query(list(query.get("query").unwrap_or(query)), at_root);
                            self.visit(&block["conditions"], false);
                            self.visit(&block["block"], false);
                        }
                        _ => self.visit(value, at_root),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.visit(value, at_root)),
            _ => {}
        }
    }

    fn query(&mut self, steps: &[Value], at_root: bool) {
        if at_root && steps.first().is_some_and(|first| key(first).is_none()) {
            self.everything = true;
        }
        for (index, step) in steps.iter().enumerate() {
            if key(step).is_some_and(means_resources) {
                match steps.get(index + 1..index + 3).and_then(filtered_types) {
                    Some(types) => self.types.extend(types),
                    None => self.everything = true,
                }
            }
            self.visit(step, false);
        }
    }
}

/// Whether a key of a rule reaches `Resources`: the engine tries other spellings (`resources`) as well.
fn means_resources(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.eq_ignore_ascii_case("resources")
}

/// The types that `.*[ Type == '…' ]` lets through; `None` where the two steps are anything else.
fn filtered_types(steps: &[Value]) -> Option<BTreeSet<String>> {
    let [all, filter] = steps else { return None };
    all.get("AllValues")?;
    let conjunctions = list(list(filter.get("Filter")?).get(1)?);
    conjunctions.iter().find_map(|disjunction| {
        let mut types = BTreeSet::new();
        for clause in list(disjunction) {
            types.extend(equal_types(&clause["Clause"])?);
        }
        (!types.is_empty()).then_some(types)
    })
}

/// The types that `Type == '…'` or `Type IN ['…', …]` names; `None` for any other clause.
fn equal_types(clause: &Value) -> Option<Vec<String>> {
    let access = &clause["access_clause"];
    let positive = clause["negation"] == false && access["comparator"][1] == false;
    let equal = access["comparator"][0] == "Eq" || access["comparator"][0] == "In";
    if !(positive && equal && compares_type(access) && list(&access["query"]["query"]).len() == 1) {
        return None;
    }
    let names = literals(&access["compare_with"]);
    (!names.is_empty() && names.iter().all(|name| !name.starts_with('/')))
        .then(|| names.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&[&str]>) {
        let expected = expected.map_or(TypeFilter::Everything, |types| {
            TypeFilter::Types(types.iter().map(|&name| name.to_owned()).collect())
        });
        assert_eq!(type_filter(&Syntax::read(text, "a.guard").unwrap()), expected, "{text}");
    }

    #[test]
    fn a_file_whose_every_way_to_the_resources_names_types_sees_those() {
        check("let u = Resources.*[ Type == 'A::B::C' ]\nrule A when %u !empty { %u.X exists }", Some(&["A::B::C"]));
        check("rule A { Resources.*[ Type IN ['A::B::C', 'A::B::D'] ] empty }", Some(&["A::B::C", "A::B::D"]));
        check("rule A { Resources.*[ Type == 'A::B::C' or Type == 'A::B::D' ] empty }", Some(&["A::B::C", "A::B::D"]));
        check("rule A { Resources.*[ Type == 'A::B::C'\n X exists ] { X[*] { Y exists } } }", Some(&["A::B::C"]));
        check("rule A { AWS::S3::Bucket { this !empty } }", Some(&["AWS::S3::Bucket"]));
        check("rule A { AWS::S3::Bucket when X exists { Y exists } }", Some(&["AWS::S3::Bucket"]));
        check("rule A { Outputs empty }", Some(&[]));
    }

    #[test]
    fn any_other_way_to_the_resources_sees_everything() {
        for text in [
            "rule A { Resources exists }",
            "rule A { resources.*[ Type != 'A::B::C' ] empty }",
            "rule A { Resources.*[ Type == /A/ ] empty }",
            "rule A { Resources.*[ not Type == 'A::B::C' ] empty }",
            "rule A { Resources.*[ Type == 'A::B::C' or X exists ] empty }",
            "rule A { Resources.*[ X.Type == 'A::B::C' ] empty }",
            "let t = ['A::B::C']\nrule A { Resources.*[ Type IN %t ] empty }",
            "let r = Resources\nrule A { %r.*[ Type == 'A::B::C' ] empty }",
            "let n = count(Resources.*)\nrule A { %n == 1 }",
            "rule A { Resources.*[ Type == 'A::B::C' ] { X[ Y == 'a' ] exists } Resources.* { Z exists } }",
            "rule A { this.* { Z exists } }",
            "rule A { this[ keys == 'Resources' ] exists }",
        ] {
            check(text, None);
        }
    }
}

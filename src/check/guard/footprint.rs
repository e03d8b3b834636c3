//! What a rule file can tell apart of templates.
//!
//! A file sees the resources of the types that it asks for, where every way to the resources names some.
//!
//! Most rules compare the texts of a resource for equality alone: with texts that the rule writes out, or with one another.
//! Such a file cannot tell two resources apart that differ in their texts only, as long as equal texts stay equal, different
//! ones different, and each is still the same to every text and regular expression that the file writes out. It asks of
//! resources whether all comply, or some, or whether there are any; not how many there are, nor in which order, nor what
//! their logical IDs are. So it cannot tell two templates apart either that have the same kinds of such resources.
//!
//! `RuleFootprint::of` reads from the syntax tree whether a file is like that. It knows every construct that it lets pass; with any
//! other the answer is that the file may see everything.

use std::collections::{BTreeMap, BTreeSet};

use fancy_regex::Regex;
use serde_json::Value;

use super::syntax::{Syntax, filtered_types, key, list};
use crate::inventory::walk;
use crate::render::Template;

/// By what a rule file tells one text from another, besides comparing them.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleFootprint {
    /// The types of the resources that it sees; `None` where these may be all. It sees all that is no resource.
    types: Option<BTreeSet<String>>,
    /// Whether it may tell anything apart.
    pub is_opaque: bool,
    /// The texts that it writes out.
    texts: BTreeSet<String>,
    /// Its regular expressions, by how they are written.
    patterns: BTreeMap<String, Regex>,
}

impl RuleFootprint {
    /// What a file can tell apart.
    pub(super) fn of(syntax: &Syntax) -> Self {
        let is_opaque = syntax.rules.iter().any(|rule| rule.has_parameters);
        let mut reader = FootprintReader { is_opaque, ..FootprintReader::default() };
        for variable in &syntax.variables {
            reader.variable(&variable.name, &variable.tree, false);
        }
        for definition in syntax.variables.iter().chain(&syntax.rules) {
            reader.visit(&definition.tree, false);
        }
        let types = Some(reader.types).filter(|_| !reader.sees_everything);
        Self { types, is_opaque: reader.is_opaque, ..reader.footprint }
    }

    /// Whether two files can be evaluated together: they see the same resources, and both are seen through, or neither is.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.types == other.types && self.is_opaque == other.is_opaque
    }

    /// The logical ID of the one resource that the file sees, where it names types and there is exactly one.
    pub(super) fn only_seen<'t>(&self, template: &'t Template) -> Option<&'t String> {
        self.types.as_ref()?;
        let mut seen = template.resources().filter(|(_, resource)| self.sees(resource));
        seen.next().filter(|_| seen.next().is_none()).map(|(id, _)| id)
    }

    /// Whether the file sees a resource: one whose type cannot be read, too.
    pub(super) fn sees(&self, resource: &Value) -> bool {
        let kind = resource["Type"].as_str();
        self.types.as_ref().is_none_or(|types| kind.is_none_or(|kind| types.contains(kind)))
    }

    /// What two files that fit can tell apart together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.texts.extend(other.texts.iter().cloned());
        self.patterns.extend(other.patterns.iter().map(|(text, pattern)| (text.clone(), pattern.clone())));
        self
    }

    /// Which of the file's regular expressions match `text`. `None` for a text that is what the file compares with, or
    /// that not every regular expression, or every reader, copes with: such a text is like no other.
    pub(super) fn matches(&self, text: &str) -> Option<Vec<bool>> {
        // What readers of YAML and JSON may refuse.
        let is_unusual = |c: char| c.is_control() || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFF}');
        if text.is_empty() || self.texts.contains(text) || text.chars().any(is_unusual) {
            return None;
        }
        self.patterns.values().map(|pattern| pattern.is_match(text).ok()).collect()
    }
}

/// What a variable stands for.
#[derive(Debug, PartialEq, Eq)]
enum Variable {
    /// Values that are written out.
    Literal,
    /// What a query finds in all of the template.
    OfTemplate,
    /// What is found in the resource that the block is about.
    OfResource,
}

#[derive(Default)]
struct FootprintReader<'t> {
    footprint: RuleFootprint,
    types: BTreeSet<String>,
    /// Whether there is a way to resources that names no types.
    sees_everything: bool,
    /// Whether there is a construct that may tell anything apart.
    is_opaque: bool,
    /// All variables of the file. One that stands for several things in several blocks makes it opaque.
    variables: BTreeMap<&'t str, Variable>,
    /// What is written out in variables.
    literals: BTreeMap<&'t str, Vec<&'t Value>>,
}

impl<'t> FootprintReader<'t> {
    fn variable(&mut self, name: &'t str, value: &'t Value, within: bool) {
        let literal = value.get("Value").map(|literal| &literal["value"]);
        let stands_for = match literal {
            Some(_) => Variable::Literal,
            None if within => Variable::OfResource,
            None => Variable::OfTemplate,
        };
        self.literals.entry(name).or_default().extend(literal);
        let known = self.variables.get(name).is_none_or(|known| *known == stands_for);
        self.is_opaque |= !known;
        self.variables.insert(name, stands_for);
    }

    /// Reads a part of the syntax tree. `within` says that it is about one resource, or something in it; or about something
    /// that is no resource, in which templates alike are the same. Otherwise it is about the template as a whole.
    fn visit(&mut self, tree: &'t Value, within: bool) {
        match tree {
            Value::Object(entries) => entries.iter().for_each(|(name, part)| self.part(name, part, within)),
            Value::Array(values) => values.iter().for_each(|value| self.visit(value, within)),
            _ => {}
        }
    }

    fn part(&mut self, name: &str, part: &'t Value, within: bool) {
        match (name, part) {
            ("query", Value::Array(steps)) => self.query(steps, within),
            ("BlockClause" | "TypeBlock", block) => {
                let query = &block["query"];
                self.query(list(query.get("query").unwrap_or(query)), within);
                // Where the conditions of a type block begin is not known well enough.
                self.is_opaque |= !block["conditions"].is_null();
                self.visit(&block["conditions"], true);
                self.visit(&block["block"], true);
            }
            ("assignments", variables) => {
                for variable in list(variables) {
                    self.variable(variable["var"].as_str().unwrap_or_default(), &variable["value"], within);
                }
                self.visit(variables, within);
            }
            ("access_clause", clause) => {
                self.comparison(clause, within);
                self.visit(clause, within);
            }
            ("Value", literal) => self.literal(&literal["value"]),
            ("FunctionCall", function) => {
                // How many there are in a resource is the same in those that are alike.
                self.is_opaque |= !within || function["name"] != "count";
                self.visit(&function["parameters"], within);
            }
            // What these parts hold is all that they say.
            (
                "AccessClause" | "Clause" | "NamedRule" | "WhenBlock" | "block" | "column" | "compare_with"
                | "comparator" | "conditions" | "conjunctions" | "custom_message" | "dependent_rule" | "line"
                | "location" | "match_all" | "negation" | "not_empty" | "query" | "rule_name" | "value" | "var"
                | "type_name",
                part,
            ) => self.visit(part, within),
            (_, part) => {
                self.is_opaque = true;
                self.visit(part, within);
            }
        }
    }

    /// A comparison: with what is written out, or of two things in one resource.
    fn comparison(&mut self, clause: &'t Value, within: bool) {
        let comparator = clause["comparator"][0].as_str().unwrap_or_default();
        let other = &clause["compare_with"];
        let variable = match list(&other["AccessClause"]["query"]) {
            [only] => key(only).and_then(|key| self.literals.get(key.strip_prefix('%')?)),
            _ => None,
        };
        let is_seen_through = match (other.get("Value"), variable) {
            _ if other.is_null() => true,
            (Some(literal), _) => is_of_equality(comparator, &literal["value"]),
            (None, Some(literals)) if !literals.is_empty() => {
                literals.iter().all(|literal| is_of_equality(comparator, literal))
            }
            _ => within && other.get("AccessClause").is_some() && matches!(comparator, "Eq" | "In"),
        };
        self.is_opaque |= !is_seen_through;
    }

    /// A query that begins at the template, or, `within` a resource, in that resource.
    fn query(&mut self, steps: &'t [Value], within: bool) {
        let is_of_all = !within && steps.first().is_some_and(|first| key(first).is_none());
        self.sees_everything |= is_of_all;
        self.is_opaque |= is_of_all;
        for (index, step) in steps.iter().enumerate() {
            let (name, content) = match step {
                Value::Object(entries) => entries.iter().next().map_or(("", &Value::Null), |(name, of)| (name, of)),
                other => (other.as_str().unwrap_or_default(), &Value::Null),
            };
            self.is_opaque |= match (name, content) {
                ("Key", Value::String(key)) => {
                    let is_all_of_them = steps.get(index + 1).is_some_and(|next| next.get("AllValues").is_some());
                    if means_resources(key) {
                        let types = steps.get(index + 2).filter(|_| is_all_of_them).and_then(filtered_types);
                        self.sees_everything |= types.is_none();
                        self.types.extend(types.into_iter().flatten());
                    }
                    let is_unknown = |name| index > 0 || !self.is_known(name, within);
                    // A text that is looked for as a key may be any.
                    means_resources(key) && !is_all_of_them || key.strip_prefix('%').is_some_and(is_unknown)
                }
                ("This" | "Index", _) => false,
                // What is captured in a variable could be a logical ID.
                ("AllValues" | "AllIndices", captured) => !captured.is_null(),
                ("Filter", content) => {
                    self.visit(&content[1], true);
                    !content[0].is_null()
                }
                ("MapKeyFilter", content) => {
                    let is_text = content[1]["compare_with"].get("Value").is_some();
                    if !is_text {
                        self.visit(&content[1], true);
                    }
                    !is_text || !content[0].is_null()
                }
                _ => true,
            };
        }
    }

    /// Whether a query can begin with the variable: `within` a resource, what is found in all of the template is another's.
    fn is_known(&self, name: &str, within: bool) -> bool {
        let of = if within { Variable::OfResource } else { Variable::OfTemplate };
        self.variables.get(name).is_some_and(|known| *known == of || *known == Variable::Literal)
    }

    /// Notes the texts of what is written out.
    fn literal(&mut self, value: &Value) {
        walk(value, &mut |part| {
            let Some(text) = part.as_str() else { return };
            self.footprint.texts.insert(text.to_owned());
            let pattern = text.strip_prefix('/').and_then(|text| text.strip_suffix('/'));
            // A path between slashes that is no regular expression is only a text.
            if let Some(regex) = pattern.and_then(|pattern| Regex::new(pattern).ok()) {
                self.footprint.patterns.insert(text.to_owned(), regex);
            }
        });
    }
}

/// Whether a comparison with what is written out is for equality, or of numbers.
fn is_of_equality(comparator: &str, literal: &Value) -> bool {
    match comparator {
        "Eq" => true,
        // A text is in another one if it is a part of it.
        "In" => !literal.is_string(),
        "Gt" | "Lt" | "Le" | "Ge" => literal.is_number(),
        _ => false,
    }
}

/// Whether a key of a rule reaches `Resources`: the engine tries other spellings (`resources`) as well.
fn means_resources(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.eq_ignore_ascii_case("resources")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "let users = Resources.*[ Type == 'AWS::IAM::User' ]\n";

    #[track_caller]
    fn of(rules: &str) -> RuleFootprint {
        RuleFootprint::of(&Syntax::read(&format!("{USERS}{rules}"), "a.guard").unwrap())
    }

    #[test]
    fn a_file_whose_every_way_to_the_resources_names_types_sees_those() {
        for (text, types) in [
            ("rule A { %users.X exists }", Some(&["AWS::IAM::User"][..])),
            (
                "rule A { Resources.*[ Type IN ['A::B::C', 'A::B::D'] ] empty }",
                Some(&["A::B::C", "A::B::D", "AWS::IAM::User"]),
            ),
            (
                "rule A { Resources.*[ Type == 'A::B::C' or Type == 'A::B::D' ] empty }",
                Some(&["A::B::C", "A::B::D", "AWS::IAM::User"]),
            ),
            (
                "rule A { Resources.*[ Type == 'A::B::C'\n X exists ] { X[*] { Y exists } } }",
                Some(&["A::B::C", "AWS::IAM::User"]),
            ),
            ("rule A { AWS::S3::Bucket { this !empty } }", Some(&["AWS::IAM::User", "AWS::S3::Bucket"])),
            ("rule A { Resources.*.Name exists }", None),
            ("rule A { resources.*[ Type != 'A::B::C' ] empty }", None),
            ("rule A { Resources.*[ Type == /A/ ] empty }", None),
            ("rule A { Resources.*[ not Type == 'A::B::C' ] empty }", None),
            ("rule A { Resources.*[ Type == 'A::B::C' or X exists ] empty }", None),
            ("rule A { Resources.*[ X.Type == 'A::B::C' ] empty }", None),
            ("let t = ['A::B::C']\nrule A { Resources.*[ Type IN %t ] empty }", None),
            ("rule A { Resources.*[ Type == 'A::B::C' ] { X[ Y == 'a' ] exists } Resources.* { Z exists } }", None),
        ] {
            let expected = types.map(|types| types.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(of(text).types, expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_compares_for_equality_sees_the_texts_it_writes_out_and_its_regular_expressions() {
        let footprint = of("let allowed = ['b', {'k': ['c']}]\n\
         rule A when %users !empty\n Metadata.part IN ['d', /^e/] {\n\
         %users.Properties { let name = UserName\n Tags[ Key == 'f' ] { Value == %name\n Value != Other.Name }\n\
         Path IN %allowed or Size >= 5\n Tags[0] exists\n this !empty\n let n = count(Tags[*])\n %n == 2 }\n B\n}\n\
         rule B { some %users[ Properties[ keys == 'g' ] exists ].Name == /h$/ \n AWS::IAM::Role { X exists } }\n");
        assert!(!footprint.is_opaque);
        assert_eq!(
            footprint.texts.iter().map(String::as_str).collect::<Vec<_>>(),
            ["/^e/", "/h$/", "AWS::IAM::Role", "AWS::IAM::User", "b", "c", "d", "f"]
        );
        assert_eq!(footprint.matches("east"), Some(vec![true, false]));
        assert_eq!(footprint.matches("north"), Some(vec![false, true]));
        for text in ["", "b", "c", "a\u{0}"] {
            assert_eq!(footprint.matches(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_file_with_any_other_construct_may_see_everything() {
        for rules in [
            "rule A { %users { let a = substring(Properties.Action[*], 0, 3)\n %a not IN ['s3:'] } }",
            "rule A { %users { let n = count(%users)\n %n == 1 } }",
            "let n = count(%users)\nrule A { %n == 1 }",
            "let names = Resources.*[ Type == 'AWS::IAM::Role' ].Name\nrule A { %users.Name == %names }",
            "let names = %users.Name\nrule A { %users { Name == %names } }",
            "let roles = Resources.*[ Type == 'AWS::IAM::Role' ]\nrule A { %users { let n = Name\n %roles { Name == %n } } }",
            "let roles = Resources.*[ Type == 'AWS::IAM::Role' ]\nrule A { %users { let n = Name\n %roles[ Name == %n ] empty } }",
            "rule A { %users { Name IN 'abc' } }",
            "rule A { %users { Name < 'b' } }",
            "rule A { %users { Name <= Other } }",
            "rule A { %users { let n = Name\n Properties.%n exists } }",
            "rule A { %users { let l = to_lower(Name)\n Other == %l } }",
            "rule A { %users { let l = to_lower(Name)\n %l == Other } }",
            "rule A { %users { let n = Other\n let l = to_lower(Name)\n %l { this == %n } } }",
            "rule A { %users { let l = to_lower(this)\n %l == 'a' } }",
            "rule A { %users { let l = json_parse(Document)\n %l.Name == 'a' } }",
            "rule A { Resources.*[ id | Type == 'AWS::IAM::User' ].Name == 'a'\n %id exists }",
            "rule A { %users { Tags[ keys == Name ] exists } }",
            "rule p(x) { %x exists }\nrule A { p(%users) }",
            "rule A { AWS::IAM::User when Name == 'a' { Path exists } }",
            "rule A { Resources exists }",
            "rule A { resources.Bucket exists }",
            "rule A { Resources[ keys == /a/ ] exists }",
            "let r = Resources\nrule A { %r.* { X exists } }",
            "rule A { this.* { Z exists } }",
            "rule A { this[ keys == 'Resources' ] exists }",
        ] {
            assert!(of(rules).is_opaque, "{rules}");
        }
    }
}

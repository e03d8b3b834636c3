//! What a rule file can tell apart.
//!
//! Most rules compare the texts of a resource for equality alone: with texts that the rule writes out, or with one another.
//! Such a file cannot tell two resources apart that differ in their texts only, as long as equal texts stay equal, different
//! ones different, and each is still the same to every text and regular expression that the file writes out. It asks of
//! resources whether all comply, or some, or whether there are any; not how many there are, nor in which order, nor what
//! their logical IDs are. So it cannot tell two templates apart either that have the same kinds of such resources.
//!
//! `footprint` reads from the syntax tree whether a file is like that. It knows every construct that it lets pass; with any
//! other the answer is that the file may see everything.

use std::collections::{BTreeMap, BTreeSet};

use fancy_regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::syntax::Syntax;
use super::tree::{
    Access, Block, Clause, Comparator, Conjunctions, Function, LetValue, Query, RuleClause, RuleTree, Step,
};

/// By what a rule file tells one text from another, besides comparing them.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleFootprint {
    /// The texts that it writes out.
    texts: BTreeSet<String>,
    /// Its regular expressions, by how they are written.
    patterns: BTreeMap<String, Regex>,
    /// How the keys begin below which it takes texts apart.
    taken_apart: BTreeSet<Beginning>,
}

/// What a rule file can tell apart; `None` where it may be everything.
pub(super) fn footprint(syntax: &Syntax) -> Option<RuleFootprint> {
    if !syntax.parameterized.is_empty() {
        return None;
    }
    let mut reader = FootprintReader::default();
    let variables: Vec<(&str, LetValue)> = syntax
        .variables
        .iter()
        .map(|variable| Some((variable.name.as_str(), LetValue::deserialize(&variable.tree).ok()?)))
        .collect::<Option<_>>()?;
    let rules: Vec<RuleTree> =
        syntax.rules.iter().map(|rule| RuleTree::deserialize(&rule.tree).ok()).collect::<Option<_>>()?;
    let variables: Vec<(&str, &LetValue)> = variables.iter().map(|(name, value)| (*name, value)).collect();
    reader.scope(&variables, Within::Template)?;
    for rule in &rules {
        reader.clauses(rule.conditions.as_deref().unwrap_or_default(), Within::Template)?;
        reader.block(&rule.block, Within::Template, |reader, clause| match clause {
            RuleClause::Clause(clause) => reader.clause(clause, Within::Template),
            RuleClause::WhenBlock(conditions, block) => reader.when(conditions, block, Within::Template),
            RuleClause::TypeBlock(block) => {
                reader.query(&block.query, Within::Template)?;
                // Where its conditions begin is not known well enough.
                block.conditions.is_none().then_some(())?;
                reader.nested(&block.block, Within::Resource)
            }
        })?;
    }
    Some(reader.footprint)
}

impl RuleFootprint {
    /// What two files together can tell apart.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.texts.extend(other.texts.iter().cloned());
        self.patterns.extend(other.patterns.iter().map(|(text, pattern)| (text.clone(), pattern.clone())));
        self.taken_apart.extend(&other.taken_apart);
        self
    }

    /// Whether texts below `key` are taken apart: it or another spelling of it is a key that a function is applied to.
    pub(super) fn takes_apart(&self, key: &str) -> bool {
        !self.taken_apart.is_empty()
            && Beginning::of(key).is_none_or(|beginning| self.taken_apart.iter().any(|one| one.fits(beginning)))
    }

    /// Which of the file's regular expressions match `text`. `None` for a text that is what the file compares with, or
    /// that not every regular expression, or every reader, copes with: such a text is like no other.
    pub(super) fn matches(&self, text: &str) -> Option<Vec<bool>> {
        if text.is_empty() || self.texts.contains(text) || text.chars().any(is_unusual) {
            return None;
        }
        self.patterns.values().map(|pattern| pattern.is_match(text).ok()).collect()
    }
}

/// What readers of YAML and JSON may refuse.
fn is_unusual(character: char) -> bool {
    character.is_control() || matches!(character, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFF}')
}

/// How a key begins in all spellings in which the engine looks for it: upper and lower case, with `-` and `_`, and the
/// plural in the singular, which begins with the same letter and another vowel at most (`men`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Beginning {
    first: char,
    second: Option<char>,
}

impl Beginning {
    fn of(key: &str) -> Option<Self> {
        let mut letters = key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
        let first = letters.next()?;
        let second = letters.next().map(|letter| if "aeiou".contains(letter) { 'a' } else { letter });
        Some(Self { first, second })
    }

    fn fits(self, other: Self) -> bool {
        self.first == other.first
            && self.second.zip(other.second).is_none_or(|(second, others_second)| second == others_second)
    }
}

/// What a clause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The template as a whole.
    Template,
    /// One resource, or something in it; or something that is no resource, in which templates alike are the same.
    Resource,
}

/// What a variable stands for.
#[derive(Debug, Clone)]
enum Variable {
    /// A value that is written out.
    Literal(Value),
    /// What a query finds in all of the template.
    OfTemplate,
    /// What a query finds in the resource that the block is about.
    OfResource,
    /// What a function makes of texts of that resource.
    Made,
}

#[derive(Default)]
struct FootprintReader {
    footprint: RuleFootprint,
    /// The variables of the blocks that are open, the innermost last.
    scopes: Vec<BTreeMap<String, Variable>>,
}

impl FootprintReader {
    fn variable(&self, name: &str) -> Option<Variable> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }

    /// Opens a scope with these variables.
    fn scope(&mut self, variables: &[(&str, &LetValue)], within: Within) -> Option<()> {
        let mut scope = BTreeMap::new();
        for (name, value) in variables {
            let variable = match (value, within) {
                (LetValue::Value(literal), _) => Variable::Literal(literal.value.clone()),
                (LetValue::AccessClause(_), Within::Template) => Variable::OfTemplate,
                (LetValue::AccessClause(_), Within::Resource) => Variable::OfResource,
                (LetValue::FunctionCall(_), Within::Resource) => Variable::Made,
                (LetValue::FunctionCall(_), Within::Template) => return None,
            };
            scope.insert((*name).to_owned(), variable).is_none().then_some(())?;
        }
        self.scopes.push(scope);
        for (_, value) in variables {
            match value {
                LetValue::Value(literal) => self.literal(&literal.value),
                LetValue::AccessClause(query) => self.query(&query.query, within)?,
                LetValue::FunctionCall(function) => self.function(function)?,
            }
        }
        Some(())
    }

    fn block<T>(
        &mut self,
        block: &Block<T>,
        within: Within,
        mut each: impl FnMut(&mut Self, &T) -> Option<()>,
    ) -> Option<()> {
        let variables: Vec<_> = block.assignments.iter().map(|one| (one.var.as_str(), &one.value)).collect();
        self.scope(&variables, within)?;
        block.conjunctions.iter().flatten().try_for_each(|clause| each(self, clause))?;
        self.scopes.pop();
        Some(())
    }

    fn nested(&mut self, block: &Block<Clause>, within: Within) -> Option<()> {
        self.block(block, within, |reader, clause| reader.clause(clause, within))
    }

    fn when(&mut self, conditions: &[Vec<Clause>], block: &Block<Clause>, within: Within) -> Option<()> {
        self.clauses(conditions, within)?;
        self.nested(block, within)
    }

    fn clauses(&mut self, clauses: &[Vec<Clause>], within: Within) -> Option<()> {
        clauses.iter().flatten().try_for_each(|clause| self.clause(clause, within))
    }

    fn clause(&mut self, clause: &Clause, within: Within) -> Option<()> {
        match clause {
            Clause::Clause(clause) => self.access(&clause.access_clause, within),
            // It holds or not for the template as a whole.
            Clause::NamedRule(_) => Some(()),
            Clause::ParameterizedNamedRule(_) => None,
            Clause::BlockClause(block) => {
                self.query(&block.query.query, within)?;
                self.nested(&block.block, Within::Resource)
            }
            Clause::WhenBlock(conditions, block) => self.when(conditions, block, within),
        }
    }

    fn access(&mut self, access: &Access, within: Within) -> Option<()> {
        let own = &access.query.query;
        match &access.compare_with {
            None => self.made_or_query(own, within),
            Some(LetValue::Value(literal)) => {
                self.made_or_query(own, within)?;
                self.compared(access.comparator.0, &literal.value)
            }
            Some(LetValue::AccessClause(other)) => match self.written_out(other) {
                Some(literal) => {
                    self.made_or_query(own, within)?;
                    self.compared(access.comparator.0, &literal)
                }
                None => self.compared_with_each_other(access.comparator.0, own, &other.query, within),
            },
            Some(LetValue::FunctionCall(_)) => None,
        }
    }

    /// A query on the left-hand side of a comparison with what is written out. It may be what a function made.
    fn made_or_query(&mut self, steps: &[Step], within: Within) -> Option<()> {
        if let [first, rest @ ..] = steps
            && matches!(rest, [] | [Step::AllIndices(None)])
            && let Some(Variable::Made) = first.variable().and_then(|name| self.variable(name))
        {
            return Some(());
        }
        self.query(steps, within)
    }

    /// What the query is, if it is a variable for what is written out.
    fn written_out(&self, query: &Query) -> Option<Value> {
        match query.query.as_slice() {
            [only] => match self.variable(only.variable()?)? {
                Variable::Literal(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// A comparison with what is written out: for equality, or of numbers.
    fn compared(&mut self, comparator: Comparator, literal: &Value) -> Option<()> {
        self.literal(literal);
        match comparator {
            Comparator::Eq => Some(()),
            // A text is in another one if it is a part of it.
            Comparator::In => (!literal.is_string()).then_some(()),
            Comparator::Gt | Comparator::Lt | Comparator::Le | Comparator::Ge => literal.is_number().then_some(()),
            _ => None,
        }
    }

    /// A comparison of two things in one resource: for equality.
    fn compared_with_each_other(
        &mut self,
        comparator: Comparator,
        own: &[Step],
        other: &[Step],
        within: Within,
    ) -> Option<()> {
        let equal = matches!(comparator, Comparator::Eq | Comparator::In);
        let in_resource = within == Within::Resource && own.first()?.variable().is_none();
        (equal && in_resource).then_some(())?;
        self.query(own, within)?;
        self.query(other, within)
    }

    /// A query that begins at the template, or, within a resource, in that resource.
    fn query(&mut self, steps: &[Step], within: Within) -> Option<()> {
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::Key(_) => match (step.variable(), index) {
                    (None, _) => {}
                    (Some(name), 0) => match (self.variable(name)?, within) {
                        (Variable::OfTemplate | Variable::Literal(_), Within::Template)
                        | (Variable::OfResource, Within::Resource) => {}
                        _ => return None,
                    },
                    // A text that is looked for as a key.
                    (Some(_), _) => return None,
                },
                Step::This | Step::Index(_) | Step::AllValues(None) | Step::AllIndices(None) => {}
                Step::Filter(None, clauses) => self.filter(clauses)?,
                Step::MapKeyFilter(None, filter) => {
                    matches!(filter.compare_with, LetValue::Value(_)).then_some(())?;
                }
                // What is captured could be a logical ID.
                Step::AllValues(_) | Step::AllIndices(_) | Step::Filter(..) | Step::MapKeyFilter(..) => return None,
            }
        }
        Some(())
    }

    fn filter(&mut self, clauses: &Conjunctions<Clause>) -> Option<()> {
        self.clauses(clauses, Within::Resource)
    }

    /// A function of what is in one resource.
    fn function(&mut self, function: &Function) -> Option<()> {
        let takes_apart = match function.name.as_str() {
            "count" => false,
            "join" | "regex_replace" | "substring" | "to_lower" | "to_upper" | "url_decode" => true,
            _ => return None,
        };
        for parameter in &function.parameters {
            match parameter {
                LetValue::Value(_) => {}
                LetValue::AccessClause(query) => {
                    query.query.first()?.variable().is_none().then_some(())?;
                    self.query(&query.query, Within::Resource)?;
                    if takes_apart {
                        let last = query.query.iter().rev().find_map(|step| match step {
                            Step::Key(key) => Some(Beginning::of(key)),
                            _ => None,
                        });
                        self.footprint.taken_apart.insert(last??);
                    }
                }
                LetValue::FunctionCall(_) => return None,
            }
        }
        Some(())
    }

    /// Notes the texts of what is written out.
    fn literal(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.footprint.texts.insert(text.clone());
                let pattern = text.strip_prefix('/').and_then(|text| text.strip_suffix('/'));
                // A path between slashes that is no regular expression is only a text.
                if let Some(regex) = pattern.and_then(|pattern| Regex::new(pattern).ok()) {
                    self.footprint.patterns.insert(text.clone(), regex);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.literal(value)),
            Value::Object(entries) => entries.values().for_each(|value| self.literal(value)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;

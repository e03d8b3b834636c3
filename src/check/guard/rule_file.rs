//! One rule file, read and found fit to be evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::footprint::RuleFootprint;
use super::syntax::{Definition, Syntax, TypeUse, one_line};
use super::{cycles, types};
use crate::config::{hidden_character, refused_character, suggest};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// A rule file that can be evaluated.
#[derive(Debug)]
pub(super) struct RuleFile {
    /// Its text.
    pub source: Arc<SourceFile>,
    /// Its rules, in order.
    pub rules: Vec<GuardRule>,
    /// What it can tell apart of a template.
    pub footprint: RuleFootprint,
}

/// A rule of a rule file.
#[derive(Debug)]
pub(super) struct GuardRule {
    pub name: String,
    /// Where it is defined.
    pub place: Place,
    /// Whether it asks for resource types, so that it may be skipped where there are none of these.
    pub names_types: bool,
}

impl RuleFile {
    /// Reads a rule file, or tells why it cannot be used.
    pub(super) fn read(source: &Arc<SourceFile>) -> Result<Self, Vec<Finding>> {
        let name = source.path.display().to_string();
        let syntax = Syntax::read(&source.text, &name).map_err(|error| vec![unparsable(source, &error)])?;
        let evaluated = syntax.rules.iter().filter(|rule| !rule.has_parameters);
        let rules: Vec<GuardRule> = evaluated
            .map(|rule| GuardRule {
                name: rule.name.clone(),
                place: definition_place(source, &rule.name),
                names_types: names_types(&syntax, rule),
            })
            .collect();
        if rules.is_empty() {
            let message = format!("the rule file `{name}` holds no rule");
            return Err(vec![Finding::new(Rule::GuardBrokenRules, message).at(Place::whole(source)).help(
                "write a rule into it, or remove the file: a file without rules would pass whatever the templates hold",
            )]);
        }
        let mut findings = circles(source, &syntax);
        findings.extend(undefined(source, &syntax));
        findings.extend(unknown_types(source, &syntax));
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(Self { source: Arc::clone(source), rules, footprint: RuleFootprint::of(&syntax) })
    }
}

/// The engine's complaint, at the place it names (`at line 3 at column 5`, or `on line 3 column 5`).
fn unparsable(source: &Arc<SourceFile>, error: &str) -> Finding {
    let number_after = |word: &str| {
        let rest = error.split_once(word)?.1.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok()
    };
    let line = source.line_range(number_after("line").unwrap_or(1));
    let indent = number_after("column").map_or(0, |column| column.saturating_sub(1));
    let span = (line.start + indent).min(line.end)..line.end;
    // What an editor or a web page has put in the place of a space or a quote.
    let here = source.text.get(span.clone()).unwrap_or_default();
    let first = || here.trim_start_matches(' ').chars().take(1).collect::<String>();
    let odd = hidden_character(here).or_else(|| refused_character(&first(), |c| c.is_ascii()));
    let finding =
        Finding::new(Rule::GuardBrokenRules, format!("the rule file `{}` does not parse", source.path.display()))
            .at(Place::new(source, span))
            .label("the engine stops here")
            .help("mend or remove the rule: while a rule file is broken, nothing is checked against it")
            .notes(odd);
    // The engine says where it stopped and quotes the rest of the file; at times it says why, too.
    let why = error.split_once("when handling ").map_or(error, |(_, rest)| rest);
    let why = why.split(", fragment ").next().unwrap_or_default();
    if why.is_empty() { finding } else { finding.note(one_line(why, 160)) }
}

fn circles(source: &Arc<SourceFile>, syntax: &Syntax) -> Vec<Finding> {
    let finding = |cycle: cycles::Cycle| {
        let first = cycle.first().map_or("", String::as_str);
        let message = format!("`{first}` refers to itself: `{}`", cycle.join("` → `"));
        Finding::new(Rule::GuardBrokenRules, message)
            .at(definition_place(source, first))
            .help("break the circle: the engine would follow it for ever")
    };
    cycles::find(syntax).into_iter().map(finding).collect()
}

fn undefined(source: &Arc<SourceFile>, syntax: &Syntax) -> Vec<Finding> {
    let known: BTreeSet<&str> = syntax.rules.iter().map(|rule| rule.name.as_str()).collect();
    let references = syntax.rules.iter().flat_map(|rule| &rule.rules);
    let unknown: BTreeSet<(u64, &str)> = references
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, line)| (*line, name.as_str()))
        .collect();
    let finding = |(line, name): (u64, &str)| {
        Finding::new(Rule::GuardBrokenRules, format!("the rule `{name}` is referred to, but not defined in this file"))
            .at(word_place(source, line, name))
            .help(format!("define the rule `{name}` in the same file, or correct the name"))
    };
    unknown.into_iter().map(finding).collect()
}

fn unknown_types(source: &Arc<SourceFile>, syntax: &Syntax) -> Vec<Finding> {
    let definitions = syntax.rules.iter().chain(&syntax.variables);
    let uses: BTreeSet<&TypeUse> = definitions.flat_map(|definition| &definition.types).collect();
    let unknown = uses.into_iter().filter(|asked| {
        match asked.pattern.strip_prefix('/').and_then(|pattern| pattern.strip_suffix('/')) {
            Some(regex) => !types::matches_some(regex),
            None => !types::exists(&asked.pattern),
        }
    });
    let finding = |TypeUse { line, pattern }: &TypeUse| {
        let message =
            format!("CloudFormation has no resource type `{pattern}`, so the rule would be skipped everywhere");
        let other = "write the type as the CloudFormation resource reference has it";
        Finding::new(Rule::GuardUnknownType, message).at(word_place(source, *line, pattern)).help(suggest(
            pattern,
            types::KNOWN.iter().copied(),
            other,
        ))
    };
    unknown.map(finding).collect()
}

/// Whether `definition`, or a rule or variable that it rests on, asks for resource types by name.
fn names_types(syntax: &Syntax, definition: &Definition) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![definition];
    while let Some(definition) = open.pop() {
        if !definition.types.is_empty() {
            return true;
        }
        let next = syntax
            .rules
            .iter()
            .filter(|rule| definition.rules.iter().any(|(name, _)| *name == rule.name))
            .chain(syntax.variables.iter().filter(|variable| definition.variables.contains(&variable.name)));
        open.extend(next.filter(|next| seen.insert(std::ptr::from_ref(*next))));
    }
    false
}

/// Where the rule or variable `name` is defined; the file as a whole for the rule `default`, which has no name there.
fn definition_place(source: &Arc<SourceFile>, name: &str) -> Place {
    let (keyword, name) = name.strip_prefix('%').map_or(("rule", name), |variable| ("let", variable));
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let code = line.trim_start();
        let defined = code.strip_prefix(keyword).filter(|rest| rest.starts_with([' ', '\t'])).map(str::trim_start);
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if defined.and_then(|rest| rest.strip_prefix(name)).is_some_and(ends) {
            let indent = line.len() - code.len();
            return Place::new(source, start + indent..start + line.trim_end().len());
        }
        start += line.len();
    }
    Place::whole(source)
}

/// The place of `word` on or after line `line` (counted from 1), or the line where it does not stand.
fn word_place(source: &Arc<SourceFile>, line: u64, word: &str) -> Place {
    let line = source.line_range(usize::try_from(line).unwrap_or(usize::MAX));
    let start = source.text.get(line.start..).and_then(|rest| rest.find(word)).map(|offset| line.start + offset);
    Place::new(source, start.map_or(line, |start| start..start + word.len()))
}

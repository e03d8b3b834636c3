//! Circles: rules or variables that refer to themselves, which the engine follows until the stack overflows.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{Definition, Syntax};

/// A name that leads back to itself: the names on the way, the first of them again at the end.
pub(super) type Cycle = Vec<String>;

/// Every circle of the file, each once: of rules, with parameters or without, and of the variables of one block.
pub(super) fn find(syntax: &Syntax) -> Vec<Cycle> {
    let mut cycles = of(&syntax.rules, |rule| rule.rules.iter().map(|(name, _)| name.as_str()).collect());
    for block in &syntax.blocks {
        let variables = of(block, |variable| variable.variables.iter().map(String::as_str).collect());
        cycles.extend(variables.into_iter().map(|cycle| cycle.iter().map(|name| format!("%{name}")).collect()));
    }
    cycles
}

type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn of<'a>(definitions: &'a [Definition], references: impl Fn(&'a Definition) -> Vec<&'a str>) -> Vec<Cycle> {
    let mut graph = Graph::new();
    for definition in definitions {
        graph.entry(&definition.name).or_default().extend(references(definition));
    }
    let (mut found, mut done) = (Vec::new(), BTreeSet::new());
    for &name in graph.keys() {
        follow(&graph, name, &mut Vec::new(), &mut done, &mut found);
    }
    found
}

fn follow<'a>(
    graph: &Graph<'a>,
    name: &'a str,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    found: &mut Vec<Cycle>,
) {
    if let Some(start) = way.iter().position(|&earlier| earlier == name) {
        found.push(way[start..].iter().chain([&name]).map(|&name| name.to_owned()).collect());
        return;
    }
    if done.contains(name) {
        return;
    }
    way.push(name);
    for &next in graph.get(name).into_iter().flatten() {
        follow(graph, next, way, done, found);
    }
    way.pop();
    done.insert(name);
}

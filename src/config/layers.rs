//! Layers of settings: built-in defaults, the company's, an account's. Maps merge; scalars and lists replace; `null` unsets.

use std::sync::Arc;

use super::node::{Content, Entry, Node};
use super::schema::Schema;
use super::settings::{Settings, account_schema};
use super::yaml;
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// The path under which findings and `explain` name the built-in defaults.
pub const DEFAULTS_PATH: &str = "built-in defaults";
const DEFAULTS: &str = include_str!("defaults.yaml");

/// The built-in defaults.
pub fn defaults() -> Node {
    let source = SourceFile::new(DEFAULTS_PATH, DEFAULTS);
    let empty = Node { place: Place::whole(&source), content: Content::Map(Vec::new()) };
    yaml::parse(&source, &mut Vec::new()).unwrap_or(empty)
}

/// Reads one settings file and checks it against `schema`. `None` where it holds nothing that can be layered.
pub fn read_settings(source: &Arc<SourceFile>, schema: &Schema, findings: &mut Vec<Finding>) -> Option<Node> {
    let node = yaml::parse(source, findings)?;
    schema.read(&node, findings);
    empty_values(&node, findings);
    matches!(node.content, Content::Map(_)).then_some(node)
}

/// Finds keys with nothing behind them.
fn empty_values(node: &Node, findings: &mut Vec<Finding>) {
    for entry in node.entries() {
        if is_empty(&entry.value) {
            let message = format!("`{}` has no value, and so counts as not set", entry.key);
            let help = "write a value, or remove the key; if the value starts with `#`, put it in quotes, because YAML reads it as a comment";
            findings.push(Finding::new(Rule::SettingsEmptyValue, message).at(entry.key_place.clone()).help(help));
        }
        empty_values(&entry.value, findings);
    }
}

/// Whether nothing is written there. Whoever writes `null` or `~` means it.
fn is_empty(value: &Node) -> bool {
    value.content == Content::Null && value.place.text().is_empty()
}

/// Lays `over` over `base`. A key without a value counts as not written. `null` unsets what `base` says: then what `defaults`
/// says holds again, and where that says nothing, the `null` stays, with its place.
pub fn merge(base: &Node, over: Option<&Node>, defaults: Option<&Node>) -> Node {
    let Some(over) = over else { return base.clone() };
    let Content::Map(above) = &over.content else { return over.clone() };
    let nothing = Node { place: over.place.clone(), content: Content::Null };
    let mut entries = base.entries().to_vec();
    for entry in above.iter().filter(|entry| !is_empty(&entry.value)) {
        let default = defaults.and_then(|defaults| defaults.get(&entry.key));
        let unset = default.filter(|_| entry.value.content == Content::Null).cloned();
        let on = |below: &Node| Entry {
            value: unset.clone().unwrap_or_else(|| merge(below, Some(&entry.value), default)),
            ..entry.clone()
        };
        match entries.iter_mut().find(|existing| existing.key == entry.key) {
            Some(existing) => *existing = on(&existing.value),
            None => entries.push(on(&nothing)),
        }
    }
    Node { place: over.place.clone(), content: Content::Map(entries) }
}

/// The typed settings of a merged node. Where a value has the wrong type, which was a finding when its file was read,
/// it counts as not set here.
pub fn typed(node: &Node) -> Settings {
    let value = account_schema().read(node, &mut Vec::new());
    serde_json::from_value(value).unwrap_or_default()
}

/// Where a setting comes from: each leaf under `path` (or all, for an empty path) with its value and its place.
/// `None` where nothing is set there.
pub fn explain(settings: &Node, path: &str) -> Option<Vec<(String, String, Place)>> {
    let mut leaves = Vec::new();
    collect(settings, "", &mut leaves);
    // By the paths as they are shown: a key may have dots itself, such as `ml.t3.medium`.
    let is_within = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    leaves.retain(|(key, ..)| path.is_empty() || is_within(key));
    (!leaves.is_empty()).then_some(leaves)
}

fn collect(node: &Node, path: &str, leaves: &mut Vec<(String, String, Place)>) {
    match &node.content {
        Content::Map(entries) if entries.is_empty() => {
            leaves.push((path.to_owned(), "{}".to_owned(), node.place.clone()));
        }
        Content::Map(entries) => {
            for entry in entries {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                collect(&entry.value, &path, leaves);
            }
        }
        Content::Sequence(values) => {
            let texts: Vec<String> = values.iter().map(text_of).collect();
            leaves.push((path.to_owned(), format!("[{}]", texts.join(", ")), node.place.clone()));
        }
        _ => leaves.push((path.to_owned(), text_of(node), node.place.clone())),
    }
}

fn text_of(node: &Node) -> String {
    match &node.content {
        Content::Scalar { text, plain: true } => text.clone(),
        Content::Scalar { text, plain: false } => format!("{text:?}"),
        Content::Null => "not set".to_owned(),
        other => format!("{other:?}"),
    }
}

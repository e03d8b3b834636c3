//! Suppressions for checkers that others wrote: what they report of the stacks by design, each with its reason, as metadata of
//! the resource.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::yaml;

/// What each checker reports by design.
#[expect(clippy::expect_used, reason = "the table is a constant that the tests read")]
static CHECKERS: LazyLock<Vec<Checker>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("by_design.yaml")).expect("a table of checkers"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checker {
    /// The key of its suppressions in the metadata, and of the setting that asks for them.
    name: String,
    /// The key of their list.
    list: String,
    /// The key of a reason; without one, reasons are comments.
    why_is: Option<String>,
    rules: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    rule: String,
    /// The types of the resources.
    of: Vec<String>,
    /// What their logical IDs end with; any where there is none.
    #[serde(default)]
    ids: Vec<String>,
    why: String,
}

/// A template with the suppressions of the checkers that are asked for, behind the line `Type:` of each resource. A resource
/// with metadata of its own stays as it is.
pub(super) fn annotated(text: String, asked: &Value) -> String {
    if asked.as_object().is_none_or(|asked| asked.values().all(|one| *one != true)) {
        return text;
    }
    let checkers: Vec<&Checker> = CHECKERS.iter().filter(|one| asked[&one.name] == true).collect();
    let mut annotated = String::with_capacity(text.len() * 5 / 4);
    let mut lines = text.split_inclusive('\n');
    let mut id = "";
    while let Some(line) = lines.next() {
        annotated.push_str(line);
        match (depth(line), line.trim_end().split_once(": ")) {
            (2, _) => id = line.trim().trim_end_matches(':'),
            (4, Some((key, kind))) if key.trim() == "Type" => {
                let mut rest = lines.clone().take_while(|line| line.trim().is_empty() || depth(line) > 2);
                if !rest.any(|line| line.starts_with("    Metadata:")) {
                    annotated.push_str(&metadata(kind, id, &checkers));
                }
            }
            _ => {}
        }
    }
    annotated
}

/// By how many spaces a line is indented.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn metadata(kind: &str, id: &str, checkers: &[&Checker]) -> String {
    let is_it = |row: &&Row| {
        row.of.iter().any(|of| of == kind) && (row.ids.is_empty() || row.ids.iter().any(|end| id.ends_with(end)))
    };
    let mut text = String::new();
    for Checker { name, list, why_is, rules } in checkers {
        for (index, Row { rule, why, .. }) in rules.iter().filter(is_it).enumerate() {
            if text.is_empty() {
                text.push_str("    Metadata:\n");
            }
            if index == 0 {
                text.extend(["      ", name, ":\n        ", list, ":\n"]);
            }
            text += &match why_is {
                None => format!("          - {rule} # {why}\n"),
                Some(key) => format!("          - {{id: {rule}, {key}: {}}}\n", yaml::flow_scalar(why)),
            };
        }
    }
    text
}

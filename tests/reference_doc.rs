//! `docs/reference.md` lists every setting, roster column and argument that there is. `BLESS=1 cargo test --test
//! suite reference_doc::` rewrites it.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and the page")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory};
use racestack::{cli, config};
use serde_json::{Map, Value};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
const DEFAULTS: &str = include_str!("../src/config/defaults.yaml");
const HEAD: &str = "# Reference\n
Made from the JSON Schemas (`racestack schema settings`, `account`, `roster`, `suppressions`) and from `--help`. What each finding
means: [findings.md](findings.md).\n";

#[test]
fn the_page_lists_every_setting_column_and_argument() {
    let page = page();
    if std::env::var("BLESS").is_ok() {
        std::fs::write(PAGE, page).unwrap();
        return;
    }
    assert_eq!(
        std::fs::read_to_string(PAGE).unwrap(),
        page,
        "BLESS=1 cargo test --test suite reference_doc:: rewrites it"
    );
}

#[test]
fn everything_has_a_description_and_a_type() {
    for line in page().lines().filter(|line| line.starts_with("| ")) {
        assert!(!line.contains("|  |"), "an empty cell: {line}");
    }
}

fn page() -> String {
    let settings = config::company_schema().to_json().clone();
    let account = config::account_schema().to_json().clone();
    let roster = config::roster_schema().to_json().clone();
    let suppressions = config::suppressions_schema().to_json().clone();
    let mut page = HEAD.to_owned();
    page += "\n## Settings\n
`config/settings.yaml` sets them for every account, `config/accounts/NAME/settings.yaml` for one, which wins: maps merge, everything
else replaces, and `null` in an account's own unsets what the company's say, so that the default holds again.
`racestack explain KEY --account NAME` shows a value, and the file and line that set or unset it.\n\n";
    page += "| key | type | default | meaning |\n|---|---|---|---|\n";
    let defaults: Value = serde_yaml::from_str(DEFAULTS).unwrap();
    for row in rows(&settings) {
        let shown = default_of(&defaults, &row.key).unwrap_or_else(|| "–".to_owned());
        writeln!(page, "| `{}` | {} | {shown} | {} |", row.key, row.kind, row.meaning).unwrap();
    }
    page += "\nIn an account's own settings alone:\n\n| key | type | meaning |\n|---|---|---|\n";
    let company: Vec<String> = rows(&settings).into_iter().map(|row| row.key).collect();
    page += &short(rows(&account).into_iter().filter(|row| !company.contains(&row.key)));
    page += "\n## Roster\n
A column of `roster.csv` or of a workbook, a key of a person in `roster.yaml` and `roster.json`. All but `name` may be left out.\n\n";
    page += "| column | type | meaning |\n|---|---|---|\n";
    page += &short(rows(&resolved(&roster["items"], &roster)));
    page += "\n## Suppressions\n
`config/suppressions.yaml` is a list of these:\n\n| key | type | meaning |\n|---|---|---|\n";
    page += &short(rows(&resolved(&suppressions["items"], &suppressions)));
    page += "\n## Commands\n";
    for command in cli::Args::command().get_subcommands() {
        page += &command_section(command);
    }
    page
}

/// A key of a schema.
struct Row {
    key: String,
    kind: String,
    meaning: String,
}

/// The schema that a `$ref` names, with the root's definitions.
fn resolved(schema: &Value, root: &Value) -> Value {
    let mut found = definition(schema, root).clone();
    found["$defs"] = root["$defs"].clone();
    found
}

/// The keys of a schema of a map, those of maps within it behind their own, such as `bucket.purpose`.
fn rows(schema: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    collect(schema, schema, "", &mut rows);
    rows
}

fn collect(schema: &Value, root: &Value, prefix: &str, rows: &mut Vec<Row>) {
    for (name, property) in schema["properties"].as_object().unwrap_or(&Map::new()) {
        let key = format!("{prefix}{name}");
        let target = definition(property, root);
        let meaning = [property, target].into_iter().find_map(|schema| schema["description"].as_str());
        let meaning = meaning.unwrap_or_else(|| panic!("`{key}` has no description"));
        rows.push(Row { kind: kind(target, root), meaning: cell(meaning), key: key.clone() });
        let inner = target["anyOf"].as_array().into_iter().flatten().chain([target]);
        for inner in inner.map(|inner| definition(inner, root)).filter(|inner| inner["properties"].is_object()) {
            collect(inner, root, &format!("{key}."), rows);
        }
    }
}

fn definition<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => root.pointer(path.trim_start_matches('#')).unwrap_or_else(|| panic!("no {path}")),
        None => schema,
    }
}

fn kind(schema: &Value, root: &Value) -> String {
    if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["enum"].as_array()) {
        let words = choices.iter().map(|choice| choice["const"].as_str().or_else(|| choice.as_str()).unwrap());
        return words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(|choice| kind(definition(choice, root), root)).collect::<Vec<_>>().join(" or ");
    }
    if let Some(only) = schema.get("const") {
        return format!("`{only}`");
    }
    let range = || match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(low), Some(high)) => format!(", {low} to {high}"),
        (Some(low), None) => format!(", at least {low}"),
        _ => String::new(),
    };
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(definition(&schema["items"], root), root)),
        Some("object") => "map".to_owned(),
        Some("string") => "text".to_owned(),
        Some("integer" | "number") => format!("number{}", range()),
        Some("boolean") => "`true`, `false`".to_owned(),
        other => panic!("a type that the page does not show: {other:?} in {schema}"),
    }
}

fn default_of(defaults: &Value, key: &str) -> Option<String> {
    let value = key.split('.').try_fold(defaults, |value, part| value.get(part))?;
    match value {
        Value::Object(_) => None,
        Value::Array(items) => {
            Some(format!("`[{}]`", items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(", ")))
        }
        Value::String(text) if text.is_empty() => Some("`\"\"`".to_owned()),
        Value::String(text) => Some(format!("`{text}`")),
        other => Some(format!("`{other}`")),
    }
}

fn short(rows: impl IntoIterator<Item = Row>) -> String {
    rows.into_iter()
        .map(|row| format!("| `{}` | {} | {} |\n", row.key, row.kind, row.meaning))
        .collect::<Vec<_>>()
        .concat()
}

fn command_section(command: &Command) -> String {
    let about = command.get_about().unwrap_or_else(|| panic!("`{}` has no help", command.get_name()));
    let mut section = format!("\n### racestack {}\n\n{about}.\n\n", command.get_name());
    let arguments: Vec<&Arg> =
        command.get_arguments().filter(|argument| argument.get_id() != "help" && !argument.is_hide_set()).collect();
    if !arguments.is_empty() {
        section += "| argument | meaning |\n|---|---|\n";
    }
    for argument in arguments {
        let help = argument.get_help().unwrap_or_else(|| panic!("`{}` has no help", argument.get_id()));
        let values = argument.get_possible_values();
        let words: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        let allowed = if words.is_empty() || !argument.get_action().takes_values() {
            String::new()
        } else {
            format!(": {}", words.join(", "))
        };
        writeln!(section, "| `{}` | {}{allowed} |", spelled(argument), cell(&help.to_string())).unwrap();
    }
    section
}

/// An argument as it is written, such as `--config DIR`.
fn spelled(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = if argument.get_action().takes_values() {
        names.iter().map(|name| format!(" {name}")).collect::<Vec<_>>().concat()
    } else {
        String::new()
    };
    match argument.get_long() {
        Some(long) => format!("--{long}{value}"),
        None => value.trim().to_owned(),
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

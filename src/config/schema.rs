//! JSON Schemas made from the types, and the check of a node against them. The check reports everything that is wrong
//! with the shape at once, each at its place, and gives the typed value that serde then reads without fail.

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::characters::{odd_character, too_long};
use super::names::{longest, refused};
use super::node::{Content, Entry, Node, quoted, shorten};
use super::optional::{allow_null, forbid_null};
use super::suggestion::{column_of, did_you_mean, state_of, suggest};
use super::wrong_type::{ROW, example, is_in_table, meant, no_choice, not_a_list, not_a_map};
use crate::finding::{Finding, Rule, each};

/// A JSON Schema (draft 2020-12) of one kind of file.
#[derive(Debug)]
pub struct Schema {
    root: Value,
    /// A key that is known, but belongs into an account's own settings.
    of_account: Option<&'static str>,
}

impl Schema {
    /// The schema of a type that a file is read into.
    pub fn of<T: JsonSchema>() -> Self {
        let mut root = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
        forbid_null(&mut root);
        Self { root, of_account: None }
    }

    /// The same schema under another title, without the top-level `key`, which is an account's own.
    #[must_use]
    pub fn without(mut self, key: &'static str, title: &str) -> Self {
        self.of_account = Some(key);
        self.root["title"] = title.into();
        if let Some(Value::Object(properties)) = self.root.get_mut("properties") {
            properties.shift_remove(key);
        }
        self
    }

    /// Every key that the schema knows, those of maps with dots.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        self.collect(&self.root, "", &mut |path, _| keys.push(path.to_owned()));
        keys
    }

    /// The columns that a roster in a table can have, beside one for each tag.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        self.collect(self.root.get("items").unwrap_or(&Value::Null), "", &mut |path, schema| {
            if schema.get("additionalProperties").is_none_or(|others| others == false) {
                columns.push(path.to_owned());
            }
        });
        columns
    }

    /// The same in words.
    pub fn columns_note(&self) -> String {
        format!("the columns are {} and `tags.KEY`", quoted(self.columns()))
    }

    /// Calls `found` with the path and the schema of each key below `schema`, in each of its choices.
    fn collect(&self, schema: &Value, path: &str, found: &mut impl FnMut(&str, &Value)) {
        let schema = self.resolve(schema);
        let choices = schema.get("anyOf").and_then(Value::as_array);
        choices.into_iter().flatten().for_each(|choice| self.collect(choice, path, found));
        for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = join(path, key);
            found(&path, self.resolve(schema));
            self.collect(schema, &path, found);
        }
    }

    /// What a key means, in the words of the schema; of a map's own keys, what the map means.
    pub fn meaning(&self, key: &str) -> Option<&str> {
        let mut schema = self.resolve(&self.root);
        let mut meaning = None;
        for part in key.split('.') {
            let Some(next) = schema.get("properties").and_then(|properties| properties.get(part)) else { break };
            meaning = next.get("description").or_else(|| self.resolve(next).get("description")).and_then(Value::as_str);
            schema = self.resolve(next);
        }
        meaning
    }

    /// The schema as JSON.
    pub fn to_json(&self) -> &Value {
        &self.root
    }

    /// The same for editors and other tools, which know of keys without a value by it alone.
    pub fn for_editors(&self) -> Value {
        allow_null(self.root.clone())
    }

    /// Checks `node` and gives its value with the types that the schema asks for. The value is complete only when no
    /// finding was made.
    pub fn read(&self, node: &Node, findings: &mut Vec<Finding>) -> Value {
        let mut reader = SchemaReader { schema: self, findings };
        reader.read(node, &self.root, "")
    }

    /// The rows of a file that is a list, each with its typed value. A row with findings of its shape has none.
    pub fn rows<T: DeserializeOwned + Send>(&self, list: Node, findings: &mut Vec<Finding>) -> Vec<(Node, Option<T>)> {
        let (Value::Array(values), Content::Sequence(rows)) = (self.read(&list, findings), list.content) else {
            return Vec::new();
        };
        let rows = rows.into_par_iter().zip(values);
        rows.map(|(node, value)| (node, serde_json::from_value(value).ok())).collect()
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let definitions = self.root.get("$defs");
        definitions.and_then(|definitions| definitions.get(kind(schema))).unwrap_or(schema)
    }
}

/// The name of the definition that a schema refers to; empty where it refers to none.
fn kind(schema: &Value) -> &str {
    let path = schema.get("$ref").and_then(Value::as_str);
    path.and_then(|path| path.strip_prefix("#/$defs/")).unwrap_or_default()
}

struct SchemaReader<'a> {
    schema: &'a Schema,
    findings: &'a mut Vec<Finding>,
}

impl SchemaReader<'_> {
    fn read(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        let kind = kind(schema);
        let schema = self.schema.resolve(schema);
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            return self.read_choice(node, choices, path);
        }
        if let Some(words) = words(schema) {
            return self.read_word(node, &words, path);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => self.read_map(node, schema, path),
            Some("array") => self.read_list(node, schema, path),
            Some("integer") => self.read_integer(node, schema, path),
            Some("boolean") => match &node.content {
                Content::Scalar { text, plain: true } if boolean(text).is_some() => boolean(text).into(),
                _ => self.wrong_type(node, path, "`true` or `false`"),
            },
            _ => match &node.content {
                Content::Scalar { text, .. } => self.read_text(node, text, kind, path),
                _ => self.wrong_type(node, path, "text"),
            },
        }
    }

    /// A text, or a name of a kind.
    fn read_text(&mut self, node: &Node, text: &str, kind: &str, path: &str) -> Value {
        let Some(allowed) = refused(kind, text) else { return text.into() };
        let message = format!("found {} for {}, allowed is {allowed}", node.describe(), label(path));
        let finding = Finding::new(Rule::SettingsInvalidName, message).at(node.place.clone());
        let such_as = example(kind).map_or_else(String::new, |example| format!(": such as `{example}`"));
        let correct = || format!("correct {}{such_as}", label(path));
        let help = meant(kind, text).map_or_else(correct, |meant| format!("did you mean `{meant}`?"));
        let odd = odd_character(text).or_else(|| too_long(text, longest(kind)?));
        self.findings.push(finding.help(help).notes(odd));
        Value::Null
    }

    /// Of several shapes, the one that fits the kind of the node, so that findings speak of what the user meant.
    fn read_choice(&mut self, node: &Node, choices: &[Value], path: &str) -> Value {
        let is_map = matches!(node.content, Content::Map(_));
        let schema = self.schema;
        let choice = choices.iter().find(|choice| {
            let of = schema.resolve(choice).get("type").and_then(Value::as_str);
            (of == Some("object")) == is_map
        });
        let is_no_choice = matches!(&node.content, Content::Scalar { text, .. } if boolean(text).is_none());
        match choice {
            Some(_) if is_no_choice => {
                let allowed = if is_in_table(&node.place) { "`true` or `false`" } else { "`true`, `false` or a map" };
                self.wrong_type_with(node, path, allowed, no_choice(node, path))
            }
            Some(choice) if !matches!(node.content, Content::Sequence(_)) => self.read(node, choice, path),
            _ => self.wrong_type(node, path, "`true`, `false` or a map"),
        }
    }

    fn read_word(&mut self, node: &Node, words: &[&str], path: &str) -> Value {
        let allowed = quoted(words);
        let Content::Scalar { text, .. } = &node.content else { return self.wrong_type(node, path, &allowed) };
        if words.contains(&text.as_str()) {
            return text.as_str().into();
        }
        let meant = if label(path) == "`state`" { state_of(text) } else { None };
        let one_of = || format!("write {}", allowed.replace(", ", " or "));
        let nearest = || suggest(text, words.iter().copied(), one_of());
        let help = meant.map_or_else(nearest, str::to_owned);
        self.findings.push(
            Finding::new(
                Rule::SettingsUnknownValue,
                format!("found `{text}` for {}, allowed are {allowed}", label(path)),
            )
            .at(node.place.clone())
            .help(help)
            .notes(odd_character(text)),
        );
        Value::Null
    }

    fn read_integer(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u64::from(u32::MAX)));
        let allowed = format!("a whole number from {least} to {most}");
        let number = match &node.content {
            Content::Scalar { text, plain: true } => text.parse::<u64>().ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => number.into(),
            _ => self.wrong_type(node, path, &allowed),
        }
    }

    fn read_list(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        let (Content::Sequence(values), Some(items)) = (&node.content, schema.get("items")) else {
            return self.wrong_type_with(node, path, "a list", not_a_list(node, path));
        };
        let of_rows = path.is_empty();
        let path = if of_rows { ROW } else { path };
        let schema = self.schema;
        let mut read =
            each(values, self.findings, |value, findings| SchemaReader { schema, findings }.read(value, items, path));
        read.retain(|value| of_rows || !value.is_null());
        Value::Array(read)
    }

    fn read_map(&mut self, node: &Node, schema: &Value, path: &str) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let other = schema.get("additionalProperties").filter(|other| other.is_object());
        let key_kind = schema.get("propertyNames").map_or("", kind);
        let Content::Map(entries) = &node.content else {
            return self.wrong_type_with(node, path, "a map", not_a_map(node, path, properties, key_kind));
        };
        let mut map = Map::new();
        for entry in entries {
            if let Some(allowed) = refused(key_kind, &entry.key) {
                let message = format!("found `{}` as a key of `{path}`, allowed is {allowed}", shorten(&entry.key));
                let finding = Finding::new(Rule::SettingsInvalidName, message).at(entry.key_place.clone());
                let lower = entry.key.to_lowercase();
                let meant = refused(key_kind, &lower).is_none().then(|| format!("did you mean `{lower}`?"));
                let help = meant.unwrap_or_else(|| "correct the key".to_owned());
                self.findings.push(finding.help(help).notes(odd_character(&entry.key)));
                continue;
            }
            let known = properties.and_then(|properties| properties.get(&entry.key)).or(other);
            let Some(known) = known else {
                let slipped = self.unindented(entry, entries, properties);
                self.unknown_key(entry, properties, path, slipped);
                continue;
            };
            // What is no such value is not set, and found.
            if entry.value.content != Content::Null
                && let value = self.read(&entry.value, known, &join(path, &entry.key))
                && !value.is_null()
            {
                map.insert(entry.key.clone(), value);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if node.get(key).is_none_or(|value| value.content == Content::Null) {
                let key = join(path, key);
                self.findings.push(
                    Finding::new(Rule::SettingsMissingKey, format!("`{key}` is missing"))
                        .at(node.place.clone())
                        .help(format!("add `{key}`")),
                );
            }
        }
        Value::Object(map)
    }

    /// The key without a value before an unknown one that knows it: then this was to be indented.
    fn unindented<'e>(
        &self,
        unknown: &Entry,
        entries: &'e [Entry],
        properties: Option<&Map<String, Value>>,
    ) -> Option<&'e str> {
        let before = entries.iter().take_while(|entry| entry.key != unknown.key);
        let empty = before.filter(|entry| entry.value.content == Content::Null).last()?;
        let map = self.schema.resolve(properties?.get(&empty.key)?);
        map.get("properties")?.get(&unknown.key).map(|_| empty.key.as_str())
    }

    /// Finds a key that is not known. `slipped` is the key below which it seems to belong.
    fn unknown_key(
        &mut self,
        entry: &Entry,
        properties: Option<&Map<String, Value>>,
        path: &str,
        slipped: Option<&str>,
    ) {
        let keys: Vec<&str> = properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        let of_roster = path == ROW && keys.contains(&"notebook");
        let is_column = of_roster && is_in_table(&entry.key_place);
        let meant = if of_roster { column_of(&entry.key) } else { None };
        let help = match did_you_mean(&entry.key, keys.iter().copied()) {
            _ if slipped.is_some() => {
                let above = slipped.unwrap_or_default();
                format!("did you mean `{}`? indent it below `{above}:`", join(path, &join(above, &entry.key)))
            }
            _ if path.is_empty() && self.schema.of_account == Some(&entry.key) => {
                format!("move `{}` into the account's own settings: it is another in each", entry.key)
            }
            _ if meant.is_some() => format!("did you mean `{}`?", meant.unwrap_or_default()),
            Some(key) => format!("did you mean `{}`?", join(path, key)),
            None if is_column => "rename the column, or remove it".to_owned(),
            None => format!("allowed here are {}", quoted(&keys)),
        };
        let what = if is_column { "column" } else { "key" };
        let finding = Finding::new(Rule::SettingsUnknownKey, format!("unknown {what} `{}`", join(path, &entry.key)))
            .notes(odd_character(&entry.key));
        // All columns once: at the first of the header that is not known.
        let is_first = !self.findings.iter().any(|finding| finding.rule == Rule::SettingsUnknownKey);
        let all = (of_roster && is_first).then(|| self.schema.columns_note());
        self.findings.push(finding.at(entry.key_place.clone()).help(help).notes(all));
    }

    fn wrong_type(&mut self, node: &Node, path: &str, allowed: &str) -> Value {
        self.wrong_type_with(node, path, allowed, None)
    }

    fn wrong_type_with(&mut self, node: &Node, path: &str, allowed: &str, help: Option<String>) -> Value {
        let name = label(path);
        // Words and texts may stand in quotes; for all else the quotes are what is wrong, or look like it.
        let quoted = matches!(node.content, Content::Scalar { plain: false, .. });
        let found = if quoted { format!("{} in quotes", node.describe()) } else { node.describe() };
        let help = help.unwrap_or_else(|| match (path, quoted) {
            ("" | ROW, _) => format!("write {allowed} here"),
            (_, true) => format!("set {name} to {allowed}, without quotes"),
            (_, false) => format!("set {name} to {allowed}"),
        });
        let message = format!("found {found} for {name}, allowed is {allowed}");
        let odd = match &node.content {
            Content::Scalar { text, .. } => odd_character(text),
            _ => None,
        };
        self.findings.push(Finding::new(Rule::SettingsWrongType, message).at(node.place.clone()).help(help).notes(odd));
        Value::Null
    }
}

/// The spellings of YAML 1.1 and of spreadsheets.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The words that a schema of words allows: `enum`, or `oneOf` constants where each word has a description.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(Value::as_str).collect();
    }
    schema.get("oneOf")?.as_array()?.iter().map(|choice| choice.get("const")?.as_str()).collect()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() || path == ROW { key.to_owned() } else { format!("{path}.{key}") }
}

/// What a message calls the value under `path`.
fn label(path: &str) -> String {
    match path {
        "" => "the file".to_owned(),
        ROW => ROW.to_owned(),
        key => format!("`{key}`"),
    }
}

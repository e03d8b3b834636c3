//! Files of an export, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::files::{self, FileError};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How many characters of a text that is no document a message shows.
const LONGEST_SHOWN: usize = 80;

/// The key of the one list that may be missing.
pub(super) const ACCESS_POINTS: &str = "AccessPointList";

/// Reads an export, and collects what is wrong with it.
pub(super) struct ExportReader {
    folder: PathBuf,
    /// The command that prints the script which writes the export.
    script: String,
    pub(super) findings: Vec<Finding>,
}

/// A tag, as AWS writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `Key` and `Value`")]
pub struct LiveTag {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

/// What is told of each thing of a kind, by its name, with where.
pub(super) type Described<T> = BTreeMap<String, (T, Place)>;

impl ExportReader {
    pub(super) fn new(folder: &Path, script: &str) -> Self {
        Self { folder: folder.to_owned(), script: script.to_owned(), findings: Vec::new() }
    }

    /// What a file of the export holds, with the file. One that is missing, or cannot be read, is a finding.
    pub(super) fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<(T, Place)>, FileError> {
        let path = self.folder.join(name);
        let Some(bytes) = files::read(&path)? else {
            let finding = Finding::new(Rule::AuditExport, format!("the export lacks `{name}`"));
            let script = &self.script;
            let help = format!(
                "run the script that `{script}` prints into the folder: it writes what is missing, and nothing else"
            );
            self.findings.push(finding.at(Place::of_file(path)).help(help));
            return Ok(None);
        };
        // PowerShell writes UTF-16 with a byte order mark, where the output of a command is redirected to a file.
        let (text, _, is_broken) = encoding_rs::UTF_8.decode(&bytes);
        if is_broken {
            self.refuse(Place::of_file(path), format!("`{name}` is not UTF-8"));
            return Ok(None);
        }
        let place = Place::whole(&SourceFile::new(path, text));
        match serde_json::from_str(&place.source.text) {
            Ok(value) => Ok(Some((value, place))),
            Err(error) => {
                self.refuse_form(&place, &error);
                Ok(None)
            }
        }
    }

    /// The list of this key in a file of the export; none, where that is no whole list.
    pub(super) fn list<T: DeserializeOwned>(&mut self, name: &str, key: &str) -> Result<Vec<T>, FileError> {
        let Some((mut answer, place)) = self.json::<Map<String, Value>>(name)? else { return Ok(Vec::new()) };
        self.refuse_part(&place, ["NextToken", "PaginationToken"].map(|token| answer.get(token)));
        // What AWS does not have, such as the access points of no bucket, the script writes as `{}`.
        let list = answer.remove(key).or((key == ACCESS_POINTS).then(|| Value::Array(Vec::new())));
        let list = list.ok_or_else(|| Error::custom(format_args!("missing field `{key}`")));
        Ok(list.and_then(serde_json::from_value).unwrap_or_else(|error| {
            self.refuse_form(&place_of(&place.source, &format!("\"{key}\"")), &error);
            Vec::new()
        }))
    }

    /// What the files of a folder tell of the things in the list beside it, by the names that they have there.
    pub(super) fn described<T: DeserializeOwned>(
        &mut self,
        folder: &str,
        (list, name): (&str, &str),
    ) -> Result<Described<T>, FileError> {
        let mut found = BTreeMap::new();
        let file = format!("{folder}.json");
        for mut one in self.list::<BTreeMap<String, Value>>(&file, list)? {
            let Some(Value::String(name)) = one.remove(name) else {
                self.refuse(Place::of_file(self.folder.join(&file)), format!("one of `{list}` has no `{name}`"));
                continue;
            };
            if let Some(told) = self.json(&format!("{folder}/{name}.json"))? {
                found.insert(name, told);
            }
        }
        Ok(found)
    }

    /// A finding about what must be written anew.
    pub(super) fn refuse(&mut self, place: Place, message: impl Into<String>) {
        let script = &self.script;
        let help = format!("remove the file, and run the script that `{script}` prints: it writes it again");
        self.findings.push(Finding::new(Rule::AuditExport, message).at(place).help(help));
    }

    /// A finding about an export of something else.
    pub(super) fn refuse_other(&mut self, place: Place, message: impl Into<String>) {
        let help =
            format!("export the account that the configuration names, by the script that `{}` prints", self.script);
        self.findings.push(Finding::new(Rule::AuditExport, message).at(place).help(help));
    }

    /// Refuses what does not have the form that is known. `place` is where it is, as far as the error does not say the line.
    pub(super) fn refuse_form(&mut self, place: &Place, error: &serde_json::Error) {
        let name = place.path().strip_prefix(&self.folder).unwrap_or(place.path()).display();
        let why = error.to_string();
        let why = in_words(why.split(" at line ").next().unwrap_or_default());
        let message = format!("`{name}` is not what the AWS CLI writes: {why}");
        let line = (error.line() > 0).then(|| Place::line(&place.source, error.line()));
        self.refuse(line.unwrap_or_else(|| place.clone()), message);
    }

    /// Refuses a list that is only a part of what there is, as these say where they are more than nothing.
    pub(super) fn refuse_part<const N: usize>(&mut self, file: &Place, more: [Option<&Value>; N]) {
        let is_more = |one: &&Value| !(one.is_null() || **one == "" || **one == false);
        if more.iter().flatten().any(is_more) {
            let message = "the list is only a part: the AWS CLI stopped before its end";
            self.refuse(Place::line(&file.source, 1), message);
        }
    }

    /// Refuses a file whose first ARN of another account or region than the export's is told: it was written for another.
    pub(super) fn refuse_elsewhere<'a>(
        &mut self,
        file: &Place,
        mut arns: impl Iterator<Item = &'a str>,
        (account, region): (&str, &str),
    ) {
        let is_elsewhere = |arn: &&str| {
            let parts: Vec<&str> = arn.split(':').collect();
            parts.get(4) != Some(&account) || parts.get(3) != Some(&region)
        };
        if let Some(arn) = arns.find(is_elsewhere) {
            let message = format!("`{arn}` is not of the account and the region that the export is of");
            self.refuse(place_of(&file.source, arn), message);
        }
    }
}

/// Where a text stands first in a file, or the file.
pub(super) fn place_of(source: &Arc<SourceFile>, text: &str) -> Place {
    match source.text.find(text) {
        Some(at) => Place::new(source, at..at + text.len()),
        None => Place::whole(source),
    }
}

/// What serde says of a value that is none of those that are read, in the words of other messages.
fn in_words(why: &str) -> String {
    let Some((found, allowed)) = why.rsplit_once(", expected ") else { return why.to_owned() };
    let found = match found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ") {
        "map" => "a map",
        "null" => "`null`",
        "sequence" => "a list",
        // A list where a map is meant is taken for the values of its keys, until one is missing.
        found if found.starts_with("invalid length ") => "a list",
        found => found,
    };
    let allowed = match allowed {
        "a sequence" => "a list",
        "a string" => "a text",
        allowed => allowed,
    };
    format!("found {found}, allowed is {allowed}")
}

/// A policy document: as an object, or as a text, which the IAM API returns with percent signs.
pub(super) fn document(value: Value) -> Result<Value, serde_json::Error> {
    let parsed = match &value {
        Value::String(text) => {
            serde_json::from_str(text).or_else(|_| serde_json::from_str(&percent_decoded(text))).ok()
        }
        _ => None,
    };
    let document = parsed.unwrap_or(value);
    if document.is_object() {
        return Ok(document);
    }
    let found: String = document.to_string().chars().take(LONGEST_SHOWN).collect();
    Err(Error::custom(format_args!("found `{found}`, allowed is a policy document")))
}

/// The same for a field of a type that is read.
pub(super) fn read_document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    document(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A text with what stands for characters in addresses, such as `%2D`, replaced by these.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{document, in_words};

    #[test]
    fn a_document_may_be_a_text() {
        let wanted = json!({"Statement": [{"Action": "s3:*", "Resource": "日 %"}]});
        assert_eq!(document(wanted.clone()).unwrap(), wanted);
        assert_eq!(document(Value::String(wanted.to_string())).unwrap(), wanted);
        let encoded =
            "%7B%22Statement%22%3A%5B%7B%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22%E6%97%A5%20%25%22%7D%5D%7D";
        assert_eq!(document(encoded.into()).unwrap(), wanted);
        for broken in ["", "%", "%7", "%zz", "{", "%7B", "hello", "5", "[]"] {
            assert!(document(broken.into()).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_serde_says_is_told_in_other_words() {
        for (why, words) in [
            ("invalid type: map, expected a sequence", "found a map, allowed is a list"),
            (
                "invalid type: string \"a, expected b\", expected a map",
                "found string \"a, expected b\", allowed is a map",
            ),
            ("invalid length 0, expected a map with `Arn`", "found a list, allowed is a map with `Arn`"),
            ("missing field `Arn`", "missing field `Arn`"),
        ] {
            assert_eq!(in_words(why), words);
        }
    }
}

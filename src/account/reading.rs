//! Files of an export, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Error};
use serde_json::{Map, Value};

use crate::files::{self, FileError};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

const AGAIN: &str = "run the script that `racestack audit --script` prints into the folder: it writes what is missing, and nothing else";
const ANEW: &str = "remove the file, and run the script that `racestack audit --script` prints: it writes it again";

/// The key of the one list that may be missing.
pub(super) const ACCESS_POINTS: &str = "AccessPointList";

/// Reads an export, and collects what is wrong with it.
pub(super) struct ExportReader {
    folder: PathBuf,
    pub(super) findings: Vec<Finding>,
}

/// A tag, as AWS writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveTag {
    pub key: String,
    #[serde(default)]
    pub value: String,
}

impl ExportReader {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), findings: Vec::new() }
    }

    /// What a file of the export holds, with its text. One that is missing, or cannot be read, is a finding.
    pub(super) fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<(Arc<SourceFile>, T)>, FileError> {
        let path = self.folder.join(name);
        let Some(bytes) = files::read(&path)? else {
            let finding = Finding::new(Rule::AuditExport, format!("the export lacks `{name}`"));
            self.findings.push(finding.at(Place::whole(&SourceFile::new(path, ""))).help(AGAIN));
            return Ok(None);
        };
        // PowerShell writes UTF-16 with a byte order mark, where the output of a command is redirected to a file.
        let (text, _, is_broken) = encoding_rs::UTF_8.decode(&bytes);
        if is_broken {
            let finding = Finding::new(Rule::AuditExport, format!("`{name}` is not UTF-8"));
            self.findings.push(finding.at(Place::whole(&SourceFile::new(path, ""))).help(ANEW));
            return Ok(None);
        }
        let source = SourceFile::new(path, text);
        match serde_json::from_str(&source.text) {
            Ok(value) => Ok(Some((source, value))),
            Err(error) => {
                self.refuse_form(&source, name, &error);
                Ok(None)
            }
        }
    }

    /// The list of this key in a file of the export; none, where that is no whole list.
    pub(super) fn list<T: DeserializeOwned>(&mut self, name: &str, key: &str) -> Result<Vec<T>, FileError> {
        let Some((source, mut answer)) = self.json::<Map<String, Value>>(name)? else { return Ok(Vec::new()) };
        let more = ["NextToken", "PaginationToken"].map(|token| answer.remove(token).unwrap_or_default());
        self.refuse_part(&source, more.iter().any(|token| !token.is_null() && token != ""));
        // What AWS does not have, such as the access points of no bucket, the script writes as `{}`.
        let list = answer.remove(key).or((key == ACCESS_POINTS).then(|| Value::Array(Vec::new())));
        let list = list.ok_or_else(|| Error::custom(format_args!("missing field `{key}`")));
        Ok(list.and_then(serde_json::from_value).unwrap_or_else(|error| {
            self.refuse_form(&source, name, &error);
            Vec::new()
        }))
    }

    /// What the files of a folder tell of the things in the list beside it, by the names that they have there.
    pub(super) fn described<T: DeserializeOwned>(
        &mut self,
        folder: &str,
        (list, name): (&str, &str),
    ) -> Result<BTreeMap<String, (Arc<SourceFile>, T)>, FileError> {
        let mut found = BTreeMap::new();
        for mut one in self.list::<BTreeMap<String, Value>>(&format!("{folder}.json"), list)? {
            let Some(Value::String(name)) = one.remove(name) else {
                let source = SourceFile::new(self.folder.join(format!("{folder}.json")), "");
                self.refuse(&source, 1, &format!("one of `{list}` has no `{name}`"));
                continue;
            };
            if let Some(told) = self.json(&format!("{folder}/{name}.json"))? {
                found.insert(name, told);
            }
        }
        Ok(found)
    }

    fn refuse_form(&mut self, source: &Arc<SourceFile>, name: &str, error: &serde_json::Error) {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        self.refuse(source, error.line(), &format!("`{name}` is not what the AWS CLI writes: {why}"));
    }

    /// A finding about a file, at a line, counted from 1.
    pub(super) fn refuse(&mut self, source: &Arc<SourceFile>, line: usize, message: &str) {
        let finding = Finding::new(Rule::AuditExport, message).at(Place::line(source, line));
        self.findings.push(finding.help(ANEW));
    }

    /// Refuses a file whose first ARN of another account or region than the export's is told: it was written for another.
    pub(super) fn refuse_elsewhere<'a>(
        &mut self,
        source: &Arc<SourceFile>,
        mut arns: impl Iterator<Item = &'a str>,
        (account, region): (&str, &str),
    ) {
        let is_elsewhere = |arn: &&str| {
            let parts: Vec<&str> = arn.split(':').collect();
            parts.get(4) != Some(&account) || parts.get(3) != Some(&region)
        };
        if let Some(arn) = arns.find(is_elsewhere) {
            let line = source.text.lines().position(|line| line.contains(arn)).unwrap_or_default() + 1;
            self.refuse(source, line, &format!("`{arn}` is not of the account and the region that the export is of"));
        }
    }

    /// Refuses a list that is only a part of what there is.
    pub(super) fn refuse_part(&mut self, source: &Arc<SourceFile>, is_part: bool) {
        if is_part {
            self.refuse(source, 1, "the list is only a part: the AWS CLI stopped before its end");
        }
    }
}

/// A policy document: as an object, or as a text, which the IAM API returns with percent signs.
pub(super) fn document(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&percent_decoded(text)));
    parsed.unwrap_or(value)
}

/// The same for a field of a type that is read.
pub(super) fn read_document<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Value::deserialize(deserializer).map(document)
}

fn percent_decoded(text: &str) -> String {
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

    use super::document;

    #[test]
    fn a_document_may_be_a_text() {
        let wanted = json!({"Statement": [{"Action": "s3:*", "Resource": "日 %"}]});
        assert_eq!(document(wanted.clone()), wanted);
        assert_eq!(document(Value::String(wanted.to_string())), wanted);
        let encoded =
            "%7B%22Statement%22%3A%5B%7B%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22%E6%97%A5%20%25%22%7D%5D%7D";
        assert_eq!(document(encoded.into()), wanted);
        for broken in ["", "%", "%7", "%zz", "{", "%7B"] {
            assert_eq!(document(broken.into()), Value::from(broken));
        }
    }
}

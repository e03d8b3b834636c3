//! The shape of `suppressions.yaml`: findings that somebody answers for, for a while.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::node::Node;
use super::schema::Schema;
use super::{encoding, yaml};
use crate::files::{self, FileError};
use crate::finding::Finding;

/// The name of the file, in the config folder.
pub const SUPPRESSIONS_FILE: &str = "suppressions.yaml";

/// The schema of the file.
pub fn suppressions_schema() -> Schema {
    Schema::of::<SuppressionRows>()
}

/// Findings that somebody answers for, for a while: no error any more, but listed in every report.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "racestack suppressions")]
pub struct SuppressionRows(pub Vec<SuppressionRow>);

/// A finding that somebody answers for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionRow {
    /// The rule: the name of a guard rule, such as `NOTEBOOK_ROOT_ACCESS_DISABLED`, or the ID of a warning, such as
    /// `service::retired`.
    pub rule: String,
    /// The `resource` that `racestack synth --format json` prints for the finding. In a template: `ACCOUNT/STACK/LOGICAL-ID`, such
    /// as `tokyo/users-001/SatoHanaNotebook`. In the configuration: the underlined text, with `ACCOUNT/` before it in an
    /// account's files.
    pub resource: String,
    /// Why the finding may stand.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds, as `YYYY-MM-DD`. It is compared with `--today`.
    pub expires: String,
}

/// Reads the file, if there is one: each row with its places, and nothing else where it has not the shape of one.
pub(super) fn read(
    folder: &Path,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(Node, Option<SuppressionRow>)>, FileError> {
    let path = folder.join(SUPPRESSIONS_FILE);
    let Some(bytes) = files::read(&path)? else { return Ok(Vec::new()) };
    let Some(source) = encoding::merged_utf8(&path, &bytes, findings) else { return Ok(Vec::new()) };
    let Some(list) = yaml::parse(&source, findings) else { return Ok(Vec::new()) };
    Ok(suppressions_schema().rows(list, findings))
}

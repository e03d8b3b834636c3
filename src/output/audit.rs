//! The script that writes an account into a folder, for `racestack audit` and `racestack adopt`.

use super::shell::{assignment, filled, lines};
use crate::account::ExpectedExport;

const SCRIPT: &str = include_str!("../../templates/scripts/audit.sh");

/// The script, with the data of the account `name`.
pub fn audit_script(name: &str, wanted: &ExpectedExport<'_>) -> String {
    let data = [
        assignment("account_name", name),
        assignment("account", wanted.account_id),
        assignment("region", wanted.region),
        assignment("bucket", wanted.bucket),
        "# A line a KMS key or SNS topic whose policy is looked at: its ARN.\n".to_owned(),
        lines("policies", wanted.policies.iter().cloned()),
    ];
    filled(SCRIPT, &data.concat())
}

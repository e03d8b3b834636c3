//! The script that writes an account into a folder, for `racestack audit`.

use super::shell::{assignment, filled, lines};
use crate::plan::AccountPlan;

const SCRIPT: &str = include_str!("../../templates/scripts/audit.sh");

/// The script, with the account's data. `policies` are the ARNs of the KMS keys and SNS topics whose policies it reads.
pub fn audit_script(plan: &AccountPlan<'_>, policies: &[String]) -> String {
    let names = &plan.names;
    let data = [
        assignment("account_name", plan.account.name.as_str()),
        assignment("account", &names.account_id),
        assignment("region", &names.region),
        assignment("bucket", &names.bucket),
        "# A line a KMS key or SNS topic whose policy is looked at: its ARN.\n".to_owned(),
        lines("policies", policies.iter().cloned()),
    ];
    filled(SCRIPT, &data.concat())
}

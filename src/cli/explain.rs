//! `racestack explain`: the value of a setting, and what set it.

use std::fmt::Write;

use super::args::ExplainArgs;
use super::{Outcome, outcome};
use crate::config::{self, account_schema, did_you_mean, explain};
use crate::finding::any_error;
use crate::report::Format;
use crate::synthesis::{Failure, require_config};

pub(super) fn run(args: &ExplainArgs, colour: bool) -> Result<Outcome, Failure> {
    require_config(&args.config)?;
    let mut findings = Vec::new();
    let config = config::read(&args.config, std::slice::from_ref(&args.account), &mut findings)?;
    let Some(account) = config.accounts.iter().find(|account| account.name == args.account) else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let schema = account_schema();
    let meaning =
        schema.meaning(&args.key).map(|meaning| format!("# {}\n", meaning.replace('\n', " "))).unwrap_or_default();
    let Some(leaves) = explain(&account.node, &args.key) else {
        let keys = schema.keys();
        if keys.contains(&args.key) {
            let message = format!("{meaning}`{}` is not set for `{}`, and has no default\n", args.key, args.account);
            return Ok(Outcome { stdout: message, ..Outcome::default() });
        }
        let help = match did_you_mean(&args.key, keys.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`racestack schema account` describes all settings".to_owned(),
        };
        return Err(Failure::Usage(format!("there is no setting `{}`; {help}", args.key)));
    };
    let mut stdout = meaning;
    for (key, value, place) in leaves {
        let (line, _) = place.line_column();
        // Writing to a string cannot fail.
        let _ = writeln!(stdout, "{key}: {value}    # {}:{line}", place.path().display());
    }
    // Only what keeps the value from being right is worth telling here.
    findings.retain(|finding| any_error(std::slice::from_ref(finding)));
    Ok(outcome(Format::Human, findings, stdout, colour))
}

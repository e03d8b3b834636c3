//! `racestack explain`: the value of a setting, and what set it.

use std::path::Path;

use super::Reply;
use super::args::ExplainArgs;
use crate::config::{self, account_schema, explain, suggest};
use crate::finding::Finding;
use crate::synthesis::{Failure, require_config};

pub(super) fn run(args: &ExplainArgs) -> Result<Reply, Failure> {
    require_config(&args.config)?;
    let mut findings = Vec::new();
    let config = config::read(&args.config, std::slice::from_ref(&args.account), &mut findings)?;
    let Some(account) = config.accounts.iter().find(|account| account.name == args.account) else {
        return Err(Failure::Findings(findings));
    };
    let schema = account_schema();
    let meaning =
        schema.meaning(&args.key).map(|meaning| format!("# {}\n", meaning.replace('\n', " "))).unwrap_or_default();
    let Some(leaves) = explain(&account.node, &args.key) else {
        let keys = schema.keys();
        if keys.contains(&args.key) {
            // What holds then is no default of the settings where it hangs on others, as on the map that it is in.
            let has_default =
                ["Without it", "If not set", "unless set", "unless AWS"].iter().any(|words| meaning.contains(words));
            let default = if has_default { "" } else { ", and has no default" };
            return Ok(format!("{meaning}`{}` is not set for `{}`{default}\n", args.key, args.account).into());
        }
        let ending = format!(".{}", args.key);
        let within: Vec<String> =
            keys.iter().filter(|key| key.ends_with(&ending)).map(|key| format!("`{key}`")).collect();
        let help = if within.is_empty() {
            let all = "`racestack schema account` describes all settings";
            suggest(&args.key, keys.iter().map(String::as_str), all)
        } else {
            format!("did you mean {}?", within.join(" or "))
        };
        return Err(Failure::Usage(format!("there is no setting `{}`; {help}", args.key)));
    };
    let lines = leaves.into_iter().map(|(key, value, place)| {
        // What is built in has no file that anybody could open.
        let is_default = place.path() == Path::new(config::DEFAULTS_PATH);
        let set_by = if is_default { "the built-in default".to_owned() } else { place.to_string() };
        format!("{key}: {value}    # {set_by}\n")
    });
    let stdout = lines.fold(meaning, |text, line| text + &line);
    // Only what keeps the value from being right is worth telling here.
    findings.retain(Finding::is_error);
    Ok(Reply { findings, stdout, ..Reply::default() })
}

//! `racestack explain`: the value of a setting, and what set it.

use std::path::Path;

use super::Reply;
use super::args::ExplainArgs;
use crate::config::{self, AccountConfig, account_schema, explain, suggest};
use crate::finding::Finding;
use crate::model::bucket_name;
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
    let leaves = explain(&account.node, &args.key).unwrap_or_default().into_iter().map(|(key, value, place)| {
        // What is built in has no file that anybody could open.
        let is_default = place.path() == Path::new(config::DEFAULTS_PATH);
        let set_by = if is_default { "the built-in default".to_owned() } else { place.to_string() };
        (key, value, set_by)
    });
    let lines = leaves.chain(implied(account, &args.key));
    let lines =
        lines.fold(String::new(), |text, (key, value, set_by)| text + &format!("{key}: {value}    # {set_by}\n"));
    if lines.is_empty() {
        let keys = schema.keys();
        if keys.contains(&args.key) {
            return Ok(format!("{meaning}`{}` is not set for `{}`\n", args.key, args.account).into());
        }
        let ending = format!(".{}", args.key);
        let within: Vec<String> =
            keys.iter().filter(|key| key.ends_with(&ending)).map(|key| format!("`{key}`")).collect();
        let help = if within.is_empty() {
            let all = format!("`racestack explain '' --account {}` lists all that are set", args.account);
            suggest(&args.key, keys.iter().map(String::as_str), all)
        } else {
            format!("did you mean {}?", within.join(" or "))
        };
        return Err(Failure::Usage(format!("there is no setting `{}`; {help}", args.key)));
    }
    // Only what keeps the value from being right is worth telling here.
    findings.retain(Finding::is_error);
    Ok(Reply { findings, stdout: meaning + &lines, ..Reply::default() })
}

/// What holds under `wanted` although no file says it: the defaults of maps that are set, and the bucket's name; each with why.
fn implied(account: &AccountConfig, wanted: &str) -> impl Iterator<Item = (String, String, String)> {
    let AccountConfig { settings, node, .. } = account;
    let logs = settings.logs.iter().map(|logs| ("logs", "retention_days", logs.retention_days));
    let keys = settings.access_keys.iter().flat_map(|keys| {
        [("access_keys", "max_age_days", keys.max_age_days), ("access_keys", "warn_days", keys.warn_days)]
    });
    let defaults = logs.chain(keys).map(|(map, key, value)| {
        (format!("{map}.{key}"), value.to_string(), format!("the default, since `{map}` is set"))
    });
    let parts = "made of `company`, `bucket.purpose` and `bucket.created`";
    let bucket = bucket_name(settings, node).and_then(Result::ok);
    let bucket = bucket.map(|name| ("bucket.name".to_owned(), name.to_string(), parts.to_owned()));
    defaults.chain(bucket).filter(move |(key, ..)| {
        let rest = key.strip_prefix(wanted);
        let is_within = wanted.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        is_within && !node.stands_in(key)
    })
}

//! `racestack offboard`: the steps by which somebody leaves, for a person to take. Nothing of it is run.

use std::path::Path;

use handlebars::Handlebars;
use serde_json::{Value, json};

use super::args::OffboardArgs;
use super::{DEFAULT_OUT, Reply};
use crate::config::{shorten, suggest};
use crate::finding::{Finding, Rule, counted};
use crate::model::{self, Account, User};
use crate::output::{self, DEPLOY_FILE, quote};
use crate::plan::Names;
use crate::source::Place;
use crate::synthesis::lock::line_of;
use crate::synthesis::{Failure, inputs};

/// The steps. `{{value}}` stands there as one word of a shell, and `{{{value}}}` as it is; a line that begins with `#. ` is
/// numbered. No comment within the commands has a quote or a back tick, since some shells take no comments.
const STEPS: &str = include_str!("../../templates/scripts/offboard.hbs");

pub(super) fn run(args: &OffboardArgs) -> Result<Reply, Failure> {
    let OffboardArgs { user: name, of, out } = args;
    let mut findings = Vec::new();
    let config = inputs::read_config(&of.sources(), &mut findings)?;
    let account = match config.selected().first() {
        Some(own) => inputs::account(&of.config.config, own, &mut findings)?,
        None => None,
    };
    // What is merely worth knowing about the configuration is synth's to tell.
    findings.retain(Finding::is_error);
    let Some(account) = account else { return Err(Failure::Findings(findings)) };
    let user = account.user(name);
    let former = account.lock.entries.iter().find(|(former, _)| former.as_str() == name);
    let notebook = match (user, former) {
        (Some(user), _) => user.notebook.as_ref().map(|notebook| &notebook.name),
        (None, Some((_, entry))) => entry.notebook.as_ref(),
        (None, None) => {
            findings.push(unknown(&account, name));
            return Ok(Reply { findings, ..Reply::default() });
        }
    };
    let place = user.map_or_else(|| line_of(&account, name), |user| user.place.clone());
    let names = Names::of(&account);
    let context = json!({
        "name": name,
        "account": account.name.as_str(),
        "account_id": account.id.as_str(),
        "region": account.region.as_str(),
        "place": place.to_string(),
        "former": user.is_none(),
        "pending": former.is_some_and(|(_, entry)| !entry.left),
        "active": user.is_some_and(|user| !user.suspended),
        "notebook": notebook.map(model::NotebookName::as_str),
        "existing": user.and_then(|user| user.notebook.as_ref()).is_some_and(|notebook| notebook.existing),
        "synth": synth_command(args, &account),
        "deploy": out.join(account.name.as_str()).join(DEPLOY_FILE).display().to_string(),
        "folder": format!("s3://{}/{name}/", account.bucket),
        "notebook_copy": format!("s3://{}/{name}/notebook/", account.bucket),
        "copy": format!("./{name}/"),
        "days": counted(account.settings.bucket.old_version_days as usize, "day", "days"),
        "secret": user.filter(|user| user.console).map(|user| account.password_secret(&user.name)),
        "group": names.group,
        "suspended_policy": names.suspended_user_policy_arn,
        "credentials": output::credentials(name, &names),
        "renamed": renamed(&account, name),
    });
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(quote);
    let text = engine.render_template(STEPS, &context).map_err(|error| Failure::Fault(error.to_string()))?;
    let mut number = 0;
    let numbered = text.split_inclusive('\n').map(|line| {
        line.strip_prefix("#. ").map_or_else(
            || line.to_owned(),
            |rest| {
                number += 1;
                format!("# {number}. {rest}")
            },
        )
    });
    Ok(Reply { findings, stdout: numbered.collect(), ..Reply::default() })
}

fn unknown(account: &Account, user: &str) -> Finding {
    let users = account.users.iter().map(|user| &user.name);
    let known = users.chain(account.lock.entries.keys()).map(model::UserName::as_str);
    let help = suggest(user, known, "the names are those of the column `name`");
    let lock = account.lock_source.path.display();
    let message = format!("`{}` is neither in the roster of `{}` nor in `{lock}`", shorten(user), account.name);
    let place = account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.lock_source));
    Finding::new(Rule::RosterUnknownUser, message).at(Place::whole(&place.source)).help(help)
}

/// The command that makes the account's stacks anew, as the command line of this run would have it.
fn synth_command(args: &OffboardArgs, account: &Account) -> String {
    let mut command = format!("racestack synth --account {}", quote(account.name.as_str()));
    for (option, folder, default) in [("config", &args.of.config.config, "config"), ("out", &args.out, DEFAULT_OUT)] {
        if folder != Path::new(default) {
            command += &format!(" --{option} {}", quote(&folder.display().to_string()));
        }
    }
    command
}

/// What else there is to do where the roster says that somebody had this name before.
fn renamed(account: &Account, was: &str) -> Option<Value> {
    let is_it = |user: &&User| user.was.as_ref().is_some_and(|known| known.as_str() == was);
    let user = account.users.iter().find(is_it)?;
    let rename = model::Rename::of(account, user, user.was.as_ref()?);
    let steps: Value =
        (1..).zip(rename.steps()).map(|(number, step)| json!({"number": number, "step": step})).collect();
    Some(json!({"name": user.name.as_str(), "place": user.place.to_string(), "steps": steps}))
}

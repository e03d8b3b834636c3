//! What to type in the place of a command or an option that other tools have, and this one has not.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::Args;

/// What people type that know other tools, and the way here.
const WAYS: [(&str, &str); 4] = [
    ("deploy", "racestack does not deploy by itself: run `out/ACCOUNT/deploy.sh`, which `racestack synth` writes"),
    ("plan", "run `racestack synth`, then `racestack diff --git HEAD`"),
    ("--dry-run", "`racestack synth --check` writes nothing"),
    (
        "--force",
        "there is no `--force`; the error message names the option that you need, such as `--leavers` or `--leave-behind`",
    ),
];

/// The error of arguments that are refused, with a tip of what was meant, where that is known.
pub fn with_hint(mut error: clap::Error) -> clap::Error {
    if let Some(way) = way(&error) {
        // What is spelt nearly so is not what was meant.
        for guess in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::Suggested] {
            error.remove(guess);
        }
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![way.into()]));
        // The usage of what was not meant is no help, either.
        if let Some(mut command) = command(&error) {
            error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
        }
    }
    error
}

fn way(error: &clap::Error) -> Option<String> {
    let of = match error.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return None,
    };
    let Some(ContextValue::String(refused)) = error.get(of) else { return None };
    if let Some((_, way)) = WAYS.iter().find(|(other, _)| other == refused) {
        return Some((*way).to_owned());
    }
    let command = command(error)?;
    if refused == "--user" && command.get_name() == "offboard" {
        return Some("name the person without `--user`: `racestack offboard USER --account NAME`".to_owned());
    }
    // Where accounts are named by an option, a word too many is perhaps one of them.
    if refused.starts_with('-') {
        return None;
    }
    let has = |option: &str| command.get_arguments().any(|argument| argument.get_long() == Some(option));
    has("account").then(|| {
        let or = if has("user") { format!(", a person with `--user {refused}`") } else { String::new() };
        format!("name an account with `--account {refused}`{or}")
    })
}

/// The command that an error is about, by its `Usage: racestack COMMAND`.
fn command(error: &clap::Error) -> Option<Command> {
    let usage = error.get(ContextKind::Usage)?.to_string();
    let mut args = Args::command();
    // Only then does a command know that it is one of `racestack`.
    args.build();
    args.find_subcommand(usage.split_whitespace().nth(2)?).cloned()
}

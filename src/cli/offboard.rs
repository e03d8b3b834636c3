//! `racestack offboard`: the steps by which somebody leaves, for a person to take. Nothing of it is run.

use std::fmt::{Display, Write};
use std::path::Path;

use super::args::OffboardArgs;
use super::{DEFAULT_OUT, Reply};
use crate::config::{shorten, suggest};
use crate::finding::{Finding, Rule};
use crate::model::{self, Account, LockEntry, Region, User};
use crate::output::{self, DEPLOY_FILE, quote};
use crate::plan::Names;
use crate::source::Place;
use crate::synthesis::lock::line_of;
use crate::synthesis::{Failure, inputs};

pub(super) fn run(args: &OffboardArgs) -> Result<Reply, Failure> {
    let OffboardArgs { user: name, of, out } = args;
    let mut findings = Vec::new();
    let config = inputs::read_config(&of.sources(), &mut findings)?;
    let account = match config.accounts.iter().find(|account| account.selected) {
        Some(own) => inputs::account(&of.config.config, own, &mut findings)?,
        None => None,
    };
    // What is merely worth knowing about the configuration is synth's to tell.
    findings.retain(Finding::is_error);
    let Some(account) = account else { return Err(Failure::Findings(findings)) };
    let deploy = out.join(account.name.as_str()).join(DEPLOY_FILE);
    let user = account.users.iter().find(|user| user.name.as_str() == name);
    let former = account.lock.entries.iter().find(|(former, _)| former.as_str() == name);
    let stdout = match (user, former) {
        (Some(user), _) => of_user(&account, user, &synth_command(args, &account), &deploy),
        (None, Some((_, entry))) => of_former(&account, name, entry, &deploy) + &renamed(&account, name),
        (None, None) => {
            findings.push(unknown(&account, name));
            String::new()
        }
    };
    Ok(Reply { findings, stdout, ..Reply::default() })
}

fn unknown(account: &Account, user: &str) -> Finding {
    let users = account.users.iter().map(|user| &user.name);
    let known = users.chain(account.lock.entries.keys()).map(model::UserName::as_str);
    let help = suggest(user, known, "the names are those of the column `name`");
    let message = format!("`{}` is neither in the roster of `{}` nor in its lock", shorten(user), account.name);
    let place = account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.lock_source));
    Finding::new(Rule::RosterUnknownUser, message).at(Place::whole(&place.source)).help(help)
}

/// The command that makes the account's stacks anew, as the command line of this run would have it.
fn synth_command(args: &OffboardArgs, account: &Account) -> String {
    let mut command = format!("racestack synth --account {}", quote(account.name.as_str()));
    for (option, folder, default) in [("config", &args.of.config.config, "config"), ("out", &args.out, DEFAULT_OUT)] {
        if folder != Path::new(default) {
            // Writing to a string cannot fail.
            let _ = write!(command, " --{option} {}", quote(&folder.display().to_string()));
        }
    }
    command
}

fn heading(account: &Account, user: &str, said: impl Display) -> String {
    format!(
        "# {user} leaves the account {} ({}, {}): {said}\n# racestack runs nothing of this. The commands take the \
         credentials of the account, as the AWS CLI finds them.\n",
        account.name, account.id, account.region
    )
}

/// Adds steps, each with its number: a title, and the commands.
fn numbered(text: &mut String) -> impl FnMut(&str, &str) {
    let mut number = 0;
    move |title, commands| {
        number += 1;
        // Writing to a string cannot fail.
        let _ = write!(text, "\n# {number}. {title}\n{commands}");
    }
}

fn of_user(account: &Account, user: &User, synth: &str, deploy: &Path) -> String {
    let (name, region, bucket) = (user.name.as_str(), &account.region, &account.bucket.name);
    let (deploy, row) = (quote(&deploy.display().to_string()), &user.place);
    let mut text = heading(account, name, row);
    let mut step = numbered(&mut text);
    if let Some(notebook) = &user.notebook {
        let notebook = quote(notebook.name.as_str());
        step(
            &format!(
                "Save what is on the notebook {notebook}: its volume is deleted with it. As long as the person is active,"
            ),
            &format!(
                "#    in a terminal of the notebook:\n#      aws s3 sync ~/SageMaker {}\n#    Later, an administrator \
                 starts and opens it, and downloads what is worth keeping:\n{}",
                quote(&format!("s3://{bucket}/{name}/notebook/")),
                open_notebook(region, &notebook)
            ),
        );
    }
    if !user.suspended {
        step(
            &format!("Shut the person out, and keep everything: {row} gets the state suspended; then"),
            &format!("{synth}\n{deploy}\n"),
        );
    }
    step(
        "Export the folder, if it is to be kept elsewhere. In the bucket, it stays.",
        &format!("aws s3 sync --region {region} {} {}\n", folder(account, name), quote(&format!("./{name}/"))),
    );
    step(
        &format!("Take {row} out of the roster. The line in the lock stays: nobody else gets the names."),
        &format!("{synth}\n"),
    );
    step(
        "Have the change of the roster, the lock and the out folder reviewed. Then see what would be taken, and deploy.",
        &format!("{deploy} --dry-run\n{deploy}\n"),
    );
    if let Some(notebook) = user.notebook.as_ref().filter(|notebook| notebook.existing) {
        let named = format!("--region {region} --notebook-instance-name {}", quote(notebook.name.as_str()));
        let commands = ["stop-notebook-instance", "wait notebook-instance-stopped", "delete-notebook-instance"];
        let commands = commands.map(|command| format!("aws sagemaker {command} {named}\n")).concat();
        step("Delete the notebook: it was made by hand, and goes with no stack.", &commands);
    }
    step(
        "Only where something else than deploy.sh deploys the stacks: take away, before it does, what CloudFormation\n\
         #    cannot delete the user with. deploy.sh does the same.",
        &lines(&output::strip_commands(name, &Names::of(account), region.as_str())),
    );
    if user.console {
        let secret = quote(&Names::password_secret(account, &user.name));
        step(
            &format!("The secret {secret} is deleted with the stack, at once. Where it was left behind:"),
            &format!(
                "aws secretsmanager delete-secret --region {region} --force-delete-without-recovery --secret-id {secret}\n"
            ),
        );
    }
    step(&rest(account), &format!("aws s3 rm --recursive --region {region} {}\n", folder(account, name)));
    drop(step);
    text
}

/// What else there is to do where the roster says that somebody had this name before.
fn renamed(account: &Account, was: &str) -> String {
    let is_it = |user: &&User| user.was.as_ref().is_some_and(|known| known.as_str() == was);
    let Some(user) = account.users.iter().find(is_it) else { return String::new() };
    let name = user.name.as_str();
    let steps = model::rename_steps(account.bucket.name.as_str(), was, name);
    let steps = (1..).zip(steps).map(|(number, step)| format!("#    {number}. {step}")).collect::<Vec<_>>().join("\n");
    format!("\n# `{was}` is `{name}` from now on ({}). Instead of all this:\n{steps}\n", user.place)
}

fn of_former(account: &Account, name: &str, entry: &LockEntry, deploy: &Path) -> String {
    let (region, option) = (&account.region, format!("--user-name={}", quote(name)));
    let names = Names::of(account);
    let mut text = heading(account, name, format_args!("left the roster, {}", line_of(account, name)));
    let mut step = numbered(&mut text);
    if let Some(notebook) = &entry.notebook {
        let notebook = quote(notebook.as_str());
        step(
            &format!("Whether the notebook {notebook} is still there: RecordNotFound says that it is not."),
            &format!(
                "aws sagemaker describe-notebook-instance --region {region} --notebook-instance-name {notebook}\n#    If it \
                 is, save what is on it before the next deployment, which deletes its volume with it. An administrator\n#    \
                 starts and opens it, and downloads what is worth keeping:\n{}",
                open_notebook(region, &notebook)
            ),
        );
    }
    step(
        "Whether the user is still there: NoSuchEntity says that it is not.",
        &format!("aws iam get-user {option} --region {region}\n"),
    );
    step(
        "If nothing was deployed since: deploy.sh does the rest.",
        &format!("{0} --dry-run\n{0}\n", quote(&deploy.display().to_string())),
    );
    let mut commands = output::strip_commands(name, &names, region.as_str());
    commands.extend(output::delete_commands(name, &names, region.as_str()));
    step(
        "If it was, CloudFormation left the user behind, who is in no stack any more. See by get-user whether it\n\
         #    is this person, and not another one of the name; then",
        &lines(&commands),
    );
    step(
        &format!("Export the folder. {}", rest(account)),
        &format!(
            "aws s3 sync --region {region} {0} {1}\naws s3 rm --recursive --region {region} {0}\n",
            folder(account, name),
            quote(&format!("./{name}/"))
        ),
    );
    drop(step);
    text
}

/// How an administrator opens a notebook, as comments: it stands behind what is to be looked at first.
fn open_notebook(region: &Region, notebook: &str) -> String {
    let named = format!("--region {region} --notebook-instance-name {notebook}");
    format!(
        "#      aws sagemaker start-notebook-instance {named}\n#      aws sagemaker create-presigned-notebook-instance-url \
         {named}\n"
    )
}

fn folder(account: &Account, name: &str) -> String {
    quote(&format!("s3://{}/{name}/", account.bucket.name))
}

fn rest(account: &Account) -> String {
    format!(
        "When nothing of the folder is missed any more, delete it. What is deleted can be brought back for {} days.",
        account.bucket.old_version_days
    )
}

fn lines(commands: &[String]) -> String {
    commands.join("\n") + "\n"
}

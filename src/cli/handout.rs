//! `racestack handout`: the page that a person gets on their first day, or the pages of everybody.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::DEFAULT_OUT;
use super::args::HandoutArgs;
use super::{Outcome, outcome};
use crate::finding::any_error;
use crate::handout::HandoutRenderer;
use crate::model::Account;
use crate::output;
use crate::render::RenderFailure;
use crate::report::Format;
use crate::synthesis::inputs::{self, Sources, own_or_fault, user_of};
use crate::synthesis::{Failure, Progress, claim};

pub(super) fn run(args: &HandoutArgs, colour: bool, watch: &Progress<'_>) -> Result<Outcome, Failure> {
    let _claim = match &args.out {
        Some(folder) => {
            let taken = [(args.config.as_path(), "the config folder"), (Path::new(DEFAULT_OUT), "the out folder")];
            claim("--out", folder, &taken, false, watch.notice)?
        }
        None => None,
    };
    let mut findings = Vec::new();
    let accounts = std::slice::from_ref(&args.account);
    // No rules and no day: a page hangs on neither.
    let sources = Sources {
        config: &args.config,
        accounts,
        templates: args.templates.as_deref(),
        rules: None,
        today: None,
        encoding: args.encoding,
    };
    let Some((material, account)) = inputs::one_account(&sources, &mut findings)? else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let language = args.lang.unwrap_or(account.language);
    let pages = HandoutRenderer::new(&material.templates, language, args.format)
        .and_then(|renderer| pages(args, &renderer, &account));
    let mut pages = match pages {
        Ok(pages) => pages?,
        Err(failure) => return Ok(outcome(Format::Human, vec![own_or_fault(failure)?], String::new(), colour)),
    };
    let Some(folder) = &args.out else {
        let stdout = pages.pop().map(|(_, page)| page).unwrap_or_default();
        return Ok(Outcome { stdout, ..Outcome::default() });
    };
    let files = output::handout_files(&account.name, pages);
    output::inspect(folder, &files, &mut findings)?;
    if any_error(&findings) {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    }
    let done = if output::write(folder, &files)? { "written" } else { "unchanged" };
    let summary = format!("the handouts of `{}` in `{}`: {done}\n", account.name, folder.display());
    Ok(outcome(Format::Human, findings, summary, colour))
}

/// The pages that are asked for, each by the name of its file.
fn pages(
    args: &HandoutArgs,
    renderer: &HandoutRenderer<'_>,
    account: &Account,
) -> Result<Result<Vec<(String, String)>, Failure>, RenderFailure> {
    let users = match &args.user {
        None => account.users.iter().collect(),
        Some(name) => match user_of(account, name) {
            Ok(user) => vec![user],
            Err(failure) => return Ok(Err(failure)),
        },
    };
    let pages: Vec<Result<(String, String), RenderFailure>> = users
        .par_iter()
        .map(|user| Ok((format!("{}.{}", user.name, args.format.extension()), renderer.page(account, user)?)))
        .collect();
    pages.into_iter().collect::<Result<_, _>>().map(Ok)
}

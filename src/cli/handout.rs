//! `racestack handout`: the page that a person gets on their first day, or the pages of everybody.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::args::HandoutArgs;
use super::{DEFAULT_OUT, Reply};
use crate::finding::any_error;
use crate::handout::HandoutRenderer;
use crate::output;
use crate::synthesis::inputs::{self, Sources, user_of};
use crate::synthesis::{Failure, Progress, claim};

pub(super) fn run(args: &HandoutArgs, watch: &Progress<'_>) -> Result<Reply, Failure> {
    let _claim = match &args.out {
        Some(folder) => {
            let config = args.of.config.config.as_path();
            let taken = [(config, "the config folder"), (Path::new(DEFAULT_OUT), "the out folder")];
            claim("--out", folder, &taken, false, watch.notice)?
        }
        None => None,
    };
    // No rules and no day: a page hangs on neither.
    let sources = Sources { templates: args.templates.as_deref(), ..args.of.sources() };
    let (inputs, account) = inputs::one_account(&sources)?;
    let language = args.lang.unwrap_or(account.settings.language);
    let renderer = HandoutRenderer::new(&inputs.templates, language, args.format)?;
    let users = match &args.user {
        None => account.users.iter().collect(),
        Some(name) => vec![user_of(&account, name)?],
    };
    // Each by the name of its file.
    let pages: Vec<Result<(String, String), Failure>> = users
        .par_iter()
        .map(|user| Ok((format!("{}.{}", user.name, args.format.extension()), renderer.page(&account, user)?)))
        .collect();
    let mut pages: Vec<(String, String)> = pages.into_iter().collect::<Result<_, _>>()?;
    let Some(folder) = &args.out else {
        return Ok(pages.pop().map(|(_, page)| page).unwrap_or_default().into());
    };
    let files = output::handout_files(&account.name, pages);
    let mut findings = Vec::new();
    output::inspect(folder, &files, &mut findings)?;
    if any_error(&findings) {
        return Err(Failure::Findings(findings));
    }
    let done = if output::write(folder, &files)? { "written" } else { "unchanged" };
    let stdout = format!("the handouts of `{}` in `{}`: {done}\n", account.name, folder.display());
    Ok(Reply { findings, stdout, ..Reply::default() })
}

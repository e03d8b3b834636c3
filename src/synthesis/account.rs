//! From the inputs to the files of each account, nothing of it written yet.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::export::{ExportFormat, ExportPart};
use super::inputs::{self, Inputs};
use super::{Failure, Progress};
use crate::check::{self, CheckInputs, CheckReport};
use crate::config::AccountConfig;
use crate::files::FileError;
use crate::finding::Finding;
use crate::model::{Account, PlacementLock};
use crate::output::{self, Manifest, OutputFile};
use crate::page::{AccessMatrix, PeopleOfKind};
use crate::plan::{self, AccountPlan, Names, Placement};
use crate::render::{self, People, Rendered, Templates};

/// What the stacks are made for.
pub(crate) struct SynthOptions<'a> {
    /// The out folder, which stands in the places of findings.
    pub(crate) out: &'a Path,
    pub(crate) unchecked: bool,
    /// The format of another tool in which the stacks are wanted, too.
    pub(crate) format: Option<ExportFormat>,
    /// Whether it is to be told who may do what, too.
    pub(crate) access_matrix: bool,
}

/// An account's files, ready to be written.
pub(crate) struct AccountOutput<'a> {
    pub(crate) account: &'a Account,
    pub(crate) files: Vec<OutputFile>,
    pub(crate) manifest: Manifest,
    /// Its part of what another tool gets, if that was asked for.
    pub(crate) export_part: Option<ExportPart>,
    /// Who may do what, if that was asked for.
    pub(crate) access_matrix: AccessMatrix,
    /// Its lock from now on.
    pub(crate) lock: PlacementLock,
}

/// Makes and checks the stacks of all accounts. An account that is not sound, or whose templates cannot be filled, is
/// missing, with a finding.
///
/// Each account's people are read when its turn comes, and it is handed to `finish` as soon as it is made: what that keeps is
/// all that is held of it.
pub(crate) fn synthesise_all<T: Send>(
    inputs: &Inputs,
    options: &SynthOptions<'_>,
    watch: &Progress<'_>,
    findings: &mut Vec<Finding>,
    finish: impl Fn(AccountOutput<'_>) -> T + Sync,
) -> Result<Vec<T>, Failure> {
    let accounts = inputs.config.selected();
    let (mut finished, mut of_accounts) = (Vec::new(), Vec::new());
    // As many accounts at a time as there are cores: what an account takes while it is checked is many times its files. Of the
    // first, there is learnt what spares the others a proof.
    let (first, others) = accounts.split_at(accounts.len().min(1));
    let mut done = 0;
    for some in first.chunks(1).chain(others.chunks(rayon::current_num_threads())) {
        (watch.progress)(done, accounts.len());
        done += some.len();
        let one = |config: &&AccountConfig| {
            let (mut in_files, mut in_stacks) = (Vec::new(), Vec::new());
            let account = inputs::account(&inputs.folder, config, &mut in_files)?;
            in_files.extend(account.iter().flat_map(check::known));
            let names = account.as_ref().map(Names::of);
            let made = account.map(|account| synthesise(&account, inputs, options, &mut in_stacks).map(&finish));
            Ok((made, in_files, (names, in_stacks)))
        };
        let results: Vec<Result<_, FileError>> = some.par_iter().map(one).collect();
        for result in results {
            let (made, in_files, (names, mut in_stacks)) = result?;
            findings.extend(in_files);
            inputs.suppressions.apply(&mut in_stacks, &inputs.folder, options.out);
            of_accounts.push((names, in_stacks));
            match made {
                Some(Ok(made)) => finished.push(made),
                Some(Err(Failure::Findings(found))) => findings.extend(found),
                Some(Err(failure)) => return Err(failure),
                None => {}
            }
        }
    }
    findings.extend(check::across_accounts(of_accounts));
    Ok(finished)
}

fn synthesise<'a>(
    account: &'a Account,
    inputs: &Inputs,
    options: &SynthOptions<'_>,
    findings: &mut Vec<Finding>,
) -> Result<AccountOutput<'a>, Failure> {
    let templates = &inputs.templates;
    let (plan, rendered, people, lock) = render_account(account, templates, options.out)?;
    let checks = if options.unchecked {
        let contents = rendered.par_iter().map(Rendered::contents_by_lines).collect();
        CheckReport { contents, ..CheckReport::default() }
    } else {
        let Inputs { rules, suppressions, proofs, .. } = inputs;
        check::check(&plan, templates, &rendered, &CheckInputs { people: &people, rules, proofs, suppressions })?
    };
    findings.extend(checks.findings);
    let manifest = output::manifest(&plan, &rendered, &checks.contents, &checks.policies);
    let export_part = options.format.and_then(|format| format.export_part(&plan, templates, &rendered, &manifest));
    let access_matrix = if options.access_matrix {
        access_matrix(&plan, templates, &rendered, findings)?
    } else {
        AccessMatrix::default()
    };
    let files = output::files(&plan, rendered, &checks.contents, &manifest);
    Ok(AccountOutput { account, files, manifest, export_part, access_matrix, lock })
}

/// The stacks of an account as they would be written into a folder of `out`, with its people, and its lock from now on.
pub(crate) fn render_account<'a>(
    account: &'a Account,
    templates: &Templates,
    out: &Path,
) -> Result<(AccountPlan<'a>, Vec<Rendered>, People<'a>, PlacementLock), Failure> {
    let people = People::render(templates, account, &Names::of(account), &account.users)?;
    let Placement { stacks, lock } = plan::place(account, render::capacity(account, &people), |user| people.size(user));
    let plan = plan::plan(account, &out.join(account.name.as_str()), stacks);
    let rendered: Vec<_> = plan.stacks.par_iter().map(|stack| render::fill(templates, &plan, stack, &people)).collect();
    let rendered = rendered.into_iter().collect::<Result<_, _>>()?;
    Ok((plan, rendered, people, lock))
}

/// Who may do what, told of one person of each kind: checks hold everybody of a kind to be alike but for their names.
fn access_matrix(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    findings: &mut Vec<Finding>,
) -> Result<AccessMatrix, Failure> {
    let users = &plan.account.users;
    let one = |suspended| {
        let kind = users.iter().filter(|user| user.suspended == suspended);
        kind.min_by_key(|user| user.notebook.is_none())
    };
    let mut kinds = Vec::new();
    for (user, people, notebooks) in
        [(one(false), "people", "their notebooks"), (one(true), "suspended people", "their notebooks, suspended")]
    {
        let Some(user) = user else { continue };
        match check::access_table(plan, templates, rendered, user)? {
            Ok(told) => kinds.push(PeopleOfKind { people, notebooks, told }),
            Err(finding) => findings.push(finding),
        }
    }
    Ok(AccessMatrix::of(&kinds))
}

//! From the material to the files of each account, nothing of it written yet.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::material::{Material, own_or_fault};
use super::{Failure, Watch};
use crate::check::{self, Checks};
use crate::finding::Finding;
use crate::model::{Account, Lock};
use crate::output::{self, AccountAssembly, Manifest, OutputFile};
use crate::plan::{self, Placement};
use crate::render::{self, RenderFailure, Sizer, Template};

/// What the stacks are made for.
pub(super) struct Purpose<'a> {
    /// The out folder, which stands in the places of findings.
    pub(super) out: &'a Path,
    /// Whether the checks are left out.
    pub(super) unchecked: bool,
    /// Whether a cloud assembly is wanted, too.
    pub(super) assembly: bool,
}

/// An account's files, ready to be written.
pub(super) struct Synthesised<'a> {
    pub(super) account: &'a Account,
    pub(super) files: Vec<OutputFile>,
    pub(super) manifest: Manifest,
    /// Its part of the cloud assembly, if one was asked for.
    pub(super) assembly: Option<AccountAssembly>,
    /// The lock, and its text.
    pub(super) placed: Lock,
    pub(super) lock: String,
}

/// Makes and checks the stacks of all accounts. An account whose templates cannot be filled is missing, with a finding.
pub(super) fn synthesise_all<'a>(
    material: &'a Material,
    purpose: &Purpose<'_>,
    watch: &Watch<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Synthesised<'a>>, Failure> {
    findings.extend(check::known(&material.fleet));
    let accounts = &material.fleet.accounts;
    let mut synthesised = Vec::new();
    // As many accounts at a time as there are cores: what an account takes while it is checked is many times its files.
    let at_once = rayon::current_num_threads();
    for (batch, some) in accounts.chunks(at_once).enumerate() {
        (watch.progress)(batch * at_once, accounts.len());
        let each = |account| {
            let mut findings = Vec::new();
            (synthesise(account, material, purpose, &mut findings), findings)
        };
        let results: Vec<_> = some.par_iter().map(each).collect();
        for (result, found) in results {
            findings.extend(found);
            match result {
                Ok(one) => synthesised.push(one),
                Err(failure) => findings.push(own_or_fault(failure)?),
            }
        }
    }
    Ok(synthesised)
}

fn synthesise<'a>(
    account: &'a Account,
    material: &Material,
    purpose: &Purpose<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Synthesised<'a>, RenderFailure> {
    let templates = &material.templates;
    let sizer = Sizer::new(templates, account)?;
    let room = plan::room(account.template_bucket.template_bytes(), sizer.empty);
    let Placement { stacks, lock } = plan::place(account, room, |user| sizer.size(user));
    let plan = plan::plan(account, &purpose.out.join(account.name.as_str()), stacks);
    let rendered: Result<Vec<Template>, RenderFailure> =
        plan.stacks.par_iter().map(|stack| render::render(templates, &plan, stack)).collect();
    let rendered = rendered?;
    let checks =
        if purpose.unchecked { Checks::default() } else { check::check(&plan, templates, &rendered, &material.rules)? };
    findings.extend(checks.findings);
    let manifest = output::manifest(&plan, &rendered, &checks.policies);
    let files = output::files(&plan, &rendered, &manifest);
    let assembly = purpose.assembly.then(|| output::account_assembly(&plan, &rendered, &manifest));
    Ok(Synthesised { account, files, manifest, assembly, lock: lock.to_text(), placed: lock })
}

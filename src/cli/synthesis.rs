//! From the material to the files of each account, nothing of it written yet.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::export::{self, Form, Piece};
use super::material::{Material, own_or_fault};
use super::{Failure, Watch};
use crate::check::{self, Against, Checks, Record};
use crate::finding::Finding;
use crate::model::{Account, Lock};
use crate::output::{self, Manifest, OutputFile};
use crate::page::{Kind, Reach};
use crate::plan::{self, AccountPlan, Placement};
use crate::render::{self, RenderFailure, Rendered, Sizer, Templates};

/// What the stacks are made for.
pub(super) struct Purpose<'a> {
    /// The out folder, which stands in the places of findings.
    pub(super) out: &'a Path,
    /// Whether the checks are left out.
    pub(super) unchecked: bool,
    /// Where it is kept what passed, which is not checked by itself again; `None` to check everything.
    pub(super) cache: Option<&'a Path>,
    /// The form of another tool in which the stacks are wanted, too.
    pub(super) form: Option<Form>,
    /// Whether it is to be told who may do what, too.
    pub(super) reach: bool,
}

/// An account's files, ready to be written.
pub(super) struct Synthesised<'a> {
    pub(super) account: &'a Account,
    pub(super) files: Vec<OutputFile>,
    pub(super) manifest: Manifest,
    /// What passed, for the next run to remember; `None` where it is the same as before.
    pub(super) record: Option<Record>,
    /// Its part of what another tool gets, if that was asked for.
    pub(super) piece: Option<Piece>,
    /// Who may do what, if that was asked for.
    pub(super) reach: Reach,
    /// The lock, and its text.
    pub(super) placed: Lock,
    pub(super) lock: String,
}

/// Makes and checks the stacks of all accounts. An account whose templates cannot be filled is missing, with a finding.
///
/// Each account is handed to `finish` as soon as it is made, and what that keeps is all that is held of it.
pub(super) fn synthesise_all<'a, T: Send>(
    material: &'a Material,
    purpose: &Purpose<'_>,
    watch: &Watch<'_>,
    findings: &mut Vec<Finding>,
    finish: impl Fn(Synthesised<'a>) -> T + Sync,
) -> Result<Vec<T>, Failure> {
    findings.extend(check::known(&material.fleet));
    let accounts = &material.fleet.accounts;
    let mut finished = Vec::new();
    let mut of_accounts = Vec::new();
    // As many accounts at a time as there are cores: what an account takes while it is checked is many times its files.
    let at_once = rayon::current_num_threads();
    for (batch, some) in accounts.chunks(at_once).enumerate() {
        (watch.progress)(batch * at_once, accounts.len());
        let each = |account| {
            let mut findings = Vec::new();
            (synthesise(account, material, purpose, &mut findings).map(&finish), findings)
        };
        let results: Vec<_> = some.par_iter().map(each).collect();
        for (result, found) in results {
            of_accounts.push(found);
            match result {
                Ok(one) => finished.push(one),
                Err(failure) => findings.push(own_or_fault(failure)?),
            }
        }
    }
    findings.extend(check::across_accounts(of_accounts));
    Ok(finished)
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
    let folder = purpose.out.join(account.name.as_str());
    let plan = plan::plan(account, &folder, stacks);
    let rendered: Vec<_> = plan.stacks.par_iter().map(|stack| render::fill(templates, &plan, stack)).collect();
    let rendered: Vec<Rendered> = rendered.into_iter().collect::<Result<_, _>>()?;
    let before = purpose.cache.map(|cache| output::read_record(cache, &folder)).unwrap_or_default();
    let checks = if purpose.unchecked {
        let contents = rendered.par_iter().map(Rendered::contents_by_lines).collect();
        Checks { contents, ..Checks::default() }
    } else {
        let (rules, suppressions) = (&material.rules, &material.suppressions);
        check::check(&plan, templates, &rendered, &Against { rules, suppressions, record: &before })?
    };
    findings.extend(checks.findings);
    let manifest = output::manifest(&plan, &rendered, &checks.contents, &checks.policies);
    let piece = purpose.form.and_then(|form| export::piece(form, &plan, templates, &rendered, &manifest));
    let reach = if purpose.reach { reach(&plan, templates, &rendered, findings)? } else { Reach::default() };
    let record = (purpose.cache.is_some() && !checks.record.is_like(&before)).then_some(checks.record);
    let files = output::files(&plan, rendered, &checks.contents, &manifest);
    Ok(Synthesised { account, files, manifest, record, piece, reach, lock: lock.to_text(), placed: lock })
}

/// Who may do what, told of one person of each kind: checks hold everybody of a kind to be alike but for their names.
fn reach(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    findings: &mut Vec<Finding>,
) -> Result<Reach, RenderFailure> {
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
        match check::access(plan, templates, rendered, user, None)? {
            Ok(answers) => kinds.push(Kind { people, notebooks, answers }),
            Err(finding) => findings.push(finding),
        }
    }
    Ok(Reach::of(&kinds))
}

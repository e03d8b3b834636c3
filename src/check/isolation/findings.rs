//! The findings of what fails, each with the statement that makes it so: in the template, and as it is written.

use std::collections::BTreeMap;

use serde_json::Value;

use super::problem::Problem;
use super::shared::without_own;
use crate::check::company;
use crate::finding::{Finding, Rule, counted};
use crate::inventory::{
    IamInventory, OPEN, SECRET_REFERENCE, Sections, Texts, path_to, perhaps_reads_secret, statement_name, transform,
};
use crate::model::User;
use crate::plan::{AccountPlan, Names, Part, StackPlan};
use crate::render::span_index::SpanIndex;
use crate::render::{PROTOTYPE_ID, PROTOTYPE_VOLUME, PolicySourceMap, Rendered, Template, Templates, UserShape, words};
use crate::source::Place;

/// The kind of the stacks that hold people.
const USERS: &str = "users";

/// Where the things of an inventory stand.
pub struct Sites<'a> {
    pub plan: &'a AccountPlan<'a>,
    /// What its stacks are made of.
    pub templates: &'a Templates,
    /// Its stacks.
    pub rendered: &'a [Rendered],
    /// The parts of the stacks that hold no people, in the order of the inventory.
    pub parts: Vec<Part>,
    /// The shape of the people whose prototype is the last of the inventory's stacks, and who of them it is; no matter who, if nobody.
    pub people: Option<(&'a UserShape, Option<&'a User>)>,
    /// Where statements stand in the templates; read when the first is asked for.
    pub origins: Option<PolicySourceMap>,
}

impl<'a> Sites<'a> {
    pub fn finding(&mut self, problem: &Problem, inventory: &IamInventory<'_>) -> Finding {
        let account = &self.plan.account.name;
        let message = self.of_person(&problem.message);
        let mut finding = Finding::new(problem.rule, format!("in the account `{account}`, {message}"));
        let profile = self.plan.account.policies;
        let is_by_profile = profile.severity_of(problem.rule) != finding.severity;
        finding.severity = problem.severity(profile);
        let help = if is_by_profile { "set `policies: hardened`, or " } else { "" };
        finding = finding.help(format!("{help}{}", problem.help));
        self.origins.get_or_insert_with(|| PolicySourceMap::of(self.templates, self.plan));
        for (nth, (index, statement)) in problem.statements.iter().enumerate() {
            let Some(policy) = inventory.policies.get(*index) else { continue };
            let document = &policy.document.value;
            if nth == 0 {
                let found = policy.document.statements().nth(*statement).unwrap_or(&Value::Null);
                finding = finding.about(format!("{account}/{}/{}", policy.name, statement_name(found, *statement)));
            }
            let kind = self.parts.get(policy.location.stack).map_or(USERS, |part| part.kind());
            let stack = self.templates.of_stack(kind);
            let of_template = self.origins.as_ref().zip(stack);
            let of_template = of_template.and_then(|(origins, stack)| origins.place(document, *statement, stack));
            let path = format!("{}/Statement/{statement}", policy.location.path);
            let of_out = self.place(policy.location.stack, policy.location.logical_id, &path);
            finding = match (of_template, of_out) {
                (Some(template), Some(out)) if nth == 0 => finding.at(template).related(out, "as written here"),
                (Some(one), _) if nth == 0 => finding.at(one),
                (None, Some(one)) if nth == 0 => {
                    // A policy of the company's stands in a file of its own, and is of no template.
                    let is_made = self.rendered.iter().any(|rendered| rendered.source == one.source);
                    let template =
                        stack.filter(|_| is_made).map(|stack| format!("its template is `{}`", stack.path.display()));
                    template.into_iter().fold(finding.at(one), Finding::note)
                }
                (Some(one), _) | (None, Some(one)) => finding.related(one, "and by this statement"),
                (None, None) => finding,
            };
        }
        if finding.place.is_none() {
            let (stack, id, path) = &problem.location;
            let at = self.place(*stack, id, path);
            finding = finding.at(at.unwrap_or_else(|| self.plan.account.node.place_of("policies")));
        }
        problem.notes.iter().fold(finding, |finding, note| finding.note(self.of_person(note)))
    }

    /// Who it is, or the first of the people of this shape, and the index of their stack.
    fn person(&self) -> Option<(usize, &'a User)> {
        let (shape, named) = self.people?;
        let is_it =
            |user: &&&User| named.map_or_else(|| UserShape::of(user) == *shape, |named| named.name == user.name);
        let own = |(index, stack): (usize, &'a StackPlan<'a>)| Some((index, *stack.users.iter().find(is_it)?));
        self.plan.stacks.iter().enumerate().find_map(own)
    }

    /// A text with the values of that person in the place of a prototype's.
    fn of_person(&self, text: &str) -> String {
        let mut values = self.person().map(|(_, user)| words(user)).unwrap_or_default();
        let volume = self.person().and_then(|(_, user)| user.notebook.as_ref()).map(|notebook| notebook.volume_gb);
        values.extend(volume.map(|volume| (PROTOTYPE_VOLUME.to_string(), volume.to_string())));
        values.into_iter().fold(text.to_owned(), |text, (word, own)| text.replace(&word, &own))
    }

    /// Where something stands in the out folder; of a prototype's things, in the template of somebody of that shape.
    fn place(&self, stack: usize, id: &str, path: &str) -> Option<Place> {
        if let Some(place) = company::place(self.plan, &format!("{id}/{path}")) {
            return Some(place);
        }
        let (index, id) = if let Some(part) = self.parts.get(stack) {
            (self.rendered.iter().position(|one| one.part == *part)?, id.to_owned())
        } else {
            let (index, user) = self.person()?;
            (index, id.replacen(PROTOTYPE_ID, user.logical_id.as_str(), 1))
        };
        let outline = SpanIndex::read(&self.rendered.get(index)?.source);
        Some(outline.place(&format!("/Resources/{id}/{}", path.trim_start_matches('/'))))
    }
}

/// A fault of the reference policies, which are part of the program.
pub fn unusable(plan: &AccountPlan<'_>, why: &str) -> Finding {
    let message = format!("isolation cannot be checked: a reference policy cannot be used: {why}");
    Finding::new(Rule::IsolationUndecided, message)
        .at(plan.account.node.place_of("policies"))
        .help("report this as a fault of racestack")
}

/// What a template says beside its resources, of which isolation is proven as their text has them: a macro that changes it as it
/// is deployed, and an output or the like that holds a secret.
pub fn of_template(one: &Template, plan: &AccountPlan<'_>) -> Vec<Finding> {
    let template = &one.value;
    let macros = transform(template).map(|path| {
        let message =
            "a macro changes this template as it is deployed, and isolation cannot be proven of what comes out";
        let finding = Finding::new(Rule::IsolationUndecided, message).at(one.place(&path.join("/")));
        finding.help("write out in the template what the macro makes of it")
    });
    let beside = template.as_object().into_iter().flatten().filter(|(section, _)| *section != "Resources");
    let reads = |text: &str| text.contains(SECRET_REFERENCE) || perhaps_reads_secret(text);
    // The default of a parameter may be a part of what stands elsewhere.
    let is_secret = |_: &str, value: &Value| value.as_str().is_some_and(|text| reads(&format!("{text}{OPEN}")));
    let sections = Sections::of(template);
    let resources = template.get("Resources").unwrap_or(&Value::Null);
    let texts = Texts::of(plan.names.account(), "", resources, &sections);
    // Outputs have functions, too, which make a text of several.
    let made = |section: &str, value: &Value| {
        let mut outputs = value.as_object().into_iter().flatten().filter(|_| section == "Outputs");
        let (key, _) = outputs.find(|(key, value)| texts.any(key, value, &|_, text, _| reads(text)))?;
        Some(vec![key.clone()])
    };
    let path = |section: &str, value: &Value| path_to(value, &is_secret).or_else(|| made(section, value));
    let secrets =
        beside.filter_map(|(section, value)| Some((section, path(section, value)?))).map(|(section, path)| {
            let message =
                format!("by `{section}`, whoever may see the stack reads a secret, such as somebody's first password");
            let finding =
                Finding::new(Rule::IsolationTooWide, message).at(one.place(&format!("{section}/{}", path.join("/"))));
            finding.help("name the secret of a password in `LoginProfile` alone")
        });
    let of_profile =
        |finding: Finding| Finding { severity: plan.account.policies.severity_of(finding.rule), ..finding };
    macros.into_iter().chain(secrets).map(of_profile).collect()
}

/// The findings of all accounts, which say whether they are suppressed: what isolation finds in several at one line of a policy
/// template is told once. A warning of one account or what somebody answers for there hides no error of another.
pub fn across_accounts(accounts: Vec<(Option<Names>, Vec<Finding>)>) -> Vec<Finding> {
    const RULES: [Rule; 3] = [Rule::IsolationTooWide, Rule::IsolationOwnRefused, Rule::IsolationUndecided];
    // By rule, weight, words and line, and of several there in one account the how manieth: where it is told, and for how many accounts.
    let mut told: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let mut all: Vec<Finding> = Vec::new();
    for (names, findings) in accounts {
        let mut here: BTreeMap<_, usize> = BTreeMap::new();
        for finding in findings {
            if let Some(place) = finding.place.as_ref().filter(|_| RULES.contains(&finding.rule)) {
                let weight = (finding.severity, finding.suppressed.is_some());
                // Without the account's name and its own values: whoever has a name with digits is somebody else.
                let words = finding.message.split_once(", ").map_or(finding.message.as_str(), |(_, words)| words);
                let words = names.as_ref().map_or_else(|| words.to_owned(), |names| without_own(words, names));
                let key = (finding.rule, weight, words, place.path().to_owned(), place.span.start);
                let nth = here.entry(key.clone()).or_default();
                *nth += 1;
                let (_, times) = told.entry((key, *nth)).or_insert((all.len(), 0));
                *times += 1;
                if *times > 1 {
                    continue;
                }
            }
            all.push(finding);
        }
    }
    for (index, times) in told.into_values().filter(|(_, times)| *times > 1) {
        if let Some(finding) = all.get_mut(index) {
            finding.notes.push(format!("the same in {}", counted(times - 1, "more account", "more accounts")));
        }
    }
    all
}

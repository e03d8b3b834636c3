//! The policies of a subject, as IAM reads them, and what they allow beyond others.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::{PrincipalKind, Subject};
use super::problem::{Problem, Statements, document, line_in_words, spelled};
use super::reference::References;
use crate::finding::Rule;
use crate::iam::{
    AccessLine, Decision, Direction, Document, Effect, Policies, Request, Statement, StatementSource, access_delta,
    decide,
};
use crate::inventory::Policy;

/// How many requests a finding lists.
const LISTED: usize = 4;

/// The index of a policy that is no policy of the inventory.
pub(super) const NO_POLICY: usize = usize::MAX;

const NARROW: &str =
    "narrow the statement to the person's own; `racestack limits` prints the most that isolation permits";
const COMPANYS: &str =
    "narrow the statement to what is about nobody's things, or make this role in a stack that racestack does not write";
const FEWER: &str =
    "write out what this statement names in `Action` and `Resource`, or let each of them have one `*`, at its end";
pub(super) const KNOWN: &str = "name the owner by `${aws:username}`, or of notebooks by `${aws:PrincipalTag/user}`, and use condition keys that AWS documents";

/// The policies of a subject, as IAM reads them.
#[derive(Clone)]
pub(super) struct Access<'s> {
    /// The identity policies, each with its index in the inventory.
    pub identity: Vec<(usize, &'s Document)>,
    pub boundary: Option<(usize, &'s Document)>,
    /// The statements of the policies of all buckets, which are about different resources each, and those of
    /// `of_other_accounts`.
    pub resource: Document,
    /// Of which policy and statement each of them is, but for the last.
    pub of_resource: Vec<(usize, usize)>,
    /// `References::of_other_accounts`.
    pub of_other_accounts: &'s Document,
}

impl<'s> Access<'s> {
    pub(super) fn of(subject: &Subject<'s, '_>, references: &'s References) -> Result<Self, Problem> {
        let inventory = subject.inventory;
        let parsed = |index: usize| {
            let policy: &'s Policy<'_> = inventory.policies.get(index)?;
            Some(document(policy).map(|document| (index, document)))
        };
        let identity = subject.identity.policies.iter().copied().filter_map(parsed).collect::<Result<_, _>>()?;
        let boundary = subject.identity.boundary_policy().and_then(parsed).transpose()?;
        let mut resource = Document::default();
        let mut of_resource = Vec::new();
        for policy in inventory.bucket_policies().filter_map(parsed) {
            let (index, document) = policy?;
            of_resource.extend((0..document.statements.len()).map(|statement| (index, statement)));
            resource.statements.extend(document.statements.iter().cloned());
        }
        let of_other_accounts = &references.of_other_accounts;
        resource.statements.extend(of_other_accounts.statements.iter().cloned());
        Ok(Self { identity, boundary, resource, of_resource, of_other_accounts })
    }

    pub(super) fn with_policies<T>(&self, use_them: impl FnOnce(&Policies<'_>) -> T) -> T {
        let identity: Vec<&Document> = self.identity.iter().map(|(_, document)| *document).collect();
        let boundary = self.boundary.map(|(_, document)| document);
        let resource = Some(&self.resource);
        use_them(&Policies { identity: &identity, boundary, resource, resource_must_allow: false })
    }

    /// These identity policies and nothing else in this account.
    pub(super) fn alone<'p>(&self, identity: &'p [&'p Document]) -> Policies<'p>
    where
        's: 'p,
    {
        Policies { identity, resource: Some(self.of_other_accounts), ..Policies::default() }
    }

    /// All statements, each with the index of its policy and its own.
    pub(super) fn statements(&self) -> impl Iterator<Item = ((usize, usize), &Statement)> {
        let own = self.identity.iter().chain(&self.boundary).flat_map(|(policy, document)| {
            document.statements.iter().enumerate().map(|(index, one)| ((*policy, index), one))
        });
        own.chain(self.of_resource.iter().copied().zip(&self.resource.statements))
    }

    /// The identity policy of a name.
    pub(super) fn attached(&self, subject: &Subject<'_, '_>, name: &str) -> Option<(usize, &'s Document)> {
        let is_it = |index: usize| subject.inventory.policies.get(index).is_some_and(|policy| policy.name == *name);
        self.identity.iter().copied().find(|(index, _)| is_it(*index))
    }

    /// What is beyond `limits`, or cannot be told, that of the same statements together; `who_can` are the words for it.
    pub(super) fn beyond(&self, subject: &Subject<'_, '_>, who_can: &str, limits: &Document) -> Vec<Problem> {
        self.beyond_by(subject, who_can, limits, |request| self.decisive(request))
    }

    /// The same, where `at_fault` are the statements that make it so that a request is allowed.
    pub(super) fn beyond_by(
        &self,
        subject: &Subject<'_, '_>,
        who_can: &str,
        limits: &Document,
        at_fault: impl Fn(&Request) -> Statements,
    ) -> Vec<Problem> {
        let limits = [limits];
        let limits = self.alone(&limits);
        let beyond = |access: &Access<'_>| {
            access.with_policies(|access| {
                access_delta(&subject.principal, &subject.base, &limits, access, Direction::is_gain)
            })
        };
        // What is allowed is allowed by some statement, and by some pattern of its resources: where there are too many to compare
        // at once, each is compared alone.
        let lines = beyond(self).or_else(|_| {
            let alone = self.each_alone();
            let identities = alone.iter().map(|one| Access { identity: vec![(NO_POLICY, one)], ..self.clone() });
            identities.map(|one| beyond(&one)).collect::<Result<Vec<_>, _>>().map(|lines| lines.concat())
        });
        let Ok(lines) = lines else { return vec![self.too_many(subject)] };
        // By whether it cannot be told, and the statements that make it so.
        let mut groups: BTreeMap<(bool, Statements), Vec<AccessLine>> = BTreeMap::new();
        for line in lines {
            let is_unknown = line.direction == Direction::Unknown;
            groups.entry((is_unknown, at_fault(&line.example))).or_default().push(line);
        }
        let problem = |((is_unknown, statements), lines): (_, Vec<AccessLine>)| {
            let action = spelled(subject, &lines.first()?.example.action);
            // Compared alone, each of several statements may allow the same.
            let mut told = BTreeSet::new();
            let words = lines.iter().map(|line| line_in_words(line, subject));
            let mut notes: Vec<String> = words.filter(|words| told.insert(words.clone())).collect();
            let more = notes.split_off(notes.len().min(LISTED)).len();
            notes.extend((more > 0).then(|| format!("and {more} more")));
            let (rule, message, help) = if is_unknown {
                (Rule::IsolationUndecided, format!("it is not known whether {who_can} call `{action}`"), KNOWN)
            } else {
                let message = format!("{who_can} call `{action}` where isolation does not permit it");
                (
                    Rule::IsolationTooWide,
                    message,
                    if subject.kind == PrincipalKind::Company { COMPANYS } else { NARROW },
                )
            };
            let problem = Problem::at(rule, message, help, &subject.identity.location);
            Some(Problem { notes, statements, lines, ..problem })
        };
        groups.into_iter().filter_map(problem).collect()
    }

    /// Each statement of the identity policies that allows something, of each pattern that it names, and none, with all that deny
    /// something.
    fn each_alone(&self) -> Vec<Document> {
        let all = self.identity.iter().flat_map(|(_, document)| &document.statements);
        let (denials, allowing): (Vec<&Statement>, Vec<&Statement>) = all.partition(|one| one.effect == Effect::Deny);
        let with_denials =
            |one: Option<Statement>| Document { statements: denials.iter().copied().cloned().chain(one).collect() };
        // Without any, the policies of buckets are compared.
        allowing.into_iter().flat_map(Statement::each_resource).map(Some).chain([None]).map(with_denials).collect()
    }

    pub(super) fn too_many(&self, subject: &Subject<'_, '_>) -> Problem {
        let message =
            format!("what {} may do cannot be compared: there are too many combinations of wildcards", subject.who());
        let all = self.statements().filter(|((policy, _), _)| *policy != NO_POLICY);
        let most = all.max_by_key(|(_, one)| one.open_patterns());
        let notes =
            most.map(|(_, one)| format!("{} of its patterns have a wildcard before their end", one.open_patterns()));
        Problem {
            notes: notes.into_iter().collect(),
            statements: most.map(|(at, _)| at).into_iter().collect(),
            ..Problem::at(Rule::IsolationUndecided, message, FEWER, &subject.identity.location)
        }
    }

    /// The statements that decide a request.
    pub(super) fn decisive(&self, request: &Request) -> Statements {
        let outcome = self.with_policies(|policies| decide(request, policies));
        let denies = outcome.decision == Decision::ExplicitlyDenied;
        let statement = |(source, statement): &(StatementSource, usize)| match *source {
            StatementSource::Identity(index) => Some((self.identity.get(index)?.0, *statement)),
            // What the boundary allows besides is not what is at fault, unless nothing else is.
            StatementSource::Boundary if denies || self.identity.iter().all(|(index, _)| *index == NO_POLICY) => {
                Some((self.boundary?.0, *statement))
            }
            StatementSource::Boundary => None,
            StatementSource::Resource => self.of_resource.get(*statement).copied(),
        };
        outcome.statements.iter().filter_map(statement).filter(|(policy, _)| *policy != NO_POLICY).collect()
    }
}

//! Who may do what, in the words of a page: the answers about people of each kind, side by side.

use std::collections::BTreeSet;

use crate::check::{self, Asker, Owner};
use crate::iam::Decision;

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellAnswer {
    Allowed,
    Some,
    /// Nothing of it.
    Denied,
    /// The policies ask for what cannot be known before the request.
    Unknown,
    /// It was not asked.
    Nothing,
}

impl CellAnswer {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            CellAnswer::Allowed => "allowed",
            CellAnswer::Some => "partly",
            CellAnswer::Denied => "no",
            CellAnswer::Unknown => "unknown",
            CellAnswer::Nothing => "–",
        }
    }

    /// The answer to several requests that are one in words.
    fn of(decisions: &[Decision]) -> Self {
        let any = |wanted| decisions.contains(&wanted);
        let allowed = decisions.iter().filter(|decision| **decision == Decision::Allowed).count();
        match allowed {
            _ if decisions.is_empty() => CellAnswer::Nothing,
            _ if any(Decision::Unknown) => CellAnswer::Unknown,
            0 => CellAnswer::Denied,
            count if count == decisions.len() => CellAnswer::Allowed,
            _ => CellAnswer::Some,
        }
    }
}

/// What the principals of an account may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessMatrix {
    /// The principals, such as "people" and "notebook roles": the columns of the matrix.
    pub principals: Vec<String>,
    /// What was asked of each.
    pub rows: Vec<AccessRow>,
}

/// A question, and the answer for each principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// Whose the thing is.
    pub whose: Owner,
    /// The thing, such as "folder".
    pub thing: String,
    /// What is done to it, such as "read an object".
    pub what: String,
    /// The answers, in the order of the principals.
    pub answers: Vec<CellAnswer>,
    /// Whether an allowed request is a weakness.
    pub forbidden: bool,
}

/// People who are alike, and the answers of `check::answers` about one of them.
#[derive(Debug)]
pub struct PeopleOfKind {
    /// What they are called, such as "people" or "suspended people".
    pub people: &'static str,
    /// What their notebooks are called.
    pub notebooks: &'static str,
    pub answers: Vec<check::Answer>,
}

impl AccessMatrix {
    /// How many requests are allowed, or perhaps, that nobody may make.
    pub fn weak(&self) -> usize {
        let open = |answer: &CellAnswer| !matches!(answer, CellAnswer::Denied | CellAnswer::Nothing);
        self.rows.iter().filter(|row| row.forbidden && row.answers.iter().any(open)).count()
    }

    /// The answers about each kind of people side by side.
    pub fn of(kinds: &[PeopleOfKind]) -> Self {
        let asked = |kind: &PeopleOfKind, asker| kind.answers.iter().any(|answer| answer.who.asker() == Some(asker));
        let both = |kind| [(kind, Asker::User), (kind, Asker::Notebook)];
        let columns: Vec<(&PeopleOfKind, Asker)> =
            kinds.iter().flat_map(both).filter(|(kind, asker)| asked(kind, *asker)).collect();
        let principals = columns.iter().map(|(kind, asker)| match asker {
            Asker::User => kind.people.to_owned(),
            Asker::Notebook => kind.notebooks.to_owned(),
        });
        let mut seen = BTreeSet::new();
        let questions = kinds.iter().flat_map(|kind| &kind.answers);
        let questions = questions.filter(|answer| seen.insert((answer.whose, &answer.verb)));
        let row = |question: &check::Answer| {
            let decided = |(kind, asker): &(&PeopleOfKind, Asker)| {
                let same =
                    kind.answers.iter().filter(|one| one.who.asker() == Some(*asker) && one.whose == question.whose);
                let decisions = same.filter(|answer| answer.verb == question.verb).map(|answer| answer.decision);
                CellAnswer::of(&decisions.collect::<Vec<_>>())
            };
            AccessRow {
                whose: question.whose.unwrap_or(Owner::Own),
                thing: thing(&question.action, &question.resource).to_owned(),
                answers: columns.iter().map(decided).collect(),
                // What is not one's own is asked for only because nobody may do it.
                forbidden: question.whose != Some(Owner::Own),
                what: question.verb.clone(),
            }
        };
        Self { rows: questions.map(row).collect(), principals: principals.collect() }
    }
}

/// The word before a thing.
pub fn word(whose: Owner) -> &'static str {
    match whose {
        Owner::Own => "own",
        Owner::Others => "another's",
        Owner::Shared => "shared",
    }
}

/// What an action on a resource is about.
fn thing(action: &str, resource: &str) -> &'static str {
    let has = |word: &str| action.contains(word);
    match action.split(':').next().unwrap_or_default() {
        "s3" if has("Object") || action == "s3:ListBucket" || action == "s3:ListBucketVersions" => "folder",
        "s3" => "bucket",
        "sagemaker" if has("TrainingJob") || resource.contains(":training-job/") => "training jobs",
        "sagemaker" => "notebook",
        "sts" => "role",
        "iam" if has("AccessKey") => "access keys",
        "iam" if has("Role") => "role",
        "iam" if has("LoginProfile") || has("MFA") || has("Password") => "sign-in",
        "iam" => "identity",
        _ => "other things",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::check::Who;

    fn answer(asker: Asker, whose: Owner, verb: &str, decision: Decision) -> check::Answer {
        check::Answer {
            who: if asker == Asker::User { Who::User(String::new()) } else { Who::Notebook(String::new()) },
            whose: Some(whose),
            verb: verb.to_owned(),
            action: "s3:GetObject".to_owned(),
            resource: String::new(),
            second_factor: None,
            decision,
            statements: Vec::new(),
            doubts: Vec::new(),
            allowed_with: BTreeMap::new(),
        }
    }

    fn people(answers: Vec<check::Answer>) -> PeopleOfKind {
        PeopleOfKind { people: "people", notebooks: "notebooks", answers }
    }

    #[test]
    fn requests_that_are_one_in_words_are_one_row() {
        let verb = "change the folder of another person";
        let matrix = AccessMatrix::of(&[people(vec![
            answer(Asker::User, Owner::Others, verb, Decision::Allowed),
            answer(Asker::User, Owner::Others, verb, Decision::ExplicitlyDenied),
            answer(Asker::Notebook, Owner::Others, verb, Decision::ImplicitlyDenied),
        ])]);
        assert_eq!(matrix.principals, ["people", "notebooks"]);
        let [row] = matrix.rows.as_slice() else { panic!("{:?}", matrix.rows) };
        assert_eq!(row.what, verb);
        assert_eq!(row.answers, [CellAnswer::Some, CellAnswer::Denied]);
        assert!(row.forbidden);
    }

    #[test]
    fn a_row_says_what_it_is_about() {
        let verb = "change another user";
        let mut tags = answer(
            Asker::User,
            Owner::Others,
            "set the tag `user` of a training job of another person",
            Decision::Allowed,
        );
        (tags.action, tags.resource) =
            ("sagemaker:AddTags".to_owned(), "arn:aws:sagemaker:r:1:training-job/bob-1".to_owned());
        let matrix =
            AccessMatrix::of(&[people(vec![answer(Asker::User, Owner::Others, verb, Decision::Allowed), tags])]);
        let rows: Vec<_> = matrix.rows.iter().map(|row| (row.thing.as_str(), row.what.as_str())).collect();
        let expected = [
            ("folder", "change another user"),
            ("training jobs", "set the tag `user` of a training job of another person"),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_doubt_outweighs_everything_and_what_was_not_asked_is_no_denial() {
        let suspended = vec![answer(Asker::User, Owner::Own, "read", Decision::ImplicitlyDenied)];
        let active = vec![
            answer(Asker::User, Owner::Own, "read", Decision::Unknown),
            answer(Asker::User, Owner::Own, "read", Decision::Allowed),
            answer(Asker::User, Owner::Own, "write", Decision::Allowed),
        ];
        let matrix = AccessMatrix::of(&[people(active), people(suspended)]);
        let answers: Vec<_> = matrix.rows.iter().map(|row| row.answers.clone()).collect();
        assert_eq!(answers, [[CellAnswer::Unknown, CellAnswer::Denied], [CellAnswer::Allowed, CellAnswer::Nothing]]);
    }
}

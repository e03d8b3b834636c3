//! Who may do what, in the words of a page: what is told of people of each kind, side by side.

use crate::check::{AccessTable, Caller, Extent, Owner};

/// What the principals of an account may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessMatrix {
    /// The principals, such as "people" and "notebook roles": the columns of the matrix.
    pub principals: Vec<String>,
    /// What is told of each.
    pub rows: Vec<AccessRow>,
}

/// Something that may be done, and how much of it each principal may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// Whose the thing is.
    pub whose: Owner,
    /// The thing, such as "folder".
    pub thing: String,
    /// What is done to it, such as "read an object".
    pub what: String,
    /// In the order of the principals; `None` of who does not need it.
    pub answers: Vec<Option<Extent>>,
}

/// People who are alike, and what `check::access_table` tells of one of them.
#[derive(Debug)]
pub struct PeopleOfKind {
    /// What they are called, such as "people" or "suspended people".
    pub people: &'static str,
    /// What their notebooks are called.
    pub notebooks: &'static str,
    pub told: AccessTable,
}

impl AccessRow {
    /// Whether it is a weakness where it is allowed.
    pub fn is_forbidden(&self) -> bool {
        self.whose != Owner::Own
    }
}

impl AccessMatrix {
    /// How much is allowed, or perhaps, that nobody may do.
    pub fn weak(&self) -> usize {
        let open = |answer: &Option<Extent>| answer.is_some_and(|extent| extent != Extent::Nothing);
        self.rows.iter().filter(|row| row.is_forbidden() && row.answers.iter().any(open)).count()
    }

    /// What is told of each kind of people, side by side: their own things first.
    pub fn of(kinds: &[PeopleOfKind]) -> Self {
        let columns = kinds.iter().flat_map(|kind| kind.told.iter().map(move |(caller, told)| (kind, *caller, told)));
        let mut matrix = Self::default();
        for (column, (kind, caller, told)) in columns.enumerate() {
            matrix.principals.push(match caller {
                Caller::User => kind.people.to_owned(),
                Caller::Notebook => kind.notebooks.to_owned(),
            });
            for one in told {
                let is_it = |row: &AccessRow| row.whose == one.whose && row.what == one.what;
                let index = matrix.rows.iter().position(is_it).unwrap_or_else(|| {
                    let thing = thing(&one.action, &one.resource).to_owned();
                    matrix.rows.push(AccessRow {
                        whose: one.whose,
                        thing,
                        what: one.what.clone(),
                        answers: Vec::new(),
                    });
                    matrix.rows.len() - 1
                });
                let answers = &mut matrix.rows[index].answers;
                answers.resize(column, None);
                answers.push(Some(one.may));
            }
        }
        let columns = matrix.principals.len();
        matrix.rows.iter_mut().for_each(|row| row.answers.resize(columns, None));
        matrix.rows.sort_by_key(|row| row.whose);
        matrix
    }
}

/// The word for what is told.
pub fn answer_word(answer: Option<Extent>) -> &'static str {
    match answer {
        Some(Extent::All) => "allowed",
        Some(Extent::Part) => "partly",
        Some(Extent::Nothing) => "no",
        Some(Extent::Unknown) => "unknown",
        None => "–",
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
        "s3" if has("Object") || has("Upload") || action == "s3:ListBucket" || action == "s3:ListBucketVersions" => {
            "folder"
        }
        "s3" => "bucket",
        "sagemaker" if has("TrainingJob") || has("Metrics") || resource.contains(":training-job/") => "training jobs",
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
    use super::*;
    use crate::check::Row;

    fn row(whose: Owner, what: &str, may: Extent) -> Row {
        let (action, resource) = ("s3:GetObject".to_owned(), String::new());
        Row { whose, what: what.to_owned(), action, resource, may }
    }

    fn people(told: AccessTable) -> PeopleOfKind {
        PeopleOfKind { people: "people", notebooks: "notebooks", told }
    }

    #[test]
    fn the_same_words_are_one_row_and_own_things_come_first() {
        let told = |may| vec![row(Owner::Others, "change", may), row(Owner::Own, "change", Extent::All)];
        let matrix = AccessMatrix::of(&[people(vec![
            (Caller::User, told(Extent::Unknown)),
            (Caller::Notebook, told(Extent::Nothing)),
        ])]);
        assert_eq!(matrix.principals, ["people", "notebooks"]);
        let rows: Vec<_> = matrix.rows.iter().map(|row| (row.whose, row.answers.as_slice())).collect();
        let own = [Some(Extent::All), Some(Extent::All)];
        let others = [Some(Extent::Unknown), Some(Extent::Nothing)];
        assert_eq!(rows, [(Owner::Own, &own[..]), (Owner::Others, &others[..])]);
        assert_eq!(matrix.weak(), 1);
    }

    #[test]
    fn a_row_says_what_it_is_about() {
        for (action, resource, expected) in [
            ("s3:*Object*", "*", "folder"),
            ("sagemaker:AddTags", "arn:aws:sagemaker:r:1:training-job/bob-1", "training jobs"),
            ("iam:*AccessKey*", "*", "access keys"),
        ] {
            assert_eq!(thing(action, resource), expected, "{action}");
        }
    }

    #[test]
    fn what_somebody_does_not_need_is_no_denial() {
        let suspended = people(vec![(Caller::User, vec![row(Owner::Own, "read", Extent::Nothing)])]);
        let active = vec![row(Owner::Own, "read", Extent::Part), row(Owner::Own, "write", Extent::All)];
        let matrix = AccessMatrix::of(&[people(vec![(Caller::User, active)]), suspended]);
        let answers: Vec<_> = matrix.rows.iter().map(|row| row.answers.clone()).collect();
        assert_eq!(answers, [[Some(Extent::Part), Some(Extent::Nothing)], [Some(Extent::All), None]]);
    }
}

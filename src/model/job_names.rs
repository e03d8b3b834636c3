//! How much room a notebook's name leaves for the rest of a training job's name, which begins with it and `--`.

use super::ids::{LONGEST_FOR_SDK, NOTEBOOK_SEPARATOR};
use crate::config::NotebookName;
use crate::facts::limits::TRAINING_JOB_NAME_CHARACTERS;
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The most characters of a notebook's name with which the names of jobs begin by themselves on the notebook: eight characters tell them from others. See
/// `templates/scripts/notebook/prepare.py`.
const LONGEST_FOR_ADAPTED_SDK: usize = TRAINING_JOB_NAME_CHARACTERS - NOTEBOOK_SEPARATOR.len() - 8;
/// The most with which there is a name at all: a job's name ends with a letter or digit.
const LONGEST: usize = TRAINING_JOB_NAME_CHARACTERS - NOTEBOOK_SEPARATOR.len() - 1;

/// How training jobs get names that begin with that of their notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobNaming {
    /// By `base_job_name`, wherever the SDK runs.
    BaseName,
    /// On the notebook, whose SDK is adapted, by themselves; elsewhere each by its full name.
    AdaptedSdk,
    /// Each by its full name.
    FullName,
    /// None can: no character is left.
    Impossible,
}

impl NotebookName {
    /// How the notebook's training jobs get their names.
    pub fn job_naming(&self) -> JobNaming {
        match self.as_str().len() {
            length if length <= LONGEST_FOR_SDK => JobNaming::BaseName,
            length if length <= LONGEST_FOR_ADAPTED_SDK => JobNaming::AdaptedSdk,
            length if length <= LONGEST => JobNaming::FullName,
            _ => JobNaming::Impossible,
        }
    }
}

/// Where a notebook comes from, by which its name can still change, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// No stack has it yet.
    New,
    /// A stack has it.
    Deployed,
    /// Somebody made it by hand.
    ByHand,
}

/// Finds a name that is too long for the names of training jobs: an error where none is possible and the notebook is new.
pub(super) fn check(name: &NotebookName, origin: Origin, place: &Place) -> Option<Finding> {
    let naming = name.job_naming();
    let cut = match naming {
        JobNaming::BaseName => return None,
        JobNaming::AdaptedSdk => "the SDK cuts it on a person's own computer",
        JobNaming::FullName => "the SDK cuts it, on the notebook, too",
        JobNaming::Impossible => "with `--` it leaves none of a job's 63 characters",
    };
    let rule = match (naming, origin) {
        (JobNaming::Impossible, Origin::New) => Rule::NotebookInvalidName,
        _ => Rule::NotebookLongName,
    };
    let message = format!(
        "the notebook name `{name}` has {} characters, allowed are {LONGEST_FOR_SDK} where the SageMaker SDK begins the names of \
         training jobs with it",
        name.as_str().len()
    );
    let shorter = match origin {
        Origin::New if rule == Rule::NotebookInvalidName => {
            format!("set `notebook.name`, to at most {LONGEST_FOR_SDK} characters")
        }
        // The lock has the name from this run on.
        Origin::New | Origin::Deployed => {
            "to have another notebook, set `notebook: false`, run synth, deploy where it is deployed, then set a shorter `notebook.name`"
                .to_owned()
        }
        Origin::ByHand => "SageMaker cannot rename it: make a notebook with a shorter name".to_owned(),
    };
    let help = match (naming, origin) {
        (JobNaming::Impossible, _) | (_, Origin::New) => shorter,
        _ => format!("give each job its full name, as `racestack handout` shows; {shorter}"),
    };
    let note = format!("{cut}, and nobody can read the log of a job whose name does not begin with `{name}--`");
    Some(Finding::new(rule, message).at(place.clone()).help(help).notes([note]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_a_name_as_long_as_characters_are_left() {
        for (length, naming) in [
            (1, JobNaming::BaseName),
            (38, JobNaming::BaseName),
            (39, JobNaming::AdaptedSdk),
            (53, JobNaming::AdaptedSdk),
            (54, JobNaming::FullName),
            (60, JobNaming::FullName),
            (61, JobNaming::Impossible),
            (63, JobNaming::Impossible),
        ] {
            assert_eq!(NotebookName::parse(&"n".repeat(length)).unwrap().job_naming(), naming, "{length}");
        }
    }
}

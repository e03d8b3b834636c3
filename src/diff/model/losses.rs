//! What the change of a resource loses, and why it is refused.

use std::fmt::{Display, Formatter};

use serde::{Serialize, Serializer};

use crate::finding::Rule;

/// What a change loses, or what stays behind: a sentence of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it is about.
    pub kind: LossKind,
    /// The sentence, without the word for its kind.
    pub text: String,
}

/// What a sentence about a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// It is gone for good.
    Lost,
    /// It is gone in some cases.
    PerhapsLost,
    /// It goes from now on, when its resource does.
    NoLongerKept,
    /// It stops, and begins again.
    Interrupted,
    /// AWS refuses it in some cases.
    PerhapsRefused,
    /// What a person must do before.
    ToDoFirst,
    /// The resource is not deleted.
    Kept,
    /// It stays behind.
    Stays,
}

impl LossKind {
    /// What the sentence begins with.
    fn word(self) -> &'static str {
        match self {
            LossKind::Lost => "lost",
            LossKind::PerhapsLost => "perhaps lost",
            LossKind::NoLongerKept => "no longer kept",
            LossKind::Interrupted => "interrupted",
            LossKind::PerhapsRefused => "perhaps refused",
            LossKind::ToDoFirst => "to do first",
            LossKind::Kept => "kept",
            LossKind::Stays => "stays",
        }
    }

    /// A sentence of this kind.
    pub(in super::super) fn of(self, text: impl Into<String>) -> Loss {
        Loss { kind: self, text: text.into() }
    }
}

impl Display for Loss {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.kind.word(), self.text)
    }
}

impl Serialize for Loss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why CloudFormation refuses a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "&str")]
pub struct Refusal {
    /// The rule that its findings are of.
    pub rule: Rule,
    /// The reason, in words.
    pub reason: &'static str,
    /// What can be done instead.
    pub help: &'static str,
}

/// A resource is replaced, of which the new one would be made with the name that the old one still has.
pub const NAME_KEPT: Refusal = Refusal {
    rule: Rule::DiffRefusedReplacement,
    reason: "CloudFormation refuses to replace a resource that keeps its fixed name",
    help: "undo the change; or, if what the resource holds can be lost, deploy once without it, and then with it: without a \
           notebook, by `notebook: false` for these people in the roster, `racestack synth` and `deploy.sh`",
};

pub const SMALLER_VOLUME: Refusal = Refusal {
    rule: Rule::DiffSmallerVolume,
    reason: "SageMaker refuses to make the volume of a notebook smaller",
    help: "leave the volume as large as it is; a smaller one takes a new notebook",
};

pub const TYPE_CHANGED: Refusal = Refusal {
    rule: Rule::DiffChangedType,
    reason: "CloudFormation refuses to change the type of a resource",
    help: "give the resource another logical ID",
};

impl From<Refusal> for &str {
    fn from(refusal: Refusal) -> Self {
        refusal.reason
    }
}

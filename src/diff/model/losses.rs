//! What the change of a resource loses, and why it is refused.

use std::fmt::{Display, Formatter};

use serde::{Serialize, Serializer};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It replaces a resource, of which the new one would be made with the name that the old one still has.
    NameKept,
    /// It makes the volume of a notebook smaller.
    SmallerVolume,
    /// It gives a resource another type.
    TypeChanged,
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Refusal::NameKept => "CloudFormation refuses to replace a resource that keeps its fixed name",
            Refusal::SmallerVolume => "SageMaker refuses to make the volume of a notebook smaller",
            Refusal::TypeChanged => "CloudFormation refuses to change the type of a resource",
        })
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

//! Answers that can be missing.

/// An answer, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TriBool {
    /// It does not hold.
    No,
    /// It cannot be told.
    Unknown,
    /// It holds.
    Yes,
}

impl TriBool {
    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; the opposite of unknown is unknown.
    pub fn opposite(self) -> Self {
        match self {
            TriBool::No => TriBool::Yes,
            TriBool::Unknown => TriBool::Unknown,
            TriBool::Yes => TriBool::No,
        }
    }
}

impl From<bool> for TriBool {
    fn from(truth: bool) -> Self {
        if truth { TriBool::Yes } else { TriBool::No }
    }
}

/// Why something is unknown, each reason once.
#[derive(Debug, Default)]
pub(super) struct Doubts(pub(super) Vec<String>);

impl Doubts {
    pub(super) fn add(&mut self, why: String) -> TriBool {
        if !self.0.contains(&why) {
            self.0.push(why);
        }
        TriBool::Unknown
    }
}

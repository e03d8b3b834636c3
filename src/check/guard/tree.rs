//! The syntax tree of a rule file, typed: for what must know every construct that it meets. A construct that is not named
//! here cannot be read.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Clauses that must all hold, of each group of alternatives one.
pub(super) type Conjunctions<T> = Vec<Vec<T>>;

#[derive(Debug, Deserialize)]
pub(super) struct RuleTree {
    pub conditions: Option<Conjunctions<Clause>>,
    pub block: Block<RuleClause>,
}

#[derive(Debug, Deserialize)]
pub(super) enum RuleClause {
    Clause(Clause),
    WhenBlock(Conjunctions<Clause>, Block<Clause>),
    TypeBlock(TypeBlock),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeBlock {
    #[serde(rename = "type_name")]
    _name: IgnoredAny,
    pub conditions: Option<IgnoredAny>,
    pub block: Block<Clause>,
    pub query: Vec<Step>,
}

/// A clause of a rule, a condition or a filter. The names are the engine's.
#[expect(clippy::enum_variant_names, reason = "the engine's names")]
#[derive(Debug, Deserialize)]
pub(super) enum Clause {
    Clause(AccessClause),
    NamedRule(IgnoredAny),
    ParameterizedNamedRule(IgnoredAny),
    BlockClause(BlockClause),
    WhenBlock(Conjunctions<Clause>, Block<Clause>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessClause {
    pub access_clause: Access,
    #[serde(rename = "negation")]
    _negation: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    pub query: Query,
    pub comparator: (Comparator, IgnoredAny),
    pub compare_with: Option<LetValue>,
    #[serde(rename = "custom_message")]
    _message: IgnoredAny,
    #[serde(rename = "location")]
    _location: IgnoredAny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Comparator {
    Eq,
    In,
    Gt,
    Lt,
    Le,
    Ge,
    Exists,
    Empty,
    IsString,
    IsList,
    IsMap,
    IsBool,
    IsInt,
    IsFloat,
    IsNull,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockClause {
    pub query: Query,
    pub block: Block<Clause>,
    #[serde(rename = "location")]
    _location: IgnoredAny,
    #[serde(rename = "not_empty")]
    _not_empty: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block<T> {
    pub assignments: Vec<Let>,
    pub conjunctions: Conjunctions<T>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Let {
    pub var: String,
    pub value: LetValue,
}

#[derive(Debug, Deserialize)]
pub(super) enum LetValue {
    Value(Literal),
    AccessClause(Query),
    FunctionCall(Function),
}

/// A value that is written out. A regular expression is a text that begins and ends with a slash.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Literal {
    #[serde(rename = "path")]
    _path: IgnoredAny,
    pub value: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub query: Vec<Step>,
    #[serde(rename = "match_all")]
    _match_all: IgnoredAny,
}

#[derive(Debug, Deserialize)]
pub(super) enum Step {
    This,
    /// A key; or, with `%` before it, a variable.
    Key(String),
    /// A filter on keys. Here and below, what is named is captured in a variable.
    MapKeyFilter(Option<String>, KeyFilter),
    AllValues(Option<String>),
    AllIndices(Option<String>),
    Index(IgnoredAny),
    Filter(Option<String>, Conjunctions<Clause>),
}

impl Step {
    /// The name of the variable that the step reads.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Key(key) => key.strip_prefix('%'),
            _ => None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFilter {
    #[serde(rename = "comparator")]
    _comparator: IgnoredAny,
    pub compare_with: LetValue,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    pub parameters: Vec<LetValue>,
    pub name: String,
    #[serde(rename = "location")]
    _location: IgnoredAny,
}

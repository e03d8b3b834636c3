//! Who may do something: a request, decided by the policies of the account. See `isolation` for the proof that nobody may do more
//! than they are permitted.

mod answers;
mod people;
mod resource_policy;

pub use answers::{Answer, Question, Reason, answers, assumed_network};
pub use people::{Caller, Who, principals, unread};

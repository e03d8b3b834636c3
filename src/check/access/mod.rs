//! Who may do something: a request, decided by the policies of the account. See `isolation` for the proof that nobody may do more
//! than they are permitted.

mod answers;
mod evaluation;
mod people;

pub use answers::{Answer, Reason, answers};
pub use evaluation::{Question, assumed_network};
pub use people::{Asker, Who, principals, unread};

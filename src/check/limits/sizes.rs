//! The sizes of policies, as IAM counts them.

use serde::{Deserialize, Serialize};

use super::table::{LIMITS, OF_INLINE, OF_POLICY};
use crate::facts::limits::Used;
use crate::inventory::type_of;
use crate::plan::Part;
use crate::render::Template;

/// How much of IAM's limit a policy uses, or all inline policies of a principal together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySize {
    /// The logical ID of the policy, or of the principal.
    pub resource: String,
    /// Characters, white space not counted, and the most that IAM takes.
    pub characters: Used,
}

/// The sizes of the policies of a template. Of many principals, as in a users stack, only the fullest is told.
pub fn policy_sizes(template: &Template) -> Vec<PolicySize> {
    let mut sizes = Vec::new();
    let mut fullest: Option<PolicySize> = None;
    for (id, resource) in template.resources() {
        let kind = type_of(resource);
        let is_of_policies = |what| what == OF_POLICY || what == OF_INLINE;
        let limit = LIMITS.iter().find(|(types, _, _, what, _)| types.contains(&kind) && is_of_policies(*what));
        let Some((_, property, count, _, limit)) = limit else { continue };
        let used = resource.get("Properties").and_then(|properties| properties.get(property)).map_or(0, count);
        if used == 0 {
            continue;
        }
        let size = PolicySize { resource: id.clone(), characters: Used { used, limit: *limit } };
        let is_fuller = |fullest: &PolicySize| used * fullest.characters.limit > fullest.characters.used * limit;
        if !matches!(template.part, Part::Users(_)) {
            sizes.push(size);
        } else if fullest.as_ref().is_none_or(is_fuller) {
            fullest = Some(size);
        }
    }
    sizes.extend(fullest);
    sizes
}

//! References to secrets in texts of which a part is known only when the stack is deployed.

use super::template::OPEN;

/// What a reference to a secret of Secrets Manager begins with.
pub const SECRET_REFERENCE: &str = "{{resolve:secretsmanager:";
/// What references to secrets begin with.
const SECRET_REFERENCES: [&str; 2] = [SECRET_REFERENCE, "{{resolve:ssm-secure:"];
/// What goes on in references to parts of a secret.
const PART_OF_SECRET: &str = ":SecretString";
/// A part of such a reference that is as long as this stands in no other text behind what is open.
const SHORTEST_PART: usize = 4;

/// Whether a text may be a reference to a secret of which it is known only when the stack is deployed which one it is.
pub fn perhaps_reads_secret(text: &str) -> bool {
    let is_part = |(before, after): (&str, &str)| {
        let begins = before.rfind("{{").and_then(|at| before.get(at..)).filter(|begins| !begins.contains("}}"));
        let ends =
            |of: &str| (0..=of.len() - SHORTEST_PART).filter_map(|at| of.get(at..)).any(|end| after.starts_with(end));
        let is_of =
            |of: &&str| begins.is_some_and(|begins| of.starts_with(begins) || begins.starts_with(*of)) || ends(of);
        after.contains(PART_OF_SECRET) || SECRET_REFERENCES.iter().any(is_of)
    };
    let parts: Vec<&str> = text.split(OPEN).collect();
    parts.iter().zip(parts.iter().skip(1)).any(|(before, after)| is_part((before, after)))
}

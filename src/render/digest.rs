//! The digest that each template carries as an output: what CloudFormation keeps of it tells, of all stacks in one call, which
//! template a stack was deployed from.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>

use memchr::memmem;
use sha2::{Digest, Sha256};

/// The name of the output.
pub const DIGEST_OUTPUT: &str = "TemplateDigest";

/// Stands in a template where its digest goes, at the digest's length. No value from a roster or a setting has such brackets.
pub const PLACEHOLDER: &str = "<<the-sha-256-of-this-template-without-header-and-this-line--->>";

/// A template of this text below its header, with its digest in it. The digest is of the text as it was before, and knows
/// nothing of the header, which names the files that the template comes from. `None` where the text has no place for it.
pub(super) fn with_digest(mut text: String) -> (String, Option<String>) {
    let Some(first) = memmem::find(text.as_bytes(), PLACEHOLDER.as_bytes()) else { return (text, None) };
    let digest = sha256(&text);
    let rest = text[first..].replace(PLACEHOLDER, &digest);
    text.replace_range(first.., &rest);
    (text, Some(digest))
}

/// The SHA-256 of a text, in lower-case hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::{PLACEHOLDER, with_digest};

    #[test]
    fn the_digest_takes_the_room_of_its_placeholder() {
        assert_eq!(PLACEHOLDER.len(), 64);
        let text = format!("Resources:\n  A: 1\nOutputs:\n  TemplateDigest:\n    Value: {PLACEHOLDER}\n");
        let (with, digest) = with_digest(text.clone());
        assert_eq!(with.len(), text.len());
        assert_eq!(with, text.replace(PLACEHOLDER, &digest.unwrap_or_default()));
        assert_ne!(with_digest(text.replace("A: 1", "A: 2")).1, with_digest(text.clone()).1);
    }

    #[test]
    fn a_template_without_a_place_for_it_stays_as_it_is() {
        assert_eq!(with_digest("Resources: {}\n".to_owned()), ("Resources: {}\n".to_owned(), None));
    }
}

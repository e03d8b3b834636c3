//! The digest that each template carries as an output: what CloudFormation keeps of it tells, of all stacks in one call, which
//! template a stack was deployed from.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>

use std::fmt::Write;

use memchr::memmem;
use sha2::{Digest, Sha256};

/// The name of the output.
pub const DIGEST_OUTPUT: &str = "TemplateDigest";

/// Stands in a template where its digest goes, at the digest's length. No value from a roster or a setting has such brackets.
pub(super) const PLACEHOLDER: &str = "<<the-sha-256-of-this-template-without-header-and-this-line--->>";

/// What stands at the end of each stack template.
const OUTPUT: &str =
    "\nOutputs:\n  TemplateDigest:\n    Description: What deploy.sh knows this template by\n    Value: \"{digest}\"\n";

/// The text, without the digest where that is all that is too much for a template of so many bytes: then deploy.sh makes a
/// change set each time. Nobody may have to move for it.
pub(super) fn fitted(text: String, bytes: usize) -> String {
    let output = OUTPUT.replace("{digest}", PLACEHOLDER);
    match text.strip_suffix(&output) {
        Some(without) if text.len() > bytes && without.len() <= bytes => without.to_owned(),
        _ => text,
    }
}

/// A template of this text below its header, with its digest in it. The digest is of the text as it was before, and knows
/// nothing of the header, which names the files that the template comes from. `None` where the text has no place for it.
pub(super) fn with_digest(mut text: String) -> (String, Option<String>) {
    let Some(first) = memmem::find(text.as_bytes(), PLACEHOLDER.as_bytes()) else { return (text, None) };
    let digest = hexadecimal(&Sha256::digest(text.as_bytes()));
    let rest = text[first..].replace(PLACEHOLDER, &digest);
    text.replace_range(first.., &rest);
    (text, Some(digest))
}

/// Bytes in hexadecimal, in lower case.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{OUTPUT, PLACEHOLDER, fitted, with_digest};

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
    fn nobody_has_to_move_for_the_digest() {
        let output = OUTPUT.replace("{digest}", PLACEHOLDER);
        let text = format!("Resources:\n  A: 1\n{output}");
        let without = text.len() - output.len();
        assert_eq!(fitted(text.clone(), text.len()), text);
        assert_eq!(fitted(text.clone(), text.len() - 1), text[..without]);
        assert_eq!(fitted(text.clone(), without), text[..without]);
        assert_eq!(fitted(text.clone(), without - 1), text, "what is too much all the same is told with it");
    }

    #[test]
    fn a_template_without_a_place_for_it_stays_as_it_is() {
        assert_eq!(with_digest("Resources: {}\n".to_owned()), ("Resources: {}\n".to_owned(), None));
    }
}

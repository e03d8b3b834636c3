//! The script that notebooks run at each start: what is the account's own, then the script as it is in the templates.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::json;

use crate::model::{Account, KmsKeyArn, example_of_training};

/// What runs as root.
const SCRIPT: &str = "scripts/notebook-on-start.sh";

/// The folder of what the script unpacks.
const FILES: &str = "scripts/notebook";

/// What is the same in every language.
const PROGRAMS: [&str; 3] = ["idle-stop.py", "adapt-sdk.py", "prepare.py"];

/// What racers read; each has the language in its name.
const TEXTS: [&str; 2] = ["README", "start-here"];

/// The level of compression that gives the fewest bytes.
const SMALLEST: u8 = 10;

/// The script, from the templates' files by their paths. The account's own values need no quotes in a shell.
pub(super) fn start_script<'a>(account: &Account, file: impl Fn(&str) -> &'a str) -> String {
    let language = account.settings.language.as_str();
    let texts = TEXTS.map(|name| (format!("{name}.md"), file(&format!("{FILES}/{name}.{language}.md"))));
    let programs = PROGRAMS.map(|name| (name.to_owned(), file(&format!("{FILES}/{name}"))));
    format!(
        "#!/bin/bash\nBUCKET='{}'\nREGION='{}'\nIDLE_MINUTES='{}'\nADAPT_SDK='{}'\nTRAINING_TYPE='{}'\nOUTPUT_KEY='{}'\n\
         LONGEST_SECONDS='{}'\n\
         # The files of templates/{FILES}: their names and texts in JSON, by zlib, in base85.\n# shellcheck disable=SC2016\nPACKED='{}'\n{}",
        account.bucket,
        account.region,
        account.settings.notebooks.idle_stop_minutes,
        account.settings.notebooks.adapt_sdk,
        example_of_training(&account.settings),
        account.settings.bucket.kms_key.as_ref().map_or("", KmsKeyArn::as_str),
        account.max_runtime_seconds().unwrap_or_default(),
        pack(&programs.into_iter().chain(texts).collect()),
        file(SCRIPT)
    )
}

/// Files by their names, so small that SageMaker takes them, and in ASCII, whatever they hold. Those of all accounts of a
/// language are the same, and are packed once.
fn pack(files: &BTreeMap<String, &str>) -> Arc<str> {
    static PACKED: Mutex<BTreeMap<String, Arc<str>>> = Mutex::new(BTreeMap::new());
    let files = json!(files).to_string();
    let packed = |files: &str| base85(&compress_to_vec_zlib(files.as_bytes(), SMALLEST)).into();
    match PACKED.lock() {
        Ok(mut known) => Arc::clone(known.entry(files).or_insert_with_key(|files| packed(files))),
        Err(_) => packed(&files),
    }
}

/// Bytes in the base85 that Python's `base64.b85decode` reads, a sixteenth shorter than base64. No character of it means
/// anything between single quotes in a shell. Source: <https://docs.python.org/3/library/base64.html#base64.b85encode>
fn base85(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 85] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut text = String::new();
    for chunk in bytes.chunks(4) {
        let word = (0..4).fold(0_u32, |word, at| (word << 8) | u32::from(chunk.get(at).copied().unwrap_or_default()));
        let digits = [85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1].map(|unit| word / unit % 85);
        let digits = digits.into_iter().take(chunk.len() + 1);
        text.extend(digits.filter_map(|digit| ALPHABET.get(digit as usize)).map(|byte| char::from(*byte)));
    }
    text
}

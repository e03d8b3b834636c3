//! What is compared of the texts that a run prints and writes: nothing that changes with every word of every template.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A text without digests of files, and without the sizes of stacks that the table of synth and the manifest hold. The
/// goldens alone have them.
pub fn redact(text: &str) -> String {
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, word) = rest.split_at(at);
        let end = word.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        redacted += before;
        let of_a_stack = word.bytes().all(|byte| byte.is_ascii_digit());
        rest = behind;
        if end == 64 {
            redacted += "<sha256>";
        } else if let (true, Some(behind)) = (of_a_stack, of_limit(behind)) {
            redacted += "<n> ";
            rest = behind;
        } else if of_a_stack && behind.starts_with(" %  ") {
            redacted += "<p>";
        } else {
            redacted += word;
        }
    }
    redacted + rest
}

/// What stands behind a size, from `of` on, where that is ` of LIMIT bytes, `.
fn of_limit(behind: &str) -> Option<&str> {
    let (limit, rest) = behind.strip_prefix(" of ")?.split_once(' ')?;
    let number = limit.bytes().all(|byte| byte.is_ascii_digit());
    (number && rest.starts_with("bytes, ")).then(|| &behind[1..])
}

/// A resource of a template, by its logical ID, or a section, by its name; as it is written in YAML but for comments, and
/// laid out in JSON. `None` where the file has no such part.
pub fn part(path: &str, text: &str, name: &str) -> Option<String> {
    if Path::new(path).extension().is_some_and(|extension| extension == "json") {
        let template: Value = serde_json::from_str(text).ok()?;
        let part = template.get(name).or_else(|| template.get("Resources")?.get(name))?;
        return Some(serde_json::to_string_pretty(part).ok()? + "\n");
    }
    block(text, "", name).or_else(|| block(text, "  ", name))
}

/// The lines of a key at this indentation, with all that is indented deeper.
fn block(text: &str, indent: &str, key: &str) -> Option<String> {
    let head = format!("{indent}{key}:");
    let mut lines = text
        .split_inclusive('\n')
        .skip_while(|line| line.strip_prefix(&head).is_none_or(|rest| !rest.starts_with(['\n', ' '])));
    let first = lines.next()?.to_owned();
    let deeper = |line: &&str| line.trim().is_empty() || line.starts_with(&format!("{indent} "));
    let told = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    Some(first + &lines.take_while(deeper).filter(told).collect::<String>())
}

/// The data of a script that deploys. `None` where anything around it is not as the templates have it.
pub fn data_of(script: &str) -> Option<&str> {
    const ACCOUNT: &str = include_str!("../../templates/scripts/deploy.sh");
    const STACK_SET: &str = include_str!("../../templates/scripts/deploy-stack-set.sh");
    const DATA: &str = "# ---- data ----\n";
    const END: &str = "# ---- end of the data ----\n";
    let (head, rest) = ACCOUNT.split_once(DATA)?;
    let (_, of_account) = rest.split_once(END)?;
    let (shared, _) = of_account.split_once("# ---- the script of an account ----\n")?;
    let (_, own) = STACK_SET.split_once(END)?;
    let of_stack_set = format!("{shared}# ---- the script of a StackSet ----\n{own}");
    let behind = script.strip_prefix(head)?.strip_prefix(DATA)?;
    let ends = [of_account, &of_stack_set];
    ends.into_iter().find_map(|end| behind.strip_suffix(end)?.strip_suffix(END))
}

/// The sums and sizes in the manifests and scripts of out folders that are not those of the files beside them: what `redact`
/// leaves out is compared with what it is of.
pub fn wrong_sums(files: &BTreeMap<String, (Vec<u8>, bool)>) -> Vec<String> {
    let mut wrong = Vec::new();
    let sum = |bytes: &[u8]| {
        Sha256::digest(bytes).iter().fold(String::new(), |mut sum, byte| {
            write!(sum, "{byte:02x}").unwrap();
            sum
        })
    };
    for (path, (bytes, _)) in files {
        let Some((folder, name)) = path.rsplit_once('/').filter(|(folder, _)| folder.starts_with("out/")) else {
            continue;
        };
        let beside = |name: &str| files.get(&format!("{folder}/{name}")).map(|(bytes, _)| bytes.as_slice());
        let text = String::from_utf8_lossy(bytes);
        let manifest: Value = serde_json::from_str(&text).unwrap_or_default();
        for stack in manifest["stacks"].as_array().into_iter().flatten().filter(|_| name == "manifest.json") {
            let Some(template) = stack["file"].as_str().and_then(beside) else { continue };
            if stack["sha256"] != sum(template) || stack["bytes"]["used"] != template.len() {
                wrong.push(format!("{path} is wrong about {}", stack["file"]));
            }
        }
        let lines: Vec<&str> = text.lines().filter(|_| name == "deploy.sh").collect();
        for pair in lines.windows(2) {
            let template = pair[0].split(' ').nth(2).filter(|_| pair[1].starts_with("  ")).and_then(beside);
            if template.is_some_and(|template| !pair[1].starts_with(&format!("  {} ", sum(template)))) {
                wrong.push(format!("{path} is wrong about `{}`", pair[0]));
            }
        }
    }
    wrong
}

/// The places, such as `--> config/settings.yaml:3:7`, that no file has: none of these, and no built-in template or rule. Of a
/// file that is not there, only that can be said; places below `out` are those of files that would have been written.
pub fn wrong_places(files: &BTreeMap<String, (Vec<u8>, bool)>, stderr: &str) -> Vec<String> {
    let places = stderr.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("--> ").or_else(|| line.strip_prefix("::: ")).filter(|place| !place.starts_with("out/"))
    });
    let is_wrong = |place: &&str| {
        let mut parts = place.rsplitn(3, ':');
        let (column, line) = (parts.next().map(str::parse::<usize>), parts.next().map(str::parse::<usize>));
        let (Some(Ok(column)), Some(Ok(line)), Some(file)) = (column, line, parts.next()) else { return false };
        let built_in = || std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok();
        let Some(bytes) = files.get(file).map(|(bytes, _)| bytes.clone()).or_else(built_in) else {
            return (line, column) != (1, 1);
        };
        let text = String::from_utf8_lossy(&bytes);
        text.split('\n').nth(line - 1).is_none_or(|text| !(1..=text.chars().count() + 1).contains(&column))
    };
    places.filter(is_wrong).map(|place| format!("no file has the place {place}")).collect()
}

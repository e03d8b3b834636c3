//! What README, translations and book say is so: links lead somewhere, commands parse, examples are valid or real.
//! `BLESS=1 cargo test --test suite docs::` rewrites the lists of decisions.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and the pages")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use clap::error::ErrorKind;
use pulldown_cmark::{CodeBlockKind, Event, Options, Tag, TagEnd};
use racestack::cli;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const README: &str = "README.md";
const TRANSLATIONS: [&str; 2] = ["README.ja.md", "README.ko.md"];
/// What a newcomer reads in three minutes.
const README_LINES: usize = 200;

/// What a page holds.
#[derive(Default)]
struct Page {
    /// Where each link or picture leads.
    links: Vec<String>,
    /// The anchors of its headings, as GitHub makes them.
    anchors: BTreeSet<String>,
    /// The language of each code block, empty where none is said, and its text.
    blocks: Vec<(String, String)>,
    /// Code within a line.
    codes: Vec<String>,
}

#[test]
fn links_lead_to_files_and_headings() {
    let pages = pages();
    let mut dead = Vec::new();
    for (path, page) in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = Path::new(path).parent().unwrap();
            let target = if file.is_empty() { path.clone() } else { normal(&folder.join(file)) };
            let full = Path::new(ROOT).join(&target);
            if !full.exists() {
                dead.push(format!("{path}: `{link}` leads to no file"));
            } else if full.is_dir() && !full.join("README.md").exists() {
                dead.push(format!(
                    "{path}: `{link}` leads to a folder without a README.md, which the book has no page for"
                ));
            } else if !anchor.is_empty() && !pages.get(&target).is_some_and(|page| page.anchors.contains(anchor)) {
                dead.push(format!("{path}: `{link}` leads to no heading"));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn commands_are_those_that_racestack_make_and_cargo_have() {
    let makefile = std::fs::read_to_string(Path::new(ROOT).join("Makefile")).unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, page) in pages().iter().filter(|(path, _)| path.as_str() != "CHANGELOG.md") {
        for (command, complete) in commands(page) {
            seen += 1;
            let words = words(&command);
            let problem = match words.first().map(String::as_str) {
                Some("racestack") => refused(&words, complete),
                Some("make") => {
                    let targets = words[1..].iter().filter(|word| !word.contains('='));
                    let known = |target: &&String| makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
                    targets.clone().find(|target| !known(target)).map(|target| format!("no target `{target}`"))
                }
                _ => None,
            };
            wrong.extend(problem.map(|problem| format!("{path}: `{command}`: {problem}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 50, "only {seen} commands were found in the pages");
}

#[test]
fn a_wrong_command_a_dead_link_and_a_wrong_setting_are_noticed() {
    assert!(refused(&words("racestack synth --no-such-option"), true).is_some());
    assert!(refused(&words("racestack sinth"), true).is_some());
    assert!(refused(&words("racestack handout --account tokyo"), true).is_some());
    assert!(refused(&words("racestack handout --account tokyo"), false).is_none());
    assert!(refused(&words("racestack access --account NAME --user NAME --as SOMEBODY"), true).is_none());
    let page = read("# One `two`, three\n\n# One `two`, three\n\n[x](y.md#z)\n\n    racestack synth # and more\n");
    assert_eq!(page.links, ["y.md#z"]);
    assert_eq!(page.anchors, ["one-two-three", "one-two-three-1"].map(str::to_owned).into());
    assert_eq!(commands(&page), [("racestack synth".to_owned(), true)]);
    assert!(synth_with("settings.yaml", "notebooks: {volume_gb: 1}").is_err());
}

#[test]
fn settings_and_rosters_in_the_pages_are_valid() {
    let mut examples = Vec::new();
    for (path, page) in pages() {
        for (language, text) in &page.blocks {
            let named = text.lines().next().and_then(|line| line.strip_prefix("# config/"));
            match (named, language.as_str()) {
                (Some(file), "yaml" | "") => examples.push((path.clone(), file.to_owned(), text.clone())),
                (None, "yaml") if !TRANSLATIONS.contains(&path.as_str()) => {
                    serde_yaml::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{path}: {error}"));
                }
                (None, "csv") => examples.push((path.clone(), "accounts/tokyo/roster.csv".to_owned(), text.clone())),
                (None, "") if is_settings(text) => {
                    let settings = text.split("\n\n").next().unwrap();
                    examples.push((path.clone(), "settings.yaml".to_owned(), settings.to_owned()));
                }
                _ => {}
            }
        }
    }
    assert!(examples.len() > 7, "only {} examples were found in the pages", examples.len());
    let wrong: Vec<String> = examples
        .iter()
        .filter_map(|(path, file, text)| Some(format!("{path}: {file}:\n{}", synth_with(file, text).err()?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_shows_what_this_repository_holds() {
    let page = &pages()[README];
    let shown = |language: &str, file: &str| {
        let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
        let (_, block) = page.blocks.iter().find(|(of, _)| of == language).unwrap();
        for line in block.lines() {
            assert!(text.lines().any(|there| there == line), "{file} has no line `{line}`");
        }
        text.contains(block)
    };
    shown("csv", "config/accounts/tokyo/roster.csv");
    assert!(shown("yaml", "out/tokyo/users-001.yaml"), "the lines of out/tokyo/users-001.yaml are not together");
    let lines = std::fs::read_to_string(Path::new(ROOT).join(README)).unwrap().lines().count();
    assert!(lines <= README_LINES, "the README has {lines} lines");
}

#[test]
fn translations_have_the_same_code_and_lead_to_the_same_pages() {
    let pages = pages();
    let names: BTreeSet<&str> = TRANSLATIONS.into_iter().chain([README]).collect();
    let links = |page: &Page| -> Vec<String> {
        let mut links: Vec<String> = page.links.iter().filter(|link| !names.contains(link.as_str())).cloned().collect();
        links.sort();
        links
    };
    let codes =
        |page: &Page| -> BTreeSet<String> { page.codes.iter().filter(|code| code.is_ascii()).cloned().collect() };
    let original = &pages[README];
    for name in TRANSLATIONS {
        let page = &pages[name];
        assert_eq!(page.blocks, original.blocks, "{name}: code blocks");
        assert_eq!(links(page), links(original), "{name}: links");
        let differ: Vec<String> = codes(page).symmetric_difference(&codes(original)).cloned().collect();
        assert!(differ.is_empty(), "{name}: code within lines that one of both lacks: {differ:?}");
    }
}

#[test]
fn the_book_has_every_page() {
    let summary = read(&std::fs::read_to_string(Path::new(ROOT).join("docs/SUMMARY.md")).unwrap());
    let listed: BTreeSet<String> = summary.links.iter().map(|link| normal(&Path::new("docs").join(link))).collect();
    let there: BTreeSet<String> = pages().into_keys().filter(|path| path != "docs/SUMMARY.md").collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty() || blessing(), "docs/SUMMARY.md lacks {missing:?}");
}

#[test]
fn every_decision_is_listed() {
    let mut index = String::new();
    let mut chapters = String::new();
    for path in markdown("docs/decisions") {
        let name = path.strip_prefix("docs/decisions/").unwrap();
        if name == README {
            continue;
        }
        let text = std::fs::read_to_string(Path::new(ROOT).join(&path)).unwrap();
        let title = text.lines().next().unwrap().strip_prefix("# ").unwrap();
        let (number, words) = title.split_once(". ").unwrap_or_else(|| panic!("{path}: the title has no number"));
        writeln!(index, "{number}. [{words}]({name})").unwrap();
        writeln!(chapters, "  - [{title}](decisions/{name})").unwrap();
    }
    holds("docs/decisions/README.md", &index, |line| line.contains("](0"));
    holds("docs/SUMMARY.md", &chapters, |line| line.contains("](decisions/0"));
}

/// Whether the lines of a page that `mine` chooses are `wanted`; writes them where texts are blessed.
#[track_caller]
fn holds(page: &str, wanted: &str, mine: impl Fn(&str) -> bool) {
    let path = Path::new(ROOT).join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let found: String = text.split_inclusive('\n').filter(|line| mine(line)).collect();
    if blessing() {
        std::fs::write(path, text.replacen(&found, wanted, 1)).unwrap();
        return;
    }
    assert_eq!(found, wanted, "{page}: BLESS=1 cargo test --test suite docs:: rewrites the list");
}

fn blessing() -> bool {
    std::env::var("BLESS").is_ok()
}

/// Every page for people, by its path in the repository.
fn pages() -> BTreeMap<String, Page> {
    let root =
        [README, "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "THIRD-PARTY.md"].into_iter().chain(TRANSLATIONS);
    let paths = root.map(str::to_owned).chain(markdown("docs")).chain(markdown("docs/decisions"));
    paths.map(|path| (path.clone(), read(&std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()))).collect()
}

/// The Markdown files of a folder, in order.
fn markdown(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut paths: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    paths.sort();
    paths
}

fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut heading: Option<String> = None;
    let mut block: Option<(String, String)> = None;
    for event in pulldown_cmark::Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap());
                let again = (0..).map(|count| if count == 0 { slug.clone() } else { format!("{slug}-{count}") });
                let anchor = again.into_iter().find(|anchor| !page.anchors.contains(anchor)).unwrap();
                page.anchors.insert(anchor);
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => page.blocks.push(block.take().unwrap()),
            Event::Code(code) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&code);
                }
                page.codes.push(code.into_string());
            }
            Event::Text(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                if let Some((_, block)) = &mut block {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    page
}

/// A heading's anchor: small letters, no punctuation, hyphens for spaces.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
    kept.map(|character| if character == ' ' { '-' } else { character }).collect()
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part.as_os_str().to_str().unwrap() {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name.to_owned()),
        }
    }
    parts.join("/")
}

/// The commands of racestack and make on a page: lines of code blocks, without comments, which are complete, and code within
/// lines.
fn commands(page: &Page) -> Vec<(String, bool)> {
    let shell = page.blocks.iter().filter(|(language, _)| ["", "sh"].contains(&language.as_str()));
    let text: String = shell.map(|(_, text)| text.replace("\\\n", " ")).collect();
    let lines =
        text.lines().flat_map(|line| line.split(" #").next().unwrap().split("&&")).map(|line| (line.trim(), true));
    let codes = page.codes.iter().map(|code| (code.trim(), false));
    let known = |command: &str| ["racestack ", "make "].iter().any(|start| command.starts_with(start));
    lines
        .chain(codes)
        .filter(|(command, _)| known(command))
        .map(|(command, whole)| (command.to_owned(), whole))
        .collect()
}

/// The words of a command, as a shell makes them of plain ones; `[NEW]`, which need not be there, is left out.
fn words(command: &str) -> Vec<String> {
    let plain = command.split(['>', '|']).next().unwrap();
    let plain = plain.replace("\"$(date +%F)\"", "2026-11-28");
    plain
        .split_whitespace()
        .filter(|word| !word.starts_with('['))
        .map(|word| word.trim_matches(['\'', '"']).to_owned())
        .collect()
}

/// Why racestack refuses the words. What a sentence names, such as `racestack access`, need not be `complete`; a value in
/// capitals stands for another.
fn refused(words: &[String], complete: bool) -> Option<String> {
    let error = cli::Args::try_parse_from(words).err()?;
    let placeholder =
        || words.iter().any(|word| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase()));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        ErrorKind::MissingRequiredArgument if !complete => None,
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if placeholder() => None,
        _ => Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}

/// Whether an indented block is of settings: its first line is one of their keys.
fn is_settings(text: &str) -> bool {
    let schema = racestack::config::company_schema().to_json().clone();
    let key = text.split(':').next().unwrap();
    text.contains(':') && schema["properties"].get(key).is_some()
}

/// Runs synth with a configuration of which one file is an example, and gives what it says of mistakes.
fn synth_with(file: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let account = config.join("accounts/tokyo");
    std::fs::create_dir_all(&account).unwrap();
    let company = if file == "settings.yaml" && text.contains("company:") { "" } else { "company: mycompany\n" };
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    files.insert("settings.yaml", String::new());
    let account_settings =
        "account_id: \"111122223333\"\nregion: ap-northeast-1\nbucket: {created: \"20240101000000\"}\n";
    files.insert("accounts/tokyo/settings.yaml", account_settings.to_owned());
    files.insert("accounts/tokyo/roster.csv", "name\ntaro\n".to_owned());
    files.insert(file, text.to_owned());
    files.entry("settings.yaml").and_modify(|settings| *settings = format!("{settings}\n{company}"));
    for (path, text) in files {
        std::fs::write(config.join(path), text).unwrap();
    }
    let run = Command::new(env!("CARGO_BIN_EXE_racestack")).arg("synth").current_dir(folder.path()).output().unwrap();
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).into_owned()) }
}

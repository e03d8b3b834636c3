//! The cases of `tests/cases`: whole runs of the command line. `README.md` there says how they are written.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folder of the cases.
pub const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// Runs of racestack, one after the other in one folder, and what is expected of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Case {
    /// What findings and tests call it.
    pub name: String,
    /// What it is about, where its name does not say all.
    note: String,
    /// The files that stand in the folder before, as the case tells them.
    files: Vec<Given>,
    /// The runs.
    pub runs: Vec<Run>,
    /// What the runs wrote (`PATH`, with a `*` behind a program) or removed (`- PATH`), one a line.
    pub written: String,
    /// What files that the runs wrote hold.
    pub wrote: Vec<Wrote>,
    /// The folder of `tests/cases` that holds all that was written, byte for byte.
    pub golden: Option<String>,
}

/// A file that stands in the folder before, or that does not.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    /// The case tells the content.
    File { path: String, text: String, escaped: bool },
    /// It is a file below `tests/cases`.
    From { path: String, source: String },
    /// A link to another.
    Link { path: String, to: String },
    /// The file of `base`, the case's own files are laid over, is missing.
    Without { path: String },
}

/// One run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Run {
    pub args: String,
    pub code: String,
    pub stdout: String,
    pub stderr: String,
}

/// A file that was written, or a part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    pub path: String,
    /// A resource's logical ID or a section's name; the whole file where there is none.
    pub part: Option<String>,
    pub text: String,
}

/// All files of cases, by their path, each with its cases.
#[track_caller]
pub fn all() -> Vec<(PathBuf, Vec<Case>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    let parsed = |path: PathBuf| {
        let cases =
            parse(&std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path, cases)
    };
    paths.into_iter().map(parsed).collect()
}

impl Case {
    /// Lays the files down that stand in the folder before the runs.
    #[track_caller]
    pub fn lay_down(&self, folder: &Path) {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        if !self.files.iter().any(|given| matches!(given, Given::Without { path } if path == "base")) {
            let base = Path::new(CASES).join("base");
            files.extend(files_below(&base));
        }
        for given in &self.files {
            match given {
                Given::File { path, text, escaped: false } => {
                    drop(files.insert(path.clone(), text.clone().into_bytes()));
                }
                Given::File { path, text, escaped: true } => drop(files.insert(path.clone(), unescape(text).unwrap())),
                Given::From { path, source } => {
                    let bytes = std::fs::read(Path::new(CASES).join(source));
                    files.insert(path.clone(), bytes.unwrap_or_else(|e| panic!("{}: {source}: {e}", self.name)));
                }
                Given::Without { path } if path != "base" => {
                    assert!(files.remove(path).is_some(), "{}: {path} is not in base", self.name);
                }
                Given::Link { .. } | Given::Without { .. } => {}
            }
        }
        for (path, bytes) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        for given in &self.files {
            if let Given::Link { path, to } = given {
                link(to, &folder.join(path));
            }
        }
    }

    /// The paths of the files below `tests/cases` that the case reads.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|given| match given {
            Given::From { source, .. } => Some(source.as_str()),
            _ => None,
        })
    }

    /// What all runs print on one of the two ways out.
    pub fn printed(&self, of: fn(&Run) -> &str) -> String {
        self.runs.iter().map(of).collect()
    }
}

/// The cases of a file's text.
///
/// # Errors
/// Says which line is not understood.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let mut body = String::new();
        while let Some((_, next)) = lines.next_if(|(_, next)| !next.starts_with("==== ") && !next.starts_with("---- "))
        {
            body += next;
        }
        let line = line.strip_suffix('\n').ok_or("the last line does not end")?;
        if let Some(name) = line.strip_prefix("==== ") {
            cases.push(Case { name: name.to_owned(), note: body, ..Case::default() });
            continue;
        }
        let problem = || format!("line {}: `{line}`", number + 1);
        let case = cases.last_mut().ok_or_else(problem)?;
        let (kind, rest) = line.strip_prefix("---- ").ok_or_else(problem)?.split_once(' ').unwrap_or((&line[5..], ""));
        let (rest, how) = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
            Some((rest, how)) => (rest.to_owned(), how),
            None => (rest.to_owned(), ""),
        };
        let read = |body: String| {
            if how == "escaped" { unescape(&body).map(|b| String::from_utf8(b).unwrap()) } else { Ok(body) }
        };
        match (kind, how.split_once(' ').unwrap_or((how, ""))) {
            ("file", ("from", source)) => case.files.push(Given::From { path: rest, source: source.to_owned() }),
            ("file", ("link", "")) => case.files.push(Given::Link { path: rest, to: body.trim_end().to_owned() }),
            ("file", ("" | "escaped", "")) => {
                case.files.push(Given::File { path: rest, text: body, escaped: !how.is_empty() });
            }
            ("without", ("", "")) => case.files.push(Given::Without { path: rest }),
            ("run", ("", "")) => case.runs.push(Run { args: rest, code: "0".to_owned(), ..Run::default() }),
            ("exit", ("", "")) => case.runs.last_mut().ok_or_else(problem)?.code = rest,
            ("stdout", ("" | "escaped", "")) => case.runs.last_mut().ok_or_else(problem)?.stdout = read(body)?,
            ("stderr", ("" | "escaped", "")) => case.runs.last_mut().ok_or_else(problem)?.stderr = read(body)?,
            ("written", ("", "")) => case.written = body,
            ("golden", ("", "")) => case.golden = Some(rest),
            ("wrote", ("" | "escaped", "")) => {
                let (path, part) =
                    rest.split_once(": ").map_or((rest.as_str(), None), |(path, part)| (path, Some(part)));
                case.wrote.push(Wrote { path: path.to_owned(), part: part.map(str::to_owned), text: read(body)? });
            }
            _ => return Err(problem()),
        }
    }
    Ok(cases)
}

/// The text of a file with these cases: what `parse` reads.
pub fn print(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        write!(text, "==== {}\n{}", case.name, case.note).unwrap();
        for given in &case.files {
            match given {
                Given::File { path, text: body, escaped: true } => {
                    write!(text, "---- file {path} (escaped)\n{body}").unwrap();
                }
                Given::File { path, text: body, escaped: false } => write!(text, "---- file {path}\n{body}").unwrap(),
                Given::From { path, source } => writeln!(text, "---- file {path} (from {source})").unwrap(),
                Given::Link { path, to } => writeln!(text, "---- file {path} (link)\n{to}").unwrap(),
                Given::Without { path } => writeln!(text, "---- without {path}").unwrap(),
            }
        }
        for run in &case.runs {
            writeln!(text, "---- run {}", run.args).unwrap();
            if run.code != "0" {
                writeln!(text, "---- exit {}", run.code).unwrap();
            }
            for (kind, body) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
                if !body.is_empty() {
                    text += &section(kind, body);
                }
            }
        }
        if !case.written.is_empty() {
            text += &section("written", &case.written);
        }
        for wrote in &case.wrote {
            let part = wrote.part.as_ref().map(|part| format!(": {part}")).unwrap_or_default();
            text += &section(&format!("wrote {}{part}", wrote.path), &wrote.text);
        }
        if let Some(golden) = &case.golden {
            writeln!(text, "---- golden {golden}").unwrap();
        }
    }
    text
}

/// A section with its body, escaped where it could not be told from what follows or would not be seen.
fn section(title: &str, body: &str) -> String {
    let plain = (body.is_empty() || body.ends_with('\n'))
        && !body.lines().any(|line| line.starts_with("---- ") || line.starts_with("==== "))
        && !body.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if plain { format!("---- {title}\n{body}") } else { format!("---- {title} (escaped)\n{}", escape(body)) }
}

/// A text in Rust's escapes, a line of it a line; a last line that does not end is one that ends in no `\n`.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for line in text.split_inclusive('\n') {
        for c in line.chars() {
            match c {
                '\t' | ' '..='\u{7e}' if c != '\\' && c != '-' && c != '=' => escaped.push(c),
                c if c.is_alphanumeric() && !c.is_ascii() => escaped.push(c),
                '-' | '=' if !escaped.is_empty() && !escaped.ends_with('\n') => escaped.push(c),
                '-' => escaped += "\\x2d",
                '=' => escaped += "\\x3d",
                c => escaped.extend(c.escape_default()),
            }
        }
        escaped.push('\n');
    }
    escaped
}

/// The bytes that a body in Rust's escapes stands for: its own line ends are none.
fn unescape(body: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        let mut put = |c: char| bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        if c != '\\' {
            if c != '\n' {
                put(c);
            }
            continue;
        }
        match chars.next() {
            Some('n') => put('\n'),
            Some('r') => put('\r'),
            Some('t') => put('\t'),
            Some(c @ ('\\' | '\'' | '"')) => put(c),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).map_err(|e| format!("\\x{digits}: {e}"))?);
            }
            Some('u') => {
                let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&digits, 16).map_err(|e| format!("\\u{digits}: {e}"))?;
                put(char::from_u32(code).ok_or_else(|| format!("no character has the code {digits}"))?);
            }
            other => return Err(format!("no escape: \\{other:?}")),
        }
    }
    Ok(bytes)
}

/// The files below a folder, by their path in it.
#[track_caller]
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(next) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| !path.is_symlink()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[cfg(unix)]
fn link(target: &str, link: &Path) {
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, link).unwrap();
}

#[cfg(not(unix))]
fn link(_: &str, link: &Path) {
    panic!("{}: links are tested on Unix alone", link.display());
}

//! What a git revision holds, by the `git` command: the one program that racestack runs.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// What is said of a run of git that went wrong: `said`, or that there is no git.
fn failed(said: impl Fn(&io::Error) -> String) -> impl Fn(io::Error) -> String {
    move |error| match error.kind() {
        ErrorKind::Other => said(&error),
        _ => format!("cannot run `git`, which `--git` needs: {error}"),
    }
}

#[derive(Debug)]
pub struct RevisionFiles {
    /// The regular files, by their path in the folder, with `/`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The paths of links and of other repositories, of which the revision does not have what is behind them.
    pub links: Vec<String>,
}

/// What is below a folder in a revision; nothing where the revision has no such folder. The folder need not be there now, but the
/// one that it is in must.
///
/// # Errors
/// When git cannot be run, or does not know the repository or the revision.
pub fn read_revision(revision: &str, folder: &Path) -> Result<RevisionFiles, String> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    // Without a name, as of `.` or `..`, the folder itself is where to look.
    let (place, prefix, path) = match &name {
        Some(name) => (parent, format!("{name}/"), name.as_str()),
        None => (folder, String::new(), "."),
    };
    let other = failed(|error| format!("git failed: {error}"));
    let no_repository = failed(|error| {
        let place = place.display();
        // Git names the command whatever language it speaks.
        match error.to_string().lines().map(str::trim).find(|line| line.contains("safe.directory")) {
            Some(trust) => format!(
                "git does not read `{place}`, which belongs to another user; if you trust what is in it, run `{trust}`"
            ),
            None => {
                format!("`{place}` is in no git repository; run `git init -b main` there, and commit what is in it")
            }
        }
    });
    run(place, &["rev-parse", "--git-dir"]).map_err(no_repository)?;
    if revision.contains("..") {
        return Err(format!("`{revision}` is a range; name the older revision alone, with the newer one checked out"));
    }
    let wanted = format!("{revision}^{{commit}}");
    let unknown = failed(|_| unknown_revision(place, revision));
    let commit = run(place, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).map_err(unknown)?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    // Taken as it stands: no character of the folder's name is a pattern.
    let listing = run(place, &["--literal-pathspecs", "ls-tree", "-r", "-z", &commit, "--", path]).map_err(&other)?;
    let (mut blobs, mut links) = (Vec::new(), Vec::new());
    for entry in listing.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let entry = String::from_utf8_lossy(entry);
        let Some((about, path)) = entry.split_once('\t') else { continue };
        let mut about = about.split(' ');
        let (mode, id) = (about.next().unwrap_or_default(), about.nth(1).unwrap_or_default());
        match path.strip_prefix(prefix.as_str()) {
            Some(path) if mode.starts_with("100") => blobs.push((path.to_owned(), id.to_owned())),
            Some(path) => links.push(path.to_owned()),
            None => return Err(format!("`{}` is no folder in the revision `{revision}`", folder.display())),
        }
    }
    Ok(RevisionFiles { files: contents(place, blobs).map_err(other)?, links })
}

/// Whether a folder's working copy holds anything else than a revision does: `false` where git cannot say it.
pub fn differs(revision: &str, folder: &Path) -> bool {
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return false };
    let place = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let changed = ["--literal-pathspecs", "diff", "--name-only", "--end-of-options", revision, "--", name];
    let new = ["--literal-pathspecs", "ls-files", "--others", "--exclude-standard", "--", name];
    let lists_any = |arguments: &[&str]| run(place, arguments).is_ok_and(|listed| !listed.is_empty());
    lists_any(&changed) || lists_any(&new)
}

/// Whether a revision has commits that the working copy's does not have: `false` where git cannot say it, as where it does not have
/// all of the history.
pub fn has_moved_on(revision: &str, folder: &Path) -> bool {
    let place = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let wanted = format!("{revision}^{{commit}}");
    let tip = run(place, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
    let base = run(place, &["merge-base", "--end-of-options", revision, "HEAD"]);
    matches!((tip, base), (Ok(tip), Ok(base)) if tip != base)
}

/// What is said of a revision that git does not know: which there are.
fn unknown_revision(place: &Path, revision: &str) -> String {
    const MOST: usize = 5;
    let lines = |arguments: &[&str]| -> Vec<String> {
        let text = run(place, arguments).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().map(|line| format!("`{line}`")).collect()
    };
    let said = format!("git knows no revision `{revision}`");
    if lines(&["rev-list", "--all", "--max-count=1"]).is_empty() {
        return format!("{said}: nothing is committed yet; run `git add . && git commit -m first`");
    }
    let mut branches = lines(&["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes"]);
    // What a remote's HEAD leads to is listed, too.
    branches.retain(|branch| !branch.ends_with("/HEAD`"));
    let more = if branches.len() > MOST { format!(" and {} more", branches.len() - MOST) } else { String::new() };
    branches.truncate(MOST);
    match branches.as_slice() {
        [] => format!("{said}; run `git fetch`, or name a commit of `git log`"),
        [branch] => format!("{said}; the only branch is {branch}: name that, or a commit of `git log`"),
        _ => format!("{said}; the branches are {}{more}: name one, or a commit of `git log`", branches.join(", ")),
    }
}

/// What a folder's working copy is of: the revision, and whether anything was changed since. `None` outside of git.
pub fn revision(folder: &Path) -> Option<String> {
    let described =
        run(folder, &["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty= and changes"]).ok()?;
    Some(String::from_utf8_lossy(&described).trim().to_owned()).filter(|revision| !revision.is_empty())
}

fn command(place: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(place).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What git prints; where it refuses, an error of `ErrorKind::Other` with its words.
fn run(place: &Path, arguments: &[&str]) -> io::Result<Vec<u8>> {
    let output = command(place).args(arguments).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// The contents of these blobs, by path: in one run of git.
fn contents(place: &Path, blobs: Vec<(String, String)>) -> io::Result<BTreeMap<String, Vec<u8>>> {
    if blobs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let failed = io::Error::other::<io::Error>;
    let broken = || io::Error::other("it ended early");
    let mut child = command(place).args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(broken()) };
    let ids: String = blobs.iter().flat_map(|(_, id)| [id.as_str(), "\n"]).collect();
    let mut output = BufReader::new(output);
    let files = std::thread::scope(|scope| {
        // While git writes, it reads no more: asking and listening take turns of their own.
        scope.spawn(move || input.write_all(ids.as_bytes()));
        let mut files = BTreeMap::new();
        for (path, _) in blobs {
            let mut header = String::new();
            output.read_line(&mut header).map_err(failed)?;
            let size: usize =
                header.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok()).ok_or_else(broken)?;
            // Behind each blob stands a line feed.
            let mut bytes = vec![0; size + 1];
            output.read_exact(&mut bytes).map_err(failed)?;
            bytes.truncate(size);
            files.insert(path, bytes);
        }
        Ok(files)
    });
    child.wait().map_err(failed)?;
    files
}

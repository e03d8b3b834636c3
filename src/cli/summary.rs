//! The table at the end of a run: what each account came to.

use crate::output::Manifest;

/// What the table says of an account, in the columns of `HEADER`.
pub(super) type Row = [String; 7];

const HEADER: [&str; 7] = ["account", "users", "change", "stacks", "resources", "largest template", "out"];
/// The column that is left out where nobody has come or gone.
const CHANGE: usize = 2;

/// The row of an account, of whose people `change` have come and gone; `done` says in a word what becomes of its out folder.
pub(super) fn row(manifest: &Manifest, users: usize, change: (usize, usize), done: &str) -> Row {
    let stacks = &manifest.stacks;
    let largest = stacks.iter().max_by_key(|stack| (stack.bytes.used, std::cmp::Reverse(&stack.file)));
    let largest = largest.map_or_else(String::new, |stack| {
        let percent = stack.bytes.used * 100 / stack.bytes.limit.max(1);
        format!("{}: {} of {} bytes, {percent} %", stack.file, stack.bytes.used, stack.bytes.limit)
    });
    let change = match change {
        (0, 0) => String::new(),
        (joined, left) => format!("+{joined} \u{2212}{left}"),
    };
    let resources: usize = stacks.iter().map(|stack| stack.resources.used).sum();
    let (account, count) = (manifest.account.clone(), stacks.len().to_string());
    [account, users.to_string(), change, count, resources.to_string(), largest, done.to_owned()]
}

pub(super) fn table(rows: Vec<Row>) -> String {
    let mut lines = vec![HEADER.map(str::to_owned).to_vec()];
    lines.extend(rows.into_iter().map(Vec::from));
    if lines.iter().skip(1).all(|line| line[CHANGE].is_empty()) {
        for line in &mut lines {
            line.remove(CHANGE);
        }
    }
    aligned(&lines)
}

/// Lines of cells in columns: those of numbers, below a heading, are aligned to the right, those of words to the left.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let is_number = |cell: &String| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if lines.iter().skip(1).all(|line| is_number(&line[column])) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:width$}")
            }
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

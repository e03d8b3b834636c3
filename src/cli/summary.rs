//! The table at the end of a run: what each account came to.

use crate::output::Manifest;

/// What the table says of an account.
pub(super) struct Row([String; 7]);

impl Row {
    /// The row of an account, of whose people `change` have come and gone; `done` says in a word what becomes of its out
    /// folder.
    pub(super) fn new(manifest: &Manifest, users: usize, change: (usize, usize), done: &str) -> Self {
        let stacks = &manifest.stacks;
        let largest = stacks.iter().max_by_key(|stack| (stack.bytes.used, std::cmp::Reverse(&stack.file)));
        let largest = largest.map_or_else(String::new, |stack| {
            let percent = stack.bytes.used * 100 / stack.bytes.limit.max(1);
            format!("{}: {} of {} bytes, {percent} %", stack.file, stack.bytes.used, stack.bytes.limit)
        });
        Self([
            manifest.account.clone(),
            users.to_string(),
            match change {
                (0, 0) => String::new(),
                (joined, left) => format!("+{joined} \u{2212}{left}"),
            },
            stacks.len().to_string(),
            stacks.iter().map(|stack| stack.resources.used).sum::<usize>().to_string(),
            largest,
            done.to_owned(),
        ])
    }
}

const HEADER: [&str; 7] = ["account", "users", "change", "stacks", "resources", "largest template", "out"];
/// The column that is left out where nobody has come or gone.
const CHANGE: usize = 2;
/// The columns of numbers.
const NUMBERS: [usize; 3] = [1, 3, 4];

/// The table, a line an account. Numbers are aligned to the right, words to the left.
pub(super) fn table(rows: Vec<Row>) -> String {
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(rows.into_iter().map(|row| row.0));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let has_changes = lines.iter().skip(1).any(|line| !line[CHANGE].is_empty());
    let columns: Vec<(usize, usize)> = (0..HEADER.len())
        .filter(|column| *column != CHANGE || has_changes)
        .map(|column| (column, width(column)))
        .collect();
    let mut table = String::new();
    for line in &lines {
        let cells: Vec<String> = columns
            .iter()
            .map(|&(column, width)| match &line[column] {
                number if NUMBERS.contains(&column) => format!("{number:>width$}"),
                last if column == HEADER.len() - 1 => last.clone(),
                word => format!("{word:width$}"),
            })
            .collect();
        table.push_str(&cells.join("  "));
        table.push('\n');
    }
    table
}

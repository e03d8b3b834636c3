//! The table at the end of a run: what each account came to.

use std::fmt::Write;

use crate::output::Manifest;

/// What the table says of an account.
pub(super) struct Row([String; 6]);

impl Row {
    /// The row of an account; `done` says in a word what becomes of its out folder.
    pub(super) fn new(manifest: &Manifest, users: usize, done: &str) -> Self {
        let stacks = &manifest.stacks;
        let largest = stacks.iter().max_by_key(|stack| (stack.bytes.used, std::cmp::Reverse(&stack.file)));
        let largest = largest.map_or_else(String::new, |stack| {
            let percent = stack.bytes.used * 100 / stack.bytes.limit.max(1);
            format!("{}: {} of {} bytes, {percent} %", stack.file, stack.bytes.used, stack.bytes.limit)
        });
        Self([
            manifest.account.clone(),
            users.to_string(),
            stacks.len().to_string(),
            stacks.iter().map(|stack| stack.resources.used).sum::<usize>().to_string(),
            largest,
            done.to_owned(),
        ])
    }
}

const HEADER: [&str; 6] = ["account", "users", "stacks", "resources", "largest template", "out"];

/// The table, a line an account. Numbers are aligned to the right, words to the left.
pub(super) fn table(rows: Vec<Row>) -> String {
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(rows.into_iter().map(|row| row.0));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4, 5].map(width);
    let mut table = String::new();
    for line in &lines {
        let [account, users, stacks, resources, largest, done] = line;
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{account:a$}  {users:>b$}  {stacks:>c$}  {resources:>d$}  {largest:e$}  {done}",
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3],
            e = widths[4],
        );
    }
    table
}

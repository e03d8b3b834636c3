//! The table at the end of a run: what each account came to.

use std::fmt::Write;

use crate::output::Manifest;

/// What the table says of an account.
pub(super) struct Row<'a> {
    pub manifest: &'a Manifest,
    pub users: usize,
    /// What became of its out folder, in a word.
    pub done: &'static str,
}

const HEADER: [&str; 6] = ["account", "users", "stacks", "resources", "largest template", "out"];

/// The table, a line an account. Numbers are aligned to the right, words to the left.
pub(super) fn table(rows: &[Row<'_>]) -> String {
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
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

fn cells(row: &Row<'_>) -> [String; 6] {
    let stacks = &row.manifest.stacks;
    let largest = stacks.iter().max_by_key(|stack| (stack.bytes.used, std::cmp::Reverse(&stack.file)));
    let largest = largest.map_or_else(String::new, |stack| {
        let percent = stack.bytes.used * 100 / stack.bytes.limit.max(1);
        format!("{}: {} of {} bytes, {percent} %", stack.file, stack.bytes.used, stack.bytes.limit)
    });
    [
        row.manifest.account.clone(),
        row.users.to_string(),
        stacks.len().to_string(),
        stacks.iter().map(|stack| stack.resources.used).sum::<usize>().to_string(),
        largest,
        row.done.to_owned(),
    ]
}

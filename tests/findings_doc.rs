//! `docs/findings.md` lists the rules that there are. `BLESS=1 cargo test --test suite findings_doc::` rewrites its table.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and the page")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use racestack::finding::{RULES, RuleInfo};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
const HEAD: &str = "| rule | severity | reports |\n|---|---|---|\n";

#[test]
fn the_page_lists_every_rule_in_order_and_nothing_more() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, table, after) = parts(&page);
    if std::env::var("BLESS").is_ok() {
        std::fs::write(PAGE, [before, HEAD, &rows(), after].concat()).unwrap();
        return;
    }
    assert_eq!(table, rows(), "BLESS=1 cargo test --test suite findings_doc:: rewrites the table");
}

#[test]
fn a_summary_stays_in_its_cell() {
    for info in RULES {
        assert!(!info.summary.contains(['|', '\n']), "{}", info.id);
    }
}

/// The page before the table, the table's rows, and the page after it.
fn parts(page: &str) -> (&str, &str, &str) {
    let (before, rest) = page.split_once(HEAD).unwrap_or_else(|| panic!("no table with the head\n{HEAD}"));
    assert!(!rest.contains(HEAD), "the table stands twice");
    let rows = rest.split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    (before, &rest[..rows], &rest[rows..])
}

fn rows() -> String {
    let row = |info: &RuleInfo| format!("| `{}` | {} | {} |\n", info.id, info.severity.as_str(), info.summary);
    RULES.iter().map(row).collect::<Vec<_>>().concat()
}

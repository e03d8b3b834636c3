//! Kills a run of this thread after a given number of changes of the disk, as SIGKILL would: nothing more is done, not
//! even what an error would lead to.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static UNSUPPORTED: Cell<bool> = const { Cell::new(false) };
}

struct Killed;

/// Runs `run`, and kills it after `changes` changes of the disk. `None` when it was killed.
pub fn after<T>(changes: usize, run: impl FnOnce() -> T) -> Option<T> {
    LEFT.set(Some(changes));
    let result = catch_unwind(AssertUnwindSafe(run));
    LEFT.set(None);
    match result {
        Ok(value) => Some(value),
        Err(reason) if reason.is::<Killed>() => None,
        Err(reason) => resume_unwind(reason),
    }
}

pub(super) fn reached() {
    match LEFT.get() {
        None => {}
        Some(0) => {
            LEFT.set(None);
            resume_unwind(Box::new(Killed))
        }
        Some(left) => LEFT.set(Some(left - 1)),
    }
}

/// Runs `run` as on a file system that cannot exchange two folders in one step.
pub fn without_rename_flags<T>(run: impl FnOnce() -> T) -> T {
    UNSUPPORTED.set(true);
    let value = run();
    UNSUPPORTED.set(false);
    value
}

pub(super) fn rename_flags_are_unsupported() -> bool {
    UNSUPPORTED.get()
}

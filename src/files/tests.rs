use super::*;

type Folder = tempfile::TempDir;

fn folder() -> Folder {
    tempfile::tempdir().unwrap()
}

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn text(path: &Path) -> String {
    String::from_utf8(read(path).unwrap().unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    list(folder).unwrap().unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_file_is_written_atomically_whenever_the_run_is_killed() {
    let folder = folder();
    let path = folder.path().join("stacks.lock");
    put(&path, "old");
    for changes in 0.. {
        let done = kill::after(changes, || write_file_atomically(&path, b"new", false).unwrap()).is_some();
        assert!(["old", "new"].contains(&text(&path).as_str()), "{changes}");
        // The next run leaves no debris, whatever the killed one left.
        write_file_atomically(&path, b"next", false).unwrap();
        assert_eq!((text(&path).as_str(), names(folder.path())), ("next", vec!["stacks.lock".to_owned()]), "{changes}");
        put(&path, "old");
        if done {
            assert!(changes >= 4, "opened, written, renamed: {changes}");
            break;
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_atomically_is_as_it_was() {
    let folder = folder();
    let path = folder.path().join("stacks.lock");
    create_folder(&path).unwrap();
    let error = write_file_atomically(&path, b"new", false).unwrap_err();
    assert_eq!((error.action, error.path), ("replace", path));
    assert_eq!(names(folder.path()), ["stacks.lock"]);
}

#[cfg(unix)]
#[test]
fn an_atomic_write_replaces_a_link_and_follows_none() {
    let folder = folder();
    let [path, target] = ["stacks.lock", "elsewhere"].map(|name| folder.path().join(name));
    put(&target, "theirs");
    for link in [&path, &beside(&path, "")] {
        std::os::unix::fs::symlink(&target, link).unwrap();
    }
    write_file_atomically(&path, b"new", false).unwrap();
    assert_eq!((text(&path).as_str(), text(&target).as_str()), ("new", "theirs"));
    assert_eq!(names(folder.path()), ["elsewhere", "stacks.lock"]);
}

#[test]
fn nothing_moves_onto_what_is_there() {
    let folder = folder();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    let both = |text_b: &str, moved: bool| {
        put(&a, "a");
        assert_eq!(move_if_free(&a, &b).unwrap(), moved);
        assert_eq!(text(&b), text_b);
        assert_eq!(kind(&a).unwrap().is_none(), moved);
    };
    put(&b, "b");
    both("b", false);
    kill::without_rename_flags(|| both("b", false));
    remove_file(&b).unwrap();
    both("a", true);
    remove_file(&b).unwrap();
    kill::without_rename_flags(|| both("a", true));
}

const SOON: std::time::Duration = std::time::Duration::from_millis(60);

#[test]
fn a_folder_is_locked_by_one_run_at_a_time() {
    let folder = folder();
    let first = lock(folder.path(), SOON, &|_| {}).unwrap();
    let error = lock(folder.path(), SOON, &|_| {}).unwrap_err();
    let shown = error.to_string();
    assert!(shown.starts_with("cannot lock `") && shown.contains("another racestack has been writing"), "{shown}");
    assert_eq!(lock_shared(folder.path(), SOON, &|_| {}).unwrap_err().to_string(), shown);
    drop(first);
    assert_eq!(names(folder.path()), [""; 0]);
    drop(lock(folder.path(), SOON, &|_| {}).unwrap());
}

#[test]
fn whoever_waits_hears_why_after_a_second() {
    let folder = folder();
    let first = lock(folder.path(), SOON, &|_| {}).unwrap();
    let heard = std::cell::RefCell::new(Vec::new());
    let limit = std::time::Duration::from_millis(1200);
    lock(folder.path(), limit, &|message| heard.borrow_mut().push(message.to_owned())).unwrap_err();
    let expected = format!("waiting for another racestack that writes to `{}`", folder.path().display());
    assert_eq!(heard.into_inner(), [expected]);
    drop(first);
}

#[test]
fn a_folder_that_was_made_for_the_lock_goes_with_it_unless_something_stands_there() {
    let folder = folder();
    let out = folder.path().join("out");
    drop(lock(&out, SOON, &|_| {}).unwrap());
    assert_eq!(names(folder.path()), [""; 0]);
    let lock = lock(&out, SOON, &|_| {}).unwrap();
    put(&out.join("written"), "");
    drop(lock);
    assert_eq!(names(&out), ["written"]);
}

#[test]
fn many_runs_that_remove_the_lock_file_are_still_one_at_a_time() {
    let folder = folder();
    let out = folder.path().join("out");
    let inside = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let limit = std::time::Duration::from_secs(60);
                    let _lock = lock(&out, limit, &|_| {}).unwrap();
                    assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                    std::thread::yield_now();
                    inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
    // Whoever made the folder could not remove it if the next run was in it already.
    assert_eq!(list(&out).unwrap().unwrap_or_default(), []);
}

#[test]
fn a_lock_that_writes_nothing_is_none_without_a_lock_file() {
    let folder = folder();
    assert!(lock_shared(folder.path(), SOON, &|_| {}).unwrap().is_none());
    assert!(lock_shared(&folder.path().join("out"), SOON, &|_| {}).unwrap().is_none());
    assert_eq!(names(folder.path()), [""; 0]);
    // As a killed run leaves it.
    put(&folder.path().join(".racestack.lock"), "");
    let one = lock_shared(folder.path(), SOON, &|_| {}).unwrap();
    let two = lock_shared(folder.path(), SOON, &|_| {}).unwrap();
    assert!(one.is_some() && two.is_some());
    lock(folder.path(), SOON, &|_| {}).unwrap_err();
    drop((one, two));
    lock(folder.path(), SOON, &|_| {}).unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_lock_file_makes_no_file_elsewhere() {
    let folder = folder();
    let elsewhere = folder.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, folder.path().join(".racestack.lock")).unwrap();
    let error = lock(folder.path(), SOON, &|_| {}).unwrap_err();
    assert!(error.to_string().contains(".racestack.lock"), "{error}");
    assert_eq!(kind(&elsewhere).unwrap(), None);
}

#[test]
fn a_draft_that_a_killed_run_left_is_removed() {
    let folder = folder();
    let path = folder.path().join("stacks.lock");
    remove_draft(&path).unwrap();
    put(&beside(&path, ""), "ne");
    remove_draft(&path).unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn what_may_have_no_end_is_not_read() {
    let folder = folder();
    let link = folder.path().join("roster.csv");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    for path in [Path::new("/dev/zero"), &link] {
        let error = read(path).unwrap_err().to_string();
        assert!(error.ends_with("it is a pipe or a device, and no file; save it as one"), "{error}");
    }
    assert!(!leads_nowhere(&link));
    remove_file(&link).unwrap();
    std::os::unix::fs::symlink("elsewhere", &link).unwrap();
    assert!(leads_nowhere(&link) && read(&link).unwrap().is_none());
}

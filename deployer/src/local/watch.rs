//! Notices that sources have changed: files are looked at twice a second, which needs no more of the operating system than that and
//! works on every file system. Builds nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

/// Between two looks. Changes are over when a look finds what the last one found: editors and `git checkout` write many files.
const PAUSE: Duration = Duration::from_millis(500);

/// Files and folders that are looked at.
#[derive(Debug)]
pub struct Sources {
    paths: Vec<PathBuf>,
    seen: Seen,
}

type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

impl Sources {
    /// What functions and environment are made of, as it is now.
    #[must_use]
    pub fn of(root: &Path, environments: &Path, environment: &str) -> Self {
        let names = [
            "Cargo.toml",
            "Cargo.lock",
            "handlers/Cargo.toml",
            "handlers/src",
            "handlers/roots",
            "templates",
        ];
        let mut paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        paths.push(environments.join(format!("{environment}.toml")));
        let seen = look(&paths);
        Self { paths, seen }
    }

    /// Waits for a change, and returns one of the files that have changed.
    pub async fn changed(&mut self) -> PathBuf {
        loop {
            sleep(PAUSE).await;
            let mut now = look(&self.paths);
            let Some(first) = difference(&self.seen, &now) else { continue };
            loop {
                sleep(PAUSE).await;
                let later = look(&self.paths);
                if later == now {
                    break;
                }
                now = later;
            }
            self.seen = now;
            return first;
        }
    }
}

fn look(paths: &[PathBuf]) -> Seen {
    let mut seen = Seen::new();
    for path in paths {
        collect(path, &mut seen);
    }
    seen
}

/// What can't be read is not there: it is being replaced, and found by the next look.
fn collect(path: &Path, seen: &mut Seen) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.is_file() {
        seen.insert(path.to_owned(), (metadata.modified().ok(), metadata.len()));
    } else if let Ok(entries) = fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), seen);
        }
    }
}

fn difference(before: &Seen, now: &Seen) -> Option<PathBuf> {
    let changed = now.iter().find(|(path, file)| before.get(*path) != Some(file));
    let gone = || before.keys().find(|path| !now.contains_key(*path));
    changed.map(|(path, _)| path).or_else(gone).cloned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_changed_made_and_deleted_is_noticed_once() {
        let root = tempfile::tempdir().unwrap();
        let templates = root.path().join("templates/email");
        fs::create_dir_all(&templates).unwrap();
        let file = templates.join("body.html");
        fs::write(&file, "one").unwrap();
        let mut sources = Sources::of(root.path(), root.path(), "local");
        fs::write(&file, "other").unwrap();
        assert_eq!(sources.changed().await, file);
        fs::remove_file(&file).unwrap();
        assert_eq!(sources.changed().await, file);
        let nothing = tokio::time::timeout(Duration::from_mins(1), sources.changed()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }
}

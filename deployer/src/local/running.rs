//! The one `cogapi local` of a project: a lock that ends with its process, however that ends, and what others are told of it.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use cogapi_engine::Failure;
use serde::{Deserialize, Serialize};

const LOCK: &str = "local.lock";
const TOLD: &str = "local.json";

/// What one `cogapi local` tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// Its process.
    pub pid: u32,
    /// Where it answers.
    pub url: String,
    /// Variables for who uses it, as soon as it is ready.
    pub variables: Option<BTreeMap<String, String>>,
}

/// The right to be the one that runs.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
    told: PathBuf,
}

/// Who runs: we may, or somebody else does.
#[derive(Debug)]
pub enum Running {
    /// Nobody did; now we do.
    Ours(Claim),
    /// Another one does. It has not said anything yet where there is nothing told.
    Theirs(Option<Runner>),
}

impl Running {
    /// Claims the project whose cache is `cache`, if nobody else has.
    pub fn claim(cache: &Path) -> Result<Self, Failure> {
        let lock = cache.join(LOCK);
        let failed = |error: &io::Error| {
            Failure::new("`cogapi local` could not be started", format!("{}: {error}", lock.display()))
        };
        fs::create_dir_all(cache).map_err(|error| failed(&error))?;
        let file = File::create(&lock).map_err(|error| failed(&error))?;
        let told = cache.join(TOLD);
        match file.try_lock() {
            Ok(()) => {
                // What a killed one told is true no more.
                let _ = fs::remove_file(&told);
                Ok(Self::Ours(Claim { _lock: file, told }))
            }
            Err(TryLockError::WouldBlock) => Ok(Self::Theirs(read(&told))),
            Err(TryLockError::Error(error)) => Err(failed(&error)),
        }
    }
}

impl Claim {
    /// Tells others of us. Replaced as a whole, so that nobody reads half of it.
    pub fn tell(&self, runner: &Runner) -> Result<(), Failure> {
        let new = self.told.with_extension("new");
        // Plain values always serialize.
        let text = serde_json::to_vec(runner).unwrap_or_default();
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.told)).map_err(|error| {
            Failure::new("`cogapi local` could not be started", format!("{}: {error}", self.told.display()))
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.told);
    }
}

fn read(told: &Path) -> Option<Runner> {
    serde_json::from_slice(&fs::read(told).ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_second_one_is_told_of_the_first_until_that_ends() {
        let cache = tempfile::tempdir().unwrap();
        let Running::Ours(claim) = Running::claim(cache.path()).unwrap() else { panic!("nobody else runs") };
        assert!(matches!(Running::claim(cache.path()).unwrap(), Running::Theirs(None)));
        let runner = Runner { pid: 7, url: "http://127.0.0.1:1".to_owned(), variables: None };
        claim.tell(&runner).unwrap();
        let Running::Theirs(told) = Running::claim(cache.path()).unwrap() else { panic!("the first runs") };
        assert_eq!(told, Some(runner));
        drop(claim);
        assert!(matches!(Running::claim(cache.path()).unwrap(), Running::Ours(_)));
    }
}

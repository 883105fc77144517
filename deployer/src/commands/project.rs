//! Where the project is: the folder with `environments/` and `handlers/`.

use std::path::{Path, PathBuf};

use cogapi_engine::Failure;

/// The project's folder: the working directory or the nearest one above it that has both folders.
pub(super) fn root() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new("the working directory can't be read", error.to_string()))?;
    above(&here).ok_or_else(|| {
        Failure::new(
            "this is not a cogapi project",
            format!("neither {} nor a folder above it has `environments/` and `handlers/`", here.display()),
        )
        .with_hint("change into the project's folder and run the same command again")
    })
}

fn above(here: &Path) -> Option<PathBuf> {
    let is_project =
        |folder: &&Path| folder.join("environments").is_dir() && folder.join("handlers").is_dir();
    here.ancestors().find(is_project).map(Path::to_owned)
}

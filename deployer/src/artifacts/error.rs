//! Why there are no artifacts, and what to install or change.

use std::path::{Path, PathBuf};

use cogapi_engine::Failure;

use super::GlibcVersion;
use super::elf::{LAMBDA_GLIBC, Unfit};

/// Why the handlers could not be built.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The folder is not the workspace.
    #[error("{} has no handlers to build", .0.display())]
    NoWorkspace(PathBuf),
    /// A program could not be started.
    #[error("`{program}` could not be started: {source}")]
    NotStarted {
        /// The program.
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program ended with a failure.
    #[error("`{program}` failed:\n{output}")]
    Failed {
        /// The program and its command.
        program: String,
        /// The last lines that it said.
        output: String,
    },
    /// The compiler said something that is not understood.
    #[error("`rustc -vV` does not say its {0}")]
    StrangeCompiler(&'static str),
    /// The standard library for the target is not installed.
    #[error("the Rust compiler has no standard library for {0}")]
    NoStandardLibrary(&'static str),
    /// The build needs a cross-linker.
    #[error("this machine ({host}) can't link for {triple}")]
    NoLinker {
        /// The machine that we run on.
        host: String,
        /// The machine to build for.
        triple: &'static str,
    },
    /// This machine's C library is too new for Lambda.
    #[error("`{name}` was linked against GLIBC {found}, and Lambda has {}", LAMBDA_GLIBC)]
    TooNew {
        /// The binary.
        name: &'static str,
        /// The version that it needs.
        found: GlibcVersion,
    },
    /// A binary would not start on Lambda.
    #[error("`{name}` would not start on Lambda: {problem}")]
    Unfit {
        /// The binary.
        name: &'static str,
        /// Why.
        problem: Unfit,
    },
    /// A file could not be read.
    #[error("{what} {} failed: {source}", path.display())]
    Io {
        /// What was done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The zip could not be made.
    #[error("zipping `{name}` failed: {problem}")]
    Packing {
        /// The binary.
        name: &'static str,
        /// Why.
        problem: String,
    },
}

const ZIGBUILD: &str = "install cargo-zigbuild and zig, which link for any machine and C library: `pip install cargo-zigbuild ziglang`";

impl ArtifactError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// What to do about it, where we know.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoWorkspace(_) => {
                Some("run it in the folder that holds `handlers/` and `environments/`".to_owned())
            }
            Self::NotStarted { program: "cargo" | "rustc", .. } => {
                Some("install Rust: https://rustup.rs".to_owned())
            }
            Self::NoStandardLibrary(triple) => Some(format!("install it: `rustup target add {triple}`")),
            Self::NoLinker { .. } | Self::TooNew { .. } => Some(ZIGBUILD.to_owned()),
            _ => None,
        }
    }
}

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        let failure = Self::new("building the handlers failed", error.to_string());
        match error.hint() {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

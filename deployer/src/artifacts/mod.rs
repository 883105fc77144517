//! The handlers' binaries as Lambda takes them: built, verified, zipped and hashed, the same bytes wherever they are built.
//!
//! `cargo` owns how the compiler is run, `elf` what runs on Lambda, `package` the zip, `upload` the way to S3. Nothing here
//! knows which functions run an artifact.

mod cargo;
mod elf;
mod error;
mod package;
mod upload;

use std::path::{Path, PathBuf};

pub use elf::{GlibcVersion, LAMBDA_GLIBC};
pub use error::ArtifactError;
pub(crate) use package::is_artifact_key;
pub use package::key;
pub use upload::{Upload, upload, upload_all};

use package::Packing;

/// The package that the binaries are in.
const PACKAGE: &str = "cogapi-handlers";
/// Its binaries: which function a process is, is chosen at run time by `_HANDLER`.
const BINARIES: [&str; 2] = ["api", "triggers"];

/// A processor architecture that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Machine {
    /// Lambda's `x86_64`.
    X86_64,
    /// Lambda's `arm64`.
    Aarch64,
}

impl Machine {
    /// The compiler's name of the machine with Linux and the GNU C library on it.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// Where the binaries will run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// On Lambda: the result is verified to start on Amazon Linux 2023.
    Lambda(Machine),
    /// On this machine, in the emulator, whatever its operating system is.
    Host,
}

impl Target {
    /// The file that cargo makes of a binary.
    fn file(self, folder: &Path, binary: &str) -> PathBuf {
        match self {
            Self::Lambda(_) => folder.join(binary),
            Self::Host => folder.join(format!("{binary}{}", std::env::consts::EXE_SUFFIX)),
        }
    }
}

/// How much time goes into the binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Small and fast to start: for AWS, and for measuring.
    Lambda,
    /// Fast to build: for local development and tests.
    LambdaDev,
}

impl Profile {
    /// The profile's name in the workspace's `Cargo.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::LambdaDev => "lambda-dev",
        }
    }

    /// A quick build is not worth the seconds that compressing its large binaries takes.
    fn packing(self) -> Packing {
        match self {
            Self::Lambda => Packing::Deflate,
            Self::LambdaDev => Packing::Store,
        }
    }
}

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The root of the workspace that holds the handlers.
    pub workspace: PathBuf,
    /// Where they will run.
    pub target: Target,
    /// How they are optimised.
    pub profile: Profile,
}

/// A zip as Lambda takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The binary in it: `api` or `triggers`.
    pub name: &'static str,
    /// The zip.
    pub zip: Vec<u8>,
    /// The zip's SHA-256, in hexadecimal.
    pub sha256_hex: String,
    /// The zip's SHA-256 as Lambda tells it (`CodeSha256`).
    pub sha256_base64: String,
    /// The object in the environment's bucket: named by its content, so that it is uploaded once and never changes.
    pub key: String,
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact")
            .field("name", &self.name)
            .field("bytes", &self.zip.len())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// All that the functions run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifacts {
    /// For the HTTP endpoints.
    pub api: Artifact,
    /// For Cognito's triggers.
    pub triggers: Artifact,
}

impl Artifacts {
    /// Both.
    pub fn iter(&self) -> impl Iterator<Item = &Artifact> {
        [&self.api, &self.triggers].into_iter()
    }
}

/// Builds, verifies, packs and hashes the handlers. `on_line` is told every line that the compiler says.
pub async fn build(
    options: &BuildOptions,
    on_line: impl Fn(&str) + Send + Sync,
) -> Result<Artifacts, ArtifactError> {
    let folder = cargo::build(options, &on_line).await?;
    let pack = |name| pack(options.target.file(&folder, name), name, options.profile);
    let [api, triggers] = BINARIES;
    let (api, triggers) = futures::try_join!(pack(api), pack(triggers))?;
    Ok(Artifacts { api, triggers })
}

/// Zips one binary, on a thread of its own: compressing some megabytes would hold everything else up.
async fn pack(path: PathBuf, name: &'static str, profile: Profile) -> Result<Artifact, ArtifactError> {
    tokio::task::spawn_blocking(move || {
        let binary = std::fs::read(&path).map_err(ArtifactError::io("reading", &path))?;
        package::artifact(name, &binary, profile.packing())
    })
    .await
    .map_err(|error| ArtifactError::Packing { name, problem: error.to_string() })?
}

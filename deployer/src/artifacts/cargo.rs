//! Runs cargo so that the same source gives the same binary on every machine, and says what is missing where it can't.
//!
//! Reproducible means: no path of the machine in the binary, no time, no flags from the surroundings, the locked crates.
//! What remains is the compiler itself, and the C start-up files and C compiler of the machine: pinned by using zig.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::elf::{self, LAMBDA_GLIBC, Unfit};
use super::{ArtifactError, BINARIES, BuildOptions, Machine, PACKAGE, Profile, Target};

type OnLine<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// The path that stands for the workspace in a binary.
const WORKSPACE: &str = "/cogapi";
/// The path that stands for cargo's home.
const CARGO_HOME: &str = "/cargo";
/// Some fixed time, for build scripts that write one into the binary.
const SOURCE_DATE_EPOCH: &str = "315532800";
/// How much of a failed build's output its error repeats.
const TAIL: usize = 40;

/// Who links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linker {
    /// The machine's own.
    Own,
    /// cargo-zigbuild: any machine, any version of the C library.
    Zig,
}

/// Builds the binaries, verifies them where they are for Lambda, and returns the folder that they are in.
pub(super) async fn build(options: &BuildOptions, on_line: OnLine<'_>) -> Result<PathBuf, ArtifactError> {
    let workspace = options
        .workspace
        .canonicalize()
        .ok()
        .filter(|workspace| workspace.join("Cargo.toml").is_file())
        .ok_or_else(|| ArtifactError::NoWorkspace(options.workspace.clone()))?;
    let toolchain = Toolchain::find(&workspace).await?;
    let build = Build { workspace, toolchain, profile: options.profile, on_line };
    match options.target {
        Target::Host => {
            let triple = build.toolchain.host.clone();
            build.run(Linker::Own, &triple).await
        }
        Target::Lambda(machine) => build.for_lambda(machine).await,
    }
}

struct Build<'a> {
    workspace: PathBuf,
    toolchain: Toolchain,
    profile: Profile,
    on_line: OnLine<'a>,
}

impl Build<'_> {
    /// Links with the machine's own linker where the result starts on Lambda, with zig elsewhere.
    async fn for_lambda(&self, machine: Machine) -> Result<PathBuf, ArtifactError> {
        let triple = machine.triple();
        if !self.toolchain.sysroot.join("lib/rustlib").join(triple).is_dir() {
            return Err(ArtifactError::NoStandardLibrary(triple));
        }
        let own = if self.toolchain.host == triple {
            let folder = self.run(Linker::Own, triple).await?;
            match verify(&folder, machine) {
                Err(error @ ArtifactError::TooNew { .. }) => error,
                verified => return verified.map(|()| folder),
            }
        } else {
            ArtifactError::NoLinker { host: self.toolchain.host.clone(), triple }
        };
        if !zig_is_installed().await {
            return Err(own);
        }
        let folder = self.run(Linker::Zig, triple).await?;
        verify(&folder, machine)?;
        Ok(folder)
    }

    async fn run(&self, linker: Linker, triple: &str) -> Result<PathBuf, ArtifactError> {
        let mut target_folder = self.workspace.join("target");
        let (subcommand, target) = match linker {
            Linker::Own => ("build", triple.to_owned()),
            Linker::Zig => {
                // Cargo does not notice that the linker is another one, so the two must not share a folder.
                target_folder.push("zig");
                ("zigbuild", format!("{triple}.{LAMBDA_GLIBC}"))
            }
        };
        let home = cargo_home();
        self.fetch_if_never_done(&home).await?;
        let remaps = remaps(&self.workspace, &home, &registry_sources(&home), &self.toolchain);

        let mut command = Command::new("cargo");
        for name in std::env::vars_os().map(|(name, _)| name).filter(|name| is_of_a_package(name)) {
            command.env_remove(name);
        }
        command.args([subcommand, "--locked", "--package", PACKAGE]);
        command.args(BINARIES.iter().flat_map(|binary| ["--bin", binary]));
        command.args(["--profile", self.profile.name(), "--target", &target, "--target-dir"]);
        command.arg(&target_folder);
        command
            // Takes precedence over the flags in the surroundings and in configuration files.
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags(&remaps, triple))
            .env(format!("CFLAGS_{}", triple.replace('-', "_")), cflags(&remaps))
            .env("CC_SHELL_ESCAPED_FLAGS", "1")
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
            .env_remove("CFLAGS")
            .env_remove("TARGET_CFLAGS");
        if self.profile == Profile::Lambda {
            // What an incremental build makes depends on what was built before.
            command.env("CARGO_INCREMENTAL", "0");
        }
        self.listen(command, subcommand).await?;
        Ok(target_folder.join(triple).join(self.profile.name()))
    }

    /// The flags name the folders of downloaded sources, which are there only after the first download.
    async fn fetch_if_never_done(&self, home: &Path) -> Result<(), ArtifactError> {
        if !registry_sources(home).is_empty() {
            return Ok(());
        }
        let mut command = Command::new("cargo");
        command.args(["fetch", "--locked"]);
        self.listen(command, "fetch").await
    }

    /// Runs cargo in the workspace, telling what it says line by line.
    async fn listen(&self, mut command: Command, subcommand: &str) -> Result<(), ArtifactError> {
        let not_started = |source| ArtifactError::NotStarted { program: "cargo", source };
        let mut child = command
            .current_dir(&self.workspace)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let mut tail = VecDeque::with_capacity(TAIL);
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Some(line) = lines.next_segment().await.map_err(not_started)? {
                let line = String::from_utf8_lossy(&line);
                (self.on_line)(&line);
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(line.into_owned());
            }
        }
        if child.wait().await.map_err(not_started)?.success() {
            return Ok(());
        }
        let output = tail.into_iter().collect::<Vec<_>>().join("\n");
        Err(ArtifactError::Failed { program: format!("cargo {subcommand}"), output })
    }
}

/// Whether cargo sets this variable to say which package it runs, as `cargo run` did if it started us. ring's build script runs again
/// whenever one of them is another one, and everything above it would be built again.
fn is_of_a_package(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name == b"OUT_DIR" || name.starts_with(b"CARGO_PKG_") || name.starts_with(b"CARGO_MANIFEST_")
}

/// What the compiler says about itself.
#[derive(Debug, Clone)]
struct Toolchain {
    /// The machine's own target.
    host: String,
    /// The commit that the compiler was built from: part of the standard library's paths in a binary.
    commit: String,
    /// Where it is installed.
    sysroot: PathBuf,
}

impl Toolchain {
    /// The toolchain that cargo uses in `workspace`.
    async fn find(workspace: &Path) -> Result<Self, ArtifactError> {
        let (version, sysroot) =
            futures::try_join!(rustc(workspace, &["-vV"]), rustc(workspace, &["--print", "sysroot"]))?;
        let field = |name: &'static str| {
            version
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(ToOwned::to_owned)
                .ok_or(ArtifactError::StrangeCompiler(name))
        };
        Ok(Self { host: field("host")?, commit: field("commit-hash")?, sysroot: sysroot.trim_end().into() })
    }
}

async fn rustc(workspace: &Path, arguments: &[&str]) -> Result<String, ArtifactError> {
    let output = Command::new("rustc")
        .args(arguments)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| ArtifactError::NotStarted { program: "rustc", source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(ArtifactError::Failed {
        program: format!("rustc {}", arguments.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

async fn zig_is_installed() -> bool {
    Command::new("cargo-zigbuild")
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

/// Checks both binaries.
fn verify(folder: &Path, machine: Machine) -> Result<(), ArtifactError> {
    for name in BINARIES {
        let path = folder.join(name);
        let binary = std::fs::read(&path).map_err(ArtifactError::io("reading", &path))?;
        elf::verify(&binary, machine).map_err(|problem| match problem {
            Unfit::NewerGlibc(found) => ArtifactError::TooNew { name, found },
            problem => ArtifactError::Unfit { name, problem },
        })?;
    }
    Ok(())
}

fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map_or_else(|| std::env::home_dir().unwrap_or_default().join(".cargo"), PathBuf::from)
}

/// The folders of downloaded crates, one a registry. Their names differ where a mirror is used.
fn registry_sources(home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(home.join("registry/src")) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Which folders of this machine stand for what in a binary, the most specific last: the last that fits wins.
fn remaps(
    workspace: &Path,
    home: &Path,
    registries: &[PathBuf],
    toolchain: &Toolchain,
) -> Vec<(PathBuf, String)> {
    let library = format!("/rustc/{}", toolchain.commit);
    let mut remaps = vec![
        (workspace.to_owned(), WORKSPACE.to_owned()),
        (home.to_owned(), CARGO_HOME.to_owned()),
        // With the component rust-src installed, the compiler names its own files where they are here.
        (toolchain.sysroot.join("lib/rustlib/src/rust"), library),
        (toolchain.sysroot.clone(), "/rust".to_owned()),
    ];
    remaps.extend(registries.iter().map(|registry| (registry.clone(), format!("{CARGO_HOME}/registry"))));
    // A path may reach the compiler with its symbolic links resolved or not.
    let resolved = remaps.iter().filter_map(|(from, to)| {
        let resolved = from.canonicalize().ok()?;
        (resolved != *from).then(|| (resolved, to.clone()))
    });
    let resolved: Vec<_> = resolved.collect();
    remaps.extend(resolved);
    remaps.sort_by_key(|(from, _)| from.as_os_str().len());
    remaps
}

/// The compiler's flags, separated as `CARGO_ENCODED_RUSTFLAGS` wants them.
fn rustflags(remaps: &[(PathBuf, String)], triple: &str) -> OsString {
    let mut flags = Vec::new();
    if triple.contains("linux") {
        // A build id would be a hash over what is stripped afterwards.
        flags.push(OsString::from("-Clink-arg=-Wl,--build-id=none"));
    }
    for (from, to) in remaps {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flags.push(flag);
    }
    flags.join(OsStr::new("\u{1f}"))
}

/// The same for crates with C in them (ring), each flag quoted for a shell.
fn cflags(remaps: &[(PathBuf, String)]) -> OsString {
    let mut flags = OsString::new();
    for (from, to) in remaps {
        let from = from.to_string_lossy().replace('\'', r"'\''");
        flags.push(format!("'-ffile-prefix-map={from}={to}' "));
    }
    flags
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn toolchain() -> Toolchain {
        Toolchain { host: "x".to_owned(), commit: "abc".to_owned(), sysroot: "/none/rustup/1".into() }
    }

    #[test]
    fn the_most_specific_folder_wins() {
        // A CI that keeps cargo's home in the workspace, to cache it.
        let registries = [PathBuf::from("/none/w/.cargo/registry/src/mirror-1")];
        let remaps = remaps(Path::new("/none/w"), Path::new("/none/w/.cargo"), &registries, &toolchain());
        let place = |path: &str| {
            let (from, to) = remaps.iter().rev().find(|(from, _)| Path::new(path).starts_with(from)).unwrap();
            Path::new(to).join(Path::new(path).strip_prefix(from).unwrap()).display().to_string()
        };
        assert_eq!(place("/none/w/handlers/src/lib.rs"), "/cogapi/handlers/src/lib.rs");
        assert_eq!(place("/none/w/.cargo/registry/src/mirror-1/a-1.0/x.rs"), "/cargo/registry/a-1.0/x.rs");
        assert_eq!(place("/none/w/.cargo/git/x.rs"), "/cargo/git/x.rs");
        assert_eq!(place("/none/rustup/1/lib/rustlib/src/rust/library/x.rs"), "/rustc/abc/library/x.rs");
    }

    #[test]
    fn flags_survive_spaces_and_quotes_in_paths() {
        let remaps = [(PathBuf::from("/my home/it's"), "/x".to_owned())];
        assert_eq!(cflags(&remaps), r"'-ffile-prefix-map=/my home/it'\''s=/x' ");
        assert_eq!(
            rustflags(&remaps, "x86_64-unknown-linux-gnu"),
            "-Clink-arg=-Wl,--build-id=none\u{1f}--remap-path-prefix=/my home/it's=/x"
        );
    }

    #[tokio::test]
    async fn a_folder_without_a_workspace_is_refused_with_the_way_out() {
        let options = BuildOptions {
            workspace: "/none/such".into(),
            target: Target::Host,
            profile: Profile::LambdaDev,
        };
        let error = build(&options, &|_| ()).await.unwrap_err();
        assert!(matches!(error, ArtifactError::NoWorkspace(_)));
        assert!(error.hint().is_some_and(|hint| hint.contains("handlers")));
    }
}

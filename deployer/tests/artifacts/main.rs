//! Building the handlers: the same bytes wherever it is done, and nothing of the machine in them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use cogapi::artifacts::{Artifact, ArtifactError, Artifacts, BuildOptions, Profile, Target, build};
use tempfile::TempDir;

/// A handlers package with nothing in it but what would give a machine away: source paths, its own and a dependency's, and
/// a time of compilation.
const API: &str = r#"
fn main() {
    let arguments = std::env::args().count();
    assert!(arguments < 90, "{} {} {}", file!(), dependency::place(), env!("BUILT_AT"));
    println!("{}", dependency::panicking(arguments));
}
"#;
const DEPENDENCY: &str = r#"
pub fn place() -> &'static str { file!() }
pub fn panicking(n: usize) -> usize { 100_usize.checked_div(n).expect("not zero") }
"#;
const BUILD_SCRIPT: &str = r#"
fn main() {
    println!("cargo::rustc-env=BUILT_AT={}", std::env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| {
        format!("{:?}", std::time::SystemTime::now())
    }));
}
"#;

/// A workspace in a folder of its own, with the profiles of the real one.
struct Workspace {
    root: PathBuf,
    _folder: TempDir,
}

impl Workspace {
    fn new(inside: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(inside);
        let workspace = Self { root, _folder: folder };
        let real: toml::Table =
            fs::read_to_string(real_workspace().join("Cargo.toml")).unwrap().parse().unwrap();
        let mut manifest: toml::Table =
            "workspace = { resolver = '3', members = ['handlers', 'dependency'] }".parse().unwrap();
        let mut profiles = real["profile"].clone();
        // Names packages that are not here.
        profiles["dev"].as_table_mut().unwrap().remove("package");
        manifest.insert("profile".to_owned(), profiles);
        workspace.write("Cargo.toml", &toml::to_string(&manifest).unwrap());
        workspace.write(
            "handlers/Cargo.toml",
            "package = { name = 'cogapi-handlers', version = '0.1.0', edition = '2024' }\n\
             dependencies = { dependency = { path = '../dependency' } }",
        );
        workspace.write("handlers/build.rs", BUILD_SCRIPT);
        workspace.write("handlers/src/bin/api.rs", API);
        workspace.write("handlers/src/bin/triggers.rs", API);
        workspace.write(
            "dependency/Cargo.toml",
            "package = { name = 'dependency', version = '0.1.0', edition = '2024' }",
        );
        workspace.write("dependency/src/lib.rs", DEPENDENCY);
        workspace.write(
            "Cargo.lock",
            "version = 4\n\n[[package]]\nname = \"cogapi-handlers\"\nversion = \"0.1.0\"\ndependencies = [\n \"dependency\",\n]\n\n\
             [[package]]\nname = \"dependency\"\nversion = \"0.1.0\"\n",
        );
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn build(&self, profile: Profile) -> Result<Artifacts, ArtifactError> {
        build(&options(&self.root, profile), |_| ()).await
    }
}

fn real_workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn options(workspace: &Path, profile: Profile) -> BuildOptions {
    BuildOptions { workspace: workspace.to_owned(), target: Target::Host, profile }
}

/// The binary in a zip.
fn unpacked(artifact: &Artifact) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&artifact.zip)).unwrap();
    let mut binary = Vec::new();
    std::io::copy(&mut archive.by_name("bootstrap").unwrap(), &mut binary).unwrap();
    binary
}

fn contains(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

/// No folder of this machine is in the binaries.
fn assert_anonymous(artifacts: &Artifacts, workspace: &Path) {
    let home = std::env::home_dir().unwrap();
    for artifact in artifacts.iter() {
        let binary = unpacked(artifact);
        for folder in [workspace, &home] {
            let folder = folder.to_str().unwrap();
            assert!(folder.len() > 3 && !contains(&binary, folder), "{} contains {folder}", artifact.name);
        }
    }
}

#[tokio::test]
async fn the_same_source_gives_the_same_artifact_wherever_it_is_built() {
    let (here, there) = (Workspace::new("here"), Workspace::new("quite another/place's folder"));
    let (first, second) =
        futures::future::try_join(here.build(Profile::Lambda), there.build(Profile::Lambda)).await.unwrap();
    assert_eq!(first.api.sha256_hex, second.api.sha256_hex);
    assert_eq!(first, second);
    for (artifacts, workspace) in [(&first, &here), (&second, &there)] {
        assert_anonymous(artifacts, &workspace.root);
    }
    // The paths that a panic names are still there, as they would be anywhere.
    let binary = unpacked(&first.api);
    assert!(contains(&binary, "dependency/src/lib.rs"));
    // Only the time is another one than that of the build.
    assert!(contains(&binary, "315532800"));

    let again = here.build(Profile::Lambda).await.unwrap();
    assert_eq!(again, first, "building what is built changes nothing");
    here.write("dependency/src/lib.rs", &DEPENDENCY.replace("100_usize", "99_usize"));
    assert_ne!(here.build(Profile::Lambda).await.unwrap().api.key, first.api.key);
}

#[tokio::test]
async fn what_the_compiler_says_is_told_line_by_line_and_again_when_it_fails() {
    let workspace = Workspace::new("w");
    workspace.write("dependency/src/lib.rs", "pub fn place() { nonsense }");
    let lines = Mutex::new(Vec::new());
    let options = options(&workspace.root, Profile::LambdaDev);
    let result = build(&options, |line| lines.lock().unwrap().push(line.to_owned())).await;
    let Err(ArtifactError::Failed { program, output }) = result else { panic!("{result:?}") };
    assert_eq!(program, "cargo build");
    for words in ["Compiling dependency", "nonsense"] {
        assert!(lines.lock().unwrap().iter().any(|line| line.contains(words)), "{lines:?}");
    }
    assert!(output.contains("nonsense"), "{output}");
}

#[tokio::test]
async fn crates_other_than_the_locked_ones_are_refused() {
    let workspace = Workspace::new("w");
    workspace.write("Cargo.lock", "version = 4\n");
    let result = workspace.build(Profile::LambdaDev).await;
    let Err(ArtifactError::Failed { output, .. }) = result else { panic!("{result:?}") };
    assert!(output.contains("--locked"), "{output}");
}

#[tokio::test]
async fn the_handlers_hold_nothing_of_the_machine_they_were_built_on() {
    let artifacts = build(&options(real_workspace(), Profile::LambdaDev), |_| ()).await.unwrap();
    assert_anonymous(&artifacts, real_workspace());
}

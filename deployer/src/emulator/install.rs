//! Installs the emulator into the project's cache: a virtual environment of its own, with pinned and hashed packages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cogapi_engine::Failure;
use sha2::{Digest as _, Sha256};

const SUMMARY: &str = "installing the emulator failed";
/// Written last, so that an installation that was cut off is seen as one.
const STAMP: &str = "installed";
/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// The Python that runs the emulator, installed first if it is not there or its requirements changed. Takes a lock, so two at
/// once don't get into each other's way. `say` is told what takes long.
pub fn install(root: &Path, say: impl Fn(&str)) -> Result<PathBuf, Failure> {
    let requirements = root.join("emulator/requirements.txt");
    let wanted = fs::read(&requirements).map_err(|error| io(&requirements, &error))?;
    let wanted = hex::encode(Sha256::digest(wanted));
    let cache = root.join(".cache");
    fs::create_dir_all(&cache).map_err(|error| io(&cache, &error))?;
    let lock = cache.join("emulator.lock");
    let held =
        File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(|error| io(&lock, &error))?;

    let home = cache.join("emulator");
    let python = home.join("bin/python");
    let stamp = home.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && python.exists() {
        return Ok(python);
    }
    say("installing the emulator (once)");
    if home.exists() {
        fs::remove_dir_all(&home).map_err(|error| io(&home, &error))?;
    }
    let system = system_python()?;
    run(Command::new(system).args(["-m", "venv"]).arg(&home))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--require-hashes", "--requirement"])
        .arg(&requirements))?;
    fs::write(&stamp, wanted).map_err(|error| io(&stamp, &error))?;
    drop(held);
    Ok(python)
}

/// A Python that is new enough.
fn system_python() -> Result<&'static str, Failure> {
    let mut found = Vec::new();
    for name in ["python3", "python"] {
        let check =
            format!("import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < {OLDEST:?})");
        let Ok(output) = Command::new(name).args(["-c", &check]).output() else { continue };
        if output.status.success() {
            return Ok(name);
        }
        found.push(format!("`{name}` is {}", String::from_utf8_lossy(&output.stdout).trim()));
    }
    let wanted = format!("Python {}.{} or newer", OLDEST.0, OLDEST.1);
    let detail = match found.as_slice() {
        [] => format!("there is no `python3`, and the local AWS needs {wanted}"),
        found => format!("{}, and the local AWS needs {wanted}", found.join(", ")),
    };
    Err(Failure::new(SUMMARY, detail).with_hint(format!("install {wanted}, with its venv module")))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = command.get_args().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| Failure::new(SUMMARY, format!("python {shown}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last: Vec<&str> = said.lines().rev().take(8).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    let hint = if said.contains("ensurepip") {
        "Python's venv module is missing: on Debian and Ubuntu, `apt install python3-venv`"
    } else {
        "the first installation needs a network; check it and run the same command again"
    };
    Err(Failure::new(SUMMARY, format!("python {shown}\n{}", last.join("\n"))).with_hint(hint))
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(SUMMARY, format!("{}: {error}", path.display()))
}

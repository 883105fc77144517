//! The configuration: `environments/<name>.toml` in, a validated [`Environment`] or all of its problems out.
//!
//! Reads files and nothing else: no AWS, no terminal. Two layers: the TOML as written (`file`), then its meaning
//! (`validate`, `rules`). Nothing outside this module sees unvalidated values.

mod environment;
mod file;
mod names;
mod problem;
mod read;
mod rules;
pub mod template;
#[cfg(test)]
mod tests;
mod validate;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

pub use environment::{
    Access, Admin, Api, Architecture, Aws, CharacterKind, CorsOrigins, Domain, Email, Environment, Functions,
    MethodPath, Mfa, Passkeys, Password, Protection, Registration, Seconds, State, Throttle, Tokens, Waf,
};
pub use names::is_in;
pub use problem::{ConfigError, Problem};
pub(crate) use read::closest;

use problem::Problems;

/// The environment `environment` of the folder `dir`.
pub fn load(dir: &Path, environment: &str) -> Result<Environment, ConfigError> {
    // Before the path is made: a name must not lead out of the folder.
    check_name(environment)?;
    let file = dir.join(format!("{environment}.toml"));
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            // A folder that can't be listed has been told about by the missing file already.
            let existing = list(dir).unwrap_or_default();
            return Err(ConfigError::Missing { name: environment.to_owned(), file, existing });
        }
        Err(cause) => return Err(ConfigError::Unreadable { file, cause }),
    };
    parse(environment, &file.display().to_string(), &text)
}

/// The names of the environments in `dir`, sorted.
pub fn list(dir: &Path) -> Result<Vec<String>, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable { file: dir.to_owned(), cause };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".toml"));
        names.extend(name.filter(|name| check_name(name).is_ok()).map(ToOwned::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The environment that `text` means, called `environment`. `file` is only shown.
pub fn parse(environment: &str, file: &str, text: &str) -> Result<Environment, ConfigError> {
    check_name(environment)?;
    let mut problems = Problems::default();
    let meant = file::File::parse(text, &mut problems)
        .and_then(|written| validate::environment(environment, written, &mut problems));
    match (problems.into_error(file, text), meant) {
        (Some(error), _) => Err(error),
        (None, Ok(meant)) => Ok(meant),
        (None, Err(reported)) => unreachable!("{reported:?} is only had by reporting a problem"),
    }
}

/// The name goes into resource names, file names and the state's key.
fn check_name(name: &str) -> Result<(), ConfigError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let problem = if !(1..=20).contains(&name.len()) {
        "it must have 1 to 20 characters"
    } else if !name.bytes().all(allowed) {
        "only lower-case letters, digits and hyphens are allowed"
    } else if name.starts_with('-') || name.ends_with('-') {
        "it must begin and end with a letter or digit"
    } else {
        return Ok(());
    };
    Err(ConfigError::Name { name: name.to_owned(), problem })
}

//! Folders of environments: what is loaded, listed and said when it can't be.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{ConfigError, list, load};
use super::{LEAST, rendered, valid};

/// The environments of this repository.
fn environments() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../environments")
}

#[test]
fn the_committed_local_environment_is_valid() {
    let local = load(&environments(), "local").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(local.stack(), "cogapi-local");
    assert!(!local.protection.deletion, "what runs locally must be destroyable");
}

#[test]
fn the_example_for_production_is_valid_as_it_is() {
    let text = fs::read_to_string(environments().join("prod.toml.example")).unwrap();
    valid(&text);
}

/// What is commented out in an example must not rot either.
#[test]
fn what_the_examples_show_in_comments_is_valid_too() {
    let text = fs::read_to_string(environments().join("prod.toml.example")).unwrap();
    let shown = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest)
            if rest.starts_with('[') || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) =>
        {
            rest
        }
        _ => line,
    });
    let shown: Vec<&str> = shown.collect();
    let environment = valid(&shown.join("\n"));
    assert!(environment.protection.deletion && environment.aws.profile.is_some());
}

#[test]
fn environments_are_the_toml_files_whose_names_can_be_one() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["prod.toml", "dev.toml", "dev.toml.example", "Dev2.toml", "notes.txt", ".toml", "a b.toml"] {
        fs::write(dir.path().join(file), LEAST).unwrap();
    }
    assert_eq!(list(dir.path()).unwrap(), ["dev", "prod"]);
    assert_eq!(load(dir.path(), "prod").unwrap().name, "prod");
}

#[test]
fn a_missing_environment_is_answered_with_those_that_exist() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["prod", "dev"] {
        fs::write(dir.path().join(format!("{name}.toml")), LEAST).unwrap();
    }
    let error = load(dir.path(), "stage").unwrap_err();
    let help = error.hint().unwrap();
    let shown = error.to_string();
    assert!(shown.contains("there is no environment \"stage\""), "{shown}");
    assert_eq!(help, "there are: dev, prod; `cogapi init stage` makes it");
    let help = load(dir.path(), "prd").unwrap_err().hint().unwrap();
    assert!(help.starts_with("did you mean prod? "), "{help}");
}

#[test]
fn a_missing_folder_has_no_environments() {
    let dir = tempfile::tempdir().unwrap();
    let error = load(&dir.path().join("none"), "dev").unwrap_err();
    assert!(rendered(&error).contains("there are none yet"));
    assert!(matches!(list(&dir.path().join("none")), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn a_name_can_not_lead_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("dev.toml"), LEAST).unwrap();
    let inner = dir.path().join("environments");
    fs::create_dir(&inner).unwrap();
    for name in ["../dev", "..", "", "/dev", "Dev", "dev.toml", "-dev", "dev-", "a-name-of-21-letters-"] {
        assert!(matches!(load(&inner, name), Err(ConfigError::Name { .. })), "{name}");
    }
}

#[test]
fn a_file_that_is_not_text_is_said_to_be_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("dev.toml"), b"\xff\xfe").unwrap();
    let error = load(dir.path(), "dev").unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }));
    assert!(error.to_string().contains("dev.toml: can't be read"), "{error}");
}

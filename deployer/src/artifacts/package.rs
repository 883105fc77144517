//! Zips a binary so that the same binary always gives the same bytes, and hashes it.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::{Artifact, ArtifactError};

/// The name that `provided.al2023` starts.
const BOOTSTRAP: &str = "bootstrap";
/// Where artifacts are in the bucket.
const PREFIX: &str = "artifacts/";

/// Whether the zip is small or quick to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Deflate,
    Store,
}

/// Whether the object `key` is an artifact.
pub(crate) fn is_artifact_key(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// The artifact of one binary.
pub(super) fn artifact(
    name: &'static str,
    binary: &[u8],
    packing: Packing,
) -> Result<Artifact, ArtifactError> {
    let zip =
        zip(binary, packing).map_err(|error| ArtifactError::Packing { name, problem: error.to_string() })?;
    let hash = Sha256::digest(&zip);
    Ok(Artifact {
        name,
        zip,
        sha256_base64: STANDARD.encode(hash),
        sha256_hex: hex::encode(hash),
        key: key(&hash),
    })
}

/// The object in the bucket that holds the zip with this SHA-256.
#[must_use]
pub fn key(sha256: &[u8]) -> String {
    format!("{PREFIX}{}.zip", hex::encode(sha256))
}

/// Everything that a zip says about a file besides its content is fixed: time, mode, operating system, level.
fn zip(binary: &[u8], packing: Packing) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755)
        .system(System::Unix);
    let options = match packing {
        Packing::Deflate => {
            options.compression_method(CompressionMethod::Deflated).compression_level(Some(9))
        }
        Packing::Store => options.compression_method(CompressionMethod::Stored),
    };
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(BOOTSTRAP, options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn binary() -> Vec<u8> {
        (0..200_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 20).to_le_bytes()).collect()
    }

    #[test]
    fn the_same_binary_gives_the_same_bytes() {
        for (packing, hash) in [
            (Packing::Deflate, "7dda9e3fc85ca5d2f0046bb32b6b3b95ddc1bf93573c369c40c258be08639af0"),
            (Packing::Store, "a8ce7b00488448864d690f33f6006485ec1673659c6020264d08789685d8c50a"),
        ] {
            let first = artifact("api", &binary(), packing).unwrap();
            assert_eq!(first, artifact("api", &binary(), packing).unwrap());
            // Pinned: a change here means that every function of every environment is deployed again.
            assert_eq!(first.sha256_hex, hash, "{packing:?}");
        }
    }

    #[test]
    fn the_zip_holds_an_executable_bootstrap_of_1980() {
        for packing in [Packing::Deflate, Packing::Store] {
            let artifact = artifact("api", &binary(), packing).unwrap();
            let mut archive = zip::ZipArchive::new(Cursor::new(artifact.zip)).unwrap();
            assert_eq!(archive.len(), 1);
            let mut file = archive.by_name("bootstrap").unwrap();
            assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
            assert_eq!(file.last_modified(), Some(DateTime::default()));
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, binary());
        }
    }

    #[test]
    fn an_artifact_is_named_by_its_content() {
        let artifact = artifact("api", b"x", Packing::Store).unwrap();
        assert_eq!(artifact.key, format!("artifacts/{}.zip", artifact.sha256_hex));
        assert!(is_artifact_key(&artifact.key) && !is_artifact_key("dev/state.json"));
        assert_eq!(artifact.sha256_hex.len(), 64);
        // Lambda's CodeSha256 is the same hash in base64.
        let decoded = STANDARD.decode(&artifact.sha256_base64).unwrap();
        assert_eq!(decoded, Sha256::digest(&artifact.zip).to_vec());
    }
}

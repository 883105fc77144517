//! The binaries that are measured: built with the profile of those that are deployed, zipped as those are, and like them but for one
//! root certificate.

use std::{
    env, fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::Command,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// What the binaries trust.
const ROOTS: &str = include_str!("../../roots/amazon.pem");
/// What they trust here, in place of one of those.
const ROOT: &str = include_str!("../programs/tls/root.pem");
/// The one whose place it takes. Most of AWS's endpoints chain to it.
const REPLACED: &str = "Amazon Root CA 1\n";
const END: &str = "-----END CERTIFICATE-----\n";

pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    /// Bytes of the zip that is deployed.
    pub(crate) zip: usize,
}

pub(crate) struct Binaries {
    pub(crate) api: Binary,
    pub(crate) triggers: Binary,
    /// Of a function that does nothing.
    pub(crate) nothing: Binary,
    /// The program that stands in for AWS.
    pub(crate) aws: PathBuf,
}

impl Binaries {
    /// Builds them. As `cogapi build` does, but for what makes the result the same on every machine, which costs and gains nothing
    /// when it runs.
    pub(crate) fn build() -> Self {
        eprintln!("building with the profile `lambda`, which takes minutes the first time");
        // One by one: built together, packages get the features that any of them asks for.
        for package in ["cogapi-handlers", "cogapi-bench"] {
            let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command.args(["build", "--locked", "--profile", "lambda", "--bins", "--package", package]);
            assert!(command.status().unwrap().success(), "{package} can't be built");
        }
        // target/<profile>/api
        let folder = Path::new(env!("CARGO_BIN_EXE_api")).ancestors().nth(2).unwrap().join("lambda");
        Self {
            api: deployed(&folder, "api"),
            triggers: deployed(&folder, "triggers"),
            nothing: Binary::of(folder.join("nothing")),
            aws: folder.join("aws"),
        }
    }
}

impl Binary {
    fn of(path: PathBuf) -> Self {
        let zip = zipped(&fs::read(&path).unwrap());
        Self { path, zip }
    }
}

/// One of those that are deployed, in a copy that trusts this benchmark.
fn deployed(folder: &Path, name: &str) -> Binary {
    let built = Binary::of(folder.join(name));
    let path = folder.join(format!("{name}-measured"));
    fs::copy(&built.path, &path).unwrap();
    fs::write(&path, trusting(fs::read(&built.path).unwrap())).unwrap();
    Binary { path, ..built }
}

/// The same binary with another root certificate in the place of one of its own, so that as many are read as ever.
fn trusting(mut binary: Vec<u8>) -> Vec<u8> {
    let roots = ROOTS.as_bytes();
    let place =
        binary.windows(roots.len()).position(|it| it == roots).expect("roots are in the binary as text");
    let from = ROOTS.find(REPLACED).expect("the root is one of them") + REPLACED.len();
    let length = ROOTS[from..].find(END).expect("certificates end") + END.len();
    // Between certificates, empty lines mean nothing.
    let root = ROOT.to_owned() + &"\n".repeat(length - ROOT.len());
    binary[place + from..][..length].copy_from_slice(root.as_bytes());
    binary
}

/// As many bytes as `cogapi build` makes of it.
fn zipped(binary: &[u8]) -> usize {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(binary).unwrap();
    writer.finish().unwrap().into_inner().len()
}

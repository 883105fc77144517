//! Code for functions: zips that Lambda takes, in the bucket where a function's code is looked for.

use std::io::{Cursor, Write as _};

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cogapi::artifacts;
use sha2::{Digest as _, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::World;

/// A function's code.
pub(crate) struct Code {
    /// The zip's bytes.
    pub(crate) zip: Vec<u8>,
    /// Their SHA-256, in base64.
    pub(crate) sha256: String,
}

impl Code {
    /// The zip of a program with this text; the same text always gives the same bytes.
    pub(crate) fn of(text: &str) -> Self {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("bootstrap", SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        let zip = zip.finish().unwrap().into_inner();
        let sha256 = STANDARD.encode(Sha256::digest(&zip));
        Self { zip, sha256 }
    }
}

/// Makes the world's bucket, with these in it.
pub(crate) async fn bucket_with(world: &World, codes: &[Code]) {
    let cx = world.cx();
    let here = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let create = cx.clients.s3.create_bucket().bucket(&cx.bucket);
    create.create_bucket_configuration(here.build()).send().await.unwrap();
    for code in codes {
        let put = cx.clients.s3.put_object().bucket(&cx.bucket).body(code.zip.clone().into());
        put.key(artifacts::key(&Sha256::digest(&code.zip))).send().await.unwrap();
    }
}

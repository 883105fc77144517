//! The other side of the calls to AWS: TLS with a chain like AWS's, a leaf and an intermediate, RSA with 2,048 bits. A program of its
//! own, so that it is optimized as AWS's is and has no part in what is measured. Must not know what to answer: it asks on its
//! output, a line for each request, and is told on its input. The first line says at which port it listens.

#[path = "../../../../tests/handlers/wire.rs"]
mod wire;

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::json;
use std::{
    error::Error,
    io::{self, BufRead},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// Of nobody but the benchmark, which makes what it measures trust it.
const CHAIN: &[u8] = include_bytes!("../../tls/chain.pem");
const KEY: &[u8] = include_bytes!("../../tls/key.pem");

fn main() -> Result<(), Box<dyn Error>> {
    let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<Result<_, _>>()?;
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY)?)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming().flatten() {
        let config = Arc::clone(&config);
        thread::spawn(move || serve(config, stream));
    }
    Ok(())
}

/// Serves a connection until its end.
fn serve(config: Arc<ServerConfig>, stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    loop {
        let request = wire::read(&mut stream)?;
        wire::answer(&mut stream, "", &reply_to(&request)?)?;
    }
}

fn reply_to(request: &wire::Request) -> Option<String> {
    // Held from the question to its answer.
    let mut input = io::stdin().lock();
    println!("{}", json!([request.target, request.body]));
    let mut reply = String::new();
    input.read_line(&mut reply).ok().filter(|read| *read > 0)?;
    Some(reply)
}

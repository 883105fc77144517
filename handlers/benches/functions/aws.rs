//! Cognito and SES on this machine, behind TLS with a chain like that of AWS: a leaf and an intermediate, RSA with 2,048 bits. They
//! answer at once. Their handshakes are not optimized as those of AWS are, so they are counted.

use crate::{
    healthy,
    measure::{Times, used_by},
    wire,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// Of nobody but this benchmark, which makes what it measures trust it.
const CHAIN: &[u8] = include_bytes!("tls/chain.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

pub(crate) struct Aws {
    address: SocketAddr,
    handshakes: Arc<Mutex<Vec<Duration>>>,
}

impl Aws {
    /// Starts it for the rest of the process.
    pub(crate) fn start() -> Self {
        let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let handshakes = Arc::<Mutex<Vec<_>>>::default();
        let counted = Arc::clone(&handshakes);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, counted) = (Arc::clone(&config), Arc::clone(&counted));
                thread::spawn(move || serve(config, stream, &counted));
            }
        });
        Self { address, handshakes }
    }

    /// The processor time that a handshake takes on this side, in the middle.
    pub(crate) fn handshake(&self) -> Duration {
        Times::new(self.handshakes.lock().unwrap().clone()).percentile(50)
    }

    /// By its name, so that functions have one to look up.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

/// Serves a connection until its end.
fn serve(config: Arc<ServerConfig>, mut stream: TcpStream, handshakes: &Mutex<Vec<Duration>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut tls = ServerConnection::new(config).ok()?;
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).ok()?;
    }
    // The thread is as old as the connection.
    handshakes.lock().ok()?.push(used_by(Path::new("/proc/thread-self"))?);
    let mut stream = StreamOwned::new(tls, stream);
    loop {
        let request = wire::read(&mut stream)?;
        let reply = request.target.map(|operation| {
            let body = serde_json::from_str(&request.body).unwrap_or_default();
            healthy::reply(&operation, &body).to_string()
        });
        // SES has no target and nothing to tell.
        wire::answer(&mut stream, "", reply.as_deref().unwrap_or("{}"))?;
    }
}

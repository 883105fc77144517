//! As much of HTTP as the stubs of this machine speak: requests with a length, one after the other on a connection. Shared with the
//! benchmark.
#![allow(dead_code, reason = "the benchmark asks for more than the tests")]

use std::io::{BufRead, BufReader, Read, Write};

/// A request.
pub(crate) struct Request {
    pub(crate) path: String,
    /// The operation of Cognito that it is for, if it is one.
    pub(crate) target: Option<String>,
    pub(crate) body: String,
}

/// Reads the next request; nothing when there is none any more.
pub(crate) fn read(stream: &mut impl Read) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut target, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => target = Some(value.trim().rsplit('.').next()?.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, target, body: String::from_utf8(body).ok()? })
}

/// Answers it, in one write: what is written in pieces waits for acknowledgements on the way.
pub(crate) fn answer(stream: &mut impl Write, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(reply.as_bytes()).and_then(|()| stream.flush()).ok()
}

//! What nobody can guess. Owns the one way to the operating system's random source.

use crate::error::Failure;

/// So many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::internal(format!("the operating system gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// One of the characters, each as likely as any other.
pub fn one_of(characters: &[u8]) -> Result<u8, Failure> {
    loop {
        let [byte] = bytes()?;
        let at = usize::from(byte);
        // What is left of the 256 values after the last whole round would favour the first characters.
        if at < 256 - 256 % characters.len() {
            return Ok(characters[at % characters.len()]);
        }
    }
}

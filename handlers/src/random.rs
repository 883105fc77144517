//! What nobody can guess. Owns the one way to the operating system's random source.

use crate::error::Failure;

/// So many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::internal(format!("the operating system gives no random bytes: {error}")))?;
    Ok(bytes)
}

//! What a binary must be to start on Lambda. Owns no building: it looks at finished bytes.

use std::fmt;

use object::elf::{self, FileHeader64};
use object::read::elf::FileHeader as _;
use object::{Endianness, LittleEndian};

use super::Machine;

/// The C library of Amazon Linux 2023, which `provided.al2023` runs on.
pub const LAMBDA_GLIBC: GlibcVersion = GlibcVersion(2, 34);

/// A version of the GNU C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlibcVersion(pub u32, pub u32);

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Why a binary would not start on Lambda.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a 64-bit Linux binary.
    #[error("it is no 64-bit ELF file ({0})")]
    NotElf(String),
    /// For another machine.
    #[error("it is for ELF machine {found}, not {}", .expected.triple())]
    OtherMachine {
        /// The `e_machine` found.
        found: u16,
        /// What was asked for.
        expected: Machine,
    },
    /// Needs a newer C library than Lambda has.
    #[error("it needs GLIBC {0}, and Lambda has {LAMBDA_GLIBC}")]
    NewerGlibc(GlibcVersion),
}

/// Checks that `binary` starts on Lambda with the architecture `machine`.
pub(super) fn verify(binary: &[u8], machine: Machine) -> Result<(), Unfit> {
    let not_elf = |error: object::read::Error| Unfit::NotElf(error.to_string());
    let header = FileHeader64::<Endianness>::parse(binary).map_err(not_elf)?;
    let endian = header.endian().map_err(not_elf)?;
    let found = header.e_machine(endian);
    let expected = match machine {
        Machine::X86_64 => elf::EM_X86_64,
        Machine::Aarch64 => elf::EM_AARCH64,
    };
    if found != expected {
        return Err(Unfit::OtherMachine { found: found.0, expected: machine });
    }
    match needed_glibc(binary).map_err(not_elf)? {
        Some(needed) if needed > LAMBDA_GLIBC => Err(Unfit::NewerGlibc(needed)),
        _ => Ok(()),
    }
}

/// The lowest version of the C library that the dynamic loader accepts for `binary`.
fn needed_glibc(binary: &[u8]) -> object::read::Result<Option<GlibcVersion>> {
    let header = FileHeader64::<LittleEndian>::parse(binary)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, binary)?;
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, binary)? else { return Ok(None) };
    let strings = sections.strings(endian, binary, strings)?;
    let mut highest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            // The loader only warns about a missing version that is marked weak.
            if version.vna_flags.get(endian).contains(elf::VER_FLG_WEAK) {
                continue;
            }
            highest = highest.max(glibc_version(version.name(endian, strings)?));
        }
    }
    Ok(highest)
}

/// Reads `GLIBC_2.34` and `GLIBC_2.2.5`; other libraries' versions and `GLIBC_PRIVATE` are `None`.
fn glibc_version(name: &[u8]) -> Option<GlibcVersion> {
    let mut numbers = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.split('.');
    Some(GlibcVersion(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(glibc_version(b"GLIBC_2.2.5"), Some(GlibcVersion(2, 2)));
        assert_eq!(glibc_version(b"GLIBC_2.34"), Some(LAMBDA_GLIBC));
        assert_eq!(glibc_version(b"GLIBC_PRIVATE"), None);
        assert_eq!(glibc_version(b"GCC_3.0"), None);
        assert!(GlibcVersion(2, 9) < LAMBDA_GLIBC && GlibcVersion(2, 38) > LAMBDA_GLIBC);
    }

    #[test]
    fn what_is_no_elf_file_is_refused() {
        assert!(matches!(verify(b"#!/bin/sh\n", Machine::X86_64), Err(Unfit::NotElf(_))));
        assert!(matches!(verify(b"\x7fELF\x02\x01\x01", Machine::X86_64), Err(Unfit::NotElf(_))));
    }

    /// The smallest ELF header that parses: no sections.
    fn header(machine: u16) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64, 0);
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes
    }

    #[test]
    fn a_binary_for_another_machine_is_refused() {
        let arm = header(183);
        assert_eq!(verify(&arm, Machine::Aarch64), Ok(()));
        assert_eq!(
            verify(&arm, Machine::X86_64),
            Err(Unfit::OtherMachine { found: 183, expected: Machine::X86_64 })
        );
    }

    /// An ELF file whose loader needs one version of one library.
    fn needing(version: &str, weak: bool) -> Vec<u8> {
        let mut strings = b"\0libc.so.6\0".to_vec();
        let name = u32::try_from(strings.len()).unwrap();
        strings.extend(version.as_bytes());
        strings.push(0);
        let mut need = Vec::new();
        // Verneed: version, count, file, offset to the first aux, next.
        need.extend([1_u16, 1].iter().flat_map(|value| value.to_le_bytes()));
        need.extend([1_u32, 16, 0].iter().flat_map(|value| value.to_le_bytes()));
        // Vernaux: hash, flags, index, name, next.
        need.extend(0_u32.to_le_bytes());
        need.extend([if weak { 2_u16 } else { 0 }, 2].iter().flat_map(|value| value.to_le_bytes()));
        need.extend([name, 0].iter().flat_map(|value| value.to_le_bytes()));

        let mut file = header(62);
        let strings_at = file.len() as u64;
        file.extend(&strings);
        file.resize(file.len().next_multiple_of(8), 0);
        let need_at = file.len() as u64;
        file.extend(&need);
        file.resize(file.len().next_multiple_of(8), 0);
        let sections_at = file.len() as u64;
        let mut section = |kind: u32, at: u64, size: usize, link: u32, info: u32| {
            file.extend([0, kind].iter().flat_map(|value: &u32| value.to_le_bytes()));
            file.extend([0, 0, at, size as u64].iter().flat_map(|value: &u64| value.to_le_bytes()));
            file.extend([link, info].iter().flat_map(|value| value.to_le_bytes()));
            file.extend([1_u64, 0].iter().flat_map(|value| value.to_le_bytes()));
        };
        section(0, 0, 0, 0, 0);
        section(3, strings_at, strings.len(), 0, 0);
        section(0x6fff_fffe, need_at, need.len(), 1, 1);
        file[40..48].copy_from_slice(&sections_at.to_le_bytes());
        file[58..60].copy_from_slice(&64_u16.to_le_bytes());
        file[60..62].copy_from_slice(&3_u16.to_le_bytes());
        file[62..64].copy_from_slice(&1_u16.to_le_bytes());
        file
    }

    #[test]
    fn a_newer_c_library_than_lambdas_is_refused_unless_the_need_is_weak() {
        assert_eq!(verify(&needing("GLIBC_2.34", false), Machine::X86_64), Ok(()));
        assert_eq!(
            verify(&needing("GLIBC_2.39", false), Machine::X86_64),
            Err(Unfit::NewerGlibc(GlibcVersion(2, 39)))
        );
        assert_eq!(verify(&needing("GLIBC_2.39", true), Machine::X86_64), Ok(()));
    }
}

//! The passwords that invitations carry. Owns what they are made of; must not know how they are mailed.
//!
//! Cognito would make one itself, of all its symbols, and puts it unescaped into our HTML: a user whose password holds `<` or
//! `&` would read another one than the one that is stored, and could never sign in. So ours hold nothing that HTML, a mail
//! client's search for links, or a reader's eye could take for something else.

use crate::{error::Failure, random, secret::Secret};

/// Without `B` (8), `I` (l, 1), `O` and `Q` (0), `S` (5), `Z` (2).
const UPPER: &[u8] = b"ACDEFGHJKLMNPRTUVWXY";
/// Without `l` (1, I), `o` (0), `q` (9).
const LOWER: &[u8] = b"abcdefghijkmnprstuvwxyz";
/// Without `0` and `1`.
const DIGIT: &[u8] = b"23456789";
/// All of the above.
const ANY: &[u8] = b"ACDEFGHJKLMNPRTUVWXYabcdefghijkmnprstuvwxyz23456789";

/// One group of a password: every class but the symbols, which stand between groups.
const GROUP: [&[u8]; 4] = [UPPER, LOWER, DIGIT, ANY];
/// One of Cognito's symbols that ends no sentence, needs no escape, and is part of the word that a double click selects.
const SEPARATOR: u8 = b'_';
/// 87 bits: more than anybody can try in the days that a temporary password lives.
const MIN_GROUPS: usize = 5;

/// A random password such as `Kf7m_Tq9x_We3r_Hn8p_Cv5k`, of at least `min_length` characters (Cognito's policies ask for 99 at
/// most), with an upper-case letter, a lower-case letter, a digit and a symbol, so that it satisfies any policy.
pub fn generate(min_length: usize) -> Result<Secret, Failure> {
    let groups = (min_length + 1).div_ceil(GROUP.len() + 1).max(MIN_GROUPS);
    let mut password = String::with_capacity(groups * (GROUP.len() + 1));
    for group in 0..groups {
        if group > 0 {
            password.push(char::from(SEPARATOR));
        }
        for class in GROUP {
            password.push(char::from(random::one_of(class)?));
        }
    }
    Ok(Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_policy_that_cognito_can_have_is_satisfied() {
        for min_length in 0..=99 {
            let password = generate(min_length).unwrap();
            let password = password.expose();
            assert!(
                password.len() >= min_length.max(24) && password.len() <= 256,
                "{min_length}: {password}"
            );
            let kinds = [
                |it: u8| it.is_ascii_uppercase(),
                |it: u8| it.is_ascii_lowercase(),
                |it: u8| it.is_ascii_digit(),
                |it: u8| it == SEPARATOR,
            ];
            assert!(kinds.iter().all(|kind| password.bytes().any(kind)), "{password}");
        }
    }

    #[test]
    fn a_password_reads_in_html_and_to_the_eye_as_it_is_stored() {
        let password = generate(99).unwrap();
        let password = password.expose();
        assert!(password.bytes().all(|it| it == SEPARATOR || ANY.contains(&it)), "{password}");
        // Neither escaped, nor the end of a sentence or of a link, nor a part of a template's placeholder.
        assert!(!"<>&\"'{}#.,;:!?/@".contains(char::from(SEPARATOR)));
        assert!(password.starts_with(|it: char| it.is_ascii_alphanumeric()), "{password}");
        assert!(password.ends_with(|it: char| it.is_ascii_alphanumeric()), "{password}");
        assert!("0OoQ1lIBSZq".bytes().all(|it| !ANY.contains(&it)));
    }

    #[test]
    fn no_two_passwords_are_the_same_and_every_character_comes_up() {
        let passwords: Vec<_> = (0..200).map(|_| generate(24).unwrap()).collect();
        let passwords: HashSet<_> = passwords.iter().map(Secret::expose).collect();
        assert_eq!(passwords.len(), 200);
        // 20,000 draws: that one of 51 characters never comes up has odds of less than one in 10^30.
        let seen: HashSet<u8> = passwords.iter().flat_map(|it| it.bytes()).collect();
        assert_eq!(seen.len(), ANY.len() + 1);
    }
}

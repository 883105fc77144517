//! The one challenge of an MFA reset: a code by mail. Owns what its three triggers agree on: the events that Cognito hands them, the
//! code, how it travels in Cognito's session, how long it lives and how often it may be tried. Must not know who sends it.

use crate::{error::Failure, random, secret::Secret};
use serde::Deserialize;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq;

/// What Cognito calls a challenge of triggers.
pub const CHALLENGE: &str = "CUSTOM_CHALLENGE";
/// How often a code may be tried.
pub const TRIES: usize = 3;
/// How long a code lives: as long as Cognito's session of its first try. Each further try has a new session.
const LIFETIME: Duration = Duration::from_mins(15);
/// How many digits a code has.
const DIGITS: usize = 8;

/// An event of one of the challenge triggers, reduced to what is used. Anything but the caller may be null or absent. Has no
/// `Debug`: it holds the code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    caller_context: CallerContext,
    request: Asked,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallerContext {
    client_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    user_attributes: Option<UserAttributes>,
    user_not_found: Option<bool>,
    session: Option<Vec<Round>>,
    private_challenge_parameters: Option<Private>,
    challenge_answer: Option<String>,
}

#[derive(Deserialize)]
struct UserAttributes {
    email: Option<String>,
    email_verified: Option<String>,
}

#[derive(Deserialize)]
struct Private {
    code: Option<String>,
}

/// One challenge of this session that was answered.
#[derive(Deserialize)]
pub struct Round {
    #[serde(rename = "challengeName")]
    name: Option<String>,
    #[serde(rename = "challengeResult")]
    result: Option<bool>,
    #[serde(rename = "challengeMetadata")]
    metadata: Option<String>,
}

impl Round {
    /// Whether it was ours.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name.as_deref() == Some(CHALLENGE)
    }

    /// Whether the answer was right.
    #[must_use]
    pub fn is_won(&self) -> bool {
        self.result == Some(true)
    }
}

impl Event {
    /// Reads an event.
    pub fn read(event: &Value) -> Result<Self, Failure> {
        // What serde says may quote the event.
        Self::deserialize(event).map_err(|_| Failure::internal("not an event of a challenge trigger"))
    }

    /// The event as it goes back to Cognito.
    #[must_use]
    pub fn answered(mut event: Value, response: Value) -> Value {
        if let Some(members) = event.as_object_mut() {
            members.insert("response".to_owned(), response);
        }
        event
    }

    /// The app client that signs in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.caller_context.client_id
    }

    /// Whether there is a user. Where Cognito hides who exists, its triggers are asked for everybody.
    #[must_use]
    pub fn is_of_a_user(&self) -> bool {
        self.request.user_not_found != Some(true)
    }

    /// The user's mailbox. A code proves a mailbox only where Cognito has proved before that it is the user's.
    #[must_use]
    pub fn mailbox(&self) -> Option<&str> {
        let attributes = self.request.user_attributes.as_ref().filter(|_| self.is_of_a_user())?;
        attributes.email.as_deref().filter(|_| attributes.email_verified.as_deref() == Some("true"))
    }

    /// The challenges of this session so far.
    #[must_use]
    pub fn rounds(&self) -> &[Round] {
        self.request.session.as_deref().unwrap_or_default()
    }

    /// The code that this session began with. Cognito hands the challenges' metadata to its triggers and to nobody else.
    #[must_use]
    pub fn code_of_the_session(&self) -> Option<Code> {
        Code::read(self.rounds().first()?.metadata.as_deref()?)
    }

    /// Whether the answer is the code of the challenge.
    #[must_use]
    pub fn is_answered_right(&self, now: SystemTime) -> bool {
        let private = self.request.private_challenge_parameters.as_ref();
        let code = private.and_then(|it| Code::read(it.code.as_deref()?));
        match (code, &self.request.challenge_answer) {
            (Some(code), Some(answer)) => code.is(answer) && code.lives(now),
            _ => false,
        }
    }
}

/// A code and when it ends.
pub struct Code {
    digits: Secret,
    /// In seconds since 1970.
    ends: u64,
}

impl Code {
    /// A new one.
    pub fn new(now: SystemTime) -> Result<Self, Failure> {
        let mut digits = String::with_capacity(DIGITS);
        for _ in 0..DIGITS {
            digits.push(char::from(random::one_of(b"0123456789")?));
        }
        Ok(Self { digits: Secret::new(digits), ends: seconds(now + LIFETIME) })
    }

    /// The digits, for the mail.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.digits.expose()
    }

    /// As it travels in Cognito's session.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{}-{}", self.digits.expose(), self.ends)
    }

    /// Reads what was [`written`](Self::written).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (digits, ends) = text.split_once('-')?;
        let right = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        Some(Self { digits: Secret::new(digits), ends: ends.parse().ok()? }).filter(|_| right)
    }

    /// Whether it may still be used.
    #[must_use]
    pub fn lives(&self, now: SystemTime) -> bool {
        seconds(now) < self.ends
    }

    /// Whether the answer is this code. Takes as long for a nearly right answer as for any of its length.
    fn is(&self, answer: &str) -> bool {
        self.digits.expose().as_bytes().ct_eq(answer.as_bytes()).into()
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_code_is_eight_digits_and_no_two_are_the_same() {
        let codes: HashSet<String> =
            (0..200).map(|_| Code::new(UNIX_EPOCH).unwrap().digits().to_owned()).collect();
        // Two of 200 are the same with odds of 1 to 5,000; three pairs with less than 1 to 10^11.
        assert!(codes.len() > 197);
        assert!(codes.iter().all(|it| it.len() == 8 && it.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(codes.iter().any(|it| it.starts_with('0')), "{codes:?}");
    }

    #[test]
    fn a_code_comes_back_as_it_was_written() {
        let code = Code::new(UNIX_EPOCH).unwrap();
        let read = Code::read(&code.written()).unwrap();
        assert_eq!((read.digits(), read.ends), (code.digits(), 15 * 60));
        assert!(read.is(code.digits()));
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for text in
            ["", "-", "12345678", "12345678-", "1234567-900", "1234567x-900", "12345678-x", "12345678--1"]
        {
            assert!(Code::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_code_lives_for_fifteen_minutes() {
        let code = Code::new(UNIX_EPOCH).unwrap();
        let after = |seconds| code.lives(UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(after(0) && after(15 * 60 - 1) && !after(15 * 60) && !after(u64::from(u32::MAX)));
    }

    #[test]
    fn only_the_whole_code_is_the_code() {
        let code = Code::read("01234567-900").unwrap();
        for answer in ["", "0123456", "1234567", "012345670", "01234568", "01234567 ", "०१२३४५६७"]
        {
            assert!(!code.is(answer), "{answer}");
        }
        assert!(code.is("01234567"));
    }
}

//! The app on a person's phone that shows six digits. Owns which of its codes were used: Cognito takes each once.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::client::Reply;

/// How long a code is shown.
const STEP: u64 = 30;
/// How much of a step must be left for the code of the step before to arrive in time.
const IN_TIME: u64 = 15;

/// An authenticator that has scanned a secret.
pub(crate) struct Authenticator {
    codes: totp_rs::Totp,
    used: BTreeSet<u64>,
}

impl Authenticator {
    /// Scans what a reply has for the QR code, which must be what it has for those who can't scan.
    #[track_caller]
    pub(crate) fn scanning(reply: &Reply) -> Self {
        let (shown, uri) = (reply.text("qr_code_secret"), reply.text("otpauth_uri"));
        assert!(uri.starts_with("otpauth://totp/CognitoApi%3A"), "{uri}");
        assert!(uri.contains(&format!("secret={shown}&")), "{uri}");
        Self::holding(shown)
    }

    /// One that was given a secret by hand.
    pub(crate) fn holding(secret: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let codes = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        Self { codes, used: BTreeSet::new() }
    }

    /// A code that was not used before. Cognito takes those of the steps beside the present one, too, so three can be had at once,
    /// those first that live longest; for more than that, this waits.
    pub(crate) fn code(&mut self) -> String {
        loop {
            let now = now();
            let step = now / STEP;
            let in_time = (STEP - now % STEP > IN_TIME).then(|| step - 1);
            let steps = [Some(step), Some(step + 1), in_time];
            if let Some(step) = steps.into_iter().flatten().find(|step| !self.used.contains(step)) {
                self.used.insert(step);
                return self.codes.generate(step * STEP).to_string();
            }
            std::thread::sleep(Duration::from_secs(STEP - now % STEP));
        }
    }

    /// A code that is none of those that may be right.
    pub(crate) fn wrong_code(&self) -> String {
        let now = now();
        let right: BTreeSet<String> = [now - 2 * STEP, now - STEP, now, now + STEP, now + 2 * STEP]
            .map(|at| self.codes.generate(at).to_string())
            .into();
        (0..10).map(|digit| digit.to_string().repeat(6)).find(|code| !right.contains(code)).unwrap()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

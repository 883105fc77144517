//! Sessions and tokens, as the API answers them and takes them back.

use super::{CLIENT_SECRET, EMAIL, NEW_REFRESH_TOKEN, SESSION, USER_ID};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cogapi_handlers::{
    bound_session,
    endpoint::{Chapter, Endpoint},
    sealed_session::Envelope,
    secret::Secret,
    user::User,
};
use serde_json::{Value, json};

/// The fields that hold a session which says whose it is, and the challenge that is answered in it.
pub(crate) const BOUND: &[(&str, ChallengeNameType)] = &[
    ("mfa_session", ChallengeNameType::MfaSetup),
    ("verification_session", ChallengeNameType::SoftwareTokenMfa),
];

/// The challenge that is answered in the sealed sessions of this endpoint.
pub(crate) fn sealed_by(endpoint: &Endpoint) -> ChallengeNameType {
    match endpoint.chapter {
        Chapter::Passkeys => ChallengeNameType::WebAuthn,
        _ => ChallengeNameType::CustomChallenge,
    }
}

fn envelope(challenge: &ChallengeNameType, email: &str) -> Envelope {
    Envelope::of(&Secret::new(CLIENT_SECRET), challenge, email).unwrap()
}

/// Cognito's [`SESSION`] as it is answered to this address by who begins for everybody alike.
pub(crate) fn sealed(challenge: &ChallengeNameType, email: &str) -> String {
    envelope(challenge, email).seal(&Secret::new(SESSION)).unwrap()
}

/// What is in a session that was answered to [`EMAIL`].
pub(crate) fn unsealed(challenge: &ChallengeNameType, session: &Value) -> String {
    let sealed = Secret::new(session.as_str().expect("a session"));
    envelope(challenge, EMAIL).open(&sealed).expect("a sealed session").expose().to_owned()
}

/// A session of this user's sign-in, as the API answers it for Cognito's [`SESSION`].
pub(crate) fn bound(challenge: &ChallengeNameType, id: &str, email: &str) -> String {
    let user = User { id: id.to_owned(), email: email.to_owned() };
    bound_session::bind(&Secret::new(CLIENT_SECRET), challenge, &user, SESSION).unwrap()
}

/// What a [`bound`] session holds.
pub(crate) fn opened(challenge: &ChallengeNameType, session: &Value) -> (String, String, String) {
    let bound = Secret::new(session.as_str().expect("a session"));
    let (user, session) = bound_session::open(&Secret::new(CLIENT_SECRET), challenge, &bound).unwrap();
    (user.id, user.email, session.expose().to_owned())
}

/// A token with these claims.
pub(crate) fn token_with(claims: &Value) -> String {
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// An access token of our app client, for who does not look at the signature.
pub(crate) fn access_token() -> String {
    token_with(&json!({"sub": USER_ID, "token_use": "access", "client_id": "client1"}))
}

/// An ID token of this user.
pub(crate) fn id_token(email: &str) -> String {
    token_with(&json!({"sub": USER_ID, "token_use": "id", "aud": "client1", "email": email}))
}

/// The same as the API answers it.
pub(crate) fn tokens(email: &str) -> Value {
    json!({
        "access_token": access_token(),
        "id_token": id_token(email),
        "refresh_token": NEW_REFRESH_TOKEN,
        "expires_in": 3600,
    })
}

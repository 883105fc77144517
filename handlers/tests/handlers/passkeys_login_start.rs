use crate::support::*;
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use cogapi_handlers::timing::GRID;
use serde_json::{Value, json};
use tokio::time::Instant;

const INITIATE: &str = "InitiateAuth";
/// `printf %s jane@example.comclient1 | openssl dgst -sha256 -hmac client-secret-nobody-may-see -binary | base64`
const HASH: &str = "2uEkStijIhAn8KehgVJb4fUx9utPRl/qpXATHgv2WLE=";

fn request(email: &str) -> Value {
    post(&json!({"email": email}))
}

fn passkey() -> Value {
    json!({"type": "public-key", "id": "hP0cxpqhgN1K0R4pICOOOA", "transports": ["hybrid", "internal"]})
}

/// Cognito's challenge to a user with these passkeys.
fn asking(passkeys: &Value) -> Call {
    let options = json!({
        "challenge": "vde3h8WwZJjW1xZph3t8qQ",
        "timeout": 180_000,
        "rpId": "example.com",
        "allowCredentials": passkeys,
        "userVerification": "required",
    });
    challenge("WEB_AUTHN", &json!({"CREDENTIAL_REQUEST_OPTIONS": options.to_string()}))
}

fn challenge(name: &str, parameters: &Value) -> Call {
    let challenge = json!({"ChallengeName": name, "Session": SESSION, "ChallengeParameters": parameters});
    succeeds(INITIATE, challenge)
}

/// What a client that knows the client's secret would find in a session.
fn opened(answer: &Answer) -> String {
    unsealed(&ChallengeNameType::WebAuthn, &answer.body["session"])
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_passkey_is_asked_for_it() {
    let answer =
        call("passkeys-login-start", request(" Jane@Example.com"), &[asking(&json!([passkey()]))]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["options"],
        json!({
            "challenge": "vde3h8WwZJjW1xZph3t8qQ",
            "timeout": 300_000,
            "rpId": "example.com",
            "allowCredentials": [passkey()],
            "userVerification": "required",
        })
    );
    assert_eq!(opened(&answer), SESSION);
    let parameters = json!({"USERNAME": EMAIL, "PREFERRED_CHALLENGE": "WEB_AUTHN", "SECRET_HASH": HASH});
    assert_eq!(
        answer.sent,
        [json!({"ClientId": "client1", "AuthFlow": "USER_AUTH", "AuthParameters": parameters})]
    );
}

#[tokio::test(start_paused = true)]
async fn it_needs_no_iam_action() {
    let answer = call("passkeys-login-start", request(EMAIL), &[asking(&json!([passkey()]))]).await;
    assert_eq!(answer.actions, endpoint("passkeys-login-start").operations);
}

/// What Cognito says to each of those who can't sign in with a passkey.
fn who_can_not() -> Vec<Call> {
    let refusals = [
        ("NotAuthorizedException", "Password Challenge is Required to SignIn"),
        ("NotAuthorizedException", "User is disabled."),
        ("PasswordResetRequiredException", "Password reset required for the user"),
        ("UserNotConfirmedException", "User is not confirmed."),
        ("UserNotFoundException", "User does not exist."),
    ];
    let refused = refusals.map(|(error, message)| fails(INITIATE, error, message));
    let others = ["SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP"].map(|name| challenge(name, &json!({})));
    refused.into_iter().chain(others).chain([asking(&json!([]))]).collect()
}

/// An answer without what differs between any two of one user.
fn shape(answer: &Answer) -> Value {
    let length = |value: &Value| json!(value.as_str().unwrap().len());
    let mut shape = answer.body.clone();
    shape["session"] = length(&shape["session"]);
    let options = &mut shape["options"];
    options["challenge"] = length(&options["challenge"]);
    let passkeys = options["allowCredentials"].as_array_mut().unwrap();
    // How many there are differs from user to user, and their ids and transports from one authenticator to another.
    passkeys.truncate(1);
    passkeys[0]["id"] = json!("an id");
    passkeys[0]["transports"].as_array_mut().unwrap().clear();
    json!([answer.status, answer.headers, shape])
}

#[tokio::test(start_paused = true)]
async fn who_can_not_sign_in_with_a_passkey_is_answered_exactly_as_who_can() {
    let asked = Instant::now();
    let known = call("passkeys-login-start", request(EMAIL), &[asking(&json!([passkey()]))]).await;
    assert_eq!(asked.elapsed(), GRID);
    for reply in who_can_not() {
        let (asked, told) = (Instant::now(), reply.reply.to_string());
        let answer = call("passkeys-login-start", request(EMAIL), &[reply]).await;
        assert_eq!(asked.elapsed(), GRID, "{told}");
        assert_eq!(shape(&answer), shape(&known), "{told}");
        assert_eq!(answer.log["outcome"], known.log["outcome"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_without_a_passkey_is_always_asked_for_the_same_one_and_no_other_address_is() {
    let mut shown = Vec::new();
    for email in [EMAIL, EMAIL, "joe@example.com"] {
        for reply in who_can_not() {
            let answer = call("passkeys-login-start", request(email), &[reply]).await;
            shown.push((email, answer.body["options"]["allowCredentials"].clone()));
        }
    }
    let of = |wanted| shown.iter().filter(move |(email, _)| *email == wanted).map(|(_, passkeys)| passkeys);
    let (jane, joe) = (of(EMAIL).next().unwrap(), of("joe@example.com").next().unwrap());
    assert!(of(EMAIL).all(|it| it == jane) && of("joe@example.com").all(|it| it == joe) && jane != joe);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_leads_nowhere_is_another_one_each_time_and_none_of_cognitos() {
    let mut sessions = Vec::new();
    for _ in 0..2 {
        for reply in who_can_not() {
            let is_cognitos = reply.reply["ChallengeName"] == "WEB_AUTHN";
            let session = opened(&call("passkeys-login-start", request(EMAIL), &[reply]).await);
            assert_eq!(session == SESSION, is_cognitos);
            sessions.extend((!is_cognitos).then_some(session));
        }
    }
    let count = sessions.len();
    sessions.sort();
    sessions.dedup();
    assert_eq!(sessions.len(), count);
}

#[tokio::test(start_paused = true)]
async fn what_fails_fails_for_everybody_in_the_same_time() {
    for (error, expected) in [
        ("TooManyRequestsException", (429, "too_many_requests")),
        ("InternalErrorException", (503, "upstream_unavailable")),
        ("UnexpectedLambdaException", (503, "upstream_unavailable")),
        ("InvalidParameterException", (500, "internal")),
        ("ResourceNotFoundException", (500, "internal")),
        ("InvalidUserPoolConfigurationException", (500, "internal")),
    ] {
        let asked = Instant::now();
        let failing = infallible_client_fn(move |_| {
            let body = json!({"__type": error, "message": "No."});
            http::Response::builder().status(400).body(SdkBody::from(body.to_string())).unwrap()
        });
        let app = app_over("passkeys-login-start", failing, &[]);
        let answer = ask(&app, "passkeys-login-start", request(EMAIL)).await;
        assert_eq!(answer.error(), expected, "{error}");
        assert_eq!(asked.elapsed().as_millis() % GRID.as_millis(), 0, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_sign_in_with_is_a_defect_and_never_leaves() {
    let no_session =
        json!({"ChallengeName": "WEB_AUTHN", "ChallengeParameters": {"CREDENTIAL_REQUEST_OPTIONS": "{}"}});
    for reply in [
        challenge("WEB_AUTHN", &json!({})),
        challenge("WEB_AUTHN", &json!({"CREDENTIAL_REQUEST_OPTIONS": "{"})),
        challenge("WEB_AUTHN", &json!({"CREDENTIAL_REQUEST_OPTIONS": "{}"})),
        succeeds(INITIATE, no_session),
        succeeds(INITIATE, authentication_result(EMAIL)),
    ] {
        let answer = call("passkeys-login-start", request(EMAIL), &[reply]).await;
        assert_eq!(answer.error(), (500, "internal"));
        assert!(!answer.body.to_string().contains(&access_token()));
    }
}

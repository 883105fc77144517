//! What API Gateway and Cognito hand to the functions.

use super::{BOUND, EMAIL, MAILED_CODE, REQUEST_ID, USER_ID, access_token, bound, sealed, sealed_by};
use cogapi_handlers::{
    endpoint::{Endpoint, Trigger},
    schema,
};
use serde_json::{Value, json};

pub(crate) fn post(body: &Value) -> Value {
    json!({"requestContext": {"requestId": REQUEST_ID}, "headers": {"origin": "https://app.example"}, "body": body.to_string()})
}

/// A request whose path names this user.
pub(crate) fn post_to(user: &str, body: &Value) -> Value {
    let mut event = post(body);
    event["pathParameters"] = json!({"user_id": user});
    event
}

pub(crate) fn with_claims(mut event: Value, claims: &Value) -> Value {
    event["requestContext"]["authorizer"] = json!({"claims": claims});
    event
}

pub(crate) fn id_token_claims() -> Value {
    json!({
        "sub": USER_ID,
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool",
        "aud": "client1",
        "token_use": "id",
        "email": EMAIL,
        "name": "Jane Doe",
        "phone_number": "+33612345678",
    })
}

/// A request that is right in all its parts, by the examples of what the endpoint declares. Its user is [`EMAIL`], and so is the
/// caller, an administrator.
pub(crate) fn right(endpoint: &Endpoint) -> Value {
    let mut claims = id_token_claims();
    claims["cognito:groups"] = json!("admins");
    let mut event = with_claims(post(&right_body(endpoint)), &claims);
    event["pathParameters"] = json!({"user_id": USER_ID});
    event
}

pub(crate) fn right_body(endpoint: &Endpoint) -> Value {
    let mut body = schema::example(endpoint.request);
    if body.get("access_token").is_some() {
        body["access_token"] = json!(access_token());
    }
    if body.get("session").is_some() {
        body["session"] = json!(sealed(&sealed_by(endpoint), EMAIL));
    }
    for (name, challenge) in BOUND {
        if body.get(name).is_some() {
            body[name] = json!(bound(challenge, USER_ID, EMAIL));
        }
    }
    body
}

/// What Cognito sends to a trigger at the beginning, with all that any trigger is told.
pub(crate) fn right_event(trigger: &Trigger) -> Value {
    let occasion = if trigger.source == "CustomMessage" { "AdminCreateUser" } else { "Authentication" };
    let attributes =
        json!({"sub": USER_ID, "email": EMAIL, "email_verified": "true", "name": "Jane Doe", "locale": "fr"});
    let mut event = challenge_event(&json!({
        "userAttributes": attributes,
        "userNotFound": false,
        "codeParameter": "{####}",
        "usernameParameter": "{username}",
        "session": [],
        "privateChallengeParameters": {"code": MAILED_CODE},
        "challengeAnswer": MAILED_CODE.split('-').next(),
    }));
    event["triggerSource"] = json!(format!("{}_{occasion}", trigger.source));
    event
}

/// An event of one of the challenge triggers.
pub(crate) fn challenge_event(request: &Value) -> Value {
    json!({
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_pool",
        "userName": USER_ID,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client1"},
        "request": request,
        "response": {},
    })
}

//! Whatever mix of path, body, token and session a request names users with: where it is not one user, nobody is acted on.

use crate::{cognito::Cognito, support::*};
use aws_sdk_cognitoidentityprovider::types::ChallengeNameType;
use cogapi_handlers::{
    endpoint::{Authorization, Endpoint},
    registry::ENDPOINTS,
    user::PATH_PARAMETER,
};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Person {
    id: &'static str,
    email: &'static str,
}

const JANE: Person = Person { id: USER_ID, email: EMAIL };
const JOE: Person = Person { id: OTHER_ID, email: OTHER_EMAIL };
const PEOPLE: [Person; 2] = [JANE, JOE];

impl Person {
    fn access_token(self) -> String {
        token_with(&json!({"sub": self.id, "token_use": "access", "client_id": "client1"}))
    }
}

/// Where a request names a user.
#[derive(Debug, Clone, Copy)]
enum Place {
    PathId,
    PathEmail,
    Email,
    AccessToken,
    MfaSession,
    VerificationSession,
    SealedSession,
    IdToken,
}

impl Place {
    fn put(self, endpoint: &Endpoint, person: Person, event: &mut Value, body: &mut Value) {
        match self {
            Self::PathId => event["pathParameters"]["user_id"] = json!(person.id),
            Self::PathEmail => event["pathParameters"]["user_id"] = json!(person.email),
            Self::Email => body["email"] = json!(person.email),
            Self::AccessToken => body["access_token"] = json!(person.access_token()),
            Self::MfaSession => {
                body["mfa_session"] = json!(bound(&ChallengeNameType::MfaSetup, person.id, person.email));
            }
            Self::VerificationSession => {
                body["verification_session"] =
                    json!(bound(&ChallengeNameType::SoftwareTokenMfa, person.id, person.email));
            }
            Self::SealedSession => body["session"] = json!(sealed(&sealed_by(endpoint), person.email)),
            Self::IdToken => {
                let claims = &mut event["requestContext"]["authorizer"]["claims"];
                claims["sub"] = json!(person.id);
                claims["email"] = json!(person.email);
                claims["cognito:groups"] = json!("staff");
            }
        }
    }
}

/// The places that an endpoint has, for both ways in which its path may name somebody.
fn places(endpoint: &Endpoint) -> Vec<Vec<Place>> {
    let takes = |name: &str| endpoint.request.iter().any(|it| it.name == name);
    let mut places = Vec::new();
    if takes("email") {
        places.push(Place::Email);
    }
    if takes("access_token") {
        places.push(Place::AccessToken);
    }
    if takes("mfa_session") {
        places.push(Place::MfaSession);
    }
    if takes("session") {
        places.push(Place::SealedSession);
    }
    if takes("verification_session") {
        places.push(Place::VerificationSession);
    }
    if endpoint.authorization == Authorization::IdToken {
        places.push(Place::IdToken);
    }
    if !endpoint.path.contains(PATH_PARAMETER.name) {
        return vec![places];
    }
    [Place::PathId, Place::PathEmail].map(|path| [vec![path], places.clone()].concat()).to_vec()
}

/// Knows both, tells who is who, takes any password, and fails at everything else.
fn cognito() -> Cognito {
    Cognito::new(|operation, body| {
        let person = |is: &dyn Fn(&Person) -> bool| *PEOPLE.iter().find(|it| is(it)).expect("a person");
        let named = |name: &Value| person(&|it| name == it.id || name == it.email);
        let reply = match operation {
            "AdminGetUser" => {
                let Person { id, email } = named(&body["Username"]);
                described(id, email, "CONFIRMED", true)
            }
            "GetUser" => {
                let Person { id, email } = person(&|it| body["AccessToken"] == it.access_token());
                described(id, email, "CONFIRMED", true)
            }
            "AdminInitiateAuth" => json!({
                "ChallengeName": if body["AuthParameters"]["PASSWORD"] == PASSWORD {
                    "SOFTWARE_TOKEN_MFA"
                } else {
                    "NEW_PASSWORD_REQUIRED"
                },
                "Session": SESSION,
                "ChallengeParameters": {"USER_ID_FOR_SRP": named(&body["AuthParameters"]["USERNAME"]).id},
            }),
            _ => return Some((500, json!({}))),
        };
        Some((200, reply))
    })
}

/// Calls that change nothing.
const READING: &[&str] = &["AdminGetUser", "GetUser", "AdminInitiateAuth"];

#[tokio::test(start_paused = true)]
async fn nobody_acts_on_another_user_with_any_mix() {
    let mut tried = 0;
    for &endpoint in ENDPOINTS {
        for places in places(endpoint).into_iter().filter(|it| it.len() > 1) {
            for mix in 0..1_usize << places.len() {
                let people: Vec<_> = (0..places.len()).map(|at| PEOPLE[mix >> at & 1]).collect();
                let (mut event, mut body) = (right(endpoint), right_body(endpoint));
                for (place, person) in places.iter().zip(&people) {
                    place.put(endpoint, *person, &mut event, &mut body);
                }
                event["body"] = json!(body.to_string());
                let cognito = cognito();
                let answer = ask(&app_over(endpoint.name, cognito.clone(), &[]), endpoint.name, event).await;
                let changes = cognito.called().iter().any(|it| !READING.contains(&it.as_str()));
                let case = format!("{}: {places:?} {people:?}", endpoint.name);
                if people.iter().all(|it| it == &people[0]) {
                    // It is this mix alone that gets as far as the call that acts.
                    assert!(changes && answer.status == 503, "{case}: {}", answer.body);
                } else {
                    // A sealed session does not say whose it is: with another's address it is just none.
                    let sealed = places.iter().any(|it| matches!(it, Place::SealedSession));
                    let refusal = if sealed { (401, "invalid_session") } else { (403, "forbidden") };
                    assert_eq!((answer.error(), changes), (refusal, false), "{case}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 50, "{tried} mixes");
}

/// A session is not only somebody's, but also for something.
#[tokio::test(start_paused = true)]
async fn a_session_that_waits_for_another_challenge_is_none_and_cognito_is_not_asked() {
    use ChallengeNameType::{CustomChallenge, MfaSetup, SoftwareTokenMfa, WebAuthn};
    for &endpoint in ENDPOINTS {
        for field in endpoint.request.iter().map(|it| it.name).filter(|name| name.ends_with("session")) {
            let bound_for = BOUND.iter().find(|(name, _)| *name == field).map(|(_, challenge)| challenge);
            let own = bound_for.cloned().unwrap_or_else(|| sealed_by(endpoint));
            for other in [CustomChallenge, MfaSetup, SoftwareTokenMfa, WebAuthn] {
                if other == own {
                    continue;
                }
                let mut body = right_body(endpoint);
                body[field] = match bound_for {
                    Some(_) => json!(bound(&other, USER_ID, EMAIL)),
                    None => json!(sealed(&other, EMAIL)),
                };
                let mut event = right(endpoint);
                event["body"] = json!(body.to_string());
                let answer = call(endpoint.name, event, &[]).await;
                assert_eq!(answer.error(), (401, "invalid_session"), "{}: {other}", endpoint.name);
            }
        }
    }
}

//! Who may do what only administrators may: by group, or by IAM.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use cogapi_handlers::error::ErrorCode::{Forbidden, InvalidRequest, InvalidToken};
use serde_json::json;

use crate::client::{Api, ORIGIN, Reply, Request};
use crate::common::REGION;
use crate::person::Person;

#[test]
fn where_only_administrators_register_nobody_else_does() {
    let api = Api::with("[access]\nregistration = \"admin\"\n");
    let newcomer = Person::stranger(&api);
    let register = newcomer.registration();
    api.ask(&register).refused(InvalidToken);

    // The first administrator is made by an operator.
    let mut admin = Person::stranger(&api);
    admin.is_invited_by_an_operator();
    let session = admin.confirms();
    admin.confirms_code(&session);
    let tokens = admin.signs_in();
    api.ask(&register.clone().bearing(&tokens.id)).refused(Forbidden);
    admin.becomes_administrator();
    api.ask(&register.clone().bearing(&tokens.id)).refused(Forbidden);
    let tokens = admin.signs_in();
    api.ask(&register.clone().bearing(&tokens.access)).refused(InvalidToken);
    api.ask(&register.bearing(&tokens.id)).ok();
}

#[test]
fn where_iam_says_who_is_an_administrator_requests_are_signed() {
    let api = Api::with("[access]\nregistration = \"admin\"\nadmin = \"iam\"\n");
    let newcomer = Person::stranger(&api);
    let register = newcomer.registration();
    let (admin, colleague) = (key_of(&api, "admin", "Allow"), key_of(&api, "colleague", "Deny"));
    let forged = Credentials::new(admin.access_key_id(), "forged", None, None, "test");
    api.ask(&register).refused(Forbidden);
    signed(&api, &register, &forged).refused(Forbidden);
    signed(&api, &register, &colleague).refused(Forbidden);
    let made = signed(&api, &register, &admin).ok();
    let mut newcomer = newcomer;
    made.text("user_id").clone_into(&mut newcomer.id);
    let session = newcomer.confirms();
    newcomer.confirms_code(&session);

    let reset = newcomer.request("reset-password", json!({}));
    // The group counts for nothing here, and a token is no signature.
    newcomer.becomes_administrator();
    let tokens = newcomer.signs_in();
    api.ask(&reset.clone().bearing(&tokens.id)).refused(InvalidRequest);
    signed(&api, &reset, &admin).ok();
    newcomer.confirms_new_password();
    newcomer.signs_in();
}

/// The key of an IAM user who is allowed to call the API, or is not.
fn key_of(api: &Api, name: &str, effect: &str) -> Credentials {
    let statement = json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": "*" });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    api.world.with_clients(async |clients| {
        clients.iam.create_user().user_name(name).send().await.unwrap();
        let put = clients.iam.put_user_policy().user_name(name).policy_name("api");
        put.policy_document(policy.to_string()).send().await.unwrap();
        let made = clients.iam.create_access_key().user_name(name).send().await.unwrap();
        let key = made.access_key.unwrap();
        Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test")
    })
}

/// The answer to a request that is signed with this key.
#[track_caller]
fn signed(api: &Api, request: &Request, key: &Credentials) -> Reply {
    let (address, body) = (api.address(&request.path()), request.body.to_string());
    let host = address.split('/').nth(2).unwrap();
    let identity = key.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("execute-api")
        .time(SystemTime::now())
        .settings(SigningSettings::default());
    let headers = [("host", host)];
    let signable = SignableRequest::new(
        request.endpoint.method,
        &address,
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (instructions, _) =
        sign(signable.unwrap(), &parameters.build().unwrap().into()).unwrap().into_parts();
    let mut carried = ureq::http::Request::builder().method(request.endpoint.method).uri(&address);
    carried = carried.header("origin", ORIGIN);
    for (name, value) in instructions.headers() {
        carried = carried.header(name, value);
    }
    api.carry(carried.body(body).unwrap())
}

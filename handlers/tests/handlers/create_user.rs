use crate::support::*;
use aws_smithy_http_client::test_util::NeverClient;
use serde_json::{Value, json};

const CREATE: &str = "AdminCreateUser";

/// What SES says of recipients that nobody verified, while the account is in its sandbox.
const IN_THE_SANDBOX: &str = "Email address is not verified. The following identities failed the check in region EU-WEST-1: \
                              jane@example.com, arn:aws:ses:eu-west-1:123456789012:identity/jane@example.com";

fn jane() -> Value {
    post(&json!({"full_name": "Jane Doe", "email": EMAIL, "mobile_phone_number": "+33612345678"}))
}

fn created() -> Call {
    succeeds(CREATE, json!({"User": {"Username": USER_ID, "UserStatus": "FORCE_CHANGE_PASSWORD"}}))
}

#[tokio::test]
async fn a_new_user_is_created_with_an_invitation_by_mail() {
    let event = post(
        &json!({"full_name": " Jane Doe ", "email": " Jane@Example.com", "mobile_phone_number": "+33612345678"}),
    );
    let mut answer = call("create-user", event, &[created()]).await;
    assert_eq!(answer.status, 201);
    assert!(
        answer.sent[0].as_object_mut().unwrap().remove("TemporaryPassword").is_some_and(|it| it.is_string())
    );
    assert_eq!(answer.body, json!({"email": EMAIL, "user_id": USER_ID, "status": "CREATED"}));
    assert_eq!(
        answer.sent,
        [json!({
            "UserPoolId": "eu-west-1_pool",
            "Username": EMAIL,
            "UserAttributes": [
                {"Name": "email", "Value": EMAIL},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "name", "Value": "Jane Doe"},
                {"Name": "phone_number", "Value": "+33612345678"},
            ],
            "DesiredDeliveryMediums": ["EMAIL"],
        })]
    );
}

#[tokio::test]
async fn the_temporary_password_is_ours_new_for_everyone_and_as_long_as_the_policy_wants() {
    let sent = async |min_length: &str| {
        let answer =
            call_in("create-user", &[("PASSWORD_MIN_LENGTH", min_length)], jane(), &[created()]).await;
        answer.sent[0]["TemporaryPassword"].as_str().unwrap().to_owned()
    };
    let (first, second, long) = (sent("6").await, sent("6").await, sent("99").await);
    assert_ne!(first, second);
    assert!(first.len() >= 24 && long.len() >= 99, "{first} {long}");
    for password in [first, second, long] {
        assert!(password.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'), "{password}");
    }
}

#[tokio::test]
async fn a_temporary_password_that_is_lost_with_an_error_is_in_neither_reply_nor_log() {
    for (error, message) in [
        ("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
        ("InvalidParameterException", "1 validation error detected"),
        ("UsernameExistsException", "An account with the given email already exists."),
        ("CodeDeliveryFailureException", IN_THE_SANDBOX),
    ] {
        // That it did not get out is checked of every call.
        let answer = call("create-user", jane(), &[fails(CREATE, error, message)]).await;
        assert!(answer.status >= 400 && answer.sent[0]["TemporaryPassword"].is_string());
    }
}

#[tokio::test]
async fn the_role_allows_what_is_called_and_nothing_else() {
    let answer = call("create-user", jane(), &[created()]).await;
    assert_eq!(answer.actions, endpoint("create-user").operations);
}

#[tokio::test]
async fn an_address_that_is_taken_is_a_conflict() {
    let refused = fails(CREATE, "UsernameExistsException", "An account with the given email already exists.");
    assert_eq!(call("create-user", jane(), &[refused]).await.error(), (409, "user_exists"));
}

#[tokio::test]
async fn a_user_whose_mail_failed_is_told_apart_from_one_who_was_not_created() {
    let failed = fails(CREATE, "CodeDeliveryFailureException", IN_THE_SANDBOX);
    assert_eq!(call("create-user", jane(), &[failed]).await.error(), (502, "email_delivery_failed"));
}

#[tokio::test]
async fn a_recipient_whom_ses_names_is_not_logged() {
    let failed = fails(CREATE, "CodeDeliveryFailureException", IN_THE_SANDBOX);
    let answer = call("create-user", jane(), &[failed]).await;
    assert_eq!(
        answer.log["cause"],
        "AdminCreateUser: CodeDeliveryFailureException: Email address is not verified. The following identities \
         failed the check in region EU-WEST-1: (address) (address) (aws request aws-request-1)"
    );
}

#[tokio::test]
async fn a_day_without_mails_left_is_a_mail_that_failed_and_no_matter_of_minutes() {
    let message = "Exceeded daily email limit for the operation or the account. If a higher limit is required, please \
                   configure your user pool to use your own Amazon SES configuration for sending email from Amazon SES.";
    let answer = call("create-user", jane(), &[fails(CREATE, "LimitExceededException", message)]).await;
    assert_eq!(answer.error(), (502, "email_delivery_failed"));
    assert!(!answer.headers.contains_key("Retry-After"), "{:?}", answer.headers);
    let other =
        fails(CREATE, "LimitExceededException", "Attempt limit exceeded, please try after some time.");
    let answer = call("create-user", jane(), &[other]).await;
    assert_eq!((answer.error(), answer.headers["Retry-After"].as_str()), ((429, "too_many_requests"), "900"));
}

#[tokio::test]
async fn a_format_that_only_cognito_refuses_is_a_bad_request_too() {
    for (message, field) in [
        ("Invalid phone number format.", "mobile_phone_number"),
        ("Invalid email address format.", "email"),
        ("Username should be an email.", "email"),
    ] {
        let answer =
            call("create-user", jane(), &[fails(CREATE, "InvalidParameterException", message)]).await;
        assert_eq!(answer.error(), (400, "invalid_request"));
        assert_eq!(answer.fields(), [(field, "is not accepted")]);
    }
    let other = fails(CREATE, "InvalidParameterException", "Attributes did not conform to the schema");
    assert_eq!(call("create-user", jane(), &[other]).await.error(), (500, "internal"));
}

#[tokio::test(start_paused = true)]
async fn a_user_is_never_created_twice_by_a_retry() {
    for status in [500, 503] {
        let answer = call("create-user", jane(), &[breaks(CREATE, status)]).await;
        assert_eq!(answer.error(), (503, "upstream_unavailable"));
    }
    let silent = NeverClient::new();
    let answer = ask(&app_over("create-user", silent.clone(), &[]), "create-user", jane()).await;
    assert_eq!(answer.error(), (503, "upstream_unavailable"));
    assert_eq!(silent.num_calls(), 1);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let missing = |field| (field, "is missing");
    let phone = "must be a phone number in E.164 format, such as +33612345678";
    for (body, expected) in [
        (json!({}), vec![missing("email"), missing("full_name"), missing("mobile_phone_number")]),
        (
            json!({"full_name": 1, "email": true, "mobile_phone_number": 33_612_345_678_u64}),
            vec![
                ("email", "must be a string"),
                ("full_name", "must be a string"),
                ("mobile_phone_number", "must be a string"),
            ],
        ),
        (
            json!({"full_name": " ", "email": "jane", "mobile_phone_number": "0612345678", "locale": "fr", "age": 4}),
            vec![
                ("age", "is unknown"),
                ("email", "must be an e-mail address"),
                ("full_name", "must not be empty"),
                ("locale", "is unknown"),
                ("mobile_phone_number", phone),
            ],
        ),
    ] {
        let answer = call("create-user", post(&body), &[]).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{body}");
        assert_eq!(answer.fields(), expected, "{body}");
    }
}

mod where_only_administrators_register {
    use super::*;

    const BY_GROUP: &[(&str, &str)] = &[("REGISTRATION", "admin")];
    const BY_IAM: &[(&str, &str)] = &[("REGISTRATION", "admin"), ("ADMIN", "iam")];

    fn by(changes: &[(&str, Value)]) -> Value {
        let mut claims = id_token_claims();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        with_claims(jane(), &claims)
    }

    #[tokio::test]
    async fn a_member_of_the_group_may() {
        let event = by(&[("cognito:groups", json!("staff,admins"))]);
        assert_eq!(call_in("create-user", BY_GROUP, event, &[created()]).await.status, 201);
    }

    #[tokio::test]
    async fn no_other_user_may() {
        for groups in [json!(null), json!(""), json!("staff"), json!("not-admins"), json!("Admins")] {
            let event = by(&[("cognito:groups", groups.clone())]);
            let answer = call_in("create-user", BY_GROUP, event, &[]).await;
            assert_eq!(answer.error(), (403, "forbidden"), "{groups}");
        }
    }

    #[tokio::test]
    async fn a_token_that_is_not_ours_or_none_at_all_does_not_count() {
        let admins = ("cognito:groups", json!("admins"));
        for event in [
            jane(),
            by(&[admins.clone(), ("token_use", json!("access"))]),
            by(&[admins.clone(), ("aud", json!("another-client"))]),
            by(&[
                admins.clone(),
                ("iss", json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_other")),
            ]),
        ] {
            assert_eq!(call_in("create-user", BY_GROUP, event, &[]).await.error(), (401, "invalid_token"));
        }
    }

    #[tokio::test]
    async fn with_iam_a_signed_request_may_and_an_id_token_may_not() {
        let mut signed = jane();
        signed["requestContext"]["identity"] =
            json!({"userArn": "arn:aws:sts::123456789012:assumed-role/ops/jo"});
        assert_eq!(call_in("create-user", BY_IAM, signed, &[created()]).await.status, 201);
        for identity in [json!(null), json!({}), json!({"userArn": null}), json!({"userArn": ""})] {
            let mut token = by(&[("cognito:groups", json!("admins"))]);
            token["requestContext"]["identity"] = identity;
            assert_eq!(call_in("create-user", BY_IAM, token, &[]).await.error(), (403, "forbidden"));
        }
    }

    #[tokio::test]
    async fn who_may_not_is_not_told_what_the_body_should_be() {
        let answer = call_in("create-user", BY_GROUP, post(&json!({})), &[]).await;
        assert_eq!(answer.error(), (401, "invalid_token"));
    }
}

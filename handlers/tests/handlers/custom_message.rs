use crate::support::*;
use cogapi_handlers::email::{LOCALES, Message, Values, write};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::PathBuf};

const SOURCES: &[(&str, &str)] = &[
    ("CustomMessage_AdminCreateUser", "Your account is ready"),
    ("CustomMessage_ForgotPassword", "Reset your password"),
    ("CustomMessage_ResendCode", "Your confirmation code"),
    ("CustomMessage_UpdateUserAttribute", "Confirm your e-mail address"),
    ("CustomMessage_VerifyUserAttribute", "Confirm your e-mail address"),
];

fn event(source: &str, attributes: &Value) -> Value {
    json!({
        "version": "1",
        "triggerSource": source,
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_pool",
        "userName": "5f0e2b7a",
        "callerContext": {"awsSdkVersion": "x", "clientId": "client1"},
        "request": {
            "userAttributes": attributes,
            "codeParameter": "{####}",
            "usernameParameter": if source.ends_with("AdminCreateUser") { json!("{username}") } else { json!(null) },
        },
        "response": {"smsMessage": null, "emailMessage": null, "emailSubject": null},
    })
}

async fn mail(source: &str, attributes: Value) -> (String, String) {
    let event = react("custom-message", event(source, &attributes)).await;
    let text = |name: &str| event["response"][name].as_str().unwrap().to_owned();
    (text("emailSubject"), text("emailMessage"))
}

#[tokio::test]
async fn every_mail_of_cognito_has_its_text_and_keeps_the_placeholders() {
    for (source, expected) in SOURCES {
        let (subject, body) = mail(source, json!({"name": "Jane"})).await;
        assert_eq!(subject, *expected);
        assert_eq!(body.matches("{####}").count(), 1, "{source}");
        assert_eq!(
            body.matches("{username}").count(),
            usize::from(source.ends_with("AdminCreateUser")),
            "{source}"
        );
        assert!(body.contains("Hello Jane,"), "{body}");
    }
}

#[tokio::test]
async fn the_rest_of_the_event_goes_back_as_it_came() {
    let before = event("CustomMessage_ForgotPassword", &json!({"name": "Jane"}));
    let mut after = react("custom-message", before.clone()).await;
    after["response"] = before["response"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_users_language_is_used_where_there_is_a_translation() {
    let source = "CustomMessage_AdminCreateUser";
    for locale in ["fr", "fr-FR", "fr_CA", "FR"] {
        let (subject, body) = mail(source, json!({"name": "Jane", "locale": locale})).await;
        assert_eq!(subject, "Votre compte est prêt", "{locale}");
        assert!(body.contains("Bonjour Jane,") && body.contains("<html lang=\"fr\">"));
    }
    for locale in ["en", "en-GB", "de", "frr", "", "-", "../fr"] {
        let (subject, _) = mail(source, json!({"name": "Jane", "locale": locale})).await;
        assert_eq!(subject, "Your account is ready", "{locale}");
    }
}

#[tokio::test]
async fn a_name_cannot_write_html_nor_place_the_code() {
    let name = "<b id=\"x\">{####} & {username} {{code}} '";
    let (_, body) = mail("CustomMessage_AdminCreateUser", json!({"name": name})).await;
    assert!(!body.contains("<b "), "{body}");
    assert_eq!((body.matches("{####}").count(), body.matches("{username}").count()), (1, 1));
    assert!(body.contains("&#60;b id&#61;&#34;x&#34;&#62;&#123;&#35;&#35;&#35;&#35;&#125; &#38; "), "{body}");
}

/// Whether Cognito takes the character: `[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]`, as far as our own texts need it.
pub(crate) fn is_taken(character: char) -> bool {
    character == '\n'
        || character == ' '
        || character.is_ascii_graphic()
        || character.is_alphabetic()
        || character == '’'
}

#[tokio::test]
async fn a_name_of_any_script_leaves_a_text_that_cognito_takes() {
    for (name, escaped) in [
        ("علی\u{200c}رضا", "Hello &#1593;&#1604;&#1740;&#8204;&#1585;&#1590;&#1575;,"),
        ("👩\u{200d}💻 Jane", "Hello &#128105;&#8205;&#128187; Jane,"),
        ("Jean\u{a0}Paul", "Hello Jean&#160;Paul,"),
    ] {
        for (source, _) in SOURCES {
            let (subject, body) = mail(source, json!({"name": name})).await;
            assert!(body.contains(escaped), "{body}");
            assert!(subject.chars().chain(body.chars()).all(is_taken), "{body}");
        }
    }
}

#[tokio::test]
async fn a_name_that_could_be_an_attackers_message_is_left_out() {
    for name in
        ["Jane https://evil.example", "www.evil", "evil.example", "a/b", "jane@example.com", &"x".repeat(65)]
    {
        for (locale, greeting) in [("en", "<p>Hello,</p>"), ("fr", "<p>Bonjour,</p>")] {
            let attributes = json!({"name": name, "locale": locale});
            let (_, body) = mail("CustomMessage_AdminCreateUser", attributes).await;
            assert!(body.contains(greeting) && !body.contains("evil"), "{body}");
        }
    }
}

#[tokio::test]
async fn a_user_without_a_name_is_greeted_without_one() {
    for attributes in
        [json!({"email": "jane@example.com"}), json!({"email": "jane@example.com", "name": " "})]
    {
        let (_, body) = mail("CustomMessage_ForgotPassword", attributes).await;
        assert!(body.contains("<p>Hello,</p>"), "{body}");
    }
}

#[tokio::test]
async fn it_logs_that_it_was_asked_and_leaves_the_sending_to_cognito() {
    let event = event("CustomMessage_ForgotPassword", &json!({"name": "Jane Doe"}));
    let reaction = react_in("custom-message", &[], event, &[]).await;
    assert!(reaction.mails.is_empty());
    assert_eq!(
        (&reaction.log["endpoint"], &reaction.log["outcome"]),
        (&json!("custom-message"), &json!("ok"))
    );
}

#[tokio::test]
async fn an_event_that_is_not_understood_leaves_cognitos_own_text() {
    let jane = json!({"name": "Jane"});
    let mut without_placeholder = event("CustomMessage_AdminCreateUser", &jane);
    without_placeholder["request"]["usernameParameter"] = json!(null);
    for event in [
        event("CustomMessage_Authentication", &jane),
        event("PreSignUp_SignUp", &jane),
        without_placeholder,
        json!({"triggerSource": "CustomMessage_ForgotPassword"}),
        json!({}),
        json!(null),
        json!([1]),
    ] {
        assert_eq!(react("custom-message", event.clone()).await, event);
    }
}

#[test]
fn every_template_is_complete_in_every_language() {
    let values = Values { name: "Jane", code: "CODE", username: "USERNAME" };
    for locale in LOCALES {
        for message in Message::ALL {
            let mail = write(*message, Some(locale), &values);
            let context = format!("{locale} {message:?}");
            assert!(
                !mail.body.contains("{{") && !mail.body.contains("}}"),
                "{context}: an unknown placeholder"
            );
            assert!(mail.body.contains("Jane") && mail.body.contains("CODE"), "{context}");
            assert_eq!(mail.body.contains("USERNAME"), *message == Message::Invitation, "{context}");
            assert!(
                mail.subject.chars().chain(mail.body.chars()).all(is_taken),
                "{context}: write it as &#…;"
            );
            let nameless = write(*message, Some(locale), &Values { name: "", ..values });
            assert_eq!(nameless.body, mail.body.replacen(" Jane", "", 1), "{context}");
            // What Cognito takes at most: 140 and 20,000 characters.
            assert!(
                (1..=140).contains(&mail.subject.chars().count()) && !mail.subject.contains('\n'),
                "{context}"
            );
            assert!(mail.body.chars().count() < 5_000, "{context}");
        }
    }
}

#[test]
fn every_folder_of_templates_is_embedded() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../templates/email");
    let folders = |path: PathBuf| -> BTreeSet<String> {
        fs::read_dir(path).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    };
    let locales = folders(root.clone());
    assert_eq!(locales, LOCALES.iter().map(|&it| it.to_owned()).collect());
    for locale in locales {
        let messages: BTreeSet<_> = Message::ALL.iter().map(|it| it.folder().to_owned()).collect();
        assert_eq!(folders(root.join(&locale)), messages, "{locale}");
    }
}

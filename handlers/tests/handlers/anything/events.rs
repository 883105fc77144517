//! One target a trigger: events like the ones that Cognito sends.

use super::{assert_is_harmless, hold, values::near};
use crate::support::*;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use cogapi_handlers::{app::Needs, registry, registry::TRIGGERS, runtime};
use std::time::Duration;

#[test]
fn every_event_of_cognito_goes_back_with_a_response_or_as_an_error() {
    for trigger in TRIGGERS {
        hold(trigger.name, near(&right_event(trigger)), async |event| {
            let mails = infallible_client_fn(|_| http::Response::new(SdkBody::from("{}")));
            let app = app_that_mails(Needs::from(*trigger), mails, &[]);
            let (_, handle) = registry::trigger(trigger.name).unwrap();
            let invocation = invocation(trigger.name, Duration::from_millis(9500)).of_trigger();
            let (result, line) = runtime::react(&app, trigger, handle, event.clone(), &invocation).await;
            assert_is_harmless(&serde_json::from_str(&line).expect("every log line is JSON"));
            if let Ok(mut reacted) = result {
                // Cognito reads its own part again.
                if let (Some(reacted), Some(response)) = (reacted.get_mut("response"), event.get("response"))
                {
                    reacted.clone_from(response);
                }
                assert_eq!(reacted, event);
            }
        });
    }
}

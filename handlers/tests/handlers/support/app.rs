//! The functions' apps, over a replayed network.

use super::{endpoint, variable};
use aws_sdk_cognitoidentityprovider::{
    Client,
    config::{HttpClient, SharedHttpClient, retry::RetryPartition},
};
use cogapi_handlers::{
    app::{App, Needs},
    aws,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A partition is a budget of retries that is shared within a process: each app gets its own.
static PARTITIONS: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn app_over(name: &str, http_client: impl HttpClient + 'static, changed: &[(&str, &str)]) -> App {
    app_of(Needs::from(endpoint(name)), http_client, changed)
}

pub(crate) fn app_of(needs: Needs, http_client: impl HttpClient + 'static, changed: &[(&str, &str)]) -> App {
    let get = changing(changed);
    let client = aws::Environment::load(get).unwrap().cognito_over(SharedHttpClient::new(http_client));
    let partition = RetryPartition::new(format!("test-{}", PARTITIONS.fetch_add(1, Ordering::Relaxed)));
    let client = Client::from_conf(client.config().to_builder().retry_partition(partition).build());
    App::load(needs, get).unwrap().with_cognito(client)
}

/// The app of a function whose mails, if it sends any, go this way.
pub(crate) fn app_that_mails(
    needs: Needs,
    http_client: impl HttpClient + 'static,
    changed: &[(&str, &str)],
) -> App {
    let get = changing(changed);
    let app = App::load(needs, get).unwrap();
    let Ok(sender) = app.config.sender() else { return app };
    let aws = aws::Environment::load(get).unwrap();
    let ses = aws.ses_over(SharedHttpClient::new(http_client), sender.identity_arn);
    app.with_ses(ses)
}

/// The environment with these changes.
fn changing(changed: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + Copy {
    move |name| {
        let change = changed.iter().find(|(key, _)| *key == name);
        change.map_or_else(|| variable(name), |(_, value)| Some((*value).to_owned()))
    }
}

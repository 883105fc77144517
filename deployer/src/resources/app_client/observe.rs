//! What Cognito tells of an app client, as the inputs that would make it so. Pure: makes no call.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{
    FeatureType, OAuthFlowType, PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType,
    UserPoolClientType,
};

use super::{AppClient, Rotation, TokenLifetimes};

/// The pool's own users, as Cognito names them among the identity providers.
const OWN_USERS: &str = "COGNITO";

impl AppClient {
    /// The inputs of a client as it is.
    pub(super) fn observed(&self, client: &UserPoolClientType) -> Self {
        let units = client.token_validity_units();
        let (access, id, refresh) = (
            units.and_then(TokenValidityUnitsType::access_token),
            units.and_then(TokenValidityUnitsType::id_token),
            units.and_then(TokenValidityUnitsType::refresh_token),
        );
        let rotation = client.refresh_token_rotation().filter(|it| it.feature == FeatureType::Enabled);
        Self {
            pool_id: self.pool_id.clone(),
            name: client.client_name().unwrap_or_default().to_owned(),
            secret: client.client_secret().is_some(),
            // The defaults of Cognito, where it does not say: an hour in hours, thirty days in days.
            tokens: TokenLifetimes {
                access_seconds: seconds(client.access_token_validity.unwrap_or(1), access, HOUR),
                id_seconds: seconds(client.id_token_validity.unwrap_or(1), id, HOUR),
                refresh_seconds: match client.refresh_token_validity {
                    0 => 30 * DAY,
                    validity => seconds(validity, refresh, DAY),
                },
            },
            rotation: rotation
                .map(|it| Rotation { grace_seconds: it.retry_grace_period_seconds.unwrap_or_default() }),
            auth_flows: client.explicit_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
            session_minutes: client.auth_session_validity.unwrap_or(3),
            revocation: client.enable_token_revocation == Some(true),
            hides_unknown_users: client.prevent_user_existence_errors()
                == Some(&PreventUserExistenceErrorTypes::Enabled),
            deviations: deviations(client),
        }
    }
}

/// What differs from the defaults that we leave as they are, by name.
///
/// What is absent, empty and `false` is the same here: Cognito leaves out what was never set, and does not always.
fn deviations(client: &UserPoolClientType) -> BTreeMap<String, String> {
    let on = |flag: Option<bool>| flag.unwrap_or_default().then(|| "on".to_owned());
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    // It names what the hosted pages offer, and does not keep the pool's own users from signing in: with them alone it is no
    // other than an empty list.
    let providers = client.supported_identity_providers();
    let foreign = providers.iter().any(|provider| provider != OWN_USERS);
    let found = [
        ("OAuth", on(client.allowed_o_auth_flows_user_pool_client())),
        ("OAuth flows", list(client.allowed_o_auth_flows().iter().map(OAuthFlowType::as_str))),
        ("OAuth scopes", list(client.allowed_o_auth_scopes())),
        ("callback URLs", list(client.callback_urls())),
        ("logout URLs", list(client.logout_urls())),
        ("default redirect URI", text(client.default_redirect_uri())),
        ("identity providers", list(providers).filter(|_| foreign)),
        // Shown only where somebody chose them; otherwise they are all standard attributes.
        ("readable attributes", list(client.read_attributes())),
        ("writable attributes", list(client.write_attributes())),
        ("user context from callers", on(client.enable_propagate_additional_user_context_data())),
        ("analytics", client.analytics_configuration().map(|_| "on".to_owned())),
    ];
    found.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A list in one line, in an order that does not depend on Cognito's; nothing where it is empty.
fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let mut items: Vec<String> = items.into_iter().map(|item| item.as_ref().to_owned()).collect();
    items.sort();
    (!items.is_empty()).then(|| items.join(" "))
}

pub(super) const HOUR: i32 = 60 * 60;
pub(super) const DAY: i32 = 24 * HOUR;

/// A validity in seconds. Without a unit it is in Cognito's default one, which differs between tokens.
fn seconds(validity: i32, unit: Option<&TimeUnitsType>, default: i32) -> i32 {
    let factor = match unit {
        Some(TimeUnitsType::Seconds) => 1,
        Some(TimeUnitsType::Minutes) => 60,
        Some(TimeUnitsType::Hours) => HOUR,
        Some(TimeUnitsType::Days) => DAY,
        _ => default,
    };
    validity.saturating_mul(factor)
}

//! The list of everything that is deployed: one line each. The API body, the functions, their roles and the documents are
//! derived from it, and so is the way from a function's name to its handler. Owns no behaviour.

use crate::{
    app::App,
    endpoint::{Endpoint, Trigger},
    endpoints,
    error::Failure,
    reaction::Reaction,
    reply::Reply,
    request::Request,
    triggers,
};
use serde_json::Value;
use std::pin::Pin;

/// What a handler returns until it is done.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// The function behind an endpoint.
pub type Handle = for<'a> fn(&'a App, &'a Request) -> Pending<'a, Reply>;

/// The function behind a trigger: event in, event with its `response` filled out.
pub type React = for<'a> fn(&'a App, Value) -> Pending<'a, Reaction>;

macro_rules! endpoints {
    ($($module:ident),* $(,)?) => {
        /// All HTTP endpoints.
        pub const ENDPOINTS: &[&Endpoint] = &[$(&endpoints::$module::ENDPOINT),*];

        const HANDLED: &[(&Endpoint, Handle)] = &[$(
            (&endpoints::$module::ENDPOINT, |app, request| Box::pin(endpoints::$module::handle(app, request)))
        ),*];

        #[cfg(test)]
        const ENDPOINT_MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

macro_rules! triggers {
    ($($module:ident),* $(,)?) => {
        /// All Cognito triggers.
        pub const TRIGGERS: &[&Trigger] = &[$(&triggers::$module::TRIGGER),*];

        const REACTED: &[(&Trigger, React)] = &[$(
            (&triggers::$module::TRIGGER, |app, event| Box::pin(triggers::$module::handle(app, event)))
        ),*];

        #[cfg(test)]
        const TRIGGER_MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

endpoints! {
    create_user,
    confirm_user,
    confirm_mfa,
    resend_confirmation_code,
    forgot_password,
    confirm_password,
    reset_password,
    change_password,
    delete_user,
    mfa_reset_start,
    mfa_reset_verify,
    mfa_reset_confirm,
    login,
    mfa_verify,
    refresh_token,
    userinfo,
    logout,
    passkeys_register_start,
    passkeys_register_complete,
    passkeys_list,
    passkeys_delete,
    passkeys_login_start,
    passkeys_login_complete,
}

triggers! {
    custom_message,
    define_auth_challenge,
    create_auth_challenge,
    verify_auth_challenge_response,
}

/// The endpoint with this name, and its handler.
#[must_use]
pub fn endpoint(name: &str) -> Option<(&'static Endpoint, Handle)> {
    HANDLED.iter().find(|(endpoint, _)| endpoint.name == name).copied()
}

/// The trigger with this name, and its handler.
#[must_use]
pub fn trigger(name: &str) -> Option<(&'static Trigger, React)> {
    REACTED.iter().find(|(trigger, _)| trigger.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use std::{collections::HashSet, fs, path::Path};

    fn modules_in(folder: &str) -> HashSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|module| module != "mod")
            .collect()
    }

    fn owned(names: &[&str]) -> HashSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn every_file_of_an_endpoint_or_trigger_is_registered_once() {
        assert_eq!(modules_in("endpoints"), owned(ENDPOINT_MODULES));
        assert_eq!(modules_in("triggers"), owned(TRIGGER_MODULES));
        assert_eq!(owned(ENDPOINT_MODULES).len(), ENDPOINTS.len());
        assert_eq!(owned(TRIGGER_MODULES).len(), TRIGGERS.len());
    }

    #[test]
    fn a_function_is_named_after_its_file() {
        let names = ENDPOINTS.iter().map(|endpoint| endpoint.name).zip(ENDPOINT_MODULES);
        for (name, module) in names.chain(TRIGGERS.iter().map(|trigger| trigger.name).zip(TRIGGER_MODULES)) {
            assert_eq!(name, module.replace('_', "-"));
        }
    }

    #[test]
    fn every_name_leads_to_its_own_entry() {
        assert!(ENDPOINTS.iter().all(|it| endpoint(it.name).is_some_and(|(found, _)| found.name == it.name)));
        assert!(TRIGGERS.iter().all(|it| trigger(it.name).is_some_and(|(found, _)| found.name == it.name)));
        assert!(endpoint("custom-message").is_none() && trigger("login").is_none());
    }

    #[test]
    fn an_endpoint_declares_its_own_errors_and_not_those_of_all() {
        for endpoint in ENDPOINTS {
            let own: HashSet<_> = endpoint.errors.iter().collect();
            assert_eq!(own.len(), endpoint.errors.len(), "{}", endpoint.name);
            assert!(ErrorCode::COMMON.iter().all(|code| !own.contains(code)), "{}", endpoint.name);
        }
    }

    #[test]
    fn what_a_role_allows_is_called() {
        assert!(ENDPOINTS.iter().all(|it| it.calls_cognito || it.operations.is_empty()));
    }

    #[test]
    fn no_two_endpoints_share_a_method_and_path() {
        let places: HashSet<_> = ENDPOINTS.iter().map(|it| (it.method, it.path)).collect();
        assert_eq!(places.len(), ENDPOINTS.len());
        assert!(ENDPOINTS.iter().all(|it| it.path.starts_with("/v1/")));
    }
}

//! Nobody acts on somebody else. Every endpoint that is told in more than one way whom it is about is told all mixtures of two
//! people: it refuses, and nothing has changed for either.

use cogapi_handlers::endpoint::{Authorization, Endpoint};
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::registry::ENDPOINTS;

use crate::client::{Api, Request};
use crate::each::each;
use crate::person::Person;
use crate::right::{Scene, scene};

/// Fields that only one person can have got, beside the address.
const OWNED: &[&str] = &["access_token", "refresh_token", "session", "mfa_session", "verification_session"];

/// One way in which a request says whom it is about.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    PathById,
    PathByAddress,
    Address,
    Owned(&'static str),
    Bearer,
}

impl Part {
    /// What it says of the other person.
    fn taken_from(self, other: &Scene<'_>, request: Request) -> Request {
        match self {
            Self::PathById => request.about(&other.person.id),
            Self::PathByAddress => request.about(&other.person.address),
            Self::Address => request.with("email", other.person.address.as_str()),
            Self::Owned(field) => request.with(field, other.request.body[field].clone()),
            Self::Bearer => request.bearing(other.request.token.as_ref().unwrap()),
        }
    }

    /// Whether it tells whose it is without anybody being looked up. A sealed session of another address is like one that is made up.
    fn is_plain(self) -> bool {
        !matches!(self, Self::PathById | Self::Owned("session"))
    }
}

/// The parts of a request to this endpoint, with its path by id or by address.
fn parts(endpoint: &Endpoint, path: Part) -> Vec<Part> {
    let takes = |field: &&str| endpoint.request.iter().any(|member| member.name == *field);
    let mut parts = Vec::new();
    parts.extend(endpoint.path.contains('{').then_some(path));
    parts.extend(takes(&"email").then_some(Part::Address));
    parts.extend(OWNED.iter().copied().filter(takes).map(Part::Owned));
    // An administrator's token says nothing of whom the request is about.
    parts.extend((endpoint.authorization == Authorization::IdToken).then_some(Part::Bearer));
    parts
}

#[test]
fn no_mixture_of_two_people_is_answered_and_nothing_changes_for_either() {
    let api = Api::shared();
    each(ENDPOINTS, |endpoint| {
        if parts(endpoint, Part::PathById).len() < 2 {
            return;
        }
        let (one, other) = (scene(api, endpoint.name), scene(api, endpoint.name));
        let before = [&one, &other].map(|scene| known_of(&scene.person));
        for path in [Part::PathById, Part::PathByAddress] {
            let parts = parts(endpoint, path);
            let own = match path {
                Part::PathByAddress if one.request.user.is_some() => {
                    one.request.clone().about(&one.person.address)
                }
                _ => one.request.clone(),
            };
            // Each part is the other's or not; neither none of them nor all.
            for mixture in 1..(1_u32 << parts.len()) - 1 {
                let of_other = |(at, _): &(usize, &Part)| mixture >> at & 1 == 1;
                let (theirs, ours): (Vec<_>, Vec<_>) = parts.iter().enumerate().partition(of_other);
                let request =
                    theirs.iter().fold(own.clone(), |request, (_, part)| part.taken_from(&other, request));
                let refused = api.ask(&request);
                let told_apart =
                    [theirs, ours].iter().all(|side| side.iter().any(|(_, part)| part.is_plain()));
                assert!(
                    refused.code() == ErrorCode::Forbidden.as_str() || (refused.status == 401 && !told_apart),
                    "{}: {mixture:b} of {}: {}",
                    endpoint.name,
                    parts.len(),
                    refused.body
                );
            }
        }
        assert_eq!([&one, &other].map(|scene| known_of(&scene.person)), before, "{}", endpoint.name);
        // What either had is still good: passwords, tokens, sessions and codes.
        one.ask().ok();
        other.ask().ok();
    });
}

/// What Cognito knows of somebody, and how many mails there were.
fn known_of(person: &Person<'_>) -> (String, usize) {
    let user = person.api.cognito(async |cognito, pool| {
        cognito.admin_get_user().user_pool_id(pool).username(&person.id).send().await.unwrap()
    });
    let known = format!(
        "{:?} {:?} {} {:?} {:?}",
        user.user_attributes,
        user.user_status,
        user.enabled,
        user.user_last_modified_date,
        user.user_mfa_setting_list
    );
    (known, person.api.mails_to(&person.address).len())
}

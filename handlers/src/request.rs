//! What a client sent: the proxy event as far as it is needed, and the reader of its JSON body. Owns the rule that all
//! problems of a request are named at once; must not know any endpoint.

use crate::{
    error::{Failure, FieldProblem},
    field::Field,
    user::{PATH_PARAMETER, UserRef},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};
use std::{collections::HashMap, fmt};
use tokio::time::Instant;

/// The largest body that is read.
pub const MAX_BODY: usize = 16 * 1024;

/// The field that stands for the whole body.
pub const BODY: &str = "body";
/// What is wrong with a body of more than [`MAX_BODY`].
pub const TOO_LARGE: &str = "must not be larger than 16 KiB";
/// What is wrong with a body that can't be read.
pub const NOT_JSON: &str = "must be JSON in UTF-8";

/// API Gateway's REST proxy event (payload 1.0), reduced to what is used. Everything may be null or absent.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyEvent {
    /// Header names as the client spelled them.
    pub headers: Option<HashMap<String, String>>,
    /// The values of the path's placeholders.
    pub path_parameters: Option<HashMap<String, String>>,
    /// What API Gateway knows about the request.
    pub request_context: RequestContext,
    /// The body.
    pub body: Option<String>,
    /// Whether the body is base64.
    pub is_base64_encoded: bool,
}

/// What API Gateway knows about a request.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestContext {
    /// The id that API Gateway gave it.
    pub request_id: Option<String>,
    /// What the authorizer found.
    pub authorizer: Option<Authorizer>,
    /// Who signed it.
    pub identity: Option<Identity>,
}

/// What the Cognito authorizer found.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Authorizer {
    /// The verified token's claims.
    pub claims: Option<Map<String, Value>>,
}

/// Who signed the request; only filled behind an `AWS_IAM` method.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    /// The caller's ARN.
    pub user_arn: Option<String>,
}

/// One request to an endpoint. Has no `Debug`: its body holds passwords.
pub struct Request {
    event: ProxyEvent,
    received: Instant,
}

impl Request {
    /// A request that came at `received`.
    #[must_use]
    pub fn new(event: ProxyEvent, received: Instant) -> Self {
        Self { event, received }
    }

    /// When it came.
    #[must_use]
    pub fn received(&self) -> Instant {
        self.received
    }

    /// The id that API Gateway gave it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.event.request_context.request_id.as_deref()
    }

    /// A header, whatever the case of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.event.headers.as_ref()?;
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The verified claims of the caller's token.
    #[must_use]
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.event.request_context.authorizer.as_ref()?.claims.as_ref()
    }

    /// The ARN of the caller who signed the request.
    #[must_use]
    pub fn signer(&self) -> Option<&str> {
        self.event.request_context.identity.as_ref()?.user_arn.as_deref()
    }

    /// The user whom the path names, where there is no body whose problems are told beside the path's.
    pub fn user(&self) -> Result<UserRef, Failure> {
        self.path_user().map_err(|problem| Failure::wrong(PATH_PARAMETER.name, problem))
    }

    fn path_user(&self) -> Result<UserRef, &'static str> {
        let parameters = self.event.path_parameters.as_ref();
        let named = parameters.and_then(|it| it.get(PATH_PARAMETER.name)).ok_or("is missing")?;
        UserRef::parse_path(named)
    }

    /// The body's fields, to be taken one by one.
    pub fn fields(&self) -> Result<Fields, Failure> {
        let wrong = |problem| Failure::wrong(BODY, problem);
        let body = self.event.body.as_deref().unwrap_or_default();
        let decoded;
        let bytes = if self.event.is_base64_encoded {
            // Base64 is a third longer: anything beyond is too large without being decoded.
            if body.len() > MAX_BODY * 4 / 3 + 4 {
                return Err(wrong(TOO_LARGE));
            }
            decoded = STANDARD.decode(body).map_err(|_| wrong(NOT_JSON))?;
            decoded.as_slice()
        } else {
            body.as_bytes()
        };
        if bytes.len() > MAX_BODY {
            return Err(wrong(TOO_LARGE));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            // JSON of another kind is told at its first character: what follows may be broken all the same.
            wrong(if error.is_data() { "must be a JSON object" } else { NOT_JSON })
        })
    }
}

/// The fields of a body. Take each, then [`finish`](Self::finish): what nobody took is unknown.
pub struct Fields {
    members: Map<String, Value>,
    problems: Vec<FieldProblem>,
}

impl Fields {
    /// Takes a field that must be there.
    pub fn take<T>(&mut self, field: &Field<T>) -> Option<T> {
        let name = field.member.name;
        // `null` and absent are both missing.
        let value = self.members.remove(name).unwrap_or_default();
        field.read(value).map_err(|problem| self.problem(name, problem)).ok()
    }

    /// Takes the user whom the path names.
    pub fn take_user(&mut self, request: &Request) -> Option<UserRef> {
        request.path_user().map_err(|problem| self.problem(PATH_PARAMETER.name, problem)).ok()
    }

    /// Notes a problem.
    pub fn problem(&mut self, field: &str, problem: &'static str) {
        self.problems.push(FieldProblem { field: field.to_owned(), problem });
    }

    /// All that were taken, or everything that is wrong with the body.
    pub fn finish<T: AllTaken>(mut self, taken: T) -> Result<T::Values, Failure> {
        let mut unknown: Vec<String> = self.members.into_iter().map(|(field, _)| field).collect();
        unknown.sort_unstable();
        self.problems.extend(unknown.into_iter().map(|field| FieldProblem { field, problem: "is unknown" }));
        match taken.all() {
            Some(values) if self.problems.is_empty() => Ok(values),
            _ => Err(Failure::invalid(self.problems)),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneByOne)
    }
}

/// Reads an object's members one by one: read into a map, a key that comes twice would count with its last value here, and
/// perhaps with its first for who looked at the body before us.
struct OneByOne;

impl<'de> Visitor<'de> for OneByOne {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Fields, A::Error> {
        let mut fields = Fields { members: Map::new(), problems: Vec::new() };
        while let Some((field, value)) = access.next_entry::<String, Value>()? {
            let told = fields.problems.iter().any(|it| it.field == field);
            if fields.members.contains_key(&field) && !told {
                fields.problem(&field, "must not be given twice");
            }
            fields.members.insert(field, value);
        }
        Ok(fields)
    }
}

/// A tuple of taken fields that becomes a tuple of values when all of them are there.
pub trait AllTaken {
    /// The tuple without the options.
    type Values;
    /// All values, or nothing.
    fn all(self) -> Option<Self::Values>;
}

macro_rules! all_taken {
    ($($name:ident),+) => {
        impl<$($name),+> AllTaken for ($(Option<$name>,)+) {
            type Values = ($($name,)+);
            #[allow(non_snake_case, reason = "the type parameters' names serve for the values too")]
            fn all(self) -> Option<Self::Values> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    };
}

all_taken!(A);
all_taken!(A, B);
all_taken!(A, B, C);
all_taken!(A, B, C, D);
all_taken!(A, B, C, D, E);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::ErrorCode, schema::Text};

    fn request(body: &str) -> Request {
        Request::new(ProxyEvent { body: Some(body.to_owned()), ..ProxyEvent::default() }, Instant::now())
    }

    const ANY: Field<String> = Field::text("a", Text::new(0, 9, ""), |text| Ok(text.to_owned()), "");
    const NEVER: Field<String> = Field::text("b", Text::new(0, 9, ""), |_| Err("is never right"), "");

    fn take_two(body: &str) -> Result<(String, String), Vec<(String, &'static str)>> {
        let read = || {
            let mut fields = request(body).fields()?;
            let taken = (fields.take(&ANY), fields.take(&NEVER));
            fields.finish(taken)
        };
        read().map_err(|failure: Failure| {
            assert_eq!(failure.code(), ErrorCode::InvalidRequest);
            failure.fields().iter().map(|it| (it.field.clone(), it.problem)).collect()
        })
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let problems = take_two(r#"{"a":1,"b":"x","c":null,"d":2}"#).unwrap_err();
        let expected =
            [("a", "must be a string"), ("b", "is never right"), ("c", "is unknown"), ("d", "is unknown")];
        assert_eq!(problems, expected.map(|(field, problem)| (field.to_owned(), problem)));
    }

    #[test]
    fn a_key_that_comes_twice_is_a_problem_of_its_field_whatever_its_values() {
        for body in [r#"{"a":"x","b":"y","a":"x"}"#, r#"{"a":null,"\u0061":"x","a":"z","b":"y"}"#] {
            let problems = take_two(body).unwrap_err();
            assert!(problems.contains(&("a".to_owned(), "must not be given twice")), "{body}: {problems:?}");
            assert_eq!(problems.iter().filter(|(field, _)| field == "a").count(), 1, "{problems:?}");
        }
        let unknown = take_two(r#"{"c":1,"c":2}"#).unwrap_err();
        assert!(unknown.contains(&("c".to_owned(), "must not be given twice")), "{unknown:?}");
    }

    #[test]
    fn null_and_absent_are_both_missing() {
        let problems = take_two(r#"{"a":null}"#).unwrap_err();
        assert_eq!(problems, [("a".to_owned(), "is missing"), ("b".to_owned(), "is missing")]);
    }

    #[test]
    fn what_is_no_json_object_is_a_problem_of_the_body() {
        for (body, problem) in [
            ("", "must be JSON in UTF-8"),
            ("{", "must be JSON in UTF-8"),
            ("{} x", "must be JSON in UTF-8"),
            ("[]", "must be a JSON object"),
            ("\"a\"", "must be a JSON object"),
            ("null", "must be a JSON object"),
            ("true", "must be a JSON object"),
            ("-1", "must be a JSON object"),
            ("1", "must be a JSON object"),
            ("1.5", "must be a JSON object"),
            ("{\"a\":1e400}", "must be JSON in UTF-8"),
            ("{\"a\":1,}", "must be JSON in UTF-8"),
            ("{1:2}", "must be JSON in UTF-8"),
            (&"[".repeat(MAX_BODY), "must be a JSON object"),
            (&"{\"a\":".repeat(MAX_BODY / 5), "must be JSON in UTF-8"),
        ] {
            assert_eq!(take_two(body).unwrap_err(), [("body".to_owned(), problem)], "{body}");
        }
    }

    #[test]
    fn sixteen_kib_are_read_and_not_a_byte_more() {
        let body = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        assert_eq!(body(MAX_BODY).len(), MAX_BODY);
        assert!(request(&body(MAX_BODY)).fields().is_ok());
        let failure = request(&body(MAX_BODY + 1)).fields().err().unwrap();
        assert_eq!(failure.fields()[0].problem, "must not be larger than 16 KiB");
    }

    #[test]
    fn a_base64_body_is_read_the_same_way() {
        let encoded = |body: &[u8]| {
            let event = ProxyEvent {
                body: Some(STANDARD.encode(body)),
                is_base64_encoded: true,
                ..ProxyEvent::default()
            };
            Request::new(event, Instant::now()).fields().map(|fields| fields.members)
        };
        assert_eq!(encoded(br#"{"a":"x"}"#).unwrap()["a"], "x");
        assert!(encoded(b"{\"a\":\"\xff\"}").is_err());
        assert!(encoded(&vec![b' '; MAX_BODY + 1]).is_err());
    }

    #[test]
    fn an_event_with_nothing_in_it_is_an_empty_request() {
        for event in [
            "{}",
            r#"{"headers":null,"pathParameters":null,"requestContext":{"authorizer":null,"identity":{}},"body":null}"#,
        ] {
            let request = Request::new(serde_json::from_str(event).unwrap(), Instant::now());
            assert!(request.claims().is_none() && request.signer().is_none() && request.id().is_none());
            assert!(request.fields().is_err());
        }
    }

    #[test]
    fn a_user_whom_the_path_names_wrongly_is_told_like_a_field() {
        for (parameters, problem) in [
            ("null", "is missing"),
            ("{}", "is missing"),
            (r#"{"user_id":"jane"}"#, "must be an e-mail address or a user's id"),
        ] {
            let event = format!(r#"{{"pathParameters":{parameters},"body":"{{}}"}}"#);
            let request = Request::new(serde_json::from_str(&event).unwrap(), Instant::now());
            let told = |failure: Failure| {
                failure.fields().iter().map(|it| (it.field.clone(), it.problem)).collect::<Vec<_>>()
            };
            let mut fields = request.fields().unwrap();
            let taken = (fields.take_user(&request), fields.take(&ANY));
            let expected = ("user_id".to_owned(), problem);
            let both = told(fields.finish(taken).unwrap_err());
            assert_eq!(both, [expected, ("a".to_owned(), "is missing")]);
            assert_eq!(told(request.user().unwrap_err()), both[..1]);
        }
    }

    #[test]
    fn headers_are_found_whatever_their_case() {
        let headers = HashMap::from([("oRiGin".to_owned(), "https://a.example".to_owned())]);
        let event = ProxyEvent { headers: Some(headers), ..ProxyEvent::default() };
        assert_eq!(Request::new(event, Instant::now()).header("Origin"), Some("https://a.example"));
    }
}

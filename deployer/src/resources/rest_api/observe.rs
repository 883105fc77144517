//! The REST API as it is, mapped back to the inputs that would have made it. Reads only; what it can't express as inputs it
//! names in `deviations`.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types::{
    Authorizer, AuthorizerType, ConnectionType, EndpointConfiguration, EndpointType, GatewayResponse,
    Integration, IntegrationType, Method, Resource as ApiResource, ResponseTransferMode,
};
use cogapi_engine::Failure;
use futures::future::try_join4;

use super::answers::{GatewayAnswer, Preflight, gateway_answers, preflight};
use super::openapi::{
    AUTHORIZER, AUTHORIZER_TTL, IDENTITY_SOURCE, JSON, PREFLIGHT_REQUEST, PREFLIGHT_STATUS, Place,
    invocation_uri, paths_of,
};
use super::{Authorization, RestApi, Route, setting};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::resources::{Context, tags_from};

/// There, and not of our making.
const ADDED: &str = "added";
/// Ours, and no longer as we made it.
const CHANGED: &str = "changed";
/// Ours, and gone.
const REMOVED: &str = "removed";
/// API Gateway's integration timeout unless told otherwise, in milliseconds.
const DEFAULT_TIMEOUT: i32 = 29_000;

/// All that API Gateway says about an API.
pub(super) struct Seen {
    pub(super) api: GetRestApiOutput,
    pub(super) resources: Vec<ApiResource>,
    pub(super) authorizers: Vec<Authorizer>,
    pub(super) answers: Vec<GatewayResponse>,
}

impl RestApi {
    /// The API of this id, as it is now. `self` is what it should be, as last known.
    pub(super) async fn observe(&self, cx: &Context, id: &str) -> Result<Option<Self>, Failure> {
        let gateway = &cx.clients.apigateway;
        let api = async {
            let api = gateway.get_rest_api().rest_api_id(id).send().await;
            present("reading the REST API failed", api)
        };
        let resources = async {
            let pages = gateway.get_resources().rest_api_id(id).embed("methods").limit(500);
            let resources = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            present("reading the API's methods failed", resources)
        };
        // One page holds all of these: an API has at most 10 authorizers, and a gateway response for each of some 20 types.
        let authorizers = async {
            let page = gateway.get_authorizers().rest_api_id(id).limit(500).send().await;
            present("reading the API's authorizers failed", page.map(|page| page.items.unwrap_or_default()))
        };
        let answers = async {
            let page = gateway.get_gateway_responses().rest_api_id(id).limit(500).send().await;
            present(
                "reading the API's gateway responses failed",
                page.map(|page| page.items.unwrap_or_default()),
            )
        };
        let (Some(api), Some(resources), Some(authorizers), Some(answers)) =
            // In a box, as four requests at once make a large future.
            Box::pin(try_join4(api, resources, authorizers, answers)).await?
        else {
            return Ok(None);
        };
        let place = Place { partition: cx.clients.partition(), region: &cx.clients.region };
        Ok(Some(self.mapped(place, Seen { api, resources, authorizers, answers })))
    }

    /// What was seen, as the inputs that would have made it.
    pub(super) fn mapped(&self, place: Place<'_>, seen: Seen) -> Self {
        let mut deviations = settings(&seen.api);
        let (user_pool_arn, authorizer_id) = self.authorizer(&seen.authorizers, &mut deviations);
        let methods = methods(&seen.resources);
        let invoke_role_arn = self.invoke_role(&methods);
        let mut routes = BTreeMap::new();
        for (name, method) in methods.iter().filter(|(name, _)| !name.starts_with("OPTIONS ")) {
            let route = route(method, place, authorizer_id);
            if !route.as_ref().is_some_and(|_| is_plain(method, &invoke_role_arn)) {
                let known = self.routes.contains_key(name);
                deviations.insert(name.clone(), if known { CHANGED } else { ADDED }.to_owned());
            }
            if let Some(route) = route {
                routes.insert(name.clone(), route);
            }
        }
        self.compare_preflights(&methods, &mut deviations);
        self.compare_answers(&seen.answers, &mut deviations);
        Self {
            name: seen.api.name.unwrap_or_default(),
            description: seen.api.description.unwrap_or_default(),
            routes,
            invoke_role_arn,
            user_pool_arn,
            cors: self.cors.clone(),
            deviations,
            tags: tags_from(seen.api.tags.unwrap_or_default()),
        }
    }

    /// The user pool and the id of our authorizer; others are deviations.
    fn authorizer<'a>(
        &self,
        authorizers: &'a [Authorizer],
        deviations: &mut BTreeMap<String, String>,
    ) -> (Option<String>, Option<&'a str>) {
        let mut ours = (None, None);
        for authorizer in authorizers {
            let name = authorizer.name().unwrap_or_default();
            match (name, authorizer.r#type(), authorizer.provider_arns()) {
                (AUTHORIZER, Some(AuthorizerType::CognitoUserPools), [pool]) if self.uses_cognito() => {
                    ours = (Some(pool.clone()), authorizer.id());
                    let as_made = authorizer.identity_source() == Some(IDENTITY_SOURCE)
                        && authorizer
                            .authorizer_result_ttl_in_seconds()
                            .is_none_or(|ttl| ttl == AUTHORIZER_TTL)
                        && authorizer.identity_validation_expression().unwrap_or_default().is_empty();
                    if !as_made {
                        deviations.insert(format!("authorizer {name}"), CHANGED.to_owned());
                    }
                }
                _ => {
                    deviations.insert(format!("authorizer {name}"), ADDED.to_owned());
                }
            }
        }
        if !self.uses_cognito() {
            // Then the body names no authorizer, and the cloud can't tell the pool.
            ours.0.clone_from(&self.user_pool_arn);
        }
        ours
    }

    fn uses_cognito(&self) -> bool {
        self.routes.values().any(|route| route.authorization == Authorization::Cognito)
    }

    /// The role by which the functions are invoked: the one that all methods name, else the one that they should.
    fn invoke_role(&self, methods: &BTreeMap<String, &Method>) -> String {
        let integrations = methods.values().filter_map(|method| method.method_integration());
        let mut roles: Vec<&str> = integrations
            .filter(|integration| integration.r#type() == Some(&IntegrationType::AwsProxy))
            .map(|integration| integration.credentials().unwrap_or_default())
            .collect();
        roles.dedup();
        match roles.as_slice() {
            [role] => (*role).to_owned(),
            _ => self.invoke_role_arn.clone(),
        }
    }

    fn compare_preflights(
        &self,
        methods: &BTreeMap<String, &Method>,
        deviations: &mut BTreeMap<String, String>,
    ) {
        for path in paths_of(self) {
            let name = format!("OPTIONS {path}");
            match methods.get(&name) {
                None => deviations.insert(name, REMOVED.to_owned()),
                Some(method) if preflight_of(method).as_ref() != Some(&preflight(self, path)) => {
                    deviations.insert(name, CHANGED.to_owned())
                }
                Some(_) => None,
            };
        }
        let expected = paths_of(self);
        for name in methods.keys() {
            if name.strip_prefix("OPTIONS ").is_some_and(|path| !expected.contains(path)) {
                deviations.insert(name.clone(), ADDED.to_owned());
            }
        }
    }

    fn compare_answers(&self, answers: &[GatewayResponse], deviations: &mut BTreeMap<String, String>) {
        let expected = gateway_answers(self);
        // Every type is listed, those that nobody customised included.
        let found: HashMap<&str, &GatewayResponse> = answers
            .iter()
            .filter(|answer| !answer.default_response())
            .filter_map(|answer| Some((answer.response_type()?.as_str(), answer)))
            .collect();
        for (kind, wanted) in &expected {
            let state = match found.get(kind) {
                None => REMOVED,
                Some(answer) if answer_of(answer).as_ref() != Some(wanted) => CHANGED,
                Some(_) => continue,
            };
            deviations.insert(format!("gateway response {kind}"), state.to_owned());
        }
        for kind in found.keys().filter(|kind| !expected.contains_key(*kind)) {
            deviations.insert(format!("gateway response {kind}"), ADDED.to_owned());
        }
    }
}

/// The answer, or nothing where the API is gone.
fn present<T, E>(summary: &str, answer: Result<T, SdkError<E>>) -> Result<Option<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(failure(summary, &error)),
    }
}

/// The settings that differ from the defaults that we rely on, each with its present value.
fn settings(api: &GetRestApiOutput) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let types = api.endpoint_configuration().map(EndpointConfiguration::types).unwrap_or_default();
    if let Some(other) = types.iter().find(|endpoint| **endpoint != EndpointType::Regional) {
        settings.insert(setting::ENDPOINT_TYPE, other.as_str().to_owned());
    }
    if api.disable_execute_api_endpoint() {
        settings.insert(setting::EXECUTE_API, "disabled".to_owned());
    }
    if let Some(policy) = api.policy().filter(|policy| !policy.is_empty()) {
        settings.insert(setting::POLICY, policy.to_owned());
    }
    if !api.binary_media_types().is_empty() {
        settings.insert(setting::BINARY, api.binary_media_types().join(" "));
    }
    if let Some(size) = api.minimum_compression_size() {
        settings.insert(setting::COMPRESSION, size.to_string());
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Every method, by `METHOD /path`.
fn methods(resources: &[ApiResource]) -> BTreeMap<String, &Method> {
    let of = |resource: &ApiResource| resource.path().unwrap_or_default().to_owned();
    resources
        .iter()
        .flat_map(|resource| {
            let methods = resource.resource_methods().into_iter().flatten();
            methods.map(move |(name, method)| (format!("{name} {}", of(resource)), method))
        })
        .collect()
}

/// The route that a method is, if it invokes a function.
fn route(method: &Method, place: Place<'_>, authorizer_id: Option<&str>) -> Option<Route> {
    let integration = method.method_integration()?;
    if integration.r#type() != Some(&IntegrationType::AwsProxy) {
        return None;
    }
    let frame = invocation_uri("|", place);
    let (prefix, suffix) = frame.split_once('|')?;
    let function_arn = integration.uri()?.strip_prefix(prefix)?.strip_suffix(suffix)?.to_owned();
    let authorization = match method.authorization_type()? {
        "NONE" => Authorization::None,
        "AWS_IAM" => Authorization::Iam,
        "COGNITO_USER_POOLS" if authorizer_id.is_some() && method.authorizer_id() == authorizer_id => {
            Authorization::Cognito
        }
        _ => return None,
    };
    Some(Route { function_arn, authorization })
}

/// Whether a method that invokes a function is in all else as we make it.
fn is_plain(method: &Method, invoke_role_arn: &str) -> bool {
    let Some(integration) = method.method_integration() else { return false };
    !method.api_key_required().unwrap_or_default()
        && method.request_validator_id().is_none()
        && method.authorization_scopes().is_empty()
        && integration.http_method() == Some("POST")
        && integration.credentials().unwrap_or_default() == invoke_role_arn
        && is_empty(integration.request_templates())
        && has_defaults(integration)
}

/// Whether an integration has none of the options that we never set.
fn has_defaults(integration: &Integration) -> bool {
    let internet = |kind: &ConnectionType| *kind == ConnectionType::Internet;
    let buffered = |mode: &ResponseTransferMode| *mode == ResponseTransferMode::Buffered;
    is_empty(integration.request_parameters())
        && integration.content_handling().is_none()
        && integration.connection_type().is_none_or(internet)
        && integration.response_transfer_mode().is_none_or(buffered)
        // Absent reads as 0.
        && [0, DEFAULT_TIMEOUT].contains(&integration.timeout_in_millis())
}

fn is_empty<V>(map: Option<&HashMap<String, V>>) -> bool {
    map.is_none_or(HashMap::is_empty)
}

/// The preflight that a method is, if it is one of the form that we make.
fn preflight_of(method: &Method) -> Option<Preflight> {
    let integration = method.method_integration()?;
    let request = integration.request_templates()?;
    let open = method.authorization_type() == Some("NONE") && !method.api_key_required().unwrap_or_default();
    let mock = integration.r#type() == Some(&IntegrationType::Mock)
        && has_defaults(integration)
        && request.len() == 1
        && request.get(JSON).map(String::as_str) == Some(PREFLIGHT_REQUEST);
    let responses = integration.integration_responses()?;
    let response = responses.get(PREFLIGHT_STATUS)?;
    if !open
        || !mock
        || responses.len() != 1
        || response.selection_pattern().is_some_and(|text| !text.is_empty())
    {
        return None;
    }
    let headers = response
        .response_parameters()
        .into_iter()
        .flatten()
        .map(|(name, value)| Some((name.strip_prefix("method.response.header.")?.to_owned(), value.clone())))
        .collect::<Option<_>>()?;
    let mut templates = written(response.response_templates());
    let template = templates.remove(JSON);
    templates.is_empty().then_some(Preflight { headers, template })
}

/// The gateway response as we make it, if it has that form.
fn answer_of(answer: &GatewayResponse) -> Option<GatewayAnswer> {
    let mut templates = written(answer.response_templates());
    let body = templates.remove(JSON)?;
    let parameters = answer.response_parameters().cloned().unwrap_or_default().into_iter().collect();
    let status = answer.status_code().unwrap_or_default().to_owned();
    templates.is_empty().then_some(GatewayAnswer { status, parameters, body })
}

/// Templates that say something.
fn written(templates: Option<&HashMap<String, String>>) -> HashMap<String, String> {
    let all = templates.cloned().unwrap_or_default();
    all.into_iter().filter(|(_, template)| !template.is_empty()).collect()
}

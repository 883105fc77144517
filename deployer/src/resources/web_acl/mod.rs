//! A web ACL: whoever sends too many requests, and whoever AWS knows to be up to no good, is answered 403 before anything else.

mod document;

use std::collections::BTreeMap;
use std::time::Duration;

use cogapi_engine::{Failure, Found, Replacement, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::waiting::Wait;
use super::{Context, TagChanges, Tags, tags_from, topic};
use crate::aws::errors::{code, is_code};
use crate::aws::failure;
use crate::permissions::{ANY, Grant, Permitted, WEB_ACLS};

/// Those of regional things, such as an API's stage.
const SCOPE: &str = "REGIONAL";
const MISSING: &[&str] = &["WAFNonexistentItemException"];
/// How long a change may be unknown to a part of WAF, or of what it protects: "from a few seconds to a number of minutes"
/// (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html).
const PROPAGATION: Duration = Duration::from_mins(5);
/// Why it is waited for then.
pub(super) const UNKNOWN: &str = "WAF has not told all of its servers yet";

/// A wait for what WAF has yet to know everywhere.
pub(super) fn propagation<'a>(cx: &'a Context, what: &str) -> Wait<'a> {
    Wait::new(&cx.reporter, what, PROPAGATION)
}

/// Whether a refusal is only that what was just made is not known everywhere yet.
pub(super) fn is_propagating(code: &str, _: &str) -> bool {
    code == "WAFUnavailableEntityException"
}

/// The inputs of a web ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAcl {
    /// Its name, unique in account and region.
    pub name: String,
    /// How many requests one address may make in 5 minutes; `None` only where someone else took the rule away.
    pub rate_limit: Option<u32>,
    /// What someone changed of the rest, which is the same for every environment. Always empty where it is declared. It matters: a
    /// rule that only counts protects nobody, and one that allows lets its callers past all others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// What others refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}

/// A web ACL in a list, or as CreateWebACL answers it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    name: String,
    id: String,
    #[serde(rename = "ARN")]
    arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(rename = "WebACLs", default)]
    web_acls: Vec<Summary>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    #[serde(rename = "WebACL")]
    web_acl: Map<String, Value>,
    /// Whoever writes or deletes proves by it to have seen the latest.
    lock_token: String,
}

impl WebAcl {
    /// How the calls name it, with more.
    fn named(&self, id: &str, more: Value) -> Value {
        let mut named = json!({ "Name": self.name, "Scope": SCOPE, "Id": id });
        if let (Value::Object(named), Value::Object(more)) = (&mut named, more) {
            named.extend(more);
        }
        named
    }

    async fn get(&self, cx: &Context, id: &str) -> Result<Option<Got>, Failure> {
        match cx.clients.wafv2.call("GetWebACL", &self.named(id, json!({}))).await {
            Ok(got) => Ok(Some(got)),
            Err(error) if is_code(&error, MISSING) => Ok(None),
            Err(error) => Err(failure("reading the web ACL failed", &error)),
        }
    }

    /// The one of this name.
    async fn find(&self, cx: &Context) -> Result<Option<Outputs>, Failure> {
        let mut marker = None;
        loop {
            let mut list = json!({ "Scope": SCOPE, "Limit": 100 });
            if let Some(marker) = marker {
                list["NextMarker"] = marker;
            }
            let page = cx.clients.wafv2.call("ListWebACLs", &list).await;
            let page: Page = page.map_err(|error| failure("listing the web ACLs failed", &error))?;
            if let Some(found) = page.web_acls.into_iter().find(|found| found.name == self.name) {
                return Ok(Some(Outputs { id: found.id, arn: found.arn }));
            }
            // A last page may have an empty one.
            let Some(next) = page.next_marker.filter(|next| !next.is_empty()) else { return Ok(None) };
            marker = Some(Value::String(next));
        }
    }

    /// The one that `outputs` name.
    async fn observe(&self, cx: &Context, outputs: &Outputs) -> Result<Option<Self>, Failure> {
        let Some(got) = self.get(cx, &outputs.id).await? else { return Ok(None) };
        let list = json!({ "ResourceARN": outputs.arn, "Limit": 100 });
        let tags: Value = match cx.clients.wafv2.call("ListTagsForResource", &list).await {
            Ok(tags) => tags,
            Err(error) if is_code(&error, MISSING) => return Ok(None),
            Err(error) => return Err(failure("reading the web ACL's tags failed", &error)),
        };
        let tags = tags["TagInfoForResource"]["TagList"].as_array().cloned().unwrap_or_default();
        let text = |tag: &Value, name: &str| tag[name].as_str().unwrap_or_default().to_owned();
        let tags = tags_from(tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))));
        let rate_limit = document::rate_limit(&got.web_acl);
        let deviations = document::deviations(&self.name, rate_limit, &got.web_acl);
        Ok(Some(Self { name: self.name.clone(), rate_limit, deviations, tags }))
    }

    /// What is there under this name, by the remembered id or without.
    async fn look_up(
        &self,
        cx: &Context,
        prior: Option<&Outputs>,
    ) -> Result<Option<(Self, Outputs)>, Failure> {
        if let Some(prior) = prior
            && let Some(inputs) = self.observe(cx, prior).await?
        {
            return Ok(Some((inputs, prior.clone())));
        }
        let Some(outputs) = self.find(cx).await? else { return Ok(None) };
        Ok(self.observe(cx, &outputs).await?.map(|inputs| (inputs, outputs)))
    }

    /// Makes it as declared, or finds that a call whose answer was lost made it already.
    async fn create(&self, cx: &Context) -> Result<(Self, Outputs), Failure> {
        const SUMMARY: &str = "creating the web ACL failed";
        let mut create = document::of(&self.name, self.rate_limit);
        create.insert("Name".to_owned(), json!(self.name));
        create.insert("Scope".to_owned(), json!(SCOPE));
        create.insert("Tags".to_owned(), waf_tags(&self.tags));
        let create = Value::Object(create);
        let mut wait = propagation(cx, &self.what());
        loop {
            let error = match cx.clients.wafv2.call::<Value>("CreateWebACL", &create).await {
                Ok(made) => {
                    let made = serde_json::from_value(made["Summary"].clone());
                    let made: Summary = made.map_err(|error| Failure::new(SUMMARY, error.to_string()))?;
                    return Ok((self.clone(), Outputs { id: made.id, arn: made.arn }));
                }
                Err(error) => error,
            };
            if is_code(&error, &["WAFDuplicateItemException"]) {
                return match self.look_up(cx, None).await? {
                    Some((inputs, outputs)) if cx.owns(&inputs.tags) => Ok((inputs, outputs)),
                    _ => Err(failure(SUMMARY, &error)),
                };
            }
            if !code(&error).is_some_and(|code| is_propagating(code, "")) {
                return Err(failure(SUMMARY, &error));
            }
            wait.again(SUMMARY, &error, UNKNOWN).await?;
        }
    }

    /// Makes a call that takes the latest lock token, again while somebody else, or a lost answer of our own, has forestalled it. Says
    /// whether the web ACL was there for it.
    async fn with_lock_token(
        &self,
        cx: &Context,
        (operation, id): (&'static str, &str),
        more: &Map<String, Value>,
        summary: &str,
    ) -> Result<bool, Failure> {
        let mut wait = propagation(cx, &self.what());
        loop {
            let Some(got) = self.get(cx, id).await? else { return Ok(false) };
            let mut more = more.clone();
            more.insert("LockToken".to_owned(), json!(got.lock_token));
            let input = self.named(id, Value::Object(more));
            let error = match cx.clients.wafv2.call::<Value>(operation, &input).await {
                Ok(_) => return Ok(true),
                Err(error) if is_code(&error, MISSING) => return Ok(false),
                Err(error) => error,
            };
            let because = match code(&error) {
                Some("WAFOptimisticLockException") => "somebody else changes it",
                // It was taken from what it protected just now.
                Some("WAFAssociatedItemException") => "it still counts as protecting something",
                Some(code) if is_propagating(code, "") => UNKNOWN,
                _ => return Err(failure(summary, &error)),
            };
            wait.again(summary, &error, because).await?;
        }
    }

    /// How it is called in messages.
    fn what(&self) -> String {
        format!("the web ACL {}", self.name)
    }
}

impl Permitted for WebAcl {
    const GRANTS: &'static [Grant] = &[
        Grant::of(&["wafv2:ListWebACLs"], ANY),
        // AWS's own rules in it are looked at as something of the account.
        Grant::of(
            &["wafv2:CreateWebACL", "wafv2:UpdateWebACL"],
            &[WEB_ACLS, "arn:{partition}:wafv2:{region}:{account}:regional/managedruleset/*/*"],
        ),
        Grant::of(
            &[
                "wafv2:DeleteWebACL",
                "wafv2:GetWebACL",
                "wafv2:ListTagsForResource",
                "wafv2:TagResource",
                "wafv2:UntagResource",
            ],
            &[WEB_ACLS],
        ),
    ];
}

impl Resource for WebAcl {
    type Context = Context;
    type Outputs = Outputs;
    const KIND: &'static str = "web_acl";
    const TOPIC: &'static str = topic::FIREWALL;
    const SERVICE: &'static str = "wafv2";
    const LOCATED_BY: &'static [&'static str] = &["name"];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    // Only another name makes it another, and one of each name can be there: the API is protected by the new one before the old goes.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    async fn read(&self, cx: &Context, prior: Option<&Outputs>) -> Result<Found<Self>, Failure> {
        let Some((inputs, outputs)) = self.look_up(cx, prior).await? else { return Ok(Found::Missing) };
        let ours = prior == Some(&outputs) || cx.owns(&inputs.tags);
        Ok(Found::there(ours, inputs, outputs))
    }

    async fn reconcile(&self, cx: &Context, found: Found<Self>) -> Result<Outputs, Failure> {
        const SUMMARY: &str = "changing the web ACL failed";
        let (present, outputs) = match found.existing() {
            Some((inputs, outputs)) => (inputs.clone(), outputs.clone()),
            None => self.create(cx).await?,
        };
        if present.rate_limit != self.rate_limit || present.deviations != self.deviations {
            // The whole: what an update leaves out is gone.
            let all = document::of(&self.name, self.rate_limit);
            let update = ("UpdateWebACL", outputs.id.as_str());
            if !self.with_lock_token(cx, update, &all, SUMMARY).await? {
                let gone = format!("{} was deleted meanwhile", self.name);
                return Err(
                    Failure::new(SUMMARY, gone).with_hint("run the same command again: it makes it anew")
                );
            }
        }
        let (waf, arn) = (&cx.clients.wafv2, &outputs.arn);
        let set = async |set: Tags| {
            let tag = json!({ "ResourceARN": arn, "Tags": waf_tags(&set) });
            waf.call::<Value>("TagResource", &tag).await
        };
        let unset = async |unset: Vec<String>| {
            let untag = json!({ "ResourceARN": arn, "TagKeys": unset });
            waf.call::<Value>("UntagResource", &untag).await
        };
        let tags = TagChanges::between(&present.tags, &self.tags);
        tags.make("the web ACL", is_propagating, set, unset).await?;
        Ok(outputs)
    }

    async fn delete(&self, cx: &Context, outputs: Option<&Outputs>) -> Result<(), Failure> {
        let id = match outputs {
            Some(outputs) => Some(outputs.id.clone()),
            // It may have been made by a call whose answer was lost.
            None => match self.look_up(cx, None).await? {
                Some((inputs, outputs)) if cx.owns(&inputs.tags) => Some(outputs.id),
                _ => None,
            },
        };
        let Some(id) = id else { return Ok(()) };
        let delete = ("DeleteWebACL", id.as_str());
        self.with_lock_token(cx, delete, &Map::new(), "deleting the web ACL failed").await?;
        Ok(())
    }
}

/// Tags as WAF takes them.
fn waf_tags(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

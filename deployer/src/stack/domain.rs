//! The custom domain of a stack: certificate, domain name, its mapping to the API, and the record by which clients find it.
//! The API's execute-api address needs none of them, and works all the time.

use std::collections::BTreeMap;

use cogapi_engine::{Address, Desired};

use crate::config::Domain;
use crate::resources::{BasePathMapping, Certificate, DnsRecord, DomainName, Tags};

/// What the domain leads to.
pub(super) struct Api<'a> {
    /// The API's id, by reference.
    pub(super) rest_api_id: String,
    /// The stage's name.
    pub(super) stage: &'a str,
    /// The stage, which must be there.
    pub(super) after: &'a Address,
}

/// Declares the domain, and returns the URL under which the API answers there.
pub(super) fn declare(desired: &mut Desired, domain: &Domain, api: Api<'_>, tags: &Tags) -> String {
    let mut named: BTreeMap<String, String> = tags.clone();
    // ACM's console shows this tag as the certificate's name.
    named.insert("Name".to_owned(), domain.certificate_tag.clone());
    let certificate = Certificate::of(&domain.certificate, &domain.zone_id, named);
    let certificate = desired.declare("api", &certificate);

    let name = DomainName::regional(&domain.name, &certificate.output("arn"), tags.clone());
    let name = desired.declare("api", &name);

    let mapping = BasePathMapping {
        domain_name: name.output("name"),
        rest_api_id: api.rest_api_id,
        stage: api.stage.to_owned(),
    };
    let mapping = desired.declare("api", &mapping);
    desired.after(mapping.address(), api.after);

    let (target, target_zone_id) = (name.output("target"), name.output("target_zone_id"));
    let alias = DnsRecord::alias(&domain.zone_id, &domain.name, &target, &target_zone_id);
    let alias = desired.declare("api", &alias);
    // Clients are led to the domain name only when it leads on to the API; and away from it before it does not any more.
    desired.after(alias.address(), mapping.address());
    mapping.output("url")
}

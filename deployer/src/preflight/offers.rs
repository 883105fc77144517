//! What an account offers to a new environment: regions, zones, identities to mail from. Looks only, and what can't be looked at is
//! not offered.

use cogapi_engine::Failure;

use crate::aws::Clients;
use crate::config::is_in;

/// What there is to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// The 12-digit account.
    pub account: Option<String>,
    /// The regions that it can use.
    pub regions: Vec<String>,
    /// Its public hosted zones.
    pub zones: Vec<Zone>,
}

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name, without a dot at the end.
    pub name: String,
    /// Its id, without `/hostedzone/`.
    pub id: String,
}

/// Looks at an account. Fails only where there is no account to look at.
pub async fn look(clients: &Clients) -> Result<Offers, Failure> {
    let account = clients.account_id().await?;
    let account_regions = clients.account();
    let (regions, zones) = futures::join!(account_regions.regions(), zones(clients));
    let mut regions = regions.unwrap_or_default();
    regions.sort();
    Ok(Offers { account: Some(account), regions, zones })
}

async fn zones(clients: &Clients) -> Vec<Zone> {
    let listed = clients.route53.list_hosted_zones().send().await;
    let zones = listed.map(|listed| listed.hosted_zones).unwrap_or_default();
    let public =
        zones.into_iter().filter(|zone| !zone.config.as_ref().is_some_and(|config| config.private_zone));
    public
        .map(|zone| Zone {
            name: zone.name.trim_end_matches('.').to_owned(),
            id: zone.id.trim_start_matches("/hostedzone/").to_owned(),
        })
        .collect()
}

/// The addresses and domains that SES has verified in a region.
pub async fn identities(clients: &Clients, region: &str) -> Vec<String> {
    let listed = clients.sesv2(region).list_email_identities().await.unwrap_or_default();
    listed
        .into_iter()
        .filter(|identity| identity.sending_enabled)
        .map(|identity| identity.identity_name)
        .collect()
}

/// The zone that a name is in: of several, the nearest.
#[must_use]
pub fn zone_of<'z>(zones: &'z [Zone], name: &str) -> Option<&'z Zone> {
    zones.iter().filter(|zone| is_in(name, &zone.name)).max_by_key(|zone| zone.name.len())
}

/// The identity that mails from an address are sent with: of the address, else of its domain.
#[must_use]
pub fn identity_of<'i>(identities: &'i [String], address: &str) -> Option<&'i str> {
    let (_, host) = address.rsplit_once('@')?;
    let fits =
        |identity: &&String| **identity == address || (!identity.contains('@') && is_in(host, identity));
    identities.iter().filter(fits).max_by_key(|identity| identity.len()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_the_nearest_zone_and_an_address_mails_as_its_nearest_identity() {
        let zone = |name: &str| Zone { name: name.to_owned(), id: name.to_owned() };
        let zones = [zone("example.com"), zone("dev.example.com"), zone("example.org")];
        let nearest = |name| zone_of(&zones, name).map(|zone| zone.id.as_str());
        assert_eq!(nearest("auth.dev.example.com"), Some("dev.example.com"));
        assert_eq!(nearest("auth.example.com"), Some("example.com"));
        assert_eq!(nearest("notexample.com"), None);
        let identities = ["example.com", "hello@example.com"].map(ToOwned::to_owned);
        assert_eq!(identity_of(&identities, "hello@example.com"), Some("hello@example.com"));
        assert_eq!(identity_of(&identities, "no-reply@example.com"), Some("example.com"));
        assert_eq!(identity_of(&identities, "me@example.org"), None);
    }
}

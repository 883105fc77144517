//! The sections in which one value must fit another: domain and passkeys, mail, tokens.

use super::Check;
use crate::aws::partition;
use crate::config::environment::{Aws, Domain, Email, Passkeys, Seconds, Tokens};
use crate::config::file;
use crate::config::names::is_in;
use crate::config::problem::Checked;
use crate::config::read::Written;
use crate::config::rules;

impl Check<'_> {
    /// Both at once, for a passkey is bound to the domain it was made for.
    pub(super) fn domain_and_passkeys(
        &mut self,
        domain: Checked<Option<file::Domain>>,
        passkeys: Checked<Option<file::Passkeys>>,
    ) -> (Checked<Option<Domain>>, Checked<Option<Passkeys>>) {
        let domain = domain.and_then(|domain| domain.map(|domain| self.domain(domain)).transpose());
        let relying_party = passkeys.and_then(|passkeys| {
            let id = passkeys.map(|passkeys| self.placed(passkeys.relying_party_id?, rules::relying_party));
            id.transpose()
        });
        let relying_party = match (&domain, relying_party) {
            (Ok(Some(domain)), Ok(Some(id))) if !is_in(&domain.name, &id.value) => {
                let name = &domain.name;
                let problem = format!("\"{}\" is neither {name} nor a parent of it", id.value);
                Err(self.problems.report(&id.at, problem, format!("\"{name}\" or one of its parents")))
            }
            (_, relying_party) => relying_party,
        };
        let passkeys = relying_party.map(|id| id.map(|id| Passkeys { relying_party_id: id.value }));
        (domain, passkeys)
    }

    fn domain(&mut self, domain: file::Domain) -> Checked<Domain> {
        let name = domain.name.and_then(|name| self.placed(name, rules::domain));
        let certificate = self.given_placed(domain.certificate, rules::certificate);
        let certificate_tag = self.given(domain.certificate_tag, rules::tag_value);
        let zone_name = self.needed(domain.zone_name, rules::domain);
        let zone_id = self.needed(domain.zone_id, rules::zone_id);
        let mut fitting = Ok(());
        if let (Ok(name), Ok(zone)) = (&name, &zone_name)
            && !is_in(&name.value, zone)
        {
            let problem = format!("\"{}\" is not in the zone {zone}", name.value);
            fitting = Err(self.problems.report(&name.at, problem, format!("{zone} or a name below it")));
        }
        if let (Ok(Some(certificate)), Ok(name)) = (&certificate, &name)
            && !covers(&certificate.value, &name.value)
        {
            let problem = format!("\"{}\" does not cover {}", certificate.value, name.value);
            fitting = Err(self.problems.report(&certificate.at, problem, covering(&name.value)));
        }
        if let (Ok(Some(certificate)), Ok(zone)) = (&certificate, &zone_name)
            && !is_in(certificate.value.trim_start_matches("*."), zone)
        {
            // ACM has the certificate's name proved by a record, and this is where cogapi can write one.
            let problem = format!("\"{}\" is not in the zone {zone}", certificate.value);
            fitting =
                Err(self.problems.report(&certificate.at, problem, format!("{zone}, or a name below it")));
        }
        fitting?;
        let name = name?.value;
        let certificate = certificate?.map_or_else(|| name.clone(), |certificate| certificate.value);
        let certificate_tag = certificate_tag?.unwrap_or_else(|| certificate.replacen('*', "wildcard", 1));
        Ok(Domain { name, certificate, certificate_tag, zone_name: zone_name?, zone_id: zone_id? })
    }

    /// Where the region is sound, the identity must be within its reach.
    pub(super) fn email(&mut self, email: file::Email, aws: Option<&Aws>) -> Checked<Email> {
        let from = self.needed(email.from, rules::email);
        let reply_to = self.given(email.reply_to, rules::email);
        let identity = self.given_placed(email.ses_identity_arn, rules::ses_identity);
        let identity = match (&from, identity) {
            (Ok(from), Ok(Some(arn))) if !may_send(&arn.value, from) => {
                let problem = format!("is not an identity that may send as {from}");
                Err(self.problems.report(&arn.at, problem, "the identity of this address or of its domain"))
            }
            (_, identity) => identity,
        };
        let identity = match (aws, identity) {
            (Some(Aws { region, .. }), Ok(Some(arn)))
                if !arn.value.starts_with(&format!("arn:{}:", partition(region))) =>
            {
                let problem =
                    format!("is of another partition of AWS than {region}, which knows nothing of it");
                Err(self.problems.report(&arn.at, problem, format!("an identity of {region}")))
            }
            (_, identity) => identity,
        };
        let subject = "Reset your authenticator (MFA)".to_owned();
        // As long as a subject of Cognito's own mails can be.
        let subject = self.or(email.mfa_reset_subject, subject, rules::line(140));
        let message = "Your MFA reset code is {code}.".to_owned();
        let message = self.or(email.mfa_reset_message, message, rules::mfa_reset_message);
        Ok(Email {
            from: from?,
            reply_to: reply_to?,
            ses_identity_arn: identity?.map(|arn| arn.value),
            mfa_reset_subject: subject?,
            mfa_reset_message: message?,
        })
    }

    pub(super) fn tokens(&mut self, tokens: file::Tokens) -> Checked<Tokens> {
        // Cognito's bounds: 5 minutes to 1 day, and 60 minutes to 10 years.
        let short = || rules::duration(Seconds::minutes(5), Seconds::days(1));
        let long = rules::duration(Seconds::hours(1), Seconds::days(3650));
        let id = self.given_placed(tokens.id, short());
        let access = self.given_placed(tokens.access, short());
        let refresh = self.given_placed(tokens.refresh, long);
        let mut fitting = Ok(());
        for (key, token) in [("id", &id), ("access", &access)] {
            let (Ok(token), Ok(refresh)) = (token, &refresh) else { continue };
            // The defaults fit each other, so at least one of the two is written.
            let Some(at) = refresh.as_ref().or(token.as_ref()).map(|written| &written.at) else { continue };
            let (token, refresh) = (or(token.as_ref(), SHORT), or(refresh.as_ref(), LONG));
            if refresh <= token {
                let problem = format!("refresh ({refresh}) is not longer than {key} ({token})");
                fitting =
                    Err(self.problems.report(at, problem, "give the refresh token the longest validity"));
            }
        }
        fitting?;
        let id = or(id?.as_ref(), SHORT);
        Ok(Tokens { id, access: or(access?.as_ref(), SHORT), refresh: or(refresh?.as_ref(), LONG) })
    }
}

/// The default validity of ID and access tokens.
const SHORT: Seconds = Seconds::hours(1);
/// The default validity of refresh tokens.
const LONG: Seconds = Seconds::hours(24);

fn or(written: Option<&Written<Seconds>>, default: Seconds) -> Seconds {
    written.map_or(default, |written| written.value)
}

/// Whether a certificate for this name is good for `host`: a wildcard stands for exactly one label.
fn covers(certificate: &str, host: &str) -> bool {
    match certificate.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest == parent),
        None => certificate == host,
    }
}

/// The certificates that would do for `host`.
fn covering(host: &str) -> String {
    match host.split_once('.') {
        // Nobody gets a certificate for all of a top-level domain.
        Some((_, parent)) if parent.contains('.') => format!("\"{host}\" or \"*.{parent}\""),
        _ => format!("\"{host}\""),
    }
}

/// Whether SES lets this identity send as the address: an address for itself, a domain for all in and below it.
fn may_send(arn: &str, from: &str) -> bool {
    let Some((_, identity)) = arn.split_once(":identity/") else { return false };
    if identity.contains('@') {
        return identity.eq_ignore_ascii_case(from);
    }
    from.rsplit_once('@').is_some_and(|(_, host)| is_in(&host.to_ascii_lowercase(), identity))
}

//! Whether mails can be sent, and whom they reach.

use cogapi_engine::Failure;

use super::{Check, Finding, Subject};
use crate::aws::errors::is_missing;
use crate::aws::failure;
use crate::aws::sesv2::{Account, Identity};
use crate::config::Environment;

/// What can be said of an environment without an SES identity.
pub(super) fn without_ses(environment: &Environment) -> Option<Finding> {
    const CHECK: Check = Check::EmailSending;
    if environment.email.ses_identity_arn.is_some() {
        return None;
    }
    Some(if environment.aws.endpoint.is_some() {
        Finding::ok(CHECK, "no mail leaves this machine")
    } else {
        // https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
        Finding::warning(CHECK, "Cognito sends at most 50 mails a day, from its own address")
            .meaning(format!(
                "codes for a lost authenticator are mailed through SES all the same, from {}: they reach nobody until SES has verified it",
                environment.email.from
            ))
            .hint("set `email.ses_identity_arn` to an identity that SES has verified")
    })
}

/// An identity's ARN, in its parts.
struct Arn<'a> {
    region: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> Arn<'a> {
    /// Of what the configuration has found to be one: `arn:aws:ses:REGION:ACCOUNT:identity/NAME`.
    fn of(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':').skip(3);
        let (region, account) = (parts.next()?, parts.next()?);
        Some(Self { region, account, name: parts.next()?.strip_prefix("identity/")? })
    }
}

pub(super) async fn look(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(arn) = subject.environment.email.ses_identity_arn.as_deref().and_then(Arn::of) else {
        return Vec::new();
    };
    let ses = subject.cx.clients.sesv2(arn.region);
    let identity = async {
        if arn.account != subject.cx.account {
            return of_another_account(&arn);
        }
        let found = match ses.get_email_identity(arn.name).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failure("reading the e-mail identity failed", &error)),
        };
        identity(&arn, &subject.environment.aws.region, found)
    };
    let (identity, account) = futures::join!(identity, ses.get_account());
    let account = account.map_err(|error| failure("reading the account's sending failed", &error));
    vec![identity, sending(arn.region, account)]
}

fn of_another_account(arn: &Arn<'_>) -> Finding {
    let Arn { account, name, .. } = arn;
    Finding::warning(Check::EmailIdentity, format!("{name} belongs to account {account}"))
        .meaning("it can't be looked at from here; its sending authorization must let Cognito and this account send as it")
        .hint("an identity of this account is simpler: any number of accounts can verify the same domain")
}

fn identity(arn: &Arn<'_>, region: &str, found: Result<Option<Identity>, Failure>) -> Finding {
    const CHECK: Check = Check::EmailIdentity;
    let Arn { name, region: own, account } = arn;
    match found {
        Err(failure) => Finding::blind(CHECK, "ses:GetEmailIdentity", &failure),
        Ok(None) => Finding::problem(CHECK, format!("SES has no identity {name} in {own}"))
            .meaning(format!("account {account} has not asked SES there to verify it; Cognito refuses a user pool with it"))
            .hint(format!("`aws sesv2 create-email-identity --email-identity {name} --region {own}`, or correct `email.ses_identity_arn`")),
        Ok(Some(found)) if !found.verified_for_sending_status => {
            Finding::problem(CHECK, format!("{name} is not verified: {}", found.verification_status))
                .meaning("Cognito refuses a user pool with it, and nothing can be sent from it")
                .hint(if name.contains('@') {
                    "follow the link in the mail that SES has sent to it"
                } else {
                    "publish the DNS records that SES shows for it"
                })
        }
        // Which are taken depends on the pool's (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html).
        Ok(Some(_)) if *own != region => {
            Finding::warning(CHECK, format!("{name} is verified in {own}, and the user pool is in {region}"))
                .meaning("for most regions Cognito takes identities of the pool's own region and of a few others only")
                .hint(format!("verify {name} in {region} as well, and use that"))
        }
        Ok(Some(_)) => Finding::ok(CHECK, format!("{name} is verified")),
    }
}

fn sending(region: &str, account: Result<Account, Failure>) -> Finding {
    const CHECK: Check = Check::EmailSending;
    let account = match account {
        Ok(account) => account,
        Err(failure) => return Finding::blind(CHECK, "ses:GetAccount", &failure),
    };
    let [mails, sent] =
        account.send_quota.map_or([0.0; 2], |quota| [quota.max_24_hours, quota.sent_24_hours]);
    // SES says -1 where there is no limit.
    let mails = if mails < 0.0 { "any number of mails".to_owned() } else { format!("{mails} mails") };
    if !account.sending_enabled || account.enforcement_status == "SHUTDOWN" {
        return Finding::problem(CHECK, format!("SES sends nothing for the account in {region}"))
            .meaning("sending is paused: nobody gets an invitation, nor a code")
            .hint("SES's console says why; AWS Support ends a pause that AWS has made");
    }
    if !account.production_access_enabled {
        return Finding::warning(CHECK, format!("SES has the account in its sandbox in {region}"))
            .meaning(format!("only recipients that SES has verified get mail, and {mails} a day: everybody else can't be invited, nor get a code"))
            .hint("ask for production access in SES's console; AWS answers within a day or so");
    }
    if account.enforcement_status == "PROBATION" {
        return Finding::warning(CHECK, format!("SES has the account on probation in {region}"))
            .meaning(
                "too many mails bounced or were complained about; if that goes on, AWS pauses all sending",
            )
            .hint("SES's console says what it is about");
    }
    Finding::ok(CHECK, format!("{mails} a day, {sent} sent in the last 24 hours"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::aws::sesv2::SendQuota;
    use crate::preflight::Verdict;

    const ARN: &str = "arn:aws:ses:eu-west-1:123456789012:identity/hello@example.com";

    fn verified(verified: bool) -> Identity {
        Identity { verified_for_sending_status: verified, verification_status: "PENDING".to_owned() }
    }

    fn account(production: bool, sending: bool, enforcement: &str) -> Account {
        Account {
            production_access_enabled: production,
            sending_enabled: sending,
            enforcement_status: enforcement.to_owned(),
            send_quota: Some(SendQuota { max_24_hours: 200.0, sent_24_hours: 3.0 }),
        }
    }

    #[test]
    fn an_identity_is_of_use_once_it_is_verified() {
        let arn = Arn::of(ARN).unwrap();
        let judged = |region, found| identity(&arn, region, Ok(found)).verdict;
        assert_eq!(judged("eu-west-1", Some(verified(true))), Verdict::Ok);
        assert_eq!(judged("eu-west-1", Some(verified(false))), Verdict::Problem);
        assert_eq!(judged("eu-west-1", None), Verdict::Problem);
        assert_eq!(judged("eu-west-3", Some(verified(true))), Verdict::Warning);
    }

    #[test]
    fn what_keeps_mails_from_people_is_told_the_worst_first() {
        for (production, sending_enabled, enforcement, verdict, said) in [
            (true, true, "HEALTHY", Verdict::Ok, "200 mails a day, 3 sent"),
            (false, true, "HEALTHY", Verdict::Warning, "sandbox"),
            (true, true, "PROBATION", Verdict::Warning, "probation"),
            (false, false, "HEALTHY", Verdict::Problem, "sends nothing"),
            (true, true, "SHUTDOWN", Verdict::Problem, "sends nothing"),
        ] {
            let found = sending("eu-west-1", Ok(account(production, sending_enabled, enforcement)));
            assert_eq!(found.verdict, verdict, "{found:?}");
            assert!(found.result.contains(said), "{found:?}");
        }
    }
}

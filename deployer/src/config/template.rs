//! The file of a new environment: `cogapi init` writes it with a person's answers, and environments/dev.toml.example is it with
//! [`Answers::example`]. Owns the comments, and which keys a beginner sees; prod.toml.example shows them all.

use std::fmt::Write as _;

use super::{ConfigError, Problem};

/// Where the comments begin.
const COLUMN: usize = 40;

/// What the file of a new environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// The environment's name.
    pub environment: String,
    /// `aws.region`
    pub region: String,
    /// `aws.profile`
    pub profile: Option<String>,
    /// `aws.account_id`
    pub account_id: Option<String>,
    /// `state.bucket`
    pub bucket: String,
    /// `api.name`
    pub api: String,
    /// `email.from`
    pub from: String,
    /// `email.ses_identity_arn`
    pub ses_identity_arn: Option<String>,
    /// `[domain]`
    pub domain: Option<Domain>,
    /// `passkeys.relying_party_id`
    pub passkeys: Option<String>,
    /// `protection.deletion`
    pub protected: bool,
}

/// `[domain]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The API's host name.
    pub name: String,
    /// The hosted zone's name.
    pub zone_name: String,
    /// The hosted zone's id.
    pub zone_id: String,
}

impl Answers {
    /// What environments/dev.toml.example says.
    #[must_use]
    pub fn example() -> Self {
        Self {
            environment: "dev".to_owned(),
            region: "eu-west-1".to_owned(),
            profile: None,
            account_id: None,
            bucket: "myco-cogapi-state".to_owned(),
            api: "myco-auth".to_owned(),
            from: "no-reply@example.com".to_owned(),
            ses_identity_arn: None,
            domain: None,
            passkeys: None,
            protected: false,
        }
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { environment, .. } = self;
        let domain = self.domain.as_ref();
        let mut file = File(format!(
            "# The environment `{environment}`. `cogapi init` writes such a file with your values, and asks for them.\n\
             #\n\
             #   cogapi check --env {environment}\n\
             #   cogapi deploy --env {environment}\n\
             #\n\
             # The file's name names the environment: 1 to 20 lower-case letters, digits and hyphens. Git ignores it. All AWS resources are\n\
             # called <api name>-<environment>-…, so several environments fit into one account and region.\n\
             # What is commented out shows the default, or, where it says \"optional\", what a value looks like.\n\
             # prod.toml.example shows everything that can be set: firewall, throttles, tokens, passwords.\n",
        ));
        file.section("[aws]", "");
        file.key("region", &self.region, "where all of it lives");
        file.optional(
            "profile",
            self.profile.as_deref(),
            "my-dev-profile",
            "optional: of ~/.aws/config, else the SDK's usual chain",
        );
        file.optional(
            "account_id",
            self.account_id.as_deref(),
            "123456789012",
            "optional: cogapi refuses to work on any other account",
        );
        file.section("[state]", "made by the first deploy, removed by `cogapi destroy-backend` only");
        file.key("bucket", &self.bucket, "unique in all of AWS; environments can share one");
        file.line("# lock_table = \"cogapi-locks\"", "");
        file.section("[api]", "");
        file.key("name", &self.api, "lower-case letters, digits and hyphens");
        file.key("stage", environment, "");
        file.line(
            "cors_origins = [\"*\"]",
            "any web page may call the API: name yours, as in \"https://app.example.com\"",
        );
        file.section(
            if domain.is_some() { "[domain]" } else { "# [domain]" },
            "optional: a name of its own, in a Route 53 zone of the account",
        );
        file.optional("name", domain.map(|domain| domain.name.as_str()), "auth.example.com", "");
        file.optional("zone_name", domain.map(|domain| domain.zone_name.as_str()), "example.com", "");
        file.optional("zone_id", domain.map(|domain| domain.zone_id.as_str()), "Z1029992156D8O", "");
        file.section("[email]", "");
        file.key("from", &self.from, "");
        file.comment("Optional. Without an SES identity Cognito sends the mails itself, at most 50 a day.");
        file.optional(
            "ses_identity_arn",
            self.ses_identity_arn.as_deref(),
            "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
            "",
        );
        file.section(
            if self.passkeys.is_some() { "[passkeys]" } else { "# [passkeys]" },
            "optional: sign-in without passwords",
        );
        file.optional(
            "relying_party_id",
            self.passkeys.as_deref(),
            "example.com",
            "changing it later makes every passkey useless",
        );
        file.section("[protection]", "");
        file.line(
            &format!("deletion = {}", self.protected),
            "default true: the user pool can't be destroyed while it is",
        );
        file.section("[tags]", "optional: put on everything that takes tags");
        file.key("environment", environment, "");
        let File(text) = file;
        text
    }

    /// What is wrong with the value of one key, if anything.
    #[must_use]
    pub fn problem_of(&self, key: &str) -> Option<String> {
        let problems = match super::parse(&self.environment, "", &self.text()) {
            Ok(_) => return None,
            Err(ConfigError::Name { problem, .. }) => {
                return (key == "environment").then(|| problem.to_owned());
            }
            Err(error) => error.problems().to_vec(),
        };
        let found = problems.into_iter().find(|problem| problem.key == key)?;
        let Problem { problem, help, .. } = found;
        Some(format!("{problem} ({help})"))
    }
}

/// A file as it grows.
struct File(String);

impl File {
    fn line(&mut self, text: &str, comment: &str) {
        let Self(file) = self;
        let _ = if comment.is_empty() {
            writeln!(file, "{text}")
        } else {
            writeln!(file, "{text:<COLUMN$} # {comment}")
        };
    }

    fn comment(&mut self, text: &str) {
        self.line(&format!("# {text}"), "");
    }

    fn section(&mut self, name: &str, comment: &str) {
        let Self(file) = self;
        file.push('\n');
        self.line(name, comment);
    }

    fn key(&mut self, key: &str, value: &str, comment: &str) {
        self.line(&format!("{key} = {}", toml::Value::from(value)), comment);
    }

    /// A key with its value, or an example of one that is commented out.
    fn optional(&mut self, key: &str, value: Option<&str>, example: &str, comment: &str) {
        match value {
            Some(value) => self.key(key, value, comment),
            None => self.line(&format!("# {key} = {}", toml::Value::from(example)), comment),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// Everything answered.
    fn complete() -> Answers {
        Answers {
            profile: Some("work".to_owned()),
            account_id: Some("210987654321".to_owned()),
            ses_identity_arn: Some("arn:aws:ses:eu-west-1:210987654321:identity/example.com".to_owned()),
            domain: Some(Domain {
                name: "auth.example.com".to_owned(),
                zone_name: "example.com".to_owned(),
                zone_id: "Z1".to_owned(),
            }),
            passkeys: Some("example.com".to_owned()),
            protected: true,
            ..Answers::example()
        }
    }

    #[test]
    fn the_file_says_what_was_answered_and_is_valid() {
        for answers in [Answers::example(), complete()] {
            let environment = crate::config::parse("dev", "dev.toml", &answers.text()).unwrap();
            assert_eq!(environment.aws.account_id, answers.account_id);
            assert_eq!(
                environment.domain.map(|domain| domain.zone_id),
                answers.domain.map(|domain| domain.zone_id)
            );
            assert_eq!(environment.passkeys.map(|passkeys| passkeys.relying_party_id), answers.passkeys);
            assert_eq!(environment.email.ses_identity_arn, answers.ses_identity_arn);
            assert_eq!(environment.protection.deletion, answers.protected);
        }
        insta::assert_snapshot!(complete().text());
    }

    #[test]
    fn what_is_commented_out_is_valid_where_it_is_not() {
        let text = Answers::example().text();
        let uncommented = |line: &str| {
            let setting =
                line.strip_prefix("# ").filter(|rest| rest.starts_with('[') || rest.contains(" = "));
            setting.unwrap_or(line).to_owned()
        };
        let text: Vec<String> = text.lines().map(uncommented).collect();
        crate::config::parse("dev", "dev.toml", &text.join("\n")).unwrap();
    }

    #[test]
    fn a_wrong_answer_is_told_by_the_rules_of_the_file() {
        let answers = Answers { region: "nowhere".to_owned(), ..Answers::example() };
        assert!(answers.problem_of("aws.region").unwrap().contains("is not a region"));
        assert_eq!(answers.problem_of("state.bucket"), None);
        let answers = Answers { environment: "Dev".to_owned(), ..Answers::example() };
        assert!(answers.problem_of("environment").unwrap().contains("lower-case"));
        let quoted = Answers { bucket: "a\"b".to_owned(), ..Answers::example() };
        assert!(quoted.problem_of("state.bucket").is_some());
    }
}

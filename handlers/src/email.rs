//! The texts of Cognito's mails, embedded from `templates/email/`. Owns the choice of the language and the filling in; must not
//! know Cognito's events.

/// One kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A new user's temporary password.
    Invitation,
    /// The code for a forgotten or forcibly reset password.
    ForgotPassword,
    /// The code that confirms an address at sign-up, first or again.
    ResendCode,
    /// The code that confirms a changed address.
    VerifyAttribute,
}

impl Message {
    /// All kinds.
    pub const ALL: &'static [Self] =
        &[Self::Invitation, Self::ForgotPassword, Self::ResendCode, Self::VerifyAttribute];

    /// The folder of its templates.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::ForgotPassword => "forgot-password",
            Self::ResendCode => "resend-code",
            Self::VerifyAttribute => "verify-attribute",
        }
    }
}

struct Template {
    subject: &'static str,
    body: &'static str,
}

struct Language {
    locale: &'static str,
    invitation: Template,
    forgot_password: Template,
    resend_code: Template,
    verify_attribute: Template,
}

macro_rules! template {
    ($locale:literal, $message:literal) => {
        Template {
            subject: include_str!(concat!("../../templates/email/", $locale, "/", $message, "/subject.txt")),
            body: include_str!(concat!("../../templates/email/", $locale, "/", $message, "/body.html")),
        }
    };
}

macro_rules! languages {
    ($($locale:literal),* $(,)?) => {
        /// All languages.
        pub const LOCALES: &[&str] = &[$($locale),*];

        /// Their texts; the first one serves where no other fits.
        const LANGUAGES: &[Language] = &[$(Language {
            locale: $locale,
            invitation: template!($locale, "invitation"),
            forgot_password: template!($locale, "forgot-password"),
            resend_code: template!($locale, "resend-code"),
            verify_attribute: template!($locale, "verify-attribute"),
        }),*];
    };
}

languages!("en", "fr");

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The user's name, as the user wrote it.
    pub name: &'a str,
    /// Cognito's placeholder for the code or the temporary password.
    pub code: &'a str,
    /// Cognito's placeholder for the username.
    pub username: &'a str,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// Its body, HTML.
    pub body: String,
}

/// Writes a mail in the language of `locale` (`fr`, `fr-CA`, `fr_FR`), in English where there is no translation.
#[must_use]
pub fn write(message: Message, locale: Option<&str>, values: &Values<'_>) -> Mail {
    let language = locale.and_then(|locale| locale.split(['-', '_']).next()).unwrap_or_default();
    let language = LANGUAGES
        .iter()
        .find(|known| known.locale.eq_ignore_ascii_case(language.trim()))
        .unwrap_or(&LANGUAGES[0]);
    let template = match message {
        Message::Invitation => &language.invitation,
        Message::ForgotPassword => &language.forgot_password,
        Message::ResendCode => &language.resend_code,
        Message::VerifyAttribute => &language.verify_attribute,
    };
    Mail { subject: template.subject.trim().to_owned(), body: fill(template.body, values) }
}

/// Replaces `{{name}}`, `{{code}}` and `{{username}}` in one pass, so that nothing that was filled in is filled in again.
fn fill(template: &str, values: &Values<'_>) -> String {
    let mut filled = String::with_capacity(template.len() + values.name.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match name {
            "name" => push_escaped(&mut filled, values.name),
            "code" => filled.push_str(values.code),
            "username" => filled.push_str(values.username),
            // A test renders every template, so none of these is ever deployed.
            other => filled.push_str(other),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Braces are escaped too: a user called `{####}` must not place the code a second time.
fn push_escaped(to: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            '{' => to.push_str("&#123;"),
            '}' => to.push_str("&#125;"),
            other => to.push(other),
        }
    }
}

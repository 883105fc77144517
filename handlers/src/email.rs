//! The texts of Cognito's mails, embedded from `templates/email/`. Owns the choice of the language and the filling in; must not
//! know Cognito's events.

use std::{fmt::Write, ops::RangeInclusive};

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
    /// The user's name, as the user wrote it; left out where it is nothing to greet by.
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

/// A text as an HTML page, for a mail whose text is not one of ours: every line on its own, and nothing in it taken for HTML.
#[must_use]
pub fn page(text: &str) -> String {
    let mut page = concat!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n</head>\n",
        "<body style=\"margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5;color:#1f2933\">\n",
        "<p>",
    )
    .to_owned();
    for (at, line) in text.trim().lines().enumerate() {
        if at > 0 {
            page.push_str("<br>\n");
        }
        push_escaped(&mut page, line);
    }
    page.push_str("</p>\n</body>\n</html>\n");
    page
}

/// Replaces `{{ name}}`, `{{code}}` and `{{username}}` in one pass, so that nothing that was filled in is filled in again. The
/// space in `{{ name}}` is the name's: `Hello{{ name}},` becomes `Hello Jane,`, or `Hello,` where there is none to greet by.
fn fill(template: &str, values: &Values<'_>) -> String {
    let mut filled = String::with_capacity(template.len() + values.name.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match name {
            " name" => {
                if greetable(values.name) {
                    filled.push(' ');
                    push_escaped(&mut filled, values.name);
                }
            }
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

/// More than a name, or more digits than a name has, is a message.
const LONGEST_GREETED: usize = 64;
const MOST_DIGITS: usize = 4;
/// The full stop and what browsers take for it in a host's name (UTS 46).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];
/// What turns the direction of the text that follows, ours included.
const TURNS: [RangeInclusive<char>; 2] = ['\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// Whether a mail may greet by this name. Where anyone may register, anyone can choose a name and have it mailed to anybody
/// from our domain: what is an address, a link (mail clients make one of `evil.example`), or a whole message, is left out.
fn greetable(name: &str) -> bool {
    let count = |is: fn(char) -> bool| name.chars().filter(|it| is(*it)).count();
    !name.trim().is_empty()
        && name.chars().count() <= LONGEST_GREETED
        && count(char::is_numeric) <= MOST_DIGITS
        && count(char::is_control) == 0
        && !name.contains(['/', '\\', '@'])
        && !name.chars().any(|it| TURNS.iter().any(|turns| turns.contains(&it)))
        && !name.to_lowercase().contains("www.")
        && !holds_host(name)
}

/// Whether a dot stands between what a host's name is made of: a letter or digit before it, and behind it a digit, or as many
/// letters as the shortest top-level domain has. `J.R.R. Tolkien` passes.
fn holds_host(name: &str) -> bool {
    let letters: Vec<char> = name.chars().collect();
    let alphanumeric =
        |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|it| it.is_alphanumeric());
    letters.iter().enumerate().any(|(at, letter)| {
        DOTS.contains(letter)
            && alphanumeric(at.checked_sub(1))
            && (letters.get(at + 1).is_some_and(|it| it.is_numeric())
                || (alphanumeric(Some(at + 1)) && alphanumeric(Some(at + 2))))
    })
}

/// Everything but ASCII letters, digits and spaces goes in as a number. Cognito refuses a text, and with it the call, that has
/// a character outside of `[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]`: a no-break space, the joiners of Persian names and of emoji, a letter
/// newer than its Unicode. And a user called `{####}` must not place the code a second time.
fn push_escaped(to: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == ' ' {
            to.push(character);
        } else {
            // Writing to a String can't fail.
            let _ = write!(to, "&#{};", u32::from(character));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_on_its_page_as_it_was_written() {
        let page = page("Your code, <Jane> & co.:\n\n12345678\r\n");
        assert!(
            page.contains("<p>Your code&#44; &#60;Jane&#62; &#38; co&#46;&#58;<br>\n<br>\n12345678</p>"),
            "{page}"
        );
    }

    #[test]
    fn names_are_greeted_whatever_their_script() {
        for name in [
            "Jane Doe",
            "Zoë O'Neill-Søren",
            "J.R.R. Tolkien",
            "Martin Luther King Jr.",
            "St. John",
            "X Æ A-12",
            "علی\u{200c}رضا",
            "Jean\u{a0}Paul",
            "👩\u{200d}💻 Jane",
            "山田 太郎",
            &"é".repeat(64),
        ] {
            assert!(greetable(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_a_link_an_address_or_a_message_is_not_greeted() {
        for name in [
            "",
            " ",
            "https://evil.example",
            "see evil.example now",
            "evil.CO",
            "evil\u{3002}com",
            "evil\u{ff0e}com",
            "WWW.x",
            "10.0.0.1",
            "evil/login",
            "\\\\evil",
            "jane@example",
            "Call +33 6 12 34 56 78",
            "moc\u{202e}live",
            "Jane\nDoe",
            &"é".repeat(65),
        ] {
            assert!(!greetable(name), "{name:?}");
        }
    }
}

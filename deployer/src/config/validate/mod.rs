//! From the file as written to an [`Environment`]: defaults, the rules of [`super::rules`], and what values demand of
//! each other.
//!
//! Every value is looked at, whatever is wrong with others; a rule between two values is applied where both are sound.
//! Owns no rule for a single value.

mod related;
mod sections;

use std::borrow::Borrow;

use cogapi_handlers::endpoint::Feature;

use super::environment::{Environment, Protection};
use super::file;
use super::problem::{Checked, Problems};
use super::read::{Given, List, Needed, Written};
use super::rules::Ruled;

/// The environment that the file means.
pub(super) fn environment(name: &str, file: file::File, problems: &mut Problems) -> Checked<Environment> {
    let mut check = Check { problems };
    let aws = check.aws(file.aws);
    let state = check.state(file.state);
    let has = |feature| match feature {
        Feature::Passkeys => !matches!(file.passkeys, Ok(None)),
    };
    let api = check.api(name, file.api, has);
    let (domain, passkeys) = check.domain_and_passkeys(file.domain, file.passkeys);
    let email = check.email(file.email, aws.as_ref().ok());
    let tokens = check.tokens(file.tokens);
    let password = check.password(file.password);
    let mfa = check.mfa(file.mfa);
    let access = check.access(file.access);
    let functions = check.functions(file.functions);
    let deletion = flag(file.protection.deletion, true);
    let tags = check.tags(file.tags);
    Ok(Environment {
        name: name.to_owned(),
        aws: aws?,
        state: state?,
        api: api?,
        domain: domain?,
        email: email?,
        tokens: tokens?,
        password: password?,
        mfa: mfa?,
        passkeys: passkeys?,
        access: access?,
        functions: functions?,
        protection: Protection { deletion: deletion? },
        tags: tags?,
    })
}

/// Applies rules, and keeps what breaks them.
struct Check<'p> {
    problems: &'p mut Problems,
}

impl Check<'_> {
    /// The value that the rule makes of what is written, still with its place.
    fn placed<T, V, U>(
        &mut self,
        written: Written<T>,
        rule: impl FnOnce(&V) -> Ruled<U>,
    ) -> Checked<Written<U>>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        match rule(written.value.borrow()) {
            Ok(value) => Ok(Written { value, at: written.at }),
            Err(wrong) => Err(self.problems.report(&written.at, wrong.problem, wrong.help)),
        }
    }

    /// The value of a key that must be there.
    fn needed<T, V, U>(&mut self, key: Needed<T>, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<U>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        Ok(self.placed(key?, rule)?.value)
    }

    /// The value of a key that may be left out.
    fn given<T, V, U>(&mut self, key: Given<T>, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<Option<U>>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        Ok(self.given_placed(key, rule)?.map(|written| written.value))
    }

    /// [`Self::given`], still with its place.
    fn given_placed<T, V, U>(
        &mut self,
        key: Given<T>,
        rule: impl FnOnce(&V) -> Ruled<U>,
    ) -> Checked<Option<Written<U>>>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        key?.map(|written| self.placed(written, rule)).transpose()
    }

    /// The value of a key that has a default.
    fn or<T, V, U>(&mut self, key: Given<T>, default: U, rule: impl FnOnce(&V) -> Ruled<U>) -> Checked<U>
    where
        T: Borrow<V>,
        V: ?Sized,
    {
        Ok(self.given(key, rule)?.unwrap_or(default))
    }

    /// The elements, all of them looked at, no two alike.
    fn distinct<T: PartialEq>(
        &mut self,
        list: List<String>,
        rule: impl Fn(&str) -> Ruled<T>,
    ) -> Checked<Vec<T>> {
        let mut known: Vec<T> = Vec::new();
        let mut sound = Ok(());
        for element in list {
            let value = element.and_then(|written| self.placed(written, &rule));
            match value {
                Ok(Written { value, at }) if known.contains(&value) => {
                    sound = Err(self.problems.report(&at, "is there twice", "write it once"));
                }
                Ok(Written { value, .. }) => known.push(value),
                Err(reported) => sound = Err(reported),
            }
        }
        sound.map(|()| known)
    }
}

/// A value that no rule could find fault with.
fn flag(key: Given<bool>, default: bool) -> Checked<bool> {
    Ok(key?.map_or(default, |written| written.value))
}

/// All values, or the proof for one that is not there; unlike `collect`, it looks at every one.
fn all<T>(values: impl Iterator<Item = Checked<T>>) -> Checked<Vec<T>> {
    let values: Vec<Checked<T>> = values.collect();
    values.into_iter().collect()
}

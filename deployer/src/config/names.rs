//! How domain names relate to each other. Pure.

/// Whether `name` is `parent` or below it.
#[must_use]
pub fn is_in(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

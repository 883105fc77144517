//! Which step may start next: one that waits for nothing more, within the limits. Owns the order and the counts; knows
//! neither what a step does nor what is remembered of it.

use std::collections::{BTreeMap, BTreeSet};

use super::ApplyOptions;
use super::steps::Key;

/// The steps that are not started yet, and those that are.
pub(super) struct Schedule {
    /// Not started yet, with what each waits for.
    waiting: BTreeMap<Key, Waiting>,
    /// Started and not ended, with the service of each.
    active: BTreeMap<Key, &'static str>,
    parallel: usize,
    per_service: BTreeMap<&'static str, usize>,
}

struct Waiting {
    service: &'static str,
    on: BTreeSet<Key>,
}

impl Schedule {
    pub(super) fn new(
        steps: BTreeMap<Key, BTreeSet<Key>>,
        service: impl Fn(&Key) -> &'static str,
        options: &ApplyOptions,
    ) -> Self {
        let waiting = steps.into_iter().map(|(key, on)| {
            let service = service(&key);
            (key, Waiting { service, on })
        });
        Self {
            waiting: waiting.collect(),
            active: BTreeMap::new(),
            parallel: options.parallel,
            per_service: options.per_service.clone(),
        }
    }

    /// Whether every step was started or given up.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Starts the first step that may.
    pub(super) fn start(&mut self) -> Option<Key> {
        if self.active.len() >= self.parallel {
            return None;
        }
        let may = |waiting: &Waiting| waiting.on.is_empty() && self.has_room(waiting.service);
        let key = self.waiting.iter().find(|(_, waiting)| may(waiting)).map(|(key, _)| key.clone())?;
        let started = self.waiting.remove(&key)?;
        self.active.insert(key.clone(), started.service);
        Some(key)
    }

    fn has_room(&self, service: &'static str) -> bool {
        let limit = self.per_service.get(service).copied().unwrap_or(usize::MAX);
        self.active.values().filter(|active| **active == service).count() < limit
    }

    /// A started step goes back to those that wait: its call was never made.
    pub(super) fn put_back(&mut self, key: Key) {
        if let Some(service) = self.active.remove(&key) {
            self.waiting.insert(key, Waiting { service, on: BTreeSet::new() });
        }
    }

    /// A started step ended well: whoever waits for it waits no more.
    pub(super) fn done(&mut self, key: &Key) {
        self.active.remove(key);
        for waiting in self.waiting.values_mut() {
            waiting.on.remove(key);
        }
    }

    /// A started step failed: gives up everything that waits for it, directly or not, and says what that is.
    pub(super) fn failed(&mut self, key: &Key) -> Vec<Key> {
        self.active.remove(key);
        let mut causes = vec![key.clone()];
        let mut given_up = Vec::new();
        while let Some(cause) = causes.pop() {
            for (key, _) in self.waiting.extract_if(.., |_, waiting| waiting.on.contains(&cause)) {
                causes.push(key.clone());
                given_up.push(key);
            }
        }
        given_up
    }
}

#[cfg(test)]
mod tests {
    use super::super::steps::Step;
    use super::*;
    use crate::Address;

    fn key(name: &str) -> Key {
        (Address::new("thing", name), Step::Put)
    }

    /// `b` waits for `a`, `c` for `b`; the services are the names' first letters' halves of the alphabet.
    fn chain(options: &ApplyOptions) -> Schedule {
        let waits = |on: &[&str]| on.iter().map(|name| key(name)).collect();
        let steps = [
            ("a", waits(&[])),
            ("b", waits(&["a"])),
            ("c", waits(&["b"])),
            ("x", waits(&[])),
            ("y", waits(&[])),
        ];
        let service = |key: &Key| if key.0.name() < "m" { "early" } else { "late" };
        Schedule::new(steps.into_iter().map(|(name, on)| (key(name), on)).collect(), service, options)
    }

    fn start_all(schedule: &mut Schedule) -> Vec<Key> {
        std::iter::from_fn(|| schedule.start()).collect()
    }

    #[test]
    fn a_service_that_is_busy_holds_up_no_other() {
        let one_late = ApplyOptions { per_service: BTreeMap::from([("late", 1)]), ..ApplyOptions::default() };
        let mut schedule = chain(&one_late);
        assert_eq!(start_all(&mut schedule), [key("a"), key("x")]);
        schedule.done(&key("a"));
        assert_eq!(start_all(&mut schedule), [key("b")]);
        schedule.done(&key("x"));
        assert_eq!(start_all(&mut schedule), [key("y")]);
    }

    #[test]
    fn what_is_put_back_may_start_again_and_takes_no_room() {
        let mut schedule = chain(&ApplyOptions { parallel: 1, ..ApplyOptions::default() });
        assert_eq!(start_all(&mut schedule), [key("a")]);
        schedule.put_back(key("a"));
        assert_eq!(start_all(&mut schedule), [key("a")]);
    }

    #[test]
    fn a_failure_gives_up_all_that_waits_for_it_and_nothing_else() {
        let mut schedule = chain(&ApplyOptions::default());
        start_all(&mut schedule);
        assert_eq!(schedule.failed(&key("a")), [key("b"), key("c")]);
        assert!(schedule.is_empty());
    }
}

//! The last requests to the API, for the inspector. Remembers them for as long as the process runs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many are remembered.
const MOST: usize = 200;

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) at: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) milliseconds: u64,
    pub(super) origin: Option<String>,
    /// The contract's error code, where the reply is an error.
    pub(super) code: Option<String>,
    /// What API Gateway calls it, and the function's log.
    pub(super) request_id: Option<String>,
}

/// What was asked of the API last, newest first.
#[derive(Debug, Default)]
pub(super) struct Requests {
    records: Mutex<VecDeque<Record>>,
}

impl Requests {
    /// Adds one, and gives it its number.
    pub(super) fn add(&self, mut record: Record) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        record.id = records.front().map_or(0, |last| last.id) + 1;
        records.push_front(record);
        records.truncate(MOST);
    }

    /// All of them.
    pub(super) fn list(&self) -> Vec<Record> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_come_first() {
        let requests = Requests::default();
        let record = Record {
            id: 0,
            at: String::new(),
            method: "GET".to_owned(),
            path: "/v1/userinfo".to_owned(),
            status: 200,
            milliseconds: 1,
            origin: None,
            code: None,
            request_id: None,
        };
        for _ in 0..=MOST {
            requests.add(record.clone());
        }
        let ids: Vec<u64> = requests.list().iter().map(|record| record.id).collect();
        assert_eq!((ids.len(), ids.first(), ids.last()), (MOST, Some(&201), Some(&2)));
    }
}

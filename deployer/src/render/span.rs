//! Lengths of time as people say them.

use std::time::Duration;

/// A configured length of time, exactly: `90 s`, `10 min`, `24 h`, `30 days`.
pub(super) fn exactly(seconds: u64) -> String {
    const UNITS: [(u64, u64, &str); 3] = [(86_400, 2, "days"), (3_600, 1, "h"), (60, 1, "min")];
    let unit =
        UNITS.into_iter().find(|(unit, least, _)| seconds.is_multiple_of(*unit) && seconds >= unit * least);
    unit.map_or_else(|| format!("{seconds} s"), |(unit, _, name)| format!("{} {name}", seconds / unit))
}

/// How long something took: `0.4 s`, `12.3 s`, `3 min 5 s`.
pub(super) fn took(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0..60 => format!("{:.1} s", elapsed.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_the_largest_unit_that_says_it_exactly() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (90, "90 s"),
            (600, "10 min"),
            (3_600, "1 h"),
            (86_400, "24 h"),
            (172_800, "2 days"),
            (90_000, "25 h"),
        ] {
            assert_eq!(exactly(seconds), expected);
        }
        assert_eq!(took(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(took(Duration::from_secs(185)), "3 min 5 s");
    }
}

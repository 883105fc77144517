//! What is printed: the tables, what is asked of the functions and whether they meet it. Measures nothing.

use crate::{
    callgrind::Instructions,
    measure::{Effort, Measured},
};
use cogapi_handlers::timing::GRID;
use std::{fs, thread, time::Duration};

/// What is asked of every function.
const FIRST_REPLY_MS: f64 = 10.0;
const MEMORY_MB: f64 = 8.0;
const ZIP_MB: f64 = 3.0;
/// What is asked in comparison with Python.
const START_RATIO: f64 = 60.0;
const PROCESSOR_RATIO: f64 = 4.0;

/// Python's figures as they were found before any of this was written, on another machine. In the columns of the table.
const ELSEWHERE: &[(&str, [&str; 8])] = &[
    ("Python 3.12, boto3 *", ["550", "632", "760", "3.4", "4.8", "", "49", ""]),
    ("the original's Python login *", ["269-332", "399-442", "", "19-29", "", "", "48-53", "97"]),
];

const COLUMNS: [&str; 8] = ["init p50", "first p50", "p95", "warm p50", "p99", "CPU", "memory", "zip"];

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Measured {
    fn first_reply(&self) -> f64 {
        ms(self.first.percentile(50))
    }

    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn mib_of_memory(&self) -> f64 {
        self.memory as f64 / f64::from(1 << 20)
    }

    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn mib_of_zip(&self) -> Option<f64> {
        self.zip.map(|bytes| bytes as f64 / f64::from(1 << 20))
    }

    /// Whether its answers wait, so that time tells nothing about an address.
    fn waits(&self) -> bool {
        self.first.percentile(50) >= GRID
    }

    fn cells(&self) -> [String; 8] {
        let Self { init, first, warm, processor, .. } = self;
        [
            format!("{:.1}", ms(init.percentile(50))),
            format!("{:.1}", ms(first.percentile(50))),
            format!("{:.1}", ms(first.percentile(95))),
            format!("{:.2}", ms(warm.percentile(50))),
            format!("{:.2}", ms(warm.percentile(99))),
            format!("{:.2}", ms(*processor)),
            format!("{:.1}", self.mib_of_memory()),
            self.mib_of_zip().map_or_else(String::new, |zip| format!("{zip:.2}")),
        ]
    }
}

/// A goal that each function has to meet by itself: what it says, the most that there may be, and how much there is.
type Goal = (&'static str, f64, fn(&Measured) -> Option<f64>);

const GOALS: [Goal; 3] = [
    ("ms from the start to the first reply", FIRST_REPLY_MS, |row| (!row.waits()).then(|| row.first_reply())),
    ("MiB of memory", MEMORY_MB, |row| Some(row.mib_of_memory())),
    ("MiB of zip", ZIP_MB, Measured::mib_of_zip),
];

fn line(name: &str, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    print!("{name:<32}");
    for cell in cells {
        print!(" {:>9}", cell.as_ref());
    }
    println!();
}

/// What else the machine had to do, as far as that explains times.
pub(crate) fn machine() {
    let processors = thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{processors} processors, load {}", load.split(' ').next().unwrap_or_default());
}

fn head(what: &str, effort: Effort) {
    println!(
        "\n{what}: {} cold starts, then {} requests; milliseconds and MiB",
        effort.starts, effort.requests
    );
    line("", COLUMNS);
}

fn goal(what: &str, found: &str, met: bool) {
    println!("  {what}: {found}: {}", if met { "met" } else { "NOT met" });
}

/// A login, what is measured beside it, and what was measured elsewhere.
pub(crate) fn compared(effort: Effort, rows: &[Measured]) {
    head("one function", effort);
    for row in rows {
        line(&row.name, row.cells());
    }
    for (name, cells) in ELSEWHERE {
        line(name, cells);
    }
    println!("* measured on another machine");
    let (login, python) = (&rows[0], rows.get(2));
    for (what, most, found) in GOALS {
        let found = found(login).expect("a login has them all");
        goal(&format!("at most {most} {what}"), &format!("{found:.1}"), found <= most);
    }
    let Some(python) = python else {
        println!("  Python with boto3: not measured here, as `python3` does not find it");
        return;
    };
    for (what, least, found) in [
        ("time to the first reply", START_RATIO, python.first_reply() / login.first_reply()),
        ("CPU of a request", PROCESSOR_RATIO, ms(python.processor) / ms(login.processor)),
    ] {
        goal(&format!("at most 1/{least} of Python's {what}"), &format!("1/{found:.1}"), found >= least);
    }
}

/// All functions.
pub(crate) fn all(effort: Effort, rows: &[Measured]) {
    head("all functions", effort);
    for row in rows {
        line(&if row.waits() { format!("{} *", row.name) } else { row.name.clone() }, row.cells());
    }
    if rows.iter().any(Measured::waits) {
        println!("* answers on whole seconds, so that time tells nothing about an address");
    }
    for (what, most, found) in GOALS {
        let measured: Vec<_> = rows.iter().filter_map(|row| Some((row, found(row)?))).collect();
        let missing: Vec<_> =
            measured.iter().filter(|(_, found)| *found > most).map(|(row, _)| row.name.as_str()).collect();
        let found = match missing.as_slice() {
            [] => format!("{} functions", measured.len()),
            names => format!("not {}", names.join(", ")),
        };
        goal(&format!("at most {most} {what}"), &found, missing.is_empty());
    }
}

/// What callgrind counted.
pub(crate) fn instructions(counted: [(&str, Option<Instructions>); 2]) {
    println!("\nmillions of instructions, counted by valgrind");
    for (name, instructions) in counted {
        match instructions {
            Some(Instructions { init, first }) => {
                println!("{name:<32} {init:.2} to the first poll, {first:.2} from there to the first reply");
            }
            None => println!("{name:<32} not measured here: valgrind is not installed"),
        }
    }
}

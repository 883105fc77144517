//! What a person at a terminal sees of the long commands, and can do meanwhile. `make pictures` writes some of it as pictures.
#![cfg(unix)]

use std::process::{Command, Stdio};

use rexpect::reader::Options;
use rexpect::session::spawn_with_options;
use serde_json::json;

use crate::common::{Emulator, workspace};
use crate::terminal::{CTRL_C, Terminal};
use crate::world::{CONFIGURATION, World};

#[test]
fn who_presses_ctrl_c_in_a_deploy_sees_it_stop_in_order_and_can_go_on() {
    let world = World::new();
    world.faults(&json!([{ "kind": "latency", "latency_ms": 150 }]));
    let mut terminal = Terminal::start(&world.command(&["deploy"]));
    terminal.shows("Plan:").shows("[type yes] ").types("yes");
    terminal.shows("creating ").shows("created ").presses(CTRL_C).shows("stopping: ");
    let (code, shown) = terminal.ended();
    world.no_faults();
    assert_eq!(code, 130, "{shown}");
    assert!(shown.contains("stopped as asked"), "{shown}");
    assert!(world.is_free(), "a lock was left");
    world.must(&["deploy", "--yes"]);
    assert_eq!(world.run(&["plan", "--detailed-exitcode"]).code, Some(0));
}

/// How much of a command's output a picture shows: what a screen of so many rows has in the end.
const ROWS: u16 = 32;

/// What a command writes to a terminal.
fn written(world: &World, arguments: &[&str]) -> String {
    let command = world.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("stty rows {ROWS} cols 80 && exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args()).current_dir(workspace());
    shell.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let options = Options::new().timeout_ms(Some(300_000));
    let shown = spawn_with_options(shell, options).unwrap().exp_eof().unwrap();
    // It makes a character of each byte.
    let bytes = shown.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
    let text = String::from_utf8(bytes).unwrap();
    text.replace(&world.account, "123456789012").replace(&Emulator::shared().url, "http://127.0.0.1:4580")
}

/// The picture of a command and of the screen on which this was written.
fn picture(name: &str, arguments: &[&str], written: &str) {
    let mut terminal = vt100::Parser::new(ROWS, 80, 0);
    terminal.process(format!("\x1b[1m$ cogapi {}\x1b[0m\r\n{written}", arguments.join(" ")).as_bytes());
    let screen = terminal.screen();
    let used = screen.rows(0, 80).enumerate().filter(|(_, row)| !row.trim().is_empty()).last();
    let rows = screen.rows_formatted(0, 80).take(used.map_or(0, |(at, _)| at + 1));
    let rows: Vec<String> = rows.map(|row| String::from_utf8(row).unwrap()).collect();
    let picture = anstyle_svg::Term::new().min_width_px(720).render_svg(&rows.join("\x1b[0m\n"));
    let folder = workspace().join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), picture).unwrap();
}

/// What had been written when a good half of the drawing was done.
fn midway(written: &str) -> &str {
    let drawn: Vec<usize> = written.match_indices("making changes").map(|(at, _)| at).collect();
    let last = drawn[drawn.len() * 3 / 5];
    let line = written[last..].find(['\r', '\n', '\x1b']).unwrap_or(0);
    &written[..last + line]
}

#[test]
#[ignore = "`make pictures` writes them"]
fn pictures() {
    let world = World::new();
    let plan = ["plan", "--env", "dev"];
    picture("plan-from-nothing", &plan, &written(&world, &plan));
    world.faults(&json!([{ "kind": "latency", "latency_ms": 60 }]));
    let deployed = written(&world, &["deploy", "--env", "dev", "--yes"]);
    world.no_faults();
    picture("deploying", &["deploy", "--env", "dev"], midway(&deployed));
    picture("deployed", &["deploy", "--env", "dev"], &deployed);
    let changed = CONFIGURATION.replace(
        "[functions]",
        "[tokens]\naccess = \"2h\"\n\n[access]\nregistration = \"admin\"\n\n[functions]",
    );
    world
        .configure(&changed.replace("description =", "throttle = { rate = 20, burst = 100 }\ndescription ="));
    picture("plan", &plan, &written(&world, &plan));
}

//! What a person at a terminal sees of the long commands, and can do meanwhile. `make pictures` writes some of it as pictures.
#![cfg(unix)]

use std::process::{Command, Stdio};

use rexpect::reader::Options;
use rexpect::session::spawn_with_options;
use serde_json::json;

use crate::common::workspace;
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

/// The picture of a command and of what is on the screen once it has ended.
fn picture(world: &World, name: &str, arguments: &[&str]) {
    const ROWS: u16 = 60;
    let command = world.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", "stty rows 60 cols 80 && exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args()).current_dir(workspace());
    shell.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let options = Options::new().timeout_ms(Some(300_000));
    let written = spawn_with_options(shell, options).unwrap().exp_eof().unwrap();
    let mut screen = vt100::Parser::new(ROWS, 80, 0);
    screen.process(format!("\x1b[1m$ cogapi {}\x1b[0m\r\n", arguments.join(" ")).as_bytes());
    screen.process(written.as_bytes());
    let rows: Vec<String> =
        screen.screen().rows_formatted(0, 80).map(|row| String::from_utf8(row).unwrap()).collect();
    let text = rows.join("\x1b[0m\n").replace(&world.account, "123456789012");
    let picture = anstyle_svg::Term::new().min_width_px(720).render_svg(text.trim_end());
    let folder = workspace().join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), picture).unwrap();
}

#[test]
#[ignore = "`make pictures` writes them"]
fn pictures() {
    let world = World::new();
    picture(&world, "plan-from-nothing", &["plan"]);
    picture(&world, "deploy", &["deploy", "--yes"]);
    let changed = CONFIGURATION.replace(
        "[functions]",
        "[tokens]\naccess = \"2h\"\n\n[access]\nregistration = \"admin\"\n\n[functions]",
    );
    world
        .configure(&changed.replace("description =", "throttle = { rate = 20, burst = 100 }\ndescription ="));
    picture(&world, "plan", &["plan"]);
    picture(&world, "status", &["status"]);
}

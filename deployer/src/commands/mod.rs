//! The commands: one file each, with its arguments (their comments are the help text) and what it does. Parsing and exit codes
//! are `main`'s, texts are `render`'s.

mod ask;
mod build;
mod check;
mod completions;
mod demo;
mod deploy;
mod destroy;
mod destroy_backend;
mod destroy_stack;
mod error;
mod examples;
mod init;
mod interrupt;
mod local;
mod logs;
mod man;
mod outputs;
mod permissions;
mod plan;
mod plan_file;
mod project;
mod question;
mod recover_state;
mod status;
mod target;
mod unlock;
mod work;

use clap::{Args, ColorChoice, Parser, Subcommand};

pub use error::Error;

use crate::render::{self, Form};
use interrupt::unless_interrupted;

/// Your own authentication API on Amazon Cognito, in your own AWS account.
#[derive(Debug, Parser)]
#[command(name = "cogapi", version, max_term_width = 80)]
pub struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

/// How all commands write.
#[derive(Debug, Args)]
struct Output {
    /// Print JSON: one object, or an event a line (docs/events.schema.json)
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
    /// Print only results, questions, warnings and errors
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
    /// Name every resource of a plan
    #[arg(long, short, global = true, help_heading = "Output")]
    verbose: bool,
    /// When to use colours; on a terminal unless NO_COLOR is set
    #[arg(long, global = true, help_heading = "Output", value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the file of a new environment, asking for what it needs.
    #[command(after_help = examples::INIT)]
    Init(init::Init),
    /// Build the handlers and print their artifacts.
    #[command(after_help = examples::BUILD)]
    Build(build::Build),
    /// Look whether configuration and account are ready for a deploy.
    #[command(after_help = examples::CHECK)]
    Check(check::Check),
    /// Show what `deploy` would change.
    #[command(after_help = examples::PLAN)]
    Plan(plan::Plan),
    /// Make the environment as its configuration says.
    #[command(after_help = examples::DEPLOY)]
    Deploy(deploy::Deploy),
    /// Remove the environment: its stack, then its backend.
    #[command(after_help = examples::DESTROY)]
    Destroy(destroy::Destroy),
    /// Remove the environment's stack and keep its backend.
    #[command(after_help = examples::DESTROY_STACK)]
    DestroyStack(destroy_stack::DestroyStack),
    /// Remove the backend (bucket and lock table) once no environment has anything in it.
    #[command(after_help = examples::DESTROY_BACKEND)]
    DestroyBackend(destroy_backend::DestroyBackend),
    /// Remove a lock that a killed run left behind.
    #[command(after_help = examples::UNLOCK)]
    Unlock(unlock::Unlock),
    /// Print the outputs of the last deploy.
    #[command(after_help = examples::OUTPUTS)]
    Outputs(outputs::Outputs),
    /// Show what there is of the environment, whether it is as it was left, and who works on it.
    #[command(after_help = examples::STATUS)]
    Status(status::Status),
    /// Run all of it on this machine, without an AWS account.
    #[command(after_help = examples::LOCAL)]
    Local(local::Local),
    /// Serve the demo app on this machine, for an environment that is deployed.
    #[command(after_help = examples::DEMO)]
    Demo(demo::Demo),
    /// Put a state back that could not be stored.
    #[command(after_help = examples::RECOVER_STATE)]
    RecoverState(recover_state::RecoverState),
    /// Show what the functions have logged.
    #[command(after_help = examples::LOGS)]
    Logs(logs::Logs),
    /// Print what whoever deploys must be allowed, as IAM policies.
    #[command(after_help = examples::PERMISSIONS)]
    Permissions(permissions::Permissions),
    /// Write the man pages.
    #[command(after_help = examples::MAN)]
    Man(man::Man),
    /// Print the completions of a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(completions::Completions),
}

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// There are changes to make (`plan --detailed-exitcode`).
    Changes,
    /// A deploy would not do what is wanted (`check`); it was told why.
    Problems,
}

impl Command {
    /// What `--json` prints: one object where there is one thing to know, and what happens otherwise.
    fn json_form(&self) -> Form {
        match self {
            Self::Check(_)
            | Self::Plan(_)
            | Self::Outputs(_)
            | Self::Status(_)
            | Self::Logs(_)
            | Self::Permissions(_) => Form::Object,
            Self::Build(_)
            | Self::Deploy(_)
            | Self::Destroy(_)
            | Self::DestroyStack(_)
            | Self::DestroyBackend(_)
            | Self::Unlock(_)
            | Self::Local(_)
            | Self::Demo(_)
            | Self::RecoverState(_)
            | Self::Man(_)
            | Self::Completions(_)
            | Self::Init(_) => Form::Events,
        }
    }
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<Outcome, Error> {
        let Output { json, quiet, verbose, color } = self.output;
        colorchoice_clap::Color { color }.write_global();
        let form = if json { self.command.json_form() } else { Form::Text };
        render::set(render::Output { form, quiet, verbose });
        interrupt::listen();
        match self.command {
            // These leave nothing to be finished.
            Command::Init(command) => unless_interrupted(command.run()).await,
            Command::Build(command) => unless_interrupted(command.run()).await,
            Command::Check(command) => unless_interrupted(command.run()).await,
            Command::Plan(command) => unless_interrupted(command.run()).await,
            Command::Deploy(command) => command.run().await,
            Command::Destroy(command) => command.run().await,
            Command::DestroyStack(command) => command.run().await,
            Command::DestroyBackend(command) => unless_interrupted(command.run()).await,
            Command::Unlock(command) => unless_interrupted(command.run()).await,
            Command::Outputs(command) => unless_interrupted(command.run()).await,
            Command::Status(command) => unless_interrupted(command.run()).await,
            Command::Local(command) => command.run().await,
            Command::Demo(command) => command.run().await,
            Command::RecoverState(command) => command.run().await,
            Command::Logs(command) => unless_interrupted(command.run()).await,
            Command::Permissions(command) => unless_interrupted(command.run()).await,
            Command::Man(command) => command.run(),
            Command::Completions(command) => Ok(command.run()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// The commands by name, each with its whole help.
    fn helps() -> Vec<(String, String)> {
        let mut cli = Cli::command().term_width(80);
        cli.build();
        let whole = ("cogapi".to_owned(), cli.render_long_help().to_string());
        let commands = cli.get_subcommands_mut().filter(|command| command.get_name() != "help");
        let each =
            commands.map(|command| (command.get_name().to_owned(), command.render_long_help().to_string()));
        std::iter::once(whole).chain(each).collect()
    }

    #[test]
    fn every_help_fits_into_80_columns_and_ends_with_examples() {
        for (name, help) in helps() {
            insta::assert_snapshot!(format!("help_{name}"), help);
            let long = help.lines().find(|line| line.chars().count() > 80);
            assert_eq!(long, None, "{name}");
            assert!(name == "cogapi" || help.contains("\nExamples:\n"), "{name}");
        }
    }

    #[test]
    fn every_example_of_the_help_is_understood() {
        for (name, help) in helps().into_iter().skip(1) {
            let (_, examples) = help.split_once("Examples:\n").unwrap();
            assert!(understood(&name, examples) > 0, "{name}");
        }
    }

    #[test]
    fn every_command_of_the_documents_is_understood() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for page in
            ["README", "docs/pipelines", "docs/recovery", "docs/costs", "docs/upgrading", "docs/untested"]
        {
            let text = std::fs::read_to_string(root.join(format!("{page}.md"))).unwrap();
            assert!(understood(page, &text) > 0, "{page}");
        }
    }

    /// How many commands of ours stand in a text, on indented lines of their own (in YAML as well) or as whole code spans. All are
    /// understood.
    fn understood(place: &str, text: &str) -> usize {
        let begins = |line: &&str| line.starts_with("cogapi ");
        let indented = text.lines().filter(|line| line.starts_with(' '));
        let lines = indented.map(|line| line.trim_start_matches([' ', '-', '$']).trim_start_matches("run: "));
        let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        // What has a placeholder in it is no example.
        let is_whole = |command: &&str| !command.contains(['…', '|', '[']) && !command.contains(" NAME");
        let commands: Vec<&str> = lines.chain(spans).filter(begins).filter(is_whole).collect();
        for command in &commands {
            let words = command.split(" #").next().unwrap().split(" >").next().unwrap().split_whitespace();
            // The environment can come from a variable, which this process has not.
            let missing =
                |error: &clap::Error| error.kind() == clap::error::ErrorKind::MissingRequiredArgument;
            let parsed = Cli::try_parse_from(words);
            let is_understood = parsed.as_ref().map_or_else(missing, |_| true);
            assert!(is_understood, "{place}: {command}: {}", parsed.unwrap_err());
        }
        commands.len()
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_one_that_is_meant() {
        let error = Cli::try_parse_from(["cogapi", "delpoy"]).unwrap_err().to_string();
        assert!(error.contains("deploy"), "{error}");
    }

    #[test]
    fn every_command_has_a_man_page_and_completions() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("man1");
        man::Man::to(&out).unwrap();
        for (name, _) in helps() {
            let page = if name == "cogapi" { "cogapi.1".to_owned() } else { format!("cogapi-{name}.1") };
            assert!(
                std::fs::read_to_string(out.join(&page)).unwrap().contains(&name.replace('-', "\\-")),
                "{page}"
            );
            for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "cogapi", &mut script);
                assert!(String::from_utf8(script).unwrap().contains(&name), "{shell}: {name}");
            }
        }
    }
}

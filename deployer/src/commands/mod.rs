//! The commands: one file each, with its arguments (their comments are the help text) and what it does. Parsing and exit codes
//! are `main`'s, texts are `render`'s.

mod build;
mod check;
mod demo;
mod deploy;
mod destroy;
mod destroy_backend;
mod destroy_stack;
mod error;
mod interrupt;
mod local;
mod outputs;
mod plan;
mod plan_file;
mod project;
mod question;
mod recover_state;
mod status;
mod target;
mod unlock;
mod work;

use clap::{Args, Parser, Subcommand};

pub use error::Error;

use crate::render;
use interrupt::unless_interrupted;

/// Your own authentication API on Amazon Cognito, in your own AWS account.
#[derive(Debug, Parser)]
#[command(name = "cogapi", version, max_term_width = 100)]
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
    #[arg(long, global = true)]
    json: bool,
    /// Print only results, questions, warnings and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Name everything, however much it is
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the handlers and print their artifacts.
    Build(build::Build),
    /// Look whether configuration and account are ready for a deploy.
    Check(check::Check),
    /// Show what `deploy` would change.
    Plan(plan::Plan),
    /// Make the environment as its configuration says.
    Deploy(deploy::Deploy),
    /// Remove the environment: its stack, then its backend.
    Destroy(destroy::Destroy),
    /// Remove the environment's stack and keep its backend.
    DestroyStack(destroy_stack::DestroyStack),
    /// Remove the backend (bucket and lock table) once no environment has anything in it.
    DestroyBackend(destroy_backend::DestroyBackend),
    /// Remove a lock that a killed run left behind.
    Unlock(unlock::Unlock),
    /// Print the outputs of the last deploy.
    Outputs(outputs::Outputs),
    /// Show what there is of the environment, whether it is as it was left, and who works on it.
    Status(status::Status),
    /// Run all of it on this machine, without an AWS account.
    Local(local::Local),
    /// Serve the demo app on this machine, for an environment that is deployed.
    Demo(demo::Demo),
    /// Put a state back that could not be stored.
    RecoverState(recover_state::RecoverState),
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
    /// Whether `--json` prints one object, as there is one thing to know. All others print events.
    fn prints_an_object(&self) -> bool {
        match self {
            Self::Check(_) | Self::Plan(_) | Self::Outputs(_) | Self::Status(_) => true,
            Self::Build(_)
            | Self::Deploy(_)
            | Self::Destroy(_)
            | Self::DestroyStack(_)
            | Self::DestroyBackend(_)
            | Self::Unlock(_)
            | Self::Local(_)
            | Self::RecoverState(_) => false,
        }
    }
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<Outcome, Error> {
        let Output { json, quiet, verbose, color } = self.output;
        color.write_global();
        render::set(render::Output { json, object: self.command.prints_an_object(), quiet, verbose });
        interrupt::listen();
        match self.command {
            // These leave nothing to be finished.
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
        }
    }
}

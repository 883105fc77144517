//! Asking before something is done. Only on a terminal: a pipeline must say `--yes`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use cogapi_engine::Failure;

use super::Error;

/// Asks until the person types `answer`, exactly, or anything else, which means no.
pub(super) fn confirm(question: &str, answer: &str) -> Result<(), Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("there is nobody to ask", "standard input is not a terminal")
            .with_hint("use --yes to go ahead without being asked")
            .into());
    }
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "{question} [type {answer}] ");
    let _ = terminal.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.is_ok() && line.trim() == answer { Ok(()) } else { Err(Error::Declined) }
}

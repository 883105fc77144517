//! Asking before something is done. Only on a terminal: a pipeline must say `--yes`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use cogapi_engine::Failure;
use tokio::sync::oneshot;

use super::Error;

/// Refuses where nobody can answer, before anything is done that a question would follow.
pub(super) fn somebody_answers() -> Result<(), Error> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::new("there is nobody to ask", "standard input is not a terminal")
        .with_hint("use --yes to go ahead without being asked")
        .into())
}

/// Asks until the person types `answer`, exactly, or anything else, which means no.
pub(super) async fn confirm(question: &str, answer: &str) -> Result<(), Error> {
    somebody_answers()?;
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "{question} [type {answer}] ");
    let _ = terminal.flush();
    drop(terminal);
    if typed_line().await.is_some_and(|line| line.trim() == answer) { Ok(()) } else { Err(Error::Declined) }
}

/// What the person types. Read on a thread of its own that nothing waits for, so that Ctrl-C is heard meanwhile.
async fn typed_line() -> Option<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let _ = sender.send(read.is_ok().then_some(line));
    });
    receiver.await.ok().flatten()
}

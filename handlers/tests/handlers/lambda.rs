//! Lambda as a function's process sees it: its environment, and the runtime API that it asks for events. Owns the process: it ends
//! with its `Function`, whatever becomes of who started it. Shared with the benchmark.
#![allow(dead_code, reason = "the benchmark asks for more than the tests")]

use crate::{support::variable, wire};
use serde_json::Value;
use std::{
    ffi::OsStr,
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

/// How long a function may take: far more than any needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A function's process with what Lambda sets, and what the deployer sets of what the function declares.
pub(crate) fn command(program: impl AsRef<OsStr>, handler: &str, declared: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("_HANDLER", handler);
    command.env("AWS_LAMBDA_FUNCTION_NAME", handler).env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    let names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "CORS_ORIGINS"];
    let names = names.iter().chain(declared);
    command.envs(names.filter_map(|name| Some((name, variable(name)?))));
    command
}

/// What the runtime API saw of the function.
enum Seen {
    /// It asked for an event.
    Polled(Instant),
    /// It answered one: whether it worked, and the body.
    Replied(Instant, bool, String),
    /// The process ended, with this output.
    Ended(String),
}

/// A running function.
pub(crate) struct Function {
    process: Child,
    started: Instant,
    first_poll: Option<Instant>,
    api: SocketAddr,
    stopped: Arc<AtomicBool>,
    events: Sender<String>,
    seen: Receiver<Seen>,
}

/// What a function made of an event.
pub(crate) struct Reply {
    /// When it was there.
    pub(crate) at: Instant,
    /// What it answered, or the error that it reported.
    pub(crate) result: Result<Value, Value>,
}

impl Function {
    /// Starts the process.
    pub(crate) fn start(mut command: Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = listener.local_addr().unwrap();
        let (tell, seen) = channel();
        let (events, given) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let runtime = Runtime { tell: tell.clone(), given: Arc::new(Mutex::new(given)) };
        let until = Arc::clone(&stopped);
        thread::spawn(move || runtime.listen(&listener, &until));

        command.env("AWS_LAMBDA_RUNTIME_API", api.to_string()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut process = command.spawn().unwrap();
        let mut stdout = process.stdout.take().unwrap();
        thread::spawn(move || {
            let mut output = String::new();
            let _ = stdout.read_to_string(&mut output);
            let _ = tell.send(Seen::Ended(output));
        });
        Self { process, started, first_poll: None, api, stopped, events, seen }
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// When the process was started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// When it first asked for an event.
    pub(crate) fn first_poll(&mut self) -> Instant {
        loop {
            if let Some(first_poll) = self.first_poll {
                return first_poll;
            }
            assert!(self.next().is_none(), "a reply to nothing");
        }
    }

    /// Gives it an event and waits for its reply.
    pub(crate) fn invoke(&mut self, event: &Value) -> Reply {
        self.events.send(event.to_string()).unwrap();
        loop {
            if let Some(reply) = self.next() {
                return reply;
            }
        }
    }

    /// Notes what is seen next, and returns it if it is a reply.
    fn next(&mut self) -> Option<Reply> {
        match self.seen.recv_timeout(PATIENCE).expect("the function does nothing") {
            Seen::Polled(at) => {
                self.first_poll.get_or_insert(at);
                None
            }
            Seen::Replied(at, worked, body) => {
                let body = serde_json::from_str(&body).expect("replies are JSON");
                Some(Reply { at, result: if worked { Ok(body) } else { Err(body) } })
            }
            Seen::Ended(output) => panic!("the function ended: {output}"),
        }
    }

    /// Ends the process; the lines that it logged.
    pub(crate) fn stop(mut self) -> Vec<Value> {
        self.process.kill().unwrap();
        self.logged()
    }

    /// Waits for the process to end; the lines that it logged.
    pub(crate) fn logged(self) -> Vec<Value> {
        loop {
            if let Seen::Ended(output) = self.seen.recv_timeout(PATIENCE).expect("the output has an end") {
                return output.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
            }
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener, so that its thread sees that it is over.
        let _ = TcpStream::connect(self.api);
    }
}

/// The runtime API.
#[derive(Clone)]
struct Runtime {
    tell: Sender<Seen>,
    given: Arc<Mutex<Receiver<String>>>,
}

impl Runtime {
    fn listen(&self, listener: &TcpListener, until: &AtomicBool) {
        for stream in listener.incoming().flatten() {
            if until.load(Ordering::Relaxed) {
                break;
            }
            let runtime = self.clone();
            thread::spawn(move || runtime.serve(stream));
        }
    }

    /// Serves a connection until one of both ends has had enough.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        for invocation in 0.. {
            let request = wire::read(&mut stream)?;
            let now = Instant::now();
            if request.path.ends_with("/invocation/next") {
                self.tell.send(Seen::Polled(now)).ok()?;
                let event = self.given.lock().ok()?.recv().ok()?;
                let deadline = SystemTime::now() + Duration::from_secs(10);
                let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis();
                let headers = format!(
                    "Lambda-Runtime-Aws-Request-Id: invocation-{invocation}\r\n\
                     Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Invoked-Function-Arn: arn\r\n"
                );
                wire::answer(&mut stream, &headers, &event)?;
            } else {
                let worked = request.path.ends_with("/response");
                wire::answer(&mut stream, "", "{}")?;
                self.tell.send(Seen::Replied(now, worked, request.body)).ok()?;
            }
        }
        None
    }
}

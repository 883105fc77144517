//! Who holds a port that is taken, as far as the operating system tells us.

use std::path::{Path, PathBuf};

/// The process that listens on `port` of this machine: its id and name.
#[must_use]
pub fn holder(port: u16) -> Option<String> {
    if Path::new("/proc/net/tcp").exists() { in_proc(port) } else { of_lsof(port) }
}

/// Linux: the table of sockets leads to an inode, and the inode to the process that has it open.
fn in_proc(port: u16) -> Option<String> {
    let sockets =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let inode = sockets.iter().flat_map(|table| table.lines()).find_map(|line| listening(line, port))?;
    let socket = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let is_process =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes()[0].is_ascii_digit());
    let found = processes.map(|entry| entry.path()).filter(is_process).find(|process| {
        // Of other users' processes we may see nothing.
        let open = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        open.map(|file| file.path())
            .any(|file| std::fs::read_link(file).is_ok_and(|to| to == Path::new(&socket)))
    })?;
    let name = std::fs::read_to_string(found.join("comm")).ok()?;
    Some(format!("process {} ({})", found.file_name()?.to_str()?, name.trim()))
}

/// The inode in a line of `/proc/net/tcp` (https://docs.kernel.org/networking/proc_net_tcp.html), if it listens on `port`.
fn listening(line: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, at) = fields.get(1)?.rsplit_once(':')?;
    let same = u16::from_str_radix(at, 16) == Ok(port) && fields.get(3) == Some(&LISTEN);
    same.then(|| fields.get(9).copied())?
}

/// Elsewhere: lsof, which macOS has.
fn of_lsof(port: u16) -> Option<String> {
    let filter = format!("-iTCP:{port}");
    let asked =
        std::process::Command::new("lsof").args(["-nP", &filter, "-sTCP:LISTEN", "-Fpc"]).output().ok()?;
    let said = String::from_utf8(asked.stdout).ok()?;
    let field = |letter| said.lines().find_map(|line| line.strip_prefix(letter));
    Some(format!("process {} ({})", field('p')?, field('c')?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn whoever_listens_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = super::holder(listener.local_addr().unwrap().port()).unwrap();
        assert!(holder.starts_with(&format!("process {} (", std::process::id())), "{holder}");
    }
}

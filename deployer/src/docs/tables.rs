//! The endpoints as tables in Markdown: all about them in one file, the short of it in the README.

use std::fmt::Write as _;

use cogapi_handlers::endpoint::Endpoint;
use cogapi_handlers::error::ErrorCode;
use cogapi_handlers::schema::{Kind, Member};

use super::{chapters, codes, who};

/// What the README's table follows.
pub(super) const BEGIN: &str = "<!-- endpoints: written by `make docs` -->\n";
/// What follows the README's table.
pub(super) const END: &str = "<!-- end of endpoints -->\n";

/// All about all endpoints.
pub(super) fn endpoints() -> String {
    let mut text = "<!-- Written by `make docs`. -->\n\n# Endpoints\n\n\
                    Requests and replies are JSON. Every field of a request must be there, and no other. \
                    `{user_id}` is the user's id, or the e-mail address, URL-encoded.\n\
                    [openapi.json](openapi.json) has all details, with examples.\n"
        .to_owned();
    for chapter in chapters() {
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "\n## {}\n\n| Endpoint | Request | Reply | Errors |\n|---|---|---|---|",
            chapter.title()
        );
        for endpoint in super::of(chapter) {
            let _ = writeln!(text, "{}", row(endpoint));
        }
    }
    text.push_str(
        "\n## Errors\n\nThe body of an error has `code`, `message` and `request_id`; `fields` where the request is not valid; \
         and `session` where a code may be tried again in it. `too_many_requests` says in `Retry-After` how many seconds to \
         wait. Those marked with * may come from any endpoint.\n\n| Status | Code | Message |\n|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let common = if ErrorCode::COMMON.contains(code) { " *" } else { "" };
        let _ = writeln!(text, "| {} | `{}`{common} | {} |", code.status(), code.as_str(), code.message());
    }
    text
}

/// The README with its table.
pub(super) fn within(readme: &str) -> String {
    let Some((before, rest)) = readme.split_once(BEGIN) else { return readme.to_owned() };
    let Some((_, after)) = rest.split_once(END) else { return readme.to_owned() };
    let rows: Vec<String> = chapters()
        .flat_map(super::of)
        .map(|endpoint| format!("| `{} {}` | {} |", endpoint.method, endpoint.path, endpoint.summary))
        .collect();
    format!("{before}{BEGIN}\n| Endpoint | |\n|---|---|\n{}\n\n{END}{after}", rows.join("\n"))
}

fn row(endpoint: &Endpoint) -> String {
    let Endpoint { method, path, summary, reply, .. } = endpoint;
    let shapes: Vec<String> = reply.shapes.iter().map(|shape| members(shape)).collect();
    let own: Vec<String> = codes(endpoint)
        .filter(|code| !ErrorCode::COMMON.contains(code))
        .map(|code| format!("{} `{}`", code.status(), code.as_str()))
        .collect();
    format!(
        "| `{method} {path}`<br>{summary} {} | {} | {} {} | {} |",
        who(endpoint),
        members(endpoint.request),
        reply.status,
        shapes.join("<br>or "),
        own.join("<br>")
    )
}

fn members(members: &[Member]) -> String {
    let member = |member: &Member| match member.schema.kind {
        Kind::Constant(text) => format!("`{}: \"{text}\"`", member.name),
        _ if member.optional => format!("`{}`?", member.name),
        _ => format!("`{}`", member.name),
    };
    members.iter().map(member).collect::<Vec<_>>().join(", ")
}

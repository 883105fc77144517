//! The colours, by what they mean. Texts always carry them; what writes a text takes them away where they are not wanted.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const MADE: Style = AnsiColor::Green.on_default();
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(super) const GONE: Style = AnsiColor::Red.on_default();
pub(super) const REPLACED: Style = AnsiColor::Magenta.on_default();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const REFUSED: Style = AnsiColor::Red.on_default().bold();

/// `text` in a style.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

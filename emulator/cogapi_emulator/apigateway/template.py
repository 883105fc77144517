"""The part of the Velocity template language that mapping templates of ours can use. Pure.

Directives `#set`, `#if`, `#elseif`, `#else`, `#end`, comments; references with properties and calls; `==`,
`!=`, `&&`, `||`, `!`. What is not known here is an error, never a guess.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_TOKEN = re.compile(
    rf"""\s*(?:(?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<number>-?\d+)
    |(?P<reference>\$!?\{{?{_NAME})
    |(?P<word>{_NAME})
    |(?P<mark>==|!=|&&|\|\||[!()=.,}}]))""",
    re.VERBOSE,
)
_DIRECTIVE = re.compile(
    r"##[^\n]*\n?|#\*.*?\*#|#(?:set|if|elseif)\s*\(|#(?:else|end)(?![A-Za-z])|#\{(?:else|end)\}|\$!?\{?" + _NAME,
    re.DOTALL,
)

Value = object
Scope = dict[str, Value]


class UnsupportedTemplateError(Exception):
    """The template uses something that is not known here."""


def render(template: str, scope: Scope) -> str:
    """Evaluate `template`. `scope` holds the references' roots (`input`, `context`, …); `#set` changes it."""
    nodes, _ = _parse(template, 0, nested=False)
    return "".join(_run(node, scope) for node in nodes)


@dataclass
class _If:
    branches: list[tuple[Callable[[Scope], Value], list]]


def _run(node, scope: Scope) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, _If):
        for condition, body in node.branches:
            if _truth(condition(scope)):
                return "".join(_run(inner, scope) for inner in body)
        return ""
    return node(scope)


def _parse(text: str, at: int, *, nested: bool) -> tuple[list, int]:
    """Parse until the end, or (nested) until the directive that ends a block, which is left to the caller."""
    nodes: list = []
    while (match := _DIRECTIVE.search(text, at)) is not None:
        nodes.append(text[at : match.start()])
        found = match[0]
        at = match.end()
        if found.startswith(("##", "#*")):
            continue
        if found.startswith("$"):
            reader = _Reader(text, match.start())
            nodes.append(_printed(reader.reference(), text[match.start() : reader.at], quiet=found.startswith("$!")))
            at = reader.at
        elif found.startswith("#set"):
            reader = _Reader(text, at)
            nodes.append(reader.assignment())
            at = reader.at
        elif found.startswith("#if"):
            node, at = _parse_if(text, at)
            nodes.append(node)
        elif nested:
            return nodes, match.start()
        else:
            raise UnsupportedTemplateError(f"{found} without #if")
    if nested:
        raise UnsupportedTemplateError("#if without #end")
    nodes.append(text[at:])
    return nodes, len(text)


def _parse_if(text: str, at: int) -> tuple[_If, int]:
    branches = []
    reader = _Reader(text, at)
    condition: Callable[[Scope], Value] = reader.condition()
    at = reader.at
    while True:
        body, at = _parse(text, at, nested=True)
        branches.append((condition, body))
        match = _DIRECTIVE.match(text, at)
        assert match is not None, "a nested block ends at a directive"
        at = match.end()
        if "end" in match[0]:
            return _If(branches), at
        if match[0] in ("#else", "#{else}"):
            condition = _always
        else:
            reader = _Reader(text, at)
            condition = reader.condition()
            at = reader.at


def _always(_scope: Scope) -> Value:
    return True


def _printed(reference: Callable[[Scope], Value], source: str, *, quiet: bool) -> Callable[[Scope], str]:
    # Velocity prints a reference to nothing as it is written, a quiet one as nothing.
    def printed(scope: Scope) -> str:
        value = reference(scope)
        return ("" if quiet else source) if value is None else _text(value)

    return printed


class _Reader:
    """Reads one expression; `at` is where the next token begins."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def _peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self.at)

    def _take(self, *marks: str) -> str | None:
        match = self._peek()
        if match is None or match["mark"] not in marks:
            return None
        self.at = match.end()
        return match["mark"]

    def _expect(self, mark: str) -> None:
        if self._take(mark) is None:
            raise UnsupportedTemplateError(f"{mark!r} expected at {self._text[self.at : self.at + 20]!r}")

    def condition(self) -> Callable[[Scope], Value]:
        """An expression and the parenthesis that closes its directive."""
        value = self._either()
        self._expect(")")
        return value

    def assignment(self) -> Callable[[Scope], str]:
        match = self._peek()
        if match is None or not match["reference"]:
            raise UnsupportedTemplateError("#set without a reference")
        path = [match["reference"].lstrip("$!{")]
        self.at = match.end()
        while self._take("."):
            path.append(self._name())
        self._take("}")
        self._expect("=")
        value = self.condition()

        def assign(scope: Scope) -> str:
            found = value(scope)
            if found is not None:  # Velocity leaves the reference as it was
                target: Value = scope
                for name in path[:-1]:
                    target = target.setdefault(name, {}) if isinstance(target, dict) else None
                if not isinstance(target, dict):
                    raise UnsupportedTemplateError(f"#set of {'.'.join(path)}")
                target[path[-1]] = found
            return ""

        return assign

    def _either(self) -> Callable[[Scope], Value]:
        parts = [self._all()]
        while self._take("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda scope: any(_truth(part(scope)) for part in parts)

    def _all(self) -> Callable[[Scope], Value]:
        parts = [self._comparison()]
        while self._take("&&"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda scope: all(_truth(part(scope)) for part in parts)

    def _comparison(self) -> Callable[[Scope], Value]:
        left = self._single()
        mark = self._take("==", "!=")
        if mark is None:
            return left
        right = self._single()
        return lambda scope: (left(scope) == right(scope)) == (mark == "==")

    def _single(self) -> Callable[[Scope], Value]:
        if self._take("!"):
            negated = self._single()
            return lambda scope: not _truth(negated(scope))
        if self._take("("):
            return self.condition()
        match = self._peek()
        if match is None:
            raise UnsupportedTemplateError(f"a value expected at {self._text[self.at : self.at + 20]!r}")
        if match["reference"]:
            return self.reference()
        self.at = match.end()
        if match["string"]:
            quote, content = match["string"][0], match["string"][1:-1]
            content = content.replace(quote * 2, quote)
            return (lambda scope: render(content, scope)) if quote == '"' else (lambda _scope: content)
        if match["number"]:
            number = int(match["number"])
            return lambda _scope: number
        if match["word"] in ("true", "false"):
            truth = match["word"] == "true"
            return lambda _scope: truth
        raise UnsupportedTemplateError(f"{match[0].strip()!r} is not known")

    def reference(self) -> Callable[[Scope], Value]:
        match = self._peek()
        assert match is not None, "the caller has seen a reference"
        root = match["reference"].lstrip("$!{")
        braced = "{" in match["reference"]
        self.at = match.end()
        steps: list[tuple[str, list[Callable[[Scope], Value]] | None]] = []
        # A full stop that no name follows is text.
        while re.match(rf"\.{_NAME}", self._text[self.at :]):
            self.at += 1
            name = self._name()
            steps.append((name, self._arguments() if self._text.startswith("(", self.at) else None))
        if braced:
            self._expect("}")

        def resolve(scope: Scope) -> Value:
            value = scope.get(root)
            for name, arguments in steps:
                if value is None:
                    return None
                value = _step(value, name, None if arguments is None else [each(scope) for each in arguments])
            return value

        return resolve

    def _arguments(self) -> list[Callable[[Scope], Value]]:
        self._expect("(")
        arguments: list[Callable[[Scope], Value]] = []
        while not self._take(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._either())
        return arguments

    def _name(self) -> str:
        match = re.compile(_NAME).match(self._text, self.at)
        if match is None:
            raise UnsupportedTemplateError(f"a name expected at {self._text[self.at : self.at + 20]!r}")
        self.at = match.end()
        return match[0]


_METHODS: dict[tuple[type, str], Callable[..., Value]] = {
    (dict, "get"): lambda value, key: value.get(key),
    (dict, "containsKey"): lambda value, key: key in value,
    (str, "contains"): lambda value, part: part in value,
    (str, "endsWith"): lambda value, end: value.endswith(end),
    (str, "equals"): lambda value, other: value == other,
    (str, "isEmpty"): lambda value: not value,
    (str, "startsWith"): lambda value, start: value.startswith(start),
    (str, "toLowerCase"): lambda value: value.lower(),
}


def _step(value: Value, name: str, arguments: list[Value] | None) -> Value:
    """One property (`arguments` is None), or one call."""
    if arguments is None:
        return value.get(name) if isinstance(value, dict) else None
    if isinstance(value, dict) and callable(value.get(name)):
        return value[name](*arguments)
    method = _METHODS.get((type(value), name))
    if method is None:
        raise UnsupportedTemplateError(f"{name}() of a {type(value).__name__} is not known")
    return method(value, *arguments)


def _truth(value: Value) -> bool:
    # Velocity: only null and false are false.
    return value is not None and value is not False


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

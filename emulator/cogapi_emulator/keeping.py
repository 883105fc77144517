"""Keeps what exists across restarts, in a folder. Owns that folder, and what of each service is kept, not its meaning.

ministack writes its own state when it is stopped, a file a service, so that a kill loses all of it or leaves files that
contradict each other. Here it is one file, written soon after each change and replaced as a whole. What is large (code,
objects) is beside it, named after its content and written once. What was logged and counted is of one run, not kept.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib
import io
import logging
import os
import pickle
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

# Raised when what is kept changes its shape; another one is not read.
_FORMAT = "cogapi 1, ministack 1.5.33"
_STATE = "state"
_BLOBS = "blobs"
# Larger bytes are blobs.
_LARGE = 1 << 16
# After the last request, and at the latest after the first that is not saved.
_QUIET_SECONDS = 0.2
_LATEST_SECONDS = 2.0

_SERVICES = (
    "acm",
    "apigateway_v1",
    "cloudwatch_logs",
    "cognito",
    "dynamodb",
    "iam",
    "lambda_svc",
    "route53",
    "s3",
    "ses",
    "ses_v2",
    "waf",
)  # fmt: skip
# What is no store of ministack's scoped kinds, and is to be kept all the same.
_PLAIN = {"cognito": ("_refresh_tokens", "_revoked_tokens")}
# The classes that stores are made of. A file that names another one is not ours.
_CLASSES = {
    ("builtins", "bytearray"),
    ("builtins", "dict"),
    ("builtins", "set"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
}

Kept = dict[tuple[str, str], object]


class Folder:
    """What is kept, on disk."""

    def __init__(self, path: Path) -> None:
        """Wait until no other process has the folder: one that was asked to stop may still be writing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = path.with_name(f"{path.name}.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._path = path
        self._blobs = path / _BLOBS
        # By identity: hashing megabytes again after each request would take longer than all the rest.
        self._names: dict[int, tuple[bytes, str]] = {}
        self._written = b""

    def forget(self) -> None:
        """Remove all that was kept."""
        shutil.rmtree(self._path, ignore_errors=True)

    def read(self) -> Kept:
        """What was kept. What can't be read is set aside, so that a start never fails for it."""
        kept = self._read()
        # The functions' unpacked code: of one run, and left behind by one that was killed.
        shutil.rmtree(self._path / "tmp", ignore_errors=True)
        (self._path / "tmp").mkdir(parents=True)
        return kept

    def _read(self) -> Kept:
        try:
            content = (self._path / _STATE).read_bytes()
        except FileNotFoundError:
            return {}
        try:
            form, kept = _Reader(io.BytesIO(content), self._blobs).load()
            if form != _FORMAT:
                raise ValueError(f"it is of {form!r}, and this is {_FORMAT!r}")
        except Exception as error:  # a file that was tampered with or cut off can raise anything
            self._set_aside(error)
            return {}
        return kept

    def write(self, kept: Kept) -> None:
        """Replace what was kept. Whoever is killed meanwhile leaves what was kept before."""
        self._blobs.mkdir(parents=True, exist_ok=True)
        content, names = io.BytesIO(), {}
        _Writer(content, self._blob, names).dump((_FORMAT, kept))
        if content.getvalue() == self._written:
            return
        _replace(self._path / _STATE, content.getvalue())
        self._written, self._names = content.getvalue(), names
        used = {name for _, name in names.values()}
        for blob in self._blobs.iterdir():
            if blob.name not in used:
                blob.unlink()

    def _blob(self, content: bytes) -> str:
        _, name = self._names.get(id(content)) or (content, hashlib.sha256(content).hexdigest())
        if not (self._blobs / name).exists():
            _replace(self._blobs / name, content)
        return name

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_name(f"{self._path.name}.unreadable")
        shutil.rmtree(aside, ignore_errors=True)
        self._path.rename(aside)
        log.warning(
            "warning: what was kept of the last run can't be read (%s); it is in %s now, and everything begins anew",
            error,
            aside,
        )


class Keeper:
    """Writes to the folder soon after something may have changed, if possible while nothing is being changed."""

    def __init__(self, folder: Folder | None) -> None:
        self._folder = folder
        self._running = 0
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Mark the time that a request takes."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self.changed()

    def changed(self) -> None:
        """Something may be to be written."""
        self._changed.set()

    async def run(self) -> None:
        """Write until cancelled."""
        if self._folder is None:
            return
        now = asyncio.get_running_loop().time
        while True:
            await self._changed.wait()
            latest = now() + _LATEST_SECONDS
            while self._changed.is_set() or (self._running and now() < latest):
                self._changed.clear()
                await asyncio.sleep(_QUIET_SECONDS)
                if now() >= latest:
                    break
            self.save()

    def save(self) -> None:
        """Write now."""
        if self._folder is None:
            return
        try:
            self._folder.write(taken())
        except RuntimeError:
            # A store grew while it was read: there is a request under way, and another look after it.
            self._changed.set()
        except OSError as error:
            log.warning("what exists could not be kept: %s", error)


def taken() -> Kept:
    """What exists now, by service and store."""
    kept: Kept = {}
    for service in _SERVICES:
        module = sys.modules.get(f"ministack.services.{service}")
        for name, store in _stores(service, module) if module else ():
            if content := getattr(store, "_data", store):
                kept[service, name] = content
    if groups := kept.get(("cloudwatch_logs", "_log_groups")):
        kept["cloudwatch_logs", "_log_groups"] = {key: group | {"streams": {}} for key, group in groups.items()}
    return kept


def restore(kept: Kept) -> None:
    """Make it exist again. Nothing else exists yet."""
    for (service, name), content in kept.items():
        store = dict(_stores(service, importlib.import_module(f"ministack.services.{service}")))[name]
        getattr(store, "_data", store).update(content)


def _stores(service: str, module) -> Iterator[tuple[str, object]]:
    from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict

    for name, store in list(vars(module).items()):
        if isinstance(store, AccountScopedDict | AccountRegionScopedDict) or name in _PLAIN.get(service, ()):
            yield name, store
    if service == "apigateway_v1":
        from cogapi_emulator.apigateway import deployments

        yield "snapshots", deployments.snapshots


class _Writer(pickle.Pickler):
    def __init__(self, file, blob, names: dict[int, tuple[bytes, str]]) -> None:
        super().__init__(file, protocol=5)
        self._blob = blob
        self._names = names

    def persistent_id(self, value: object) -> str | None:
        if type(value) is not bytes or len(value) < _LARGE:
            return None
        name = self._blob(value)
        self._names[id(value)] = value, name
        return name


class _Reader(pickle.Unpickler):
    def __init__(self, file, blobs: Path) -> None:
        super().__init__(file)
        self._blobs = blobs
        self._read: dict[str, bytes] = {}

    def persistent_load(self, name: str) -> bytes:
        if name not in self._read:
            content = (self._blobs / Path(name).name).read_bytes()
            if hashlib.sha256(content).hexdigest() != name:
                raise ValueError(f"{name} has another content than its name says")
            self._read[name] = content
        return self._read[name]

    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in _CLASSES:
            raise pickle.UnpicklingError(f"it holds {module}.{name}")
        return super().find_class(module, name)


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)

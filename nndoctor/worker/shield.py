"""Where the kernel allows it, a run's own view of the user's folders is overlaid: no write of any kind reaches them.

Linux with mount namespaces (a container may forbid them): what the scratch copy can't catch, a write by absolute path,
by native code or by a shell through a link, is caught here for the project and the folders beside it.
See mount_namespaces(7), user_namespaces(7) and the kernel's page on overlayfs.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_NEWNS = 0x00020000
_NEWUSER = 0x10000000
_PRIVATE_BELOW = 0x00040000 | 0x00004000


def coverable(folders: Sequence[str], scratch: Path) -> tuple[str, ...]:
    """Those of the folders (at most eight, outer before inner) that can be overlaid, without what lies in another.

    Tried in a child: to have parted with the other processes' view can't be taken back.
    """
    fit = [folder for folder in dict.fromkeys(folders) if _fits(folder, str(scratch))][:8]
    if sys.platform != "linux" or not fit:
        return ()
    child = os.fork()
    if not child:
        worked = 0
        with suppress(BaseException):
            covered = cover(fit, scratch / "overlay")
            worked = sum(1 << number for number, folder in enumerate(fit) if folder in covered)
        os._exit(worked)
    worked = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    shutil.rmtree(scratch / "overlay", ignore_errors=True)
    return tuple(folder for number, folder in enumerate(fit) if worked > 0 and worked >> number & 1)


def cover(folders: Sequence[str], scratch: Path) -> list[str]:
    """Overlays the folders in this process's own view, for good; gives those where that went well."""
    covered: list[str] = []
    if folders:
        _part()
        for folder in folders:
            if not any(_within(folder, outer) for outer in covered):
                with suppress(OSError):
                    _overlay(folder, scratch)
                    covered.append(folder)
    return covered


def _fits(folder: str, scratch: str) -> bool:
    """Neither the scratch folder, nor caches at home, nor another mounted disk may lie within: they would be hidden."""
    within = [scratch, os.path.realpath(tempfile.gettempdir()), os.path.realpath(os.path.expanduser("~"))]
    with suppress(OSError):
        mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_bytes().splitlines()]
        places = [re.sub(rb"\\(\d{3})", lambda octal: bytes([int(octal[1], 8)]), place) for place in mounted]
        within += [os.fsdecode(place) for place in places if os.fsdecode(place) != folder]
    return os.path.isdir(folder) and not any(_within(place, folder) for place in within)


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip(os.sep) + os.sep)


def _part() -> None:
    """A view of our own; who is not root needs a user namespace for it, in which everybody stays who they are."""
    user, group = os.geteuid(), os.getegid()
    if _kernel().unshare(_NEWNS):
        _must(_kernel().unshare(_NEWNS | _NEWUSER))
        for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", file).write_text(text)
    _must(_kernel().mount(None, b"/", None, _PRIVATE_BELOW, None))


def _overlay(folder: str, scratch: Path) -> None:
    scratch.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=scratch))
    parts = (Path(folder), made / "upper", made / "work")
    for part in parts[1:]:
        part.mkdir()
    parts[1].chmod(os.stat(folder).st_mode & 0o7777)
    # by descriptor, since commas and colons of a path mean something else in these options
    held = [os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for part in parts]
    try:
        named = zip(("lowerdir", "upperdir", "workdir"), held, strict=True)
        options = ",".join([*(f"{name}=/proc/self/fd/{number}" for name, number in named), "userxattr"])
        _must(_kernel().mount(b"overlay", os.fsencode(folder), b"overlay", 0, options.encode()))
    finally:
        for number in held:
            os.close(number)


def _kernel() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(failed: int) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

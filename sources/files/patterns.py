"""Files that a pattern of `path` matches, through links too, each folder looked into once.

Not `glob`: with `**` it goes through links that lead back again and again, as often as a path may
be long, and a folder that it may not list it passes over without a word.
"""

import fnmatch
import glob
import os
from collections.abc import Callable, Iterator, Sequence

Unlistable = Callable[[str, OSError], None]
"""Is told of a folder that cannot be looked into, and why."""

_ANY = "**"
_HIDDEN = "."


def matching(pattern: str, unlistable: Unlistable) -> Iterator[str]:
    """Give what matches an absolute pattern; a `*` stands for no name that begins with a dot."""
    root, *parts = pattern.split(os.sep)
    yield from _below(root + os.sep, parts, unlistable)


def _below(folder: str, parts: Sequence[str], unlistable: Unlistable) -> Iterator[str]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == _ANY:
        for one in folders(folder, (_HIDDEN,), unlistable):
            yield from _below(one, rest or ["*"], unlistable)
    elif not glob.has_magic(part):
        path = os.path.join(folder, part)
        if _is_there(path, lambda error: unlistable(folder, error)):
            yield from _below(path, rest, unlistable)
    else:
        for entry in _listed(folder, unlistable):
            is_meant = part.startswith(_HIDDEN) or not entry.name.startswith(_HIDDEN)
            if is_meant and fnmatch.fnmatch(entry.name, part) and (not rest or _is_folder(entry)):
                yield from _below(entry.path, rest, unlistable)


def folders(root: str, passed_over: tuple[str, ...], unlistable: Unlistable) -> Iterator[str]:
    """Give a folder and all below it, through links too: each once, by a way without links first.

    Names that begin with one of `passed_over` are left out.
    """
    seen: set[tuple[int, int]] = set()
    links = [root]
    while links:
        straight, links = links, []
        while straight:
            folder = straight.pop()
            if not _is_new(folder, seen, unlistable):
                continue
            yield folder
            for entry in _listed(folder, unlistable):
                if _is_folder(entry) and not entry.name.startswith(passed_over):
                    (links if entry.is_symlink() else straight).append(entry.path)


def _is_new(folder: str, seen: set[tuple[int, int]], unlistable: Unlistable) -> bool:
    try:
        said = os.stat(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        unlistable(folder, error)
        return False
    which = said.st_dev, said.st_ino
    is_new = which not in seen
    seen.add(which)
    return is_new


def _is_there(path: str, refused: Callable[[OSError], None]) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        refused(error)
        return False
    return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads to itself


def _listed(folder: str, unlistable: Unlistable) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        unlistable(folder, error)
        return []

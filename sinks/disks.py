"""What to do where a disk does not take what a sink writes, by the error's number."""

import errno

CURES = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the quota is used up: make room",
    errno.EFBIG: "a file may not be so large: raise the limit (ulimit -f)",
    errno.EACCES: "permission denied: let this user read and write there",
    errno.EPERM: "permission denied: let this user read and write there, with hard links",
    errno.EROFS: "it is mounted read-only: mount it for writing, or correct `path`",
    errno.ENOENT: "the folder is gone: bring it back, or correct `path`",
    errno.ENOTDIR: "something on the way to it is no folder: correct `path`",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n)",
}

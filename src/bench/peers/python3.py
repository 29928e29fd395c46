# Spawns by subprocess. Arguments: the program and its arguments. The words are those of src/native/bench.h.
import mmap
import os
import platform
import subprocess
import sys
from time import perf_counter_ns

PAGE_BYTES = 4096
# Numbers that the module mmap knows from 3.8 on.
MADV_HUGEPAGE = 14
MADV_NOHUGEPAGE = 15
EINVAL = 22

command = sys.argv[1:]
ballast = None

# Python adds it where the locale is C; the programs are to have what was given.
with open("/proc/self/environ", "rb") as given:
    if not any(entry.startswith(b"LC_CTYPE=") for entry in given.read().split(b"\0")):
        os.environ.pop("LC_CTYPE", None)


class Failed(Exception):
    pass


def carry(count, huge_pages):
    global ballast
    if ballast is not None:
        ballast.close()
        ballast = None
    if count == 0:
        return
    ballast = mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        ballast.madvise(MADV_HUGEPAGE if huge_pages else MADV_NOHUGEPAGE)
    except OSError as error:
        # A kernel without huge pages says EINVAL to both.
        if huge_pages or error.errno != EINVAL:
            raise
    for at in range(0, count, PAGE_BYTES):
        ballast[at] = 1


def run(count):
    samples = []
    for _ in range(count):
        started = perf_counter_ns()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        free = perf_counter_ns()
        status = child.wait()
        samples.append(f"{free - started} {perf_counter_ns() - started}")
        if status < 0:
            raise Failed(f"signal {-status}")
        if status > 0:
            raise Failed(f"exit {status}")
    return samples


def system_call():
    has_vfork = platform.python_implementation() == "CPython" and sys.version_info >= (3, 10)
    uses_vfork = has_vfork and getattr(subprocess, "_USE_VFORK", True)
    return f"{'vfork' if uses_vfork else 'fork'} ({platform.python_implementation()} {platform.python_version()})"


def answer(line):
    words = line.split()
    if words[0] == "carry":
        try:
            carry(int(words[1]), words[3] == "always")
        except Exception as error:
            return [f"error carry {error}"]
        return ["carried"]
    if words[0] == "run":
        try:
            return [*run(int(words[-1])), f"done {system_call()}"]
        except Failed as failed:
            return [f"error {failed}"]
        except OSError as error:
            return [f"error spawn {error}"]
    return [f"error {line!r} is no command"]


print("ready 1", flush=True)
for line in sys.stdin:
    print("\n".join(answer(line.rstrip("\n"))), flush=True)

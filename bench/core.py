#!/usr/bin/env python3
"""Crash dumps: gordian beside crash and drgn, and on bigger and bigger dumps.

usage: core.py GORDIAN   (with DUMP=FILE, an ELF dump; VMLINUX=FILE for crash and drgn)

Prints user time, wall time and peak memory of one run each. The bigger dumps
are DUMP with a hole at the end: a sparse file, memory that the guest never
used. gordian reads the dump alone; crash and drgn need VMLINUX as well.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

DRGN = """
import sys
from drgn import Program
from drgn.helpers.linux.pid import for_each_task
p = Program(); p.set_core_dump(sys.argv[1]); p.load_debug_info([sys.argv[2]])
for t in for_each_task(p):
    if t.__state.value_() & 0x402 == 2:
        print(t.pid.value_(), t.comm.string_()); print(p.stack_trace(t))
"""


def run(name, argv, stdin=None):
    start = time.time()
    p = subprocess.Popen(argv, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if stdin:
        p.stdin.write(stdin)
        p.stdin.close()
    _, status, usage = os.wait4(p.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    print(f"{name:44} {usage.ru_utime:7.2f} s {time.time() - start:7.2f} s {usage.ru_maxrss / 1024:7.0f} MiB  exit {code}")


def padded(path, size, out):
    """Copies an ELF dump and gives its last segment a sparse tail up to size bytes."""
    shutil.copyfile(path, out)
    with open(out, "r+b") as f:
        head = f.read(64)
        phoff, n = struct.unpack_from("<Q", head, 32)[0], struct.unpack_from("<H", head, 56)[0]
        f.seek(phoff)
        headers = bytearray(f.read(56 * n))
        end = os.path.getsize(path)
        last = max(range(n), key=lambda i: struct.unpack_from("<Q", headers, 56 * i + 24)[0])
        off, pa = struct.unpack_from("<Q", headers, 56 * last + 8)[0], struct.unpack_from("<Q", headers, 56 * last + 24)[0]
        if end - off - struct.unpack_from("<Q", headers, 56 * last + 32)[0] > 4096:  # a section table may follow
            raise SystemExit(f"{path}: its last memory is not at its end")
        grown = size - off
        struct.pack_into("<QQ", headers, 56 * last + 32, grown, grown)
        f.seek(phoff)
        f.write(headers)
        f.truncate(size)
    return pa


def main():
    gordian, dump, vmlinux = sys.argv[1], os.environ.get("DUMP", ""), os.environ.get("VMLINUX", "")
    if not os.path.exists(dump):
        print("core: DUMP=FILE names an ELF dump; `gordian lab run --module lab/modules/pumpctl --dump=FILE` makes one")
        return
    print(f"{'':44} {'user':>9} {'wall':>9} {'peak':>11}")
    run("gordian diagnose", [gordian, "diagnose", "-q", dump])
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(dump))) as tmp:
        for gib in (1, 4, 16):
            big = os.path.join(tmp, "big")
            padded(dump, gib << 30, big)
            run(f"gordian diagnose, {gib} GiB", [gordian, "diagnose", "-q", big])
            os.unlink(big)
        small = os.path.join(tmp, "small.elf.xz")
        run("gordian core trim -o small.elf.xz", [gordian, "core", "trim", dump, "-o", small])
        print(f"{'':44} {os.path.getsize(dump)} bytes become {os.path.getsize(small)}")
        run("gordian diagnose small.elf.xz", [gordian, "diagnose", "-q", small])
    if not vmlinux:
        print("crash, drgn: not run: VMLINUX=FILE names the vmlinux with debug information")
        return
    if shutil.which("crash"):
        run("crash: foreach UN bt", ["crash", "-s", vmlinux, dump], b"foreach UN bt\nbt -a\nquit\n")
    if subprocess.run(["/usr/bin/python3", "-c", "import drgn"], stderr=subprocess.DEVNULL).returncode == 0:
        run("drgn: stacks of tasks in state D", ["/usr/bin/python3", "-c", DRGN, dump, vmlinux])


main()

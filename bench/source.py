#!/usr/bin/env python3
"""Speed, memory and yield of `gordian check` on Linux, beside sparse and coccinelle.

usage: LINUX=DIR source.py GORDIAN [PART...]     PART: file folder peers linear whole; default: all

DIR is an unpacked linux-source (the figures in issues are of 6.1). Nothing in it is changed, nor needs to be configured.
JOBS (default 2) is for gordian's own runs, PEER_FILES (default 200) the number of files that the peers get.
"""
import hashlib, json, os, re, shutil, subprocess, sys, tempfile, time

LINUX = os.environ.get("LINUX", "")
JOBS = os.environ.get("JOBS", "2")
PEER_FILES = int(os.environ.get("PEER_FILES", "200"))
FOLDER = "drivers/net/ethernet/intel/e1000e"
FILE = FOLDER + "/netdev.c"
LOCK = re.compile(rb"\b(?:(?:raw_)?spin_lock|(?:read|write)_lock|mutex_lock|down_(?:read|write))(?:_\w+)?\s*\(")


class Use:
    """What a command used. The peak cannot be lower than that of this process at the time it starts the command."""

    def __init__(self, cmd, out=subprocess.DEVNULL, err=subprocess.DEVNULL, ok=(0, 1)):
        start = time.time()
        p = subprocess.Popen(cmd, cwd=LINUX, stdout=out, stderr=err)
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode not in ok:
            sys.exit("exit status %d: %s" % (p.returncode, " ".join(cmd[:8])))
        self.wall, self.user, self.peak = time.time() - start, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024

    def __str__(self):
        return "wall %7.2f s  cpu %7.2f s  peak %6.0f MiB" % (self.wall, self.user, self.peak)


def row(label, use, more=""):
    print("%-34s %s  %s" % (label, use, more), flush=True)


def check(*args, cache=None, best=1):
    """Runs gordian; returns the best Use and the document."""
    where = ["--cache-dir", cache] if cache else ["--no-cache"]
    cmd = [BIN, "check", "--format", "json", "--fail-on", "never", "--jobs", JOBS, *where, *args]
    uses = []
    with tempfile.NamedTemporaryFile() as out:
        for _ in range(best):
            out.truncate(0)
            out.seek(0)
            uses.append(Use(cmd, out=out, ok=(0,)))
        out.seek(0)
        return min(uses, key=lambda u: u.wall), json.load(out)


def yields(doc, mloc):
    count = {}
    for f in doc.get("findings") or []:
        count[f["confidence"]] = count.get(f["confidence"], 0) + 1
    return "  ".join("%s %d (%.1f/MLOC)" % (c, count.get(c, 0), count.get(c, 0) / mloc) for c in ("high", "medium", "low"))


def sources():
    """Every .c file that a check of the whole tree reads, with its lines."""
    out = {}
    for top, dirs, files in os.walk(LINUX):
        if top == LINUX:
            dirs[:] = [d for d in dirs if d not in ("tools", "scripts", "Documentation", "usr", ".git")]
        for f in files:
            path = os.path.join(top, f)
            if f.endswith(".c") and os.path.isfile(path):
                with open(path, "rb") as text:
                    out[os.path.relpath(path, LINUX)] = text.read().count(b"\n")
    return out


def shuffled(names):
    """The same order everywhere, and no order of the alphabet."""
    return sorted(names, key=lambda n: hashlib.sha1(n.encode()).digest())


def part_file():
    use, _ = check(FILE, best=5)
    row("one file in the tree", use, "aim: 0.3 s")
    with tempfile.TemporaryDirectory() as d:
        shutil.copy(os.path.join(LINUX, FILE), d)
        use, _ = check("--root", LINUX, os.path.join(d, "netdev.c"), best=5)
    row("one file elsewhere, --root", use, "aim: 0.3 s")


def part_folder():
    use, doc = check(FOLDER, best=5)
    row("one driver folder", use, "aim: 0.5 s; %d lines" % doc["stats"]["lines"])


def part_whole():
    with tempfile.TemporaryDirectory() as cache:
        use, doc = check(".", cache=cache)
        mloc = doc["stats"]["lines"] / 1e6
        row("all of Linux, %.1f MLOC" % mloc, use, "aim: 60 s, 4096 MiB")
        print("%-34s %s" % ("", yields(doc, mloc)))
        s = doc["stats"]
        print("%-34s %d of %d functions with lock calls understood (%.2f %%)" % (
            "", s["lock_functions_understood"], s["lock_functions"], 100 * s["lock_functions_understood"] / s["lock_functions"]))
        row("once more, unchanged", check(".", cache=cache)[0], "aim: 3 s")


def units(lines):
    """Folders that do not contain each other, with their lines: of drivers, one level deeper."""
    out = {}
    for path, n in lines.items():
        parts = path.split("/")
        depth = 3 if parts[0] == "drivers" else 2
        if len(parts) > depth:
            u = "/".join(parts[:depth])
            out[u] = out.get(u, 0) + n
    return out


def part_linear():
    folders, points = units(sources()), []
    for aim in (1, 2, 5, 10):
        chosen, n = [], 0
        for f in shuffled(folders):
            if n + folders[f] <= aim * 1.05e6:
                chosen.append(f)
                n += folders[f]
        points.append(measure("%d folders" % len(chosen), sorted(chosen)))
    points.append(measure("all", ["."]))
    plot(points)


def measure(label, paths):
    use, doc = check(*paths)
    mloc = doc["stats"]["lines"] / 1e6
    row("%5.1f MLOC, %s" % (mloc, label), use, "%.2f s cpu/MLOC" % (use.user / mloc))
    return mloc, use.user


def plot(points, width=60, height=16):
    """CPU seconds over lines; the dots are the straight line to the last point."""
    x1, y1 = points[-1][0], max(y for _, y in points)
    grid = [[" "] * (width + 1) for _ in range(height + 1)]
    put = lambda x, y, c: grid[height - round(min(y / y1, 1) * height)].__setitem__(round(x / x1 * width), c)
    for i in range(width + 1):
        put(i * x1 / width, i / width * points[-1][1], ".")
    for x, y in points:
        put(x, y, "o")
    print("\n  cpu, up to %.0f s" % y1)
    print("\n".join("  |" + "".join(r).rstrip() for r in grid))
    print("  +" + "-" * width + "> lines, up to %.1f M\n" % x1)


def lock_files():
    files = []
    for path in sources():
        if path.split("/")[0] in ("drivers", "fs", "kernel", "net", "sound", "block", "mm"):
            with open(os.path.join(LINUX, path), "rb") as f:
                if LOCK.search(f.read()):
                    files.append(path)
    return shuffled(files)[:PEER_FILES]


def part_peers():
    files = lock_files()
    size = sum(open(os.path.join(LINUX, f), "rb").read().count(b"\n") for f in files) / 1e6
    print("\nthe same %d files with lock calls, %.2f MLOC, on one CPU" % (len(files), size))
    use, doc = check("--jobs", "1", *files)
    row("gordian, all in one run", use, "%.3f s/file  %s" % (use.wall / len(files), yields(doc, size)))
    peer_sparse(files)
    peer_coccinelle(files)


def peer_sparse(files):
    """sparse wants preprocessed code, so a configured kernel. The stand-ins give it what can be had without one: it reads
    the headers, and checks most functions, but not those of options that are off, and it gives up on a file after 100 errors."""
    if not shutil.which("sparse"):
        print("sparse: not installed (Debian package sparse)")
        return
    with tempfile.TemporaryDirectory() as gen:
        stand_ins(gen)
        arch = "arch/x86/include"
        cmd = ["sparse", "-Wcontext", "-m64", "-nostdinc", "-D__KERNEL__", "-DMODULE", '-DKBUILD_MODNAME="x"', '-DKBUILD_BASENAME="x"',
               "-Iinclude", "-I" + arch, "-I" + arch + "/uapi", "-Iinclude/uapi", "-I" + gen]
        for h in ("kconfig", "compiler_types"):
            cmd += ["-include", "include/linux/%s.h" % h]
        each(files, "sparse -Wcontext", [cmd], rb"context imbalance", rb"error: too many errors|error: unable to open|error: no more")


def stand_ins(gen):
    """Headers that a configured build would generate."""
    on = """64BIT X86 X86_64 SMP MMU PCI NET INET BLOCK TREE_RCU PREEMPT_COUNT X86_LOCAL_APIC X86_IO_APIC X86_TSC HAS_IOMEM HAS_DMA
            PM SYSFS PROC_FS FUTEX SWAP SPARSEMEM SPARSEMEM_VMEMMAP IRQ_DOMAIN MODULES OF SLUB PAGE_SIZE_4KB""".split()
    values = {"NR_CPUS": 64, "HZ": 250, "X86_L1_CACHE_SHIFT": 6, "X86_INTERNODE_CACHE_SHIFT": 6, "PGTABLE_LEVELS": 4, "NODES_SHIFT": 6,
              "PHYSICAL_ALIGN": 0x200000, "PHYSICAL_START": 0x1000000, "RCU_FANOUT": 64, "RCU_FANOUT_LEAF": 16, "BASE_SMALL": 0,
              "DEFAULT_MMAP_MIN_ADDR": 65536, "LOG_BUF_SHIFT": 17, "ILLEGAL_POINTER_VALUE": 0}
    values.update({k: 1 for k in on})
    text = {
        "generated/autoconf.h": "".join("#define CONFIG_%s %d\n" % kv for kv in sorted(values.items())),
        "generated/bounds.h": "#define NR_PAGEFLAGS 24\n#define MAX_NR_ZONES 4\n#define NR_CPUS_BITS 6\n#define SPINLOCK_SIZE 4\n",
        "generated/utsrelease.h": '#define UTS_RELEASE "x"\n',
        "linux/version.h": "#define LINUX_VERSION_CODE 0\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n",
    }
    for h in ("generated/timeconst", "generated/asm-offsets", "asm/unistd_64", "asm/unistd_32", "asm/unistd_64_x32", "asm/unistd_32_ia32",
              "asm/syscalls_64", "asm/syscalls_32", "asm/cpufeaturemasks"):
        text[h + ".h"] = ""
    own = [os.path.join(LINUX, "arch/x86/include", d) for d in ("asm", "uapi/asm")]
    for d in ("include/asm-generic", "include/uapi/asm-generic"):
        for h in os.listdir(os.path.join(LINUX, d)):
            if h.endswith(".h") and not any(os.path.exists(os.path.join(o, h)) for o in own):
                text["asm/" + h] = "#include <asm-generic/%s>\n" % h
    for name, content in text.items():
        path = os.path.join(gen, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(content)


def peer_coccinelle(files):
    """The kernel's own lock scripts. They look at one function at a time."""
    if not shutil.which("spatch"):
        print("coccinelle: not installed (Debian package coccinelle)")
        return
    folder = "scripts/coccinelle/locks"
    for s in sorted(os.listdir(os.path.join(LINUX, folder))):
        cmd = ["spatch", "-D", "report", "--very-quiet", "--no-includes", "--include-headers", "--timeout", "60", "--sp-file", folder + "/" + s]
        each(files, "coccinelle " + s, [cmd], rb"^[^ \n]+:\d+:\d+-\d+: ", rb"(?i)exn|timeout")


def each(files, label, cmds, report, trouble):
    """Runs the commands on file after file, as these tools are used."""
    wall = user = peak = reports = failed = 0
    for f in files:
        for cmd in cmds:
            with tempfile.TemporaryFile() as out:
                use = Use(cmd + [f], out=out, err=out, ok=range(-64, 256))
                out.seek(0)
                text = out.read()
            wall, user, peak = wall + use.wall, user + use.user, max(peak, use.peak)
            reports += len(re.findall(report, text, re.M))
            failed += bool(re.search(trouble, text))
    sum_ = Use.__new__(Use)
    sum_.wall, sum_.user, sum_.peak = wall, user, peak
    row(label, sum_, "%.3f s/file  %d reports, %d files given up" % (wall / len(files), reports, failed))


PARTS = {"file": part_file, "folder": part_folder, "peers": part_peers, "linear": part_linear, "whole": part_whole}

if __name__ == "__main__":
    if len(sys.argv) < 2 or any(p not in PARTS for p in sys.argv[2:]):
        sys.exit(__doc__)
    if not os.path.isdir(os.path.join(LINUX, "include/linux")):
        print("no kernel source: set LINUX to an unpacked linux-source (Debian package linux-source-6.1); gordian check was not measured")
        sys.exit(0)
    BIN, LINUX = os.path.abspath(sys.argv[1]), os.path.abspath(LINUX)
    for name in sys.argv[2:] or PARTS:
        PARTS[name]()

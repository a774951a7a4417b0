#!/usr/bin/env bash
# Speed and memory of the log reader, beside GNU grep for the same words.
# usage: log.sh GORDIAN SHARED
# All runs are on the same files, one after the other, best of five; user CPU,
# because the wall clock of a shared machine says little.
set -euo pipefail
bin=$1 shared=$2
mklog="$shared/eval/mklog.py"
if [ ! -f "$mklog" ]; then
	echo "no log generator: $mklog does not exist (set SHARED to where it is)"
	exit 0
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/gordian-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# measure CMD...: user seconds, wall seconds and peak KiB of the best of five.
# Output goes through a pipe: GNU grep stops at the first match when it sees
# that it writes to /dev/null. The peak cannot be lower than that of the
# Python process that starts the command (about 13 MiB).
measure() {
	for _ in 1 2 3 4 5; do
		python3 - "$@" <<-'PY'
			import os, subprocess, sys, time
			t = time.time()
			p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
			while p.stdout.read(1 << 20):
			    pass
			_, status, use = os.wait4(p.pid, 0)
			if os.waitstatus_to_exitcode(status) not in (0, 1):
			    sys.exit("failed: " + " ".join(sys.argv[1:]))
			print("%.3f %.3f %d" % (use.ru_utime, time.time() - t, use.ru_maxrss))
		PY
	done | sort -n | head -1
}

row() { # LABEL MB CMD...
	local label=$1 mb=$2 m
	shift 2
	m=$(measure "$@")
	read -r user wall rss <<<"$m"
	printf '%-34s %6s MB  user %6.3f s  wall %6.3f s  %7.0f MB/s  peak %5.1f MiB\n' "$label" "$mb" "$user" "$wall" \
		"$(awk -v m="$mb" -v t="$wall" 'BEGIN{print m/t}')" "$(awk -v k="$rss" 'BEGIN{print k/1024}')"
}

python3 "$mklog" --size 200 --clean -o "$dir/clean.log" >/dev/null
row "grep -acE, clean" 200 grep -acE 'BUG:|WARNING:|INFO:' "$dir/clean.log"
row "gordian, clean" 200 "$bin" diagnose -q "$dir/clean.log"
rm "$dir/clean.log"

for size in 50 100 200 400; do
	python3 "$mklog" --size "$size" -o "$dir/mixed.log" >/dev/null
	[ "$size" != 200 ] || row "grep -acE, corpus mixed in" 200 grep -acE 'BUG:|WARNING:|INFO:' "$dir/mixed.log"
	row "gordian, corpus mixed in" "$size" "$bin" diagnose -q "$dir/mixed.log"
done

#!/bin/sh
# Compiles the BPF programs, if they have changed since the committed objects
# were made: another clang makes other bytes of the same source.
set -eu
cd "$(dirname "$0")"
sum() { cat generate.sh ./*.h ./*.bpf.c | sha256sum | cut -d' ' -f1; }
if [ "$(sum)" = "$(cat objects.sum 2>/dev/null)" ]; then exit 0; fi
command -v clang >/dev/null || { echo "install clang, llvm and libbpf-dev: the BPF programs have changed" >&2; exit 1; }
for name in order contention memory user; do
	(cd .. && GOPACKAGE=bpf go run github.com/cilium/ebpf/cmd/bpf2go -target bpfel -no-global-types \
		-cflags "-O2 -mcpu=v3 -Wall -Werror -D__TARGET_ARCH_x86 -I/usr/include/$(uname -m)-linux-gnu" $name src/$name.bpf.c)
done
sum >objects.sum

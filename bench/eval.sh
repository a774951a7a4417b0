#!/usr/bin/env bash
# Scores gordian on the evaluation corpora. Logs: detection, fields and false
# alarms as they are, then in each of the other log formats. Source: driver-like
# cases, bugs planted in Linux, bugs of its history.
# usage: [LINUX=DIR] eval.sh GORDIAN SHARED    (DIR: an unpacked linux-source-6.1)
set -euo pipefail
bin=$1 shared=$2
score="$shared/eval/score_logs.py"
if [ ! -f "$score" ]; then
	echo "no corpora: $score does not exist (set SHARED to where they are); nothing was scored"
	exit 0
fi
dirs=("$shared"/corpus/logs/{dev,field,negative})
echo "== as they are"
python3 "$score" --bin "$bin" "${dirs[@]}"
for format in $(python3 "$shared/eval/mkformats.py" list); do
	printf '%-18s ' "$format"
	python3 "$score" --bin "$bin" --worst 0 --format "$format" "${dirs[@]}" | tail -1
done

score="$shared/eval/score_static.py" cases="$shared/corpus/source"
if [ ! -f "$score" ] || [ ! -d "$cases" ]; then
	echo "no source cases in $shared: gordian check was not scored"
	exit 0
fi
echo "== drivers"
python3 "$score" drivers --bin "$bin" "$cases/drivers"
if [ ! -d "${LINUX:-}/include/linux" ]; then
	echo "no kernel source: set LINUX to an unpacked linux-source-6.1 to score planted and historical bugs"
	exit 0
fi
echo "== mutants"
python3 "$score" mutants --bin "$bin" --tree "$LINUX" "$cases/mutants.tar.xz"
echo "== real"
python3 "$score" real --bin "$bin" --tree "$LINUX" "$cases/real"

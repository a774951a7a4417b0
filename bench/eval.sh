#!/usr/bin/env bash
# Scores the log reader on the evaluation corpora: detection, fields and false
# alarms as the logs are, then in each of the other log formats.
# usage: eval.sh GORDIAN SHARED
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

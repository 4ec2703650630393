# kw-train: SIGINT and SIGTERM.  The step is finished, the best model kept, and
# the program dies of the signal.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 -o base.h5 data.h5 2> /dev/null

# start ARGUMENT...: kw-train in the background, with the signals that a shell
# has it ignore there; $pid, stdout, stderr.
input=/dev/null
start() {
	: > stderr # of the run before, which it takes a moment to replace
	env --default-signal=INT,TERM "$KW_BIN/kw-train" --algorithm direct --weights base.h5 \
		--freeze 22 --head 16 --epochs 100000 --patience 0 "$@" \
		< "$input" > stdout 2> stderr &
	pid=$!
}

# wait_until COMMAND...: a minute at most
wait_until() {
	local tries=600
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "waited in vain: $*: $(cat stderr)"
		sleep 0.1
	done
}

# stop SIGNAL: send it and check what the shell sees.
stop() {
	local status=0
	kill -s "$1" "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq $((128 + $(kill -l "$1"))) ] ||
		fail "status $status after SIG$1: $(cat stderr)"
	[ -z "$(find . -name '*kw-*')" ] ||
		fail "left behind: $(find . -name '*kw-*')"
}

echo "-- in a later epoch"
start -o late.h5 data.h5
wait_until [ -s late.log/metrics.csv ]
stop INT
said "with --resume goes on from 'late.resume.h5'"
said "'late.h5' keeps the best epoch so far, "
! grep -q report stdout || fail "a report all the same"
"$KW_BIN/kw-predict" late.h5 photos/cat/0000.jpg > prediction
[ "$(wc -l < prediction)" -eq 1 ] || fail "late.h5 is no model"
rows=$(($(wc -l < late.log/metrics.csv) - 1))
[ "$(grep -c '^epoch' stdout)" -eq "$rows" ] || fail "$rows rows"
grep -qE "interrupted in epoch $((rows + 1)) after [0-9]+ steps" stderr ||
	fail "$(cat stderr)"

echo "-- in the first epoch: no model, no log, but a resume file"
for signal in INT TERM; do
	"$KW_BIN/kw-augment" -q -f -n 200 -o long.h5 data.h5
	start -v -o early.h5 long.h5
	wait_until grep -q 'step 2/' stderr
	stop $signal
	said "no epoch was finished: there is no model yet"
	[ ! -e early.h5 ] && [ ! -e early.log ] || fail "left behind: $(ls)"
	"$KW_BIN/kw-info" early.resume.h5 > info || fail "no resume file: $(ls)"
	rm early.resume.h5
done

echo "-- in the first epoch, over older results: they stay, but for the resume file"
cp late.h5 kept.h5
cp late.log/metrics.csv kept.csv
start -v -f -o late.h5 long.h5
wait_until grep -q 'step 2/' stderr
stop INT
cmp late.h5 kept.h5
cmp late.log/metrics.csv kept.csv

echo "-- while it waits for its input"
mkfifo pipe
exec 9<> pipe
input=pipe
start -o early.h5 -
head -c 1000 data.h5 >&9
wait_until [ -d early.log ]
stop INT
[ ! -e early.h5 ] && [ ! -e early.log ] && [ ! -e early.resume.h5 ] ||
	fail "left behind: $(ls)"
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"

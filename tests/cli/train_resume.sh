# kw-train --resume: a run that was killed at any moment ends with the bytes of
# one that was left alone.  KW_KILLS is how often (3).
. "$KW_TESTS/support/cli.sh"
RANDOM=${KW_SEED:-7}

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --freeze 22 --head 16 --epochs 1 --batch 16 \
	-o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

# A layer of the body is trained, on fresh copies: order, copies, dropout and
# momentum have to go on where they were.  No function: what is killed is to be
# the program, not a shell that runs it.
train=("$KW_BIN/kw-train" --algorithm direct --weights base.h5 --freeze 20 --head 16 --epochs 3
	--patience 0 --lr 0.003 --schedule cosine --clip-norm 1 --augment seed
	data.h5)

# same NAME: the model, and the log but for the times, are those of whole.h5.
same() {
	cmp "$1.h5" whole.h5 || fail "$1.h5 is not what it would have been"
	cmp <(cut -d , -f 1-6 "$1.log/metrics.csv") \
		<(cut -d , -f 1-6 whole.log/metrics.csv)
}

begin=$(date +%s%N)
"${train[@]}" -o whole.h5 > whole.out 2> whole.err
duration=$((($(date +%s%N) - begin) / 1000000))
[ -s whole.resume.h5 ] || fail "no resume file: $(ls)"
grep -q "'whole.resume.h5' (.*) is kept to train on" whole.err ||
	fail "$(cat whole.err)"

echo "-- killed at ${KW_KILLS:-3} moments of $duration ms"
kills=0 runs=0
while [ "$kills" -lt "${KW_KILLS:-3}" ]; do
	[ $runs -lt 100 ] || fail "only $kills kills"
	runs=$((runs + 1))
	while [ "$kills" -lt "${KW_KILLS:-3}" ]; do
		moment=$(((RANDOM * 32768 + RANDOM) % duration))
		# every few steps, or after each epoch alone
		minutes=10
		[ $((RANDOM % 2)) -eq 0 ] || minutes=0.005
		"${train[@]}" --resume --checkpoint-minutes $minutes \
			-o killed.h5 > out 2> err &
		pid=$!
		sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
		kill -9 $pid 2> /dev/null || { wait $pid; break; }
		wait $pid 2> /dev/null && break
		kills=$((kills + 1))
		# what is there is whole
		for file in killed.h5 killed.resume.h5; do
			[ ! -e $file ] || "$KW_BIN/kw-info" $file > info ||
				fail "$file after $moment ms"
		done
	done
	"${train[@]}" --resume -o killed.h5 > out 2> err || fail "$(cat err)"
	same killed
	rm -r killed.h5 killed.resume.h5 killed.log
done
no_leftovers

echo "-- Ctrl-C within an epoch, twice"
stopped INT 1 'step 2/' "${train[@]}" -v -o stopped.h5
said "with --resume goes on from 'stopped.resume.h5'"
[ ! -e stopped.h5 ] || fail "a model of no epoch"
stopped INT 1 'step 2/' "${train[@]}" -v --resume -o stopped.h5
grep -qE "goes on from 'stopped.resume.h5', in epoch 1 after [0-9]+ steps" \
	stderr || fail "$(cat stderr)"
said "interrupted in epoch 2 after"

echo "-- and killed while it writes the resume file"
"${train[@]}" --resume -o stopped.h5 > out 2> err &
pid=$!
tries=3000
until [ -n "$(find . -name '.stopped.resume.h5.kw-partial-*' -size +0)" ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $pid || fail "no file under way: $(cat err)"
	sleep 0.01
done
kill -9 $pid
wait $pid 2> /dev/null || true
[ -n "$(find . -name '.stopped.resume.h5.kw-partial-*')" ] || fail "too late"
"${train[@]}" --resume -o stopped.h5 > out 2> err || fail "$(cat err)"
same stopped
no_leftovers

# kw-train --resume of runs that have ended, and what it refuses; --evaluate.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 -o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

# A run of a moment: VGG19 frozen, a tiny head.
quick() {
	"$KW_BIN/kw-train" --algorithm direct --weights base.h5 --freeze 22 --head 16 --epochs 2 \
		--patience 0 --lr 0.003 "$@"
}

# A file that was written, or replaced, has another time of change.
state() {
	stat -c '%n %i %s %z' x.h5 x.resume.h5 x.log/metrics.csv \
		x.log/metrics.jsonl
}

# stays COMMAND...: what it does not change are the files of the run.
stays() {
	before=$(state)
	"$@"
	[ "$(state)" = "$before" ] || fail "changed by: $*"
}

echo "-- nothing there yet: it starts anew, and says so"
run 0 quick --resume -o x.h5 --summary x.json --export x.safetensors data.h5
said "no 'x.resume.h5' to go on from yet: training starts anew"
[ "$(head -c 1 x.json)" = "{" ] && grep -q '"accuracy"' x.json ||
	fail "$(cat x.json)"
grep -aq 'features.34.weight' x.safetensors || fail "no weights for PyTorch"
cp stdout first.out
cp x.json first.json

echo "-- killed between the first model and the first resume file"
for _ in {1..20}; do
	rm -rf x1.*
	"$KW_BIN/kw-train" --algorithm direct --weights base.h5 --freeze 22 --head 16 --epochs 2 \
		--patience 0 --lr 0.003 -q -o x1.h5 data.h5 2> stderr &
	pid=$!
	until [ -e x1.h5 ]; do
		kill -0 $pid || fail "$(cat stderr)"
		sleep 0.002
	done
	kill -9 $pid
	wait $pid 2> /dev/null || true
	[ -e x1.resume.h5 ] || break
done
[ ! -e x1.resume.h5 ] || fail "too late in 20 runs"
refused 1 "'x1.h5' exists already, and there is no 'x1.resume.h5' to go on from; use -f" \
	quick -q --resume --batch 5 -o x1.h5 data.h5
for name in x1.h5 x1.resume.h5 x1.json x1.safetensors; do
	: > .$name.kw-partial-AbCdEf
done
run 0 quick -q --resume -o x1.h5 --summary x1.json --export x1.safetensors \
	data.h5
cmp x1.h5 x.h5
no_leftovers
rm -r x1.resume.h5 x1.log x1.json x1.safetensors
refused 1 "'x1.h5' exists already, and there is no" \
	quick -q --resume -o x1.h5 data.h5
cmp x1.h5 x.h5
rm x1.h5

echo "-- a finished run: the same report, the same files"
cp x.h5 x.kept
run 0 quick --resume -o x.h5 --summary x.json data.h5
said "'x.resume.h5' is of a finished run: nothing is left to train; a larger --epochs goes on"
grep -v '^epoch' first.out | cmp - stdout
cmp x.h5 x.kept
cmp x.json first.json

echo "-- its weights, from the model alone"
run 0 "$KW_BIN/kw-train" --evaluate --batch 4 --algorithm direct -o x.h5 --summary e.json data.h5
cmp <(sed -n '/^accuracy:/,$p' stdout) <(sed -n '/^accuracy:/,$p' first.out)
cmp e.json first.json
run 0 "$KW_BIN/kw-train" --evaluate --weights x.h5 -o none.h5 \
	--export e.safetensors data.h5
cmp e.safetensors x.safetensors
[ ! -e none.h5 ] && [ ! -e none.log ] || fail "$(ls)"

echo "-- a resume file is a model as well"
"$KW_BIN/kw-predict" x.resume.h5 photos/cat/0000.jpg > prediction
[ "$(wc -l < prediction)" -eq 1 ] || fail "$(cat prediction)"
stopped KILL 1 'step 1/' "$KW_BIN/kw-train" -v --weights x.resume.h5 \
	--freeze 22 --head 16 --algorithm direct -o w.h5 data.h5
said "weights of 'x.resume.h5' (kw): loaded block1_conv1 ... block5_conv4"
rm -f .w.*

echo "-- more epochs: as if they had been asked for from the start"
run 0 quick -q --epochs 3 -o long.h5 data.h5
run 0 quick -q --resume --epochs 3 -o x.h5 data.h5
cmp x.h5 long.h5
cmp <(cut -d , -f 1-6 x.log/metrics.csv) <(cut -d , -f 1-6 long.log/metrics.csv)
rm -r long.*

echo "-- patience has run out; more of it goes on"
run 0 quick --lr 0 --epochs 6 --patience 1 -o p.h5 data.h5
said "stopped early, no better epoch came: 'p.h5' holds epoch 1"
run 0 quick --lr 0 --epochs 6 --patience 1 --resume -o p.h5 data.h5
said "a larger --patience goes on"
run 0 quick --lr 0 --epochs 6 --patience 2 --resume -o p.h5 data.h5
[ "$(grep -c '^epoch' stdout)" -eq 1 ] || fail "$(cat stdout)"
rm -r p.*

echo "-- other settings are refused by name, with both values"
stays refused 1 "x.resume.h5' is of a run with other settings: batch 4 (now 5), lr 0.003 (now 0.01)" \
	quick -q --resume --batch 5 --lr 0.01 -o x.h5 data.h5
stays refused 1 "seed 42 (now 1)" quick -q --resume --seed 1 -o x.h5 data.h5
stays refused 1 "weights file (now none)" \
	quick -q --resume --weights none -o x.h5 data.h5
stays refused 1 "--on-divergence stop, not skip" \
	quick -q --resume --on-divergence skip -o x.h5 data.h5
stays refused 1 "--algorithm direct, not winograd" \
	quick -q --resume --algorithm winograd -o x.h5 data.h5
run 0 quick -q --schedule cosine --epochs 1 -o c.h5 data.h5
refused 1 "epochs 1 (now 2); give the same" \
	quick -q --schedule cosine --epochs 2 --resume -o c.h5 data.h5
rm -r c.*

echo "-- other data"
"$KW_BIN/kw-prep" -q -s 32 --seed 5 -o other.h5 photos
stays refused 1 "prep.seed 42 (now 5)" quick -q --resume -o x.h5 other.h5
"$KW_BIN/make-photos" photos cat,dog 11
"$KW_BIN/kw-prep" -q -s 32 -o more.h5 photos
stays refused 1 "was trained on other images than those of 'more.h5'" \
	quick -q --resume -o x.h5 more.h5
"$KW_BIN/kw-prep" -q -s 33 -o large.h5 photos
stays refused 1 "32 x 32 x 3 and 'large.h5' has 33 x 33 x 3" \
	quick -q --resume -o x.h5 large.h5

echo "-- another number of threads: a warning"
run 0 quick --resume --epochs 4 -j 1 -o x.h5 data.h5
said "was computed with threads $(nproc), and now with 1: the result will differ in its last bits" ||
	[ "$(nproc)" -eq 1 ]

echo "-- other instructions: a warning"
KW_CPU=generic run 0 quick --resume --epochs 5 -j 1 -o x.h5 data.h5
said ", and now with generic: the result will differ in its last bits" ||
	[ "$(uname -m)" != x86_64 ]

echo "-- a training that falls apart leaves what was good, and names it"
# One step an epoch: the first at a rate of 0, the second far too high.
run 1 quick --batch 64 --warmup 8 --lr 1e6 --l2 1e6 --epochs 8 \
	--monitor val_loss -o d.h5 data.h5
said "diverged"
said "'d.h5' keeps the best epoch so far, 1"
said "'d.resume.h5' keeps the last state that was saved"
"$KW_BIN/kw-info" d.h5 > info
"$KW_BIN/kw-info" d.resume.h5 > info
no_leftovers

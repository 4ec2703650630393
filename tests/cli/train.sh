# kw-train: what it prints, writes and repeats.
. "$KW_TESTS/support/cli.sh"
train=$KW_BIN/kw-train

# A run of a moment: VGG19 frozen, a tiny head.
quick() {
	"$train" --algorithm direct --freeze 22 --head 16 --epochs 1 --lr 0.001 "$@"
}

# Column $2 of a metrics.csv, without its header.
column() {
	tail -n +2 "$1" | cut -d , -f "$2"
}

"$KW_BIN/make-photos" photos cat,dog 8
"$KW_BIN/kw-prep" -q -s 32 -o in.h5 photos
"$KW_BIN/kw-augment" -q -n 3 -o four.h5 in.h5

echo "-- through pipes, through files: the same bytes"
quick --weights none --batch 16 -o base.h5 four.h5 > out 2> err
"$KW_BIN/kw-prep" -q -s 32 photos | "$KW_BIN/kw-augment" -q -n 3 |
	quick --weights none --batch 16 -o piped.h5 - > piped.out 2> piped.err
cmp base.h5 piped.h5
cmp <(cut -d , -f 1-6 base.log/metrics.csv) \
	<(cut -d , -f 1-6 piped.log/metrics.csv)

echo "-- what it says"
grep -q "VGG19 for 32 x 32 x 3 and 2 classes" err || fail "$(cat err)"
# 512 x 16 + 16 and 16 x 2 + 2
grep -q "classes: 20.0 million parameters, 8242 trained; oneDNN" err ||
	fail "$(cat err)"
grep -q "warning: no pretrained weights" err || fail "$(cat err)"
grep -qE "memory: .* weights, .* training, .* activations, .* scratch, [0-9.]* MB to copy weights, 200 MB for the program: .* of [0-9.]+ GB" \
	err || fail "$(cat err)"
grep -q "'base.h5' holds epoch 1\$" err || fail "$(cat err)"
grep -q '^epoch 1/1  loss [0-9.]*  accuracy [01]\.[0-9]*  val_loss .* best' \
	out || fail "no epoch line: $(cat out)"
n_test=$(sed -n 's/^test report, \([0-9]*\) images$/\1/p' out)
[ "$n_test" -gt 0 ] || fail "no test report: $(cat out)"
grep -qE "^baseline: always '(cat|dog)' is right for [0-9.]+ %" out ||
	fail "no baseline: $(cat out)"
grep -qE '^accuracy: [0-9.]+ % \([0-9]+ of [0-9]+\), 95 % interval' out ||
	fail "no accuracy: $(cat out)"
awk -v n="$n_test" '/^ +[12] (cat|dog) / { sum += $3 + $4 }
	END { exit sum != n }' out || fail "confusion matrix: $(cat out)"

grep -aq "\"test\":{\"split\":\"test\",\"images\":$n_test," base.h5 ||
	fail "no test report in the model"

echo "-- the model that is kept is that of the first best val_accuracy"
quick --weights base.h5 --epochs 4 --patience 0 --lr 0.003 -o best.h5 in.h5 \
	> out 2> err
best=$(column best.log/metrics.csv 1,5 |
	sort -t , -k 2,2gr -k 1,1n | head -n 1 | cut -d , -f 1)
grep -q "'best.h5' holds epoch $best\$" err || fail "epoch $best: $(cat err)"
grep -aq "\"epoch\":$best," best.h5 || fail "another epoch than $best"
loaded='block1_conv1 ... block5_conv4 (16 convolutions), dense_1, predictions'
grep -qF "weights of 'base.h5' (kw): loaded $loaded" err ||
	fail "a kw model: $(cat err)"

echo "-- metrics.csv"
header=epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,images_per_second
[ "$(head -n 1 best.log/metrics.csv)" = "$header" ] || fail "header"
[ "$(column best.log/metrics.csv 1 | tr '\n' ' ')" = "1 2 3 4 " ] ||
	fail "epochs: $(cat best.log/metrics.csv)"
[ "$(column best.log/metrics.csv 6 | sort -u)" = 0.003 ] || fail "rate"
awk -F , 'NF != 7 || (NR > 1 && ($2 <= 0 || $4 <= 0 || $7 <= 0 ||
	$3 < 0 || $3 > 1 || $5 < 0 || $5 > 1)) { exit 1 }' \
	best.log/metrics.csv || fail "$(cat best.log/metrics.csv)"

from_base=("$train" --algorithm direct --freeze 22 --head 16 --epochs 1
	--lr 0.001 --weights base.h5 --batch 4 --dropout 0.5)

echo "-- -v tells every step, -q nothing; the same options, the same bytes"
"${from_base[@]}" -v -o one.h5 in.h5 2> err > out
n=$(grep -cE '^kw-train: step [0-9]+/[0-9]+ loss [0-9.]+$' err)
total=$(sed -n 's/^kw-train: step 1\/\([0-9]*\) .*/\1/p' err)
[ "$n" -gt 2 ] && [ "$n" -eq "$total" ] || fail "$n of $total steps"
grep -q "step $n/$n loss" err || fail "no last step: $(cat err)"
grep ': step ' err > steps
"${from_base[@]}" -q -o again.h5 in.h5 > out 2> err
[ ! -s out ] && [ ! -s err ] || fail "not quiet: $(cat out err)"
cmp one.h5 again.h5

echo "-- other options, other losses"
# steps_of OPTION...: into 'other', of a run that is killed after them.
steps_of() {
	stopped KILL 1 "step $n/" "${from_base[@]}" "$@" -v -f -o killed.h5 in.h5
	grep ': step ' stderr | head -n "$n" > other
}
steps_of --precision auto
cmp steps other
# The last one makes two steps of three batches.
for option in --seed=1 --lr=0.002 --momentum=0.5 --dropout=0 --l2=0.1 \
	--no-shuffle --freeze=20 --batch=5 --accumulate=2; do
	[ $option != --accumulate=2 ] || n=2
	steps_of $option
	! cmp -s <(head -n $n steps | cut -d ' ' -f 5) \
		<(cut -d ' ' -f 5 other) || fail "$option changes nothing"
done

echo "-- fresh copies of the originals, whatever copies there are"
"${from_base[@]}" -q -f -o other.h5 --augment seed in.h5 2> /dev/null
"${from_base[@]}" -o copies.h5 --augment seed four.h5 > out 2> err
n_train=$(sed -n 's/^kw-train: --augment makes copies of its own: \([0-9]*\) of .four.h5. are not used$/\1/p' err)
[ "$n_train" -gt 0 ] && [ $((n_train % 3)) -eq 0 ] || fail "$(cat err)"
cmp <(column other.log/metrics.csv 2-5) <(column copies.log/metrics.csv 2-5)

echo "-- patience: with a rate of 0 no epoch is better than the first"
quick --weights base.h5 --lr 0 --epochs 9 --patience 2 -f -o other.h5 in.h5 \
	> out 2> err
[ "$(column other.log/metrics.csv 1 | tail -n 1)" = 3 ] || fail "$(cat out)"
grep -q "stopped early.*holds epoch 1\$" err || fail "$(cat err)"

echo "-- no validation images, no test images"
"$KW_BIN/kw-prep" -q -s 32 --split 70/0/30 -o no-val.h5 photos
quick --weights base.h5 --epochs 2 -f -o other.h5 no-val.h5 > out 2> err
grep -q "warning: 'no-val.h5' has no validation images" err || fail "$(cat err)"
[ "$(column other.log/metrics.csv 4,5 | sort -u)" = , ] ||
	fail "$(cat other.log/metrics.csv)"
grep -q "holds epoch 2\$" err || fail "not the last epoch: $(cat err)"
grep -q "^test report" out || fail "no report: $(cat out)"
"$KW_BIN/kw-prep" -q -s 32 --split 70/30/0 -o no-test.h5 photos
quick --weights base.h5 -f -o other.h5 no-test.h5 > out 2> err
grep -q "^val report" out || fail "no report: $(cat out)"
"$KW_BIN/kw-prep" -q -s 32 --split 100/0/0 -o train-only.h5 photos
quick --weights base.h5 -f -o other.h5 train-only.h5 > out 2> err
! grep -q report out || fail "a report of nothing: $(cat out)"

echo "-- an odd size, three classes, no hidden layer, other names"
"$KW_BIN/make-photos" more ant,bee,cow 4
"$KW_BIN/kw-prep" -q -s 33x40 --standardize none -o odd.h5 more
mkdir logs
quick --weights none --batch 16 --head none --log-dir logs odd.h5 > out 2> err
grep -q "VGG19 for 33 x 40 x 3 and 3 classes" err || fail "$(cat err)"
[ -s vgg19.h5 ] && [ -s logs/metrics.csv ] && [ ! -e vgg19.log ] ||
	fail "default names: $(ls)"
[ "$("$KW_BIN/kw-predict" vgg19.h5 more/*/*.jpg | wc -l)" -eq 12 ] ||
	fail "kw-predict of three classes"

echo "-- the seed recipe's first loss: 0.01 x 1024 of L2, log 2"
stopped KILL 1 'step 1/' "$train" -v --weights none --freeze 22 --epochs 1 \
	--dropout 0 -f -o killed.h5 in.h5
loss=$(sed -n 's/^kw-train: step 1\/.* loss //p' stderr)
awk -v loss="$loss" 'BEGIN { exit !(loss > 10.24 + 0.4 && loss < 10.24 + 1) }' ||
	fail "first loss $loss"

rm -f .killed.*
no_leftovers

# kw-train --accumulate: small batches that train as a large one does.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 1 --batch 16 \
	-o base.h5 data.h5 2> /dev/null

# Two epochs without dropout, of a head and a layer of the body.
train=("$KW_BIN/kw-train" --weights base.h5 --freeze 20 --head 16 --epochs 2
	--patience 0 --lr 0.003 --precision f32 --algorithm direct data.h5)

echo "-- the losses of all steps are those of the large batch"
"${train[@]}" -v --dropout 0 --batch 6 -o large.h5 > large.out 2> large.err
"${train[@]}" -v --dropout 0 --batch 2 --accumulate 3 -o small.h5 \
	> small.out 2> small.err
losses() {
	sed -n 's/^kw-train: step \(.*\) loss / \1 /p' "$1"
}
# 16 images and more: the last step of each epoch has fewer than the others.
n=$(losses large.err | wc -l)
[ "$n" -ge 6 ] || fail "steps: $(cat large.err)"
paste <(losses large.err) <(losses small.err) | awk -v n="$n" '
	$1 != $3 || ($2 - $4) ^ 2 > (1e-4 * $2) ^ 2 { exit 1 }
	{ seen++ }
	END { exit seen != n }' || fail "$(losses large.err) $(losses small.err)"

echo "-- it is a part of the recipe: told in the model, the same when resumed"
grep -aq 'train.accumulate=3' small.h5 || fail "no train.accumulate in the model"
refused 1 "other settings: accumulate 3 (now 2)" "${train[@]}" -q --resume \
	--dropout 0 --batch 2 --accumulate 2 -o small.h5

echo "-- Ctrl-C and --resume: the same bytes"
train+=(--batch 2 --accumulate 3 --dropout 0.5)
"${train[@]}" -q -o whole.h5
stopped INT 1 'step 1/' "${train[@]}" -v -o stopped.h5
said "with --resume goes on from 'stopped.resume.h5'"
run 0 "${train[@]}" -q --resume -o stopped.h5
cmp stopped.h5 whole.h5

echo "-- less memory than the large batch, and refusals name it"
# On 64 x 64 pixels, where activations count for something.
"$KW_BIN/kw-prep" -q -s 64 -o wide.h5 photos
takes() {
	"$KW_BIN/kw-train" --weights none --head 16 --freeze 0 "$@" \
		--memory 50M -o out.h5 wide.h5 2>&1 |
		sed -n 's/.*this takes \([0-9]*\) MB.*/\1/p'
}
one=$(takes --batch 4) many=$(takes --batch 4 --accumulate 8)
large=$(takes --batch 32)
[ "$many" -gt "$one" ] && [ "$many" -lt "$large" ] ||
	fail "memory of 4, 8 x 4 and 32 images: $one, $many, $large MB"
refused 1 "a smaller --batch than 4 (--accumulate makes up for it), a smaller" \
	"${train[@]}" -q --batch 4 --memory 50M -o out.h5
refused 1 "use a smaller kw-prep --size than 32x32, or a larger --memory" \
	"${train[@]}" -q --batch 1 --memory 50M -o out.h5

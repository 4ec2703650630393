# kw-train --resume where the model that holds the best epoch is not there.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 -o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

# A run of a moment: VGG19 frozen, a tiny head.
quick() {
	"$KW_BIN/kw-train" --weights base.h5 --freeze 22 --head 16 --epochs 3 \
		--patience 0 --lr 0.003 "$@"
}

echo "-- the model is gone, or is another: the best is not forgotten in silence"
run 0 quick -q --lr 0 --epochs 2 -o g.h5 data.h5
mv g.h5 away.h5
lost="'g.h5' does not hold the best epoch so far, 1, of the run that is resumed, and 'g.resume.h5' is of a later one: put that model back"
run 1 quick --lr 0 --epochs 3 --resume -o g.h5 data.h5
said "$lost, or use -f to go on without it"
! grep -q '^epoch' stdout || fail "trained: $(cat stdout)"
[ ! -e g.h5 ] || fail "a worse model"
run 1 quick -f --lr 0 --epochs 2 --resume -o g.h5 data.h5
said "$lost; nothing is left to train"
[ ! -e g.h5 ] || fail "a worse model"
cp base.h5 g.h5
run 1 quick --lr 0 --epochs 4 --resume -o g.h5 data.h5
said "$lost, or use -f"
cmp g.h5 base.h5
cp g.resume.h5 g.kept
mv away.h5 g.h5
run 0 quick --lr 0 --epochs 3 --resume -o g.h5 data.h5
said "'g.h5' holds epoch 1"

echo "-- with -f, the best of the epochs to come, resumed as any other"
mv g.kept g.resume.h5
rm g.h5
run 0 quick -f --lr 0 --epochs 4 --resume -o g.h5 data.h5
said "warning: 'g.h5' does not hold the best epoch so far, 1: the best of the epochs to come is kept"
said "'g.h5' holds epoch 3"
[ "$(tail -n +2 g.log/metrics.csv | cut -d , -f 1 | tr '\n' ' ')" = "1 2 3 4 " ] ||
	fail "$(cat g.log/metrics.csv)"
run 0 quick --lr 0 --epochs 5 --resume -o g.h5 data.h5
! grep -q 'does not hold' stderr || fail "$(cat stderr)"
said "'g.h5' holds epoch 3"

echo "-- the model is gone, and the resume file has its weights"
run 0 quick -q --lr 0 --epochs 1 -o h.h5 data.h5
rm h.h5
run 0 quick --lr 0 --epochs 2 --resume -o h.h5 data.h5
said "'h.h5' holds epoch 1"
rm -r h.*

# kw-train: gradients that are read by others than the update (clipping, skipping,
# accumulating), with a head so large that they are not written otherwise.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 12
"$KW_BIN/kw-prep" -q -s 32 --split 100/0/0 -o data.h5 photos

# losses_of FILE OPTION...: those of all steps of two epochs.
losses_of() {
	local file=$1
	shift
	"$KW_BIN/kw-train" --algorithm direct --weights none --freeze 22 \
		--epochs 2 --batch 4 --lr 0.001 --dropout 0 -v -f -o model.h5 \
		"$@" data.h5 > stdout 2> stderr || fail "$*: $(cat stderr)"
	sed -n 's/^kw-train: step \([0-9]*\)\/.* loss /\1 /p' stderr > "$file"
	[ "$(wc -l < "$file")" -ge 6 ] || fail "$*: $(cat stderr)"
}

echo "-- a norm that is below every limit, or only looked at, changes nothing"
losses_of plain
losses_of clipped --clip-norm 1000000
cmp plain clipped
losses_of skipping --on-divergence skip
cmp plain skipping

echo "-- one above the limit does"
losses_of clipped --clip-norm 0.01
! cmp -s plain clipped || fail "--clip-norm 0.01 changes nothing"
[ "$(head -n 1 plain)" = "$(head -n 1 clipped)" ] || fail "the first loss differs"

echo "-- two batches of 2 train as one of 4"
losses_of halves --batch 2 --accumulate 2
paste -d ' ' plain halves | awk '
	($2 - $4) ^ 2 > (0.01 * $2) ^ 2 { print; bad = 1 }
	END { exit bad || NR < 6 }' || fail "losses differ by more than 1 %"

no_leftovers

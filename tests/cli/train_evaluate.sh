# kw-train --evaluate: what it regards of the options, and what it says of others.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 -o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

echo "-- the command of the training with --evaluate: what it ignores, it names"
run 0 "$KW_BIN/kw-train" --evaluate -o base.h5 data.h5
! grep -q 'without regard' stderr || fail "$(cat stderr)"
said "20.0 million parameters; oneDNN"
cp stdout evaluated
run 0 "$KW_BIN/kw-train" --lr 1 --recipe modern --no-shuffle --lr 2 --head 8 \
	--log-dir l --evaluate -o base.h5 data.h5
said "--evaluate takes 'base.h5' as it was trained, without regard to --lr, --recipe, --shuffle, --head, --log-dir"
cmp stdout evaluated
[ ! -e l ] || fail "a log"
# no copies are dropped, or missed: it does not augment
"$KW_BIN/kw-augment" -q -n 1 --no-originals -o copies.h5 data.h5
run 0 "$KW_BIN/kw-train" --evaluate --augment seed -o base.h5 copies.h5
said "without regard to --augment"
# only --batch counts; a batch of its own needs no more memory than there is
memory() {
	sed -n 's/.* \([0-9.]* [kM]B\) activations.*/\1/p' stderr
}
run 0 "$KW_BIN/kw-train" --evaluate --batch 1 -o base.h5 data.h5
! grep -q 'without regard' stderr || fail "$(cat stderr)"
one=$(memory)
run 0 "$KW_BIN/kw-train" --evaluate -o base.h5 data.h5
[ -n "$one" ] && [ "$(memory)" != "$one" ] || fail "$one, $(memory)"
least=$(run 1 "$KW_BIN/kw-train" --evaluate --batch 1 --memory 1M -o base.h5 data.h5
	sed -n 's/.*this takes \([0-9]*\) MB.*/\1/p' stderr)
run 0 "$KW_BIN/kw-train" --evaluate --memory $((least + 1))M -o base.h5 data.h5
cmp <(sed -n '/^accuracy:/p' stdout) <(sed -n '/^accuracy:/p' evaluated)

# All four tools in a row: through pipes and through files, the same bytes.
. "$KW_TESTS/support/cli.sh"

recipe=(--algorithm direct --weights none --freeze 22 --head 8 --epochs 2 --batch 4 --lr 1e-3 -q)

"$KW_BIN/make-photos" photos cat,dog 8

echo "-- through files"
"$KW_BIN/kw-prep" -q -s 32 -o dataset.h5 photos
"$KW_BIN/kw-augment" -q -n 2 -o shards.h5 dataset.h5
"$KW_BIN/kw-train" "${recipe[@]}" -o files.h5 shards.h5 2> /dev/null

echo "-- through pipes"
"$KW_BIN/kw-prep" -q -s 32 photos | tee dataset2.h5 |
	"$KW_BIN/kw-augment" -q -n 2 | tee shards2.h5 |
	"$KW_BIN/kw-train" "${recipe[@]}" -o pipes.h5 - 2> /dev/null
cmp dataset.h5 dataset2.h5
cmp shards.h5 shards2.h5
cmp files.h5 pipes.h5
[ "$(wc -l < files.log/metrics.csv)" -eq 3 ] || fail "no line an epoch"

echo "-- what the model says of a photo depends on neither order nor company"
find photos -type f | LC_ALL=C sort > list
"$KW_BIN/kw-predict" -q files.h5 - < list > all.tsv
[ "$(cut -f 1 all.tsv | cmp - list && wc -l < all.tsv)" -eq 16 ] ||
	fail "other photos: $(cat all.tsv)"
if grep -vP '\t(cat|dog)\t[01]\.[0-9]{6}$' all.tsv; then
	fail "not path, class, probability"
fi
last=$(tail -n 1 list)
"$KW_BIN/kw-predict" -o one.tsv pipes.h5 "$last"
[ "$(cut -f 2 one.tsv)" = "$(tail -n 1 all.tsv | cut -f 2)" ] ||
	fail "alone, '$last' is $(cat one.tsv)"

echo "-- nothing else is left behind"
expected="all.tsv dataset.h5 dataset2.h5 files.h5 files.log files.resume.h5 list \
one.tsv photos pipes.h5 pipes.log pipes.resume.h5 shards.h5 shards2.h5 tmp"
left=$(ls -A | LC_ALL=C sort | tr '\n' ' ')
[ "${left% }" = "$expected" ] || fail "left: $left"

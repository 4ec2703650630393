# kw-predict: what its options make of the answers, and its summary.
. "$KW_TESTS/support/cli.sh"
predict=$KW_BIN/kw-predict

"$KW_BIN/make-photos" new cat,dog,emu 6
"$KW_BIN/kw-prep" -q -s 32 -o shards.h5 new
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 --head 8 \
	--freeze 22 -o vgg19.h5 shards.h5 2> /dev/null
"$predict" vgg19.h5 new > plain

echo "-- the most probable classes, behind the answer"
"$predict" --top 2 vgg19.h5 new > two
cut -f 1-3 two | cmp - plain
cut -f 4-5 two | cmp - <(cut -f 2-3 plain)
awk -F '\t' 'NF != 7 || $7 > $5 || $6 == $4 { exit 1 }' two ||
	fail "--top 2: $(cat two)"
"$predict" --top 9 vgg19.h5 new |
	awk -F '\t' 'NF != 9 || ($5 + $7 + $9 - 1) ^ 2 > 1e-10 { exit 1 }' ||
	fail "--top of more than there are"

echo "-- a threshold"
middle=$(cut -f 3 plain | sort -n | sed -n 9p)
run 0 "$predict" --threshold "$middle" --top 1 --summary sum.json vgg19.h5 new
cut -f 1,3- stdout | cmp - <(awk -F '\t' -v OFS='\t' \
	'{ print $1, $3, $2, $3 }' plain)
# The middle one itself may have been rounded up or down.
awk -F '\t' -v p="$middle" '($3 < p) != ($2 == "uncertain") && $3 != p {
	exit 1 }' stdout || fail "uncertain: $(cat stdout)"
n=$(cut -f 2 stdout | grep -c uncertain) || fail "none is uncertain"
grep -q "\"uncertain\" : $n," sum.json || fail "$n: $(cat sum.json)"
grep -q '"predicted" : 18,' sum.json || fail "$(cat sum.json)"
for class in cat dog emu; do
	n=$(cut -f 2 stdout | grep -c $class || true)
	grep -A 1 "\"name\" : \"$class\"" sum.json | grep -q " : $n\$" ||
		fail "$n of $class: $(cat sum.json)"
done
run 0 "$predict" --threshold 1 vgg19.h5 shards.h5
said "; it is certain nowhere"
cp -r new odd
mv odd/emu odd/uncertain
"$KW_BIN/kw-prep" -q -s 32 -o odd.h5 odd
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 --head 8 \
	--freeze 22 -o odd.model odd.h5 2> /dev/null
refused 1 "'odd.model' has a class of that name" \
	"$predict" --threshold 0.5 odd.model new
run 0 "$predict" odd.model new

echo "-- JSON: the same, failures included, in order"
echo text > text.jpg
run 2 "$predict" --json --top 2 vgg19.h5 new/cat text.jpg new/dog
[ "$(wc -l < stdout)" -eq 13 ] || fail "lines: $(cat stdout)"
sed -n 7p stdout | grep -q '^{"path":"text.jpg","error":"not a photo.*"}$' ||
	fail "a failure: $(sed -n 7p stdout)"
sed 7d stdout | sed 's/{"path":"\([^"]*\)","class":"\([^"]*\)",.*/\1\t\2/' |
	cmp - <(head -n 12 plain | cut -f 1-2)
! sed 7d stdout | grep -v '"top":\[{"class":"[a-z]*","probability":[0-9.e-]*},{"class"' ||
	fail "the list of the best"
run 0 "$predict" --json vgg19.h5 shards.h5
! grep -v '^{"path":"\([a-z]*\)/[0-9]*.jpg","copy":0,"label":"\1","class"' \
	stdout || fail "records"

echo "-- test-time augmentation"
head -n 6 plain > cats
"$predict" --tta vgg19.h5 new/cat > tta
cut -f 1 tta | cmp - <(cut -f 1 cats)
! cmp -s tta cats || fail "views change nothing"
"$predict" --tta --batch 4 -j 1 vgg19.h5 new/cat | paste - tta |
	awk -F '\t' '($3 - $6) ^ 2 > 1e-8 { exit 1 }' || fail "batches of views"

echo "-- no summary of predictions that could not get their name"
mkfifo list
"$predict" -o late.tsv --summary late.json vgg19.h5 - < list 2> stderr &
pid=$!
exec 9> list
tries=600
until [ -n "$(find . -name '.late.tsv.kw-partial-*')" ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] && kill -0 $pid || fail "no file under way: $(cat stderr)"
	sleep 0.02
done
echo mine > late.tsv
find new/cat -name '*.jpg' >&9
exec 9>&-
status=0
wait $pid || status=$?
[ $status -eq 1 ] && [ "$(cat late.tsv)" = mine ] || fail "$(cat stderr)"
[ ! -e late.json ] || fail "a summary of nothing"
rm list late.tsv

echo "-- failures in the summary, and --strict"
run 2 "$predict" -f --summary sum.json vgg19.h5 new/cat text.jpg
grep -A 1 '"path" : "text.jpg"' sum.json |
	grep -q '"reason" : "not a photo' || fail "$(cat sum.json)"
rm sum.json
run 1 "$predict" --strict --summary sum.json vgg19.h5 new/cat text.jpg
said "skipped 'text.jpg': not a photo"
said "1 of 7 photos could not be read, and --strict allows none"
cmp stdout <(head -n 6 plain)
run 1 "$predict" --strict -o none --summary sum.json vgg19.h5 new/cat text.jpg
[ ! -e none ] && [ ! -e sum.json ] || fail "--strict writes"
run 0 "$predict" --strict -o some --summary sum.json vgg19.h5 new/cat
cmp some <(head -n 6 plain)
refused 1 "sum.json" "$predict" --summary sum.json vgg19.h5 new
refused 1 "both go to '-'" "$predict" --summary - vgg19.h5 new
refused 1 "both go to 'x'" "$predict" -o x --summary x vgg19.h5 new
refused 1 "nowhere" "$predict" --summary nowhere/x vgg19.h5 new

echo "-- the examples of the manual"
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\.Dl //p' \
	"$KW_TESTS/../man/kw-predict.1" | sed 's/\\e/\\/g; s/\\(dq/"/g' > examples
[ "$(wc -l < examples)" -eq 6 ] || fail "examples: $(cat examples)"
while read -r command; do
	PATH=$KW_BIN:$PATH bash -euo pipefail -c "$command" > stdout 2> stderr \
		< /dev/null || fail "$command: $(cat stderr)"
done < examples
[ "$(wc -l < new.jsonl)" -eq 18 ] && [ -s summary.json ] || fail "the last"
cmp -s plain.tsv tta.tsv && fail "the views"
no_leftovers

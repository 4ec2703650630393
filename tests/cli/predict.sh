# kw-predict: what it prints, in which order, what it skips and what it refuses.
. "$KW_TESTS/support/cli.sh"
predict=$KW_BIN/kw-predict

# close A B: the same paths and classes, and probabilities within 1e-4.
close() {
	paste "$1" "$2" | awk -F '\t' '
		$1 != $4 || $2 != $5 { exit 1 }
		($3 - $6) ^ 2 > 1e-8 { exit 1 }' || fail "$1 and $2 differ"
	[ "$(wc -l < "$1")" -eq "$(wc -l < "$2")" ] || fail "lines of $1, $2"
}

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32x48 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 --head 8 \
	--freeze 22 -o model.h5 data.h5 2> /dev/null

echo "-- a line a photo, in the order of the arguments"
ls -r photos/*/*.jpg > list
readarray -t photos < list
"$predict" model.h5 "${photos[@]}" > table 2> stderr
[ ! -s stderr ] || fail "standard error: $(cat stderr)"
cut -f 1 table | cmp - list
! grep -vE $'^[^\t]*\t(cat|dog)\t(0\\.[0-9]{6}|1\\.000000)$' table ||
	fail "a line of another form"
awk -F '\t' '$3 < 0.5 { exit 1 }' table || fail "below 1/2 of two classes"
"$predict" -v model.h5 "${photos[0]}" 2>&1 > /dev/null |
	grep -q "32 x 48 x 3, 2 classes" || fail "-v says nothing of the model"

echo "-- a list on standard input, a file, one photo at a time, other threads"
"$predict" model.h5 - < list | cmp - table
"$predict" -o file model.h5 "${photos[@]}"
cmp file table
(printf '\n' && tail -n +2 list) | "$predict" model.h5 "${photos[0]}" - |
	cmp - table
for photo in "${photos[@]:0:3}"; do
	"$predict" model.h5 "$photo"
done > alone
head -n 3 table > three
close alone three
"$predict" -j 1 model.h5 "${photos[@]}" > one
"$predict" -j 2 model.h5 "${photos[@]}" > two
close one two
for batch in 1 7 20 64; do
	"$predict" --batch $batch model.h5 "${photos[@]}" > batches
	close batches table
done

echo "-- names that would break a table"
odd=$'odd\tname\n\\ \033[31m.jpg'
cp "${photos[0]}" "$odd"
"$predict" model.h5 "$odd" > odd.tsv
[ "$(wc -l < odd.tsv)" -eq 1 ] || fail "a name makes more than a line"
[ "$(printf '%b' "$(cut -f 1 odd.tsv)")" = "$odd" ] || fail "$(cat odd.tsv)"
cp "${photos[0]}" 'photo[page=2].jpg'
"$predict" model.h5 'photo[page=2].jpg' > /dev/null

echo "-- photos that cannot be read are listed, and cost nothing else"
head -c 1000 "${photos[1]}" > cut.jpg
mkdir bare
echo "not a photo" > text.jpg
status=0
"$predict" model.h5 cut.jpg "${photos[@]:0:3}" missing.jpg bare text.jpg \
	> rest 2> stderr || status=$?
[ "$status" -eq 2 ] || fail "status $status with photos skipped"
close rest three
for name in cut.jpg missing.jpg bare text.jpg; do
	grep -q "skipped '$name': [a-zA-Z]" stderr || fail "$name: $(cat stderr)"
done
[ "$(wc -l < stderr)" -eq 4 ] || fail "four were skipped: $(cat stderr)"
status=0
"$predict" -o none model.h5 text.jpg > stdout 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status without a readable photo"
grep -q "none of the photos could be read" stderr || fail "$(cat stderr)"
[ ! -e none ] || fail "output without a readable photo"

echo "-- bad command lines"
refused 1 "which model" "$predict"
refused 1 "which photos" "$predict" model.h5
refused 1 "list on standard input is empty" "$predict" model.h5 -
refused 1 "- is given twice" "$predict" model.h5 - -
for value in 0 1025 x; do
	refused 1 "--batch" "$predict" --batch $value model.h5 "${photos[0]}"
done
refused 1 "--top" "$predict" --top 0 model.h5 "${photos[0]}"
refused 1 "--threshold" "$predict" --threshold 1.5 model.h5 "${photos[0]}"
refused 1 "--threads" "$predict" -j 0 model.h5 "${photos[0]}"

echo "-- what is no model"
refused 1 "cannot read 'missing.h5': No such file" \
	"$predict" missing.h5 "${photos[0]}"
refused 1 "it is a folder" "$predict" photos "${photos[0]}"
refused 1 "not an HDF5 file" "$predict" text.jpg "${photos[0]}"
refused 1 "is a kw dataset, not a kw model" "$predict" data.h5 "${photos[0]}"
head -c 1000000 model.h5 > short.h5
refused 1 "cut short" "$predict" short.h5 "${photos[0]}"

echo "-- outputs"
refused 1 "file" "$predict" -o file model.h5 "${photos[0]}"
cmp file table
"$predict" -f -o file model.h5 "${photos[@]:0:3}"
close file three
refused 1 "nowhere" "$predict" -o nowhere/file model.h5 "${photos[0]}"
cp model.h5 whole
for read in model.h5 ./model.h5 "${photos[0]}"; do
	refused 1 "--output would replace '${read#./}', which is read" \
		"$predict" -f -o "$read" model.h5 "${photos[@]:0:2}"
	refused 1 "--summary would replace" \
		"$predict" -f --summary "$read" model.h5 "${photos[@]:0:2}"
done
cmp model.h5 whole
rm whole
status=0
"$predict" model.h5 "${photos[0]}" > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status with a full disk"
grep -q "No space left" stderr || fail "full disk: $(cat stderr)"
[ "$(wc -l < stderr)" -eq 1 ] || fail "full disk: $(cat stderr)"

echo "-- a signal leaves nothing behind"
mkfifo names
"$predict" -o late model.h5 - < names 2> stderr &
process=$!
exec 3> names
echo "${photos[0]}" >&3
sleep 0.3
kill -TERM "$process"
status=0
wait "$process" || status=$?
exec 3>&-
[ "$status" -eq 143 ] || fail "status $status after SIGTERM"
[ ! -e late ] || fail "output after SIGTERM"
[ -z "$(find . -name '*kw-partial*')" ] || fail "a partial file was left"

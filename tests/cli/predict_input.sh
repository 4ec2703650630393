# kw-predict: folders and datasets, and what it refuses of them.
. "$KW_TESTS/support/cli.sh"
predict=$KW_BIN/kw-predict

"$KW_BIN/make-photos" photos cat,dog 9
"$KW_BIN/kw-prep" -q -s 32x48 -o data.h5 photos
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 --head 8 \
	--freeze 22 -o model.h5 data.h5 2> /dev/null

echo "-- a folder: its files in order, what is no photo passed over"
cp -r photos tree
ls tree/*/*.jpg > list
"$predict" model.h5 - < list > table
echo text > tree/notes.txt
touch tree/.hidden.jpg tree/cat/Thumbs.db
ln -s .. tree/dog/circle
run 0 "$predict" --summary sum.json model.h5 tree
cmp stdout table
said "passed over 1 file that is no photo; -v lists them"
grep -q '"not_photos" : 1,' sum.json || fail "$(cat sum.json)"
grep -q '"hidden" : 2' sum.json || fail "$(cat sum.json)"
run 0 "$predict" -v model.h5 tree
said "passed over 'tree/notes.txt': not a photo"
run 0 "$predict" -q model.h5 tree
[ ! -s stderr ] || fail "-q: $(cat stderr)"
echo tree/dog > folders
grep tree/dog table > dogs
run 0 "$predict" model.h5 - tree/cat/0000.jpg < folders
head -n 9 stdout | cut -f 1 | cmp - <(cut -f 1 dogs)
[ "$(tail -n 1 stdout | cut -f 1)" = tree/cat/0000.jpg ] || fail "after a list"
sed 's/$/\r/' list > windows
"$predict" model.h5 - < windows | cmp - table
refused 1 "has a NUL byte" "$predict" model.h5 - < <(tr '\n' '\0' < list)

echo "-- in a folder, a damaged photo is a failure, and a file named is too"
head -c 900 tree/cat/0001.jpg > tree/cat/0001b.jpg
run 2 "$predict" model.h5 tree
cut -f 1 stdout | cmp - list
said "skipped 'tree/cat/0001b.jpg': truncated"
run 2 "$predict" model.h5 tree/notes.txt tree/cat/0000.jpg
said "skipped 'tree/notes.txt': not a photo"
mkdir bare text
cp tree/notes.txt text
run 2 "$predict" model.h5 bare tree/cat/0000.jpg
said "skipped 'bare': the folder holds no files"
run 1 "$predict" model.h5 bare
said "none of the photos could be read"
run 1 "$predict" -q model.h5 text
said "no photos: 1 files, and none is of a type that can be read"

echo "-- a dataset: the labels, the accuracy, all splits"
run 0 "$predict" --summary test.json model.h5 data.h5
cp stdout test.tsv
awk -F '\t' 'NF != 4 || $1 !~ "^" $4 "/" { exit 1 }' test.tsv ||
	fail "labels: $(cat test.tsv)"
right=$(awk -F '\t' '$2 == $4 { n++ } END { print n + 0 }' test.tsv)
all=$(wc -l < test.tsv)
said "test: accuracy $(awk "BEGIN { printf \"%.2f\", 100 * $right / $all }") % ($right of $all), 95 % interval"
[ "$(wc -l < stderr)" -eq 1 ] || fail "$(cat stderr)"
grep -q "\"correct\" : $right," test.json || fail "$(cat test.json)"
grep -q '"split" : "test"' test.json || fail "$(cat test.json)"
run 0 "$predict" -q model.h5 data.h5
[ ! -s stderr ] || fail "-q: $(cat stderr)"
cmp stdout test.tsv
for split in train val test; do
	"$predict" -q --split $split model.h5 data.h5
done | cut -f 1 | sed 's/^/photos\//' | sort | cmp - <(ls photos/*/*.jpg)
run 0 "$predict" --split test model.h5 - < data.h5
cmp stdout test.tsv

echo "-- a record, and the photo that it was made of: the same, views included"
for option in --batch=8 --tta; do
	"$predict" -q $option model.h5 data.h5 > records
	sed 's/\t.*//; s/^/photos\//' test.tsv |
		"$predict" $option model.h5 - | sed 's/^photos.//' |
		cmp - <(cut -f 1-3 records)
done
! cmp -s records test.tsv || fail "views change nothing"

echo "-- datasets that are not the model's"
refused 1 "has no val records" "$predict" --split val model.h5 \
	<("$KW_BIN/kw-prep" -q -s 32x48 --split 80/0/20 photos)
other() {
	local text=$1
	shift
	"$KW_BIN/kw-prep" -qf -o other.h5 "$@"
	run 1 "$predict" model.h5 other.h5
	[ ! -s stdout ] || fail "predicted: $*"
	said "$text"
	grep -q "'other.h5'.*'model.h5'" stderr || fail "names of $*"
}
other "the image sizes" -s 32x32 photos
other "(32 x 48 x 1; 32 x 48 x 3)" -s 32x48 --gray photos
other "the standardisation" -s 32x48 --standardize caffe photos
other "(crop; stretch)" -s 32x48 --fit crop photos
other "(dog, cat; cat, dog)" -s 32x48 --classes dog,cat photos
cp -r photos three
cp -r three/cat three/emu
other "(cat, dog, emu; cat, dog)" -s 32x48 --near-duplicates off three
refused 1 "not a kw dataset" "$predict" model.h5 model.h5
refused 1 "--split goes with a dataset alone" \
	"$predict" --split test model.h5 data.h5 data.h5
refused 1 "--split" "$predict" --split best model.h5 data.h5
refused 1 "not an HDF5 file" "$predict" --split test model.h5 list
run 2 "$predict" model.h5 data.h5 photos/cat/0000.jpg
said "skipped 'data.h5': not a photo"
no_leftovers

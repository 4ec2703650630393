# kw-info: what it tells, verifies and extracts, and what it refuses.
. "$KW_TESTS/support/cli.sh"
info=$KW_BIN/kw-info

# told FILE TEXT: it holds TEXT, runs of spaces counted as one.
told() {
	tr -s ' ' < "$1" | grep -qF -e "$2" || fail "no '$2' in: $(cat "$1")"
}
# put FILE OFFSET BYTES: other bytes there, as printf writes them.
put() {
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# damage FILE: a pixel of record 6 of train, as make-datasets has written it.
damage() {
	local offset
	offset=$(LC_ALL=C grep -obaF '`abcde' "$1" | cut -d : -f 1)
	put "$1" "$offset" '\377'
}

"$KW_BIN/make-photos" --days 10 photos kangaroo,wallaby 20
"$KW_BIN/kw-prep" -q -s 32 -o dataset.h5 photos
"$KW_BIN/kw-augment" -q -o shards.h5 dataset.h5
"$KW_BIN/make-datasets" .
"$KW_BIN/kw-train" -q --algorithm direct --weights none --epochs 1 --batch 16 --head 8 \
	--freeze 22 -o vgg19.h5 dataset.h5 2> /dev/null

echo "-- a dataset, its settings and its table"
"$info" dataset.h5 > text 2> stderr
[ ! -s stderr ] || fail "standard error: $(cat stderr)"
told text 'kw dataset, version 1, whole'
told text 'made by kw-prep 0.1.0'
told text 'images 32 x 32 x 3'
told text 'standardize rescale'
told text 'prep.split=70/15/15'
told text 'kangaroo 14 (7) 4 (2) 2 (1) 20 (10)'
told text 'all 28 (14) 8 (4) 4 (2) 40 (20)'
! grep -q -e '^copies' -e '^transforms' text || fail "not augmented"

echo "-- an augmented one, and an index"
"$info" shards.h5 > augmented
told augmented 'transforms rotation, shift_x'
told augmented 'all 56 (14) 8 (4) 4 (2) 68 (20)'
told augmented 'originals 28 8 4 40'
told augmented 'copies 28 0 0 28'
"$info" -v set.h5 > index
told index 'index of 2 shards'
told index 'part-0.h5: train 4, val 3, test 0'
told index 'all 7 (7) 3 (3) 0 (0) 10 (10)'

echo "-- a model"
"$info" vgg19.h5 > model
told model 'kw model, version 1'
told model 'classes kangaroo, wallaby'
told model 'frozen 22 layers'
told model 'metrics epoch 1'
told model 'train.head=8'
told model 'block1_conv1 Conv2D 3 x 3 x 3 x 64 1792 frozen'
told model 'predictions Dense 8 x 2 18'
told model 'all 20028506'

echo "-- JSON of all of them"
for file in dataset shards set vgg19; do
	"$info" --json $file.h5 > $file.json
	[ "$(head -c 1 $file.json)$(tail -c 2 $file.json)" = "{}" ] ||
		fail "$file.json is no object"
done
told shards.json '"copies" : 28'
told set.json '"file" : "part-1.h5"'
told dataset.json '"prep.size" : "32x32"'
told vgg19.json '"parameters" : 20028506'
if command -v python3 > /dev/null; then
	for file in *.json; do
		python3 -m json.tool "$file" > /dev/null || fail "$file"
	done
fi

echo "-- through pipes and from standard input the same, save for the name"
sed '/^file/d' text > expected
"$info" - < dataset.h5 | sed '/^file/d' | cmp - expected
cat dataset.h5 | "$info" - | sed '/^file/d' | cmp - expected
sed '/^file/d' model > expected
cat vgg19.h5 | "$info" - | sed '/^file/d' | cmp - expected
cat vgg19.h5 | "$info" --verify - > /dev/null
[ -z "$(ls -A tmp)" ] || fail "left behind: $(ls -A tmp)"

echo "-- what is sound is verified"
"$info" --verify dataset.h5 > verified
echo 'verified: 40 records, 40 checksums, 0 groups shared between splits' |
	cmp - verified
"$info" --verify -j 1 dataset.h5 | cmp - verified
"$info" --verify set.h5 > verified
told verified 'verified: 10 records'
"$info" --verify vgg19.h5 > verified
told verified 'verified: 25 layers, 20028506 weights, all finite'
"$info" -q --verify dataset.h5 > verified 2>&1
[ ! -s verified ] || fail "not quiet: $(cat verified)"

echo "-- a leak is counted"
cp -r photos leaky
mkdir leaky/train leaky/test
mv leaky/kangaroo leaky/wallaby leaky/train
mkdir leaky/test/kangaroo leaky/test/wallaby
mv leaky/train/kangaroo/0000.jpg leaky/test/kangaroo
mv leaky/train/wallaby/0000.jpg leaky/test/wallaby
"$KW_BIN/kw-prep" -q -s 32 -o leaky.h5 leaky 2> /dev/null
"$info" --verify leaky.h5 > verified
told verified '2 groups shared between splits'

echo "-- a changed byte is found, and its record named"
cp whole.h5 changed.h5
damage changed.h5
status=0
"$info" --verify changed.h5 > stdout 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status of a damaged dataset"
[ ! -s stdout ] || fail "standard output: $(cat stdout)"
grep -qE "^kw-info: train/6 \(train/abcdef.*6\.jpg\): .*checksum" stderr ||
	fail "$(cat stderr)"
told stderr '1 of 10 records are not sound'
"$info" changed.h5 > /dev/null
cp part-1.h5 part-1.whole
damage part-1.h5
status=0
"$info" --verify set.h5 > stdout 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status of a damaged shard"
told stderr 'train/6 (train/'
told stderr "part-1.h5' is damaged: image 2 of /train"
rm part-1.h5
refused 1 "part-1.h5" "$info" --verify set.h5
mv part-1.whole part-1.h5
cp vgg19.h5 changed-model.h5
put changed-model.h5 40000000 '\377\377\377\377\377\377\377\377'
refused 1 "not finite in 'model_weights/block" "$info" --verify \
	changed-model.h5

echo "-- images are extracted"
"$info" --extract all -o all shards.h5 > report
told report 'extracted: 68 images'
[ "$(find all -name '*.png' | wc -l)" -eq 68 ] || fail "not 68 files"
[ "$(find all -type f | wc -l)" -eq 68 ] || fail "other files"
[ "$(find all/train -name '*-c1.png' | wc -l)" -eq 28 ] || fail "copies"
[ -d all/val/wallaby ] || fail "$(find all)"
"$info" -q --extract all -j 1 -o again shards.h5
diff -r all again
"$info" --extract train/0-9 -o ten dataset.h5 > /dev/null
[ "$(find ten -type f | wc -l)" -eq 10 ] || fail "not 10 files"
"$info" --extract wallaby/0003.jpg -o one/two/three shards.h5 > /dev/null
[ "$(find one -name '0003*.png' | wc -l)" -ge 1 ] || fail "$(find one)"
"$KW_BIN/kw-prep" -q -s 32 -o back.h5 all
"$info" --verify back.h5 > report
told report 'verified: 68 records'
cat dataset.h5 | "$info" -q --extract val -o piped -
[ "$(find piped -type f | wc -l)" -eq 8 ] || fail "not 8 files"

echo "-- what is there stays, unless forced"
some=$(find ten -type f | head -n 1)
echo other > "$some"
refused 1 "exists already" "$info" --extract train/0-9 -o ten dataset.h5
[ "$(cat "$some")" = other ] || fail "overwritten"
"$info" -f -q --extract train/0-9 -o ten dataset.h5
cmp "$some" "all/${some#ten/}"

echo "-- damaged images are listed, and cost nothing else"
status=0
"$info" --extract all -o partly changed.h5 > stdout 2> stderr || status=$?
[ "$status" -eq 2 ] || fail "status $status with an image skipped"
told stderr 'kw-info: train/6: '
told stdout 'extracted: 9 images'
[ "$(find partly -type f | wc -l)" -eq 9 ] || fail "not 9 files"

echo "-- bad command lines"
refused 1 "name a dataset or a model" "$info"
refused 1 "second" "$info" dataset.h5 shards.h5
refused 1 "-o names the folder of --extract" "$info" -o x dataset.h5
refused 1 "-o names the folder of --extract" "$info" --verify -o x dataset.h5
refused 1 "with -o DIR" "$info" --extract all dataset.h5
refused 1 "with -o DIR" "$info" --extract all -o - dataset.h5
refused 1 "one at a time" "$info" --json --verify dataset.h5
refused 1 "one at a time" "$info" --extract all --json -o x dataset.h5
refused 1 "--extract: 'train/5-2' ends" "$info" --extract train/5-2 -o x \
	dataset.h5
refused 1 "no record train/28" "$info" --extract train/28 -o x dataset.h5
refused 1 "no record with the source 'emu'" "$info" --extract emu -o x \
	dataset.h5
refused 1 "holds no images" "$info" --extract all -o x vgg19.h5
refused 1 "cannot make the folder" "$info" --extract val -o text/x dataset.h5
[ ! -e x ] || fail "a folder for nothing"

echo "-- what is neither a dataset nor a model"
refused 1 "missing.h5" "$info" missing.h5
refused 1 "folder" "$info" photos
refused 1 "not an HDF5 file" "$info" text
refused 1 "empty" "$info" - < /dev/null
head -c 20000 dataset.h5 > short.h5
refused 1 "cut short" "$info" short.h5
head -c 1000000 vgg19.h5 > short.h5
refused 1 "cut short" "$info" --verify short.h5
refused 1 "name the file instead" "$info" - < set.h5

echo "-- a standard output that is closed or full"
status=0
"$info" dataset.h5 >&- 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status with standard output closed"
told stderr 'standard output'
status=0
"$info" --verify dataset.h5 > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status with a full disk"
told stderr 'No space left'

echo "-- a signal leaves whole files only"
"$KW_BIN/kw-augment" -q -n 200 -o many.h5 dataset.h5
"$info" -q --extract all -o late many.h5 2> stderr &
process=$!
until [ -n "$(find late -name '*.png' 2> /dev/null | head -n 1)" ]; do
	kill -0 "$process" || fail "ended early: $(cat stderr)"
	sleep 0.05
done
kill -TERM "$process"
status=0
wait "$process" || status=$?
[ "$status" -eq 143 ] || fail "status $status after SIGTERM: $(cat stderr)"
told stderr "interrupted; $(find late -type f | wc -l) of "
[ -z "$(find . -name '*kw-partial*')" ] || fail "a partial file was left"

echo "-- the examples of the manual run"
rm -rf look wallaby
run_examples kw-info.1 4

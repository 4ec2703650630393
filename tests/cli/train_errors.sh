# kw-train: one clear line and status 1 for all that can be wrong, and nothing
# left behind.
. "$KW_TESTS/support/cli.sh"
train=$KW_BIN/kw-train
unset KW_WEIGHTS XDG_DATA_HOME
export HOME=$PWD/home
mkdir home

# refused TEXT COMMAND...: status 1, nothing on standard output, one line that
# holds TEXT on standard error, and no file more or less than before.
refused() {
	local text=$1 status=0 before
	shift
	before=$(find . | sort)
	"$@" > tmp/stdout 2> tmp/stderr || status=$?
	[ "$status" -eq 1 ] || fail "status $status: $*: $(cat tmp/stderr)"
	[ ! -s tmp/stdout ] || fail "standard output: $*"
	grep -qF -e "$text" tmp/stderr || fail "no '$text': $(cat tmp/stderr)"
	[ "$(wc -l < tmp/stderr)" -eq 1 ] ||
		fail "more than a line: $(cat tmp/stderr)"
	rm tmp/std*
	[ "$(find . | sort)" = "$before" ] || fail "left behind: $*"
}

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
quick=("$train" --freeze 22 --head 16 --epochs 1 --weights none)
"${quick[@]}" --batch 16 -q -o model.h5 data.h5 2> /dev/null

echo "-- the command line"
refused 'name the dataset' "$train"
refused "one dataset at a time: 'data.h5'" "$train" data.h5 data.h5
for bad in --epochs=0 --epochs=2x --batch=0 --batch=4097 --batch=x --lr=-1 \
	--lr=nan --lr=1e --momentum=1 --momentum=-0.1 --dropout=1 \
	--dropout=-0.5 --l2=-1 --l2=inf --freeze=23 --freeze=-1 --freeze=x \
	--patience=-1 --seed=-1 --seed=1.5 --head= --head=16, --head=0 \
	--head=16,x --head=70000 --head=1,2,3,4,5,6,7,8,9 --threads=0; do
	refused "${bad%%=*}" "$train" "$bad" data.h5
done

echo "-- the dataset"
refused 'missing.h5' "${quick[@]}" -o out.h5 missing.h5
refused "photos" "${quick[@]}" -o out.h5 photos
echo "no dataset" > text.h5
refused "text.h5" "${quick[@]}" -o out.h5 text.h5
refused "standard input" "${quick[@]}" -o out.h5 - < text.h5
refused 'standard input' "${quick[@]}" -o out.h5 - < /dev/null
refused 'model.h5' "${quick[@]}" -o out.h5 model.h5
size=$(stat -c %s data.h5)
for n in 100 3000 $((size / 2)) $((size - 1)); do
	head -c "$n" data.h5 > cut.h5
	refused 'cut.h5' "${quick[@]}" -o out.h5 cut.h5
done
"$KW_BIN/kw-prep" -q -s 31x40 -o small.h5 photos
refused "31 x 40 pixels and VGG19 needs 32" "${quick[@]}" -o out.h5 small.h5
"$KW_BIN/kw-prep" -q -s 32 --split 0/50/50 -o untrained.h5 photos
refused 'no training images' "${quick[@]}" -o out.h5 untrained.h5

echo "-- the weights"
quick=("$train" --freeze 22 --head 16 --epochs 1)
refused 'weights not found' "${quick[@]}" -o out.h5 data.h5
refused 'nowhere' env KW_WEIGHTS=nowhere "${quick[@]}" -o out.h5 data.h5
refused "'missing.h5': No such file" \
	"${quick[@]}" --weights missing.h5 -o out.h5 data.h5
refused "'photos': it is a folder" \
	"${quick[@]}" --weights photos -o out.h5 data.h5
refused 'text.h5' "${quick[@]}" --weights text.h5 -o out.h5 data.h5
refused 'data.h5' "${quick[@]}" --weights data.h5 -o out.h5 data.h5
size=$(stat -c %s model.h5)
for n in 100 $((size / 2)) $((size - 1)); do
	head -c "$n" model.h5 > cut.h5
	refused 'cut.h5' "${quick[@]}" --weights cut.h5 -o out.h5 data.h5
done
rm cut.h5

echo "-- a kw model of other classes, of another size, another head"
"$KW_BIN/make-photos" pets cat,mouse 4
"$KW_BIN/kw-prep" -q -s 32 -o pets.h5 pets
refused "(cat, dog) are not those of 'pets.h5' (cat, mouse)" \
	"${quick[@]}" --weights model.h5 -o out.h5 pets.h5
"$KW_BIN/kw-prep" -q -s 32x33 -o wide.h5 photos
refused "32 x 32 x 3 and 'wide.h5' has 32 x 33 x 3" \
	"${quick[@]}" --weights model.h5 -o out.h5 wide.h5
"$KW_BIN/kw-prep" -q -s 32 --gray -o gray.h5 photos
refused "'gray.h5' has 32 x 32 x 1; use the same kw-prep --size and --gray" \
	"${quick[@]}" --weights model.h5 -o out.h5 gray.h5
"$KW_BIN/kw-prep" -q -s 32 --standardize none -o raw.h5 photos
refused 'standardise pixels in different ways' \
	"${quick[@]}" --weights model.h5 -o out.h5 raw.h5
refused "'model.h5' do not fit" "${quick[@]}" -q --head 24 --weights model.h5 -o out.h5 data.h5

echo "-- the output"
cp model.h5 kept.h5
cp model.resume.h5 kept.resume.h5
cp model.log/metrics.csv kept.csv
quick+=(--weights none)
refused "'model.resume.h5', of an earlier run, exists already; go on from it with --resume, or use -f" \
	"${quick[@]}" -o model.h5 data.h5
mv model.resume.h5 away.resume.h5
refused "'model.h5' exists already; use -f" "${quick[@]}" -o model.h5 data.h5
mv model.h5 away.h5
refused "'model.log/metrics.csv' exists already; use -f" \
	"${quick[@]}" -o model.h5 data.h5
mv away.h5 model.h5
mv away.resume.h5 model.resume.h5
echo older > summary.json
refused "'summary.json' exists already" \
	"${quick[@]}" --summary summary.json -o out.h5 data.h5
refused "'summary.json' exists already" \
	"${quick[@]}" --export summary.json -o out.h5 data.h5
refused 'nowhere/out' "${quick[@]}" --export nowhere/out -o out.h5 data.h5
refused "the model and --export both go to 'out.h5'" \
	"${quick[@]}" --export out.h5 -o out.h5 data.h5
refused "--export and --summary both go to 'out'" \
	"${quick[@]}" --export out --summary out -o out.h5 data.h5
refused "the resume file and --summary both go to './out.resume.h5'" \
	"${quick[@]}" --summary ./out.resume.h5 -o out.h5 data.h5
refused "the model would replace 'data.h5', which is read" \
	"${quick[@]}" -f -o data.h5 data.h5
refused "--summary would replace 'data.h5'" \
	"${quick[@]}" -f --summary data.h5 -o out.h5 data.h5
refused "--export would replace 'model.h5'" \
	"${quick[@]}" -f --weights model.h5 --export model.h5 -o out.h5 data.h5
refused 'nowhere/out.h5' "${quick[@]}" -o nowhere/out.h5 data.h5
refused 'text.h5/out.h5' "${quick[@]}" -o text.h5/out.h5 data.h5
refused '/proc/out.h5' "${quick[@]}" -o /proc/out.h5 data.h5
refused 'is a folder' "${quick[@]}" -o photos data.h5
refused '-o FILE' "${quick[@]}" -o - data.h5
refused '-o FILE' "${quick[@]}" -o /dev/full data.h5
refused 'text.h5' "${quick[@]}" -o out.h5 --log-dir text.h5 data.h5
refused 'text.h5/log' "${quick[@]}" -o out.h5 --log-dir text.h5/log data.h5
# refused before the data is looked at, which may be long in coming
refused 'model.resume.h5' "${quick[@]}" -o model.h5 missing.h5
refused 'weights not found' "$train" -o out.h5 missing.h5

echo "-- memory"
refused "of memory, and 50.0 MB is what --memory allows: use a smaller --batch" \
	"${quick[@]}" --memory 50M -o out.h5 data.h5
refused "are available on this machine: use a smaller --batch than 4" \
	"${quick[@]}" --head 65536,65536,65536,65536,65536,65536 -o out.h5 data.h5
# The weights are there twice when the body thaws.
takes() {
	"$train" --weights none --head 16 --freeze 20 --epochs 2 "$@" \
		--memory 50M -o out.h5 data.h5 2>&1 |
		sed -n 's/.*this takes \([0-9]*\) MB.*/\1/p'
}
one=$(takes) two=$(takes --head-epochs 1)
[ "$two" -gt $((one + 60)) ] || fail "memory: $one MB, of two stages $two MB"
# One line as well where the way of computing is not measured.
refused "this takes $one MB of memory, and" "$train" --weights none --head 16 \
	--freeze 20 --precision f32 --algorithm direct --memory 50M -o out.h5 \
	data.h5
# Refused for what it would take, not for what float32 would.
if grep -q avx512 /proc/cpuinfo; then
	narrow=(--freeze 5 --batch 1)
	less=$(takes "${narrow[@]}" --precision bf16 --algorithm direct)
	more=$(takes "${narrow[@]}" --precision f32 --algorithm direct)
	[ "$less" -gt 0 ] && [ "$less" -lt $((more - 1)) ] ||
		fail "memory: bf16 $less MB, f32 $more MB"
	choices=('--precision bf16 --algorithm direct')
	! grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo ||
		choices+=('--precision auto --algorithm direct' '--precision auto')
	for choice in "${choices[@]}"; do
		stopped KILL 1 ', bf16 direct' "$train" --weights none --head 16 \
			"${narrow[@]}" --memory $((less + 1))M $choice \
			-o less.h5 data.h5
	done
	[ ${#choices[@]} -eq 1 ] ||
		said "; for f32 there is not enough memory"
	rm std*
fi

echo "-- to go on, to evaluate"
ln model.h5 copy.resume.h5
refused "'copy.resume.h5' is a kw model, not a resume file" \
	"${quick[@]}" --resume -o copy.h5 data.h5
head -c 100000 model.resume.h5 > cut.resume.h5
refused "'cut.resume.h5'" "${quick[@]}" --resume -o cut.h5 data.h5
rm copy.resume.h5 cut.resume.h5
refused '--evaluate and --resume' \
	"${quick[@]}" --evaluate --resume -o model.h5 data.h5
refused "'missing.h5': No such file" "$train" --evaluate -o missing.h5 data.h5
refused "(cat, dog) are not those of 'pets.h5' (cat, mouse)" \
	"$train" --evaluate -o model.h5 pets.h5
refused "'data.h5'" "$train" --evaluate --weights data.h5 data.h5
refused "--summary would replace 'model.h5'" \
	"$train" -f --evaluate -o model.h5 --summary model.h5 data.h5

echo "-- with -f too, a run that fails leaves the older results alone"
refused 'missing.h5' "${quick[@]}" -f -o model.h5 missing.h5
refused 'missing.h5' "${quick[@]}" -f --weights missing.h5 -o model.h5 data.h5
refused 'cut.h5' "${quick[@]}" -f --weights cut.h5 -o model.h5 data.h5
refused 'OMP_THREAD_LIMIT' \
	env OMP_THREAD_LIMIT=1 "${quick[@]}" -f -j 2 -o model.h5 data.h5
cmp model.h5 kept.h5
cmp model.resume.h5 kept.resume.h5
cmp model.log/metrics.csv kept.csv

# kw-train: the output of frozen layers is kept from one epoch to the next, in
# memory or in a file beside the dataset, and the models are the same with it
# and without.
. "$KW_TESTS/support/cli.sh"

"$KW_BIN/make-photos" photos cat,dog 10
"$KW_BIN/kw-prep" -q -s 32 -o data.h5 photos
"$KW_BIN/kw-train" -q --weights none --freeze 22 --head 16 --epochs 1 \
	--batch 16 --no-feature-cache -o base.h5 data.h5 2> /dev/null
rm -r base.resume.h5 base.log

# The last epoch is the best one: all of them count in the model.
train=("$KW_BIN/kw-train" --weights base.h5 --head 16 --epochs 2 --batch 1
	--patience 0 --lr 0.00003 --monitor val_loss --algorithm direct)

# kw_train NAME OPTION...: into NAME.h5, in place of what is there.
kw_train() {
	local name=$1
	shift
	run 0 "${train[@]}" -f -o "$name.h5" "$@"
}

# same NAME OTHER: the models, and the logs but for the times, are the same.
same() {
	cmp "$1.h5" "$2.h5" || fail "$1.h5 is not $2.h5: $(cat stdout stderr)"
	cmp <(cut -d , -f 1-6 "$1.log/metrics.csv") \
		<(cut -d , -f 1-6 "$2.log/metrics.csv")
}

not_said() {
	! grep -qF -e "$1" stderr || fail "'$1' in: $(cat stderr)"
}

# takes KILOBYTES OPTION...: the MB that a run with that --memory is refused for,
# or nothing; what is not refused is killed.
takes() {
	local kilobytes=$1 line
	shift
	"${train[@]}" "$@" --memory "${kilobytes}k" -f -o probe.h5 data.h5 \
		> /dev/null 2> pipe &
	while read -r line; do
		if [[ $line =~ 'this takes '([0-9]*)' MB' ]]; then
			echo "${BASH_REMATCH[1]}"
		elif [[ $line == *' memory: '* ]]; then
			kill -9 $!
		fi
	done < pipe
	wait $! 2> /dev/null || true
	rm -f .probe.*
}

mkfifo pipe
# The least --memory in kB that a run without features takes.
least_memory() {
	local megabytes low high middle

	megabytes=$(takes 1000 "$@")
	low=$((megabytes * 1000 - 1000)) high=$((megabytes * 1000 + 1000))
	[ -n "$(takes $low "$@")" ] && [ -z "$(takes $high "$@")" ] ||
		fail "neither $low nor $high kB" >&2
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		if [ -n "$(takes $middle "$@")" ]; then
			low=$middle
		else
			high=$middle
		fi
	done
	echo "${high}k"
}

# in_memory LAYER OPTION...: the output of LAYER is kept.
in_memory() {
	local layer=$1
	shift
	echo "-- --freeze $layer: kept in memory"
	kw_train without --freeze $layer "$@" --no-feature-cache data.h5
	not_said features
	grep -q 'epoch 2/2.*best so far' stdout || fail "$(cat stdout)"
	kw_train with --freeze $layer "$@" data.h5
	said "features: the output of $layer ("
	said "is kept in memory: from the second epoch on only the layers above are computed"
	grep -q '^kw-train: memory: .* features, .* for the program' stderr ||
		fail "$(cat stderr)"
	same with without
	[ ! -e data.features ] || fail "a file: $(ls)"
}

# With more layers to train, fewer steps.
in_memory block4_pool --batch 8
in_memory block5_pool

# Memory has no say in how they compute.
train+=(--precision "$(sed -n 's/^kw-train: \([a-z0-9]*\) direct: .*/\1/p' stderr)")
all=(--freeze block5_pool)
room=$(least_memory "${all[@]}")

echo "-- no room in memory, a file; then it is there"
kw_train file "${all[@]}" --memory $room data.h5
said "goes to 'data.features': from the second epoch on"
not_said " features, "
same file without
[ -s data.features ] || fail "no file: $(ls)"
kw_train again "${all[@]}" data.h5
said "features: 'data.features' holds the output of block5_pool ("
not_said "is kept in memory"
same again without

echo "-- damaged, and of something else"
printf damage | dd of=data.features bs=1 seek=20000 conv=notrunc 2> /dev/null
kw_train again "${all[@]}" data.h5
said "features: 'data.features' is damaged: what was is computed again"
same again without
kw_train other --freeze block4_pool --batch 16 data.h5
said "'data.features' is of other weights, images or settings: it is replaced"
no_leftovers

echo "-- killed while the file is under way: nothing is left, and it goes on"
rm -f data.features
resumed=("${train[@]}" "${all[@]}" --memory "$room" -o killed.h5 data.h5)

stopped INT 1 'step 2/' "${resumed[@]}" -v
said "interrupted in epoch 1 after"
no_leftovers
[ ! -e data.features ] || fail "a file that is not complete"
stopped KILL 1 'step 5/' "${resumed[@]}" -v --resume
[ ! -e data.features ] || fail "a file that is not complete"
[ -n "$(find . -name '.data.features.kw-partial-*')" ] || fail "$(ls -A)"
run 0 "${resumed[@]}" --resume
said "goes on from 'killed.resume.h5', in epoch 1 after"
same killed without
no_leftovers
[ -s data.features ] || fail "no file: $(ls)"

echo "-- and from a file that is there, into its second epoch"
rm -r killed.*
stopped INT 2 'step 3/' "${resumed[@]}" -v
run 0 "${resumed[@]}" --resume
said "goes on from 'killed.resume.h5', in epoch 2 after"
same killed without
no_leftovers

echo "-- --no-feature-cache removes it, and nothing else of that name"
kw_train again "${all[@]}" --no-feature-cache --epochs 1 data.h5
said "features: 'data.features' is removed"
[ ! -e data.features ] || fail "it is there still"
echo mine > data.features
kw_train again "${all[@]}" --no-feature-cache --epochs 1 data.h5
not_said features
[ "$(cat data.features)" = mine ] || fail "$(cat data.features)"
rm data.features

echo "-- a pipe: no file"
run 0 "${train[@]}" "${all[@]}" -f -o piped.h5 --memory "$room" - < data.h5
said "does not fit into memory, and a dataset from a pipe has no place for a file"
same piped without
no_leftovers

echo "-- new images in every epoch: off, and said where it would have been on"
fresh=(--augment seed --epochs 1 --batch 16)
kw_train fresh "${all[@]}" "${fresh[@]}" data.h5
said "features: --augment gives new images in every epoch, so what the frozen layers make of them is not kept"
kw_train fresh --freeze block3_conv3 "${fresh[@]}" data.h5
not_said features

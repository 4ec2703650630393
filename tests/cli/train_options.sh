# kw-train: recipes, by name, from files and by options; and what is refused
# before anything is read.
. "$KW_TESTS/support/cli.sh"
train=$KW_BIN/kw-train

# recipe OPTIONS: the recipe that these options make, without its comments.
recipe() {
	"$train" --print-recipe "$@" | grep -v '^#'
}
# same OPTIONS -- OPTIONS: both make the same recipe.
same() {
	local a=()
	while [ "$1" != -- ]; do
		a+=("$1")
		shift
	done
	shift
	recipe "${a[@]}" > a
	recipe "$@" > b
	diff a b || fail "not the same: ${a[*]} -- $*"
}

echo "-- help has sections, and a default for each key of the recipe"
run 0 "$train" --help
for section in "What to start from:" "How to go on:" "Where to:" "Machine:" \
	"Recipe:" "Network:" "Loss:" "Steps:" "Rate over time:" "Epochs:" \
	"Data:"; do
	grep -qxF " $section" stdout || fail "no section '$section'"
done
tr -s ' \n' ' ' < stdout > help
for text in "block4_pool (5)" "on top (1024,1024)" "dense layers (0.5)" \
	"part of the loss (0.01)" "Images a batch (4)" "Batches a step: as one batch N times as large, in little more memory (1)" "rate of SGD (0.0001)" \
	"N times (50)" "every epoch (on)" "KEY=VALUE;KEY=VALUE... (none)" \
	"from seed N (42)" "or auto: bf16 where the CPU is fast with it (auto)"; do
	grep -qF -e "$text" help || fail "no '$text' in: $(cat stdout)"
done
awk 'length > 80 { exit 1 }' stdout || fail "lines over 80 columns"

echo "-- the seed recipe is the default, and says nothing more"
[ "$("$train" --print-recipe)" = "[recipe]" ] || fail "$("$train" --print-recipe)"
same -- --recipe seed
same -- --freeze block2_conv1 --head 1024,1024 --dropout 0.5 --l2 0.01 \
	--class-weight none --label-smoothing 0 --batch 4 --accumulate 1 --lr 1e-4 \
	--momentum 0.9 --body-lr-factor 1 --clip-norm 0 --schedule constant \
	--warmup 0 --plateau 0 --epochs 50 --head-epochs 0 --patience 4 \
	--monitor val_acc --shuffle --augment none --seed 42

echo "-- every key is an option, and prints what reads back"
while read -r option; do
	recipe "$option" > printed
	[ "$(wc -l < printed)" -eq 2 ] || fail "$option: $(cat printed)"
	recipe --recipe ./printed | diff printed - || fail "$option"
done << 'END'
--freeze=block4_pool
--head=512,16
--dropout=0.25
--l2=0.001
--class-weight=balanced
--label-smoothing=0.1
--batch=32
--accumulate=8
--lr=0.003
--momentum=0.5
--body-lr-factor=0.1
--clip-norm=5
--schedule=cosine
--warmup=0.5
--plateau=2
--plateau-factor=0.5
--epochs=7
--head-epochs=3
--head-lr=0.01
--patience=9
--monitor=val_loss
--no-shuffle
--augment=heavy
--augment=rotation=10;zoom=0.9,1.1
--seed=7
END
"$train" --help | sed -n '/^ Network:/,/--force/p' |
	grep -oE -e '--[a-z0-9-]+=' | sort -u > keys
! grep -vF -f <(grep -oE -e '^--[a-z0-9-]+=' \
	"$KW_TESTS/cli/train_options.sh") keys || fail "not tested"

echo "-- files, and options that win over them wherever they stand"
cat > my.recipe << 'END'
# for the kangaroos

[recipe]
base = modern
epochs = 12
augment = rotation=10; brightness=0.8,1.2
END
same --recipe my.recipe -- --recipe modern --epochs 12 \
	--augment 'rotation=10;brightness=0.8,1.2'
same --recipe my.recipe --epochs 20 -- --epochs 20 --recipe my.recipe
same --epochs 20 --epochs 30 -- --epochs 30
same --no-shuffle --shuffle -- --shuffle
same --recipe seed --recipe modern -- --recipe modern
"$train" --print-recipe --recipe <(cat my.recipe) > piped
"$train" --print-recipe --recipe my.recipe | cmp - piped
grep -q '^# Go over the images N times$' piped || fail "no comment: $(cat piped)"
printf '[policy]\nhue = 3\n' > mine.policy
same --augment mine.policy -- --augment hue=3
"$KW_BIN/kw-augment" --policy light --print-policy > light.policy
same --augment light.policy -- --augment light

echo "-- --print-recipe reads and writes nothing else"
"$train" --print-recipe -o never.h5 missing.h5 > /dev/null < /dev/null
[ ! -e never.h5 ] || fail "--print-recipe wrote a model"
[ ! -e never.log ] || fail "--print-recipe wrote a log"
status=0
"$train" --print-recipe > /dev/full 2> stderr || status=$?
[ "$status" -eq 1 ] || fail "status $status for a full disk"
rm stderr

echo "-- what cannot be is refused in one line, before anything is read"
bad() {
	local text=$1
	shift
	refused 1 "$text" "$train" -o never.h5 "$@" missing.h5
}
while read -r option value; do
	bad "--$option" "--$option=$value"
done << 'END'
freeze 23
freeze block6_conv1
head 0
dropout 1
l2 -1
class-weight auto
label-smoothing 1
batch 0
accumulate 0
lr fast
momentum 1
body-lr-factor 2
clip-norm -1
schedule step
warmup -1
plateau -1
plateau-factor 1
epochs 0
head-epochs -1
head-lr nan
patience 1.5
monitor loss
augment no-such-policy
augment hue=blue
seed -1
weights
channels bgr
precision f16
algorithm fft
memory 0
memory lots
memory 1.5x
on-divergence pray
checkpoint-minutes -1
checkpoint-minutes soon
log-dir
export
summary
recipe no-such-recipe
recipe ./no-such.recipe
END
bad "did you mean block4_pool?" --freeze block4_pol
bad "did you mean modern?" --recipe modrn
bad "did you mean light?" --augment lihgt
bad "--head-epochs: 50 of 50" --head-epochs 50
bad "--head-epochs: 3 of 2" --recipe modern --epochs 2
bad "--warmup: 60 epochs" --warmup 60
bad "--plateau: 5 epochs" --plateau 5
bad "--learning-rate: there is no such key; did you mean lr?" --learning-rate 1
bad "--batch-size: there is no such key; did you mean batch?" --batch-size=1
bad "gradient-accumulation-steps: there is no such key; did you mean accumulate?" \
	--gradient-accumulation-steps=2
bad "--evaluate and --resume: give one" --evaluate --resume
bad "--weights none" --evaluate --weights none
refused 1 "name the dataset" "$train" --resume
refused 1 "one dataset at a time: 'b.h5'" "$train" a.h5 b.h5
printf '[recipe]\nlearning_rate = 1\n' > bad.recipe
bad "--recipe: bad.recipe: learning_rate: there is no such key; did you mean lr?" \
	--recipe bad.recipe
printf '[recipe]\nepochs = 5\nhead-epochs = 5\n' > bad.recipe
bad "--head-epochs: 5 of 5" --recipe bad.recipe
[ ! -e never.h5 ] && [ ! -e never.log ] || fail "a refused run wrote something"
no_leftovers

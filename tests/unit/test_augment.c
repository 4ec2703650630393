#include "tests/support/kwtest.h"

#include <string.h>

#include "augment/augment.h"
#include "kw/alloc.h"
#include "kw/error.h"
#include "kw/outfile.h"
#include "kw/random.h"

enum { H = 12, W = 17, C = 3, SIZE = H * W * C, N_COLUMNS = 8 };

static const gsize counts[KW_N_SPLITS] = { 37, 3, 5 };

static const AugmentRecipe recipe = {
	.copies = 3,
	.seed = 7,
	.policy = { .rotation = 30,
		    .width_shift = 0.2,
		    .height_shift = 2,
		    .shear = 10,
		    .zoom = 0.3,
		    .horizontal_flip = TRUE,
		    .vertical_flip = TRUE,
		    .fill = KW_FILL_REFLECT },
};

/* ---- a small dataset */

static KwDatasetInfo *
small_info(void)
{
	static const char *const classes[] = { "cat", "dog", NULL };
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = H;
	info->width = W;
	info->channels = C;
	info->class_names = g_strdupv((char **)classes);
	info->standardize = KW_STANDARDIZE_RESCALE;
	for (int i = 0; i < C; i++) {
		info->scale[i] = 1 / 255.0F;
		info->offset[i] = 0.25F * (float)i;
	}
	info->fit = g_strdup("crop");
	info->seed = 42;
	info->settings = g_strdup("prep.size=12x17\n");
	info->generator = g_strdup("kw-prep 0.1.0");
	return info;
}

static KwRecords *
small_records(KwSplit split, guint8 *pixels)
{
	KwRecords *records = kw_records_new(counts[split], 0);

	for (gsize i = 0; i < records->n; i++) {
		guint64 id = split * 1000 + i;
		KwRandomKey key = { .subject = id };

		for (guint16 k = 0; k < SIZE; k++)
			pixels[i * SIZE + k] = (guint8)kw_random_u64(&key, k);
		records->labels[i] = (gint32)(i % 2);
		records->record_ids[i] = kw_random_u64(&key, SIZE);
		records->group_ids[i] = id / 2;
		records->checksums[i] = kw_checksum(pixels + i * SIZE, SIZE);
		records->sources[i] =
			g_strdup_printf("cat/%0*zu.jpg", (int)(1 + i % 9), i);
	}
	return records;
}

/* Write the dataset with `n_train` train records or none. */
static void
write_small(const char *path, gsize n_train)
{
	const gsize n[] = { n_train, counts[KW_VAL], counts[KW_TEST] };
	g_autoptr(GError) error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);
	g_autoptr(KwDatasetInfo) info = small_info();
	g_autoptr(KwDatasetWriter) writer =
		kw_dataset_create(out, info, n, 20, &error);

	test_assert_no_error(error);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autofree guint8 *pixels = g_malloc(counts[s] * SIZE);
		g_autoptr(KwRecords) records = small_records(s, pixels);

		if (n[s] != 0)
			assert_true(kw_dataset_append(writer, s, records,
						      pixels, &error));
	}
	assert_true(kw_dataset_finish(writer, &error));
	assert_true(kw_outfile_commit(out, &error));
}

/* ---- running and reading */

/* Paths in the folder of the test; freed with the test program. */
static const char *
path_in(void *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_intern_string(path);
}

static gboolean
run(const char *from, const char *to, const AugmentRecipe *what, int threads,
    gsize batch_size, GError **error)
{
	g_autoptr(KwOutfile) out = kw_outfile_new(to, TRUE, error);
	g_autoptr(KwDataset) input = kw_dataset_open(from, error);
	AugmentPlan plan;

	assert_non_null(out);
	if (input == NULL ||
	    !augment_prepare(&plan, input, what, threads, error))
		return FALSE;
	if (batch_size != 0)
		plan.batch_size = batch_size;
	return augment_run(&plan, input, out, what, threads, NULL, error) &&
	       kw_outfile_commit(out, error);
}

/* The small dataset and what the recipe makes of it, opened. */
typedef struct {
	const char *from, *to;
	KwDataset *before, *after;
} Pair;

static Pair
augmented_pair(void **state)
{
	g_autoptr(GError) error = NULL;
	Pair pair = { path_in(*state, "in.h5"), path_in(*state, "out.h5"), NULL,
		      NULL };

	write_small(pair.from, counts[KW_TRAIN]);
	assert_true(run(pair.from, pair.to, &recipe, 2, 5, &error));
	pair.before = kw_dataset_open(pair.from, &error);
	pair.after = kw_dataset_open(pair.to, &error);
	test_assert_no_error(error);
	return pair;
}

static void
pair_close(Pair *pair)
{
	kw_dataset_free(pair->before);
	kw_dataset_free(pair->after);
}

static KwRecords *
all_records(KwDataset *dataset, KwSplit split)
{
	g_autoptr(GError) error = NULL;
	KwRecords *records = kw_dataset_read_records(
		dataset, split, 0, kw_dataset_count(dataset, split), &error);

	test_assert_no_error(error);
	return records;
}

/* Reading compares the checksums. */
static guint8 *
all_images(KwDataset *dataset, KwSplit split)
{
	gsize n = kw_dataset_count(dataset, split);
	g_autoptr(GError) error = NULL;
	guint8 *pixels = g_malloc(n * SIZE);

	kw_dataset_read_images(dataset, split, 0, n, pixels, &error);
	test_assert_no_error(error);
	return pixels;
}

/* Row i of after is row j of before, apart from copy and transform. */
static void
assert_same_photo(const KwRecords *after, gsize i, const KwRecords *before,
		  gsize j)
{
	assert_int_equal(after->labels[i], before->labels[j]);
	assert_int_equal(after->record_ids[i], before->record_ids[j]);
	assert_int_equal(after->group_ids[i], before->group_ids[j]);
	assert_string_equal(after->sources[i], before->sources[j]);
}

static void
assert_same_file(const char *a, const char *b, gboolean same)
{
	g_autofree char *bytes_a = NULL, *bytes_b = NULL;
	gsize n_a, n_b;

	assert_true(g_file_get_contents(a, &bytes_a, &n_a, NULL));
	assert_true(g_file_get_contents(b, &bytes_b, &n_b, NULL));
	assert_int_equal(n_a == n_b && memcmp(bytes_a, bytes_b, n_a) == 0,
			 same);
}

/* ---- tests */

static void
originals_come_first_and_unchanged(void **state)
{
	Pair pair = augmented_pair(state);
	g_autoptr(KwRecords) before = all_records(pair.before, KW_TRAIN);
	g_autoptr(KwRecords) after = all_records(pair.after, KW_TRAIN);
	g_autofree guint8 *old = all_images(pair.before, KW_TRAIN);
	g_autofree guint8 *new = all_images(pair.after, KW_TRAIN);

	assert_int_equal(after->n, 4 * before->n);
	assert_int_equal(after->n_columns, N_COLUMNS);
	assert_memory_equal(new, old, before->n * SIZE);
	for (gsize i = 0; i < before->n; i++) {
		assert_same_photo(after, i, before, i);
		assert_int_equal(after->copies[i], 0);
		assert_int_equal(after->checksums[i], before->checksums[i]);
		assert_memory_equal(after->transforms + i * N_COLUMNS,
				    &kw_transform_identity,
				    sizeof kw_transform_identity);
	}
	pair_close(&pair);
}

static void
copies_follow_and_can_be_made_again_from_their_records(void **state)
{
	Pair pair = augmented_pair(state);
	g_autoptr(KwRecords) before = all_records(pair.before, KW_TRAIN);
	g_autoptr(KwRecords) after = all_records(pair.after, KW_TRAIN);
	g_autofree guint8 *old = all_images(pair.before, KW_TRAIN);
	g_autofree guint8 *new = all_images(pair.after, KW_TRAIN);
	g_autoptr(KwWarpSource) source = kw_warp_source_new(H, W, C, NULL);
	guint8 again[SIZE];

	for (gsize i = before->n; i < after->n; i++) {
		gsize j = i % before->n;
		gint32 copy = (gint32)(i / before->n);
		KwTransform drawn =
			kw_transform_draw(&recipe.policy, recipe.seed,
					  before->record_ids[j], copy, H, W);
		KwTransform t;

		assert_same_photo(after, i, before, j);
		assert_int_equal(after->copies[i], copy);
		memcpy(&t, after->transforms + i * N_COLUMNS, sizeof t);
		assert_memory_equal(&t, &drawn, sizeof t);
		kw_transform_apply(&t, &recipe.policy, again, old + j * SIZE,
				   source, H, W);
		assert_memory_equal(new + i *SIZE, again, SIZE);
	}
	pair_close(&pair);
}

static void
val_and_test_pass_through_untouched(void **state)
{
	Pair pair = augmented_pair(state);

	for (KwSplit s = KW_VAL; s <= KW_TEST; s++) {
		g_autoptr(KwRecords) before = all_records(pair.before, s);
		g_autoptr(KwRecords) after = all_records(pair.after, s);
		g_autofree guint8 *old = all_images(pair.before, s);
		g_autofree guint8 *new = all_images(pair.after, s);

		assert_int_equal(after->n, counts[s]);
		assert_memory_equal(new, old, after->n * SIZE);
		for (gsize i = 0; i < after->n; i++) {
			assert_same_photo(after, i, before, i);
			assert_int_equal(after->copies[i], 0);
			assert_memory_equal(after->transforms + i * N_COLUMNS,
					    &kw_transform_identity,
					    sizeof kw_transform_identity);
		}
	}
	pair_close(&pair);
}

static void
keeps_what_the_dataset_says_and_adds_its_settings(void **state)
{
	Pair pair = augmented_pair(state);
	const KwDatasetInfo *info = kw_dataset_info(pair.after);

	assert_int_equal(info->standardize, KW_STANDARDIZE_RESCALE);
	assert_memory_equal(info->scale, kw_dataset_info(pair.before)->scale,
			    sizeof info->scale);
	assert_memory_equal(info->offset, kw_dataset_info(pair.before)->offset,
			    sizeof info->offset);
	assert_string_equal(info->fit, "crop");
	assert_string_equal(info->class_names[1], "dog");
	assert_string_equal(info->generator, "kw-augment 0.1.0");
	assert_int_equal(info->seed, 7);
	assert_string_equal(info->columns[1], "shift_x");
	assert_string_equal(info->settings, "augment.copies=3\n"
					    "augment.fill=reflect\n"
					    "augment.height_shift=2\n"
					    "augment.horizontal_flip=1\n"
					    "augment.rotation=30\n"
					    "augment.seed=7\n"
					    "augment.shear=10\n"
					    "augment.vertical_flip=1\n"
					    "augment.width_shift=0.2\n"
					    "augment.zoom=0.3\n"
					    "prep.size=12x17\n");
	pair_close(&pair);
}

static void
bytes_do_not_depend_on_threads_or_batches(void **state)
{
	const char *from = path_in(*state, "in.h5");
	const char *first = path_in(*state, "first.h5");
	const char *other = path_in(*state, "other.h5");
	AugmentRecipe changed = recipe;
	g_autoptr(GError) error = NULL;

	write_small(from, counts[KW_TRAIN]);
	assert_true(run(from, first, &recipe, 1, 0, &error));
	assert_true(run(from, other, &recipe, 4, 0, &error));
	assert_same_file(first, other, TRUE);
	assert_true(run(from, other, &recipe, 3, 7, &error));
	assert_same_file(first, other, TRUE);
	changed.seed++;
	assert_true(run(from, other, &changed, 1, 0, &error));
	assert_same_file(first, other, FALSE);
}

static void
a_copy_is_the_same_however_many_are_made(void **state)
{
	Pair three = augmented_pair(state);
	const char *path = path_in(*state, "one.h5");
	AugmentRecipe one_copy = recipe;
	gsize n = 2 * counts[KW_TRAIN];
	g_autoptr(GError) error = NULL;
	g_autoptr(KwDataset) one = NULL;

	one_copy.copies = 1;
	assert_true(run(three.from, path, &one_copy, 2, 0, &error));
	one = kw_dataset_open(path, &error);
	g_autofree guint8 *few = all_images(one, KW_TRAIN);
	g_autofree guint8 *many = all_images(three.after, KW_TRAIN);
	assert_int_equal(kw_dataset_count(one, KW_TRAIN), n);
	assert_memory_equal(few, many, n * SIZE);
	pair_close(&three);
}

static void
refuses_an_augmented_dataset(void **state)
{
	Pair pair = augmented_pair(state);
	const char *twice = path_in(*state, "twice.h5");
	g_autoptr(GError) error = NULL;

	assert_false(run(pair.to, twice, &recipe, 1, 0, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "augmented already");
	assert_false(g_file_test(twice, G_FILE_TEST_EXISTS));
	pair_close(&pair);
}

static void
refuses_a_dataset_without_train_records(void **state)
{
	const char *from = path_in(*state, "empty.h5");
	const char *to = path_in(*state, "none.h5");
	g_autoptr(GError) error = NULL;

	write_small(from, 0);
	assert_false(run(from, to, &recipe, 1, 0, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "no train records");
}

/* One bit of the pixels of a train record, flipped in the file. */
static void
names_the_damaged_image(void **state)
{
	const char *from = path_in(*state, "in.h5");
	const char *to = path_in(*state, "damaged.h5");
	g_autofree guint8 *pixels = g_malloc(counts[KW_TRAIN] * SIZE);
	g_autoptr(KwRecords) records = NULL;
	g_autofree char *bytes = NULL;
	g_autoptr(GError) error = NULL;
	gsize n;

	write_small(from, counts[KW_TRAIN]);
	records = small_records(KW_TRAIN, pixels);
	assert_true(g_file_get_contents(from, &bytes, &n, NULL));
	guint8 *image = memmem(bytes, n, pixels + 20 * SIZE, SIZE);
	assert_non_null(image);
	image[SIZE / 2] ^= 1;
	assert_true(g_file_set_contents(from, bytes, (gssize)n, NULL));
	assert_false(run(from, to, &recipe, 2, 0, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "image 20 of /train");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(originals_come_first_and_unchanged),
		cmocka_unit_test(
			copies_follow_and_can_be_made_again_from_their_records),
		cmocka_unit_test(val_and_test_pass_through_untouched),
		cmocka_unit_test(
			keeps_what_the_dataset_says_and_adds_its_settings),
		cmocka_unit_test(bytes_do_not_depend_on_threads_or_batches),
		cmocka_unit_test(a_copy_is_the_same_however_many_are_made),
		cmocka_unit_test(refuses_an_augmented_dataset),
		cmocka_unit_test(refuses_a_dataset_without_train_records),
		cmocka_unit_test(names_the_damaged_image),
	};

	return cmocka_run_group_tests(tests, test_dir_setup,
				      test_dir_teardown) != 0;
}

/*
 * The resume file: what is written is read back bit for bit, and every part of
 * it that is damaged is refused by name.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/checkpoint.h"
#include "train/weights.h"

static const char run_text[] = "data=0123\nthreads=2\n";

/* One resume file for all tests, and what it was made of. */
typedef struct {
	char *dir, *path;
	Network *network;
	ModelInfo *info;
	TrainState *state;
} Fixture;

/* The last convolution and the head are trained. */
static NetworkSpec
small_spec(void)
{
	return (NetworkSpec){ .batch = 2,
			      .height = 32,
			      .width = 32,
			      .channels = 1,
			      .classes = 2,
			      .n_head = 1,
			      .head = { 8 },
			      .freeze = 20,
			      .training = TRUE,
			      .threads = 1 };
}

/* ---- fixture */

static ModelInfo *
new_info(const NetworkSpec *spec)
{
	static const char *const names[] = { "cat", "dog", NULL };
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv((char **)names);
	info->height = spec->height;
	info->width = spec->width;
	info->channels = spec->channels;
	info->fit = g_strdup("stretch");
	info->scale[0] = 1.0f / 255;
	info->freeze = spec->freeze;
	info->settings = g_strdup("train.batch=2\n");
	return info;
}

/* Values that no conversion would leave alone. */
static EpochReport
report_of(int epoch)
{
	EpochReport report;

	/* What lies between the fields is compared as well. */
	memset(&report, 0, sizeof report);
	report.epoch = epoch;
	report.loss = 1.0 / (3 * epoch);
	report.accuracy = 1.0 / (1 + epoch);
	report.has_val = TRUE;
	report.val_loss = -0.1 * epoch;
	report.val_accuracy = 2.0 / 3;
	report.rate = 1e-4 / epoch;
	report.images_per_second = 1e3 / 7;
	report.wall_time = 1.8e9 + 0.123456789;
	report.skipped = epoch;
	report.best = epoch == 2;
	return report;
}

/* Every field another number than before the first step. */
static TrainState *
new_state(void)
{
	TrainState *state = train_state_new();

	state->epoch = 4;
	state->step = 5;
	state->steps = G_GUINT64_CONSTANT(1) << 53 | 1;
	state->loss_sum = 1.0 / 7;
	state->correct = 6;
	state->seen = 9;
	state->skipped = 1;
	state->seconds = 12.3;
	state->patience_from = 2;
	state->plateau_from = 3;
	state->plateau_factor = 0.1;
	for (int i = 0; i < STATE_WINDOW; i++)
		state->window[i] = 1.0 / (i + 3);
	state->n_window = 1000;
	state->n_divergent = 2;
	for (int epoch = 1; epoch < state->epoch; epoch++) {
		EpochReport report = report_of(epoch);

		g_array_append_val(state->history, report);
	}
	state->best = report_of(2);
	return state;
}

static float *
velocity_new(Dnn *dnn, const Param *param)
{
	float *values = g_new(float, keras_floats(param));
	GError *error = NULL;

	param_export_velocity(dnn, param, values, &error);
	test_assert_no_error(error);
	return values;
}

static void
fill_velocity(Dnn *dnn, Param *param, guint64 seed)
{
	g_autofree float *values = g_new(float, keras_floats(param));
	GError *error = NULL;

	random_floats(values, keras_floats(param), seed);
	param_import_velocity(dnn, param, values, &error);
	test_assert_no_error(error);
}

static gboolean
is_trained(const Layer *layer)
{
	return layer->kernel != NULL && layer->kernel->velocity != NULL;
}

static Network *
filled_network(const NetworkSpec *spec)
{
	Network *network = test_network_new(spec);

	test_network_fill(network, 5);
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];

		if (!is_trained(layer))
			continue;
		fill_velocity(network->dnn, layer->kernel, 2 * i);
		fill_velocity(network->dnn, layer->bias, 2 * i + 1);
	}
	return network;
}

static void
write_file(const char *path, const Fixture *f)
{
	GError *error = NULL;

	checkpoint_write(path, path, f->network, f->info, f->state, run_text,
			 &error);
	test_assert_no_error(error);
}

static int
setup(void **state)
{
	const NetworkSpec spec = small_spec();
	Fixture *f = g_new0(Fixture, 1);

	f->dir = test_dir_new();
	f->path = g_build_filename(f->dir, "x.resume.h5", NULL);
	f->network = filled_network(&spec);
	f->info = new_info(&spec);
	f->state = new_state();
	write_file(f->path, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	network_free(f->network);
	model_info_free(f->info);
	train_state_free(f->state);
	g_free(f->path);
	test_dir_remove(f->dir);
	g_free(f);
	return 0;
}

/* ---- round trip */

static void
the_state_is_read_back(void **state)
{
	const Fixture *f = *state;
	GError *error = NULL;
	g_autoptr(Checkpoint) c = checkpoint_open(f->path, &error);
	g_autoptr(GArray) history = NULL;

	test_assert_no_error(error);
	assert_string_equal(c->run, run_text);
	assert_int_equal(c->freeze, 20);
	assert_string_equal(c->model->settings, f->info->settings);
	assert_int_equal(c->model->head[0], 8);
	assert_int_equal(c->state->history->len, 3);
	assert_memory_equal(c->state->history->data, f->state->history->data,
			    3 * sizeof(EpochReport));
	/* all but the pointer */
	history = g_steal_pointer(&c->state->history);
	c->state->history = f->state->history;
	assert_memory_equal(c->state, f->state, sizeof *f->state);
	c->state->history = g_steal_pointer(&history);
}

static void
assert_same(const float *a, const float *b, gsize n)
{
	assert_memory_equal(a, b, n * sizeof *a);
}

static void
weights_and_momentum_are_read_back(void **state)
{
	const Fixture *f = *state;
	const NetworkSpec spec = small_spec();
	GError *error = NULL;
	g_autoptr(Checkpoint) c = checkpoint_open(f->path, &error);
	g_autoptr(Network) network = test_network_new(&spec);
	guint n_trained = 0;

	checkpoint_load(c, network, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < network->n_layers; i++) {
		const Param *to[] = { network->layers[i]->kernel,
				      network->layers[i]->bias };
		const Param *from[] = { f->network->layers[i]->kernel,
					f->network->layers[i]->bias };

		for (int k = 0; k < 2 && to[k] != NULL; k++) {
			g_autofree float *a = values_new(network->dnn, to[k]);
			g_autofree float *b =
				values_new(f->network->dnn, from[k]);

			assert_same(a, b, keras_floats(to[k]));
		}
		if (!is_trained(network->layers[i]))
			continue;
		n_trained++;
		for (int k = 0; k < 2; k++) {
			g_autofree float *a = velocity_new(network->dnn, to[k]);
			g_autofree float *b =
				velocity_new(f->network->dnn, from[k]);

			assert_same(a, b, keras_floats(to[k]));
		}
	}
	assert_int_equal(n_trained, 3);
}

static void
equal_runs_give_equal_bytes(void **state)
{
	const Fixture *f = *state;
	g_autofree char *again = g_build_filename(f->dir, "again.h5", NULL);
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	gsize na, nb;

	write_file(again, f);
	assert_true(g_file_get_contents(f->path, &a, &na, NULL));
	assert_true(g_file_get_contents(again, &b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
}

static void
the_state_before_the_first_step(void **state)
{
	Fixture f = *(Fixture *)*state;
	g_autofree char *path = g_build_filename(f.dir, "first.h5", NULL);
	g_autoptr(TrainState) first = train_state_new();
	g_autoptr(Checkpoint) c = NULL;
	GError *error = NULL;

	f.state = first;
	write_file(path, &f);
	c = checkpoint_open(path, &error);
	test_assert_no_error(error);
	assert_int_equal(c->state->epoch, 1);
	assert_int_equal(c->state->best.epoch, 0);
	assert_int_equal(c->state->history->len, 0);
	assert_true(c->state->plateau_factor == 1);
}

/* It is a kw model as well: the weights are those of the moment. */
static void
it_is_a_model(void **state)
{
	const Fixture *f = *state;
	const NetworkSpec spec = small_spec();
	g_autoptr(Network) network = test_network_new(&spec);
	LoadedWeights loaded;
	GError *error = NULL;

	model_load_weights(f->path, network, TRUE, &loaded, &error);
	test_assert_no_error(error);
	assert_int_equal(loaded.dense, 2);
}

static void
a_stage_begins_without_momentum(void **state)
{
	Fixture f = *(Fixture *)*state;
	NetworkSpec spec = small_spec();
	g_autofree char *path = g_build_filename(f.dir, "stage.h5", NULL);
	g_autoptr(Network) network = NULL;
	g_autoptr(Checkpoint) middle = NULL;
	g_autoptr(Checkpoint) c = NULL;
	GError *error = NULL;

	spec.freeze = 19;
	network = test_network_new(&spec);
	middle = checkpoint_open(f.path, &error);
	test_assert_no_error(error);
	assert_false(checkpoint_load(middle, network, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "bad frozen");
	f.state->step = f.state->skipped = 0;
	write_file(path, &f);
	f.state->step = 5;
	f.state->skipped = 1;
	c = checkpoint_open(path, &error);
	test_assert_no_error(error);
	checkpoint_load(c, network, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < network->n_layers; i++)
		if (is_trained(network->layers[i]))
			assert_true(network->layers[i]->kernel->velocity[0] ==
				    0);
}

/* ---- damage: done to the one file, and undone */

static hid_t
open_for_damage(const Fixture *f, const char *group, hid_t *file)
{
	hid_t object;

	*file = H5Fopen(f->path, H5F_ACC_RDWR, H5P_DEFAULT);
	assert_true(*file >= 0);
	object = H5Gopen2(*file, group, H5P_DEFAULT);
	assert_true(object >= 0);
	return object;
}

static void
close_damaged(hid_t group, hid_t file)
{
	assert_true(H5Gclose(group) >= 0);
	assert_true(H5Fclose(file) >= 0);
}

static void
refused(const Fixture *f, const char *text)
{
	GError *error = NULL;
	g_autoptr(Checkpoint) c = checkpoint_open(f->path, &error);

	if (c != NULL)
		fail_msg("not refused: %s", text);
	test_assert_error(&error, KW_ERROR_FORMAT, text);
}

static void
accepted(const Fixture *f)
{
	GError *error = NULL;
	g_autoptr(Checkpoint) c = checkpoint_open(f->path, &error);

	test_assert_no_error(error);
}

/* The names of a group's attributes, or of its links. */
static herr_t
note_attribute(hid_t group, const char *name, const H5A_info_t *info,
	       void *names)
{
	(void)group;
	(void)info;
	g_ptr_array_add(names, g_strdup(name));
	return 0;
}

static GPtrArray *
attributes_of(const Fixture *f, const char *group)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	hid_t file, object = open_for_damage(f, group, &file);

	H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, note_attribute,
		    names);
	close_damaged(object, file);
	return names;
}

/* Each attribute of a group missing, and then a text of three letters. */
static void
damage_attributes(const Fixture *f, const char *group, guint at_least)
{
	g_autoptr(GPtrArray) names = attributes_of(f, group);

	assert_true(names->len >= at_least);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *bad = g_strdup_printf("bad %s", name);
		const gboolean is_text = strcmp(name, "run") == 0;
		hid_t file, object = open_for_damage(f, group, &file);

		H5Arename(object, name, "away");
		close_damaged(object, file);
		refused(f, bad);
		object = open_for_damage(f, group, &file);
		if (is_text) {
			gint32 number = 1;

			kw_h5_set_scalar(object, name, H5T_STD_I32LE,
					 H5T_NATIVE_INT32, &number);
		} else {
			kw_h5_set_string(object, name, "abc");
		}
		close_damaged(object, file);
		refused(f, bad);
		object = open_for_damage(f, group, &file);
		H5Adelete(object, name);
		H5Arename(object, "away", name);
		close_damaged(object, file);
	}
	accepted(f);
}

static void
an_attribute_is_missing_or_of_another_kind(void **state)
{
	damage_attributes(*state, "kw_training", 17);
	damage_attributes(*state, "kw_training/best", 11);
}

/* Set an attribute to this number for a moment. */
static void
damage_number(const Fixture *f, const char *group, const char *name,
	      double value, const char *text)
{
	hid_t file, object = open_for_damage(f, group, &file);
	hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = H5Aget_type(attribute);
	guint8 before[8] = { 0 };

	assert_true(H5Tget_size(type) <= sizeof before);
	H5Aread(attribute, type, before);
	H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
	H5Aclose(attribute);
	close_damaged(object, file);
	refused(f, text);
	object = open_for_damage(f, group, &file);
	attribute = H5Aopen(object, name, H5P_DEFAULT);
	H5Awrite(attribute, type, before);
	H5Aclose(attribute);
	H5Tclose(type);
	close_damaged(object, file);
}

static void
a_number_is_out_of_range(void **state)
{
	static const struct {
		const char *group, *name;
		double value;
		const char *text;
	} cases[] = {
		{ "kw_training", "version", 2,
		  "is a resume file of version 2" },
		{ "kw_training", "frozen", 23, "bad frozen" },
		{ "kw_training", "frozen", -1, "bad frozen" },
		{ "kw_training", "epoch", 0, "bad epoch" },
		{ "kw_training", "epoch", 2e6, "bad epoch" },
		{ "kw_training", "epoch", 5, "bad history" },
		{ "kw_training", "epoch", 3, "bad history" },
		{ "kw_training", "step", 3e9, "bad step" },
		{ "kw_training", "steps", 4, "bad steps" },
		{ "kw_training", "loss_sum", NAN, "bad loss_sum" },
		{ "kw_training", "correct", 10, "bad correct" },
		{ "kw_training", "skipped", 6, "bad skipped" },
		{ "kw_training", "seconds", -1, "bad seconds" },
		{ "kw_training", "patience_from", -1, "bad patience_from" },
		{ "kw_training", "patience_from", 5, "bad patience_from" },
		{ "kw_training", "plateau_from", 5, "bad plateau_from" },
		{ "kw_training", "plateau_factor", 1.5, "bad plateau_factor" },
		{ "kw_training", "plateau_factor", NAN, "bad plateau_factor" },
		{ "kw_training", "n_divergent", -1, "bad n_divergent" },
		{ "kw_training/best", "epoch", 4, "bad best" },
		{ "kw_training/best", "epoch", 1, "bad best" },
		{ "kw_training/best", "val_loss", INFINITY, "bad val_loss" },
		{ "kw_training/best", "val_accuracy", 1.5, "bad val_accuracy" },
		{ "kw_training/best", "val_accuracy", 0.5, "bad best" },
		{ "kw_training/best", "rate", -1, "bad rate" },
		{ "kw_training/best", "best", 2, "bad best" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		damage_number(*state, cases[i].group, cases[i].name,
			      cases[i].value, cases[i].text);
	accepted(*state);
}

/* A number of the same size, but of another type. */
static void
a_number_is_of_another_type(void **state)
{
	const Fixture *f = *state;
	const float seconds = 12;
	hid_t file, object = open_for_damage(f, "kw_training", &file);

	H5Arename(object, "seconds", "away");
	kw_h5_set_scalar(object, "seconds", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
			 &seconds);
	close_damaged(object, file);
	refused(f, "bad seconds");
	object = open_for_damage(f, "kw_training", &file);
	H5Adelete(object, "seconds");
	H5Arename(object, "away", "seconds");
	close_damaged(object, file);
	accepted(f);
}

static void
a_loss_of_the_window_is_no_number(void **state)
{
	const Fixture *f = *state;
	double window[STATE_WINDOW];

	for (int k = 0; k < 2; k++) {
		hid_t file, object = open_for_damage(f, "kw_training", &file);
		hid_t attribute = H5Aopen(object, "window", H5P_DEFAULT);

		memcpy(window, f->state->window, sizeof window);
		if (k == 0)
			window[STATE_WINDOW - 1] = NAN;
		H5Awrite(attribute, H5T_NATIVE_DOUBLE, window);
		H5Aclose(attribute);
		close_damaged(object, file);
		if (k == 0)
			refused(f, "bad window");
	}
	accepted(f);
}

/* Put a dataset of zeros in place of the one at `name` for a moment. */
static void
replace_dataset(const Fixture *f, const char *group, const char *name,
		hid_t type, int rank, const hsize_t *dims,
		void (*check)(const Fixture *f))
{
	hid_t file, object = open_for_damage(f, group, &file);

	H5Lmove(object, name, object, "away", H5P_DEFAULT, H5P_DEFAULT);
	if (rank > 0)
		H5Dclose(kw_h5_create_dataset(object, name, type, rank, dims));
	close_damaged(object, file);
	check(f);
	object = open_for_damage(f, group, &file);
	if (rank > 0)
		H5Ldelete(object, name, H5P_DEFAULT);
	H5Lmove(object, "away", object, name, H5P_DEFAULT, H5P_DEFAULT);
	close_damaged(object, file);
}

static void
history_is_refused(const Fixture *f)
{
	refused(f, "bad history");
}

static void
the_history_is_damaged(void **state)
{
	static const char *const columns[] = {
		"epoch",    "loss", "accuracy",          "has_val",
		"val_loss", "rate", "images_per_second", "wall_time",
		"skipped",  "best", "val_accuracy",
	};
	static const char group[] = "kw_training/history";
	const hsize_t three[] = { 3, 1 }, four[] = { 4 };

	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
		replace_dataset(*state, group, columns[i], 0, 0, NULL,
				history_is_refused);
		replace_dataset(*state, group, columns[i], H5T_IEEE_F64BE, 1,
				three, history_is_refused);
	}
	replace_dataset(*state, group, "loss", H5T_IEEE_F64LE, 1, four,
			history_is_refused);
	replace_dataset(*state, group, "loss", H5T_IEEE_F64LE, 2, three,
			history_is_refused);
	/* epochs 0, 0, 0 */
	replace_dataset(*state, group, "epoch", H5T_STD_I32LE, 1, three,
			history_is_refused);
	replace_dataset(*state, "kw_training", "history", 0, 0, NULL,
			history_is_refused);
	accepted(*state);
}

static void
momentum_is_refused(const Fixture *f)
{
	const NetworkSpec spec = small_spec();
	GError *error = NULL;
	g_autoptr(Checkpoint) c = checkpoint_open(f->path, &error);
	g_autoptr(Network) network = test_network_new(&spec);

	test_assert_no_error(error);
	assert_false(checkpoint_load(c, network, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "bad momentum");
}

static void
momentum_is_damaged(void **state)
{
	static const char all[] = "kw_training/momentum";
	static const char one[] = "kw_training/momentum/predictions";
	const hsize_t shape[] = { 8, 2, 1 }, other[] = { 2, 8 };

	replace_dataset(*state, "kw_training", "momentum", 0, 0, NULL,
			momentum_is_refused);
	replace_dataset(*state, all, "block5_conv4", 0, 0, NULL,
			momentum_is_refused);
	replace_dataset(*state, one, "bias", 0, 0, NULL, momentum_is_refused);
	replace_dataset(*state, one, "kernel", H5T_IEEE_F64LE, 2, shape,
			momentum_is_refused);
	replace_dataset(*state, one, "kernel", H5T_IEEE_F32LE, 2, other,
			momentum_is_refused);
	replace_dataset(*state, one, "kernel", H5T_IEEE_F32LE, 3, shape,
			momentum_is_refused);
}

static void
momentum_is_not_finite(void **state)
{
	const Fixture *f = *state;
	const float bad[] = { 0, INFINITY };
	g_autofree float *good = velocity_new(
		f->network->dnn, network_dense(f->network, 1)->bias);
	const float *values[] = { bad, good };

	for (int k = 0; k < 2; k++) {
		hid_t file;
		hid_t object = open_for_damage(
			f, "kw_training/momentum/predictions", &file);
		hid_t dataset = H5Dopen2(object, "bias", H5P_DEFAULT);

		H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
			 H5P_DEFAULT, values[k]);
		H5Dclose(dataset);
		close_damaged(object, file);
		if (k == 0)
			momentum_is_refused(f);
	}
}

/* Momentum of a layer that is frozen here. */
static void
other_layers_were_trained(void **state)
{
	const Fixture *f = *state;
	hid_t file;
	hid_t object = open_for_damage(f, "kw_training/momentum", &file);

	H5Gclose(kw_h5_create_group(object, "block5_conv3"));
	close_damaged(object, file);
	momentum_is_refused(f);
	object = open_for_damage(f, "kw_training/momentum", &file);
	H5Ldelete(object, "block5_conv3", H5P_DEFAULT);
	close_damaged(object, file);
}

static void
a_model_is_no_resume_file(void **state)
{
	const Fixture *f = *state;
	g_autofree char *path = g_build_filename(f->dir, "model.h5", NULL);
	GError *error = NULL;

	model_write(path, path, f->network, f->info, &error);
	test_assert_no_error(error);
	assert_null(checkpoint_open(path, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "not a resume file");
	assert_null(checkpoint_open("/nonexistent.h5", &error));
	test_assert_error(&error, KW_ERROR_INPUT, "/nonexistent.h5");
}

/* Cut anywhere, it is refused at one point or another. */
static void
it_is_cut_short(void **state)
{
	const Fixture *f = *state;
	g_autofree char *path = g_build_filename(f->dir, "cut.h5", NULL);
	GError *error = NULL;
	struct stat st;

	write_file(path, f);
	assert_int_equal(stat(path, &st), 0);
	for (int i = 5; i > 0; i--) {
		assert_int_equal(truncate(path, st.st_size * i / 6), 0);
		assert_null(checkpoint_open(path, &error));
		test_assert_error(&error, KW_ERROR_FORMAT, path);
	}
}

static void
it_cannot_be_written(void **state)
{
	const Fixture *f = *state;
	GError *error = NULL;

	assert_false(checkpoint_write("/nonexistent/x.h5", "x.h5", f->network,
				      f->info, f->state, run_text, &error));
	test_assert_error(&error, KW_ERROR_IO, "cannot create 'x.h5'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_is_read_back),
		cmocka_unit_test(weights_and_momentum_are_read_back),
		cmocka_unit_test(equal_runs_give_equal_bytes),
		cmocka_unit_test(the_state_before_the_first_step),
		cmocka_unit_test(it_is_a_model),
		cmocka_unit_test(a_stage_begins_without_momentum),
		cmocka_unit_test(an_attribute_is_missing_or_of_another_kind),
		cmocka_unit_test(a_number_is_out_of_range),
		cmocka_unit_test(a_number_is_of_another_type),
		cmocka_unit_test(a_loss_of_the_window_is_no_number),
		cmocka_unit_test(the_history_is_damaged),
		cmocka_unit_test(momentum_is_damaged),
		cmocka_unit_test(momentum_is_not_finite),
		cmocka_unit_test(other_layers_were_trained),
		cmocka_unit_test(a_model_is_no_resume_file),
		cmocka_unit_test(it_is_cut_short),
		cmocka_unit_test(it_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

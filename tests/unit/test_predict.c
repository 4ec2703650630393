/* A model's answers: the views of an image, and their mean. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include "kw/app.h"
#include "kw/error.h"
#include "tests/support/params.h"
#include "tests/support/samples.h"
#include "tests/support/traindata.h"
#include "train/predict.h"
#include "train/predict_views.h"

enum { H = 32, W = 33, C = 3, N = H * W * C, CLASSES = 3, BATCH = 3 };

static const NetworkSpec spec = {
	.batch = BATCH,
	.height = H,
	.width = W,
	.channels = C,
	.classes = CLASSES,
	.n_head = 1,
	.head = { 8 },
	.threads = 2,
};

static char *model;
static Network *network;
static Predictor *plain, *tta;
static guint8 images[BATCH][N];

static ModelInfo *
info_new(void)
{
	static const char *const names[] = { "ant", "bee", "cow", NULL };
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv((char **)names);
	info->height = H;
	info->width = W;
	info->channels = C;
	info->fit = g_strdup("pad");
	for (int c = 0; c < C; c++) {
		info->scale[c] = (float)(c + 1) / 255;
		info->offset[c] = -0.25f * (float)c;
	}
	info->metrics = g_strdup("{}");
	info->settings = g_strdup("");
	return info;
}

static char *
write_model(const char *name, const ModelInfo *info)
{
	char *path = sample_path(name);
	GError *error = NULL;

	model_write(path, path, network, info, &error);
	test_assert_no_error(error);
	return path;
}

static Predictor *
predictor_ok(int batch, int threads, gboolean views)
{
	GError *error = NULL;
	Predictor *p = predictor_new(model, (gsize)batch, batch, threads,
				     PRECISION_F32, views, &error);

	test_assert_no_error(error);
	assert_int_equal(predictor_batch(p), batch);
	return p;
}

static int
setup(void **state)
{
	g_autoptr(ModelInfo) info = info_new();

	if (samples_setup(state) != 0)
		return 1;
	network = test_network_new(&spec);
	test_network_fill(network, 5);
	model = write_model("model.h5", info);
	plain = predictor_ok(BATCH, 2, FALSE);
	tta = predictor_ok(BATCH, 2, TRUE);
	for (int i = 0; i < BATCH; i++) {
		const Drawing drawing = { H, W, i, i, NULL, 0 };
		g_autofree guint8 *pixels = draw_pixels(&drawing);

		memcpy(images[i], pixels, N);
	}
	return 0;
}

static int
teardown(void **state)
{
	predictor_free(plain);
	predictor_free(tta);
	network_free(network);
	g_free(model);
	return samples_teardown(state);
}

static void
run(Predictor *p, const guint8 *pixels, int n, float *probabilities)
{
	GError *error = NULL;

	predictor_run(p, pixels, n, probabilities, &error);
	test_assert_no_error(error);
}

/* ---- views */

/* Where in the original the middle of pixel i of n of a view comes from. */
static double
place(double i, int n, double cut)
{
	const double at = (i + 0.5) * 7 / 8 + cut * n / 8 - 0.5;

	return CLAMP(at, 0, n - 1);
}

static void
views_are_windows_of_seven_eighths(void **state)
{
	enum { SIDE = 48, BYTES = SIDE * SIDE * 3 };
	static const double cuts[5][2] = {
		{ 0.5, 0.5 }, { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 },
	};
	static guint8 ramp[BYTES], view[BYTES];
	g_autoptr(KwTransformer) t = kw_transformer_new(SIDE, SIDE, 3, NULL);

	(void)state;
	/* Red and green tell where a pixel comes from. */
	for (int i = 0; i < SIDE * SIDE; i++) {
		ramp[3 * i] = (guint8)(i % SIDE * 5);
		ramp[3 * i + 1] = (guint8)(i / SIDE * 5);
	}
	kw_transformer_set(t, ramp);
	for (int v = 0; v < PREDICT_N_VIEWS; v++) {
		const KwTransform transform = predict_view(v);

		assert_true(kw_transformer_apply(t, &transform, view, NULL));
		for (int i = 0; i < SIDE * SIDE; i++) {
			const int x = v % 2 ? SIDE - 1 - i % SIDE : i % SIDE;
			const double *cut = cuts[v / 2];
			const double red = 5 * place(x, SIDE, cut[0]);
			const double green = 5 * place(i / SIDE, SIDE, cut[1]);

			/* Rounded to a level, and 0.03 of the kernel. */
			assert_true(fabs(view[3 * i] - red) < 0.54);
			assert_true(fabs(view[3 * i + 1] - green) < 0.54);
		}
	}
}

static void
views_are_averaged(void **state)
{
	g_autoptr(KwTransformer) t = kw_transformer_new(H, W, C, NULL);
	float averaged[BATCH * CLASSES], one[CLASSES];

	(void)state;
	run(tta, images[0], BATCH, averaged);
	for (int i = 0; i < BATCH; i++) {
		float mean[CLASSES] = { 0 };

		kw_transformer_set(t, images[i]);
		for (int v = 0; v < PREDICT_N_VIEWS; v++) {
			const KwTransform transform = predict_view(v);
			guint8 view[N];

			assert_true(kw_transformer_apply(t, &transform, view,
							 NULL));
			run(plain, view, 1, one);
			for (int k = 0; k < CLASSES; k++)
				mean[k] += one[k] / PREDICT_N_VIEWS;
		}
		/* Sums of ten, and other batches: a few units in the last. */
		test_assert_close(averaged + i * CLASSES, mean, CLASSES, 1e-5,
				  0);
		/* And it is not what the image itself gives. */
		run(plain, images[i], 1, one);
		assert_true(fabsf(one[0] - mean[0]) > 1e-4f);
	}
}

static void
an_image_and_its_mirror_have_the_same_views(void **state)
{
	float straight[CLASSES], mirrored[CLASSES];
	guint8 mirror[N];

	(void)state;
	for (int i = 0; i < H * W; i++)
		memcpy(mirror + 3 * i,
		       images[1] + 3 * (i / W * W + W - 1 - i % W), 3);
	run(tta, images[1], 1, straight);
	run(tta, mirror, 1, mirrored);
	/* The kernel's rounding to a level is not the same from both sides. */
	test_assert_close(straight, mirrored, CLASSES, 5e-3, 0);
}

/* ---- batches */

static void
predicts_what_the_network_does(void **state)
{
	const ModelInfo *info = predictor_info(plain);
	const KwImageRequest *request = predictor_request(plain);
	float probabilities[BATCH * CLASSES], input[N];

	(void)state;
	assert_int_equal(request->height, H);
	assert_int_equal(request->width, W);
	assert_int_equal(request->channels, C);
	assert_int_equal(request->fit, KW_FIT_PAD);
	run(plain, images[0], BATCH, probabilities);
	for (int i = 0; i < BATCH; i++) {
		for (int k = 0; k < N; k++)
			input[k] = (float)images[i][k] *
					   ((float)(k % C + 1) / 255) -
				   0.25f * (float)(k % C);
		network_set_input(network, input, 1);
		test_network_forward(network, FALSE, 0);
		test_assert_close(probabilities + i * CLASSES,
				  network->probabilities, CLASSES, 1e-5, 0);
	}
	assert_string_equal(info->class_names[2], "cow");
}

/* Any number in a batch, any batch, any threads: the same answers. */
static void
batches_and_threads_do_not_matter(void **state)
{
	float all[BATCH * CLASSES], some[BATCH * CLASSES];

	(void)state;
	run(plain, images[0], BATCH, all);
	assert_true(fabsf(all[0] - all[CLASSES]) > 1e-3f);
	for (int batch = 1; batch <= BATCH + 1; batch += BATCH) {
		g_autoptr(Predictor) p =
			predictor_ok(batch, batch > 1 ? 1 : 2, FALSE);

		for (int n = MIN(batch, BATCH); n > 0; n--) {
			run(p, images[BATCH - n], n, some);
			test_assert_close(some, all + (BATCH - n) * CLASSES,
					  (gsize)n * CLASSES, 1e-5, 0);
		}
	}
}

static void
refuses_answers_that_are_no_numbers(void **state)
{
	g_autoptr(ModelInfo) info = info_new();
	float kernel[8 * CLASSES];
	float probabilities[CLASSES];
	GError *error = NULL;

	(void)state;
	for (int i = 0; i < 8 * CLASSES; i++)
		kernel[i] = 3e38f;
	set_values(network->dnn, network_dense(network, 1)->kernel, kernel);
	g_autofree char *broken = write_model("broken.h5", info);
	g_autoptr(Predictor) p =
		predictor_new(broken, 1, 1, 2, PRECISION_F32, FALSE, &error);
	test_assert_no_error(error);
	assert_false(predictor_run(p, images[0], 1, probabilities, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "not a number");
}

/* Where bf16 can be computed, it answers the same to its own precision: 1e-2
 * would be a wrong kernel.  Where not, that is said. */
static void
bf16_agrees_with_f32(void **state)
{
	float exact[BATCH * CLASSES], rounded[BATCH * CLASSES];
	g_autofree char *arithmetic = NULL;
	GError *error = NULL;
	g_autoptr(Predictor) p = predictor_new(model, BATCH, BATCH, 2,
					       PRECISION_BF16, FALSE, &error);

	(void)state;
	if (p == NULL) {
		assert_false(dnn_has_bf16());
		test_assert_error(&error, KW_ERROR_UNSUPPORTED,
				  "--precision f32 does");
		skip();
	}
	arithmetic = predictor_arithmetic(p);
	assert_true(g_str_has_prefix(arithmetic, "bf16 "));
	run(plain, images[0], BATCH, exact);
	run(p, images[0], BATCH, rounded);
	test_assert_close(rounded, exact, BATCH * CLASSES, 1e-2, 0);
	/* And it is not f32 under another name. */
	assert_true(memcmp(rounded, exact, sizeof exact) != 0);
}

/* Of nine images and eight at a time, five and four. */
static void
batches_are_about_equal(void **state)
{
	GError *error = NULL;
	g_autoptr(Predictor) p =
		predictor_new(model, 9, 8, 2, PRECISION_F32, FALSE, &error);

	(void)state;
	test_assert_no_error(error);
	assert_int_equal(predictor_batch(p), 5);
}

/* The last test: nothing takes a noted signal back. */
static void
a_signal_ends_a_batch(void **state)
{
	float probabilities[CLASSES];
	GError *error = NULL;

	(void)state;
	kw_app_init("test_predict");
	raise(SIGTERM);
	assert_false(predictor_run(tta, images[0], 1, probabilities, &error));
	test_assert_error(&error, KW_ERROR_INTERRUPTED, "terminated");
	assert_false(predictor_run(plain, images[0], 1, probabilities, &error));
	test_assert_error(&error, KW_ERROR_INTERRUPTED, "terminated");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_are_windows_of_seven_eighths),
		cmocka_unit_test(views_are_averaged),
		cmocka_unit_test(an_image_and_its_mirror_have_the_same_views),
		cmocka_unit_test(predicts_what_the_network_does),
		cmocka_unit_test(batches_and_threads_do_not_matter),
		cmocka_unit_test(refuses_answers_that_are_no_numbers),
		cmocka_unit_test(bf16_agrees_with_f32),
		cmocka_unit_test(batches_are_about_equal),
		cmocka_unit_test(a_signal_ends_a_batch),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

#include "tests/support/samples.h"

enum { H = SAMPLE_H, W = SAMPLE_W, N = SAMPLE_N };

/* ---- what a photo says of itself */

static void
reads_the_day_and_refuses_days_that_do_not_exist(void **state)
{
	static const char *const dates[][2] = {
		{ "2019:01:31 12:00:00", "2019-01-31" },
		{ "2020:02:29 00:00:00", "2020-02-29" },
		{ "2019:02:29 12:00:00", "" },
		{ "0000:00:00 00:00:00", "" },
		{ "2019:13:01 12:00:00", "" },
		{ "    :  :     :  :  ", "" },
		{ "1776:07:04 12:00:00", "" },
		{ "yesterday, at noon.", "" },
		{ "2019-01-31 12:00:00", "" },
		{ NULL, "" },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(dates); k++) {
		g_autofree char *path = sample_path("dated.jpg");
		Drawing drawing = sample;
		KwPhotoFacts facts = { .day = "unset" };
		GError *error = NULL;
		guint8 pixels[N];

		drawing.date = dates[k][0];
		assert_true(draw_save(&drawing, path));
		kw_image_load(path, &sample_request, pixels, &facts, &error);
		test_assert_no_error(error);
		assert_string_equal(facts.day, dates[k][1]);
	}
}

/* Save the sample with EXIF fields, name and value by turns, NULL at the end.
 */
static void
load_facts(const char *const *fields, KwPhotoFacts *facts)
{
	g_autofree char *path = sample_path("facts.jpg");
	VipsImage *image = draw_image(&sample);
	GError *error = NULL;
	guint8 pixels[N];

	for (; *fields != NULL; fields += 2)
		vips_image_set_string(image, fields[0], fields[1]);
	sample_write(image, path);
	kw_image_load(path, &sample_request, pixels, facts, &error);
	test_assert_no_error(error);
}

static void
reads_times_to_the_millisecond(void **state)
{
	/* date -u -d '2019-01-31 13:14:15' +%s */
	const gint64 expected = G_GINT64_CONSTANT(1548940455000);
	const char *fields[] = { "exif-ifd2-DateTimeOriginal",
				 "2019:01:31 13:14:15",
				 "exif-ifd2-SubSecTimeOriginal",
				 "37",
				 "exif-ifd0-DateTime",
				 "2020:01:01 00:00:00",
				 NULL };
	const char *digitized[] = { "exif-ifd2-DateTimeDigitized",
				    "2019:01:31 13:14:15", "exif-ifd0-DateTime",
				    "2020:01:01 00:00:00", NULL };
	const char *nonsense[] = { "exif-ifd2-DateTimeOriginal",
				   "2019:01:31 25:14:15",
				   "exif-ifd2-SubSecTimeOriginal", "x", NULL };
	const char *none[] = { NULL };
	KwPhotoFacts facts;

	(void)state;
	load_facts(fields, &facts);
	assert_int_equal(facts.taken, expected + 370);
	assert_int_equal(facts.stamped, G_GINT64_CONSTANT(1577836800000));
	assert_int_equal(facts.width, 256);
	assert_int_equal(facts.height, 192);
	load_facts(digitized, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_int_equal(facts.stamped, expected);
	assert_string_equal(facts.day, "");
	load_facts(nonsense, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_string_equal(facts.day, "2019-01-31");
	load_facts(none, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_int_equal(facts.stamped, KW_NO_TIME);
}

static void
tells_cameras_apart_by_make_model_and_serial_number(void **state)
{
	const char *a[] = { "exif-ifd0-Make",
			    "Ricoh",
			    "exif-ifd0-Model",
			    "GR",
			    "exif-ifd2-BodySerialNumber",
			    "1",
			    NULL };
	const char *b[] = { "exif-ifd0-Make",
			    "Ricoh",
			    "exif-ifd0-Model",
			    "GR",
			    "exif-ifd2-BodySerialNumber",
			    "2",
			    NULL };
	const char *none[] = { "exif-ifd2-BodySerialNumber", "1", NULL };
	KwPhotoFacts first, again, other, without;

	(void)state;
	load_facts(a, &first);
	load_facts(a, &again);
	load_facts(b, &other);
	load_facts(none, &without);
	assert_true(first.camera != 0);
	assert_int_equal(first.camera, again.camera);
	assert_true(first.camera != other.camera);
	assert_int_equal(without.camera, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			reads_the_day_and_refuses_days_that_do_not_exist),
		cmocka_unit_test(reads_times_to_the_millisecond),
		cmocka_unit_test(
			tells_cameras_apart_by_make_model_and_serial_number),
	};

	return cmocka_run_group_tests(tests, samples_setup, samples_teardown) !=
	       0;
}

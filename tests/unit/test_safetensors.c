/*
 * Safetensors files made by hand: what is read from sound ones, and that no
 * other is believed, whatever its bytes.
 */
#include "tests/support/tensors.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "train/safetensors.h"

/* One tensor of `n` values. */
#define ONE(type, n, bytes)                                                    \
	"{\"x\":{\"dtype\":\"" type "\",\"shape\":[" #n                        \
	"],\"data_offsets\":[0," #bytes "]}}"

static char *
in_dir(void **state)
{
	return g_build_filename(*state, "x.safetensors", NULL);
}

static Safetensors *
open_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	Safetensors *file = safetensors_open(path, &error);

	test_assert_no_error(error);
	return file;
}

/* A file of this header and these values is refused on opening. */
static void
assert_refused(const char *path, gint code, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Safetensors) file = safetensors_open(path, &error);

	assert_null(file);
	assert_non_null(strstr(error->message, path));
	assert_null(strchr(error->message, '\n'));
	test_assert_error(&error, code, text);
}

/* ---- what is read */

/* The one tensor of a file has exactly these values. */
static void
assert_values(void **state, const char *header, const void *bytes, gsize size,
	      const float *expected, gsize n)
{
	g_autofree char *path = in_dir(state);
	g_autofree float *values = g_new(float, n);
	g_autoptr(Safetensors) file = NULL;
	g_autoptr(GError) error = NULL;
	const Tensor *tensor;

	tensors_write(path, header, bytes, size);
	file = open_file(path);
	assert_int_equal(safetensors_tensors(file)->len, 1);
	tensor = safetensors_tensors(file)->pdata[0];
	assert_string_equal(tensor->name, "x");
	assert_int_equal(tensor->n, n);
	safetensors_read(file, tensor, 0, n, values, &error);
	test_assert_no_error(error);
	assert_memory_equal(values, expected, n * sizeof *values);
}

static void
reads_all_types_of_floats(void **state)
{
	/* 1, -2, 0.1: the little-endian bytes of each type */
	static const guint8 f16[] = { 0x00, 0x3c, 0x00, 0xc0, 0x66, 0x2e };
	static const guint8 bf16[] = { 0x80, 0x3f, 0x00, 0xc0, 0xcd, 0x3d };
	static const guint8 f32[] = { 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00,
				      0x00, 0xc0, 0xcd, 0xcc, 0xcc, 0x3d };
	static const guint8 f64[] = { 0,    0,    0,    0,    0,    0,
				      0xf0, 0x3f, 0,    0,    0,    0,
				      0,    0,    0x00, 0xc0, 0x9a, 0x99,
				      0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f };
	const float rounded_f16[] = { 1, -2, 0x1.998p-4f };
	const float rounded_bf16[] = { 1, -2, 0x1.9ap-4f };
	const float rounded[] = { 1, -2, 0.1f };

	assert_values(state, ONE("F16", 3, 6), f16, 6, rounded_f16, 3);
	assert_values(state, ONE("BF16", 3, 6), bf16, 6, rounded_bf16, 3);
	assert_values(state, ONE("F32", 3, 12), f32, 12, rounded, 3);
	assert_values(state, ONE("F64", 3, 24), f64, 24, rounded, 3);
}

static void
reads_every_half_that_is_finite(void **state)
{
	enum { N = 2 * 31 * 1024 };
	g_autofree guint16 *halves = g_new(guint16, N);
	g_autofree float *expected = g_new(float, N);
	int n = 0;

	for (int sign = 0; sign < 2; sign++)
		for (int exponent = 0; exponent < 31; exponent++)
			for (int fraction = 0; fraction < 1024; fraction++) {
				double value = exponent == 0
						       ? ldexp(fraction, -24)
						       : ldexp(1024 + fraction,
							       exponent - 25);

				halves[n] = GUINT16_TO_LE(
					sign << 15 | exponent << 10 | fraction);
				expected[n++] = (float)(sign ? -value : value);
			}
	assert_int_equal(n, N);
	assert_values(state, ONE("F16", 63488, 126976), halves,
		      N * sizeof *halves, expected, N);
}

/* More than is read at once, from anywhere to anywhere. */
static void
reads_parts(void **state)
{
	enum { N = 40000 };
	g_autofree char *path = in_dir(state);
	g_autofree float *all = g_new(float, N);
	g_autofree float *part = g_new(float, N);
	g_autoptr(Safetensors) file = NULL;
	const Tensor *tensor;

	for (int i = 0; i < N; i++)
		all[i] = (float)i;
	tensors_write(path, ONE("F32", 40000, 160000), all, 4 * N);
	file = open_file(path);
	tensor = safetensors_tensors(file)->pdata[0];
	assert_true(safetensors_read(file, tensor, 123, 39000, part, NULL));
	assert_memory_equal(part, all + 123, 39000 * sizeof *part);
	assert_true(safetensors_read(file, tensor, N - 1, 1, part, NULL));
	assert_true(part[0] == N - 1);
}

/* Metadata, spaces behind the header, scalars, order of values. */
static void
reads_what_else_a_header_may_hold(void **state)
{
	g_autofree char *path = in_dir(state);
	const float values[] = { 1, 2, 3, 4, 5, 6, 7 };
	g_autoptr(Safetensors) file = NULL;
	const Tensor *tensor;
	float read[6];

	tensors_write(path,
		      "{\"__metadata__\":{\"format\":\"pt\",\"a\":\"[{\\\"\"},"
		      "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2,1,3],"
		      "\"data_offsets\":[4,28]},"
		      "\"a\":{\"dtype\":\"F32\",\"shape\":[],"
		      "\"data_offsets\":[0,4]}}   ",
		      values, sizeof values);
	file = open_file(path);
	assert_int_equal(safetensors_tensors(file)->len, 2);
	tensor = safetensors_tensors(file)->pdata[0];
	assert_string_equal(tensor->name, "a");
	assert_int_equal(tensor->rank, 0);
	assert_true(safetensors_read(file, tensor, 0, 1, read, NULL));
	assert_true(read[0] == 1);
	tensor = safetensors_tensors(file)->pdata[1];
	assert_string_equal(tensor->name, "b");
	assert_int_equal(tensor->rank, 4);
	assert_int_equal(tensor->dims[1], 2);
	assert_int_equal(tensor->dims[3], 3);
	assert_true(safetensors_read(file, tensor, 0, 6, read, NULL));
	assert_memory_equal(read, values + 1, sizeof read);
}

static void
refuses_values_that_are_not_finite(void **state)
{
	static const struct {
		const char *header;
		guint8 bytes[16];
		gsize n;
	} cases[] = {
		{ ONE("F32", 2, 8), { 0, 0, 0, 0, 0, 0, 0xc0, 0x7f }, 8 },
		{ ONE("F32", 2, 8), { 0, 0, 0, 0, 0, 0, 0x80, 0xff }, 8 },
		{ ONE("F16", 2, 4), { 0, 0, 0, 0x7c }, 4 },
		{ ONE("F16", 2, 4), { 0, 0, 1, 0xfc }, 4 },
		{ ONE("BF16", 2, 4), { 0, 0, 0x80, 0x7f }, 4 },
		{ ONE("BF16", 2, 4), { 0, 0, 0xc0, 0xff }, 4 },
		/* 2^128, which is a double but no float */
		{ ONE("F64", 2, 16),
		  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x47 },
		  16 },
	};
	g_autofree char *path = in_dir(state);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Safetensors) file = NULL;
		const Tensor *tensor;
		float values[2];

		tensors_write(path, cases[i].header, cases[i].bytes,
			      cases[i].n);
		file = open_file(path);
		tensor = safetensors_tensors(file)->pdata[0];
		assert_true(safetensors_read(file, tensor, 0, 1, values, NULL));
		assert_false(
			safetensors_read(file, tensor, 0, 2, values, &error));
		test_assert_error(&error, KW_ERROR_FORMAT,
				  "'x' has values that are not finite");
	}
}

static void
says_when_a_file_is_cut_after_it_was_opened(void **state)
{
	g_autofree char *path = in_dir(state);
	const float values[] = { 1, 2 };
	g_autoptr(Safetensors) file = NULL;
	g_autoptr(GError) error = NULL;
	float read[2];

	tensors_write(path, ONE("F32", 2, 8), values, sizeof values);
	file = open_file(path);
	assert_int_equal(
		truncate(path, 8 + (off_t)strlen(ONE("F32", 2, 8)) + 4), 0);
	assert_false(safetensors_read(file, safetensors_tensors(file)->pdata[0],
				      0, 2, read, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "is cut short");
}

/* ---- what is refused */

#define F32(name, shape, begin, end)                                           \
	"\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape                    \
	"],\"data_offsets\":[" begin "," end "]}"

/* Headers of files that hold 8 bytes of values. */
static const struct {
	const char *header, *message;
} hostile[] = {
	/* no header at all */
	{ "", "no JSON of tensors" },
	{ "[]", "no JSON of tensors" },
	{ " {}", "no JSON of tensors" },
	{ "{", "no JSON of tensors" },
	{ "{\"x\":{\"dtype\":\"F3\xff\"}}", "no JSON of tensors" },
	{ "{\"x\":[[[[1]]]]}", "no JSON of tensors" },
	{ "{/*\"*/" F32("x", "2", "0", "8") "}", "no JSON of tensors" },
	{ "{'\"':1," F32("x", "2", "0", "8") "}", "no JSON of tensors" },
	/* places */
	{ "{}", "8 bytes at its end are of no tensor" },
	{ "{" F32("x", "1", "0", "4") "}", "4 bytes at its end" },
	{ "{" F32("x", "1", "4", "8") "}", "a hole is before the values of" },
	{ "{" F32("x", "2", "0", "8") "," F32("y", "1", "4", "8") "}",
	  "others overlap the values of 'y'" },
	{ "{" F32("x", "1", "0", "4") "," F32("y", "1", "0", "4") "}",
	  "others overlap" },
	{ "{" F32("x", "3", "0", "12") "}",
	  "the values of 'x' end behind the file" },
	{ "{" F32("x", "1", "8", "4") "}", "end behind the file" },
	{ "{" F32("x", "1", "-4", "0") "}", "are not two integers" },
	{ "{" F32("x", "2", "0", "18446744073709551624") "}", "'x'" },
	{ "{" F32("x", "2", "0.0", "8") "}", "are not two integers" },
	{ "{" F32("x", "2", "0,8", "8") "}", "are not two integers" },
	/* sizes */
	{ "{" F32("x", "3", "0", "8") "}", "not as many as its shape tells" },
	{ "{" F32("x", "0", "0", "0") "}", "empty or too large" },
	{ "{" F32("x", "-2", "0", "8") "}", "not up to 4 integers" },
	{ "{" F32("x", "2,1,1,1,1", "0", "8") "}", "not up to 4 integers" },
	{ "{" F32("x", "2147483648", "0", "8") "}", "empty or too large" },
	/* products that would be 2 once 64 bits have overflowed */
	{ "{" F32("x", "1073741824,1073741824,1073741824,2", "0", "8") "}",
	  "empty or too large" },
	{ "{" F32("x", "1073741824,1073741824,4", "0", "8") "}",
	  "not as many as its shape tells" },
	/* names */
	{ "{" F32("x", "1", "0", "4") "," F32("x", "1", "4", "8") "}",
	  "names 'x' twice" },
	{ "{\"x\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],"
	  "\"data_offsets\":[0,8]}}",
	  "names 'dtype' twice" },
	/* descriptions */
	{ "{\"x\":7}", "'x' is not described" },
	{ "{\"x\":null}", "'x' is not described" },
	{ "{\"x\":{}}", "type ''" },
	{ "{\"x\":{\"dtype\":7}}", "type ''" },
	{ "{\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
	  "the tensor 'x' is of type 'I64'" },
	{ "{\"x\":{\"dtype\":\"F32\"}}", "the shape of 'x'" },
	{ "{\"x\":{\"dtype\":\"F32\",\"shape\":2}}", "the shape of 'x'" },
	{ "{\"x\":{\"dtype\":\"F32\",\"shape\":[\"2\"]}}", "the shape of 'x'" },
	{ "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}",
	  "the data_offsets of 'x'" },
	{ "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{}}}",
	  "the data_offsets of 'x'" },
};

static void
refuses_headers_that_are_not_true(void **state)
{
	g_autofree char *path = in_dir(state);
	const float values[] = { 1, 2 };

	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		tensors_write(path, hostile[i].header, values, sizeof values);
		assert_refused(path, KW_ERROR_FORMAT, hostile[i].message);
	}
	/* That these are refused for what they say, and not all are. */
	tensors_write(
		path,
		"{" F32("x", "1", "0", "4") "," F32("y", "1", "4", "8") "}",
		values, sizeof values);
	safetensors_free(open_file(path));
}

static void
refuses_headers_that_would_take_the_stack_or_the_memory(void **state)
{
	enum { N = 1 << 20 };
	g_autofree char *path = in_dir(state);
	static const char *const begins[] = { "{\"x\":", "{/*\"*/\"x\":" };
	g_autofree char *deep = g_strnfill(N, '[');
	g_autofree char *name = g_strnfill(N, 'x');
	g_autofree char *named = g_strdup_printf("{\"%s\":{}}", name);
	GString *wide = g_string_new("{\"x\":{\"shape\":[1");

	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++) {
		g_autofree char *header = g_strconcat(begins[i], deep, NULL);

		tensors_write(path, header, "", 0);
		assert_refused(path, KW_ERROR_FORMAT, "no JSON of tensors");
	}
	for (int i = 0; i < N; i++)
		g_string_append(wide, ",1");
	g_string_append(wide, "]}}");
	tensors_write(path, wide->str, "", 0);
	g_string_free(wide, TRUE);
	assert_refused(path, KW_ERROR_FORMAT, "no JSON of tensors");
	tensors_write(path, named, "", 0);
	assert_refused(path, KW_ERROR_FORMAT, "a name is longer than");
}

static void
refuses_lengths_that_are_not_true(void **state)
{
	g_autofree char *path = in_dir(state);
	static const char too_short[] = "1234567";
	static const struct {
		guint8 length[8];
		const char *message;
	} cases[] = {
		{ { 0 }, "no JSON of tensors" },
		{ { 3 }, "a header of 3 bytes in 10" },
		{ { 1, 0xe1, 0xf5, 5 }, "a header of 100000001 bytes in 10" },
		{ { 255, 255, 255, 255, 255, 255, 255, 255 },
		  "a header of 18446744073709551615 bytes in 10" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		char bytes[10] = "........{}";

		memcpy(bytes, cases[i].length, 8);
		assert_true(g_file_set_contents(path, bytes, 10, NULL));
		assert_refused(path, KW_ERROR_FORMAT, cases[i].message);
	}
	assert_true(g_file_set_contents(path, too_short, 7, NULL));
	assert_refused(path, KW_ERROR_FORMAT, "is too short");
	assert_true(g_file_set_contents(path, "", 0, NULL));
	assert_refused(path, KW_ERROR_FORMAT, "is too short");
	assert_int_equal(unlink(path), 0);
	assert_refused(path, KW_ERROR_INPUT, "No such file");
	assert_refused(*state, KW_ERROR_INPUT, "not a regular file");
	assert_refused("/dev/null", KW_ERROR_INPUT, "not a regular file");
}

/* ---- damage anywhere */

static const char sound[] = "{\"__metadata__\":{\"format\":\"pt\"}," F32(
	"a.weight", "2,3", "0", "24") ","
				      "\"a.bias\":{\"dtype\":\"F16\",\"shape\":"
				      "[2],\"data_offsets\":[24,28]}"
				      "}";
static const guint8 sound_values[28];

/* Open, and read whatever it says there is; TRUE if it opened. */
static gboolean
survives(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Safetensors) file = safetensors_open(path, &error);

	assert_true((file == NULL) == (error != NULL));
	if (file == NULL) {
		assert_null(strchr(error->message, '\n'));
		return FALSE;
	}
	for (guint i = 0; i < safetensors_tensors(file)->len; i++) {
		const Tensor *t = safetensors_tensors(file)->pdata[i];
		g_autofree float *values = g_new(float, t->n);

		assert_true(t->n <= sizeof sound_values / 2);
		safetensors_read(file, t, 0, t->n, values, NULL);
	}
	return TRUE;
}

static void
refuses_a_file_at_every_length_but_its_own(void **state)
{
	g_autofree char *path = in_dir(state);
	const off_t n = 8 + (off_t)strlen(sound) + (off_t)sizeof sound_values;

	tensors_write(path, sound, sound_values, sizeof sound_values);
	assert_true(survives(path));
	for (off_t length = n - 1; length >= 0; length--) {
		assert_int_equal(truncate(path, length), 0);
		assert_false(survives(path));
	}
	tensors_write(path, sound, sound_values, sizeof sound_values);
	assert_int_equal(truncate(path, n + 1), 0);
	assert_false(survives(path));
}

/* Every bit of the header turned, and every byte made each of a few. */
static void
survives_damage_at_every_place_of_the_header(void **state)
{
	g_autofree char *path = in_dir(state);
	static const guint8 others[] = { 0, '"', '{', ']', '9', ',', 0x7f };
	const gsize n = 8 + strlen(sound);
	g_autofree char *bytes = NULL;
	gsize size, refused = 0;

	tensors_write(path, sound, sound_values, sizeof sound_values);
	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < 8 + sizeof others; k++) {
			const char byte = bytes[i];

			if (k < 8)
				bytes[i] ^= (char)(1 << k);
			else
				bytes[i] = (char)others[k - 8];
			/* In place: renaming takes most of the time. */
			assert_true(g_file_set_contents_full(
				path, bytes, (gssize)size,
				G_FILE_SET_CONTENTS_NONE, 0666, NULL));
			refused += !survives(path);
			bytes[i] = byte;
		}
	/* Most damage is seen: only names and metadata are free. */
	assert_true(refused > n * (8 + sizeof others) / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_types_of_floats),
		cmocka_unit_test(reads_every_half_that_is_finite),
		cmocka_unit_test(reads_parts),
		cmocka_unit_test(reads_what_else_a_header_may_hold),
		cmocka_unit_test(refuses_values_that_are_not_finite),
		cmocka_unit_test(says_when_a_file_is_cut_after_it_was_opened),
		cmocka_unit_test(refuses_headers_that_are_not_true),
		cmocka_unit_test(
			refuses_headers_that_would_take_the_stack_or_the_memory),
		cmocka_unit_test(refuses_lengths_that_are_not_true),
		cmocka_unit_test(refuses_a_file_at_every_length_but_its_own),
		cmocka_unit_test(survives_damage_at_every_place_of_the_header),
	};

	return cmocka_run_group_tests(tests, test_dir_setup,
				      test_dir_teardown) != 0;
}

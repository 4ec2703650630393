#include "tests/support/kwtest.h"

#include "kw/record.h"

/* What kw-dataset(5) promises. */
static void
ids_are_the_documented_ones(void **state)
{
	(void)state;
	assert_int_equal(kw_record_id(""), 0x141cfc9842c4b0e3);
	assert_int_equal(kw_record_id("abc"), 0xeacf018fbf1678ba);
	assert_int_equal(kw_record_id("wallaby/IMG_0001.jpg"),
			 0xb70a8ec37b42878f);
	/* the raw bytes count, whether they are UTF-8 or not */
	assert_int_equal(kw_record_id("kangaroo/K\303\244nguru 1.jpg"),
			 0xe95d3a757bcb671c);
	assert_int_equal(kw_record_id("kangaroo/K\344nguru 100%.jpg"),
			 0x069e7afd7c9ffab4);
}

static void
assert_source_name(const char *path, const char *expected)
{
	g_autofree char *name = kw_source_name(path);

	assert_string_equal(name, expected);
	assert_true(g_utf8_validate(name, -1, NULL));
}

static void
source_names_keep_utf8_and_escape_the_rest(void **state)
{
	(void)state;
	assert_source_name("", "");
	assert_source_name("a b/\303\244.jpg", "a b/\303\244.jpg");
	assert_source_name("kangaroo/K\344nguru 100%.jpg",
			   "kangaroo/K%E4nguru 100%25.jpg");
	/* cut off in the middle of a character, overlong, a surrogate */
	assert_source_name("a\303", "a%C3");
	assert_source_name("\360\237\230", "%F0%9F%98");
	assert_source_name("\300\257", "%C0%AF");
	assert_source_name("\355\240\200", "%ED%A0%80");
}

static void
source_names_of_different_paths_differ(void **state)
{
	(void)state;
	assert_source_name("\344", "%E4");
	assert_source_name("%E4", "%25E4");
}

static void
checksums_are_crc32(void **state)
{
	static const guint8 digits[] = { '1', '2', '3', '4', '5',
					 '6', '7', '8', '9' };
	guint8 pixels[12];

	(void)state;
	for (gsize i = 0; i < sizeof pixels; i++)
		pixels[i] = (guint8)i;
	assert_int_equal(kw_checksum(digits, sizeof digits), 0xcbf43926);
	assert_int_equal(kw_checksum(pixels, sizeof pixels), 0x9270c965);
	assert_int_equal(kw_checksum(pixels, 0), 0);
}

/* The definition, a bit at a time; what is fast works by blocks. */
static guint32
naive_crc32(const guint8 *bytes, gsize n)
{
	guint32 crc = ~0u;

	for (gsize i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void
checksums_of_any_length_and_place_are_crc32(void **state)
{
	guint8 bytes[1100];

	(void)state;
	for (gsize i = 0; i < sizeof bytes; i++)
		bytes[i] = (guint8)(i * i >> 3);
	for (gsize n = 0; n <= 1024; n++) {
		const guint8 *from = bytes + n % 67;

		assert_int_equal(kw_checksum(from, n), naive_crc32(from, n));
	}
}

static void
a_copied_record_has_every_field_of_the_other(void **state)
{
	static const float drawn[] = { -15.5F, 24.5F };
	g_autoptr(KwRecords) src = kw_records_new(2, 2);
	g_autoptr(KwRecords) dst = kw_records_new(3, 2);

	(void)state;
	src->labels[1] = 7;
	src->record_ids[1] = G_MAXUINT64;
	src->group_ids[1] = G_MAXUINT64 - 1;
	src->copies[1] = 3;
	src->checksums[1] = 0xcbf43926;
	src->sources[1] = g_strdup("a/b.jpg");
	memcpy(src->transforms + 2, drawn, sizeof drawn);

	dst->sources[2] = g_strdup("something else");
	kw_records_copy(dst, 2, src, 1);
	g_clear_pointer(&src, kw_records_free);

	assert_int_equal(dst->labels[2], 7);
	assert_int_equal(dst->record_ids[2], G_MAXUINT64);
	assert_int_equal(dst->group_ids[2], G_MAXUINT64 - 1);
	assert_int_equal(dst->copies[2], 3);
	assert_int_equal(dst->checksums[2], 0xcbf43926);
	assert_string_equal(dst->sources[2], "a/b.jpg");
	assert_memory_equal(dst->transforms + 4, drawn, sizeof drawn);
	/* and its neighbours are as they were */
	assert_int_equal(dst->labels[1], 0);
	assert_null(dst->sources[1]);
}

static void
a_record_without_transforms_leaves_those_of_the_other(void **state)
{
	g_autoptr(KwRecords) src = kw_records_new(1, 0);
	g_autoptr(KwRecords) dst = kw_records_new(1, 2);

	(void)state;
	assert_null(src->transforms);
	dst->transforms[1] = 1;
	kw_records_copy(dst, 0, src, 0);
	assert_true(dst->transforms[1] == 1.0F);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_the_documented_ones),
		cmocka_unit_test(source_names_keep_utf8_and_escape_the_rest),
		cmocka_unit_test(source_names_of_different_paths_differ),
		cmocka_unit_test(checksums_are_crc32),
		cmocka_unit_test(checksums_of_any_length_and_place_are_crc32),
		cmocka_unit_test(a_copied_record_has_every_field_of_the_other),
		cmocka_unit_test(
			a_record_without_transforms_leaves_those_of_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}

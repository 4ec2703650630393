/* TensorBoard's records, against bytes that its own code has made. */
#include "tests/support/kwtest.h"

#include <stdio.h>
#include <string.h>

#include "train/tensorboard.h"

static void
check_hex(const GByteArray *bytes, const char *expected)
{
	GString *hex = g_string_new(NULL);

	for (guint i = 0; i < bytes->len; i++)
		g_string_append_printf(hex, "%02x", bytes->data[i]);
	assert_string_equal(hex->str, expected);
	g_string_free(hex, TRUE);
}

/* Serialised by the protocol buffers of TensorBoard, for the same events. */
static void
test_golden_bytes(void **state)
{
	static const TensorboardScalar loss = { "loss", 0.5 };
	g_autoptr(GByteArray) version = g_byte_array_new();
	g_autoptr(GByteArray) scalar = g_byte_array_new();

	(void)state;
	tensorboard_add_version(version, 1.0);
	check_hex(version, "1800000000000000a37f4b2209000000000000f03f1a0d"
			   "627261696e2e4576656e743a3286bf577a");
	tensorboard_add_scalars(scalar, 2.0, 3, &loss, 1);
	check_hex(scalar, "1a00000000000000129bd82d09000000000000004010032a0d0a"
			  "0b0a046c6f7373150000003fbac36b94");
}

/*
 * By hand, after summary.proto.  Lengths and steps from 128 on take two bytes,
 * seven bits in each: 300 is ac 02.
 */
static void
test_image(void **state)
{
	static const guint8 expected[] = {
		0x09, 0,    0,    0,    0,    0,    0,    0xe0, 0x3f, /* 0.5 */
		0x10, 0xac, 0x02,                                     /* step */
		0x2a, 0x14, 0x0a, 0x12,                   /* summary, value */
		0x0a, 0x01, 'm',                          /* tag */
		0x22, 0x0d,                               /* image */
		0x08, 0xac, 0x02, 0x10, 0x07, 0x18, 0x03, /* 300 x 7, RGB */
		0x22, 0x04, 'P',  'N',  'G',  0,          /* its bytes */
	};
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	TensorboardRecord record;

	(void)state;
	tensorboard_add_image(bytes, 0.5, 300, "m", 300, 7,
			      (const guint8 *)"PNG", 4);
	assert_true(tensorboard_read(bytes->data, bytes->len, &record));
	assert_int_equal(record.size, bytes->len);
	assert_int_equal(record.n, sizeof expected);
	assert_memory_equal(record.data, expected, sizeof expected);
	assert_int_equal(record.step, 300);
}

/* Two scalars share a record; steps are of 64 bits. */
static void
test_scalars(void **state)
{
	static const TensorboardScalar two[] = { { "a", 1 }, { "bc", -2 } };
	static const guint8 summary[] = {
		0x2a, 0x15, /* summary */
		0x0a, 0x08, 0x0a, 1, 'a', 0x15, 0,    0, 0x80, 0x3f, /* 1.0 */
		0x0a, 0x09, 0x0a, 2, 'b', 'c',  0x15, 0, 0,    0,
		0xc0, /* -2 */
	};
	const gint64 steps[] = { 0, 1, 127, 128, G_MAXINT64 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GByteArray) bytes = g_byte_array_new();
		TensorboardRecord record;

		tensorboard_add_scalars(bytes, 1, steps[i], two, 2);
		assert_true(tensorboard_read(bytes->data, bytes->len, &record));
		assert_int_equal(record.step, steps[i]);
		assert_memory_equal(record.data + record.n - sizeof summary,
				    summary, sizeof summary);
	}
}

/* ---- reading */

static void
test_reading(void **state)
{
	static const TensorboardScalar loss = { "loss", 0.5 };
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	TensorboardRecord record;
	gsize at = 0;

	(void)state;
	tensorboard_add_version(bytes, 1.0);
	tensorboard_add_scalars(bytes, 2.0, 3, &loss, 1);
	tensorboard_add_scalars(bytes, 2.0, 4, &loss, 1);
	for (gint64 i = 0; i < 3; i++) {
		assert_true(tensorboard_read(bytes->data + at, bytes->len - at,
					     &record));
		assert_int_equal(record.step, i == 0 ? 0 : i + 2);
		at += record.size;
	}
	assert_int_equal(at, bytes->len);
	assert_false(tensorboard_read(bytes->data + at, 0, &record));
}

/* No byte may be missing, and none be another. */
static void
test_damage(void **state)
{
	static const TensorboardScalar loss = { "loss", 0.5 };
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	TensorboardRecord record;

	(void)state;
	tensorboard_add_scalars(bytes, 2.0, 3, &loss, 1);
	for (guint n = 0; n < bytes->len; n++) {
		/* of its own size, so that reading beyond it is seen */
		g_autofree guint8 *torn = g_memdup2(bytes->data, n);

		assert_false(tensorboard_read(torn, n, &record));
	}
	for (guint i = 0; i < bytes->len; i++) {
		bytes->data[i] ^= 0x40;
		assert_false(
			tensorboard_read(bytes->data, bytes->len, &record));
		bytes->data[i] ^= 0x40;
	}
	assert_true(tensorboard_read(bytes->data, bytes->len, &record));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_bytes),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* CRC-32C against published values, and bit by bit. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "train/crc32c.h"

/* RFC 3720, appendix B.4; the last is the check value of the CRC catalogue. */
static void
test_published(void **state)
{
	static const guint8 pdu[48] = {
		0x01,        0xc0,        [13] = 0,    [16] = 0x14, [22] = 0x04,
		[27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02,
	};
	guint8 bytes[32];

	(void)state;
	memset(bytes, 0, sizeof bytes);
	assert_int_equal(crc32c(bytes, sizeof bytes), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(crc32c(bytes, sizeof bytes), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = (guint8)i;
	assert_int_equal(crc32c(bytes, sizeof bytes), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		bytes[i] = (guint8)(31 - i);
	assert_int_equal(crc32c(bytes, sizeof bytes), 0x113fdb5c);
	assert_int_equal(crc32c(pdu, sizeof pdu), 0xd9963a56);
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
}

/* The definition: a polynomial division, highest power first. */
static guint32
divide(const guint8 *bytes, gsize n)
{
	guint32 rest = 0xffffffff, reflected = 0;

	for (gsize i = 0; i < 8 * n; i++) {
		const guint32 bit = bytes[i / 8] >> i % 8 & 1;

		rest = rest << 1 ^ ((rest >> 31 ^ bit) ? 0x1edc6f41 : 0);
	}
	for (int i = 0; i < 32; i++)
		reflected |= (rest >> i & 1) << (31 - i);
	return ~reflected;
}

static void
test_every_byte(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		const guint8 bytes[] = { (guint8)i, (guint8)(i * 7), 0x55 };

		for (gsize n = 1; n <= sizeof bytes; n++)
			assert_int_equal(crc32c(bytes, n), divide(bytes, n));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

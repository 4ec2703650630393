#include "train/crc32c.h"

/* The remainders of all bytes. */
static void
make_table(guint32 *table)
{
	const guint32 polynomial = 0x82f63b78; /* reflected */

	for (guint32 i = 0; i < 256; i++) {
		guint32 crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		table[i] = crc;
	}
}

guint32
crc32c(const void *bytes, gsize n)
{
	static guint32 table[256];
	static gsize made;
	const guint8 *next = bytes;
	guint32 crc = 0xffffffff;

	if (g_once_init_enter(&made)) {
		make_table(table);
		g_once_init_leave(&made, 1);
	}
	for (; n > 0; n--)
		crc = crc >> 8 ^ table[(crc ^ *next++) & 0xff];
	return ~crc;
}

#include "train/tensorboard.h"

#include <string.h>

#include "train/crc32c.h"

/* Length and its checksum before the data, the checksum of those after. */
enum { HEAD = 12, TAIL = 4 };

/* ---- protocol buffers: a field is its number and wire type, then its value */

typedef enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 } WireType;

/* The fields that are used, of Event, Summary, Summary.Value and
 * Summary.Image. */
enum {
	EVENT_WALL_TIME = 1,
	EVENT_STEP = 2,
	EVENT_FILE_VERSION = 3,
	EVENT_SUMMARY = 5,
	SUMMARY_VALUE = 1,
	VALUE_TAG = 1,
	VALUE_SIMPLE = 2,
	VALUE_IMAGE = 4,
	IMAGE_HEIGHT = 1,
	IMAGE_WIDTH = 2,
	IMAGE_COLOURS = 3, /* channels: 3 is red-green-blue */
	IMAGE_ENCODED = 4,
};

static void
put_varint(GByteArray *out, guint64 value)
{
	guint8 byte;

	for (; value >= 0x80; value >>= 7) {
		byte = (guint8)(value | 0x80);
		g_byte_array_append(out, &byte, 1);
	}
	byte = (guint8)value;
	g_byte_array_append(out, &byte, 1);
}

static void
put_key(GByteArray *out, guint field, WireType type)
{
	put_varint(out, field << 3 | type);
}

static void
put_number(GByteArray *out, guint field, gint64 value)
{
	put_key(out, field, VARINT);
	put_varint(out, (guint64)value);
}

static void
put_bytes(GByteArray *out, guint field, const void *bytes, gsize n)
{
	put_key(out, field, BYTES);
	put_varint(out, n);
	g_byte_array_append(out, bytes, (guint)n);
}

static void
put_u32(GByteArray *out, guint32 value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof value);
}

static void
put_u64(GByteArray *out, guint64 value)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof value);
}

static void
put_double(GByteArray *out, guint field, double value)
{
	guint64 bits;

	memcpy(&bits, &value, sizeof bits);
	put_key(out, field, FIXED64);
	put_u64(out, bits);
}

static void
put_float(GByteArray *out, guint field, float value)
{
	guint32 bits;

	memcpy(&bits, &value, sizeof bits);
	put_key(out, field, FIXED32);
	put_u32(out, bits);
}

/* Close a message as a field of another one. */
static void
put_message(GByteArray *out, guint field, GByteArray *message)
{
	put_bytes(out, field, message->data, message->len);
	g_byte_array_unref(message);
}

/* ---- records */

/* The checksum as it is stored: a checksum of data that hold checksums would
 * else be a weak one. */
static guint32
masked_crc(const void *bytes, gsize n)
{
	const guint32 crc = crc32c(bytes, n);

	return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static void
put_record(GByteArray *out, GByteArray *event)
{
	const guint64 n = GUINT64_TO_LE((guint64)event->len);

	put_u64(out, event->len);
	put_u32(out, masked_crc(&n, sizeof n));
	g_byte_array_append(out, event->data, event->len);
	put_u32(out, masked_crc(event->data, event->len));
	g_byte_array_unref(event);
}

static GByteArray *
event_new(double wall_time)
{
	GByteArray *event = g_byte_array_new();

	put_double(event, EVENT_WALL_TIME, wall_time);
	return event;
}

void
tensorboard_add_version(GByteArray *out, double wall_time)
{
	static const char version[] = "brain.Event:2";
	GByteArray *event = event_new(wall_time);

	put_bytes(event, EVENT_FILE_VERSION, version, strlen(version));
	put_record(out, event);
}

void
tensorboard_add_scalars(GByteArray *out, double wall_time, gint64 step,
			const TensorboardScalar *scalars, gsize n)
{
	GByteArray *event = event_new(wall_time);
	GByteArray *summary = g_byte_array_new();

	for (gsize i = 0; i < n; i++) {
		GByteArray *value = g_byte_array_new();

		put_bytes(value, VALUE_TAG, scalars[i].tag,
			  strlen(scalars[i].tag));
		put_float(value, VALUE_SIMPLE, (float)scalars[i].value);
		put_message(summary, SUMMARY_VALUE, value);
	}
	put_number(event, EVENT_STEP, step);
	put_message(event, EVENT_SUMMARY, summary);
	put_record(out, event);
}

void
tensorboard_add_image(GByteArray *out, double wall_time, gint64 step,
		      const char *tag, int height, int width, const guint8 *png,
		      gsize n)
{
	enum { RGB = 3 };
	GByteArray *event = event_new(wall_time);
	GByteArray *summary = g_byte_array_new();
	GByteArray *value = g_byte_array_new();
	GByteArray *image = g_byte_array_new();

	put_number(image, IMAGE_HEIGHT, height);
	put_number(image, IMAGE_WIDTH, width);
	put_number(image, IMAGE_COLOURS, RGB);
	put_bytes(image, IMAGE_ENCODED, png, n);
	put_bytes(value, VALUE_TAG, tag, strlen(tag));
	put_message(value, VALUE_IMAGE, image);
	put_message(summary, SUMMARY_VALUE, value);
	put_number(event, EVENT_STEP, step);
	put_message(event, EVENT_SUMMARY, summary);
	put_record(out, event);
}

/* ---- reading */

static guint32
get_u32(const guint8 *bytes)
{
	guint32 value;

	memcpy(&value, bytes, sizeof value);
	return GUINT32_FROM_LE(value);
}

static guint64
get_u64(const guint8 *bytes)
{
	guint64 value;

	memcpy(&value, bytes, sizeof value);
	return GUINT64_FROM_LE(value);
}

static gboolean
get_varint(const guint8 **bytes, const guint8 *end, guint64 *value)
{
	*value = 0;
	for (int shift = 0; shift < 64 && *bytes < end; shift += 7) {
		const guint8 byte = *(*bytes)++;

		*value |= (guint64)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return TRUE;
	}
	return FALSE;
}

/* Go past the value of a field; FALSE at the end or at what is not known. */
static gboolean
skip_value(const guint8 **bytes, const guint8 *end, WireType type)
{
	guint64 n = 0;

	if (type == VARINT)
		return get_varint(bytes, end, &n);
	if (type == BYTES && !get_varint(bytes, end, &n))
		return FALSE;
	if (type == FIXED64 || type == FIXED32)
		n = type == FIXED64 ? 8 : 4;
	else if (type != BYTES)
		return FALSE;
	if (n > (gsize)(end - *bytes))
		return FALSE;
	*bytes += n;
	return TRUE;
}

static gint64
find_step(const guint8 *bytes, gsize n)
{
	const guint8 *end = bytes + n;
	guint64 key, step;

	while (get_varint(&bytes, end, &key)) {
		if (key == (EVENT_STEP << 3 | VARINT))
			return get_varint(&bytes, end, &step) ? (gint64)step
							      : 0;
		if (!skip_value(&bytes, end, (WireType)(key & 7)))
			break;
	}
	return 0;
}

gboolean
tensorboard_read(const guint8 *bytes, gsize n, TensorboardRecord *record)
{
	guint64 length;

	if (n < HEAD + TAIL)
		return FALSE;
	length = get_u64(bytes);
	if (length > n - HEAD - TAIL ||
	    get_u32(bytes + 8) != masked_crc(bytes, 8) ||
	    get_u32(bytes + HEAD + length) != masked_crc(bytes + HEAD, length))
		return FALSE;
	*record =
		(TensorboardRecord){ .size = HEAD + length + TAIL,
				     .data = bytes + HEAD,
				     .n = length,
				     .step = find_step(bytes + HEAD, length) };
	return TRUE;
}

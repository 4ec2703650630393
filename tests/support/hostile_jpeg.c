#include "tests/support/hostile_jpeg.h"

#include "tests/support/hostile_parts.h"

/* ---- segments */

GByteArray *
jpeg_sample(void)
{
	return bytes_sample(".jpg[Q=90,strip]");
}

static GByteArray *
segment(int marker, GByteArray *payload)
{
	GByteArray *bytes = bytes_pack(g_byte_array_new(), "112", 0xff, marker,
				       (int)payload->len + 2);

	return bytes_join(bytes, payload);
}

GByteArray *
jpeg_append(GByteArray *jpeg, int marker, GByteArray *payload)
{
	return bytes_join(jpeg, segment(marker, payload));
}

GByteArray *
jpeg_insert(GByteArray *jpeg, int marker, GByteArray *payload)
{
	g_autoptr(GByteArray) bytes = segment(marker, payload);

	return bytes_splice(jpeg, 2, 0, bytes->data, bytes->len);
}

/* The length of the segment at `at`, with its marker. */
static guint
segment_length(const GByteArray *jpeg, guint at)
{
	return 2u + (guint)jpeg->data[at + 2] * 256 + jpeg->data[at + 3];
}

guint
jpeg_find(const GByteArray *jpeg, int marker)
{
	guint at = 2;

	while (at + 4 <= jpeg->len && jpeg->data[at + 1] != marker) {
		if (jpeg->data[at + 1] == JPEG_SOS)
			return jpeg->len;
		at += segment_length(jpeg, at);
	}
	return at;
}

GByteArray *
jpeg_remove(GByteArray *jpeg, int marker)
{
	for (guint at; (at = jpeg_find(jpeg, marker)) < jpeg->len;)
		bytes_splice(jpeg, at, segment_length(jpeg, at), NULL, 0);
	return jpeg;
}

guint
jpeg_find_data(const GByteArray *jpeg)
{
	guint at = jpeg_find(jpeg, JPEG_SOS);

	return at + segment_length(jpeg, at);
}

/* ---- files that are damaged */

/* The frame header says something else; `at` is counted from its marker. */
static void
add_frame(Hostile *corpus, const char *name, const char *words, guint at,
	  const char *layout, guint32 value)
{
	GByteArray *jpeg = jpeg_sample();

	bytes_put(jpeg, jpeg_find(jpeg, JPEG_SOF0) + at, layout, value);
	hostile_refuses(corpus, name, words, jpeg);
}

enum { PRECISION = 4, HEIGHT = 5, WIDTH = 7, COMPONENTS = 9, SAMPLING = 11 };

static void
add_frames(Hostile *corpus)
{
	add_frame(corpus, "height 0.jpg", "damaged", HEIGHT, "2", 0);
	add_frame(corpus, "width 0.jpg", "damaged", WIDTH, "2", 0);
	add_frame(corpus, "65500 x 65500.jpg", "too large", HEIGHT, "4",
		  0xffdcffdc);
	add_frame(corpus, "65535 x 65535.jpg", "too large|damaged", HEIGHT, "4",
		  0xffffffff);
	add_frame(corpus, "16371 x 16371.jpg", "too large", HEIGHT, "4",
		  0x3ff33ff3);
	add_frame(corpus, "16370 x 16370.jpg", "damaged|truncated", HEIGHT, "4",
		  0x3ff23ff2);
	add_frame(corpus, "a row more than there is.jpg", "damaged|truncated",
		  HEIGHT, "2", HOSTILE_HEIGHT + 16);
	add_frame(corpus, "255 components.jpg", "damaged", COMPONENTS, "1",
		  255);
	add_frame(corpus, "0 components.jpg", "damaged", COMPONENTS, "1", 0);
	add_frame(corpus, "precision 12.jpg", "damaged", PRECISION, "1", 12);
	add_frame(corpus, "precision 0.jpg", "damaged", PRECISION, "1", 0);
	add_frame(corpus, "sampling 0.jpg", "damaged", SAMPLING, "1", 0);
	add_frame(corpus, "sampling 15.jpg", "damaged", SAMPLING, "1", 0xff);
	add_frame(corpus, "table 9.jpg", "damaged", SAMPLING + 1, "1", 9);
	add_frame(corpus, "lossless.jpg", "damaged", 1, "1", 0xc3);
	add_frame(corpus, "hierarchical.jpg", "damaged", 1, "1", 0xc5);
	add_frame(corpus, "a frame of 8 bytes.jpg", "damaged", 2, "2", 8);
}

static void
add_missing(Hostile *corpus)
{
	static const guint8 none;
	GByteArray *jpeg = jpeg_sample();

	/* The tables of Motion JPEG are the default ones, and often left out.
	 */
	hostile_takes_either(corpus, "no huffman tables.jpg", LOOKS_DRAWN,
			     "damaged", jpeg_remove(jpeg_sample(), JPEG_DHT));
	hostile_refuses(corpus, "no quantisation.jpg", "damaged",
			jpeg_remove(jpeg_sample(), JPEG_DQT));
	hostile_refuses(corpus, "no frame.jpg", "damaged",
			jpeg_remove(jpeg_sample(), JPEG_SOF0));
	hostile_refuses(
		corpus, "no scan.jpg", "damaged|truncated",
		bytes_pack(bytes_cut(jpeg_sample(), jpeg_find(jpeg, JPEG_SOS)),
			   "2", 0xffd9));
	hostile_refuses(
		corpus, "an empty scan.jpg", "damaged|truncated",
		bytes_pack(bytes_cut(jpeg_sample(), jpeg_find_data(jpeg)), "2",
			   0xffd9));
	hostile_refuses(corpus, "start and end.jpg", "damaged|truncated",
			bytes_pack(g_byte_array_new(), "4", 0xffd8ffd9));
	bytes_splice(jpeg, 0, 2, &none, 0);
	hostile_refuses(corpus, "no start.jpg", "not a photo", jpeg);
}

static void
add_ends(Hostile *corpus)
{
	GByteArray *two = jpeg_sample(), *middle = jpeg_sample();
	guint data = jpeg_find_data(middle);
	guint half = data + (middle->len - data) / 2;

	hostile_refuses(corpus, "two starts.jpg", "damaged",
			bytes_splice(jpeg_sample(), 2, 0, "\xff\xd8", 2));
	hostile_refuses(corpus, "end in the middle.jpg", "damaged",
			bytes_splice(middle, half, 0, "\xff\xd9", 2));
	hostile_refuses(
		corpus, "cut and ended.jpg", "damaged",
		bytes_pack(bytes_cut(jpeg_sample(), half), "2", 0xffd9));
	hostile_refuses(corpus, "zeros from the half on.jpg", "truncated",
			bytes_zeros(bytes_cut(jpeg_sample(), half), 5000));
	/* Zeros are valid data, of a picture that nobody took. */
	hostile_takes_either(
		corpus, "zeros and an end.jpg", LOOKS_ANY, "damaged|truncated",
		bytes_pack(bytes_zeros(bytes_cut(jpeg_sample(), half), 5000),
			   "2", 0xffd9));
	hostile_refuses(corpus, "ones from the half on.jpg",
			"damaged|truncated",
			bytes_join(bytes_cut(jpeg_sample(), half),
				   bytes_text("\xff\xff\xff\xff\xff\xff\xff"
					      "\xff\xff\xff\xff\xff\xff\xff")));
	hostile_refuses(
		corpus, "another start in the middle.jpg", "damaged",
		bytes_splice(jpeg_sample(), half, 0, two->data, two->len));
	hostile_reads(corpus, "two photos.jpg", LOOKS_DRAWN,
		      bytes_join(jpeg_sample(), two));
	hostile_reads(corpus, "junk behind.jpg", LOOKS_DRAWN,
		      bytes_join(jpeg_sample(), bytes_text("junk")));
	hostile_reads(corpus, "noise behind.jpg", LOOKS_DRAWN,
		      bytes_noise(jpeg_sample(), 300000, 5));
	hostile_reads(corpus, "zeros behind.jpg", LOOKS_DRAWN,
		      bytes_zeros(jpeg_sample(), 300000));
}

/* Restart markers that are missing or out of their order. */
static void
add_restarts(Hostile *corpus)
{
	static const char suffix[] = ".jpg[Q=90,strip,restart-interval=4]";
	GByteArray *jpeg = bytes_sample(suffix);
	guint first = bytes_find(jpeg, 0, "\xff\xd0", 2);
	guint second = bytes_find(jpeg, 0, "\xff\xd1", 2);

	hostile_refuses(corpus, "a restart left out.jpg", "damaged",
			bytes_splice(bytes_copy(jpeg), first, 2, NULL, 0));
	hostile_refuses(
		corpus, "a part left out.jpg", "damaged",
		bytes_splice(bytes_copy(jpeg), first, second - first, NULL, 0));
	hostile_refuses(corpus, "a part of noise.jpg", "damaged",
			bytes_splice(bytes_copy(jpeg), first + 2,
				     second - first - 2, "noise", 5));
	hostile_refuses(corpus, "another restart.jpg", "damaged",
			bytes_put(jpeg, first, "2", 0xffd5));
}

/* Bytes between segments, which libjpeg passes over with a warning. */
static void
add_between(Hostile *corpus)
{
	GByteArray *jpeg = jpeg_sample(), *late = jpeg_sample();
	guint scan = jpeg_find(jpeg, JPEG_SOS);
	guint half = (jpeg_find_data(jpeg) + jpeg->len) / 2;

	hostile_reads(corpus, "fill bytes.jpg", LOOKS_DRAWN,
		      bytes_splice(jpeg_sample(), scan, 0,
				   "\xff\xff\xff\xff\xff", 5));
	hostile_reads(corpus, "junk between.jpg", LOOKS_DRAWN,
		      bytes_splice(jpeg_sample(), scan, 0, "junk", 4));
	/* The harmless warning comes first, and must not hide the other. */
	bytes_pack(bytes_cut(late, half), "2", 0xffd9);
	hostile_refuses(corpus, "junk between, cut and ended.jpg", "damaged",
			bytes_splice(late, scan, 0, "junk", 4));
	late = bytes_splice(bytes_cut(jpeg_sample(), half), scan, 0, "junk", 4);
	hostile_refuses(corpus, "junk between, and cut.jpg", "truncated", late);
	for (int i = 0; i < 150; i++)
		bytes_splice(jpeg, scan, 0, "junk\xff\xfe\0\2", 8);
	hostile_takes_either(corpus, "junk between 150 times.jpg", LOOKS_DRAWN,
			     "damaged", jpeg);
}

static void
add_segments(Hostile *corpus)
{
	GByteArray *jpeg = jpeg_sample();

	for (int i = 0; i < 50; i++)
		jpeg_insert(jpeg, JPEG_COM,
			    bytes_noise(g_byte_array_new(), 65533, 6));
	hostile_reads(corpus, "50 comments of 64 KB.jpg", LOOKS_DRAWN, jpeg);
	jpeg = jpeg_sample();
	for (int i = 0; i < 5000; i++)
		jpeg_insert(jpeg, JPEG_COM, g_byte_array_new());
	hostile_reads(corpus, "5000 comments.jpg", LOOKS_DRAWN, jpeg);
	for (guint length = 0; length < 2; length++) {
		g_autofree char *name =
			g_strdup_printf("a segment of length %u.jpg", length);

		jpeg = jpeg_insert(jpeg_sample(), JPEG_APP1,
				   g_byte_array_new());
		hostile_takes_either(corpus, name, LOOKS_DRAWN, "damaged",
				     bytes_put(jpeg, 4, "2", length));
	}
	jpeg = jpeg_insert(jpeg_sample(), JPEG_APP1, g_byte_array_new());
	hostile_refuses(corpus, "a segment beyond the end.jpg",
			"damaged|truncated", bytes_put(jpeg, 4, "2", 0xffff));
	hostile_refuses(corpus, "a huffman table of noise.jpg", "damaged",
			jpeg_insert(jpeg_sample(), JPEG_DHT,
				    bytes_noise(g_byte_array_new(), 200, 7)));
	hostile_refuses(
		corpus, "a quantisation table 15.jpg", "damaged",
		jpeg_insert(jpeg_sample(), JPEG_DQT, bytes_text("\x0f")));
	hostile_takes_either(corpus, "a quantisation of zeros.jpg", LOOKS_ANY,
			     "damaged",
			     jpeg_insert(jpeg_sample(), JPEG_DQT,
					 bytes_zeros(g_byte_array_new(), 65)));
	hostile_takes_either(corpus, "adobe transform 255.jpg", LOOKS_ANY,
			     "damaged",
			     jpeg_insert(jpeg_sample(), JPEG_APP14,
					 bytes_pack(bytes_text("Adobe"), "2221",
						    100, 0, 0, 255)));
}

/* Progressive, with its last scan over and over. */
static void
add_endless(Hostile *corpus)
{
	VipsImage *drawing = bytes_drawing(), *large = NULL;
	GByteArray *jpeg, *scan;
	guint last = 0;

	vips_resize(drawing, &large, 2000.0 / HOSTILE_WIDTH, "vscale",
		    2000.0 / HOSTILE_HEIGHT, "kernel", VIPS_KERNEL_NEAREST,
		    NULL);
	g_object_unref(drawing);
	jpeg = bytes_save(large, ".jpg[Q=20,interlace,strip]");
	for (guint at = 0; at < jpeg->len; at++) {
		at = bytes_find(jpeg, at, "\xff\xda", 2);
		last = at < jpeg->len ? at : last;
	}
	scan = bytes_new(jpeg->data + last, jpeg->len - 2 - last);
	bytes_cut(jpeg, jpeg->len - 2);
	for (int i = 0; i < 500; i++)
		bytes_append(jpeg, scan->data, scan->len);
	g_byte_array_unref(scan);
	hostile_refuses(corpus, "the last scan 500 times.jpg", "scans",
			bytes_pack(jpeg, "2", 0xffd9));
}

void
hostile_add_jpeg(Hostile *corpus)
{
	add_frames(corpus);
	add_missing(corpus);
	add_ends(corpus);
	add_restarts(corpus);
	add_between(corpus);
	add_segments(corpus);
	add_endless(corpus);
}

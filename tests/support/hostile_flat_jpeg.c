/*
 * JPEG files written by hand, for what libvips does not write: all coefficients
 * are 0, so that each is one gray of 128, and its data are bits of 0.
 */
#include "tests/support/hostile_jpeg.h"
#include "tests/support/hostile_parts.h"

enum { MAX_COMPONENTS = 5 };

typedef struct {
	int marker; /* JPEG_SOF0 or another */
	int height, width, n;
	guint8 sampling[MAX_COMPONENTS]; /* h * 16 + v; 0: 0x11 */
} Flat;

static int
sampling(const Flat *flat, int component)
{
	return flat->sampling[component] == 0 ? 0x11
					      : flat->sampling[component];
}

/* Tables of one symbol, whose code is a bit of 0. */
static GByteArray *
one_code(int table, int symbol)
{
	GByteArray *bytes = bytes_pack(g_byte_array_new(), "11", table, 1);

	return bytes_pack(bytes_zeros(bytes, 15), "1", symbol);
}

/*
 * From the start to before the first scan.  In a progressive file the end of a
 * block is the end of 16384 of them, or more.
 */
static GByteArray *
begin(const Flat *flat)
{
	gboolean progressive = flat->marker == JPEG_SOF2;
	GByteArray *jpeg = bytes_pack(g_byte_array_new(), "2", 0xffd8);
	GByteArray *quantisation = bytes_zeros(g_byte_array_new(), 65);
	GByteArray *frame = bytes_pack(g_byte_array_new(), "1221", 8,
				       flat->height, flat->width, flat->n);

	for (int i = 1; i < 65; i++)
		quantisation->data[i] = 1;
	for (int c = 0; c < flat->n; c++)
		bytes_pack(frame, "111", c + 1, sampling(flat, c), 0);
	jpeg_append(jpeg, JPEG_DQT, quantisation);
	jpeg_append(jpeg, flat->marker, frame);
	jpeg_append(jpeg, JPEG_DHT, one_code(0x00, 0));
	return jpeg_append(jpeg, JPEG_DHT,
			   one_code(0x10, progressive ? 0xe0 : 0));
}

/* The header of a scan of components first..first+n-1. */
static GByteArray *
scan(GByteArray *jpeg, int first, int n, int from, int to)
{
	GByteArray *header = bytes_pack(g_byte_array_new(), "1", n);

	for (int c = first; c < first + n; c++)
		bytes_pack(header, "11", c + 1, 0);
	bytes_pack(header, "111", from, to, 0);
	return jpeg_append(jpeg, JPEG_SOS, header);
}

/* This many bits of 0, filled up with bits of 1. */
static GByteArray *
zero_bits(GByteArray *jpeg, guint n)
{
	bytes_zeros(jpeg, n / 8);
	return n % 8 == 0 ? jpeg : bytes_pack(jpeg, "1", 0xff >> n % 8);
}

static guint
ceiling(int a, int b)
{
	return (guint)((a + b - 1) / b);
}

/* The blocks of a scan of all components. */
static guint
n_blocks(const Flat *flat)
{
	int h = 1, v = 1;
	guint in_unit = 0;

	for (int c = 0; c < flat->n; c++) {
		h = MAX(h, sampling(flat, c) >> 4);
		v = MAX(v, sampling(flat, c) & 15);
		in_unit += (guint)((sampling(flat, c) >> 4) *
				   (sampling(flat, c) & 15));
	}
	/* A scan of one component has no units of several blocks. */
	return flat->n == 1 ? ceiling(flat->width, 8) * ceiling(flat->height, 8)
			    : in_unit * ceiling(flat->width, 8 * h) *
				      ceiling(flat->height, 8 * v);
}

static GByteArray *
finish(GByteArray *jpeg)
{
	return bytes_pack(jpeg, "2", 0xffd9);
}

/* One scan of all components, two bits a block: no difference, no more. */
static GByteArray *
baseline(const Flat *flat)
{
	GByteArray *jpeg = scan(begin(flat), 0, flat->n, 0, 63);

	return finish(zero_bits(jpeg, 2 * n_blocks(flat)));
}

/* Progressive and gray: one scan of means, then `n` that repeat nothing. */
static GByteArray *
progressive(int height, int width, int n)
{
	Flat flat = { JPEG_SOF2, height, width, 1, { 0 } };
	GByteArray *jpeg = scan(begin(&flat), 0, 1, 0, 0);
	guint blocks = n_blocks(&flat);

	zero_bits(jpeg, blocks);
	for (int i = 0; i < n; i++) {
		scan(jpeg, 0, 1, 1, 63);
		/* A code, and 14 bits of how many blocks more. */
		zero_bits(jpeg, 15 * ((blocks + 16383) / 16384));
	}
	return finish(jpeg);
}

static void
add_subsamplings(Hostile *corpus)
{
	static const guint8 lumas[] = { 0x11, 0x21, 0x12, 0x22, 0x41, 0x14,
					0x42, 0x24, 0x31, 0x13, 0x32, 0x23 };

	for (gsize i = 0; i < G_N_ELEMENTS(lumas); i++) {
		g_autofree char *name = g_strdup_printf(
			"%d x %d.jpg", lumas[i] >> 4, lumas[i] & 15);
		Flat flat = { JPEG_SOF0, 61, 83, 3, { lumas[i], 0x11, 0x11 } };

		hostile_reads(corpus, name, LOOKS_FLAT, baseline(&flat));
	}
	Flat uneven = { JPEG_SOF0, 61, 83, 3, { 0x22, 0x21, 0x12 } };
	hostile_reads(corpus, "uneven colours.jpg", LOOKS_FLAT,
		      baseline(&uneven));
	Flat backward = { JPEG_SOF0, 61, 83, 3, { 0x11, 0x22, 0x22 } };
	hostile_reads(corpus, "more colour than light.jpg", LOOKS_FLAT,
		      baseline(&backward));
	Flat fraction = { JPEG_SOF0, 61, 83, 3, { 0x31, 0x21, 0x21 } };
	hostile_takes_either(corpus, "fractions.jpg", LOOKS_FLAT, "damaged",
			     baseline(&fraction));
	Flat too_many = { JPEG_SOF0, 61, 83, 3, { 0x44, 0x11, 0x11 } };
	hostile_refuses(corpus, "18 blocks a unit.jpg", "damaged",
			baseline(&too_many));
}

static void
add_components(Hostile *corpus)
{
	Flat flat = { JPEG_SOF0, 40, 56, 1, { 0 } };

	hostile_reads(corpus, "1 component.jpg", LOOKS_FLAT, baseline(&flat));
	flat.sampling[0] = 0x22;
	hostile_reads(corpus, "1 component of 2 x 2.jpg", LOOKS_FLAT,
		      baseline(&flat));
	flat.sampling[0] = 0;
	for (flat.n = 2; flat.n <= MAX_COMPONENTS; flat.n++) {
		g_autofree char *name =
			g_strdup_printf("%d components.jpg", flat.n);

		if (flat.n != 3)
			hostile_takes_either(corpus, name, LOOKS_ANY, "damaged",
					     baseline(&flat));
	}
}

static void
add_scans(Hostile *corpus)
{
	Flat flat = { JPEG_SOF0, 64, 64, 3, { 0 } };
	GByteArray *jpeg = begin(&flat);

	for (int c = 0; c < 3; c++)
		zero_bits(scan(jpeg, c, 1, 0, 63), 2 * 64);
	hostile_reads(corpus, "a scan a component.jpg", LOOKS_FLAT,
		      finish(jpeg));
	jpeg = begin(&flat);
	for (int c = 0; c < 2; c++)
		zero_bits(scan(jpeg, c, 1, 0, 63), 2 * 64);
	hostile_takes_either(corpus, "a component without a scan.jpg",
			     LOOKS_FLAT, "damaged|truncated", finish(jpeg));
	hostile_reads(corpus, "100 scans.jpg", LOOKS_FLAT,
		      progressive(400, 400, 99));
	hostile_refuses(corpus, "101 scans.jpg", "scans",
			progressive(400, 400, 100));
	hostile_refuses(corpus, "3000 scans.jpg", "scans",
			progressive(2000, 2000, 3000));
	hostile_refuses(corpus, "progressive 16400 x 16400.jpg",
			"too large|truncated",
			bytes_cut(progressive(16400, 16400, 1), 5000));
	hostile_reads(corpus, "no details.jpg", LOOKS_FLAT,
		      progressive(64, 64, 0));
	hostile_refuses(corpus, "progressive and cut.jpg", "truncated",
			bytes_cut(progressive(400, 400, 1), 300));
}

/* The same where one must look twice to see that it is progressive. */
static void
add_hidden_scans(Hostile *corpus)
{
	GByteArray *jpeg = progressive(2000, 2000, 1000);
	guint frame = jpeg_find(jpeg, JPEG_SOF2);

	hostile_refuses(corpus, "1000 scans behind junk.jpg", "scans",
			bytes_splice(bytes_copy(jpeg), frame, 0, "junk", 4));
	hostile_refuses(corpus, "1000 scans behind fill bytes.jpg", "scans",
			bytes_splice(bytes_copy(jpeg), frame, 0,
				     "\xff\xff\xff\xff", 4));
	/* libjpeg takes it for one of length 2, which is none. */
	hostile_refuses(corpus, "1000 scans behind a segment of 0.jpg", "scans",
			bytes_splice(jpeg, frame, 0, "\xff\xe5\0", 4));
}

static void
add_coding(Hostile *corpus)
{
	static const int markers[] = { 0xc1, 0xc9, 0xca, 0xcb, 0xcd, 0xc7 };

	for (gsize i = 0; i < G_N_ELEMENTS(markers); i++) {
		Flat flat = { markers[i], 64, 64, 3, { 0 } };
		g_autofree char *name =
			g_strdup_printf("frame %02x.jpg", markers[i]);

		hostile_takes_either(corpus, name, LOOKS_ANY,
				     "damaged|truncated", baseline(&flat));
	}
	Flat flat = { JPEG_SOF0, 0, 64, 3, { 0 } };
	GByteArray *jpeg = scan(begin(&flat), 0, 3, 0, 63);

	zero_bits(jpeg, 2 * 3 * 64);
	jpeg_append(jpeg, JPEG_DNL, bytes_pack(g_byte_array_new(), "2", 64));
	hostile_refuses(corpus, "height behind the scan.jpg", "damaged",
			finish(jpeg));
}

void
hostile_add_flat_jpeg(Hostile *corpus)
{
	add_subsamplings(corpus);
	add_components(corpus);
	add_scans(corpus);
	add_hidden_scans(corpus);
	add_coding(corpus);
}

#include "lib/image_bmp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Windows' names: BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER. */
enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40, V3_HEADER = 56 };
enum { BI_RGB = 0, BI_BITFIELDS = 3, BI_ALPHABITFIELDS = 6 };
enum { RED, GREEN, BLUE, ALPHA, N_MASKS };

typedef struct {
	int fd;
	int width, height, bits;
	gboolean down;          /* the first row is the upper one */
	gint64 at;              /* of the pixels in the file */
	gsize row;              /* bytes of a row, padding included */
	guint8 palette[256][3]; /* red, green, blue */
	guint32 masks[N_MASKS]; /* of 16 and 32 bits */
	int bands;              /* 3, or 4 with alpha */
} Bmp;

static void
bmp_free(Bmp *bmp)
{
	if (bmp->fd >= 0)
		close(bmp->fd);
	g_free(bmp);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bmp, bmp_free)

static guint32
get16(const guint8 *p)
{
	return (guint32)(p[0] | p[1] << 8);
}

static guint32
get32(const guint8 *p)
{
	return get16(p) | get16(p + 2) << 16;
}

/* ---- header */

static gboolean
fail(const char *reason)
{
	vips_error("bmp", "%s", reason);
	return FALSE;
}

static gboolean
read_size(Bmp *bmp, const guint8 *info, gboolean core)
{
	/* A negative height counts from the top. */
	gint64 width = core ? (gint32)get16(info + 4) : (gint32)get32(info + 4);
	gint64 height =
		core ? (gint32)get16(info + 6) : (gint32)get32(info + 8);

	bmp->down = height < 0;
	height = ABS(height);
	if (width < 1 || height < 1)
		return fail("no such size");
	if (width > VIPS_MAX_COORD || height > VIPS_MAX_COORD)
		return fail("too large");
	bmp->width = (int)width;
	bmp->height = (int)height;
	bmp->row = ((gsize)width * (gsize)bmp->bits + 31) / 32 * 4;
	return TRUE;
}

static void
read_masks(Bmp *bmp, const guint8 *info, guint32 size, guint32 compression)
{
	static const guint32 usual[2][N_MASKS] = {
		{ 0x7c00, 0x03e0, 0x001f, 0 },
		{ 0xff0000, 0x00ff00, 0x0000ff, 0 },
	};

	memcpy(bmp->masks, usual[bmp->bits == 32], sizeof bmp->masks);
	if (compression == BI_RGB)
		return;
	/* Behind the header, or in it: at the same place. */
	for (int k = 0; k < 3; k++)
		bmp->masks[k] = get32(info + INFO_HEADER + 4 * k);
	if (size >= V3_HEADER || compression == BI_ALPHABITFIELDS)
		bmp->masks[ALPHA] = get32(info + INFO_HEADER + 4 * ALPHA);
}

static gboolean
read_palette(Bmp *bmp, guint32 size, gboolean core, guint32 n_used)
{
	guint8 entries[256 * 4];
	gsize width = core ? 3 : 4, most = (gsize)1 << bmp->bits;
	gsize n = n_used == 0 || n_used > most ? most : n_used;

	if (pread(bmp->fd, entries, n * width, FILE_HEADER + (off_t)size) !=
	    (gssize)(n * width))
		return FALSE;
	for (gsize i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			bmp->palette[i][k] = entries[i * width + 2 - (gsize)k];
	return TRUE;
}

static gboolean
has_known_depth(const Bmp *bmp, guint32 compression)
{
	switch (bmp->bits) {
	case 1:
	case 4:
	case 8:
	case 24:
		return compression == BI_RGB;
	case 16:
	case 32:
		return compression == BI_RGB || compression == BI_BITFIELDS ||
		       compression == BI_ALPHABITFIELDS;
	default:
		return FALSE;
	}
}

static gboolean
read_header(Bmp *bmp)
{
	guint8 head[FILE_HEADER + V3_HEADER] = { 0 };
	const guint8 *info = head + FILE_HEADER;
	guint32 size, compression = BI_RGB, n_used = 0;
	gboolean core;

	if (pread(bmp->fd, head, sizeof head, 0) < FILE_HEADER + CORE_HEADER)
		return fail("not enough data");
	size = get32(info);
	core = size == CORE_HEADER;
	bmp->bits = (int)get16(info + (core ? 10 : 14));
	if (!core) {
		compression = get32(info + 16);
		n_used = get32(info + 32);
	}
	if (!has_known_depth(bmp, compression))
		return fail("compressed, or of an unusual depth");
	if (!read_size(bmp, info, core))
		return FALSE;
	if (bmp->bits <= 8 && !read_palette(bmp, size, core, n_used))
		return fail("not enough data");
	if (bmp->bits == 16 || bmp->bits == 32)
		read_masks(bmp, info, size, compression);
	bmp->bands = bmp->masks[ALPHA] != 0 ? 4 : 3;
	bmp->at = get32(head + 10);
	return TRUE;
}

/* ---- pixels */

/* The bits of a mask as a value from 0 to 255. */
static guint8
masked(guint32 pixel, guint32 mask)
{
	guint64 most;

	if (mask == 0)
		return 0;
	most = mask >> __builtin_ctz(mask);
	return (guint8)(((guint64)((pixel & mask) >> __builtin_ctz(mask)) *
				 255 +
			 most / 2) /
			most);
}

/* Columns first..first+n-1 of a row. */
static void
unpack(const Bmp *bmp, guint8 *out, const guint8 *row, int first, int n)
{
	for (int x = first; x < first + n; x++, out += bmp->bands) {
		const guint8 *p = row + (gsize)x * (gsize)bmp->bits / 8;
		guint32 pixel;

		switch (bmp->bits) {
		case 24:
			out[0] = p[2];
			out[1] = p[1];
			out[2] = p[0];
			break;
		case 16:
		case 32:
			pixel = bmp->bits == 16 ? get16(p) : get32(p);
			for (int k = 0; k < bmp->bands; k++)
				out[k] = masked(pixel, bmp->masks[k]);
			break;
		default:
			pixel = (guint32)(*p >>
					  (8 - bmp->bits - x * bmp->bits % 8)) &
				((1u << bmp->bits) - 1);
			memcpy(out, bmp->palette[pixel], 3);
		}
	}
}

static int
generate(VipsRegion *region, void *sequence, void *a, void *b, gboolean *stop)
{
	const Bmp *bmp = a;
	const VipsRect *r = &region->valid;
	g_autofree guint8 *row = g_malloc(bmp->row);

	(void)sequence;
	(void)b;
	(void)stop;
	for (int y = r->top; y < r->top + r->height; y++) {
		int stored = bmp->down ? y : bmp->height - 1 - y;
		off_t at = bmp->at + (off_t)bmp->row * stored;

		if (pread(bmp->fd, row, bmp->row, at) != (gssize)bmp->row) {
			vips_error("bmp", "not enough data");
			return -1;
		}
		unpack(bmp, VIPS_REGION_ADDR(region, r->left, y), row, r->left,
		       r->width);
	}
	return 0;
}

VipsImage *
kw_bmp_open(const char *file)
{
	g_autoptr(Bmp) bmp = g_new0(Bmp, 1);
	VipsImage *image;
	const Bmp *shared;

	bmp->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (bmp->fd < 0) {
		vips_error_system(errno, "bmp", "cannot open");
		return NULL;
	}
	if (!read_header(bmp))
		return NULL;
	image = vips_image_new();
	vips_image_init_fields(image, bmp->width, bmp->height, bmp->bands,
			       VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
			       VIPS_INTERPRETATION_sRGB, 1.0, 1.0);
	shared = bmp;
	g_object_set_data_full(G_OBJECT(image), "kw-bmp", g_steal_pointer(&bmp),
			       (GDestroyNotify)bmp_free);
	if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) !=
		    0 ||
	    vips_image_generate(image, NULL, generate, NULL, (void *)shared,
				NULL) != 0) {
		g_object_unref(image);
		return NULL;
	}
	return image;
}

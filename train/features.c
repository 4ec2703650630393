#include "train/features.h"

#include <string.h>

#include "kw/alloc.h"
#include "train/feature_file.h"

struct Features {
	FeaturesShape shape;
	gsize n;                  /* images */
	gsize first[KW_N_SPLITS]; /* number of each split's first image */
	guint8 *there;            /* n: is the row there? */
	gsize kept;               /* rows that were put where none was */
	guint8 *memory;           /* n rows; or */
	FeatureFile *file;
	guint8 *blank; /* a row; NULL: not put yet */
	gint damaged;
};

gsize
features_shape_images(const FeaturesShape *shape)
{
	gsize n = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += shape->counts[s];
	return n;
}

gsize
features_shape_bytes(const FeaturesShape *shape)
{
	return features_shape_images(shape) * shape->bytes;
}

/* ---- life */

/* Without a place for the rows. */
static Features *
features_alloc(const FeaturesShape *shape)
{
	Features *f = g_new0(Features, 1);

	f->shape = *shape;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		f->first[s] = f->n;
		f->n += shape->counts[s];
	}
	f->there = g_new0(guint8, f->n);
	return f;
}

Features *
features_new(const FeaturesShape *shape, GError **error)
{
	g_autoptr(Features) f = features_alloc(shape);

	f->memory = kw_alloc(f->n, shape->bytes,
			     "the output of the frozen layers", error);
	return f->memory != NULL ? g_steal_pointer(&f) : NULL;
}

Features *
features_create(const char *path, const char *key, const FeaturesShape *shape,
		GError **error)
{
	g_autoptr(Features) f = features_alloc(shape);

	f->file = feature_file_create(path, key, f->n, shape->bytes, error);
	return f->file != NULL ? g_steal_pointer(&f) : NULL;
}

Features *
features_open(const char *path, const char *key, const FeaturesShape *shape,
	      GError **error)
{
	g_autoptr(Features) f = features_alloc(shape);

	f->file = feature_file_open(path, key, f->n, shape->bytes, error);
	if (f->file == NULL)
		return NULL;
	memset(f->there, TRUE, f->n);
	f->kept = f->n;
	return g_steal_pointer(&f);
}

void
features_free(Features *features)
{
	if (features == NULL)
		return;
	feature_file_free(features->file);
	kw_free(features->memory);
	g_free(features->there);
	g_free(features->blank);
	g_free(features);
}

gsize
features_bytes(const Features *features)
{
	return features->shape.bytes;
}

/* ---- rows */

static gboolean
get_row(Features *f, gsize i, guint8 *row)
{
	if (!f->there[i])
		return FALSE;
	if (f->memory != NULL) {
		memcpy(row, f->memory + i * f->shape.bytes, f->shape.bytes);
		return TRUE;
	}
	if (feature_file_read(f->file, i, row))
		return TRUE;
	f->there[i] = FALSE;
	g_atomic_int_inc(&f->damaged);
	return FALSE;
}

gboolean
features_get(Features *f, KwSplit split, const gsize *indices, gsize n,
	     void *rows)
{
	guint8 *row = rows;

	for (gsize i = 0; i < n; i++, row += f->shape.bytes)
		if (!get_row(f, f->first[split] + indices[i], row))
			return FALSE;
	return TRUE;
}

static gboolean
put_row(Features *f, gsize i, const guint8 *row, GError **error)
{
	if (f->memory != NULL)
		memcpy(f->memory + i * f->shape.bytes, row, f->shape.bytes);
	else if (!feature_file_write(f->file, i, row, error))
		return FALSE;
	f->kept += !f->there[i];
	f->there[i] = TRUE;
	return TRUE;
}

gboolean
features_put(Features *f, KwSplit split, const gsize *indices, gsize n,
	     const void *rows, GError **error)
{
	const guint8 *row = rows;

	for (gsize i = 0; i < n; i++, row += f->shape.bytes)
		if (!put_row(f, f->first[split] + indices[i], row, error))
			return FALSE;
	return f->file == NULL || f->kept < f->n ||
	       feature_file_finish(f->file, error);
}

const void *
features_blank(const Features *features)
{
	return features->blank;
}

void
features_put_blank(Features *features, const void *row)
{
	if (features->blank == NULL)
		features->blank = g_malloc(features->shape.bytes);
	memcpy(features->blank, row, features->shape.bytes);
}

int
features_damaged(const Features *features)
{
	return g_atomic_int_get(&features->damaged);
}

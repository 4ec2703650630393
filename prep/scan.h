/*
 * Which photos there are: DIR/CLASS/..., or DIR/SPLIT/CLASS/... where SPLIT is
 * train, val (valid, validation, validate) or test.
 */
#ifndef PREP_SCAN_H
#define PREP_SCAN_H

#include <glib.h>

typedef struct {
	GPtrArray *photos;  /* Photo; by path, then split; owned */
	GPtrArray *classes; /* char *: folder names as they are, sorted */
	gboolean presplit;  /* the tree is split already */
	gsize n_loose;      /* files outside class folders */
	char *loose;        /* the first of them, or NULL */
} Scan;

/*
 * Walk the tree below `dir`.  Sub-folders and symbolic links are followed,
 * loops are not; names that begin with a dot are passed over.  The result does
 * not depend on the order in which the file system lists names.
 *
 * Folders that cannot be read are added to `rejects` (Reject).
 * KW_ERROR_INPUT when there are not at least two class folders and one file.
 */
Scan *scan_folder(const char *dir, GPtrArray *rejects, GError **error);
void scan_free(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

#endif

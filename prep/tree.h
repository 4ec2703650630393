/*
 * The photos of folders: DIR/CLASS/..., or DIR/SPLIT/CLASS/... where SPLIT is
 * train, val (valid, validation, validate) or test.
 */
#ifndef PREP_TREE_H
#define PREP_TREE_H

#include "prep/scan.h"

/*
 * Walk the trees below `dirs` (NULL-terminated, at least one), which are all
 * split or none.  A photo is called by its path below its tree, without a split
 * folder; where there are several trees, with the base name of its tree in
 * front.  Sub-folders and symbolic links are followed, each folder once a
 * class, and none above it; names that begin with a dot, and what Windows
 * leaves in folders, are passed over.  The result does not depend on the order
 * in which the file system lists names.
 *
 * `classes` (NULL-terminated) are the class folders to take, in the order of
 * the labels; NULL: all, sorted.
 *
 * Folders that cannot be read are added to `rejects` (Reject).
 * KW_ERROR_INPUT when there are not at least two class folders and one file;
 * KW_ERROR_INTERRUPTED.
 */
Scan *tree_scan(char *const *dirs, char *const *classes, GPtrArray *rejects,
		GError **error);

#endif

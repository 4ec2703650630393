/*
 * The photos of a list: a tab-separated file, a line a photo,
 *
 *	PATH  LABEL  [SPLIT  [GROUP]]
 *
 * SPLIT and GROUP may be empty.  Photos of one GROUP belong together, whatever
 * their class.
 */
#ifndef PREP_LIST_H
#define PREP_LIST_H

#include "prep/scan.h"

/*
 * Read the list `file`; "-" is standard input.  A relative PATH begins at
 * `dir`, or where that is NULL at the working folder.  A photo is called by its
 * path below `dir`; elsewhere by PATH, without a leading '/' or "./".
 *
 * A first line "path<TAB>label..." is a heading; empty lines are passed over;
 * lines may end in CR LF.  Tabs, line feeds and backslashes in a field are
 * written as kw_tsv_escape() does.  `classes` as for tree_scan().
 *
 * KW_ERROR_INPUT: the list cannot be read, names a photo twice in different
 * ways, or has fewer than two classes.  KW_ERROR_FORMAT names the line that is
 * no such line.
 */
Scan *list_scan(const char *file, const char *dir, char *const *classes,
		GError **error);

#endif

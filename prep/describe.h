/* What is said of the dataset as a whole. */
#ifndef PREP_DESCRIBE_H
#define PREP_DESCRIBE_H

#include "prep/options.h"

/*
 * The description of the dataset that these photos (Photo), split already,
 * become.  `presplit`: the input was split; `classes` (char *) are the names
 * that labels count; `known` is known_digest() with --split-from, else NULL.
 */
KwDatasetInfo *describe(const Options *options, const GPtrArray *photos,
			const GPtrArray *classes, gboolean presplit,
			const char *known);

#endif

/*
 * What a file holds, for people: lines of a word and what it is, and a table.
 * Whatever is in the file, the text is printable.  Free it.
 */
#ifndef KW_INFO_TEXT_H
#define KW_INFO_TEXT_H

#include "info/census.h"
#include "info/model.h"

/* With `verbose`, the shards of an index one by one. */
char *info_dataset_text(const KwDataset *dataset, const InfoCensus *census,
			gboolean verbose);

char *info_model_text(const InfoModel *model);

#endif

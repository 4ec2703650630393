/*
 * A dataset from an input that is open already: for those who have to look
 * first what they were given, which of a pipe cannot be done twice.
 */
#ifndef KW_DATASET_INFILE_H
#define KW_DATASET_INFILE_H

#include "kw/dataset.h"
#include "lib/infile.h"

/* As kw_dataset_open(); `in` may be freed at once. */
KwDataset *kw_dataset_open_infile(const KwInfile *in, GError **error);

#endif

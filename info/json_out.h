/*
 * What a file holds, for programs: one JSON object, without a line feed at its
 * end.  kw-info(1) tells what its members are.  Free it.
 */
#ifndef KW_INFO_JSON_OUT_H
#define KW_INFO_JSON_OUT_H

#include "info/census.h"
#include "info/model.h"

char *info_dataset_json(const KwDataset *dataset, const InfoCensus *census);
char *info_model_json(const InfoModel *model);

#endif

/* The report of kw-prep for programs: JSON and TSV. */
#ifndef PREP_SUMMARY_H
#define PREP_SUMMARY_H

#include "prep/report.h"

/*
 * The report as one JSON object, as kw-prep(1) describes it, ended by '\n'.
 * File names are written as kw_source_name() does.  Free it.
 */
char *summary_json(const Report *report);

/*
 * What was left out: a heading, then a line each of path, stage and reason,
 * escaped as kw_tsv_escape() does.  Free it.
 */
char *summary_rejects(const Report *report);

#endif

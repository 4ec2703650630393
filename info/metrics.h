/* The metrics of a kw model, as people read them. */
#ifndef KW_INFO_METRICS_H
#define KW_INFO_METRICS_H

#include <glib.h>

/*
 * Lines for kw_metrics of kw-model(5): one for each member, and of the member
 * "test", the test report, its main numbers.  What is not such a report is
 * shown as JSON, and what is no JSON object as it is.  Never empty;
 * g_strfreev() them.
 */
GStrv info_metrics_lines(const char *metrics);

#endif

/* Named policies and policy files, for each other.  Any thread. */
#ifndef KW_POLICY_FILE_H
#define KW_POLICY_FILE_H

#include <glib.h>

#include "kw/policy.h"

/* The named policy, as a policy file; NULL: no such name.  Static. */
const char *kw_policy_named(const char *name);

/*
 * What the text of a policy file says; `file` is its name, for messages.
 * KW_ERROR_FORMAT.
 */
gboolean kw_policy_parse(KwPolicy *policy, const char *text, const char *file,
			 GError **error);

#endif

/*
 * Options of a command line for the keys of a table (keys.h): --KEY VALUE, and
 * for flags --KEY and --no-KEY.
 */
#ifndef KW_KEY_OPTIONS_H
#define KW_KEY_OPTIONS_H

#include <argp.h>

#include "kw/keys.h"

/* What argp calls the options of keys: others are below. */
enum { KW_KEY_OPTION = 1024, KW_NO_KEY_OPTION = 2048 };

/* A setting of the command line; `value` is borrowed from it. */
typedef struct {
	const char *key, *value;
} KwSetting;

/*
 * Append them to a list of struct argp_option, each section under its heading,
 * in argp's groups from `group` on; the next free group.  help(key) is what is
 * said of a key, and lives on.
 */
int kw_key_options(GArray *list, const KwTypedKey *keys, gsize n, int group,
		   const char *(*help)(const KwKey *key));

/* The setting that an option stands for; FALSE: it is none of the keys'. */
gboolean kw_key_option(const KwTypedKey *keys, gsize n, int option,
		       const char *argument, KwSetting *setting);

#endif

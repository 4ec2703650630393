/*
 * Keys: what the fields of a struct are called where people set them, how their
 * values are written, and within which limits.  One table says it for options,
 * for the settings of files, and for --help: policies (policy.h) and the
 * recipes of kw-train have one each.
 *
 * Such a file is a GKeyFile with one group, which is called as what it makes:
 *
 *	[policy]
 *	base = seed
 *	rotation = 10
 *
 * "base = NAME" says what it begins with, wherever it stands.  Any thread.
 */
#ifndef KW_KEYS_H
#define KW_KEYS_H

#include <glib.h>

/* One key, for tables of options and for help. */
typedef struct {
	const char *name;     /* "horizontal-flip" */
	const char *argument; /* "DEG"; NULL: a flag, true or false */
	const char *help;     /* a phrase, for --help */
	const char *section;  /* "Geometry:", the same for neighbours */
} KwKey;

/* What a key's field is, and how its value is written. */
typedef enum {
	KW_KEY_NUMBER, /* double: a number within the limits */
	KW_KEY_INT,    /* int: a whole number within the limits */
	KW_KEY_BYTE,   /* guint8: the same */
	KW_KEY_UINT64, /* guint64: a whole number from 0 to 2^63 - 1 */
	KW_KEY_FLAG,   /* gboolean: true, yes, on, 1, or false, no, off, 0 */
	KW_KEY_CHOICE, /* an enum from 0, or gboolean: one of the names */
	KW_KEY_OTHER,  /* what set() and get() make of it */
} KwKeyKind;

typedef struct KwTypedKey KwTypedKey;
struct KwTypedKey {
	KwKey key;
	KwKeyKind kind;
	gsize offset;             /* of the field in the struct */
	double low, high;         /* limits of a number */
	const char *const *names; /* of a choice; NULL-terminated */
	/* Of KW_KEY_OTHER; `values` is the whole struct.  The errors of
	 * kw_keys_set(); the text is freed by the caller. */
	gboolean (*set)(const KwTypedKey *key, gpointer values,
			const char *value, GError **error);
	char *(*get)(const KwTypedKey *key, gconstpointer values);
	gconstpointer data; /* for them ... */
	int mark;           /* ... and for whoever owns the table */
};

/* All keys of a struct of plain values, and the named ones there are. */
typedef struct {
	const char *what;       /* "policy": what the struct is, for messages */
	const char *help;       /* what lists the keys: "kw-augment --help" */
	const KwTypedKey *keys; /* in the order of the manual */
	gsize n;
	gconstpointer base; /* a struct: what files begin with by default */
	gsize size;         /* of the struct */
	/* A struct: what numbers are where "none" is said; NULL: that is no
	 * number. */
	gconstpointer none;
	/* The key that is meant by a name of another program's, with '-' for
	 * '_'; or NULL. */
	const char *(*meant)(const char *name);
	const char *const *names; /* "seed", ..., NULL */
	const char *const *texts; /* what each name means, as a file */
} KwKeyTable;

/* NULL: no such key. */
const KwTypedKey *kw_keys_find(const KwKeyTable *table, const char *name);

/*
 * Set the field of a key.
 * KW_ERROR_USAGE, and nothing set: no such key (names the nearest one), no
 * number, out of range; the message begins with the key, "zoom: ...".
 */
gboolean kw_keys_set(const KwKeyTable *table, gpointer values, const char *name,
		     const char *value, GError **error);

/*
 * The value of a key that there is, as kw_keys_set() takes it, in the shortest
 * form.  Free it.
 */
char *kw_keys_get(const KwKeyTable *table, gconstpointer values,
		  const char *name);

/*
 * The struct of that name, or what a file says, of up to 100 kB, or a pipe.
 * Errors, and nothing set: KW_ERROR_INPUT (no such name or file, names the
 * nearest name), KW_ERROR_FORMAT (no GKeyFile, another group, a key twice or
 * unknown, a bad value: with file and key), KW_ERROR_IO.
 */
gboolean kw_keys_load(const KwKeyTable *table, gpointer values,
		      const char *name_or_file, GError **error);

/*
 * What the text of a file says; `file` is its name, for messages.
 * KW_ERROR_FORMAT, and nothing set.
 */
gboolean kw_keys_parse(const KwKeyTable *table, gpointer values,
		       const char *text, const char *file, GError **error);

/*
 * A file that kw_keys_load() reads back: a comment line of help above each key
 * that differs from the table's base.  Free it.
 */
char *kw_keys_text(const KwKeyTable *table, gconstpointer values);

/* ---- for set() and get() of keys of other kinds */

/* FALSE, with KW_ERROR_USAGE and "KEY: REASON". */
gboolean kw_key_refuse(GError **error, const char *key, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Any finite number, with blanks around it; `hint` ends the message of what is
 * none. */
gboolean kw_key_read_number(const char *key, double *value, const char *text,
			    const char *hint, GError **error);

/* Is it within the key's limits, and whole if it has to be? */
gboolean kw_key_check_number(const KwTypedKey *key, double value,
			     gboolean whole, GError **error);

/* The shortest decimal that reads back as the same number.  Free it. */
char *kw_number_text(double value);

#endif

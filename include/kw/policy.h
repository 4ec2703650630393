/*
 * Policies: which transforms copies of a photo may get, and how far they go.
 *
 * A policy is written as KEY=VALUE lines, in a file
 *
 *	[policy]
 *	rotation = 10
 *	brightness = 0.8,1.2
 *
 * or as the options --KEY VALUE of kw-augment.  The keys, their meaning and the
 * distributions drawn from are those of kw-augment(1).  In a file,
 * "base = NAME" says which named policy it begins with (keys.h).  Any thread.
 */
#ifndef KW_POLICY_H
#define KW_POLICY_H

#include <glib.h>

#include "kw/filter.h"
#include "kw/keys.h"
#include "kw/warp.h"

/* A number is drawn uniformly from low to high. */
typedef struct {
	double low, high;
} KwRange;

/*
 * Begin with kw_policy_none, not with zeros: a factor of 0 is not nothing.  The
 * limits are kept by kw_policy_set(), and by nothing after it.
 */
typedef struct {
	/* geometry; symmetric ranges are +- the number */
	double rotation;                  /* degrees; 0..360 */
	double width_shift, height_shift; /* of the side; pixels if >= 1 */
	double shear;                     /* Keras's: degrees; 0..90 */
	double shear_x, shear_y;          /* plain ones: factors; 0..4 */
	KwRange zoom;                     /* factors; 0.001..10; 1 off */
	gboolean zoom_uniform;            /* one factor for both axes */
	gboolean horizontal_flip, vertical_flip; /* with probability 0.5 */
	KwRange crop; /* share of the area; 0.001..1 off */
	/* colours */
	double channel_shift;                     /* levels; 0..255 */
	KwRange brightness, contrast, saturation; /* factors; 0.001..10 */
	double hue;                               /* degrees; 0..180 */
	KwRange sharpness;                        /* factors; 0..10; 1 off */
	KwRange posterize;                        /* bits kept: 1..8 off */
	KwRange solarize;              /* threshold, levels: 0..256 off */
	double autocontrast, equalize; /* probabilities */
	/* damage */
	double blur;  /* sigma, pixels; 0..S drawn */
	double noise; /* sigma, levels; 0..S drawn */
	KwRange jpeg; /* quality, 1..100; 0,0 none */
	double erase; /* probability */
	/* how; choose_one: one of the above or nothing, flips and crop apart */
	gboolean choose_one;
	KwInterpolation interpolate;
	KwFill fill;
	guint8 fill_value; /* of KW_FILL_CONSTANT */
} KwPolicy;

/* Nothing at all, and the recipe of the Keras notebooks that kw replaces. */
extern const KwPolicy kw_policy_none, kw_policy_seed;

/* "seed", "light", "heavy", "trivial", "none", NULL */
extern const char *const kw_policy_names[];

/* The keys in the order of the manual, and how many they are.  Static. */
const KwTypedKey *kw_policy_keys(gsize *n);

/*
 * Set one key.  A number N, or a range A,B, of which one number alone is both
 * (of zoom: Z is 1-Z,1+Z); "none" turns it off.  A flag is true, yes, on, 1 or
 * false, no, off, 0.
 * KW_ERROR_USAGE, and nothing set: no such key (names the nearest one, also of
 * Keras's names), no number, out of range, low above high; the message begins
 * with the key, "zoom: ...".
 */
gboolean kw_policy_set(KwPolicy *policy, const char *key, const char *value,
		       GError **error);

/*
 * The named policy, or what a file says; keys that are not in it are off.  What
 * is no name is a file, of up to 100 kB, or a pipe.
 * Errors: KW_ERROR_INPUT (no such name or file, names the nearest name),
 * KW_ERROR_FORMAT (no GKeyFile, another group than [policy], a key twice or
 * unknown, a bad value: with file and key), KW_ERROR_IO.
 */
gboolean kw_policy_load(KwPolicy *policy, const char *name_or_file,
			GError **error);

/*
 * What the text of such a file says; `file` is its name, for messages.
 * KW_ERROR_FORMAT.
 */
gboolean kw_policy_parse(KwPolicy *policy, const char *text, const char *file,
			 GError **error);

/*
 * The value of a key as kw_policy_set() takes it, in the shortest form; "none"
 * for a range that is off.  Free it.
 */
char *kw_policy_get(const KwPolicy *policy, const char *key);

/*
 * A policy file: a comment line of help above each key that differs from
 * kw_policy_none.  kw_policy_load() reads it back.  Free it.
 */
char *kw_policy_text(const KwPolicy *policy);

#endif

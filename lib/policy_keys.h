/*
 * What kw knows of each key of a policy, for the files of policies alone.  Any
 * thread.
 */
#ifndef KW_POLICY_KEYS_H
#define KW_POLICY_KEYS_H

#include <glib.h>

#include "kw/policy.h"

/* Marks of a key, to be added. */
enum {
	POLICY_APART = 1, /* none of those that "choose one" chooses from */
	POLICY_WHOLE = 2, /* a range of whole numbers */
};

/* All keys, in the order of the manual. */
enum { POLICY_N_KEYS = 29 };
extern const KwKeyTable kw_policy_table;

/* Does a policy say something else of the key than kw_policy_none? */
gboolean kw_policy_is_on(const KwPolicy *policy, const KwTypedKey *key);

/* Make it what it is in kw_policy_none. */
void kw_policy_turn_off(KwPolicy *policy, const KwTypedKey *key);

/*
 * A policy that chooses one, after it has chosen: `uniform`, in [0, 1), picks
 * evenly among doing nothing and each key that is on and not `apart`, in their
 * order; of these the others are turned off.
 */
KwPolicy kw_policy_choose(const KwPolicy *policy, double uniform);

/*
 * Ranges, as set() and get() of their keys: two numbers A,B, or one which is
 * both; of zoom, Z is 1-Z,1+Z.  "none" is that of kw_policy_none.  The data of
 * factors and shares is a string: why they are above 0.
 */
gboolean kw_policy_set_range(const KwTypedKey *key, gpointer policy,
			     const char *value, GError **error);
gboolean kw_policy_set_zoom(const KwTypedKey *key, gpointer policy,
			    const char *value, GError **error);
char *kw_policy_get_range(const KwTypedKey *key, gconstpointer policy);

/* The policies of kw_policy_names, as files, in that order. */
extern const char *const kw_policy_texts[];

#endif

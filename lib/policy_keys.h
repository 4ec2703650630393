/*
 * What kw knows of each key of a policy, for the files of policies alone.  Any
 * thread.
 */
#ifndef KW_POLICY_KEYS_H
#define KW_POLICY_KEYS_H

#include <glib.h>

#include "kw/policy.h"

/* What a key's field in KwPolicy is, and how its value is written. */
typedef enum {
	POLICY_NUMBER, /* double: one number within the limits */
	POLICY_RANGE,  /* KwRange: two numbers A,B; or one, which is both */
	POLICY_ZOOM,   /* KwRange: two numbers A,B; or Z, which is 1-Z,1+Z */
	POLICY_BYTE,   /* guint8: a whole number within the limits */
	POLICY_FLAG,   /* gboolean */
	POLICY_CHOICE, /* an enum, or gboolean: one of the names */
} PolicyKind;

typedef struct {
	KwPolicyKey key;
	PolicyKind kind;
	gsize offset;     /* of the field */
	double low, high; /* limits of each number */
	gboolean whole;   /* whole numbers only */
	gboolean apart;   /* not one of those that "choose one" chooses from */
	const char *zero; /* of factors and shares: why they are above 0 */
	const char *const *names; /* of a choice */
} PolicyKey;

/* All keys, in the order of the manual. */
enum { POLICY_N_KEYS = 29 };
extern const PolicyKey kw_policy_table[POLICY_N_KEYS];

/* NULL: no such key. */
const PolicyKey *kw_policy_find(const char *name);

/*
 * The field of a key: double, KwRange or guint8; of a flag or a choice guint,
 * whatever it is called in KwPolicy.
 */
gpointer kw_policy_field(KwPolicy *policy, const PolicyKey *key);
gconstpointer kw_policy_value(const KwPolicy *policy, const PolicyKey *key);

/* Does a policy say something else of the key than kw_policy_none? */
gboolean kw_policy_is_on(const KwPolicy *policy, const PolicyKey *key);

/* Make it what it is in kw_policy_none. */
void kw_policy_turn_off(KwPolicy *policy, const PolicyKey *key);

/*
 * A policy that chooses one, after it has chosen: `uniform`, in [0, 1), picks
 * evenly among doing nothing and each key that is on and not `apart`, in their
 * order; of these the others are turned off.
 */
KwPolicy kw_policy_choose(const KwPolicy *policy, double uniform);

#endif

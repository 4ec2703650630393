/*
 * How a network computes: what --precision and --algorithm ask for, and what is
 * chosen.
 */
#ifndef KW_TRAIN_PLAN_H
#define KW_TRAIN_PLAN_H

#include "train/network.h"

typedef enum { PRECISION_AUTO, PRECISION_BF16, PRECISION_F32 } Precision;
extern const char *const precision_names[]; /* and NULL */
typedef enum { ALGORITHM_AUTO, ALGORITHM_DIRECT, ALGORITHM_WINOGRAD } Algorithm;

typedef struct {
	Precision precision;
	Algorithm algorithm;
	gsize memory; /* bytes that the network may take, where there is a
			 choice; the simplest plan is made all the same */
} PlanWish;

/*
 * Choose spec->plan.  PRECISION_AUTO takes bf16 only where the CPU has it
 * natively.  With ALGORITHM_DIRECT nothing is measured: the same machine always
 * gets the same plan.  Else the convolutions of this network run for some
 * seconds, by all algorithms, in every mode that is possible here (tune.h) and
 * may become the fastest; another mode than float32, N,H,W,C must be 5 % faster
 * than it.
 *
 * *why, to be freed, is the plan and why it is that one, a line without its
 * end.
 * Errors: KW_ERROR_UNSUPPORTED (what was asked for is not possible here),
 * KW_ERROR_MEMORY.
 */
gboolean plan_choose(NetworkSpec *spec, const PlanWish *wish, char **why,
		     GError **error);

/*
 * For a network that is only used, without a measurement, for which three
 * photos cannot wait, and which might choose anew the next time.  Forward
 * passes are by our own Winograd kernels, but for the first one, whose channels
 * are too few; all are direct where the CPU has no vectors for these kernels,
 * and in bf16 where it has AMX, which is faster.
 *
 * PRECISION_AUTO takes bf16 with AMX only: with AVX512_BF16 alone its products
 * cost half as much as those of float32 on some CPUs (Zen 4) and as much on
 * others (Cooper Lake), and Winograd's algorithm saves more of those of
 * float32.  That bf16 cannot be computed here is known when the network is
 * made: plan_blame_precision().
 */
void plan_for_use(NetworkSpec *spec, Precision precision);

/* A network could not be made: where bf16 was asked for and oneDNN has no such
 * operation, *error says what to do. */
void plan_blame_precision(Precision precision, GError **error);

/* "f32 direct", or "f32 Winograd" where any pass is.  Free it. */
char *plan_name(const NetworkPlan *plan);

/*
 * "f32 nhwc", and for each convolution a word of three letters, its forward
 * pass, data gradient and weight gradient: d for direct, w for oneDNN's
 * Winograd kernel, f for our own.  Free it.
 */
char *plan_text(const NetworkPlan *plan);

/* What plan_text() wrote; FALSE for anything else. */
gboolean plan_parse(const char *text, NetworkPlan *plan);

#endif

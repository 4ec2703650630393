/*
 * oneDNN's operations of VGG19, one at a time and bare: nothing is fused, no
 * layout is converted, and nothing of kw-train takes part but what its header
 * says of the versions of oneDNN.
 */
#ifndef KW_BENCH_BARE_H
#define KW_BENCH_BARE_H

#include "train/dnn_internal.h"

typedef enum { CONV, POOL, DENSE } Kind;

/* Height and width are those of the input. */
typedef struct {
	Kind kind;
	int n, h, w, in, out;
	char name[32];
} Shape;

typedef enum { INFERENCE, FORWARD, DATA, WEIGHTS, N_PASSES } Pass;

/* What an operation is tried with. */
typedef enum { NHWC, ANY, BLOCKED } Order;
typedef struct {
	const char *name;
	dnnl_data_type_t type;
	dnnl_alg_kind_t algorithm;
	Order order;
} Try;

/* The ways in which layers of a kind can be computed. */
const Try *bare_tries(Kind kind, int *n);

/*
 * A layer computed in one of these ways, to be freed with pd_free().  NULL
 * where oneDNN has no code for it that is meant for this CPU.
 */
Pd bare_find(Dnn *dnn, const Shape *shape, const Try *how, Pass pass);

/* The median seconds of a few runs. */
dnnl_status_t bare_time(Dnn *dnn, Pd pd, double *seconds);

#endif

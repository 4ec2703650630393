/*
 * The update of weights that are float32 for operations that want them in bf16,
 * in one pass: what is read once is written as the new weight and velocity, and
 * rounded, as the copies.  For CPUs with AVX512_BF16, and layouts of oneDNN
 * that it has there.
 */
#ifndef KW_TRAIN_BF16_UPDATE_H
#define KW_TRAIN_BF16_UPDATE_H

#include "train/dnn.h"

typedef struct Bf16Update Bf16Update;

/*
 * For a kernel that lies as `master` says, and its copies; NULL is none of that
 * direction, or the same as the other.  NULL is returned where this CPU, or one
 * of the layouts, is another.
 */
Bf16Update *bf16_update_new(const DnnLayout *master, const DnnLayout *forward,
			    const DnnLayout *backward);
void bf16_update_free(Bf16Update *update);

/* Does it go by long rows, and can add up outer products by the way? */
gboolean bf16_update_takes_products(const Bf16Update *update);

/* What is read and written. */
typedef struct {
	float *value, *velocity;
	const float *gradient;         /* or NULL and ... */
	const OuterProducts *products; /* ... what it is the sum of */
	guint16 *forward, *backward;   /* aligned to 64 bytes */
} Bf16Weights;

/*
 *	velocity = momentum * velocity - rate * (gradient + decay * value)
 *	value = value + velocity
 *
 * FALSE when a weight is no finite number any more.
 */
gboolean bf16_update_run(const Bf16Update *update, const Bf16Weights *weights,
			 float rate, float momentum, float decay);

#endif

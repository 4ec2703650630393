/*
 * Keyed random numbers: Philox4x32-10 of Random123 (Salmon et al. 2011).
 *
 * Nothing in kw draws from a sequence.  Each number is a function of the seed
 * and of what it is for, so that results do not depend on the number of
 * threads, on the order of work, or on what else was drawn.
 *
 *	key     = (seed low, seed high)
 *	counter = (subject low, subject high, round, purpose << 16 | draw)
 *
 * `subject` and `round` have a meaning of their own for each purpose.  All
 * functions may be called from any thread.
 */
#ifndef KW_RANDOM_H
#define KW_RANDOM_H

#include <glib.h>

typedef enum {
	/* subject: record id   round: copy         draw: see transform.h */
	KW_PURPOSE_TRANSFORM = 1,
	/* subject: group id    round: 0            draw: 0 */
	KW_PURPOSE_SPLIT = 2,
	/* subject: record id   round: 0            draw: 0 */
	KW_PURPOSE_ORDER = 3,
	/* subject: record id   round: epoch        draw: copy */
	KW_PURPOSE_SHUFFLE = 4,
	/* subject: step        round: row of the batch   draw: unit / 4
	 * and the place of the layer among those of dropout added to the seed
	 */
	KW_PURPOSE_DROPOUT = 5,
	/* subject: element / 4 round: layer        draw: 0 */
	KW_PURPOSE_INITIAL_WEIGHTS = 6,
	/* subject: byte / 8    round: key of the copy    draw: 0; seed 0 */
	KW_PURPOSE_NOISE = 7,
	/* subject: byte / 16   round: key of the copy    draw: 0; seed 0 */
	KW_PURPOSE_ERASE = 8,
} KwPurpose;

/* What one draw is keyed with; `draw` in 0..65535. */
typedef struct {
	guint64 seed;
	guint64 subject;
	guint32 round;
	KwPurpose purpose;
} KwRandomKey;

/* The four 32-bit words of one Philox block. */
void kw_random_block(const KwRandomKey *key, guint16 draw, guint32 words[4]);

/* Words 0 (low) and 1 (high) of the block as one number: for sorting by it. */
guint64 kw_random_u64(const KwRandomKey *key, guint16 draw);

/* Uniform in [0, 1): the upper 53 bits of kw_random_u64(), times 2^-53. */
double kw_random_uniform(const KwRandomKey *key, guint16 draw);

/* Uniform in [low, high); low itself when the two are equal. */
double kw_random_between(const KwRandomKey *key, guint16 draw, double low,
			 double high);

#endif

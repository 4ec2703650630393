/* What a step that diverges leads to. */
#ifndef KW_TRAIN_GUARD_H
#define KW_TRAIN_GUARD_H

typedef enum { ON_DIVERGENCE_STOP, ON_DIVERGENCE_SKIP } OnDivergence;

#endif

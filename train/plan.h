/* Which kind of numbers and which algorithms the network is computed with. */
#ifndef KW_TRAIN_PLAN_H
#define KW_TRAIN_PLAN_H

typedef enum { PRECISION_AUTO, PRECISION_BF16, PRECISION_F32 } Precision;

typedef enum { ALGORITHM_AUTO, ALGORITHM_DIRECT, ALGORITHM_WINOGRAD } Algorithm;

#endif

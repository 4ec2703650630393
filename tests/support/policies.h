/* Policies for tests of what is drawn and applied. */
#ifndef KW_TEST_POLICIES_H
#define KW_TEST_POLICIES_H

#include "kw/policy.h"

/* Every key is on, with a value of its own. */
KwPolicy test_policy_everything(void);

/* All keys have the same values; says which differs. */
void test_assert_policies_equal(const KwPolicy *a, const KwPolicy *b);

#endif

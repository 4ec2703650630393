/*
 * What every unit test needs: cmocka's headers in the order that it wants, a
 * folder of its own, and comparisons that say where they failed.
 */
#ifndef KW_TEST_H
#define KW_TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <glib.h>

/* A new empty folder; test_dir_remove() deletes it with all it holds. */
char *test_dir_new(void);
void test_dir_remove(char *dir);

/* Group fixtures: *state is the path of such a folder. */
int test_dir_setup(void **state);
int test_dir_teardown(void **state);

/* |a[i] - b[i]| <= absolute + relative * |b[i]| for all i; says which failed. */
void test_assert_close(const float *a, const float *b, gsize n, double absolute,
		       double relative);

/* The error is set, with this code and a message that holds `text`; clears. */
void test_assert_error(GError **error, gint code, const char *text);

/* No error is set; fails with its message otherwise. */
void test_assert_no_error(const GError *error);

#endif

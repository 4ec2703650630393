/* Photos that need no files, for the tests of grouping and splitting. */
#ifndef KW_TEST_PHOTOS_H
#define KW_TEST_PHOTOS_H

#include "prep/photo.h"
#include "tests/support/kwtest.h"

/* Photo, classes "cat" and "dog", and warnings (char *). */
typedef struct {
	GPtrArray *photos, *classes, *warnings;
} Photos;

/* For cmocka_unit_test_setup_teardown(): *state is a Photos. */
int photos_setup(void **state);
int photos_teardown(void **state);

#define with_photos(test)                                                      \
	cmocka_unit_test_setup_teardown(test, photos_setup, photos_teardown)

/* A photo without date, time and camera, at the end of the photos. */
Photo *photos_add(Photos *photos, const char *path, int label);

#endif

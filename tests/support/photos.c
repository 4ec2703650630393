#include "tests/support/photos.h"

#include "kw/image.h"

int
photos_setup(void **state)
{
	Photos *f = g_new0(Photos, 1);

	f->photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_free);
	f->classes = g_ptr_array_new();
	f->warnings = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(f->classes, (char *)"cat");
	g_ptr_array_add(f->classes, (char *)"dog");
	*state = f;
	return 0;
}

int
photos_teardown(void **state)
{
	Photos *f = *state;

	g_ptr_array_unref(f->photos);
	g_ptr_array_unref(f->classes);
	g_ptr_array_unref(f->warnings);
	g_free(f);
	return 0;
}

Photo *
photos_add(Photos *f, const char *path, int label)
{
	Photo *photo = photo_new(g_strdup(path), g_strdup(path), label);

	photo->taken = photo->stamped = KW_NO_TIME;
	g_ptr_array_add(f->photos, photo);
	return photo;
}

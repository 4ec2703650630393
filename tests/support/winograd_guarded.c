#include "tests/support/winograd_guarded.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 16 channels of bf16, the least that there is of anything. */
enum { UNIT = 32 };

Guarded
guarded_new(gsize bytes, Side side, int fill)
{
	const gsize page = (gsize)sysconf(_SC_PAGESIZE);
	const gsize inner = (bytes + page - 1) / page * page;
	Guarded g = { .size = inner + 2 * page, .bytes = bytes };

	assert_int_equal(bytes % UNIT, 0);
	g.pages = mmap(NULL, g.size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.pages != MAP_FAILED);
	assert_int_equal(mprotect(g.pages, page, PROT_NONE), 0);
	assert_int_equal(mprotect(g.pages + page + inner, page, PROT_NONE), 0);
	g.data = g.pages + page + (side == AT_END ? inner - bytes : 0);
	memset(g.data, fill, bytes);
	return g;
}

Guarded
guarded_copy(const void *data, gsize bytes, Side side)
{
	Guarded g = guarded_new(bytes, side, 0);

	memcpy(g.data, data, bytes);
	return g;
}

void
guarded_clear(Guarded *g)
{
	munmap(g->pages, g->size);
}

void
guarded_assert_equal(const Guarded *a, const Guarded *b)
{
	assert_int_equal(a->bytes, b->bytes);
	assert_memory_equal(a->data, b->data, a->bytes);
}

#include "tests/support/kwtest.h"

#include "kw/random.h"
#include "prep/hash_index.h"

enum { N = 2000 };

static guint64
draw(guint64 subject)
{
	KwRandomKey key = { .seed = 1,
			    .subject = subject,
			    .purpose = KW_PURPOSE_SPLIT };

	return kw_random_u64(&key, 0);
}

/* Half of the hashes are others with a few bits flipped. */
static void
draw_hashes(guint64 hashes[N])
{
	for (guint i = 0; i < N; i++) {
		hashes[i] = draw(i);
		if (i % 2 == 1) {
			hashes[i] = hashes[i - 1];
			for (guint k = 0; k < i / 2 % 20; k++)
				hashes[i] ^= G_GUINT64_CONSTANT(1)
					     << (draw(N + i * 32 + k) & 63);
		}
	}
}

static void
finds_what_comparing_all_finds(void **state)
{
	guint64 hashes[N];

	(void)state;
	draw_hashes(hashes);
	for (int radius = 0; radius <= HASH_INDEX_MAX_RADIUS; radius += 4) {
		g_autoptr(HashIndex) index = hash_index_new(radius);
		gsize n_pairs = 0;

		for (guint i = 0; i < N; i++) {
			g_autoptr(GArray) found =
				g_array_new(FALSE, FALSE, sizeof(guint));
			g_autofree guint *times = g_new0(guint, N);

			hash_index_find(index, hashes[i], (guint8)(i / 2 % 3),
					found);
			for (guint k = 0; k < found->len; k++)
				times[g_array_index(found, guint, k)]++;
			for (guint k = 0; k < i; k++)
				assert_int_equal(
					times[k],
					k / 2 % 3 == i / 2 % 3 &&
						hamming_distance(hashes[k],
								 hashes[i]) <=
							radius);
			n_pairs += found->len;
			hash_index_add(index, hashes[i], (guint8)(i / 2 % 3));
		}
		assert_true(n_pairs >= N / 40 * (gsize)(radius + 1));
	}
}

static void
finds_equal_hashes_each_once(void **state)
{
	g_autoptr(HashIndex) index = hash_index_new(16);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(guint));

	(void)state;
	for (int i = 0; i < 3; i++)
		hash_index_add(index, 0, 9);
	hash_index_add(index, 0, 8);
	hash_index_find(index, 0, 9, found);
	assert_int_equal(found->len, 3);
	assert_int_equal(g_array_index(found, guint, 0) +
				 g_array_index(found, guint, 1) +
				 g_array_index(found, guint, 2),
			 0 + 1 + 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_comparing_all_finds),
		cmocka_unit_test(finds_equal_hashes_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}

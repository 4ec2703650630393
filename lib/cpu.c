#include "kw/cpu.h"

#include "kw/error.h"

const char *const kw_cpu_names[] = { "generic", "avx2", "avx512", "avx512_bf16",
				     NULL };

/* The number of a name, or -1. */
static int
find_name(const char *name)
{
	for (int i = 0; kw_cpu_names[i] != NULL; i++)
		if (g_strcmp0(name, kw_cpu_names[i]) == 0)
			return i;
	return -1;
}

#ifdef __x86_64__
static gboolean
has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl");
}
#endif

KwCpu
kw_cpu_best(void)
{
#ifdef __x86_64__
	__builtin_cpu_init();
	if (has_avx512() && __builtin_cpu_supports("avx512bf16"))
		return KW_CPU_AVX512_BF16;
	if (has_avx512())
		return KW_CPU_AVX512;
	if (__builtin_cpu_supports("avx2"))
		return KW_CPU_AVX2;
#endif
	return KW_CPU_GENERIC;
}

KwCpu
kw_cpu(void)
{
	static gsize chosen; /* a KwCpu, plus one */

	if (g_once_init_enter(&chosen)) {
		int allowed = find_name(g_getenv("KW_CPU"));
		KwCpu best = kw_cpu_best();

		if (allowed >= 0)
			best = MIN(best, (KwCpu)allowed);
		g_once_init_leave(&chosen, (gsize)best + 1);
	}
	return (KwCpu)(chosen - 1);
}

gboolean
kw_cpu_check(GError **error)
{
	const char *name = g_getenv("KW_CPU");
	g_autofree char *known = NULL;

	if (name == NULL || *name == '\0' || find_name(name) >= 0)
		return TRUE;
	known = g_strjoinv(", ", (char **)kw_cpu_names);
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "KW_CPU=%s is none of %s; unset it", name, known);
	return FALSE;
}

/* dedup: what libbpf makes of raw BTF files.
 *   dedup OUT FILE              btf__dedup of FILE
 *   dedup -b BASE OUT FILE      the same for split BTF
 *   dedup -c OUT FILE...        the types of all, one after the other (btf__add_btf), not deduplicated
 *   dedup -s OUT FILE           FILE in the other byte order (btf__set_endianness)
 * Ends with status 1 when libbpf refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int save(const char *path, const struct btf *btf)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);
	FILE *out;

	if (!data)
		return fail("raw data");
	out = fopen(path, "wb");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		return fail(path);
	return 0;
}

static int concatenate(char **argv)
{
	struct btf *all = btf__new_empty(), *btf;

	for (char **file = argv + 1; *file; file++) {
		btf = btf__parse(*file, NULL);
		if (!btf || btf__add_btf(all, btf) < 0)
			return fail(*file);
		btf__free(btf);
	}
	return save(argv[0], all);
}

static int swap(char **argv)
{
	struct btf *btf = btf__parse(argv[1], NULL);
	enum btf_endianness other;

	if (!btf)
		return fail(argv[1]);
	other = btf__endianness(btf) == BTF_BIG_ENDIAN ? BTF_LITTLE_ENDIAN : BTF_BIG_ENDIAN;
	if (btf__set_endianness(btf, other))
		return fail("set endianness");
	return save(argv[0], btf);
}

int main(int argc, char **argv)
{
	struct btf *base = NULL, *btf;

	if (argc > 3 && !strcmp(argv[1], "-c"))
		return concatenate(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "-s"))
		return swap(argv + 2);
	if (argc > 4 && !strcmp(argv[1], "-b")) {
		base = btf__parse(argv[2], NULL);
		if (!base)
			return fail(argv[2]);
		argv += 2;
	}
	btf = btf__parse_split(argv[2], base);
	if (!btf)
		return fail(argv[2]);
	if (btf__dedup(btf, NULL))
		return fail("dedup");
	return save(argv[1], btf);
}

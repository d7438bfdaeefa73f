/*
 * distill_base BASE SPLIT OUT_SPLIT OUT_BASE: what a module would carry that is not built with its kernel. SPLIT is a
 * module's BTF (raw or ELF) on top of BASE's; the outputs are the contents of the sections .BTF and .BTF.base.
 */
#include <stdio.h>
#include <bpf/btf.h>

static int write_raw(const char *path, const struct btf *btf)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);
	FILE *file = fopen(path, "wb");

	if (!data || !file || fwrite(data, 1, size, file) != size)
		return 1;
	return fclose(file);
}

int main(int argc, char **argv)
{
	struct btf *base, *split, *distilled, *moved;

	if (argc != 5)
		return 2;
	base = btf__parse(argv[1], NULL);
	split = base ? btf__parse_split(argv[2], base) : NULL;
	if (!split || btf__distill_base(split, &distilled, &moved))
		return 1;
	return write_raw(argv[3], moved) || write_raw(argv[4], distilled);
}

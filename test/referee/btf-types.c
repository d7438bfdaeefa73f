/* btf-types: what libbpf makes of raw BTF files.
 *   btf-types OUT FILE          btf__dedup of FILE
 *   btf-types -b BASE OUT FILE  the same for split BTF
 *   btf-types -c OUT FILE...    the types of all, one after the other (btf__add_btf), not deduplicated
 *   btf-types -s OUT FILE       FILE in the other byte order (btf__set_endianness)
 *   btf-types -k OUT            one type of each kind (btf__add_int and its brothers)
 *   btf-types -a OUT FILE       as text: size and alignment of each type, a line each (btf__resolve_size, btf__align_of)
 * Ends with status 1 when libbpf refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

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

/* The BtfBuilder of btf-builder.test.ts adds the same. */
static int each_kind(char **argv)
{
	struct btf *btf = btf__new_empty();
	int id = 0;

	id |= btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	id |= btf__add_int(btf, "char", 1, BTF_INT_CHAR);
	id |= btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	id |= btf__add_float(btf, "double", 8);
	id |= btf__add_ptr(btf, 6);
	id |= btf__add_struct(btf, "list", 24);
	id |= btf__add_field(btf, "next", 5, 0, 0);
	id |= btf__add_field(btf, "low", 1, 64, 3);
	id |= btf__add_field(btf, "high", 1, 67, 13);
	id |= btf__add_field(btf, NULL, 7, 96, 0);
	id |= btf__add_union(btf, NULL, 4);
	id |= btf__add_field(btf, "number", 1, 0, 0);
	id |= btf__add_field(btf, "letters", 8, 0, 0);
	id |= btf__add_array(btf, 1, 2, 4);
	id |= btf__add_enum(btf, "color", 4);
	id |= btf__add_enum_value(btf, "RED", 0);
	id |= btf__add_enum_value(btf, "BLUE", 0xffffffffLL);
	id |= btf__add_enum(btf, "number", 4);
	id |= btf__add_enum_value(btf, "MINUS", -1);
	id |= btf__add_enum64(btf, "large", 8, false);
	id |= btf__add_enum64_value(btf, "LARGE", 1ULL << 40);
	id |= btf__add_enum64(btf, "small", 8, true);
	id |= btf__add_enum64_value(btf, "SMALL", (__u64)-2);
	id |= btf__add_fwd(btf, "later", BTF_FWD_STRUCT);
	id |= btf__add_fwd(btf, "either", BTF_FWD_UNION);
	id |= btf__add_fwd(btf, "shade", BTF_FWD_ENUM);
	id |= btf__add_typedef(btf, "list_t", 6);
	id |= btf__add_volatile(btf, 16);
	id |= btf__add_const(btf, 17);
	id |= btf__add_restrict(btf, 5);
	id |= btf__add_type_tag(btf, "user", 2);
	id |= btf__add_func_proto(btf, 1);
	id |= btf__add_func_param(btf, "list", 5);
	id |= btf__add_func_param(btf, NULL, 0);
	id |= btf__add_func(btf, "count", BTF_FUNC_STATIC, 21);
	id |= btf__add_var(btf, "head", BTF_VAR_GLOBAL_ALLOCATED, 5);
	id |= btf__add_datasec(btf, ".data", 16);
	id |= btf__add_datasec_var_info(btf, 23, 8, 8);
	id |= btf__add_decl_tag(btf, "tagged", 6, -1);
	id |= btf__add_decl_tag(btf, "tagged", 6, 1);
	if (id < 0)
		return fail("add");
	return save(argv[0], btf);
}

static int sizes(char **argv)
{
	struct btf *btf = btf__parse(argv[1], NULL);
	FILE *out = fopen(argv[0], "w");

	if (!btf || !out)
		return fail(argv[1]);
	for (__u32 id = 0; id < btf__type_cnt(btf); id++) {
		long long size = btf__resolve_size(btf, id);

		fprintf(out, "%lld %d\n", size < 0 ? -1 : size, btf__align_of(btf, id));
	}
	return fclose(out) ? fail(argv[0]) : 0;
}

static int silence(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	struct btf *base = NULL, *btf;

	libbpf_set_print(silence);
	if (argc > 2 && !strcmp(argv[1], "-k"))
		return each_kind(argv + 2);
	if (argc > 3 && !strcmp(argv[1], "-a"))
		return sizes(argv + 2);
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

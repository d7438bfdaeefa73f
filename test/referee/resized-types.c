/* resized-types OBJECT MAP SIZE: the object's types, raw, after libbpf was told that the values of a map have that size. */
#include <stdio.h>
#include <stdlib.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_map *map;
	const void *data;
	__u32 size;

	libbpf_set_print(print);
	object = argc == 4 ? bpf_object__open_file(argv[1], NULL) : NULL;
	map = object ? bpf_object__find_map_by_name(object, argv[2]) : NULL;
	if (!map || bpf_map__set_value_size(map, atoi(argv[3])))
		return 1;
	fprintf(stderr, "%u %u\n", bpf_map__btf_key_type_id(map), bpf_map__btf_value_type_id(map));
	data = btf__raw_data(bpf_object__btf(object), &size);
	return data && fwrite(data, size, 1, stdout) == 1 ? 0 : 1;
}

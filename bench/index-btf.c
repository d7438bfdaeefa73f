/* What libbpf needs to parse the running kernel's BTF and to find some types in it.
 * usage: index-btf ROUNDS NAME...     prints the nanoseconds of each round, a line each; status 1 when a name is missing. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <bpf/btf.h>

int main(int argc, char **argv)
{
	if (argc < 3) return 2;
	for (int round = atoi(argv[1]); round > 0; round--) {
		struct timespec start, end;
		clock_gettime(CLOCK_MONOTONIC, &start);
		struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
		int missing = !btf;
		for (int name = 2; !missing && name < argc; name++)
			missing = btf__find_by_name_kind(btf, argv[name], BTF_KIND_STRUCT) < 0;
		clock_gettime(CLOCK_MONOTONIC, &end);
		btf__free(btf);
		if (missing) return 1;
		printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec);
	}
	return 0;
}

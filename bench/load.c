/* What libbpf needs to open an object and to load it into the running kernel, and how much of that the kernel takes.
 * usage: load OBJECT ROUNDS     prints "NANOSECONDS NANOSECONDS-IN-THE-KERNEL" of each round; status 1 when it is refused.
 * The kernel's part is the time in bpf(), which libbpf calls by syscall() alone: defined here, it looks at the clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <bpf/libbpf.h>

static long long in_kernel;

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

long syscall(long nr, ...)
{
	static long (*real)(long, ...);
	long a[6]; va_list v; va_start(v, nr); for (int i = 0; i < 6; i++) a[i] = va_arg(v, long); va_end(v);
	if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (nr != __NR_bpf) return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	long long start = now();
	long result = real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	in_kernel += now() - start;
	return result;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args) { return 0; }

int main(int argc, char **argv)
{
	if (argc != 3) return 2;
	libbpf_set_print(silent);
	for (int round = atoi(argv[2]); round > 0; round--) {
		in_kernel = 0;
		long long start = now();
		struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
		int refused = !object || bpf_object__load(object);
		long long took = now() - start;
		if (object) bpf_object__close(object);
		if (refused) return 1;
		printf("%lld %lld\n", took, in_kernel);
	}
	return 0;
}

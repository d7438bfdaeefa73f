/* What libbpf needs to open an object and to relocate it for the running kernel, whose BTF is parsed each time.
 * usage: relocate OBJECT ROUNDS     prints the nanoseconds of each round, a line each; status 1 when libbpf refuses.
 * libbpf reaches the kernel by syscall() alone. Defined here, it creates nothing: descriptors are of empty memory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

static int memory(void)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, 1LL << 34)) return -1;
	return fd;
}

static long stub(int cmd, union bpf_attr *a)
{
	switch (cmd) {
	case BPF_PROG_LOAD:
		if (!strncmp(a->prog_name, "global_reloc", 12)) { /* a probe that must fail, this way */
			if (a->log_buf) snprintf((char *)(long)a->log_buf, a->log_size, "direct value offset of 1 is not allowed");
			errno = EINVAL;
			return -1;
		}
		return memory();
	case BPF_MAP_CREATE: case BPF_BTF_LOAD: return memory();
	case BPF_MAP_UPDATE_ELEM: case BPF_MAP_FREEZE: case BPF_PROG_BIND_MAP: return 0;
	case BPF_LINK_CREATE: errno = EBADF; return -1;
	default: errno = EINVAL; return -1;
	}
}

long syscall(long nr, ...)
{
	static long (*real)(long, ...);
	long a[6]; va_list v; va_start(v, nr); for (int i = 0; i < 6; i++) a[i] = va_arg(v, long); va_end(v);
	if (nr == __NR_bpf) return stub(a[0] & 0xffff, (void *)a[1]);
	if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int silent(enum libbpf_print_level level, const char *format, va_list args) { return 0; }

int main(int argc, char **argv)
{
	if (argc != 3) return 2;
	libbpf_set_print(silent);
	for (int round = atoi(argv[2]); round > 0; round--) {
		struct timespec start, end;
		clock_gettime(CLOCK_MONOTONIC, &start);
		struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
		int refused = !object || bpf_object__load(object);
		clock_gettime(CLOCK_MONOTONIC, &end);
		if (object) bpf_object__close(object);
		if (refused) return 1;
		printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec);
	}
	return 0;
}

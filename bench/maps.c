/* What a C program on libbpf needs for an operation on a map. usage: maps ENTRIES CALLS
 * Prints "NAME NANOSECONDS" of each operation, one element each; per-CPU ones read the values of all CPUs. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static volatile unsigned long long sink;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The quickest of some rounds: the machine may be busy. */
#define ROUNDS 15
#define MEASURE(NAME, COUNT, ...) do { \
	double least = 1e18; \
	for (int round = 0; round < ROUNDS; round++) { \
		double start = now(), took; \
		__VA_ARGS__; \
		took = now() - start; \
		if (took < least) least = took; \
	} \
	printf("%s %.2f\n", NAME, least / (COUNT)); \
} while (0)

static int make(enum bpf_map_type type, int entries, unsigned flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	int fd = bpf_map_create(type, "bench", 4, 8, entries, &options);
	if (fd < 0) { perror("creating a map"); exit(1); }
	return fd;
}

static void read_batches(int fd, int entries, unsigned *keys, unsigned long long *values)
{
	unsigned position = 0, count;
	for (int first = 1, error = 0; !error; first = 0) {
		count = 1024;
		error = bpf_map_lookup_batch(fd, first ? NULL : &position, &position, keys, values, &count, NULL);
		unsigned long long sum = 0;
		for (unsigned i = 0; i < count; i++) sum += keys[i] + values[i];
		sink += sum;
	}
}

int main(int argc, char **argv)
{
	int entries = atoi(argv[1]), calls = atoi(argv[2]), cpus = libbpf_num_possible_cpus();
	int hash = make(BPF_MAP_TYPE_HASH, entries, 0), array = make(BPF_MAP_TYPE_ARRAY, entries, 0);
	int per_cpu = make(BPF_MAP_TYPE_PERCPU_ARRAY, 1024, 0), shared = make(BPF_MAP_TYPE_ARRAY, entries, BPF_F_MMAPABLE);
	unsigned long long value = 1, *values = calloc(1024, 8), *all = calloc(cpus, 8);
	unsigned *keys = calloc(1024, 4);

	MEASURE("setMany", entries, for (unsigned from = 0; from < entries; from += 1024) {
		unsigned count = entries - from < 1024 ? entries - from : 1024;
		for (unsigned i = 0; i < count; i++) { keys[i] = from + i; values[i] = from + i; }
		bpf_map_update_batch(hash, keys, values, &count, NULL);
	});
	MEASURE("lookup", calls, for (unsigned i = 0; i < calls; i++) {
		unsigned key = i % entries;
		bpf_map_lookup_elem(hash, &key, &value);
		sink += value;
	});
	MEASURE("update", calls, for (unsigned i = 0; i < calls; i++) {
		unsigned key = i % entries;
		value = i;
		bpf_map_update_elem(hash, &key, &value, BPF_ANY);
	});
	MEASURE("array", calls, for (unsigned i = 0; i < calls; i++) {
		unsigned key = i % entries;
		bpf_map_lookup_elem(array, &key, &value);
		sink += value;
	});
	MEASURE("per-CPU", calls, for (unsigned i = 0; i < calls; i++) {
		unsigned key = i % 1024;
		bpf_map_lookup_elem(per_cpu, &key, all);
		for (int cpu = 0; cpu < cpus; cpu++) sink += all[cpu];
	});
	MEASURE("batch", entries, read_batches(hash, entries, keys, values));
	MEASURE("array batch", entries, read_batches(array, entries, keys, values));
	unsigned long long *memory = mmap(NULL, entries * 8, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (memory == MAP_FAILED) { perror("mapping an array"); return 1; }
	MEASURE("mapped", calls, for (unsigned i = 0; i < calls; i++) sink += *(volatile unsigned long long *)&memory[i % entries]);
	return 0;
}

// core_reloc_answers - prints what the kernel's core_reloc tests put in and expect out: NAME, input, output, a case a line.
//
// prog_tests/core_reloc.c as it is, compiled: its C initialisers are the expected values. Its type_id cases ask libbpf for
// the ids, in objects of the current folder. What the tests need of test_progs.h stands in for it here.
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))
#define CHECK(condition, tag, ...) ((void)duration, (condition))
#define CHECK_FAIL(condition) (condition)
#define ASSERT_OK(value, name) ((value) == 0)
#define ASSERT_OK_PTR(value, name) (!libbpf_get_error(value))
#define ASSERT_GE(value, least, name) ((value) >= (least))
#define ASSERT_FALSE(value, name) (!(value))

static struct { bool has_testmod; } env;
static int test__start_subtest(const char *name) { return 0; }
static void test__skip(void) {}
static int trigger_module_test_read(int length) { return 0; }

#include "prog_tests/core_reloc.c"

static void print_bytes(const char *bytes, int length)
{
	putchar('\t');
	for (int i = 0; i < length; i++)
		printf("%02hhx", bytes[i]);
}

int main(void)
{
	for (int i = 0; i < (int)ARRAY_SIZE(test_cases); i++) {
		struct core_reloc_test_case test = test_cases[i];
		char output[256] = {};

		if (test.needs_testmod)
			continue;
		if (test.output)
			memcpy(output, test.output, test.output_len);
		test.output = output;
		if (test.setup && test.setup(&test))
			return 1;
		printf("%s", test.case_name);
		print_bytes(test.input, test.fails ? 0 : test.input_len);
		print_bytes(test.output, test.fails ? 0 : test.output_len);
		putchar('\n');
	}
	return 0;
}

/* section-names: what libbpf makes of section names.
 * Reads a name a line, prints "TYPE ATTACH" or "unknown" for each; without any input, libbpf's own table of names.
 * An argument SECTION=TYPE,ATTACH registers a handler first; without SECTION, for all other sections. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

static int show;

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (show && strstr(format, "supported section"))
		vprintf(format, args);
	return 0;
}

static void add_handler(char *argument)
{
	char *types = strrchr(argument, '='), *attach;

	*types++ = 0;
	attach = strchr(types, ',') + 1;
	if (libbpf_register_prog_handler(*argument ? argument : NULL, atoi(types), atoi(attach), NULL) < 0)
		exit(2);
}

int main(int argc, char **argv)
{
	enum bpf_attach_type attach;
	enum bpf_prog_type type;
	char line[256];
	int any = 0;

	libbpf_set_print(print);
	for (int i = 1; i < argc; i++)
		add_handler(argv[i]);
	while (fgets(line, sizeof(line), stdin)) {
		any = 1;
		line[strcspn(line, "\n")] = 0;
		if (libbpf_prog_type_by_name(line, &type, &attach))
			puts("unknown");
		else
			printf("%d %d\n", type, attach);
	}
	show = !any;
	if (show)
		libbpf_prog_type_by_name("no section is called this", &type, &attach);
	return 0;
}

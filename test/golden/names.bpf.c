// Names of one length that the test for hostile names overwrites in the object.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef int name_of_typedef_________;

enum name_of_enum____________ { name_of_enumerator______ = 1 };

struct name_of_struct__________ {
    int name_of_member__________;
    name_of_typedef_________ second;
    enum name_of_enum____________ third;
    union {
        int name_of_union_member____;
        char other[4];
    };
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct name_of_struct__________);
    __type(value, enum name_of_enum____________);
} name_of_map_____________ SEC(".maps");

struct name_of_struct__________ name_of_variable________ SEC(".data.name_of_section_________");
int use_it;

SEC("tracepoint/name_of_program_section_")
int name_of_program_________(void *ctx)
{
    name_of_variable________.third = use_it;
    return bpf_map_delete_elem(&name_of_map_____________, &name_of_variable________);
}

char LICENSE[] SEC("license") = "name_of_license_________";

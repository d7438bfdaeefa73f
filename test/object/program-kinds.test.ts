import { describe, expect, it } from "vitest";

import { programKind } from "../../src/object/program-kinds.ts";
import { findSectionDef } from "../../src/object/sections.ts";

describe("programKind", () => {
  it.each([
    ["kprobe/do_exit", "probe"],
    ["kretprobe", "probe"],
    ["uprobe.s//bin/bash:readline", "probe"],
    ["ksyscall/openat", "probe"],
    ["kprobe.multi/tcp_*", "kprobe-multi"],
    ["kprobe.session/tcp_*", "kprobe-multi"],
    ["uretprobe.multi.s//bin/bash:*", "uprobe-multi"],
    ["usdt.s/libc.so.6:libc:setjmp", "usdt"],
    ["tp.s/syscalls/sys_enter_openat", "tracepoint"],
    ["raw_tp.w/nbd_send_request", "raw-tracepoint"],
    ["fentry/do_exit", "trace"],
    ["lsm.s/file_open", "trace"],
    ["fexit.multi/tcp_*", "trace-multi"],
    ["iter.s/task", "iter"],
    ["freplace/f", "freplace"],
    ["lsm_cgroup/socket_bind", "cgroup"],
    ["xdp.frags/devmap", "xdp"],
    ["tc", "tc"],
    ["action", "tc"],
    ["tc/ingress", "tcx"],
    ["netkit/peer", "netkit"],
    ["cgroup/dev", "cgroup"],
    ["sockops", "cgroup"],
    ["sk_skb/stream_parser", "sockmap"],
    ["sk_lookup", "netns"],
    ["flow_dissector", "netns"],
    ["struct_ops.s/init", "struct-ops"],
    ["no_such_section", "unknown"],
  ])("takes SEC(%j) for %s", (section, kind) => {
    expect(programKind(findSectionDef(section))).toBe(kind);
  });
});

import { describe, expect, it } from "vitest";
import { kernelBtfPaths } from "../../../src/runtime/kernel/btf.ts";
import { parseCpuList } from "../../../src/runtime/kernel/cpus.ts";
import { capabilitiesOfProgram, permissionHints, type PrivilegeFacts } from "../../../src/runtime/kernel/privileges.ts";
import { parseVersion } from "../../../src/runtime/kernel/release.ts";

describe("parseCpuList", () => {
  it.each([
    ["0\n", [0]],
    ["0-3\n", [0, 1, 2, 3]],
    ["0-1,4,6-7", [0, 1, 4, 6, 7]],
  ])("%j", (text, cpus) => {
    expect(parseCpuList(text, "possible")).toEqual(cpus);
  });

  it.each(["", "x", "0-", "-1", "1-2-3"])("refuses %j", (text) => {
    expect(() => parseCpuList(text, "possible")).toThrow(/^possible: ".*" in ".*" is no range of CPUs$/);
  });
});

describe("parseVersion", () => {
  it.each([
    ["6.12.107+deb13-cloud-amd64", [6, 12]],
    ["5.10.0-32-cloud-amd64", [5, 10]],
    ["7.2", [7, 2]],
    ["nonsense", [0, 0]],
  ])("%s", (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });
});

describe("kernelBtfPaths", () => {
  it("is libbpf's list", () => {
    expect(kernelBtfPaths("6.1.0")).toEqual([
      "/sys/kernel/btf/vmlinux",
      "/boot/vmlinux-6.1.0",
      "/lib/modules/6.1.0/vmlinux-6.1.0",
      "/lib/modules/6.1.0/build/vmlinux",
      "/usr/lib/modules/6.1.0/kernel/vmlinux",
      "/usr/lib/debug/boot/vmlinux-6.1.0",
      "/usr/lib/debug/boot/vmlinux-6.1.0.debug",
      "/usr/lib/debug/lib/modules/6.1.0/vmlinux",
    ]);
  });
});

const root: PrivilegeFacts = {
  status: "Name:\tnode\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n",
  uidMap: "         0          0 4294967295\n",
  limits: "Max locked memory         unlimited            unlimited            bytes\n",
  lockdown: "[none] integrity confidentiality\n",
  unprivilegedBpfDisabled: "2\n",
  memlockCounts: false,
  hasCapBpf: true,
};

describe("permissionHints", () => {
  it("has nothing to say about root", () => {
    expect(permissionHints(["CAP_PERFMON"], root)).toEqual([]);
  });

  it("has nothing to say about a process with CAP_BPF and CAP_PERFMON", () => {
    expect(permissionHints(["CAP_PERFMON"], { ...root, status: "CapEff:\t000000c000000000\n" })).toEqual([]);
  });

  it("names the capabilities that are missing, and that nothing goes without", () => {
    expect(permissionHints(["CAP_PERFMON"], { ...root, status: "CapEff:\t0000000000000000\n" })).toEqual([
      "Run it as root, or give the process CAP_BPF and CAP_PERFMON (setcap cap_bpf,cap_perfmon=ep on the node binary, or systemd's AmbientCapabilities=).",
      "kernel.unprivileged_bpf_disabled is 2: without privileges nothing of bpf() is allowed.",
    ]);
  });

  it.each([
    ["xdp", "c000001000", undefined],
    ["xdp", "c000000000", "CAP_NET_ADMIN (setcap cap_net_admin=ep"],
    ["xdp", "8000000000", "CAP_NET_ADMIN (setcap cap_net_admin=ep"],
    ["xdp", "0000000000", "CAP_BPF and CAP_NET_ADMIN (setcap cap_bpf,cap_net_admin=ep"],
    ["ext", "0000000000", "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (setcap cap_bpf,cap_perfmon,cap_net_admin=ep"],
    ["kprobe", "8000000000", "CAP_PERFMON (setcap cap_perfmon=ep"],
    ["socket_filter", "8000000000", undefined],
    ["xdp", "0000200000", undefined],
  ] as const)("of a program of the kind %s, with the capabilities %s", (type, effective, missing) => {
    const facts = { ...root, status: `CapEff:\t000000${effective}\n`, unprivilegedBpfDisabled: "0\n" };
    const hints = permissionHints(capabilitiesOfProgram(type), facts);
    expect(hints.map((hint) => /give the process (.*) on the node binary/u.exec(hint)?.[1])).toEqual(
      missing === undefined ? [] : [missing],
    );
  });

  it("asks for CAP_SYS_ADMIN on kernels that have no CAP_BPF", () => {
    const hints = permissionHints(["CAP_PERFMON"], {
      ...root,
      status: "CapEff:\t000000c000000000\n",
      hasCapBpf: false,
    });
    expect(hints[0]).toContain("CAP_SYS_ADMIN");
  });

  it.each([
    [{ uidMap: "0 100000 65536\n" }, /user namespace/],
    [{ status: "CapEff:\t000001ffffffffff\nSeccomp:\t2\n" }, /seccomp filter/],
    [{ lockdown: "none integrity [confidentiality]\n" }, /lockdown is on \(confidentiality\)/],
    [
      { memlockCounts: true, limits: "Max locked memory         65536                65536                bytes\n" },
      /65536 bytes/,
    ],
  ])("sees %j", (facts, hint) => {
    const hints = permissionHints(["CAP_PERFMON"], { ...root, ...facts });
    expect(hints).toHaveLength(1);
    expect(hints[0]).toMatch(hint);
  });

  it("has nothing to say where nothing can be read", () => {
    const nothing = { status: undefined, uidMap: undefined, limits: undefined, lockdown: undefined };
    expect(
      permissionHints(["CAP_PERFMON"], {
        ...root,
        ...nothing,
        unprivilegedBpfDisabled: undefined,
        memlockCounts: true,
      }),
    ).toEqual([]);
  });
});

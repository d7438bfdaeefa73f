import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { kernelSymbols } from "../../src/runtime/kernel/kernel-symbols.ts";
import { kindIsTooNew } from "../../src/runtime/kernel/map-kinds.ts";
import { BPF_NOEXIST } from "../../src/runtime/sys/map-ops.ts";
import { SockMap } from "../../src/runtime/maps/sock-map.ts";
import { mapKinds, type MapKinds } from "../objects/map-kinds.skel.ts";
import { typedMaps, type TypedMaps } from "../objects/typed-maps.skel.ts";
import { bpftoolDump, bpftoolLookup, bytesOf, hexOf, idOf } from "../support/bpftool-maps.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { makeMapByHand } from "./hand-made.ts";
import { thrownBy } from "../support/thrown.ts";

function load(programs: (keyof TypedMaps["progs"])[], ...names: (keyof TypedMaps["maps"])[]): TypedMaps {
  const opened = typedMaps.open();
  for (const [name, map] of Object.entries(opened.maps)) map.autocreate = (names as string[]).includes(name);
  for (const [name, program] of Object.entries(opened.progs)) program.autoload = (programs as string[]).includes(name);
  return opened.load();
}

function loadKind(kind: keyof MapKinds["maps"]): MapKinds {
  const opened = mapKinds.open();
  for (const [name, map] of Object.entries(opened.maps)) map.autocreate = name === kind;
  return opened.load();
}

/** Two ends of a TCP connection, and who listens. */
async function withConnection(
  use: (ends: { client: number; server: number; listener: number }) => void,
): Promise<void> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  try {
    use({ client: descriptorOf(client), server: descriptorOf(accepted), listener: descriptorOf(server) });
  } finally {
    client.destroy();
    accepted.destroy();
    server.close();
    await once(server, "close");
  }
}

/** Node keeps it to itself. */
function descriptorOf(socket: Socket | Server): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

describeWithKernel("a map of maps", {}, () => {
  it("takes maps and gives them back, by number", () => {
    using skel = load([], "by_number", "one", "two");
    const { by_number, one, two } = skel.maps;
    expect(by_number.get(0)).toBeUndefined();
    by_number.set(0, one).set(3, two.fd);
    one.set(1, 11n);
    expect([by_number.id(0), by_number.id(3)]).toEqual([idOf(one), idOf(two)]);
    // What bpftool shows of an inner map is its id.
    expect(bpftoolLookup(by_number, bytesOf(3))).toBe(hexOf(bytesOf(idOf(two))));
    const inner = by_number.get(0)!;
    expect([inner.get(1), inner.name, inner.kind, inner.maxEntries]).toEqual([11n, "one", "hash", 3]);
    inner.set(2, 22n);
    expect(one.get(2)).toBe(22n);
    inner.close();
    inner.close();
    expect(thrownBy(() => inner.get(1))).toMatchObject({ code: "closed" });
    expect(by_number.get(0)?.get(2)).toBe(22n);
    expect([by_number.delete(0), by_number.delete(0), by_number.get(0)]).toEqual([true, false, undefined]);
  });

  it("takes maps and gives them back, by key", () => {
    const skel = load([], "by_flow", "one", "counts");
    const { by_flow, one, counts } = skel.maps;
    const flow = { address: 1, port: 2 };
    by_flow.set(flow, one);
    expect([by_flow.has(flow), by_flow.id(flow), by_flow.keys()]).toEqual([true, idOf(one), [flow]]);
    const inner = by_flow.get(flow)!;
    inner.set(1, 5n);
    expect(bpftoolDump(one)).toEqual([[hexOf(bytesOf(1)), hexOf(bytesOf(5, 0))]]);
    expect(thrownBy(() => by_flow.set(flow, counts.fd))).toMatchObject({ errnoName: "EINVAL" });
    expect([by_flow.delete(flow), by_flow.delete(flow)]).toEqual([true, false]);
    skel.close();
    expect(thrownBy(() => inner.get(1))).toMatchObject({ code: "closed" });
    expect(thrownBy(() => by_flow.get(flow))).toMatchObject({ code: "closed" });
  });

  it("whose template was changed gives no map that would be misread", () => {
    const opened = typedMaps.open();
    for (const [name, map] of Object.entries(opened.maps)) map.autocreate = name === "by_number";
    for (const program of Object.values(opened.progs)) program.autoload = false;
    opened.maps.by_number.inner!.valueSize = 16;
    using skel = opened.load();
    using other = load([], "counts");
    // Its values have 16 bytes, too.
    const like = typedMaps.open();
    for (const [name, map] of Object.entries(like.maps)) map.autocreate = name === "counts";
    for (const program of Object.values(like.progs)) program.autoload = false;
    like.maps.counts.maxEntries = 3;
    using sized = like.load();
    expect(other.maps.counts.valueSize).toBe(16);
    skel.maps.by_number.set(0, sized.maps.counts.fd);
    expect(thrownBy(() => skel.maps.by_number.get(0))).toMatchObject({
      code: "incompatible-map",
      message:
        'opening a map in map "by_number": its keys and values have 4 and 16 bytes, not the 4 and 8 that the skeleton was generated for',
    });
  });
});

describeWithKernel("a program array", {}, () => {
  it("lets programs jump to what is put into it", () => {
    using skel = load(["jump", "answer"], "jumps");
    const { jumps } = skel.maps;
    expect([runOnFrame(skel.progs.jump), jumps.has(1), jumps.id(1), jumps.delete(1)]).toEqual([
      0,
      false,
      undefined,
      false,
    ]);
    jumps.set(1, skel.progs.answer);
    expect(runOnFrame(skel.progs.jump)).toBe(42);
    expect(bpftoolLookup(jumps, bytesOf(1))).toBe(hexOf(bytesOf(jumps.id(1) ?? 0)));
    expect([jumps.delete(1), runOnFrame(skel.progs.jump)]).toEqual([true, 0]);
    expect(() => jumps.set(3, skel.progs.answer)).toThrow(RangeError);
    expect(() => jumps.set(1, -1)).toThrow(new TypeError("a program is given by the number of its descriptor, not -1"));
  });
});

describeWithKernel("maps of sockets", {}, () => {
  it("know sockets by their cookies", async () => {
    using skel = load([], "sockets", "sockets_by_flow");
    const { sockets, sockets_by_flow } = skel.maps;
    const flow = { address: 1, port: 80 };
    await withConnection(({ client, server }) => {
      sockets.set(0, client).set(2, server);
      expect(sockets.cookie(1)).toBeUndefined();
      expect(bpftoolLookup(sockets, bytesOf(2))).toBe(
        hexOf(new Uint8Array(BigUint64Array.of(sockets.cookie(2)!).buffer)),
      );
      expect(thrownBy(() => sockets.set(0, client, BPF_NOEXIST))).toMatchObject({ errnoName: "EEXIST" });
      expect([sockets.delete(0), sockets.delete(0), sockets.cookie(0)]).toEqual([true, false, undefined]);
      sockets_by_flow.set(flow, client);
      expect(sockets_by_flow.keys()).toEqual([flow]);
      expect(sockets_by_flow.cookie(flow)).toBeTypeOf("bigint");
      expect([sockets_by_flow.delete(flow), sockets_by_flow.delete(flow)]).toEqual([true, false]);
    });
    // Sockets leave the map when they are closed.
    expect(sockets.cookie(2)).toBeUndefined();
  });

  it("whose values are short say what would help", () => {
    using handle = makeMapByHand("sockmap", { keySize: 4, valueSize: 4, maxEntries: 1 });
    expect(thrownBy(() => new SockMap(handle).cookie(0))).toMatchObject({
      code: "unsupported",
      message: 'reading an element of map "hand_made": its values are too short for that',
      hints: [
        "Declare 64-bit values in the program, __type(value, __u64): then the kernel gives the sockets' cookies.",
      ],
    });
  });

  it("refuse what is no socket", () => {
    using skel = load([], "sockets", "xsks", "listeners");
    using file = opened("/dev/null");
    expect(thrownBy(() => skel.maps.sockets.set(0, file.fd))).toMatchObject({ errnoName: "ENOTSOCK" });
    expect(thrownBy(() => skel.maps.xsks.set(0, file.fd))).toMatchObject({ errnoName: "ENOTSOCK" });
    expect(thrownBy(() => skel.maps.listeners.set(0, file.fd))).toMatchObject({ errnoName: "ENOTSOCK" });
    expect(() => skel.maps.sockets.set(0, 1.5)).toThrow(TypeError);
    expect(() => skel.maps.xsks.set(3, 1)).toThrow(RangeError);
    skel.maps.xsks.delete(1);
    expect(skel.maps.listeners.delete(1)).toBe(false);
  });
});

function opened(path: string): { fd: number; [Symbol.dispose](): void } {
  const fd = openSync(path, "r");
  return {
    fd,
    [Symbol.dispose]: () => {
      closeSync(fd);
    },
  };
}

describeWithKernel("maps that packets are redirected by", {}, () => {
  const lo = Number(readFileSync("/sys/class/net/lo/ifindex", "utf8"));

  it("take devices by name and index", () => {
    using skel = load([], "ports", "ports_by_key");
    const { ports, ports_by_key } = skel.maps;
    ports.set(0, "lo").set(2, { device: lo });
    expect(ports.get(1)).toBeUndefined();
    expect([...ports]).toEqual([
      [0, { ifindex: lo, programId: undefined }],
      [2, { ifindex: lo, programId: undefined }],
    ]);
    expect(bpftoolLookup(ports, bytesOf(0))).toBe(hexOf(bytesOf(lo, 0)));
    ports.delete(0);
    expect(ports.get(0)).toBeUndefined();
    ports_by_key.set(7777, lo);
    expect([...ports_by_key]).toEqual([[7777, { ifindex: lo, programId: undefined }]]);
    expect([ports_by_key.delete(7777), ports_by_key.delete(7777), [...ports_by_key]]).toEqual([true, false, []]);
    expect(() => ports.set(0, "no-such-device")).toThrow('there is no network device "no-such-device"');
    expect(() => ports.set(0, "../net/lo")).toThrow("there is no network device");
    expect(thrownBy(() => ports.set(0, 99_999))).toMatchObject({ errnoName: "EINVAL" });
    expect(() => ports_by_key.set(1, { device: lo, program: 5 })).toThrow(
      "values of 4 bytes have no room for a program",
    );
  });

  it("take queues of CPUs", () => {
    using skel = load([], "queues");
    const { queues } = skel.maps;
    queues.set(0, 192);
    expect([queues.get(0), queues.get(1)]).toEqual([{ qsize: 192, programId: undefined }, undefined]);
    expect(bpftoolLookup(queues, bytesOf(0))).toBe(hexOf(bytesOf(192, 0)));
    queues.delete(0);
    expect(queues.get(0)).toBeUndefined();
    expect(thrownBy(() => queues.set(0, 1 << 20))).toMatchObject({ errnoName: "EOVERFLOW" });
  });
});

describeWithKernel("storage", {}, () => {
  const value = { n: 5n, m: 6n };
  const other = { n: 7n, m: 8n };
  interface Storage<K> {
    get(owner: K): unknown;
    has(owner: K): boolean;
    set(owner: K, value: { n: bigint; m: bigint }, flags?: number): unknown;
    delete(owner: K): boolean;
  }

  function comesAndGoes<K>(map: Storage<K>, owner: K, same: K): void {
    expect([map.get(owner), map.has(owner), map.delete(owner)]).toEqual([undefined, false, false]);
    map.set(owner, value, BPF_NOEXIST);
    expect([map.get(same), map.has(owner)]).toEqual([value, true]);
    expect(thrownBy(() => map.set(same, other, BPF_NOEXIST))).toMatchObject({ errnoName: "EEXIST" });
    map.set(same, other);
    expect([map.get(owner), map.delete(same), map.get(owner)]).toEqual([other, true, undefined]);
  }

  const tooNew = (kind: Parameters<typeof kindIsTooNew>[0]) => (): boolean => kindIsTooNew(kind) !== undefined;

  it.skipIf(tooNew("task_storage")())("is kept with processes", () => {
    using skel = loadKind("task_storage");
    comesAndGoes(skel.maps.task_storage, process.pid, process.pid);
    expect(thrownBy(() => skel.maps.task_storage.get(0x7fff_fff0))).toMatchObject({
      errnoName: "ESRCH",
      message: "opening process 2147483632: pidfd_open failed with ESRCH: there is no such process",
    });
    expect(() => skel.maps.task_storage.get(-1)).toThrow(new TypeError("a process is given by its number, not -1"));
  });

  it("is kept with sockets", async () => {
    using skel = loadKind("sk_storage");
    await withConnection(({ client, server }) => {
      comesAndGoes(skel.maps.sk_storage, client, client);
      skel.maps.sk_storage.set(client, value);
      expect(skel.maps.sk_storage.get(server)).toBeUndefined();
    });
  });

  it("is kept with files", () => {
    using skel = loadKind("inode_storage");
    const folder = mkdtempSync(join(tmpdir(), "core-gen-inode-"));
    try {
      writeFileSync(join(folder, "a"), "");
      using file = opened(join(folder, "a"));
      comesAndGoes<string | number>(skel.maps.inode_storage, join(folder, "a"), file.fd);
      expect(thrownBy(() => skel.maps.inode_storage.get(join(folder, "b"))).message).toBe(
        `opening a file at ${folder}/b: ENOENT`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(tooNew("cgrp_storage")())("is kept with control groups", () => {
    using skel = loadKind("cgrp_storage");
    using cgroup = mountCgroups();
    using folder = opened(cgroup.path);
    comesAndGoes<string | number>(skel.maps.cgrp_storage, cgroup.path, folder.fd);
  });

  it("of control groups is for those only", () => {
    using skel = load([], "groups");
    using cgroup = mountCgroups();
    skel.maps.groups.set(0, cgroup.path);
    expect([skel.maps.groups.delete(0), skel.maps.groups.delete(0)]).toEqual([true, false]);
    expect(thrownBy(() => skel.maps.groups.set(0, "/tmp"))).toMatchObject({ errnoName: "EBADF" });
  });
});

/** The control groups of version 2, wherever this machine has them. */
function mountCgroups(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "core-gen-cgroup-"));
  execFileSync("mount", ["-t", "cgroup2", "none", path]);
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync("umount", [path]);
      rmSync(path, { recursive: true });
    },
  };
}

describeWithKernel("a bloom filter", { kernelLacks: () => kindIsTooNew("bloom_filter") }, () => {
  it("knows what was added", () => {
    using skel = loadKind("bloom_filter");
    const { bloom_filter: filter } = skel.maps;
    filter.add({ n: 1n, m: 2n }).add({ n: 3n, m: 4n });
    expect([filter.has({ n: 1n, m: 2n }), filter.has({ n: 3n, m: 4n })]).toEqual([true, true]);
    const wrong = Array.from({ length: 100 }, (_, i) => filter.has({ n: BigInt(100 + i), m: 0n })).filter(Boolean);
    expect(wrong.length).toBeLessThan(50);
    expect(() => filter.add({ n: -1n, m: 0n })).toThrow(/^value of map "bloom_filter": -1n does not fit u64/u);
  });
});

describeWithKernel("a map of call stacks", {}, () => {
  it("has the kernel's addresses, as bpftool does", () => {
    using skel = load(["remember"], "stacks");
    const { stacks } = skel.maps;
    skel.bss.pid = process.pid;
    skel.attach();
    closeSync(openSync("/dev/null", "r"));
    skel.detach();
    const id = skel.bss.stack_id;
    const stack = stacks.get(id)!;
    expect(stack.length).toBeGreaterThan(0);
    const [first] = stack;
    const dumped = bpftoolLookup(stacks, bytesOf(id)) as string;
    expect(dumped.slice(0, 16)).toBe(hexOf(new Uint8Array(BigUint64Array.of(first!).buffer)));
    const symbols = kernelSymbols();
    const names = stack.map((address) => symbols.find(address)?.name);
    expect(names.some((name) => /syscall|el0_svc/iu.test(name ?? ""))).toBe(true);
    expect([stacks.keys(), [...stacks]]).toEqual([[id], [[id, stack]]]);
    expect([stacks.has(id), stacks.delete(id), stacks.delete(id), stacks.get(id)]).toEqual([
      true,
      true,
      false,
      undefined,
    ]);
  });
});

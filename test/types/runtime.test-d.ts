/*
 * What must not compile. tsc checks this file with all others (`npm run typecheck`): an error that is expected and does
 * not come is an error. Nothing here runs.
 */
/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call, @typescript-eslint/await-thenable, @typescript-eslint/unbound-method -- the lines that do not compile have no types, and nothing is called */
import { expectTypeOf } from "vitest";
import { sum } from "core-gen/runtime";
import type {
  ArrayOfMaps,
  BloomFilterMap,
  BpfMap,
  DevMap,
  HashMap,
  Link,
  Loaded,
  LpmTrieMap,
  Opened,
  PerCpuArrayMap,
  PerCpuHashMap,
  Program,
  ProgramArray,
  QueueMap,
  RingBuffer,
  Skeleton,
  StackTraceMap,
  TaskStorage,
} from "core-gen/runtime";

interface Event {
  pid: number;
  comm: string;
}

interface SampleShape {
  maps: { events: RingBuffer<Event>; counts: HashMap<number, bigint>; hits: PerCpuArrayMap<bigint>; jobs: BpfMap };
  progs: { handle_exec: Program };
  globals: {
    rodata: { min_duration_ns: bigint; target: { pid: number } };
    rodata_extra: { level: number };
    bss: { total: bigint; on: boolean };
  };
}

// As generated modules have it.

interface Sample extends Loaded<SampleShape> {}

declare const sample: Skeleton<SampleShape, Sample>;

export async function beforeLoading(): Promise<void> {
  const opened = sample.open();
  expectTypeOf(opened).toExtend<Opened<SampleShape, Sample>>();
  expectTypeOf(opened.load()).toEqualTypeOf<Sample>();

  opened.rodata.min_duration_ns = 1_000n;
  opened.rodata_extra.level = 3;
  opened.bss.on = true;
  opened.maps.counts.maxEntries = 4096;
  opened.progs.handle_exec.autoload = false;
  opened.progs.handle_exec.attachTarget = { function: "veth:veth_open" };
  opened.progs.handle_exec.attachTarget = { program: sample.load().progs.handle_exec };

  // @ts-expect-error: a number for a u64
  opened.rodata.min_duration_ns = 1000;
  // @ts-expect-error: a bigint for a u32
  opened.rodata_extra.level = 3n;
  // @ts-expect-error: a number for a bool
  opened.bss.on = 1;
  opened.rodata.target = { pid: 1 };
  // @ts-expect-error: a struct that was read is a copy, only the whole can be set
  opened.rodata.target.pid = 1;
  // @ts-expect-error: no such variable
  opened.bss.nope = 1;
  // @ts-expect-error: no such section
  expectTypeOf(opened.data).toBeAny();
  // @ts-expect-error: a section can't be replaced
  opened.bss = { total: 1n, on: true };
  // @ts-expect-error: no such map
  opened.maps.nope.maxEntries = 1;
  // @ts-expect-error: map sizes are numbers
  opened.maps.counts.maxEntries = 4096n;
  // @ts-expect-error: the size of a key is a fact
  opened.maps.counts.keySize = 8;
  // The sizes of a map that no class reads may change.
  opened.maps.jobs.keySize = 8;
  opened.maps.counts.pinPath = "/sys/fs/bpf/counts";
  opened.maps.counts.reuse(sample.load().maps.counts);
  opened.sections.bss.valueSize = 4096;
  opened.maps.counts.mapExtra = 5n;
  // @ts-expect-error: map_extra has 64 bits
  opened.maps.counts.mapExtra = 5;
  // @ts-expect-error: no such kind of map
  opened.maps.counts.kind = "heap";
  // @ts-expect-error: a template is for maps that no class reads
  opened.maps.counts.useInner("/sys/fs/bpf/x");
  // @ts-expect-error: no such section
  opened.sections.nope.valueSize = 1;
  // @ts-expect-error: a program is a Program or the number of a descriptor
  opened.progs.handle_exec.attachTarget = { program: "ask" };
  // @ts-expect-error: autoload is a boolean
  opened.progs.handle_exec.autoload = 1;
  // @ts-expect-error: nothing can be attached before loading
  opened.attach();
  // @ts-expect-error: maps have no entries before loading
  opened.maps.counts.get(1);
  // @ts-expect-error: maps have no records before loading
  for await (const event of opened.maps.events) expectTypeOf(event).toBeAny();
}

export function settings(): void {
  sample.load();
  sample.load({});
  sample.load({ rodata: { min_duration_ns: 1n }, bss: {}, maps: { counts: { maxEntries: 1 } } });
  sample.open({ progs: { handle_exec: { autoload: false } } });

  // @ts-expect-error: a number for a u64
  sample.load({ rodata: { min_duration_ns: 1 } });
  // @ts-expect-error: no such variable
  sample.load({ rodata: { nope: 1 } });
  // @ts-expect-error: no such section
  sample.load({ data: {} });
  // @ts-expect-error: no such map
  sample.load({ maps: { nope: { maxEntries: 1 } } });
  sample.load({ maps: { jobs: { keySize: 4, inner: { maxEntries: 1 } } }, pinRoot: "/run/bpf", tokenPath: "" });
  // @ts-expect-error: the size of a key is a fact
  sample.load({ maps: { counts: { keySize: 8 } } });
  // @ts-expect-error: no such setting
  sample.load({ maps: { counts: { max_entries: 1 } } });
  // @ts-expect-error: no such program
  sample.open({ progs: { nope: { autoload: false } } });
}

export async function afterLoading(): Promise<void> {
  using skel = sample.load();
  expectTypeOf(skel).toEqualTypeOf<Sample>();
  skel.attach();
  expectTypeOf(skel.links.handle_exec).toEqualTypeOf<Link | undefined>();
  expectTypeOf(skel.progs.handle_exec.attach()).toEqualTypeOf<Link>();
  expectTypeOf(skel.rodata.min_duration_ns).toEqualTypeOf<bigint>();
  expectTypeOf(skel.rodata_extra.level).toEqualTypeOf<number>();
  skel.bss.total = 5n;

  // @ts-expect-error: constants are constant after loading
  skel.rodata.min_duration_ns = 5n;
  // @ts-expect-error: those of other sections, too
  skel.rodata_extra.level = 5;
  // @ts-expect-error: a number for a u64
  skel.bss.total = 5;
  skel.maps.counts.pin("/sys/fs/bpf/counts");
  expectTypeOf(skel.sections.bss).toEqualTypeOf<BpfMap>();
  // @ts-expect-error: the size of a map is fixed after loading
  skel.maps.counts.maxEntries = 5;
  // @ts-expect-error: programs are loaded or not
  skel.progs.handle_exec.autoload = true;
  // @ts-expect-error: an object is loaded once
  skel.load();
  // @ts-expect-error: no such map
  expectTypeOf(skel.maps.nope).toBeAny();
  // @ts-expect-error: no such program
  expectTypeOf(skel.links.nope).toBeAny();
  // @ts-expect-error: maps can't be replaced
  skel.maps.counts = skel.maps.counts;

  for await (const event of skel.maps.events) expectTypeOf(event).toEqualTypeOf<Event>();
  for await (const event of skel.maps.events.records({ signal: AbortSignal.timeout(1) }))
    expectTypeOf(event).toEqualTypeOf<Event>();
  expectTypeOf(skel.maps.events.consume).parameter(0).parameter(0).toEqualTypeOf<Event>();
}

interface ManyShape {
  maps: {
    jobs: QueueMap<Event>;
    seen: BloomFilterMap<bigint>;
    routes: LpmTrieMap<string | { prefixlen: number; address: number }, bigint, string>;
    by_cpu: ArrayOfMaps<HashMap<number, bigint>>;
    jumps: ProgramArray;
    state: TaskStorage<Event>;
    bytes: PerCpuHashMap<string, bigint>;
    stacks: StackTraceMap;
    ports: DevMap;
  };
  progs: { handle_exec: Program };
  globals: object;
}

declare const many: Skeleton<ManyShape>;

export function usingOtherKinds(): void {
  const opened = many.open();
  expectTypeOf(opened.maps.by_cpu.inner!.valueSize).toEqualTypeOf<number>();
  opened.maps.by_cpu.useInner(3);
  opened.maps.stacks.valueSize = 80;
  // @ts-expect-error: the values of a queue are read
  opened.maps.jobs.valueSize = 8;

  using skel = many.load();
  const { jobs, seen, routes, by_cpu, jumps, state, bytes, stacks, ports } = skel.maps;
  expectTypeOf(jobs.pop()).toEqualTypeOf<Event | undefined>();
  expectTypeOf(seen.has(1n)).toEqualTypeOf<boolean>();
  expectTypeOf(routes.get("10.0.0.0/8")).toEqualTypeOf<bigint | undefined>();
  expectTypeOf([...routes.keys()]).toEqualTypeOf<string[]>();
  expectTypeOf(by_cpu.get(0)?.get(1)).toEqualTypeOf<bigint | undefined>();
  expectTypeOf(state.get(1)).toEqualTypeOf<Event | undefined>();
  expectTypeOf(bytes.merged("sh", sum)).toEqualTypeOf<bigint | undefined>();
  expectTypeOf(bytes.drain()).toEqualTypeOf<[string, bigint[]][]>();
  expectTypeOf(stacks.get(1)).toEqualTypeOf<bigint[] | undefined>();
  routes.set({ prefixlen: 8, address: 10 }, 1n);
  jumps.set(0, skel.progs.handle_exec);
  ports.set(0, { device: "eth0", program: skel.progs.handle_exec });

  // @ts-expect-error: elements of a queue are structs
  jobs.push(1);
  // @ts-expect-error: queues have no keys
  jobs.get(0);
  // @ts-expect-error: values are bigints
  seen.add(1);
  // @ts-expect-error: nothing is taken out of a filter
  seen.delete(1n);
  // @ts-expect-error: a key is text or a struct
  routes.get(10);
  // @ts-expect-error: values are bigints
  routes.set("10.0.0.0/8", 1);
  // @ts-expect-error: inner maps have other values
  by_cpu.set(0, skel.maps.bytes);
  // @ts-expect-error: a map is no program
  jumps.set(0, jobs);
  // @ts-expect-error: a process is a number
  state.get("self");
  // @ts-expect-error: a struct with a member too few
  state.set(1, { pid: 1 });
  // @ts-expect-error: only programs store stacks
  stacks.set(1, []);
}

export function usingMaps(): void {
  using skel = sample.load();
  const { counts, hits, events } = skel.maps;
  expectTypeOf(counts.get(1)).toEqualTypeOf<bigint | undefined>();
  expectTypeOf([...counts]).toEqualTypeOf<[number, bigint][]>();
  expectTypeOf([...counts.keys()]).toEqualTypeOf<number[]>();
  expectTypeOf([...counts.values()]).toEqualTypeOf<bigint[]>();
  expectTypeOf(hits.get(0)).toEqualTypeOf<bigint[]>();
  expectTypeOf([...hits]).toEqualTypeOf<bigint[][]>();
  counts.set(1, 1n);
  hits.set(0, [1n, 2n]);

  // @ts-expect-error: keys are numbers
  counts.get("1");
  // @ts-expect-error: keys are not bigints
  counts.get(1n);
  // @ts-expect-error: values are bigints
  counts.set(1, 1);
  // @ts-expect-error: a value for each CPU
  hits.set(0, 1n);
  // @ts-expect-error: ring buffers have no keys
  events.get(1);
  // @ts-expect-error: hash maps have no length
  expectTypeOf(counts.length).toBeAny();
}

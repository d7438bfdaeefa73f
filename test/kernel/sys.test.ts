import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { KernelError } from "../../src/runtime/errors.ts";
import { Attr, bpf, BPF_MAP_CREATE } from "../../src/runtime/sys/bpf.ts";
import { ENOENT } from "../../src/runtime/sys/errno.ts";
import { Fd, openDescriptors } from "../../src/runtime/sys/fd.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { readBatch } from "../../src/runtime/sys/map-batch.ts";
import * as ops from "../../src/runtime/sys/map-ops.ts";
import { mapMemory, type Mapping } from "../../src/runtime/sys/mmap.ts";
import { mountDetached } from "../../src/runtime/sys/mount.ts";
import {
  openPerfEvent,
  PERF_COUNT_SW_BPF_OUTPUT,
  PERF_SAMPLE_RAW,
  PERF_TYPE_SOFTWARE,
} from "../../src/runtime/sys/perf.ts";
import { Poller } from "../../src/runtime/sys/poll.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeMapByHand } from "./hand-made.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The error that `action` throws. */
function errorOf(action: () => unknown): KernelError {
  try {
    action();
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describeWithKernel("map operations", { btf: false }, () => {
  it("store, read, list and delete", () => {
    using map = makeMapByHand("hash", { keySize: 4, valueSize: 8, maxEntries: 4 });
    const value = new Uint8Array(8);
    expect(ops.mapLookup(map.fd, bytes(1, 0, 0, 0), value)).toBe(false);
    ops.mapUpdate(map.fd, bytes(1, 0, 0, 0), bytes(1, 2, 3, 4, 5, 6, 7, 8));
    expect(ops.mapLookup(map.fd, bytes(1, 0, 0, 0), value)).toBe(true);
    expect(value).toEqual(bytes(1, 2, 3, 4, 5, 6, 7, 8));
    const next = new Uint8Array(4);
    expect(ops.mapNextKey(map.fd, undefined, next)).toBe(true);
    expect(next).toEqual(bytes(1, 0, 0, 0));
    expect(ops.mapNextKey(map.fd, bytes(1, 0, 0, 0), next)).toBe(false);
    expect(ops.mapDelete(map.fd, bytes(1, 0, 0, 0))).toBe(true);
    expect(ops.mapDelete(map.fd, bytes(1, 0, 0, 0))).toBe(false);
  });

  it("say what is wrong: a key that is there, one that is not, a full map", () => {
    using map = makeMapByHand("hash", { keySize: 4, valueSize: 8, maxEntries: 1 });
    const value = new Uint8Array(8);
    const update = (key: number, flags: number) => () => {
      ops.mapUpdate(map.fd, bytes(key, 0, 0, 0), value, flags);
    };
    expect(errorOf(update(1, ops.BPF_EXIST))).toMatchObject({ errnoName: "ENOENT", command: "BPF_MAP_UPDATE_ELEM" });
    update(1, ops.BPF_NOEXIST)();
    expect(errorOf(update(1, ops.BPF_NOEXIST)).message).toBe(
      'updating an element of map "hand_made": bpf(BPF_MAP_UPDATE_ELEM) failed with EEXIST: the key is there already',
    );
    expect(errorOf(update(2, ops.BPF_ANY)).message).toContain("E2BIG: the map is full");
  });

  it("leave the buffer alone when there is no value", () => {
    using map = makeMapByHand("hash", { keySize: 4, valueSize: 8, maxEntries: 1 });
    const value = new Uint8Array(8).fill(7);
    expect(ops.mapLookup(map.fd, new Uint8Array(4), value)).toBe(false);
    expect(value).toEqual(new Uint8Array(8).fill(7));
  });

  // One fits the loop, the next the arena, the last neither.
  it.each([24, 500, 60_000, 1 << 20])("take values of %i bytes", (valueSize) => {
    using map = makeMapByHand("array", { keySize: 4, valueSize, maxEntries: 1 });
    const value = Uint8Array.from({ length: valueSize }, (_, index) => index * 7);
    ops.mapUpdate(map.fd, new Uint8Array(4), value);
    const read = new Uint8Array(valueSize);
    expect(ops.mapLookup(map.fd, new Uint8Array(4), read)).toBe(true);
    expect(Buffer.compare(read, value)).toBe(0);
  });

  it("take keys that don't fit the arena", () => {
    using map = makeMapByHand("hash", { keySize: 8192, valueSize: 4, maxEntries: 2 });
    const key = new Uint8Array(8192).fill(3);
    ops.mapUpdate(map.fd, key, bytes(1, 2, 3, 4));
    const value = new Uint8Array(4);
    expect(ops.mapLookup(map.fd, key, value)).toBe(true);
    expect(value).toEqual(bytes(1, 2, 3, 4));
    expect(ops.mapDelete(map.fd, key)).toBe(true);
  });

  it("take maps without keys", () => {
    using map = makeMapByHand("queue", { valueSize: 4, maxEntries: 2 });
    ops.mapUpdate(map.fd, bytes(), bytes(1, 0, 0, 0));
    ops.mapUpdate(map.fd, bytes(), bytes(2, 0, 0, 0));
    const value = new Uint8Array(4);
    expect(ops.mapLookup(map.fd, bytes(), value)).toBe(true);
    expect(value[0]).toBe(1);
    expect(ops.mapLookupAndDelete(map.fd, bytes(), value)).toBe(true);
    expect(ops.mapLookupAndDelete(map.fd, bytes(), value)).toBe(true);
    expect(value[0]).toBe(2);
    expect(ops.mapLookupAndDelete(map.fd, bytes(), value)).toBe(false);
  });

  it("read many entries at once, and say when that was all", () => {
    using map = makeMapByHand("hash", { keySize: 4, valueSize: 4, maxEntries: 1000 });
    const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
    for (let i = 0; i < 1000; i++) ops.mapUpdate(map.fd, word(i), word(i * 3));
    const found = new Map<number, number>();
    const [keys, values] = [new Uint32Array(300), new Uint32Array(300)];
    let from: Uint8Array | undefined;
    for (let done = false; !done;) {
      const next = new Uint8Array(4);
      const [room, ...bytesOf] = [300, new Uint8Array(keys.buffer), new Uint8Array(values.buffer)] as const;
      const batch = readBatch(map.fd, { from, next, keys: bytesOf[0], values: bytesOf[1], room }, false);
      for (let i = 0; i < batch.count; i++) found.set(keys[i] ?? -1, values[i] ?? -1);
      ({ done } = batch);
      from = next;
    }
    expect(found).toEqual(new Map(Array.from({ length: 1000 }, (_, i) => [i, i * 3])));
  });

  it("are refused on a frozen map", () => {
    using map = makeMapByHand("array", { keySize: 4, valueSize: 4, maxEntries: 1 });
    ops.mapFreeze(map.fd);
    const error = errorOf(() => {
      ops.mapUpdate(map.fd, new Uint8Array(4), new Uint8Array(4));
    });
    expect(error).toMatchObject({ code: "permission", errnoName: "EPERM" });
    expect(error.message).toContain("the map is frozen");
  });

  it("say that a map is closed", () => {
    const map = makeMapByHand("array", { keySize: 4, valueSize: 4, maxEntries: 1 });
    map.close();
    expect(() => ops.mapLookup(map.fd, new Uint8Array(4), new Uint8Array(4))).toThrow('map "hand_made" is closed');
  });

  it("keep the errors of threads apart", async () => {
    using map = makeMapByHand("array", { keySize: 4, valueSize: 4, maxEntries: 1 });
    // A thread that fails all the time with EBADF, while this one fails with ENOENT.
    const worker = new Worker(
      `const koffi = require("koffi"); const close = koffi.load(null).func("int close(int)");
       require("node:worker_threads").parentPort.postMessage("on"); for (;;) close(-1);`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once("message", resolve));
    const key = new Uint8Array(Uint32Array.of(7).buffer);
    const results = new Set<number>();
    for (let i = 0; i < 20_000; i++)
      results.add(bpf(1, new Attr(32).u32(0, map.fd.number).pointer(8, key).pointer(16, key)));
    await worker.terminate();
    expect([...results]).toEqual([-ENOENT]);
  });
});

describeWithKernel("Fd", { btf: false }, () => {
  const traced = process.env["CORE_GEN_TRACE_FDS"];
  afterEach(() => {
    if (traced === undefined) delete process.env["CORE_GEN_TRACE_FDS"];
    else process.env["CORE_GEN_TRACE_FDS"] = traced;
  });

  it("is listed while it is open, with the place where that happened", () => {
    process.env["CORE_GEN_TRACE_FDS"] = "1";
    const fd = new Fd(openSync("/dev/null", "r"), "a test's file");
    expect(openDescriptors()).toMatchObject([{ number: fd.number, what: "a test's file" }]);
    expect(openDescriptors()[0]?.stack).toContain("sys.test.ts");
    fd.close();
    expect(openDescriptors()).toEqual([]);
  });

  it("closes once, whoever has the number afterwards", () => {
    const fd = new Fd(openSync("/dev/null", "r"), "a test's file");
    const { number } = fd;
    fd.close();
    expect(fd.closed).toBe(true);
    const another = openSync("/dev/null", "r");
    expect(another).toBe(number);
    fd.close();
    expect(readFileSync(`/proc/self/fdinfo/${another}`, "utf8")).toContain("pos:");
    closeSync(another);
    expect(() => fd.number).toThrow("a test's file is closed");
  });
});

describeWithKernel("mapMemory", { btf: false }, () => {
  const BPF_F_MMAPABLE = 0x400;

  function mapped(): { map: ReturnType<typeof makeMapByHand>; mapping: Mapping } {
    const map = makeMapByHand("array", { keySize: 4, valueSize: 4096, maxEntries: 1, flags: BPF_F_MMAPABLE });
    return { map, mapping: mapMemory(map.fd, { length: 4096, offset: 0, writable: true, what: "the map's data" }) };
  }

  it("shares memory with the kernel, both ways", () => {
    const { map, mapping } = mapped();
    const value = new Uint8Array(4096).fill(1);
    ops.mapUpdate(map.fd, new Uint8Array(4), value);
    expect(mapping.bytes[4095]).toBe(1);
    mapping.bytes[7] = 9;
    ops.mapLookup(map.fd, new Uint8Array(4), value);
    expect(value[7]).toBe(9);
    mapping.close();
    map.close();
  });

  it("leaves views that are read and written after close harmless, and lets go of the map", () => {
    const { map, mapping } = mapped();
    const stale = mapping.bytes;
    stale.fill(5);
    mapping.close();
    mapping.close();
    expect(stale[0]).toBe(0);
    stale[0] = 1;
    const value = new Uint8Array(4096);
    ops.mapLookup(map.fd, new Uint8Array(4), value);
    expect(value[0]).toBe(5);
    expect(readFileSync("/proc/self/maps", "utf8")).not.toContain("bpf-map");
    expect(() => mapping.bytes).toThrow("the map's data is closed");
    map.close();
  });

  it("says what could not be mapped, and why", () => {
    using map = makeMapByHand("array", { keySize: 4, valueSize: 8, maxEntries: 1 });
    const options = { length: 4096, offset: 0, writable: false, what: "the map's data" };
    expect(errorOf(() => mapMemory(map.fd, options)).message).toMatch(
      /^mapping the map's data into memory: mmap failed with E(NOTSUPP|INVAL|NODEV|PERM)[^:]*: /,
    );
  });
});

/** A pipe of which both ends are one descriptor. */
function openFifo(): { fd: Fd; write: (text: string) => void; read: () => string } {
  const folder = mkdtempSync(join(tmpdir(), "core-gen-fifo-"));
  const path = join(folder, "fifo");
  execFileSync("mkfifo", [path]);
  const number = openSync(path, "r+");
  rmSync(folder, { recursive: true });
  return {
    fd: new Fd(number, "a fifo"),
    write: (text) => {
      writeSync(number, text);
    },
    read: () => {
      // A few bytes, of which there is at least one: this does not wait.
      const buffer = Buffer.alloc(64);
      return buffer.toString("utf8", 0, readSync(number, buffer));
    },
  };
}

describeWithKernel("Poller", { btf: false }, () => {
  it("calls back while there is something to read", async () => {
    const { fd, write, read } = openFifo();
    const texts: string[] = [];
    const poller = new Poller(fd, () => texts.push(read()));
    poller.start();
    poller.start();
    write("one");
    await sleep(50);
    write("two");
    await sleep(50);
    poller.close();
    expect(texts).toEqual(["one", "two"]);
    fd.close();
  });

  it("stops at once, starts again with what is left, and ends for good", async () => {
    const { fd, write } = openFifo();
    let calls = 0;
    const poller = new Poller(fd, () => {
      calls++;
      poller.stop();
    });
    poller.start();
    write("unread");
    await sleep(50);
    expect(calls).toBe(1);
    poller.start();
    await sleep(50);
    expect(calls).toBe(2);
    poller.close();
    poller.close();
    poller.stop();
    poller.start();
    await sleep(50);
    expect(calls).toBe(2);
    fd.close();
  });

  it("does not call back any more after stop, even if an event was due", async () => {
    const { fd, write } = openFifo();
    let calls = 0;
    const poller = new Poller(fd, () => calls++);
    poller.start();
    write("x");
    // The event has been seen when this runs, and the callback is the next thing to happen.
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        poller.stop();
        resolve();
      });
    });
    const before = calls;
    await sleep(50);
    expect(calls).toBe(before);
    poller.close();
    fd.close();
  });

  it("settles promises and lets exceptions out, as callbacks of Node do", async () => {
    const { fd, write, read } = openFifo();
    const seen = new Promise<string>((resolve) => {
      const poller = new Poller(fd, () => {
        resolve(read());
        poller.close();
      });
      poller.start();
    });
    write("hello");
    expect(await seen).toBe("hello");
    const script = `
      const { Poller } = await import("./src/runtime/sys/poll.ts");
      const { Fd } = await import("./src/runtime/sys/fd.ts");
      const poller = new Poller(new Fd(0, "standard input"), () => { throw new Error("out it comes"); });
      poller.start();`;
    const child = () =>
      execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
        input: "something",
        stdio: "pipe",
        timeout: 20_000,
      });
    expect(child).toThrow("out it comes");
    fd.close();
  });
});

describeWithKernel("garbage collection", { btf: false }, () => {
  const run = (script: string): string =>
    execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 20_000,
    });

  it("does not silence a poller that nobody refers to", () => {
    const script = `
      const { Poller } = await import("./src/runtime/sys/poll.ts");
      const { Fd } = await import("./src/runtime/sys/fd.ts");
      const { readFileSync, openSync, writeSync, mkdtempSync, rmSync } = await import("node:fs");
      const { execFileSync } = await import("node:child_process");
      const folder = mkdtempSync("/tmp/core-gen-fifo-");
      execFileSync("mkfifo", [folder + "/fifo"]);
      const number = openSync(folder + "/fifo", "r+");
      rmSync(folder, { recursive: true });
      (() => { new Poller(new Fd(number, "fifo"), () => { console.log("called"); process.exit(); }).start(); })();
      for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }
      writeSync(number, "x");`;
    expect(run(script)).toBe("called\n");
  });

  it("returns the memory of closed mappings, once their views are gone", () => {
    const script = `
      const { mapMemory } = await import("./src/runtime/sys/mmap.ts");
      const { libc } = await import("./src/runtime/sys/libc.ts");
      const { openSync, readFileSync } = await import("node:fs");
      const number = openSync("/dev/zero", "r+");
      const length = 1 << 26;
      const size = () => Number(/VmSize:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
      const use = () => {
        const mapping = mapMemory({ number }, { length, offset: 0, writable: true, private: true, what: "zeros" });
        mapping.bytes[0] = 1;
        mapping.close();
        return mapping.bytes;
      };
      const before = size();
      for (let i = 0; i < 20; i++) try { use(); } catch {}
      const held = size() - before;
      for (let i = 0; i < 20; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }
      console.log(held >= 20 * length, size() - before < 5 * length);`;
    expect(run(script)).toBe("true true\n");
  });
});

describeWithKernel("other system calls", { btf: false }, () => {
  it("open perf events", () => {
    const event = { type: PERF_TYPE_SOFTWARE, config: PERF_COUNT_SW_BPF_OUTPUT, sampleType: PERF_SAMPLE_RAW };
    using fd = openPerfEvent(event, -1, 0, "a perf buffer");
    expect(readFileSync(`/proc/self/fdinfo/${fd.number}`, "utf8")).toContain("ino:");
    expect(errorOf(() => openPerfEvent(event, -1, 12345, "a perf buffer")).message).toMatch(
      /^opening a perf buffer: perf_event_open failed with E(INVAL|NODEV): /,
    );
  });

  it("mount a file system that nobody sees", () => {
    using mount = mountDetached("tracefs");
    expect(readFileSync(`/proc/self/fd/${mount.number}/events/sched/sched_switch/id`, "utf8")).toMatch(/^\d+\n$/);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("/proc/self/fd");
    expect(errorOf(() => mountDetached("no-such-fs"))).toMatchObject({ syscall: "fsopen", errnoName: "ENODEV" });
  });

  it("return minus errno", () => {
    expect(libc().close(-1)).toBe(-9);
    expect(bpf(BPF_MAP_CREATE, new Attr(28).u32(0, 9999))).toBe(-22);
    expect(libc().mmap(0, 0, 1, 1, -1, 0)).toBeLessThan(0);
  });

  it("are not touched by importing the runtime's files", () => {
    const script = `
      const { readFileSync } = await import("node:fs");
      for (const name of ["libc", "bpf", "map-ops", "mmap", "poll", "perf", "mount"]) await import("./src/runtime/sys/" + name + ".ts");
      await import("./src/runtime/load/load.ts");
      await import("./src/runtime/links/attach.ts");
      console.log(/koffi/.test(readFileSync("/proc/self/maps", "utf8")));
      (await import("./src/runtime/sys/libc.ts")).libc();
      console.log(/koffi/.test(readFileSync("/proc/self/maps", "utf8")));`;
    const options = { encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], options)).toBe(
      "false\ntrue\n",
    );
  });

  it("say that other systems have none", () => {
    const script = `
      Object.defineProperty(process, "platform", { value: "darwin" });
      const { libc } = await import("./src/runtime/sys/libc.ts");
      try { libc(); } catch (error) { console.log(error.code, error.message); }`;
    const options = { encoding: "utf8" } as const;
    expect(execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], options)).toBe(
      "unsupported loading BPF programs needs Linux, and this is darwin\n",
    );
  });

  it("throw errors that are recognised", () => {
    expect(isCoreGenError(errorOf(() => mountDetached("no-such-fs")))).toBe(true);
  });
});

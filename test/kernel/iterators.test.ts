import { execFileSync, spawn } from "node:child_process";

import { expect, it } from "vitest";

import { isCoreGenError } from "../../src/errors.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { IterLink } from "../../src/runtime/links/iter/iter-link.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { Element, iter, type Iter, type IterShape } from "../objects/iter.skel.ts";
import { iteratorCases } from "../support/iterators.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { thrownBy } from "../support/thrown.ts";

describeWithKernel("iterators", {}, () => {
  const here = iteratorCases.filter(
    ({ target, since }) => kernelIsAtLeast(since) && !target.startsWith("bpf_map_elem"),
  );
  it.each(here.map(({ target, see }) => [target, see] as const))("go over %s", async (_target, see) => {
    await see();
  });
});

/** Some machines, as the one that builds this, let no program go over the elements of a map; virtual machines do. */
function elementsAreClosed(): string | undefined {
  try {
    load("dump_elements").close();
    return undefined;
  } catch (error) {
    return isCoreGenError(error) && error.code === "permission" ? "this kernel refuses iter/bpf_map_elem" : undefined;
  }
}

function load(...names: (keyof IterShape["progs"])[]): Iter {
  return iter.load({ progs: Object.fromEntries(names.map((name) => [name, { autoload: true }])) });
}

describeWithKernel("iterators over the elements of a map", { kernelLacks: elementsAreClosed }, () => {
  const here = iteratorCases.filter(({ target }) => target.startsWith("bpf_map_elem"));
  it.each(here.map(({ target, see }) => [target, see] as const))("are %s", async (_target, see) => {
    await see();
  });

  it.each([
    [{}, "EBADF: it goes over the elements of a map, and it is not said which: attachIter({ map: skel.maps.NAME })"],
    [{ map: 0x7fff_ffff }, "EBADF: that is not the descriptor of a map"],
  ])("refuse %j", (options, message) => {
    using skel = load("dump_elements");
    const error = thrownBy(() => skel.progs.dump_elements.attachIter(options));
    expect(error.message).toBe(
      `attaching program "dump_elements" at iter/bpf_map_elem: bpf(BPF_LINK_CREATE) failed with ${message}`,
    );
  });

  it("refuse a map that the program does not fit", () => {
    using skel = load("dump_elements");
    const error = thrownBy(() => skel.progs.dump_elements.attachIter({ map: skel.maps.numbers }));
    expect(error.message).toContain("the program is for another kind of map, or for larger keys or values");
  });
});

describeWithKernel("an iterator's link", {}, () => {
  it("is read as often as one likes, each time anew", () => {
    using skel = load("dump_records");
    using link = skel.progs.dump_records.attachIter();
    expect(link.what).toBe('program "dump_records" at iter/bpf_map');
    expect(link.read().length % Element.size).toBe(0);
    const records = link.records(Element);
    const ours = (): number[] => [...records].flatMap(({ value }) => (value === 54_321n ? [Number(value)] : []));
    expect(ours()).toEqual([]);
    using other = iter.load({ maps: { elements: { maxEntries: 54_321 } } });
    expect(ours()).toEqual([54_321]);
    expect(ours()).toEqual([54_321]);
    expect(other.maps.elements.maxEntries).toBe(54_321);
  });

  it("is read while the process does other things", async () => {
    using skel = load("dump_task");
    using link = skel.progs.dump_task.attach();
    expect(link).toBeInstanceOf(IterLink);
    const lines: string[] = [];
    for await (const line of link) lines.push(line);
    expect(lines.some((line) => line.startsWith(`${process.pid} ${process.pid} `))).toBe(true);
    expect(lines.join("\n").includes("\0")).toBe(false);
  });

  it("closes an iteration that is left", async () => {
    using skel = load("dump_ksym");
    using link = skel.progs.dump_ksym.attach();
    const before = openDescriptors().length;
    for (const line of link.lines()) {
      expect(line).toMatch(/^[0-9a-f]+ \S+$/u);
      expect(openDescriptors()).toHaveLength(before + 1);
      break;
    }
    for await (const line of link) {
      expect(line).toMatch(/^[0-9a-f]+ \S+$/u);
      break;
    }
    expect(openDescriptors()).toHaveLength(before);
  });

  it("ends iterations that are under way when it is detached", async () => {
    using skel = load("dump_ksym");
    const link = skel.progs.dump_ksym.attach();
    const lines = link.lines()[Symbol.iterator]();
    lines.next();
    const later = link[Symbol.asyncIterator]();
    // Its read is on another thread when the link is detached.
    const next = later.next();
    link.detach();
    await expect(next).rejects.toThrow('reading program "dump_ksym" at iter/ksym: it was detached meanwhile');
    expect(() => Array.from({ length: 100_000 }, () => lines.next())).toThrow("it was detached meanwhile");
    expect(thrownBy(() => link.read()).message).toContain("is closed");
    expect(openDescriptors().filter(({ what }) => what.startsWith("an iteration"))).toEqual([]);
  });

  it("says when there is more than whole records", () => {
    using skel = load("dump_halves");
    using link = skel.progs.dump_halves.attachIter();
    const error = thrownBy(() => [...link.records(Element)]);
    expect(error.message).toBe(
      'reading program "dump_halves" at iter/bpf_map: 4 bytes are left over, which are no record of 16 bytes',
    );
  });

  it("is read by others through its pin, and goes on with another program", () => {
    using skel = load("dump_task", "dump_records", "dump_bpf_map");
    using link = skel.progs.dump_task.attachIter();
    using bpffs = mountBpffs();
    link.pin(`${bpffs.path}/tasks`);
    {
      using other = IterLink.fromPin(`${bpffs.path}/tasks`);
      expect(other.pinPath).toBe(`${bpffs.path}/tasks`);
      expect(other.readText()).toContain(`${process.pid} `);
    }
    const path = `${bpffs.path.replace("self", String(process.pid))}/tasks`;
    expect(execFileSync("cat", [path], { encoding: "utf8" })).toContain(`\n${process.pid} ${process.pid} `);
    link.unpin();
    using maps = skel.progs.dump_bpf_map.attachIter();
    maps.update(skel.progs.dump_records);
    expect([...maps.records(Element)].length).toBeGreaterThan(0);
    expect(maps.what).toBe('program "dump_records" at iter/bpf_map');
  });

  it("is attached by its section", () => {
    using skel = load("dump_task");
    skel.attach();
    expect((skel.links.dump_task as IterLink).readText()).toContain(`${process.pid} `);
  });

  it("says that there is no such control group", () => {
    using skel = load("dump_cgroup");
    const error = thrownBy(() => skel.progs.dump_cgroup.attachIter({ cgroup: "/no/such/group" }));
    expect(error.message).toContain(
      'attaching program "dump_cgroup" at iter/cgroup: ENOENT: no such file or directory',
    );
    const tmp = thrownBy(() => skel.progs.dump_cgroup.attachIter({ cgroup: "/tmp" }));
    expect(tmp.message).toContain("EBADF: that is not a folder of cgroup v2");
    expect(thrownBy(() => skel.progs.dump_cgroup.attachIter()).message).toContain(
      'EINVAL: it has to be said over what it goes: attachIter({ cgroup: "/sys/fs/cgroup" })',
    );
    expect(() => skel.progs.dump_cgroup.attachIter({ cgroup: "/tmp", order: "up" as never })).toThrow(
      '"up" is none of self, descendants-pre, descendants-post, ancestors-up, children',
    );
  });

  it("refuses what its iterator would ignore", () => {
    using skel = load("dump_task", "dump_ksym");
    const open = openDescriptors().length;
    const map = thrownBy(() => skel.progs.dump_task.attachIter({ map: skel.maps.elements }));
    expect(map).toMatchObject({
      code: "bad-input",
      message: 'attaching program "dump_task" at iter/task: iterators of task take no map',
      hints: ['A map is for SEC("iter/bpf_map_elem"), "iter/bpf_sk_storage_map" and "iter/sockmap".'],
    });
    const pid = thrownBy(() => skel.progs.dump_ksym.attachIter({ pid: process.pid }));
    expect(pid.message).toBe('attaching program "dump_ksym" at iter/ksym: iterators of ksym take no pid');
    expect(() => skel.progs.dump_task.attachIter({ pid: -1 })).toThrow(RangeError);
    expect(() => skel.progs.dump_task.attachIter({ pid: 1, tid: 1 })).toThrow("one of pid, tid is enough");
    expect(openDescriptors()).toHaveLength(open);
  });

  it("goes over nothing for a process that has ended", async () => {
    using skel = load("dump_task");
    const child = spawn("true");
    using link = skel.progs.dump_task.attachIter({ pid: child.pid ?? 0 });
    await new Promise((resolve) => child.once("exit", resolve));
    expect(link.readText()).toBe("");
  });

  it("is attached and detached a thousand times", () => {
    using skel = load("dump_halves");
    const open = openDescriptors().length;
    for (let time = 0; time < 1000; time++) {
      using link = skel.progs.dump_halves.attachIter();
      expect(link.read()).toHaveLength(Element.size + 4);
    }
    expect(openDescriptors()).toHaveLength(open);
  });
});

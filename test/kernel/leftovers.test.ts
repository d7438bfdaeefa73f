import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";

import { expect, it } from "vitest";

import { bpf } from "../support/bpf-ids.ts";
import { describeWithKernel, whatIsMissing } from "../support/kernel.ts";
import { leftovers, takeStock } from "../support/leftovers.ts";

const BPF_MAP_CREATE = 0;
const BPF_MAP_TYPE_ARRAY = 2;

/** A one-element array map; its descriptor. */
function createMap(name: string): number {
  const attr = new Uint8Array(48);
  new Uint32Array(attr.buffer).set([BPF_MAP_TYPE_ARRAY, 4, 8, 1]);
  new TextEncoder().encodeInto(name, attr.subarray(28));
  return bpf(BPF_MAP_CREATE, attr);
}

// The judge is judged first: a leak check that can't fail proves nothing about the runtime.
describeWithKernel("leftovers", { btf: false, leakCheck: false }, () => {
  it("finds an open file", async () => {
    const before = takeStock();
    const fd = openSync("/dev/null", "r");
    const left = await leftovers(before);
    closeSync(fd);
    expect(left).toEqual([`fd ${fd} /dev/null`]);
    expect(await leftovers(before)).toEqual([]);
  });

  it("finds a map by its descriptor, by its id and by its name", async () => {
    const before = takeStock();
    const fd = createMap("leaked");
    const left = await leftovers(before);
    closeSync(fd);
    expect(left).toEqual([`fd ${fd} anon_inode:bpf-map`, expect.stringMatching(/^map \d+ leaked$/)]);
    expect(await leftovers(before)).toEqual([]);
  });
});

describeWithKernel("what a test needs", { leakCheck: false }, () => {
  it("is complete here", () => {
    expect(whatIsMissing({})).toBeUndefined();
  });

  it("is bpf() for a process without capabilities", () => {
    const script = 'import("./test/support/bpf-ids.ts").then((ids) => console.log(ids.bpfRefusal()))';
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
    const output = execFileSync("setpriv", ["--bounding-set=-all", ...node], { encoding: "utf8" });
    expect(output).toBe("bpf() answers EPERM: run as root\n");
  });
});

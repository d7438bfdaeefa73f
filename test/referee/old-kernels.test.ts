import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, it, vi } from "vitest";

import { encodeInsns } from "../../src/object/insn/insn.ts";
import { openObject } from "../../src/object/open.ts";
import type { Feature } from "../../src/runtime/kernel/features.ts";
import { replaceMissingHelpers } from "../../src/runtime/load/fill-in.ts";
import { expectedAttachType } from "../../src/runtime/load/load-programs.ts";
import { programImages } from "../../src/cli/insn-lines.ts";
import { asReferee, kernelBtfs, readKernel } from "./kernels.ts";
import { corpusObjects, describeWithReferee, referee, refereeEachProgram } from "./referee.ts";

/** What kernels of 2018 can't: choose a helper by whose memory is read, and say when loading where a program attaches. */
const missing: readonly Feature[] = ["probe-read-kernel", "expected-attach-type"];

vi.mock(import("../../src/runtime/kernel/features.ts"), async (original) => ({
  ...(await original()),
  hasFeature: (feature: Feature): boolean => !missing.includes(feature),
}));

const [host] = kernelBtfs();
const OLD_HELPERS = /^85000000(?:04|2d)000000$/u;

describeWithReferee("what kernels can't that are older than their programs", { corpus: ["objects"] }, () => {
  it("is done by the helpers that they have", { timeout: 120_000 }, () => {
    const counts = { objects: 0, programs: 0, calls: 0 };
    const { kernel: vmlinux } = readKernel(host!);
    for (const path of corpusObjects()) {
      const { end, programs } = referee(path, { ...asReferee(host!), without: ["probe_read"] });
      if (end.status !== "ok") continue;
      const object = openObject(readFileSync(path), { what: basename(path) });
      const loaded = object.programs.filter(({ autoload }) => autoload);
      const images = programImages(object, loaded, vmlinux, { vmlinux, modules: [], kallsyms: () => "" });
      const ours = images.map(({ linked: { insns } }) => {
        replaceMissingHelpers(insns);
        return Buffer.from(encodeInsns(insns, true)).toString("hex");
      });
      expect(ours, basename(path)).toEqual(programs.map(({ code }) => Buffer.from(code).toString("hex")));
      counts.objects++;
      counts.programs += ours.length;
      counts.calls +=
        ours
          .join("")
          .match(/.{16}/gu)
          ?.filter((insn) => OLD_HELPERS.test(insn)).length ?? 0;
    }
    console.log(`equal to libbpf on a kernel without bpf_probe_read_kernel(): ${JSON.stringify(counts)}`);
    expect(counts.objects).toBeGreaterThan(75);
    expect(counts.calls).toBeGreaterThan(500);
  });

  it("leaves out the attach type where that is optional", () => {
    const sections = join(import.meta.dirname, "../objects/sections.stripped.bpf.o");
    const results = refereeEachProgram(sections, { ...asReferee(host!), without: ["attach_type"] });
    const { programs } = openObject(readFileSync(sections));
    const compared = programs.flatMap(({ name, section, def }) => {
      const theirs = results.get(name)?.programs[0]?.expectedAttachType;
      return theirs === undefined
        ? []
        : [{ section, optional: def!.attachTypeOptional, theirs, ours: expectedAttachType(def!) }];
    });
    expect(compared.length).toBeGreaterThan(95);
    expect(compared.filter(({ optional, ours }) => optional && ours === 0).length).toBeGreaterThanOrEqual(10);
    expect(compared.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
  });
});

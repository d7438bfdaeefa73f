import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { openObject } from "../../src/object/open.ts";
import { kernelBtf } from "../../src/runtime/kernel/btf.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { attachStructOps, type StructOpsLink } from "../../src/runtime/links/struct-ops.ts";
import { loadObject, type LoadedObject } from "../../src/runtime/load/load.ts";
import { congestion } from "../golden/congestion.skel.ts";
import { registeredByLink, registeredByMap } from "../kernels/struct-ops.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { congestionControls, sendThrough } from "../support/tcp-congestion.ts";
import { thrownBy } from "../support/thrown.ts";

/*
 * Congestion controls of TCP, in the kernel. Registered, used and gone is also checked under every kernel: test/kernels.
 */

function whatTheKernelLacks(): string | undefined {
  if (kernelBtf().find("bpf_struct_ops_tcp_congestion_ops", "struct") === undefined)
    return "this kernel takes no congestion controls from BPF programs";
  return kernelIsAtLeast([6, 4]) ? undefined : "links of struct_ops came with Linux 6.4";
}

const ours = (): string[] => congestionControls().filter((name) => /^(?:cg|sops)_/u.test(name));

describeWithKernel("maps of struct_ops", { kernelLacks: whatTheKernelLacks }, () => {
  it("of .struct_ops are registered, run, and are gone", registeredByMap);

  it("of .struct_ops.link are registered, updated, and are gone", registeredByLink);

  it("are registered by attach(), each once, and ended by detach() and close()", () => {
    using skel = congestion.load();
    expect(skel.links.by_map).toBeUndefined();
    skel.attach();
    const { by_map, by_link } = skel.links;
    expect([by_map?.closed, by_link?.closed]).toEqual([false, false]);
    skel.attach();
    expect([skel.links.by_map, skel.links.by_link]).toEqual([by_map, by_link]);
    expect(ours()).toEqual(["cg_map", "cg_link"]);
    expect(by_map?.fd).toBe(skel.maps.by_map.fd);
    skel.detach();
    expect([by_map?.closed, by_link?.closed, skel.links.by_map]).toEqual([true, true, undefined]);
    expect(() => by_map?.fd).toThrow(expect.objectContaining({ code: "closed" }) as Error);
    expect(ours()).toEqual([]);
    skel.maps.by_link.attach();
    expect(ours()).toEqual(["cg_link"]);
    skel.close();
    expect(ours()).toEqual([]);
    expect(() => skel.maps.by_link.attach()).toThrow(expect.objectContaining({ code: "closed" }) as Error);
  });

  it("can be without functions, and with others", async () => {
    const opened = congestion.open();
    const { by_link } = opened.structOps;
    expect(by_link.init).toBe(opened.progs.count_init);
    by_link.init = opened.progs.count_init_after;
    by_link.flags = 1;
    opened.maps.by_map.autocreate = false;
    using skel = opened.load();
    expect(skel.progs.count_init.loaded).toBe(false);
    skel.attach();
    await sendThrough("cg_link", 10_000);
    expect([skel.bss.connections, skel.bss.connections_after_update]).toEqual([0n, 1n]);
  });

  it("are not there without autocreate, nor are their programs", () => {
    using skel = congestion.load();
    expect([skel.progs.count_init.loaded, skel.progs.count_init_after.loaded]).toEqual([true, false]);
    const { for_update } = skel.maps;
    expect([for_update.name, for_update.kind]).toEqual(["for_update", "struct_ops"]);
    const error = expect.objectContaining({
      code: "bad-input",
      message: 'map "for_update" of congestion was not made: its autocreate is off',
    }) as Error;
    expect(() => for_update.fd).toThrow(error);
    expect(() => for_update.attach()).toThrow(error);
  });

  it("whose name is in use are refused, and those that the same call registered are gone", () => {
    using skel = congestion.load({ structOps: { by_map: { name: "cg_link" } } });
    const error = thrownBy(() => {
      skel.attach();
    });
    expect(error.message).toBe(
      'registering struct_ops map "by_link": bpf(BPF_LINK_CREATE) failed with EEXIST: the kernel has one of this name already',
    );
    expect(error.hints).toEqual([expect.stringContaining("bpftool struct_ops list")]);
    expect(ours()).toEqual([]);
  });

  it("of .struct_ops are registered once", () => {
    using skel = congestion.load({ maps: { by_link: { autocreate: false } } });
    skel.maps.by_map.attach().detach();
    expect(thrownBy(() => skel.maps.by_map.attach())).toMatchObject({
      message:
        'registering struct_ops map "by_map": bpf(BPF_MAP_UPDATE_ELEM) failed with EBUSY: it was registered before, and a map of .struct_ops can be registered once',
    });
  });

  it("change places with maps of the same name, by a link", () => {
    using skel = congestion.load({
      maps: { for_update: { autocreate: true } },
      structOps: { for_update: { name: "cg_other" } },
    });
    skel.attach();
    const { by_map, by_link } = skel.links;
    expect(thrownBy(() => by_link?.update(skel.maps.for_update)).message).toBe(
      'putting map "for_update" in the place of struct_ops map "by_link": bpf(BPF_LINK_UPDATE) failed with EINVAL: it is for another struct of the kernel, or differs in something that has to stay: its name',
    );
    expect(thrownBy(() => by_link?.update(skel.maps.by_map)).message).toBe(
      'putting map "by_map" in the place of struct_ops map "by_link": it is in SEC(".struct_ops"), whose maps have no links',
    );
    expect(thrownBy(() => by_map?.update(skel.maps.by_link)).message).toBe(
      'putting map "by_link" in the place of struct_ops map "by_map": that is registered without a link',
    );
  });

  it("with values that the kernel does not want are refused", () => {
    const loaded = load("struct-ops.stripped");
    try {
      // A congestion control may not choose its own key.
      expect(thrownBy(() => register(loaded, "first")).message).toBe(
        'registering struct_ops map "first": bpf(BPF_MAP_UPDATE_ELEM) failed with EINVAL: the kernel does not accept these values, or a function is missing that it needs',
      );
      register(loaded, "second").close();
      register(loaded, "linked").close();
    } finally {
      loaded.close();
    }
  });

  it("for test runs can't be registered", ({ skip }) => {
    skip(kernelBtf().find("bpf_struct_ops_bpf_dummy_ops", "struct") === undefined, "no bpf_dummy_ops in this kernel");
    const loaded = load("struct-ops.dummy.stripped");
    try {
      expect([...loaded.programs.keys()]).toEqual([
        "ssthresh",
        "cong_avoid",
        "undo_cwnd",
        "init",
        "test_1",
        "test_sleepable",
      ]);
      expect(thrownBy(() => register(loaded, "dummy")).message).toMatch(
        /for something else than registering: test runs$/u,
      );
    } finally {
      loaded.close();
    }
  });

  it.each([
    ["missing", "loading struct-ops.missing.stripped: first: the member only_here of struct tcp_congestion_ops is set, and this kernel does not have it"],
    ["missing-function", "loading struct-ops.missing-function.stripped: first: the member nobody_has_this of struct tcp_congestion_ops is set, and this kernel does not have it"],
    ["wrong-size", "loading struct-ops.wrong-size.stripped: first: the member flags of struct tcp_congestion_ops has 8 bytes, and 4 in the kernel"],
    ["wrong-kind", "loading struct-ops.wrong-kind.stripped: first: the member flags of struct tcp_congestion_ops is of kind ptr, and of kind int in the kernel"],
    ["pointer", "loading struct-ops.pointer.stripped: first: the member owner of struct tcp_congestion_ops is a pointer that is not null, and no program"],
    ["reuse", 'loading struct-ops.reuse.stripped: second: program "ssthresh" can\'t be tcp_congestion_ops.undo_cwnd, it is tcp_congestion_ops.ssthresh already'],
    ["unused", 'loading struct-ops.unused.stripped: program "lonely" (SEC("struct_ops/lonely")) is in no struct_ops map that is created'],
    ["unknown", "loading struct-ops.unknown.stripped: unknown: this kernel takes no struct tcp_congestion_opt from BPF programs"],
  ])("struct-ops.%s is refused before anything is created", (name, message) => {
    expect(thrownBy(() => load(`struct-ops.${name}.stripped`))).toMatchObject({ code: "bad-input", message });
  }); // prettier-ignore

  it("of structs that the kernel does not have are told what there is", () => {
    expect(thrownBy(() => load("struct-ops.unknown.stripped")).hints[0]).toBe("Near it: tcp_congestion_ops.");
  });
});

function load(name: string): LoadedObject {
  const bytes = readFileSync(new URL(`../objects/${name}.bpf.o`, import.meta.url));
  return loadObject(openObject(bytes, { what: name }), {
    autoload: new Map(),
    maps: new Map(),
    contents: new Map(),
  });
}

function register(loaded: LoadedObject, name: string): StructOpsLink {
  const map = loaded.maps.get(name);
  if (map === undefined) throw new Error(`there is no map ${name}`);
  return attachStructOps(map);
}

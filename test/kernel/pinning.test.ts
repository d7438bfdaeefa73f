import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { IncompatibleMapError } from "../../src/runtime/errors.ts";
import { libc } from "../../src/runtime/sys/libc.ts";
import { pinned } from "../objects/pinned.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { runOnFrame } from "../support/run-program.ts";
import { thrownBy } from "../support/thrown.ts";

/** Without the two files of the kernel's own, which have a dot. */
function pinsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.includes("."))
    .sort();
}

describeWithKernel("maps pinned by name", {}, () => {
  it("are pinned in the folder that was given, for root alone, and outlive the skeleton", () => {
    using bpffs = mountBpffs();
    const pinRoot = `${bpffs.path}/app/maps`;
    {
      using skel = pinned.load({ pinRoot });
      expect(skel.maps.shared.pinPath).toBe(`${pinRoot}/shared`);
      expect(skel.maps.own.pinPath).toBeUndefined();
      runOnFrame(skel.progs.count);
    }
    expect(pinsIn(pinRoot)).toEqual(["devices", "ring", "shared"]);
    expect(statSync(`${bpffs.path}/app`).mode & 0o777).toBe(0o700);
    expect(statSync(`${pinRoot}/shared`).mode & 0o777).toBe(0o600);
  });

  it("are taken from there by the next one, with what is in them", () => {
    using bpffs = mountBpffs();
    const settings = { pinRoot: bpffs.path };
    using one = pinned.load(settings);
    using other = pinned.load(settings);
    for (const { progs } of [one, other, other]) runOnFrame(progs.count);
    expect([one.maps.shared.get(1), other.maps.shared.get(1)]).toEqual([3n, 3n]);
    expect([one.maps.own.get(0), other.maps.own.get(0)]).toEqual([1n, 2n]);
    expect(other.maps.ring.maxEntries).toBe(Math.max(8192, libc().pageSize));
  });

  // Nobody else sees the mount. bpftool loads by libbpf's rules, and pins in /sys/fs/bpf.
  it("are the ones that libbpf pins and takes, too", { timeout: 60_000 }, () => {
    const libbpf = (name: string): string => `bpftool prog load test/objects/pinned.bpf.o /sys/fs/bpf/${name}`;
    const load = `
      import { pinned } from "./test/objects/pinned.skel.ts";
      import { runOnFrame } from "./test/support/run-program.ts";
      const skel = pinned.load();
      runOnFrame(skel.progs.count);
      console.log(skel.maps.shared.get(1));`;
    const ours = `${process.execPath} --import tsx --input-type=module --eval '${load}'`;
    const bpffs = "mount -t bpf bpf /sys/fs/bpf";
    const inNamespace = (...commands: string[]): string =>
      execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-ec", commands.join("\n")], {
        encoding: "utf8",
        env: { ...process.env, FORCE_COLOR: "0" },
      });
    expect(inNamespace(bpffs, libbpf("first"), ours, ours, libbpf("second"), "ls -I *.debug /sys/fs/bpf")).toBe(
      "1n\n2n\ndevices\nfirst\nring\nsecond\nshared\n",
    );
    expect(inNamespace(bpffs, ours, libbpf("first"), ours)).toBe("1n\n2n\n");
  });

  it("are refused when they were made differently, every difference named", () => {
    using bpffs = mountBpffs();
    const settings = { pinRoot: bpffs.path };
    pinned.load(settings).close();
    const opened = pinned.open(settings);
    opened.maps.shared.kind = "lru_hash";
    opened.maps.shared.maxEntries = 200;
    opened.maps.shared.flags = 0;
    const error = thrownBy(() => opened.load());
    expect(error).toBeInstanceOf(IncompatibleMapError);
    expect(error).toMatchObject({
      code: "incompatible-map",
      message: `using the map that is pinned at ${bpffs.path}/shared as map "shared": type is hash, not lru_hash; max_entries is 100, not 200; map_flags is 0x1, not 0x0`,
      differences: [
        { attribute: "type", wanted: "lru_hash", found: "hash" },
        { attribute: "max_entries", wanted: 200, found: 100 },
        { attribute: "map_flags", wanted: "0x0", found: "0x1" },
      ],
    });
    expect(pinsIn(bpffs.path)).toEqual(["devices", "ring", "shared"]);
  });

  it("are unpinned again when loading fails, those that were there stay", () => {
    using bpffs = mountBpffs();
    const pinRoot = `${bpffs.path}/deep/er`;
    const failing = pinned.open({ pinRoot });
    failing.maps.own.numaNode = 4711;
    expect(thrownBy(() => failing.load()).message).toContain('creating map "own"');
    expect(pinsIn(bpffs.path)).toEqual([]);

    const first = pinned.open({ pinRoot });
    first.maps.devices.autocreate = false;
    first.load().close();
    const second = pinned.open({ pinRoot });
    second.maps.own.numaNode = 4711;
    expect(() => second.load()).toThrow(/own/u);
    expect(pinsIn(pinRoot)).toEqual(["ring", "shared"]);
  });

  it("can be pinned elsewhere, or not at all", () => {
    using bpffs = mountBpffs();
    const opened = pinned.open({ pinRoot: bpffs.path });
    expect(opened.maps.shared.pinPath).toBe(`${bpffs.path}/shared`);
    opened.maps.shared.pinPath = `${bpffs.path}/v2/counts`;
    opened.maps.devices.pinPath = undefined;
    opened.load().close();
    expect(pinsIn(bpffs.path)).toEqual(["ring", "v2"]);
    expect(pinsIn(`${bpffs.path}/v2`)).toEqual(["counts"]);
  });

  it("ask for a BPF file system, and say how to mount one", () => {
    const error = thrownBy(() => pinned.load({ pinRoot: "/tmp/no-bpffs" }));
    expect(error.message).toBe(
      'loading pinned.bpf.o: pinning map "shared" at /tmp/no-bpffs/shared: /tmp is not in a BPF file system',
    );
    expect(error.hints[0]).toBe("Mount one: mount -t bpf bpf /tmp/no-bpffs");
    expect(existsSync("/tmp/no-bpffs")).toBe(false);
  });

  it("are something else's place when something else is pinned there", () => {
    using bpffs = mountBpffs();
    mkdirSync(`${bpffs.path}/shared`);
    expect(thrownBy(() => pinned.load({ pinRoot: bpffs.path })).message).toBe(
      `opening map "shared", pinned at ${bpffs.path}/shared: bpf(BPF_OBJ_GET) failed with EACCES: it is no BPF object, or this process may not open it`,
    );
  });
});

describeWithKernel("a loaded map", {}, () => {
  it("is pinned and unpinned by hand", () => {
    using bpffs = mountBpffs();
    const path = `${bpffs.path}/by/hand`;
    using skel = pinned.load({ pinRoot: bpffs.path });
    const { own } = skel.maps;
    own.pin(path);
    own.pin(path);
    expect([own.pinPath, existsSync(path)]).toEqual([path, true]);
    expect(
      thrownBy(() => {
        own.pin(`${bpffs.path}/other`);
      }).message,
    ).toBe(`pinning map "own" at ${bpffs.path}/other: it is pinned at ${path}`);
    own.unpin();
    own.unpin();
    expect([own.pinPath, existsSync(path)]).toEqual([undefined, false]);
    expect(
      thrownBy(() => {
        own.pin("/tmp/nope");
      }).code,
    ).toBe("bad-input");
    expect(
      thrownBy(() => {
        own.pin(`${bpffs.path}/a.dot`);
      }).message,
    ).toContain("EPERM: the name has a dot");
    expect(
      thrownBy(() => {
        own.pin(`${bpffs.path}/shared`);
      }),
    ).toMatchObject({ errnoName: "EEXIST" });
    skel.sections.bss.pin(`${bpffs.path}/bss`);
    expect(existsSync(`${bpffs.path}/bss`)).toBe(true);
  });

  it("is unpinned after the skeleton's end, too", () => {
    using bpffs = mountBpffs();
    const skel = pinned.load({ pinRoot: bpffs.path });
    skel.close();
    skel.maps.shared.unpin();
    expect(pinsIn(bpffs.path)).toEqual(["devices", "ring"]);
  });
});

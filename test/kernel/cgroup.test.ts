import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmdirSync, statSync } from "node:fs";

import { expect, it } from "vitest";

import { queryCgroup } from "../../src/runtime/links/cgroup-query.ts";
import type { LinkInfo } from "../../src/runtime/links/link-info.ts";
import { Link } from "../../src/runtime/links/link.ts";
import { openDescriptors } from "../../src/runtime/sys/fd.ts";
import { kernelIsAtLeast } from "../../src/runtime/kernel/release.ts";
import { cgroups } from "../objects/cgroups.skel.ts";
import { mountBpffs } from "../support/bpffs.ts";
import { describeWithKernel } from "../support/kernel.ts";
import { makeCgroup, type OwnCgroup } from "../support/own-cgroup.ts";
import { AF_INET } from "../support/sockets.ts";
import { thrownBy } from "../support/thrown.ts";
import { cgroupHookNames, connectTcp, loadCgroupHook, seeCgroupHookFiring } from "./cgroup-hooks.ts";

/** This machine refuses programs for hooks of LSMs: the table of hooks has the reason. */
const names = cgroupHookNames.filter((name) => name !== "lsm_cgroup");

interface Shown {
  readonly id: number;
  readonly attach_type: string;
  readonly attach_flags: string;
  readonly name: string;
}

function bpftoolShows(cgroup: OwnCgroup): Shown[] {
  return JSON.parse(
    execFileSync("bpftool", ["-j", "cgroup", "show", cgroup.path], { encoding: "utf8" }).trim() || "[]",
  ) as Shown[];
}

describeWithKernel("programs of cgroups", { kernelLacks: noCgroup2 }, () => {
  it.each(names)("%s runs until it is detached, by link and without", (name) => {
    seeCgroupHookFiring(name);
    seeCgroupHookFiring(name, "multi");
  });
});

const BY_LINK = "What is attached by a link is named by its link, and only links can be next to it; the same without.";
const MODES = ["multi", "override", "single"] as const;

describeWithKernel("attachCgroup", { kernelLacks: noCgroup2 }, () => {
  const load = (...progs: (keyof ReturnType<typeof cgroups.load>["progs"])[]): ReturnType<typeof cgroups.load> =>
    cgroups.load({ progs: Object.fromEntries(progs.map((name) => [name, { autoload: true }])) });

  it("lets a program decide what processes may", () => {
    using cgroup = makeCgroup();
    using skel = load("refuse_connect4");
    const tryIt = (): string => cgroup.inside(() => thrownOf(() => connectTcp(AF_INET)));
    expect(tryIt()).toBe("");
    using link = skel.progs.refuse_connect4.attachCgroup({ cgroup: cgroup.path });
    expect(tryIt()).toMatch(/^connect: errno 1$/u);
    link.detach();
    expect(tryIt()).toBe("");
  });

  it("takes a descriptor, which stays the caller's", () => {
    using cgroup = makeCgroup();
    using loaded = loadCgroupHook("connect4");
    const fd = openSync(cgroup.path, "r");
    try {
      const link = loaded.skel.progs.connect4.attachCgroup({ cgroup: fd });
      expect(link.what).toBe(`program "connect4" at cgroup_inet4_connect of cgroup ${fd}`);
      expect(openDescriptors().at(-1)?.what).toBe(`the link of ${link.what}`);
      cgroup.inside(() => connectTcp(AF_INET));
      expect(loaded.hits()).toBe(1n);
      link.close();
      expect(() => readdirSync(`/proc/self/fd/${fd}`)).not.toThrow();
    } finally {
      closeSync(fd);
    }
  });

  it('attaches SEC("cgroup/skb") to packets that leave, too', () => {
    using cgroup = makeCgroup();
    using loaded = loadCgroupHook("skb");
    loaded.skel.progs.skb.attachCgroup({ cgroup: cgroup.path, direction: "egress" });
    expect(bpftoolShows(cgroup)).toMatchObject([{ name: "skb", attach_type: "cgroup_inet_egress" }]);
  });

  it("is what bpftool sees", () => {
    using cgroup = makeCgroup();
    using skel = load("connect4", "bind4", "sysctl");
    skel.progs.bind4.attachCgroup({ cgroup: cgroup.path });
    skel.progs.connect4.attachCgroup({ cgroup: cgroup.path, legacy: "multi" });
    skel.progs.sysctl.attachCgroup({ cgroup: cgroup.path, legacy: "override" });
    const shown = bpftoolShows(cgroup).map(({ id, attach_type, attach_flags }) => [id, attach_type, attach_flags]);
    expect(shown.sort()).toEqual(
      [
        [skel.progs.bind4.info().id, "cgroup_inet4_bind", "multi"],
        [skel.progs.connect4.info().id, "cgroup_inet4_connect", "multi"],
        [skel.progs.sysctl.info().id, "cgroup_sysctl", "override"],
      ].sort(),
    );
    skel.detach();
    expect(bpftoolShows(cgroup)).toEqual([]);
  });

  it.each(MODES)("without a link: %s", (legacy) => {
    using cgroup = makeCgroup();
    using skel = load("connect4_1", "connect4_2");
    const attachType = "cgroup_inet4_connect";
    const link = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path, legacy });
    expect(queryCgroup({ cgroup: cgroup.path, attachType })).toMatchObject({
      programIds: [skel.progs.connect4_1.info().id],
      mode: legacy,
    });
    link.update(skel.progs.connect4_2, { expected: skel.progs.connect4_1 });
    expect(link.what).toMatch(/^program "connect4_2" at /u);
    const second = skel.progs.connect4_2.info().id;
    expect(queryCgroup({ cgroup: cgroup.path, attachType }).programIds).toEqual([second]);
    expect(thrownBy(() => link.update(skel.progs.connect4_2, { expected: skel.progs.connect4_1 })).message).toBe(
      `putting program "connect4_2" in the place of ${link.what}: it does not run program "connect4_1"`,
    );
    link.detach();
    link.detach();
    expect(queryCgroup({ cgroup: cgroup.path, attachType }).programIds).toEqual([]);
  });

  it("without a link leaves alone what somebody else has put in its place", () => {
    using cgroup = makeCgroup();
    using skel = load("connect4_1", "connect4_2");
    const first = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path, legacy: "override" });
    const second = skel.progs.connect4_2.attachCgroup({ cgroup: cgroup.path, legacy: "override" });
    first.detach();
    expect(bpftoolShows(cgroup)).toMatchObject([{ id: skel.progs.connect4_2.info().id }]);
    second.detach();
    expect(bpftoolShows(cgroup)).toEqual([]);
  });

  it("replaces a program that is attached without a link", () => {
    using cgroup = makeCgroup();
    using skel = load("connect4_1", "connect4_2");
    const options = { cgroup: cgroup.path, legacy: "multi" } as const;
    const first = skel.progs.connect4_1.attachCgroup(options);
    skel.progs.connect4_2.attachCgroup({ ...options, replace: skel.progs.connect4_1 });
    expect(bpftoolShows(cgroup)).toMatchObject([{ id: skel.progs.connect4_2.info().id }]);
    // It is gone already.
    first.detach();
    expect(
      thrownBy(() => skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path, replace: skel.progs.connect4_2 })),
    ).toMatchObject({
      code: "bad-input",
      message: expect.stringMatching(/: replace is for programs without links$/u) as string,
    });
  });

  it("stays attached for good when it is disconnected, without a link", () => {
    using cgroup = makeCgroup();
    const id = ((): number => {
      using skel = load("connect4_1");
      const link = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path, legacy: "multi" });
      link.disconnect();
      return skel.progs.connect4_1.info().id;
    })();
    expect(bpftoolShows(cgroup)).toMatchObject([{ id }]);
    execFileSync("bpftool", ["cgroup", "detach", cgroup.path, "cgroup_inet4_connect", "id", String(id)]);
  });

  it("has a link whose program can be exchanged", () => {
    using cgroup = makeCgroup();
    using skel = load("connect4_1", "connect4_2", "sysctl");
    const link = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path });
    const { id, cgroupId, ...info } = cgroupInfo(link);
    const [first, second] = [skel.progs.connect4_1.info().id, skel.progs.connect4_2.info().id];
    expect(info).toEqual({ type: "cgroup", attachType: "cgroup_inet4_connect", programId: first });
    expect(cgroupId).toBe(statSync(cgroup.path, { bigint: true }).ino);
    expect(bpftoolLink(id)).toMatchObject({ type: "cgroup", prog_id: first, cgroup_id: Number(cgroupId) });
    const wrong = thrownBy(() => link.update(skel.progs.connect4_2, { expected: skel.progs.connect4_2 }));
    expect(wrong.message).toMatch(/ failed with EPERM: it does not run program "connect4_2"$/u);
    link.update(skel.progs.connect4_2, { expected: skel.progs.connect4_1 });
    expect(link.info().programId).toBe(second);
    expect(link.what).toMatch(/^program "connect4_2" at cgroup_inet4_connect of cgroup /u);
    expect(thrownBy(() => link.update(skel.progs.sysctl)).message).toMatch(
      / failed with EINVAL: this kind of link can't/u,
    );
    cgroup.inside(() => connectTcp(AF_INET));
    expect(skel.bss.order.slice(0, 1)).toEqual([2]);
  });

  it("has a link that does nothing any more after it was detached by force", () => {
    using cgroup = makeCgroup();
    using skel = load("connect4_1");
    using link = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path });
    link.forceDetach();
    expect(bpftoolShows(cgroup)).toEqual([]);
    expect(link.closed).toBe(false);
    expect(cgroupInfo(link).cgroupId).toBe(0n);
    expect(thrownBy(() => link.update(skel.progs.connect4_1)).message).toMatch(
      /ENOLINK: what it was attached to is gone$/u,
    );
  });

  it("has a link that a pin keeps", () => {
    using cgroup = makeCgroup();
    using bpffs = mountBpffs();
    const path = `${bpffs.path}/app/guard`;
    {
      using skel = load("connect4_1");
      const link = skel.progs.connect4_1.attachCgroup({ cgroup: cgroup.path });
      link.pin(path);
      link.pin(path);
      expect(link.pinPath).toBe(path);
      expect(thrownBy(() => link.pin(`${bpffs.path}/other`)).message).toMatch(
        /: it is pinned at .*\/guard, and a link has one pin$/u,
      );
    }
    expect(bpftoolShows(cgroup)).toHaveLength(1);
    using skel = load("connect4_2");
    using link = Link.fromPin(path);
    link.update(skel.progs.connect4_2);
    cgroup.inside(() => connectTcp(AF_INET));
    expect(skel.bss.order.slice(0, 1)).toEqual([2]);
    link.unpin();
    expect(link.pinPath).toBeUndefined();
    link.close();
    expect(bpftoolShows(cgroup)).toEqual([]);
  });

  it("says what is not there or not a link", () => {
    using bpffs = mountBpffs();
    using skel = load("connect4_1");
    skel.progs.connect4_1.pin(`${bpffs.path}/program`);
    const open = openDescriptors().length;
    expect(thrownBy(() => Link.fromPin(`${bpffs.path}/nothing`)).message).toMatch(/: nothing is pinned there$/u);
    expect(thrownBy(() => Link.fromPin(`${bpffs.path}/program`)).message).toMatch(
      /: it is a map or a program, not a link$/u,
    );
    expect(openDescriptors()).toHaveLength(open);
  });
});

describeWithKernel("the order of a cgroup's programs", { kernelLacks: noOrder }, () => {
  it("is the one that was asked for", () => {
    using cgroup = makeCgroup();
    using skel = cgroups.load({
      progs: { connect4_1: { autoload: true }, connect4_2: { autoload: true }, connect4_3: { autoload: true } },
    });
    const { connect4_1, connect4_2, connect4_3 } = skel.progs;
    const { path } = cgroup;
    const orderNow = (): readonly number[] => {
      skel.bss.ran = 0;
      cgroup.inside(() => connectTcp(AF_INET));
      return skel.bss.order.slice(0, skel.bss.ran);
    };
    const ids = (): readonly number[] => queryCgroup({ cgroup: path, attachType: "cgroup_inet4_connect" }).programIds;
    const first = connect4_1.attachCgroup({ cgroup: path });
    const second = connect4_2.attachCgroup({ cgroup: path, before: first });
    connect4_3.attachCgroup({ cgroup: path, after: { linkId: second.info().id } });
    expect(orderNow()).toEqual([2, 3, 1]);
    expect(ids()).toEqual([connect4_2, connect4_3, connect4_1].map((program) => program.info().id));
    skel.detach();
    const { revision } = queryCgroup({ cgroup: path, attachType: "cgroup_inet4_connect" });
    const last = connect4_1.attachCgroup({ cgroup: path, expectedRevision: revision });
    connect4_2.attachCgroup({ cgroup: path, before: "all" });
    connect4_3.attachCgroup({ cgroup: path, before: last });
    expect(orderNow()).toEqual([2, 3, 1]);
    const late = thrownBy(() => connect4_1.attachCgroup({ cgroup: path, legacy: "multi", expectedRevision: revision }));
    expect(late.message).toMatch(/ESTALE: the programs there have changed since the expected revision$/u);
    const byProgram = thrownBy(() => connect4_1.attachCgroup({ cgroup: path, legacy: "multi", before: connect4_2 }));
    expect(byProgram.hints).toEqual([BY_LINK]);
    const both = thrownBy(() => connect4_1.attachCgroup({ cgroup: path, before: "all", after: "all" }));
    expect(both.message).toMatch(/: both before and after are set$/u);
  });

  it("has those of cgroups above before, where they ask for it", () => {
    using cgroup = makeCgroup();
    using below = cgroup.below("below");
    using skel = cgroups.load({ progs: { connect4_1: { autoload: true }, connect4_2: { autoload: true } } });
    const { connect4_1, connect4_2 } = skel.progs;
    const orderNow = (): readonly number[] => {
      skel.bss.ran = 0;
      below.inside(() => connectTcp(AF_INET));
      return skel.bss.order.slice(0, skel.bss.ran);
    };
    connect4_1.attachCgroup({ cgroup: below.path });
    const above = connect4_2.attachCgroup({ cgroup: cgroup.path });
    expect(orderNow()).toEqual([1, 2]);
    above.detach();
    connect4_2.attachCgroup({ cgroup: cgroup.path, preorder: true });
    expect(orderNow()).toEqual([2, 1]);
    const attachType = "cgroup_inet4_connect";
    expect(queryCgroup({ cgroup: below.path, attachType, effective: true }).programIds).toHaveLength(2);
    expect(queryCgroup({ cgroup: below.path, attachType }).programIds).toEqual([connect4_1.info().id]);
  });
});

describeWithKernel("a cgroup that can't be", { kernelLacks: noCgroup2 }, () => {
  it.each([
    ["/sys/fs/cgroup/no/such", /: opening the cgroup \/sys\/fs\/cgroup\/no\/such failed: there is no such folder$/u],
    ["/etc/passwd", /: opening the cgroup \/etc\/passwd failed: it is no folder$/u],
    ["/tmp", /: \/tmp is no cgroup$/u],
  ])("%s", (path, message) => {
    using loaded = loadCgroupHook("connect4");
    const open = openDescriptors().length;
    const error = thrownBy(() => loaded.skel.progs.connect4.attachCgroup({ cgroup: path }));
    expect(error).toMatchObject({ code: "bad-input", message: expect.stringMatching(message) as string });
    expect(error.hints[0]).toMatch(/^cgroup2 is (?:not )?mounted/u);
    expect(openDescriptors()).toHaveLength(open);
  });

  it("one of cgroup v1", () => {
    using mount = mountV1();
    using loaded = loadCgroupHook("connect4");
    const error = thrownBy(() => loaded.skel.progs.connect4.attachCgroup({ cgroup: mount.path }));
    expect(error.message).toMatch(/ is in a hierarchy of cgroup v1, which has no programs$/u);
  });
});

/** A hierarchy of cgroup v1 with a name of its own and no controllers. */
function mountV1(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync("/tmp/core-gen-cgroup1-");
  execFileSync("mount", ["-t", "cgroup", "-o", "none,name=core-gen", "cgroup", path]);
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync("umount", [path]);
      rmdirSync(path);
    },
  };
}

function thrownOf(act: () => void): string {
  try {
    act();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

function cgroupInfo(link: Link): Extract<LinkInfo, { type: "cgroup" }> {
  const info = link.info();
  if (info.type !== "cgroup") throw new Error(`it is ${info.type}`);
  return info;
}

function bpftoolLink(id: number): unknown {
  return JSON.parse(execFileSync("bpftool", ["-j", "link", "show", "id", String(id)], { encoding: "utf8" }));
}

function noOrder(): string | undefined {
  return noCgroup2() ?? (kernelIsAtLeast([6, 17]) ? undefined : "cgroups' programs have an order since Linux 6.17");
}

function noCgroup2(): string | undefined {
  try {
    makeCgroup()[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return `no cgroup can be made: ${String(error)}`;
  }
}

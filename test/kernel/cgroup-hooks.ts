import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";

import type { CgroupMode } from "../../src/runtime/links/cgroup-attachment.ts";
import { queryCgroup, type CgroupAttachType } from "../../src/runtime/links/cgroup-query.ts";
import { kernelIsAtLeast, type KernelVersion } from "../../src/runtime/kernel/release.ts";
import { cgroups } from "../objects/cgroups.skel.ts";
import { activeLsms } from "../support/active-lsms.ts";
import { makeCgroup } from "../support/own-cgroup.ts";
import {
  accept,
  address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  bind,
  closeSocket,
  connect,
  getOption,
  listen,
  peerName,
  portOf,
  receive,
  send,
  setOption,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketName,
  withSockets,
  type Domain,
} from "../support/sockets.ts";

/** A hook of a cgroup: which program of cgroups.bpf.c is for it, since when Linux has it, and what makes it run. */
export interface CgroupHook {
  readonly section: string;
  readonly attachType: CgroupAttachType;
  /** The first version that has it; undefined for those that all have: 5.10 is the oldest. */
  readonly since?: KernelVersion;
  readonly trigger: () => void;
}

type Loaded = ReturnType<typeof cgroups.load>;
export type CgroupHookName = Exclude<
  keyof Loaded["progs"],
  `${string}_1` | `${string}_2` | `${string}_3` | "refuse_connect4"
>;

export const cgroupHooks: Readonly<Record<CgroupHookName, CgroupHook>> = {
  ingress: hook("cgroup_skb/ingress", "cgroup_inet_ingress", () => talk(AF_INET)),
  egress: hook("cgroup_skb/egress", "cgroup_inet_egress", () => talk(AF_INET)),
  skb: hook("cgroup/skb", "cgroup_inet_ingress", () => talk(AF_INET)),
  sock_create: hook("cgroup/sock_create", "cgroup_inet_sock_create", () => openAndClose(AF_INET)),
  sock_release: hook("cgroup/sock_release", "cgroup_inet_sock_release", () => openAndClose(AF_INET)),
  sock: hook("cgroup/sock", "cgroup_inet_sock_create", () => openAndClose(AF_INET)),
  post_bind4: hook("cgroup/post_bind4", "cgroup_inet4_post_bind", () => talk(AF_INET)),
  post_bind6: hook("cgroup/post_bind6", "cgroup_inet6_post_bind", () => talk(AF_INET6)),
  bind4: hook("cgroup/bind4", "cgroup_inet4_bind", () => talk(AF_INET)),
  bind6: hook("cgroup/bind6", "cgroup_inet6_bind", () => talk(AF_INET6)),
  connect4: hook("cgroup/connect4", "cgroup_inet4_connect", () => connectTcp(AF_INET)),
  connect6: hook("cgroup/connect6", "cgroup_inet6_connect", () => connectTcp(AF_INET6)),
  connect_unix: hook("cgroup/connect_unix", "cgroup_unix_connect", connectUnix, [6, 7]),
  sendmsg4: hook("cgroup/sendmsg4", "cgroup_udp4_sendmsg", () => talk(AF_INET)),
  sendmsg6: hook("cgroup/sendmsg6", "cgroup_udp6_sendmsg", () => talk(AF_INET6)),
  sendmsg_unix: hook("cgroup/sendmsg_unix", "cgroup_unix_sendmsg", () => talk(AF_UNIX), [6, 7]),
  recvmsg4: hook("cgroup/recvmsg4", "cgroup_udp4_recvmsg", () => talk(AF_INET)),
  recvmsg6: hook("cgroup/recvmsg6", "cgroup_udp6_recvmsg", () => talk(AF_INET6)),
  recvmsg_unix: hook("cgroup/recvmsg_unix", "cgroup_unix_recvmsg", () => talk(AF_UNIX), [6, 7]),
  getpeername4: hook("cgroup/getpeername4", "cgroup_inet4_getpeername", () => connectTcp(AF_INET)),
  getpeername6: hook("cgroup/getpeername6", "cgroup_inet6_getpeername", () => connectTcp(AF_INET6)),
  getpeername_unix: hook("cgroup/getpeername_unix", "cgroup_unix_getpeername", connectUnix, [6, 7]),
  getsockname4: hook("cgroup/getsockname4", "cgroup_inet4_getsockname", () => connectTcp(AF_INET)),
  getsockname6: hook("cgroup/getsockname6", "cgroup_inet6_getsockname", () => connectTcp(AF_INET6)),
  getsockname_unix: hook("cgroup/getsockname_unix", "cgroup_unix_getsockname", connectUnix, [6, 7]),
  sysctl: hook("cgroup/sysctl", "cgroup_sysctl", () => readFileSync("/proc/sys/kernel/ostype")),
  getsockopt: hook("cgroup/getsockopt", "cgroup_getsockopt", askOption),
  setsockopt: hook("cgroup/setsockopt", "cgroup_setsockopt", askOption),
  dev: hook("cgroup/dev", "cgroup_device", () => closeSync(openSync("/dev/null", "r"))),
  sockops: hook("sockops", "cgroup_sock_ops", () => connectTcp(AF_INET)),
  lsm_cgroup: hook("lsm_cgroup/socket_bind", "lsm_cgroup", () => talk(AF_INET), [6, 0]),
};

function hook(
  section: string,
  attachType: CgroupAttachType,
  trigger: () => unknown,
  since?: KernelVersion,
): CgroupHook {
  return { section, attachType, trigger: () => void trigger(), ...(since === undefined ? {} : { since }) };
}

/** One datagram from a socket that is not connected to one that is bound. */
export function talk(domain: Domain, text = "hello"): void {
  withSockets((open) => {
    const [receiver, sender] = [open(domain, SOCK_DGRAM), open(domain, SOCK_DGRAM)];
    bind(receiver, address(domain, domain === AF_UNIX ? `core-gen-${process.pid}` : 0));
    if (domain === AF_UNIX) bind(sender, address(domain, `core-gen-${process.pid}-sender`));
    send(sender, text, socketName(receiver));
    if (receive(receiver) !== text) throw new Error("the datagram did not arrive");
  });
}

function openAndClose(domain: Domain): void {
  withSockets((open) => open(domain, SOCK_STREAM));
}

export function connectTcp(domain: Domain): void {
  withSockets((open) => {
    const [server, client] = [open(domain, SOCK_STREAM), open(domain, SOCK_STREAM)];
    bind(server, address(domain, 0));
    listen(server);
    connect(client, address(domain, portOf(socketName(server))));
    peerName(client);
    closeSocket(accept(server));
  });
}

function connectUnix(): void {
  withSockets((open) => {
    const [server, client] = [open(AF_UNIX, SOCK_STREAM), open(AF_UNIX, SOCK_STREAM)];
    bind(server, address(AF_UNIX, `core-gen-${process.pid}`));
    listen(server);
    connect(client, address(AF_UNIX, `core-gen-${process.pid}`));
    // The client has no name, and no program is asked about it.
    socketName(server);
    peerName(client);
    closeSocket(accept(server));
  });
}

function askOption(): void {
  withSockets((open) => {
    const fd = open(AF_INET, SOCK_STREAM);
    setOption(fd, SO_REUSEADDR, 1);
    getOption(fd, SO_REUSEADDR);
  });
}

/** Loads the one program that is for a hook. */
export function loadCgroupHook(name: CgroupHookName): {
  readonly skel: Loaded;
  readonly hits: () => bigint;
  [Symbol.dispose](): void;
} {
  const skel = cgroups.load({ progs: { [name]: { autoload: true } } });
  return { skel, hits: () => skel.bss[`${name}_hits`], [Symbol.dispose]: () => skel.close() };
}

export const cgroupHookNames = Object.keys(cgroupHooks) as CgroupHookName[];

/** Why this kernel has no such hook; undefined when it has. */
export function lackingCgroupHook(name: CgroupHookName): string | undefined {
  const { since } = cgroupHooks[name];
  if (since !== undefined && !kernelIsAtLeast(since)) return `Linux ${since.join(".")} has the first one`;
  return name === "lsm_cgroup" && !activeLsms().includes("bpf") ? "bpf is not among the active LSMs" : undefined;
}

/**
 * Sees a hook fire for a process in the program's cgroup, not for one outside, and for none when the program is
 * detached. Without `legacy` it is attached by a link.
 */
export function seeCgroupHookFiring(name: CgroupHookName, legacy?: CgroupMode): void {
  const { attachType, trigger } = cgroupHooks[name];
  using cgroup = makeCgroup();
  using loaded = loadCgroupHook(name);
  const program = loaded.skel.progs[name];
  const attached = (): readonly number[] => queryCgroup({ cgroup: cgroup.path, attachType }).programIds;
  cgroup.inside(trigger);
  assert.equal(loaded.hits(), 0n);
  const link = program.attachCgroup({ cgroup: cgroup.path, legacy });
  assert.deepEqual(attached(), [program.info().id]);
  trigger();
  // What others do in their cgroups is none of its business.
  assert.equal(loaded.hits(), 0n);
  cgroup.inside(trigger);
  const whileAttached = loaded.hits();
  assert.ok(whileAttached > 0n, "it did not run");
  link.detach();
  assert.deepEqual(attached(), []);
  cgroup.inside(trigger);
  assert.equal(loaded.hits(), whileAttached);
}

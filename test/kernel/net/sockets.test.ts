import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { connect as connectTo, createServer, type AddressInfo, type Server, type Socket } from "node:net";

import { expect, it } from "vitest";

import { attachTypes, type AttachTypeName } from "../../../src/object/bpf-enums.ts";
import { Link } from "../../../src/runtime/index.ts";
import { kernelIsAtLeast } from "../../../src/runtime/kernel/release.ts";
import { openDescriptors } from "../../../src/runtime/sys/fd.ts";
import { queryPrograms } from "../../../src/runtime/sys/prog-query.ts";
import { mountBpffs } from "../../support/bpffs.ts";
import { switchOn } from "../../support/devices.ts";
import { describeWithKernel } from "../../support/kernel.ts";
import { leftovers, takeStock } from "../../support/leftovers.ts";
import { inOwnNetwork } from "../../support/own-network.ts";
import {
  address,
  AF_INET,
  AF_UNIX,
  bind,
  OwnSockets,
  receive,
  send,
  setOption,
  SO_LOCK_FILTER,
  SO_REUSEPORT,
  SOCK_DGRAM,
  socketName,
} from "../../support/sockets.ts";
import { thrownBy } from "../../support/thrown.ts";
import { lacksSocketHook, loadSockets, seeSocketHook, socketHooks } from "../socket-hooks.ts";
import { programId } from "./on-veth.ts";

const lacksSockmapLinks = (): string | undefined =>
  kernelIsAtLeast([6, 10]) ? undefined : "maps of sockets have links since Linux 6.10";

describeWithKernel("programs of sockets", {}, () => {
  it.each(socketHooks.filter((hook) => lacksSocketHook(hook) === undefined))(
    "$name runs until it is detached",
    async (hook) => {
      await seeSocketHook(hook);
    },
  );
});

describeWithKernel("SockmapProgram.attachSockmap", { kernelLacks: lacksSockmapLinks }, () => {
  it("redirects between sockets of Node's", async () => {
    using skel = loadSockets("stream_verdict");
    skel.progs.stream_verdict.attachSockmap(skel.maps.sockets);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const [one, other] = [await connection(server), await connection(server)];
    skel.maps.sockets.set(0, descriptorOf(one.accepted)).set(1, descriptorOf(other.accepted));
    one.client.write("drop this");
    one.client.write("other");
    expect(await text(other.accepted)).toBe("other");
    one.client.write("hello");
    expect(await text(one.accepted)).toBe("hello");
    for (const socket of [one.client, one.accepted, other.client, other.accepted]) socket.destroy();
    server.close();
    await once(server, "close");
  });

  it("has a link, which says what it is and can be given another program", () => {
    using skel = loadSockets("stream_verdict", "drop_all", "msg");
    const { stream_verdict, drop_all, msg } = skel.progs;
    const link = stream_verdict.attachSockmap(skel.maps.sockets);
    const info = link.info();
    expect(info).toMatchObject({
      type: "sockmap",
      mapId: skel.maps.sockets.info().id,
      attachType: "sk_skb_stream_verdict",
      programId: programId(stream_verdict),
    });
    expect(link.what).toBe('program "stream_verdict" at sk_skb_stream_verdict of map "sockets"');
    link.update(drop_all, { expected: stream_verdict });
    expect(link.info().programId).toBe(programId(drop_all));
    expect(thrownBy(() => link.update(stream_verdict, { expected: stream_verdict })).message).toContain(
      'EPERM: it does not run program "stream_verdict"',
    );
    expect(thrownBy(() => link.update(msg)).message).toContain("EINVAL: this kind of link can't be updated");
    link.forceDetach();
    expect(link.info()).toMatchObject({ mapId: 0 });
  });

  it("has a link that a pin keeps", () => {
    using bpffs = mountBpffs();
    using skel = loadSockets("msg");
    skel.progs.msg.attachSockmap(skel.maps.sockets_by_port).pin(`${bpffs.path}/msg`);
    skel.detach();
    using link = Link.fromPin(`${bpffs.path}/msg`);
    expect(link.info()).toMatchObject({ type: "sockmap", mapId: skel.maps.sockets_by_port.info().id });
    link.unpin();
  });

  it("takes a map's descriptor", () => {
    using skel = loadSockets("msg");
    const link = skel.progs.msg.attachSockmap(skel.maps.sockets.fd);
    expect(link.info()).toMatchObject({ mapId: skel.maps.sockets.info().id });
  });

  it("refuses what can't be", () => {
    using skel = loadSockets("stream_verdict", "drop_all", "verdict", "plain", "msg");
    const { maps, progs } = skel;
    const messageOf = (run: () => unknown): string => thrownBy(run).message;
    const before = openDescriptors().length;
    expect(messageOf(() => progs.msg.attachSockmap(maps.group.fd))).toBe(
      `attaching program "msg" at sk_msg_verdict of the map with descriptor ${maps.group.fd}: bpf(BPF_LINK_CREATE) failed with EINVAL: it is neither a sockmap nor a sockhash`,
    );
    expect(messageOf(() => progs.msg.attachSockmap(progs.msg.fd))).toContain("EINVAL: it is neither a sockmap nor");
    expect(messageOf(() => progs.msg.attachSockmap(maps.group.fd, { legacy: true }))).toContain(
      "bpf(BPF_PROG_ATTACH) failed with EOPNOTSUPP: it is neither a sockmap nor a sockhash",
    );
    expect(messageOf(() => progs.msg.attachSockmap(4_000_000))).toContain(
      "using the descriptor 4000000 as the map with descriptor 4000000: fcntl failed with EBADF",
    );
    expect(() => progs.msg.attachSockmap(-1)).toThrow(TypeError);
    expect(messageOf(() => progs.plain.attachSockmap(maps.sockets))).toBe(
      'attaching program "plain": SEC("sk_skb") does not say what the program is for',
    );
    expect(messageOf(() => progs.verdict.attachSockmap(maps.sockets, { as: "stream_parser" }))).toBe(
      'attaching program "verdict": its section says that it is for sk_skb_verdict, not for sk_skb_stream_parser',
    );
    expect(messageOf(() => progs.msg.attach())).toContain('SEC("?sk_msg") does not say what to attach it to');
    expect(openDescriptors()).toHaveLength(before);
    progs.stream_verdict.attachSockmap(maps.sockets);
    const taken =
      "EBUSY: a link has a program there already; or a stream_verdict and a verdict, of which a map has one";
    for (const legacy of [false, true]) {
      expect(messageOf(() => progs.drop_all.attachSockmap(maps.sockets, { legacy }))).toContain(taken);
      expect(messageOf(() => progs.verdict.attachSockmap(maps.sockets, { legacy }))).toContain(taken);
    }
    expect(openDescriptors()).toHaveLength(before + 1);
  });

  it("without a link is replaced by whoever comes next", () => {
    using skel = loadSockets("stream_verdict", "drop_all");
    const { stream_verdict, drop_all } = skel.progs;
    const { sockets } = skel.maps;
    const first = stream_verdict.attachSockmap(sockets, { legacy: true });
    expect(thrownBy(() => first.info()).code).toBe("unsupported");
    const second = drop_all.attachSockmap(sockets, { legacy: true });
    first.detach();
    expect(attachedTo(sockets.fd)).toEqual([programId(drop_all)]);
    expect(thrownBy(() => second.update(stream_verdict, { expected: stream_verdict })).message).toBe(
      'putting program "stream_verdict" in the place of program "drop_all" at sk_skb_stream_verdict of map "sockets": it does not run program "stream_verdict"',
    );
    second.update(stream_verdict, { expected: drop_all });
    expect(attachedTo(sockets.fd)).toEqual([programId(stream_verdict)]);
    const link = drop_all.attachSockmap(sockets);
    second.detach();
    expect(attachedTo(sockets.fd)).toEqual([programId(drop_all)]);
    link.detach();
    expect(attachedTo(sockets.fd)).toEqual([]);
  });
});

describeWithKernel("NetnsProgram.attachNetns", {}, () => {
  it("attaches to this process's own network namespace, and to others", async () => {
    using skel = loadSockets("lookup", "lookup_too");
    const { lookup, lookup_too } = skel.progs;
    let own = 0;
    let link: Link | undefined;
    await inOwnNetwork(() => {
      own = statSync("/proc/thread-self/ns/net").ino;
      expect(lookup.attachNetns().info()).toMatchObject({
        type: "netns",
        netnsInode: own,
        attachType: "sk_lookup",
        programId: programId(lookup),
      });
      const fd = openSync("/proc/thread-self/ns/net", "r");
      link = lookup_too.attachNetns({ netns: fd });
      expect(link.what).toBe(`program "lookup_too" at sk_lookup of descriptor ${fd}`);
      closeSync(fd);
      link.update(lookup, { expected: lookup_too });
      expect(link.info()).toMatchObject({ netnsInode: own, programId: programId(lookup) });
    });
    const path = `/proc/${process.pid}/ns/net`;
    const elsewhere = lookup.attachNetns({ netns: path });
    expect(elsewhere.what).toBe(`program "lookup" at sk_lookup of ${path}`);
    expect(elsewhere.info()).toMatchObject({ netnsInode: statSync(path).ino });
    elsewhere.forceDetach();
    expect(elsewhere.info()).toMatchObject({ netnsInode: 0 });
    // The network namespace that it was attached to is gone.
    await expect.poll(() => link?.info(), { timeout: 5000 }).toMatchObject({ netnsInode: 0 });
    expect(thrownBy(() => link?.update(lookup_too)).message).toContain("ENOLINK: what it was attached to is gone");
  });

  it("attaches 64 socket lookups and one flow dissector", async () => {
    using skel = loadSockets("lookup", "dissect", "dissect_too");
    const { lookup, dissect, dissect_too } = skel.progs;
    const messageOf = (run: () => unknown): string => thrownBy(run).message;
    await inOwnNetwork(() => {
      for (let i = 0; i < 64; i++) lookup.attachNetns();
      expect(messageOf(() => lookup.attachNetns())).toBe(
        'attaching program "lookup" at sk_lookup of this process\'s network namespace: bpf(BPF_LINK_CREATE) failed with E2BIG: 64 programs are attached there, and that is the most',
      );
      const link = dissect.attachNetns();
      expect(messageOf(() => dissect_too.attachNetns())).toContain(
        "E2BIG: a flow dissector is attached there already, and there can be one",
      );
      expect(messageOf(() => dissect_too.attachNetns({ legacy: true }))).toContain(
        "bpf(BPF_PROG_ATTACH) failed with EEXIST: a flow dissector is attached there in the other way",
      );
      link.detach();
      const first = dissect.attachNetns({ legacy: true });
      expect(dissectors()).toEqual([programId(dissect)]);
      expect(messageOf(() => dissect.attachNetns({ legacy: true }))).toContain(
        "EINVAL: this program is attached there already",
      );
      expect(messageOf(() => dissect_too.attachNetns())).toContain("EEXIST: a flow dissector is attached there in the");
      const second = dissect_too.attachNetns({ legacy: true });
      first.detach();
      expect(dissectors()).toEqual([programId(dissect_too)]);
      second.update(dissect, { expected: dissect_too });
      expect(dissectors()).toEqual([programId(dissect)]);
      skel.detach();
      expect(dissectors()).toEqual([]);
    });
  });

  it.each([
    ["/run/netns/no-such", "opening the network namespace /run/netns/no-such failed: there is no such file"],
    ["/etc/passwd", "/etc/passwd is no namespace"],
    ["/proc/self/ns/mnt", "/proc/self/ns/mnt is a namespace of another kind"],
  ])("says that %s is no network namespace", (netns, words) => {
    using skel = loadSockets("lookup");
    const before = openDescriptors().length;
    const refused = thrownBy(() => skel.progs.lookup.attachNetns({ netns }));
    expect(refused.message).toBe(`attaching program "lookup" at sk_lookup: ${words}`);
    expect(refused.hints).toEqual([
      "/proc/PID/ns/net is that of a process, /run/netns/NAME one that `ip netns add NAME` has made; without a path it is this process's own.",
    ]);
    expect(openDescriptors()).toHaveLength(before);
  });

  it("has nothing but flow dissectors of its own namespace without a link", () => {
    using skel = loadSockets("lookup", "dissect");
    expect(thrownBy(() => skel.progs.lookup.attachNetns({ legacy: true })).message).toContain(
      "only flow dissectors can be without a BPF link",
    );
    expect(
      thrownBy(() => skel.progs.dissect.attachNetns({ netns: "/proc/self/ns/net", legacy: true })).message,
    ).toContain("without a BPF link it can only be this process's own");
  });
});

describeWithKernel("attachSocket and attachReuseport", {}, () => {
  it("say what can't be", () => {
    using skel = loadSockets("filter", "filter_too", "selector");
    using own = new OwnSockets();
    const { filter, filter_too, selector } = skel.progs;
    const messageOf = (run: () => unknown): string => thrownBy(run).message;
    const socket = own.open(AF_INET, SOCK_DGRAM);
    const local = own.open(AF_UNIX, SOCK_DGRAM);
    expect(messageOf(() => filter.attachSocket(skel.maps.group.fd))).toBe(
      `attaching program "filter" as filter of the socket with descriptor ${skel.maps.group.fd}: it is no socket, or not open`,
    );
    expect(messageOf(() => filter.attachSocket(4_000_000))).toContain("it is no socket, or not open");
    expect(() => filter.attachSocket(-1)).toThrow(TypeError);
    const link = filter.attachSocket(socket);
    const refused = thrownBy(() => filter_too.attachSocket(socket));
    expect(refused.message).toBe(
      `attaching program "filter_too" as filter of the socket with descriptor ${socket}: program "filter" as filter of the socket with descriptor ${socket} is there already`,
    );
    expect(refused.hints).toEqual(["Detach that first, or put this program in its place by link.update()."]);
    expect(messageOf(() => selector.attachReuseport(socket))).toBe(
      `attaching program "selector" as selector of the group of the socket with descriptor ${socket}: setsockopt(SO_ATTACH_REUSEPORT_EBPF) failed with EINVAL: SO_REUSEPORT was not set on the socket before it was bound`,
    );
    expect(messageOf(() => selector.attachReuseport(local))).toContain(
      "ENOTSUPP: only TCP and UDP sockets of IPv4 and IPv6 have such groups",
    );
    setOption(socket, SO_LOCK_FILTER, 1);
    expect(messageOf(() => link.detach())).toContain(
      "setsockopt(SO_DETACH_BPF) failed with EPERM: the socket's filter is locked (SO_LOCK_FILTER)",
    );
  });

  it("have links whose program can be exchanged", () => {
    using skel = loadSockets("filter", "filter_too");
    using own = new OwnSockets();
    const { filter, filter_too } = skel.progs;
    const [receiver, sender] = [own.open(AF_INET, SOCK_DGRAM), own.open(AF_INET, SOCK_DGRAM)];
    bind(receiver, address(AF_INET, 0));
    const link = filter.attachSocket(receiver);
    expect(thrownBy(() => link.info()).message).toContain("this kernel attaches it without a BPF link");
    expect(thrownBy(() => link.update(filter_too, { expected: filter_too })).message).toContain(
      'it does not run program "filter_too"',
    );
    link.update(filter_too, { expected: filter });
    skel.data.kept = 0;
    send(sender, "hello", socketName(receiver));
    expect([receive(receiver), skel.bss.filter_hits]).toEqual(["hello", 0n]);
    own.close(receiver);
    expect(thrownBy(() => link.update(filter))).toMatchObject({ code: "closed" });
    // Its descriptor's number is another socket's now, which is left alone.
    const next = own.open(AF_INET, SOCK_DGRAM);
    expect(next).toBe(receiver);
    bind(next, address(AF_INET, 0));
    skel.progs.filter.attachSocket(next);
    link.detach();
    send(sender, "hello", socketName(next));
    expect([receive(next), skel.bss.filter_hits]).toEqual(["", 1n]);
  });
});

/**
 * Attaches to what it shares with its parent, a map and two sockets: without links, and by one. Prints a line, and lives
 * until it is told otherwise.
 */
const attacher = `
  import { sockets } from "./test/objects/sockets.skel.ts";
  const autoload = true;
  const skel = sockets.load({
    data: { kept: 0 },
    progs: {
      stream_verdict: { autoload }, msg: { autoload }, dissect: { autoload }, filter: { autoload }, choose: { autoload },
    },
  });
  skel.bss.chosen = 1;
  const { stream_verdict, msg, dissect, filter, choose } = skel.progs;
  msg.attachSockmap(3);
  stream_verdict.attachSockmap(3, { legacy: true });
  dissect.attachNetns({ legacy: true });
  filter.attachSocket(4);
  choose.attachReuseport(5);
  console.log("attached");
  setInterval(() => {}, 1000);
`;

describeWithKernel("the end of a process", { kernelLacks: lacksSockmapLinks }, () => {
  it.each(["SIGTERM", "SIGKILL"] as const)("ends links, and others but for SIGKILL: %s", async (signal) => {
    await inOwnNetwork(async () => {
      switchOn("lo");
      using skel = loadSockets("msg");
      using own = new OwnSockets();
      const map = skel.maps.sockets.fd;
      const [sender, filtered] = [own.open(AF_INET, SOCK_DGRAM), own.open(AF_INET, SOCK_DGRAM)];
      const group = [own.open(AF_INET, SOCK_DGRAM), own.open(AF_INET, SOCK_DGRAM)] as const;
      bind(filtered, address(AF_INET, 0));
      for (const socket of group) setOption(socket, SO_REUSEPORT, 1);
      bind(group[0], address(AF_INET, 0));
      bind(group[1], socketName(group[0]));
      const node = ["--import", "tsx", "--input-type=module", "-e", attacher];
      const stdio = ["ignore", "pipe", "inherit", map, filtered, group[0]] as const;
      const child = spawn(process.execPath, node, { stdio: [...stdio] });
      await once(child.stdout!, "data");
      /** What is attached: to the map, to the network namespace; and whether the sockets get what they should not get. */
      const attached = (): unknown => {
        send(sender, "hello", socketName(filtered));
        const atSecond = Array.from({ length: 20 }, () => {
          send(own.open(AF_INET, SOCK_DGRAM), "hello", socketName(group[0]));
          return receive(group[1]) === "hello" && receive(group[0]) === "";
        });
        while (receive(group[0]) !== "");
        return {
          msg: attachedTo(map, "sk_msg_verdict").length,
          verdict: attachedTo(map).length,
          dissector: dissectors().length,
          filter: receive(filtered) === "",
          choose: atSecond.every(Boolean),
        };
      };
      const withoutLinks = { verdict: 1, dissector: 1, filter: true, choose: true };
      expect(attached()).toEqual({ msg: 1, ...withoutLinks });
      child.kill(signal);
      await once(child, "exit");
      expect(attached()).toEqual(
        signal === "SIGKILL"
          ? { msg: 0, ...withoutLinks }
          : { msg: 0, verdict: 0, dissector: 0, filter: false, choose: false },
      );
      for (const id of dissectors()) execFileSync("bpftool", ["prog", "detach", "id", String(id), "flow_dissector"]);
    });
  });
});

const CYCLES = 1000;

type Loaded = ReturnType<typeof loadSockets>;

/** Every way to attach, with a socket of a reuseport group. */
const ways: readonly (readonly [string, keyof Loaded["progs"], (skel: Loaded, socket: number) => Link])[] = [
  ["a sockmap's link", "stream_verdict", ({ progs, maps }) => progs.stream_verdict.attachSockmap(maps.sockets)],
  ["a sockhash's link", "msg", ({ progs, maps }) => progs.msg.attachSockmap(maps.sockets_by_port)],
  [
    "a sockmap's program without a link",
    "verdict",
    ({ progs, maps }) => progs.verdict.attachSockmap(maps.sockets, { legacy: true }),
  ],
  ["a socket lookup", "lookup", ({ progs }) => progs.lookup.attachNetns()],
  ["a flow dissector", "dissect", ({ progs }) => progs.dissect.attachNetns()],
  ["a flow dissector without a link", "dissect", ({ progs }) => progs.dissect.attachNetns({ legacy: true })],
  ["a socket's filter", "filter", ({ progs }, socket) => progs.filter.attachSocket(socket)],
  ["a group's filter", "choose", ({ progs }, socket) => progs.choose.attachReuseport(socket)],
  ["a group's selector", "selector", ({ progs }, socket) => progs.selector.attachReuseport(socket)],
];

describeWithKernel("1,000 times attached and detached", {}, () => {
  it.each(ways)("%s leaves nothing behind", { timeout: 120_000 }, async (_, program, attach) => {
    await inOwnNetwork(async () => {
      using skel = loadSockets(program);
      using own = new OwnSockets();
      const socket = own.open(AF_INET, SOCK_DGRAM);
      setOption(socket, SO_REUSEPORT, 1);
      attach(skel, socket).detach();
      const before = takeStock();
      const descriptors = openDescriptors().length;
      for (let i = 0; i < CYCLES; i++) attach(skel, socket).detach();
      expect(openDescriptors()).toHaveLength(descriptors);
      expect(await leftovers(before)).toEqual([]);
      expect(process.listenerCount("SIGTERM")).toBe(0);
    });
  });
});

/** The ids of programs at a hook of a map, as the kernel says it (Linux 5.18). */
function attachedTo(map: number, hook: AttachTypeName = "sk_skb_stream_verdict"): number[] {
  const query = { target: map, attachType: attachTypes.indexOf(hook) };
  return queryPrograms(query, "asking for a map's programs").programs.map(({ programId: id }) => id);
}

/** The id of the flow dissector of this process's network namespace. */
function dissectors(): number[] {
  const target = openSync("/proc/thread-self/ns/net", "r");
  try {
    const query = { target, attachType: attachTypes.indexOf("flow_dissector") };
    return queryPrograms(query, "asking for the flow dissector").programs.map(({ programId: id }) => id);
  } finally {
    closeSync(target);
  }
}

interface NodeConnection {
  readonly client: Socket;
  readonly accepted: Socket;
}

async function connection(server: Server): Promise<NodeConnection> {
  const client = connectTo((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  return { client, accepted };
}

/** Node keeps it to itself. */
function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

/** What a socket reads next. */
async function text(socket: Socket): Promise<string> {
  const [data] = (await once(socket, "data")) as [Buffer];
  return data.toString();
}

import assert from "node:assert/strict";

import type { Link, SockmapOptions } from "../../src/runtime/index.ts";
import { kernelIsAtLeast, type KernelVersion } from "../../src/runtime/kernel/release.ts";
import { sockets, type Sockets } from "../objects/sockets.skel.ts";
import { switchOn } from "../support/devices.ts";
import { inOwnNetwork, sendUdp } from "../support/own-network.ts";
import {
  accept,
  address,
  AF_INET,
  bind,
  closeSocket,
  connect,
  listen,
  OwnSockets,
  portOf,
  receive,
  receiveNext,
  send,
  setOption,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketName,
  waitAtMost,
  type SocketType,
} from "../support/sockets.ts";

/*
 * Hooks of sockets. Each is seen in what becomes of data and connections between sockets of the test's own, in a network
 * of its own, once with a program and once after it was detached.
 */

export interface SocketHook {
  readonly name: string;
  /** The first version that has it; undefined for those that all have: 5.10 is the oldest. */
  readonly since?: KernelVersion;
  /** Which programs are to be loaded. */
  readonly programs: readonly (keyof Sockets["progs"])[];
  readonly see: (skel: Sockets) => void;
}

type Progs = Sockets["progs"];

export const socketHooks: readonly SocketHook[] = [
  {
    name: "sk_skb/stream_parser",
    programs: ["parser", "stream_verdict"],
    see: (skel) => {
      const links = [attach(skel, "parser"), attach(skel, "stream_verdict")];
      seeVerdicts(skel, links, () => skel.bss.parser_hits, kernelIsAtLeast([5, 11]));
    },
  },
  sockmapHook("sk_skb/stream_verdict", "stream_verdict"),
  { ...sockmapHook("sk_skb/verdict", "verdict"), since: [5, 13] },
  {
    name: "sk_skb, as a stream_verdict",
    programs: ["plain"],
    see: (skel) => {
      seeVerdicts(skel, [attach(skel, "plain", { as: "stream_verdict" })], () => skel.bss.plain_hits);
    },
  },
  {
    name: "sk_skb/stream_verdict, without a link",
    programs: ["stream_verdict"],
    see: (skel) => {
      const link = attach(skel, "stream_verdict", { legacy: true });
      seeVerdicts(skel, [link], () => skel.bss.stream_verdict_hits);
    },
  },
  { name: "sk_msg", programs: ["msg"], see: (skel) => seeMessages(skel, attach(skel, "msg")) },
  { name: "sk_msg, of a sockhash", programs: ["msg_by_port"], see: seeMessagesByPort },
  { name: "sk_lookup", since: [5, 9], programs: ["lookup"], see: seeLookup },
  {
    name: "flow_dissector",
    programs: ["dissect", "hash"],
    see: (skel) => seeDissector(skel, skel.progs.dissect.attachNetns()),
  },
  {
    name: "flow_dissector, without a link",
    programs: ["dissect", "hash"],
    see: (skel) => seeDissector(skel, skel.progs.dissect.attachNetns({ legacy: true })),
  },
  { name: "socket", programs: ["filter"], see: seeFilter },
  {
    name: "socket, of a reuseport group",
    programs: ["choose"],
    see: (skel) => {
      seeChoice(
        skel,
        (socket) => skel.progs.choose.attachReuseport(socket),
        () => skel.bss.choose_hits,
      );
    },
  },
  {
    name: "sk_reuseport",
    programs: ["selector"],
    see: (skel) => {
      seeChoice(
        skel,
        (socket) => skel.progs.selector.attachReuseport(socket),
        () => skel.bss.select_hits,
      );
    },
  },
  { name: "sk_reuseport/migrate", since: [5, 14], programs: ["migrate"], see: seeMigration },
];

/** Sees a hook fire, and not any more after it was detached. Throws otherwise. */
export async function seeSocketHook({ programs, see }: SocketHook): Promise<void> {
  await inOwnNetwork(() => {
    switchOn("lo");
    using skel = loadSockets(...programs);
    see(skel);
  });
}

export function lacksSocketHook({ since }: SocketHook): string | undefined {
  if (since === undefined || kernelIsAtLeast(since)) return undefined;
  return `Linux ${since.join(".")} has the first one`;
}

/** Loads those of the programs that are named. */
export function loadSockets(...programs: readonly (keyof Progs)[]): Sockets {
  return sockets.load({ progs: Object.fromEntries(programs.map((name) => [name, { autoload: true }])) });
}

function sockmapHook(name: string, program: "stream_verdict" | "verdict"): SocketHook {
  return {
    name,
    programs: [program],
    see: (skel) => seeVerdicts(skel, [attach(skel, program)], () => skel.bss[`${program}_hits`]),
  };
}

type SockmapName = "parser" | "stream_verdict" | "verdict" | "plain" | "msg";

function attach({ progs, maps }: Sockets, name: SockmapName, options?: SockmapOptions): Link {
  return progs[name].attachSockmap(maps.sockets, options);
}

/**
 * Redirects and drops what arrives at a socket, and lets it pass: but not behind a parser in Linux 5.10.223, which hangs
 * then, all of its CPU, before the sender's system call is over.
 */
function seeVerdicts(skel: Sockets, links: readonly Link[], hits: () => bigint, letsPass = true): void {
  withConnections((one, other) => {
    skel.maps.sockets.set(0, one.server).set(1, other.server);
    assert.equal(sent(one.client, "other", other.server), "other");
    assert.ok(hits() > 0n, "the program did not run");
    send(one.client, "drop");
    if (letsPass) assert.equal(sent(one.client, "hello", one.server), "hello");
    else assert.equal(sent(one.client, "other", other.server), "other");
    assert.equal(receive(one.server), "");
  });
  for (const link of links) link.detach();
  const before = hits();
  withConnections((one, other) => {
    skel.maps.sockets.set(0, one.server).set(1, other.server);
    assert.equal(sent(one.client, "drop", one.server), "drop");
    assert.equal(sent(one.client, "other", one.server), "other");
  });
  assert.equal(hits(), before);
}

const EACCES = 13;

/** Lets pass, redirects and drops what a socket sends. */
function seeMessages(skel: Sockets, link: Link): void {
  const { bss, maps } = skel;
  withConnections((one, other) => {
    maps.sockets.set(0, one.client).set(1, other.server);
    assert.equal(sent(one.client, "hello", one.server), "hello");
    assert.equal(sent(one.client, "other", other.server), "other");
    assert.throws(
      () => {
        send(one.client, "drop");
      },
      { errno: EACCES },
    );
    assert.equal(bss.msg_hits, 3n);
  });
  link.detach();
  withConnections((one, other) => {
    maps.sockets.set(0, one.client).set(1, other.server);
    assert.equal(sent(one.client, "drop", one.server), "drop");
  });
  assert.equal(bss.msg_hits, 3n);
}

function seeMessagesByPort({ bss, maps, progs }: Sockets): void {
  const put = ({ client }: Connection, { server }: Connection): void => {
    maps.sockets_by_port.set(1, client).set(portOf(socketName(client)), server);
  };
  const link = progs.msg_by_port.attachSockmap(maps.sockets_by_port);
  withConnections((one, other) => {
    put(one, other);
    assert.equal(sent(one.client, "hello", one.server), "hello");
    assert.equal(sent(one.client, "other", other.server), "other");
    assert.equal(bss.msg_by_port_hits, 2n);
  });
  link.detach();
  withConnections((one, other) => {
    put(one, other);
    assert.equal(sent(one.client, "other", one.server), "other");
  });
  assert.equal(bss.msg_by_port_hits, 2n);
}

const ECONNREFUSED = 111;

/** Has a socket answer at a port that it does not listen to. */
function seeLookup({ bss, maps, progs }: Sockets): void {
  bss.steered_port = 4711;
  using own = new OwnSockets();
  const server = listening(own);
  maps.sockets.set(0, server);
  const tryIt = (): void => {
    connect(own.open(AF_INET, SOCK_STREAM), address(AF_INET, bss.steered_port));
  };
  const link = progs.lookup.attachNetns();
  tryIt();
  const accepted = accept(server);
  assert.equal(portOf(socketName(accepted)), 4711);
  closeSocket(accepted);
  const hits = bss.lookup_hits;
  assert.ok(hits > 0n);
  link.detach();
  assert.throws(tryIt, { errno: ECONNREFUSED });
  assert.equal(bss.lookup_hits, hits);
}

const TIMES = 5;

function seeDissector({ bss, progs }: Sockets, link: Link): void {
  progs.hash.attachTc({ interface: "lo", direction: "ingress" });
  const sendAll = (): void => {
    for (let i = 0; i < TIMES; i++) sendUdp("127.0.0.1", "hello");
  };
  sendAll();
  const hits = bss.dissect_hits;
  assert.ok(hits >= BigInt(TIMES), `${hits}`);
  link.detach();
  sendAll();
  assert.equal(bss.dissect_hits, hits);
}

const UDP_HEADER = 8;

/** Gives a socket the first bytes of a packet, or nothing. */
function seeFilter({ bss, data, progs }: Sockets): void {
  using own = new OwnSockets();
  const [receiver, sender] = [own.open(AF_INET, SOCK_DGRAM), own.open(AF_INET, SOCK_DGRAM)];
  bind(receiver, address(AF_INET, 0));
  const received = (text: string): string => {
    send(sender, text, socketName(receiver));
    return receive(receiver);
  };
  const link = progs.filter.attachSocket(receiver);
  assert.equal(received("hello world"), "hello world");
  data.kept = UDP_HEADER + 5;
  assert.equal(received("hello world"), "hello");
  data.kept = 0;
  assert.equal(received("hello world"), "");
  assert.equal(bss.filter_hits, 3n);
  link.detach();
  assert.equal(received("hello world"), "hello world");
  assert.equal(bss.filter_hits, 3n);
}

/** Chooses which of two sockets at one port gets a packet. */
function seeChoice({ bss, maps }: Sockets, attachTo: (socket: number) => Link, hits: () => bigint): void {
  using own = new OwnSockets();
  const group = reuseportGroup(own, SOCK_DGRAM);
  group.forEach((socket, i) => maps.group.set(i, socket));
  const link = attachTo(group[0]);
  for (let i = 0; i < 2 * TIMES; i++) {
    bss.chosen = i % 2;
    send(own.open(AF_INET, SOCK_DGRAM), "hello", socketName(group[0]));
    assert.deepEqual(group.map(receive), i % 2 === 0 ? ["hello", ""] : ["", "hello"]);
  }
  assert.equal(hits(), BigInt(2 * TIMES));
  link.detach();
  send(own.open(AF_INET, SOCK_DGRAM), "hello", socketName(group[0]));
  assert.equal(group.map(receive).join(""), "hello");
  assert.equal(hits(), BigInt(2 * TIMES));
}

/** Gives a connection that a socket has not accepted when it is closed to the other one at its port. */
function seeMigration({ bss, maps, progs }: Sockets): void {
  using own = new OwnSockets();
  const [first, second] = reuseportGroup(own, SOCK_STREAM);
  for (const socket of [first, second]) listen(socket);
  maps.group.set(0, first).set(1, second);
  const link = progs.migrate.attachReuseport(second);
  connect(own.open(AF_INET, SOCK_STREAM), socketName(second));
  own.close(first);
  waitAtMost(second, PATIENCE);
  own.adopt(accept(second));
  assert.equal(bss.migrate_hits, 1n);
  link.detach();
  connect(own.open(AF_INET, SOCK_STREAM), socketName(second));
  own.close(second);
  assert.equal(bss.migrate_hits, 1n);
}

interface Connection {
  readonly client: number;
  readonly server: number;
}

function withConnections(use: (one: Connection, other: Connection) => void): void {
  using own = new OwnSockets();
  const server = listening(own);
  const connection = (): Connection => {
    const client = own.open(AF_INET, SOCK_STREAM);
    connect(client, socketName(server));
    return { client, server: own.adopt(accept(server)) };
  };
  use(connection(), connection());
}

function listening(own: OwnSockets): number {
  const server = own.open(AF_INET, SOCK_STREAM);
  bind(server, address(AF_INET, 0));
  listen(server);
  return server;
}

/** Two sockets at one port. */
function reuseportGroup(own: OwnSockets, type: SocketType): [first: number, second: number] {
  const [first, second] = [own.open(AF_INET, type), own.open(AF_INET, type)];
  for (const socket of [first, second]) setOption(socket, SO_REUSEPORT, 1);
  bind(first, address(AF_INET, 0));
  bind(second, socketName(first));
  return [first, second];
}

/** What arrives at a socket when another one sends this. */
function sent(from: number, text: string, to: number): string {
  send(from, text);
  waitAtMost(to, PATIENCE);
  return receiveNext(to);
}

/** Seconds: an emulated machine takes its time. */
const PATIENCE = 5;

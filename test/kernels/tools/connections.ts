import assert from "node:assert/strict";

import type { HashMap } from "../../../src/runtime/maps/index.ts";
import type { PerfEventArray } from "../../../src/runtime/records/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { membersOf, recordsOf, without, type Programs } from "./events.ts";
import { AF_INET, BACKLOG, bigEndian, connecting, listening, LOCALHOST } from "./perl-tcp.ts";
import { Worker } from "./worker.ts";

interface Untyped {
  events: PerfEventArray<Uint8Array>;
}

export interface ConnectionTools {
  readonly solisten: Tool<
    {
      events: PerfEventArray<{
        addr: number[];
        pid: number;
        proto: number;
        backlog: number;
        ret: number;
        port: number;
        task: string;
      }>;
    },
    Programs<"inet_listen_entry" | "inet_listen_exit">,
    { rodata: { target_pid: number } }
  >;
  readonly tcpconnlat: Tool<
    Untyped,
    Programs<"tcp_v4_connect" | "tcp_v6_connect" | "tcp_rcv_state_process">,
    { rodata: { targ_tgid: number } }
  >;
  readonly tcplife: Tool<Untyped, object, { rodata: { target_family: number } }>;
  readonly tcpstates: Tool<
    Untyped & { dports: HashMap<number, number> },
    object,
    { rodata: { filter_by_dport: boolean } }
  >;
  readonly tcptracer: Tool<Untyped, object, { rodata: { filter_pid: number } }>;
}

/** Connects, sends 5000 bytes there and 300 back, closes first one end and then the other, and says both ports. */
const talking =
  `${connecting}; ($client) = sockaddr_in(getsockname(C)); ` +
  'syswrite(C, "x" x 5000); $left = 5000; $left -= sysread(S, $_, $left) while $left; ' +
  'syswrite(S, "x" x 300); $left = 300; $left -= sysread(C, $_, $left) while $left; ' +
  // The other end has to see the first one closed before it is closed itself.
  'close C; sysread(S, $_, 1); close S; select(undef, undef, undef, 0.05); print "$client $port"';

/** Connections, event by event, beside what the two ends did and which ports they say that they had. */
export async function checkConnections(tools: ConnectionTools): Promise<void> {
  await checkTool("solisten", undefined, () => listenersAreSeen(tools.solisten));
  await checkTool("tcpconnlat", undefined, () => connectingTakesTime(tools.tcpconnlat));
  await checkTool("tcplife", undefined, () => bytesAreThoseSent(tools.tcplife));
  await checkTool("tcpstates", undefined, () => statesFollow(tools.tcpstates));
  await checkTool("tcptracer", undefined, () => endsAreTraced(tools.tcptracer));
}

async function listenersAreSeen(solisten: ConnectionTools["solisten"]): Promise<void> {
  await using worker = await Worker.start(`${listening}; print $port`);
  using skel = solisten.load({
    rodata: { target_pid: worker.pid },
    progs: without("inet_listen_entry", "inet_listen_exit"),
  });
  const { records, result } = await recordsOf(skel, () => worker.work());
  const SOCK_STREAM = 1;
  assert.deepEqual(records, [
    {
      addr: [LOCALHOST, 0, 0, 0],
      pid: worker.pid,
      proto: (AF_INET << 16) | SOCK_STREAM,
      backlog: BACKLOG,
      ret: 0,
      port: Number(result),
      task: "perl",
    },
  ]);
}

async function connectingTakesTime(tcpconnlat: ConnectionTools["tcpconnlat"]): Promise<void> {
  await using worker = await Worker.start(talking, listening);
  using skel = tcpconnlat.load({
    rodata: { targ_tgid: worker.pid },
    progs: without("tcp_v4_connect", "tcp_v6_connect", "tcp_rcv_state_process"),
  });
  const began = performance.now();
  const { records, result } = await recordsOf(skel, () => worker.work());
  const lasted = (performance.now() - began) * 1000;
  const [client = 0, server = 0] = result.split(" ").map(Number);
  const events = records.map(membersOf);
  assert.deepEqual(
    events.map((event) => ({
      saddr: event.u32(0),
      daddr: event.u32(16),
      comm: event.text(32, 16),
      tgid: event.u32(64),
      af: event.i32(68),
      lport: event.u16(72),
      dport: event.u16(74),
    })),
    [
      {
        saddr: LOCALHOST,
        daddr: LOCALHOST,
        comm: "perl",
        tgid: worker.pid,
        af: AF_INET,
        lport: client,
        dport: bigEndian(server),
      },
    ],
  );
  const took = Number(events[0]!.u64(48));
  assert.ok(took > 0 && took < lasted, `${took} µs of ${lasted} µs`);
}

async function bytesAreThoseSent(tcplife: ConnectionTools["tcplife"]): Promise<void> {
  await using worker = await Worker.start(talking, listening);
  using skel = tcplife.load({ rodata: { target_family: AF_INET } });
  const { records, result } = await recordsOf(skel, () => worker.work());
  const [client = 0, server = 0] = result.split(" ").map(Number);
  const ends = records.map(membersOf).map((event) => ({
    sport: event.u16(68),
    dport: event.u16(70),
    received: Number(event.u64(48)),
    sent: Number(event.u64(56)),
  }));
  // What closes a connection counts as a byte at both ends, what opens it at the end that has.
  const data = ends.map((end) => ({
    ...end,
    received: end.received - 1,
    sent: end.sent - (end.sport === client ? 2 : 1),
  }));
  assert.deepEqual(
    data.sort((a, b) => b.sent - a.sent),
    [
      { sport: client, dport: server, received: 300, sent: 5000 },
      { sport: server, dport: client, received: 5000, sent: 300 },
    ],
  );
}

/** Of the end that is opened and closed first: it goes through all states of an active one. */
async function statesFollow(tcpstates: ConnectionTools["tcpstates"]): Promise<void> {
  const [ESTABLISHED, SYN_SENT, FIN_WAIT1, FIN_WAIT2, CLOSE] = [1, 2, 4, 5, 7];
  await using worker = await Worker.start(talking, `${listening}; print $port`);
  const [, port = 0] = (await worker.work()).split(" ").map(Number);
  using skel = tcpstates.load({ rodata: { filter_by_dport: true } });
  skel.maps.dports.set(port, port);
  const { records } = await recordsOf(skel, () => worker.work());
  const events = records.map(membersOf);
  assert.deepEqual(
    events.map((event) => [event.i32(60), event.i32(64)]),
    [
      [CLOSE, SYN_SENT],
      [SYN_SENT, ESTABLISHED],
      [ESTABLISHED, FIN_WAIT1],
      [FIN_WAIT1, FIN_WAIT2],
      [FIN_WAIT2, CLOSE],
    ],
  );
  assert.deepEqual(new Set(events.map((event) => event.u64(32))).size, 1);
}

async function endsAreTraced(tcptracer: ConnectionTools["tcptracer"]): Promise<void> {
  const [CONNECT, ACCEPT, CLOSED] = [0, 1, 2];
  await using worker = await Worker.start(talking, listening);
  using skel = tcptracer.load({ rodata: { filter_pid: worker.pid } });
  const { records, result } = await recordsOf(skel, () => worker.work());
  const [client = 0, server = 0] = result.split(" ").map(Number).map(bigEndian);
  assert.deepEqual(
    records.map(membersOf).map((event) => [event.u8(76), event.u32(60), event.u16(74), event.u16(72)]),
    [
      [CONNECT, worker.pid, client, server],
      [ACCEPT, worker.pid, server, client],
      [CLOSED, worker.pid, client, server],
      [CLOSED, worker.pid, server, client],
    ],
  );
}

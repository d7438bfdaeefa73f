import assert from "node:assert/strict";

import type { HashMap } from "../../../src/runtime/maps/index.ts";
import type { Program } from "../../../src/runtime/programs/index.ts";
import { checkTool, type Tool } from "./check-tool.ts";
import { leastSum, total, type Hist } from "./histogram.ts";
import { AF_INET, BACKLOG, bigEndian, connecting, listening, LOCALHOST } from "./perl-tcp.ts";
import { Worker } from "./worker.ts";

export interface TcpTools {
  readonly tcpconnect: Tool<
    { ipv4_count: HashMap<{ saddr: number; daddr: number; sport: number; dport: number }, bigint> },
    object,
    { rodata: { do_count: boolean; filter_pid: number } }
  >;
  readonly tcprtt: Tool<
    { hists: HashMap<bigint, Hist & { latency: bigint; cnt: bigint }> },
    { tcp_rcv_kprobe: Program },
    { rodata: { targ_dport: number; targ_show_ext: boolean } }
  >;
  readonly tcpsynbl: Tool<
    { hists: HashMap<bigint, Hist> },
    { tcp_v4_syn_recv_kprobe: Program; tcp_v6_syn_recv_kprobe: Program }
  >;
  readonly tcptop: Tool<
    {
      ip_map: HashMap<
        { saddr: bigint; daddr: bigint; pid: number; name: string; lport: number; dport: number; family: number },
        { sent: bigint; received: bigint }
      >;
    },
    object,
    { rodata: { target_pid: number; target_family: number } }
  >;
}

const CONNECTIONS = 7;
const PINGS = 20;

/** What happens between two ends of TCP on this machine; both are in one process. */
export async function checkTcp(tools: TcpTools): Promise<void> {
  await checkTool("tcpconnect", undefined, () => connectionsAreCounted(tools.tcpconnect));
  await checkTool("tcpsynbl", undefined, () => backlogIsTheListeners(tools.tcpsynbl));
  await checkTool("tcptop", undefined, () => bytesAreThoseSent(tools.tcptop));
  await checkTool("tcprtt", undefined, () => roundTripsAreAsTcpInfoSays(tools.tcprtt));
}

async function connectionsAreCounted(tcpconnect: TcpTools["tcpconnect"]): Promise<void> {
  await using worker = await Worker.start(`for (1..${CONNECTIONS}) { ${connecting} } print $port`, listening);
  using skel = tcpconnect.load({ rodata: { do_count: true, filter_pid: worker.pid } });
  skel.attach();
  const port = Number(await worker.work());
  skel.detach();
  const key = { saddr: LOCALHOST, daddr: LOCALHOST, sport: 0, dport: bigEndian(port) };
  assert.deepEqual([...skel.maps.ipv4_count], [[key, BigInt(CONNECTIONS)]]);
}

async function backlogIsTheListeners(tcpsynbl: TcpTools["tcpsynbl"]): Promise<void> {
  await using worker = await Worker.start(`for (1..${CONNECTIONS}) { ${connecting} }`, listening);
  using skel = tcpsynbl.load({
    progs: { tcp_v4_syn_recv_kprobe: { autoload: false }, tcp_v6_syn_recv_kprobe: { autoload: false } },
  });
  skel.attach();
  await worker.work();
  skel.detach();
  const found = [...skel.maps.hists].map(([backlog, hist]) => [backlog, hist.slots[0], total(hist)]);
  assert.deepEqual(found, [[BigInt(BACKLOG), CONNECTIONS, CONNECTIONS]]);
}

async function bytesAreThoseSent(tcptop: TcpTools["tcptop"]): Promise<void> {
  const talk =
    'syswrite(C, "x" x 5000); $left = 5000; $left -= sysread(S, $_, $left) while $left; ' +
    'syswrite(S, "x" x 300); $left = 300; $left -= sysread(C, $_, $left) while $left';
  const ports = '($client) = sockaddr_in(getsockname(C)); print "$client $port"';
  await using worker = await Worker.start(`${connecting}; ${talk}; ${ports}`, listening);
  using skel = tcptop.load({ rodata: { target_pid: worker.pid, target_family: -1 } });
  skel.attach();
  const [client = 0, server = 0] = (await worker.work()).split(" ").map(Number);
  skel.detach();
  const common = { saddr: BigInt(LOCALHOST), daddr: BigInt(LOCALHOST), pid: worker.pid, name: "perl", family: AF_INET };
  const { ip_map } = skel.maps;
  assert.equal(ip_map.size, 2);
  assert.deepEqual(ip_map.get({ ...common, lport: client, dport: server }), { sent: 5000n, received: 300n });
  assert.deepEqual(ip_map.get({ ...common, lport: server, dport: client }), { sent: 300n, received: 5000n });
}

/** The smoothed round trip time that the socket has in the end is what the tool sees when the next segment comes. */
async function roundTripsAreAsTcpInfoSays(tcprtt: TcpTools["tcprtt"]): Promise<void> {
  const ping = 'syswrite(C, "x"); sysread(S, $_, 1); syswrite(S, "y"); sysread(C, $_, 1)';
  // getsockopt(IPPROTO_TCP, TCP_INFO): tcpi_rtt is at 68 in struct tcp_info.
  const rtt = 'print unpack("x68 L", getsockopt(C, 6, 11))';
  const prepare = `${listening}; ${connecting}; print "$port "`;
  await using worker = await Worker.start(`for (1..${PINGS}) { ${ping} } ${rtt}; print " $port"; ${ping}`, prepare);
  const port = Number((await worker.work()).split(" ")[1]);
  using skel = tcprtt.load({
    rodata: { targ_dport: bigEndian(port), targ_show_ext: true },
    progs: { tcp_rcv_kprobe: { autoload: false } },
  });
  skel.attach();
  const [microseconds = 0] = (await worker.work()).split(" ").map(Number);
  skel.detach();
  const hist = skel.maps.hists.get(0n)!;
  assert.ok(hist.slots[Math.floor(Math.log2(microseconds))]! > 0, `${hist.slots.join(" ")}: no ${microseconds} µs`);
  assert.ok(total(hist) > PINGS && total(hist) <= 3 * (PINGS + 1), `${total(hist)} segments`);
  assert.equal(hist.cnt, BigInt(total(hist)));
  assert.ok(leastSum(hist) <= Number(hist.latency) && Number(hist.latency) < 2 * leastSum(hist) + total(hist) * 2);
}

import { attachTypes, linkTypes, type AttachTypeName, type LinkTypeName } from "../../object/bpf-enums.ts";
import { Memory } from "../memory.ts";
import { askAboutLink, askForText, type AskAboutLink, type InfoBuffer } from "./ask-about-link.ts";
import type { IterLinkInfo, KprobeMultiLinkInfo, LinkDetails, LinkInfo, UprobeMultiLinkInfo } from "./link-info.ts";
import { readPerfEventOfLink } from "./read-perf-event-of-link.ts";

/** Asks the kernel about a link (kernel: `bpf_link_get_info_by_fd`, Linux 5.8). Throws a `KernelError`. */
export function readLinkInfo(fd: number, what: string): LinkInfo {
  const ask: AskAboutLink = (buffers = []) => askAboutLink(fd, what, buffers);
  const info = ask();
  return { id: info.u32(4), programId: info.u32(8), ...detailsOf(info, ask) };
}

function detailsOf(info: Memory, ask: AskAboutLink): LinkDetails {
  const number = info.u32(0);
  const type: LinkTypeName = linkTypes[number] ?? "unspec";
  const attachType = (at: number): AttachTypeName | undefined => attachTypes[info.u32(at)];
  switch (type) {
    case "raw_tracepoint":
      return { type, tracepoint: askForText(ask, 16, 24), cookie: info.u64(32) };
    case "tracing":
      return {
        type,
        attachType: attachType(16),
        targetObjectId: info.u32(20),
        targetBtfId: info.u32(24),
        cookie: info.u64(32),
      };
    case "cgroup":
      return { type, cgroupId: info.u64(16), attachType: attachType(24) };
    case "iter":
      return iterDetails(info, askForText(ask, 16, 24));
    case "netns":
      return { type, netnsInode: info.u32(16), attachType: attachType(20) };
    case "xdp":
      return { type, ifindex: info.u32(16), attachType: undefined };
    case "tcx":
    case "netkit":
      return { type, ifindex: info.u32(16), attachType: attachType(20) };
    case "perf_event":
      return { type, event: readPerfEventOfLink(info, ask) };
    case "kprobe_multi":
      return kprobeDetails(info, ask);
    case "uprobe_multi":
      return uprobeDetails(info, ask);
    case "struct_ops":
      return { type, mapId: info.u32(16) };
    case "netfilter":
      return {
        type,
        family: info.u32(16),
        hook: info.u32(20),
        priority: info.i32(24),
        defrag: (info.u32(28) & BPF_F_NETFILTER_IP_DEFRAG) !== 0,
      };
    case "sockmap":
      return { type, mapId: info.u32(16), attachType: attachType(20) };
    case "tracing_multi":
      return { type, attachType: attachType(16), count: info.u32(20), btfObjectId: info.u32(24) };
    case "unspec":
      return { type: "unknown", number };
  }
}

const BPF_F_NETFILTER_IP_DEFRAG = 1;
/** BPF_F_KPROBE_MULTI_RETURN and BPF_F_UPROBE_MULTI_RETURN. */
const MULTI_RETURN = 1;

/** What the two unions hold depends on what it goes through (bpftool: `show_iter_json`). */
function iterDetails(info: Memory, target: string): IterLinkInfo {
  const overMap = target === "bpf_map_elem" || target === "bpf_sk_storage_map";
  const overTasks = ["task", "task_file", "task_vma"].includes(target);
  return {
    type: "iter",
    target,
    mapId: overMap ? info.u32(28) : undefined,
    cgroup: target === "cgroup" ? { id: info.u64(32), order: info.u32(40) } : undefined,
    task: overTasks ? { tid: info.u32(32), pid: info.u32(36) } : undefined,
  };
}

/** Before Linux 6.6 the kernel leaves all of it zero, and the cookies before 6.9. */
function kprobeDetails(first: Memory, ask: AskAboutLink): KprobeMultiLinkInfo {
  const count = first.u32(24);
  const [addresses, cookies] = [new Uint8Array(8 * count), new Uint8Array(8 * count)];
  const buffers: InfoBuffer[] = [
    { at: 16, bytes: addresses, size: [24, count] },
    { at: 40, bytes: cookies },
  ];
  if (count > 0) ask(buffers);
  return {
    type: "kprobe_multi",
    atReturn: (first.u32(28) & MULTI_RETURN) !== 0,
    addresses: words(addresses),
    cookies: words(cookies),
    missed: first.u64(32),
  };
}

/** Before Linux 6.8 the kernel leaves all of it zero. */
function uprobeDetails(first: Memory, ask: AskAboutLink): UprobeMultiLinkInfo {
  const count = first.u32(52);
  const lists = [24, 32, 40].map((at): InfoBuffer => ({ at, bytes: new Uint8Array(8 * count), size: [52, count] }));
  if (count > 0) ask(lists);
  const [offsets = [], refCtrOffsets = [], cookies = []] = lists.map(({ bytes }) => words(bytes));
  return {
    type: "uprobe_multi",
    atReturn: (first.u32(56) & MULTI_RETURN) !== 0,
    path: count > 0 ? askForText(ask, 16, 48) : "",
    offsets,
    refCtrOffsets,
    cookies,
    pid: first.u32(60),
  };
}

function words(bytes: Uint8Array): bigint[] {
  return new Memory(bytes).list(0, bytes.length / 8, 8, (from, at) => from.u64(at));
}

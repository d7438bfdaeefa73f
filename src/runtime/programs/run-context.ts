import type { Codec } from "../codec.ts";
import { u16, u32, u64, u8 } from "../codecs.ts";
import { Memory } from "../memory.ts";
import { CoreGenError } from "../../errors.ts";

/** A context of the kernel's: the struct that a program gets a pointer to, with those of its members that can be set. */
export interface RunContext<C> {
  /** `sizeof` the struct, in bytes. */
  readonly size: number;
  encode(context: C, doing: string): Uint8Array;
  decode(bytes: Uint8Array): Required<C>;
}

type Fields<C> = { readonly [K in keyof C]-?: readonly [at: number, codec: Codec<NonNullable<C[K]>>] };

function struct<C extends object>(size: number, name: string, fields: Fields<C>): RunContext<C> {
  const list = Object.entries(fields) as [keyof C & string, Fields<C>[keyof C]][];
  return {
    size,
    encode: (context, doing) => {
      const unknown = Object.keys(context).find((key) => !Object.hasOwn(fields, key));
      if (unknown !== undefined) throw notSettable(doing, name, unknown, Object.keys(fields));
      const memory = new Memory(new Uint8Array(size));
      for (const [key, [at, codec]] of list) {
        const value = context[key];
        if (value !== undefined) codec.write(memory, at, value as NonNullable<C[keyof C]>);
      }
      return memory.bytes;
    },
    decode: (bytes) => {
      const whole = new Uint8Array(size);
      whole.set(bytes.subarray(0, size));
      const memory = new Memory(whole);
      // Every field of C is in the list: its type says so.
      return Object.fromEntries(list.map(([key, [at, codec]]) => [key, codec.read(memory, at)])) as Required<C>;
    },
  };
}

function notSettable(doing: string, name: string, key: string, known: readonly string[]): CoreGenError {
  return new CoreGenError("bad-input", `${doing}: "${key}" of struct ${name} can't be set`, {
    hints: [`These can: ${known.join(", ")}.`],
  });
}

function words(count: number): Codec<readonly number[]> {
  return {
    size: 4 * count,
    read: (from, at) => from.list(at, count, 4, (memory, each) => memory.u32(each)),
    write: (to, at, values) => {
      to.setList(at, count, 4, values, (memory, each, value) => {
        memory.setU32(each, value);
      });
    },
  };
}

/** The arguments of a tracepoint, eight bytes each: `struct bpf_raw_tracepoint_args`. */
export const rawTracepointArguments: RunContext<readonly bigint[]> = {
  size: 96,
  encode: (values, doing) => {
    if (values.length > MOST_ARGUMENTS) {
      throw new CoreGenError("bad-input", `${doing}: ${values.length} arguments are more than ${MOST_ARGUMENTS}`);
    }
    const memory = new Memory(new Uint8Array(8 * values.length));
    for (const [i, value] of values.entries()) u64.write(memory, 8 * i, value);
    return memory.bytes;
  },
  decode: (bytes) => new Memory(bytes).list(0, bytes.length / 8, 8, (memory, at) => memory.u64(at)),
};
const MOST_ARGUMENTS = 12;

/** What can be set of `struct __sk_buff` (kernel: `convert___skb_to_skb`). */
export interface SkBuffContext {
  readonly mark?: number;
  readonly priority?: number;
  /** The interface that the packet has come in by; needs `ifindex` on some kernels. */
  readonly ingress_ifindex?: number;
  readonly ifindex?: number;
  /** Five numbers. */
  readonly cb?: readonly number[];
  /** Nanoseconds. */
  readonly tstamp?: bigint;
  readonly wire_len?: number;
  readonly gso_segs?: number;
  readonly gso_size?: number;
  /** Nanoseconds (Linux 5.16). */
  readonly hwtstamp?: bigint;
}

export const skBuffContext: RunContext<SkBuffContext> = struct<SkBuffContext>(192, "__sk_buff", {
  mark: [8, u32],
  priority: [32, u32],
  ingress_ifindex: [36, u32],
  ifindex: [40, u32],
  cb: [48, words(5)],
  tstamp: [152, u64],
  wire_len: [160, u32],
  gso_segs: [164, u32],
  gso_size: [176, u32],
  hwtstamp: [184, u64],
});

/** `struct xdp_md` (Linux 5.15). */
export interface XdpContext {
  /** How many bytes of `data` are metadata in front of the frame; a multiple of 4. */
  readonly data?: number;
  /** What `data` is long; set when it is left out. */
  readonly data_end?: number;
  readonly data_meta?: number;
  readonly ingress_ifindex?: number;
  readonly rx_queue_index?: number;
}

export const xdpContext: RunContext<XdpContext> = struct<XdpContext>(24, "xdp_md", {
  data: [0, u32],
  data_end: [4, u32],
  data_meta: [8, u32],
  ingress_ifindex: [12, u32],
  rx_queue_index: [16, u32],
});

/** `struct bpf_sk_lookup`. Addresses and the remote port are numbers whose bytes in memory are in network byte order. */
export interface SkLookupContext {
  /** What comes out: the cookie of the socket that was chosen, 0 for none. */
  readonly cookie?: bigint;
  /** AF_INET (2) or AF_INET6 (10). */
  readonly family?: number;
  /** IPPROTO_TCP (6) or IPPROTO_UDP (17). */
  readonly protocol?: number;
  readonly remote_ip4?: number;
  readonly remote_ip6?: readonly number[];
  readonly remote_port?: number;
  readonly local_ip4?: number;
  readonly local_ip6?: readonly number[];
  /** In host byte order. */
  readonly local_port?: number;
  readonly ingress_ifindex?: number;
}

export const skLookupContext: RunContext<SkLookupContext> = struct<SkLookupContext>(72, "bpf_sk_lookup", {
  cookie: [0, u64],
  family: [8, u32],
  protocol: [12, u32],
  remote_ip4: [16, u32],
  remote_ip6: [20, words(4)],
  remote_port: [36, u16],
  local_ip4: [40, u32],
  local_ip6: [44, words(4)],
  local_port: [60, u32],
  ingress_ifindex: [64, u32],
});

/** `struct bpf_flow_keys`: `flags` goes in, all of it comes out. Those of network packets are in network byte order. */
export interface FlowKeys {
  readonly nhoff?: number;
  readonly thoff?: number;
  readonly addr_proto?: number;
  readonly is_frag?: number;
  readonly is_first_frag?: number;
  readonly is_encap?: number;
  readonly ip_proto?: number;
  readonly n_proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly ipv4_src?: number;
  readonly ipv4_dst?: number;
  readonly ipv6_src?: readonly number[];
  readonly ipv6_dst?: readonly number[];
  readonly flags?: number;
  readonly flow_label?: number;
}

export const flowKeys: RunContext<FlowKeys> = struct<FlowKeys>(56, "bpf_flow_keys", {
  nhoff: [0, u16],
  thoff: [2, u16],
  addr_proto: [4, u16],
  is_frag: [6, u8],
  is_first_frag: [7, u8],
  is_encap: [8, u8],
  ip_proto: [9, u8],
  n_proto: [10, u16],
  sport: [12, u16],
  dport: [14, u16],
  ipv4_src: [16, u32],
  ipv4_dst: [20, u32],
  ipv6_src: [16, words(4)],
  ipv6_dst: [32, words(4)],
  flags: [48, u32],
  flow_label: [52, u32],
});

/** What can be set of `struct nf_hook_state` (kernel: `verify_user_nf_hook_state`, Linux 6.4). */
export interface NetfilterContext {
  /** `NF_INET_*`: 0 PRE_ROUTING, 1 LOCAL_IN, 2 FORWARD, 3 LOCAL_OUT, 4 POST_ROUTING. */
  readonly hook?: number;
  /** `NFPROTO_*`: 2 IPv4, 10 IPv6. */
  readonly pf?: number;
}

export const netfilterContext: RunContext<NetfilterContext> = struct<NetfilterContext>(48, "nf_hook_state", {
  hook: [0, u8],
  pf: [1, u8],
});

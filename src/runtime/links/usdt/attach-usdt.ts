import { existsSync } from "node:fs";
import { attachTypes } from "../../../object/bpf-enums.ts";
import { CoreGenError } from "../../../errors.ts";
import { fileOf, findExecutable } from "../../kernel/executable.ts";
import { hasFeature } from "../../kernel/features.ts";
import { findUsdtTargets, type UsdtTarget } from "../../kernel/usdt-file.ts";
import type { LoadedProgram } from "../../load/types.ts";
import { Attr, BPF_LINK_CREATE, bpfOrThrow, type Meanings } from "../../sys/bpf.ts";
import { ESRCH } from "../../sys/errno.ts";
import { Fd } from "../../sys/fd.ts";
import type { Link } from "../link.ts";
import { attachToProbe } from "../probe.ts";
import { readPid } from "../probe-options.ts";
import { memoryAddress } from "./memory-address.ts";
import { UsdtLink, UsdtLinks } from "./usdt-link.ts";
import { UsdtMaps } from "./usdt-maps.ts";

/** Which statically defined probe a program goes to: those that `<sys/sdt.h>` puts into executables and libraries. */
export interface UsdtOptions {
  /**
   * The path of the executable or shared library. What has no slash is looked for as a shell and the dynamic loader would:
   * "postgres", "libc.so.6".
   */
  readonly binary: string;
  /** The first word of the probe, "libc". */
  readonly provider: string;
  /** The second word, "setjmp". */
  readonly name: string;
  /** Which process; 0: this one. Left out, all of them, which before Linux 5.15 libraries and position-independent executables can't have. */
  readonly pid?: number | undefined;
  /** What `bpf_usdt_cookie` returns in the program; on every kernel. */
  readonly cookie?: bigint | undefined;
}

/**
 * Attaches a program to all places of a USDT probe (libbpf: `bpf_program__attach_usdt`). The probe's semaphore, if it has
 * one, is counted up as long as the link is there.
 *
 * Throws a `CoreGenError`: `bad-input` when there is no such file or probe, `unsupported` for arguments that core-gen does
 * not understand and for what an old kernel can't; a `KernelError` when the kernel refuses.
 */
export function attachUsdt(loaded: LoadedProgram, options: UsdtOptions): Link {
  const { provider, name, cookie = 0n } = options;
  const path = findExecutable(options.binary);
  const pid = readPid(options.pid, `attaching program "${loaded.program.name}"`);
  const what = `program "${loaded.program.name}" at USDT probe ${provider}:${name} of ${path}`;
  const maps = new UsdtMaps(loaded, cookie, what);
  const targets = findUsdtTargets({ binary: path, provider, name });
  const probes: Probes = { loaded, path, pid, what, targets, maps };
  try {
    checkSemaphores(probes);
    return hasFeature("uprobe-multi-link") ? attachAtOnce(probes) : attachOneByOne(probes);
  } catch (error) {
    maps.forget();
    throw error;
  }
}

interface Probes {
  readonly loaded: LoadedProgram;
  readonly path: string;
  /** -1: all processes. */
  readonly pid: number;
  readonly what: string;
  readonly targets: readonly UsdtTarget[];
  readonly maps: UsdtMaps;
}

const REF_CTR_FORMAT = "/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset";

/** What is not asked for: a probe whose semaphore stays 0 would be set, and never fire. */
function checkSemaphores({ targets, what }: Probes): void {
  if (targets.every(({ semaphoreOffset }) => semaphoreOffset === 0n) || existsSync(REF_CTR_FORMAT)) return;
  throw new CoreGenError("unsupported", `attaching ${what}: it has a semaphore, which this kernel does not count`, {
    hints: ["Linux 4.20 and later do. /sys must be mounted."],
  });
}

/** One link for all places: BPF_LINK_CREATE of a uprobe_multi program, which the loader has made of it. */
function attachAtOnce({ loaded, path, pid, what, targets, maps }: Probes): Link {
  const ids = targets.map((target) => BigInt(maps.tell(target)));
  const words = (values: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(values).buffer);
  // link_create.uprobe_multi { path, offsets, ref_ctr_offsets, cookies, cnt, flags, pid }
  const attr = new Attr(60)
    .u32(0, loaded.fd.number)
    .u32(8, attachTypes.indexOf("trace_uprobe_multi"))
    .text(16, fileOf(path))
    .pointer(24, words(targets.map(({ offset }) => offset)))
    .pointer(32, words(targets.map(({ semaphoreOffset }) => semaphoreOffset)))
    .pointer(40, words(ids))
    .u32(48, targets.length)
    .u32(56, Math.max(0, pid));
  const number = bpfOrThrow(BPF_LINK_CREATE, attr, `attaching ${what}`, meanings);
  return new UsdtLink(what, new Fd(number, `the link of ${what}`), maps);
}

const meanings: Meanings = new Map([[ESRCH, "there is no such process"]]);

function attachOneByOne(probes: Probes): Link {
  const links: Link[] = [];
  try {
    for (const target of probes.targets) links.push(attachOne(probes, target));
    return new UsdtLinks(probes.what, links, probes.maps);
  } catch (error) {
    for (const link of links) link.detach();
    throw error;
  }
}

/** The program learns the id by the cookie, or on kernels without such by where it is. */
function attachOne({ loaded, path, pid, what, maps }: Probes, target: UsdtTarget): Link {
  const id = maps.tell(target);
  const hasCookies = hasFeature("bpf-cookie");
  if (!hasCookies) maps.tellAddress(addressOf(target, pid, path, what), id);
  const { offset, semaphoreOffset: refCtrOffset } = target;
  const probe = { kind: "uprobe", probed: fileOf(path), offset, atReturn: false, pid, refCtrOffset } as const;
  const place = `${path}:0x${offset.toString(16)}`;
  return attachToProbe(loaded.fd, { ...probe, cookie: hasCookies ? BigInt(id) : undefined }, place, what);
}

function addressOf({ fixed, address, offset }: UsdtTarget, pid: number, path: string, what: string): bigint {
  if (fixed) return address;
  if (pid !== -1) return memoryAddress(pid, path, offset, `attaching ${what}`);
  throw new CoreGenError("unsupported", `attaching ${what}: this kernel has to know for which process`, {
    hints: [
      "Say `pid`. Linux 5.15 and later can do it for all; older ones only for executables that are linked with -no-pie.",
    ],
  });
}

/** Attaches a program to what `SEC("usdt/BINARY:PROVIDER:NAME")` says (libbpf: `attach_usdt`). */
export function attachUsdtSection(loaded: LoadedProgram, place: string): Link {
  const [, binary = "", provider = "", name = ""] = /^([^:]+):([^:]+):([^:]+)$/u.exec(place) ?? [];
  if (name !== "") return attachUsdt(loaded, { binary, provider, name });
  const message = `attaching program "${loaded.program.name}": "${place}" is not BINARY:PROVIDER:NAME`;
  throw new CoreGenError("bad-input", message, { hints: ['For example SEC("usdt/libc.so.6:libc:setjmp").'] });
}

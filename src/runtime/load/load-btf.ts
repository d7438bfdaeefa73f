import type { Btf } from "../../btf/btf.ts";
import { mapTypes } from "../../object/bpf-enums.ts";
import type { BpfObject } from "../../object/model.ts";
import { hasFeature, type Feature } from "../kernel/features.ts";
import { permissionHints } from "../kernel/privileges.ts";
import { Attr, bpf, BPF_BTF_LOAD, BPF_F_TOKEN_FD, bpfFailure } from "../sys/bpf.ts";
import { errnoName } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { logEvent, type OnLog } from "./log-events.ts";
import { lastLine, linesOf } from "./verifier-log.ts";
import { sanitizeBtf } from "./sanitize-btf.ts";

const LOG_SIZE = 64 * 1024;
/** Bytes of the attributes up to `btf_log_level`, and up to `btf_token_fd`. */
const SIZE = 28;
const SIZE_WITH_TOKEN = 40;

/**
 * Gives the kernel an object's types, for the names that tools show and for what the verifier needs of functions.
 *
 * Programs load without them, too, so a kernel that refuses them is no error: the reason is added to `warnings`, and
 * undefined returned (libbpf: `bpf_object__sanitize_and_load_btf`). Only struct_ops need them: then it throws a
 * `KernelError`.
 */
export function loadBtf(object: BpfObject, warnings: string[], onLog: OnLog | undefined, token?: Fd): Fd | undefined {
  if (object.btf === undefined) return undefined;
  if (!hasFeature("btf")) {
    logEvent(onLog, { kind: "btf-left-out", errno: undefined, log: [] });
    return undefined;
  }
  const bytes = sanitized(object.btf, onLog);
  const encode = (): Attr => encodeBtf(bytes, token);
  const result = bpf(BPF_BTF_LOAD, encode());
  return result >= 0 ? loaded(object, result, bytes, onLog) : loadWithLog(object, { bytes, encode }, warnings, onLog);
}

function encodeBtf(bytes: Uint8Array, token: Fd | undefined): Attr {
  const attr = new Attr(token === undefined ? SIZE : SIZE_WITH_TOKEN).pointer(0, bytes).u32(16, bytes.length);
  return token === undefined ? attr : attr.u32(32, BPF_F_TOKEN_FD).u32(36, token.number);
}

function sanitized(btf: Btf, onLog: OnLog | undefined): Uint8Array {
  const missing = new Set<Feature>();
  const bytes = sanitizeBtf(btf, (feature) => {
    const there = hasFeature(feature);
    if (!there) missing.add(feature);
    return there;
  });
  if (missing.size > 0) logEvent(onLog, { kind: "btf-sanitized", missing: [...missing] });
  return bytes;
}

/** The same again, this time with the reason. */
function loadWithLog(
  object: BpfObject,
  { bytes, encode }: { readonly bytes: Uint8Array; readonly encode: () => Attr },
  warnings: string[],
  onLog: OnLog | undefined,
): Fd | undefined {
  const buffer = new Uint8Array(LOG_SIZE);
  const attr = encode().pointer(8, buffer).u32(20, LOG_SIZE).u32(24, 1);
  const result = bpf(BPF_BTF_LOAD, attr);
  if (result >= 0) return loaded(object, result, bytes, onLog);
  const [errno, log] = [-result, linesOf(buffer)];
  const reason = lastLine(log) ?? "no reason given";
  if (object.maps.some(({ type }) => mapTypes[type] === "struct_ops")) {
    const doing = `loading the types of ${object.elf.what}, which its struct_ops need`;
    const meaning = log.length === 0 ? undefined : reason;
    throw bpfFailure({ doing, command: BPF_BTF_LOAD, errno, meaning, hints: permissionHints() });
  }
  logEvent(onLog, { kind: "btf-left-out", errno, log });
  warnings.push(
    `the kernel refused the types of ${object.elf.what} (${errnoName(errno)}: ${reason}): loaded without them`,
  );
  return undefined;
}

function loaded(object: BpfObject, number: number, bytes: Uint8Array, onLog: OnLog | undefined): Fd {
  const fd = new Fd(number, `the types of ${object.elf.what}`);
  try {
    logEvent(onLog, { kind: "btf-loaded", size: bytes.length });
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

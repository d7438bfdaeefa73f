import type { BpfObject } from "../../object/model.ts";
import { hasFeature } from "../kernel/features.ts";
import { Attr, bpf, BPF_BTF_LOAD } from "../sys/bpf.ts";
import { errnoName } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { lastLine, linesOf } from "./verifier-log.ts";
import { sanitizeBtf } from "./sanitize-btf.ts";
import { TOKEN_FLAG } from "./token.ts";

const LOG_SIZE = 64 * 1024;
/** Bytes of the attributes up to `btf_log_level`, and up to `btf_token_fd`. */
const SIZE = 28;
const SIZE_WITH_TOKEN = 40;

/**
 * Gives the kernel an object's types, for the names that tools show and for what the verifier needs of functions.
 *
 * Programs load without them, too, so a kernel that refuses them is no error: the reason is added to `warnings`, and
 * undefined returned (libbpf: `bpf_object__sanitize_and_load_btf`).
 */
export function loadBtf(object: BpfObject, warnings: string[], token?: Fd): Fd | undefined {
  if (object.btf === undefined) return undefined;
  const bytes = sanitizeBtf(object.btf, hasFeature);
  const result = bpf(BPF_BTF_LOAD, encode(bytes, token));
  if (result >= 0) return new Fd(result, `the types of ${object.elf.what}`);
  return loadWithLog(object, bytes, warnings, token);
}

function encode(bytes: Uint8Array, token: Fd | undefined): Attr {
  const attr = new Attr(token === undefined ? SIZE : SIZE_WITH_TOKEN).pointer(0, bytes).u32(16, bytes.length);
  return token === undefined ? attr : attr.u32(32, TOKEN_FLAG).u32(36, token.number);
}

/** The same again, this time with the reason. */
function loadWithLog(object: BpfObject, bytes: Uint8Array, warnings: string[], token: Fd | undefined): Fd | undefined {
  const log = new Uint8Array(LOG_SIZE);
  const attr = encode(bytes, token).pointer(8, log).u32(20, LOG_SIZE).u32(24, 1);
  const result = bpf(BPF_BTF_LOAD, attr);
  if (result >= 0) return new Fd(result, `the types of ${object.elf.what}`);
  const reason = lastLine(linesOf(log)) ?? "no reason given";
  warnings.push(
    `the kernel refused the types of ${object.elf.what} (${errnoName(-result)}: ${reason}): loaded without them`,
  );
  return undefined;
}

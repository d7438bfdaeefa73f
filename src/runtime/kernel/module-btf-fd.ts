import type { Btf } from "../../btf/btf.ts";
import { CoreGenError } from "../../errors.ts";
import {
  Attr,
  bpf,
  BPF_BTF_GET_FD_BY_ID,
  BPF_BTF_GET_NEXT_ID,
  BPF_OBJ_GET_INFO_BY_FD,
  bpfOrThrow,
} from "../sys/bpf.ts";
import { ENOENT } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";

const LONGEST_NAME = 64;

/**
 * A descriptor of a module's types, which bpf() wants beside an id in them; the caller closes it. `module` comes from
 * `moduleBtfs`.
 *
 * The kernel finds types by their id only, so all of them are asked for their name (libbpf: `load_module_btfs`). Throws a
 * `KernelError` when it may not, and a `CoreGenError` with code `no-kernel-btf` when the module is gone.
 */
export function openModuleBtf(module: Btf): Fd {
  const name = module.what.slice(module.what.lastIndexOf("/") + 1);
  const doing = `looking for the types of the module ${name}`;
  for (let id = nextId(0, doing); id !== undefined; id = nextId(id, doing)) {
    const result = bpf(BPF_BTF_GET_FD_BY_ID, new Attr(4).u32(0, id));
    // Gone since.
    if (result === -ENOENT) continue;
    if (result < 0) bpfOrThrow(BPF_BTF_GET_FD_BY_ID, new Attr(4).u32(0, id), doing);
    const fd = new Fd(result, `the types of the module ${name}`);
    if (isOfModule(fd, name)) return fd;
    fd.close();
  }
  throw new CoreGenError("no-kernel-btf", `${doing}: it is not loaded any more`);
}

function nextId(after: number, doing: string): number | undefined {
  const attr = new Attr(8).u32(0, after);
  const result = bpf(BPF_BTF_GET_NEXT_ID, attr);
  if (result === -ENOENT) return undefined;
  if (result < 0) bpfOrThrow(BPF_BTF_GET_NEXT_ID, new Attr(8).u32(0, after), doing);
  return attr.getU32(4);
}

/** `struct bpf_btf_info`: the name at 16 with its length at 24, and at 28 whether the types are the kernel's. */
function isOfModule(fd: Fd, name: string): boolean {
  const text = new Uint8Array(LONGEST_NAME);
  const info = new Attr(32).pointer(16, text).u32(24, LONGEST_NAME);
  const result = bpf(BPF_OBJ_GET_INFO_BY_FD, new Attr(16).u32(0, fd.number).u32(4, 32).pointer(8, info.bytes));
  if (result < 0 || info.getU32(28) === 0) return false;
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0))) === name;
}

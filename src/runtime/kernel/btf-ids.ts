import { Btf } from "../../btf/btf.ts";
import { CoreGenError } from "../../errors.ts";
import {
  Attr,
  bpf,
  BPF_BTF_GET_FD_BY_ID,
  BPF_BTF_GET_NEXT_ID,
  BPF_OBJ_GET_INFO_BY_FD,
  bpfOrThrow,
  bpfFailure,
} from "../sys/bpf.ts";
import { ENOENT, EPERM } from "../sys/errno.ts";
import { Fd } from "../sys/fd.ts";
import { permissionHints } from "./privileges.ts";

/** The longest name of a module (`MODULE_NAME_LEN`). */
const NAME_SIZE = 64;
/** `struct bpf_btf_info`: btf, btf_size, id; and since Linux 5.11 name, name_len, kernel_btf. */
const BTF_INFO_SIZE = 16;
const NAMED_BTF_INFO_SIZE = 32;
/** `struct bpf_prog_info` up to the end of `btf_id`. */
const PROG_INFO_SIZE = 132;

/**
 * The names of the modules that have types, in the order of their BTF's ids, which is libbpf's order to search them in.
 * Undefined where the kernel doesn't say: it takes CAP_SYS_ADMIN.
 */
export function modulesInOrder(): string[] | undefined {
  const names: string[] = [];
  for (const fd of kernelBtfs("listing the types of modules")) {
    using one = fd;
    if (one === undefined) return undefined;
    const { name, isKernels } = identityOf(one);
    if (isKernels && name !== "vmlinux") names.push(name);
  }
  return names;
}

/** A descriptor of a module's types, which programs refer to them by. Throws a `KernelError`. */
export function openModuleTypes(module: string): Fd {
  const doing = `opening the types of the module ${module}`;
  for (const fd of kernelBtfs(doing)) {
    if (fd === undefined) {
      throw bpfFailure({
        ...{ doing, command: BPF_BTF_GET_FD_BY_ID, errno: EPERM },
        hints: [...permissionHints(), "What is in a module can be used with CAP_SYS_ADMIN only."],
      });
    }
    if (isModule(fd, module)) return fd;
  }
  throw new CoreGenError("kernel", `${doing}: the kernel has no types of it any more: was it unloaded?`);
}

/** Closes the descriptor when it is not that module's. */
function isModule(fd: Fd, module: string): boolean {
  let is = false;
  try {
    const { name, isKernels } = identityOf(fd);
    is = isKernels && name === module;
    return is;
  } finally {
    if (!is) fd.close();
  }
}

/** The types of a program that is loaded, by its descriptor's number. Throws a `CoreGenError`. */
export function programTypes(program: number, what: string): Btf {
  const doing = `reading the types of ${what}`;
  const info = new Attr(PROG_INFO_SIZE);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, infoQuestion(program, info), doing);
  const id = info.getU32(128);
  if (id === 0) {
    throw new CoreGenError("bad-input", `${doing}: it was loaded without types, so nothing can be attached to it`, {
      hints: ["Compile it with -g."],
    });
  }
  using fd = new Fd(bpfOrThrow(BPF_BTF_GET_FD_BY_ID, new Attr(12).u32(0, id), doing), what);
  const size = new Attr(BTF_INFO_SIZE);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, infoQuestion(fd.number, size), doing);
  const bytes = new Uint8Array(size.getU32(8));
  const contents = new Attr(BTF_INFO_SIZE).pointer(0, bytes).u32(8, bytes.length);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, infoQuestion(fd.number, contents), doing);
  return Btf.parse(bytes, { what: `the types of ${what}` });
}

/** All BTF that the kernel has, opened one after the other; ends with undefined where that is not allowed. */
function* kernelBtfs(doing: string): Generator<Fd | undefined> {
  for (let id = 0; ;) {
    const next = new Attr(8).u32(0, id);
    const result = bpf(BPF_BTF_GET_NEXT_ID, next);
    if (result === -ENOENT) return;
    id = next.getU32(4);
    const number = result < 0 ? result : bpf(BPF_BTF_GET_FD_BY_ID, new Attr(12).u32(0, id));
    // Unloaded in between.
    if (number === -ENOENT) continue;
    yield number < 0 ? undefined : new Fd(number, doing);
    if (number < 0) return;
  }
}

interface Identity {
  readonly name: string;
  /** Whether it is of the kernel or a module, and not of a program. */
  readonly isKernels: boolean;
}

/** Whose types some BTF has. Linux 5.11, as modules' types. */
function identityOf(fd: Fd): Identity {
  const name = new Uint8Array(NAME_SIZE);
  const info = new Attr(NAMED_BTF_INFO_SIZE).pointer(16, name).u32(24, NAME_SIZE);
  bpfOrThrow(BPF_OBJ_GET_INFO_BY_FD, infoQuestion(fd.number, info), "asking the kernel whose some types are");
  const text = new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  return { name: text, isKernels: info.getU32(28) !== 0 };
}

function infoQuestion(fd: number, info: Attr): Attr {
  return new Attr(16).u32(0, fd).u32(4, info.bytes.length).pointer(8, info.bytes);
}

import { CoreGenError } from "../errors.ts";

/** The machines that Linux and Node both know, as `process.arch` calls them. */
const ARCHS = ["arm", "arm64", "ia32", "loong64", "mips", "mipsel", "ppc64", "riscv64", "s390x", "x64"];

/** What others call them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  x86_64: "x64",
  amd64: "x64",
  x86: "x64",
  i386: "ia32",
  386: "ia32",
  aarch64: "arm64",
  ppc64le: "ppc64",
  s390: "s390x",
  loongarch64: "loong64",
};

/** An object, and the machine that it is for; none when there is but one object for all. */
export interface TargetFile {
  readonly arch: string | undefined;
  readonly file: string;
}

/** `["x64=a.bpf.o", "arm64=b.bpf.o"]`: throws a `CoreGenError` for anything that is not `ARCH=FILE`, and for a machine named twice. */
export function parseTargetFlags(flags: readonly string[]): TargetFile[] {
  const targets = flags.map(parseTargetFlag);
  const twice = targets.find(({ arch }, index) => targets.findIndex((other) => other.arch === arch) !== index);
  if (twice !== undefined)
    throw new CoreGenError("bad-input", `--target names an object for ${twice.arch ?? ""} twice`);
  return targets;
}

function parseTargetFlag(flag: string): TargetFile {
  const [, arch, file] = /^([^=]+)=(.+)$/su.exec(flag) ?? [];
  if (arch === undefined || file === undefined)
    throw new CoreGenError("bad-input", `--target ${flag}: this is not of the form ARCH=FILE`, {
      hints: ["For example: --target x64=build/x64/prog.bpf.o --target arm64=build/arm64/prog.bpf.o"],
    });
  if (ARCHS.includes(arch)) return { arch, file };
  const ours = Object.hasOwn(OTHER_NAMES, arch) ? OTHER_NAMES[arch] : undefined;
  throw new CoreGenError("bad-input", `--target ${flag}: Node has no process.arch "${arch}"`, {
    hints: [ours === undefined ? `It has ${ARCHS.join(", ")}.` : `It calls this machine ${ours}.`],
  });
}

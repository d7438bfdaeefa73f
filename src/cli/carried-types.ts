import { basename, dirname } from "node:path";
import { minimizeBtf } from "../co-re/min-btf.ts";
import { CoreGenError } from "../errors.ts";
import type { CarriedBtf } from "../generator/index.ts";
import type { BpfObject } from "../object/model.ts";
import { findBtfFiles, readBtfFile, releaseOf } from "./read-btf.ts";

/** The folders of BTFHub's archive that are machines. */
const MACHINES = ["x86_64", "arm64"];

/**
 * What the objects' relocations reach of the types of some kernels, for a skeleton to carry: files and folders of BTF that
 * are named for the kernel's release. Kernels whose types agree that far share one piece.
 */
export async function carriedTypes(objects: readonly BpfObject[], paths: readonly string[]): Promise<CarriedBtf[]> {
  const pieces = new Map<string, { kernels: string[]; btf: Uint8Array }>();
  for (const path of await findBtfFiles(paths)) {
    const kernel = kernelOf(path);
    const btf = minimizeFor(objects, path, await readBtfFile(path));
    const key = Buffer.from(btf).toString("latin1");
    const piece = pieces.get(key) ?? { kernels: [], btf };
    if (!piece.kernels.includes(kernel)) piece.kernels.push(kernel);
    pieces.set(key, piece);
  }
  checkEachOnce([...pieces.values()].flatMap(({ kernels }) => kernels));
  return [...pieces.values()];
}

function kernelOf(path: string): string {
  const release = releaseOf(path);
  if (release === basename(path) || release === "")
    throw new CoreGenError("bad-input", `carrying the types of ${path}: the file's name does not say whose they are`, {
      hints: ["Name it for the kernel's release, as uname -r prints it: 5.4.0-42-generic.btf"],
    });
  const machine = basename(dirname(path));
  return MACHINES.includes(machine) ? `${machine}/${release}` : release;
}

function minimizeFor(
  objects: readonly BpfObject[],
  path: string,
  kernel: Parameters<typeof minimizeBtf>[0],
): Uint8Array {
  try {
    return minimizeBtf(kernel, objects);
  } catch (cause) {
    if (!(cause instanceof CoreGenError)) throw cause;
    throw new CoreGenError(cause.code, `carrying the types of ${path}: ${cause.message}`, {
      cause,
      hints: cause.hints,
    });
  }
}

function checkEachOnce(kernels: readonly string[]): void {
  const twice = kernels.find((kernel, index) => kernels.indexOf(kernel) !== index);
  if (twice === undefined) return;
  throw new CoreGenError("bad-input", `carrying the types of ${twice}: two files have its name, and differ`, {
    hints: ["Types of several architectures belong into folders x86_64 and arm64, as in BTFHub's archive."],
  });
}

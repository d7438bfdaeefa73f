import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { dumpCBytes } from "../../btf/dump-c/dump-c.ts";
import { CoreGenError, isCoreGenError } from "../../errors.ts";
import { readBtfFile, RUNNING_KERNEL } from "../read-btf.ts";
import { writeOutput } from "../write-output.ts";

const NAME = "vmlinux.h";

/** The headers with all types of a kernel that programs include, made where they are missing. */
export class KernelHeaders {
  readonly #written = new Map<string, Promise<string>>();

  /**
   * Writes `vmlinux.h` beside `source` if that is among the files that it includes and not found anywhere, with the types
   * of the running kernel. Gives the files, with the path of what was written.
   *
   * Throws a `CoreGenError` where this machine's kernel has no types to write.
   */
  async writeMissing(source: string, included: readonly string[]): Promise<string[]> {
    const isMissing = included.includes(NAME) && !existsSync(NAME);
    // What is there is the user's, whoever doesn't find it.
    if (!isMissing || existsSync(join(dirname(source), NAME))) return [...included];
    const written = await this.#besides(source);
    return included.map((file) => (file === NAME ? written : file));
  }

  /** Programs of one folder, which are built side by side, share the header. */
  #besides(source: string): Promise<string> {
    const path = join(dirname(source), NAME);
    const writing = this.#written.get(path) ?? writeHeader(source, path);
    this.#written.set(path, writing);
    return writing;
  }
}

async function writeHeader(source: string, path: string): Promise<string> {
  try {
    writeOutput(path, dumpCBytes(await readBtfFile(RUNNING_KERNEL)));
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
    throw new CoreGenError(
      "bad-input",
      `building ${source}: it includes ${NAME}, which is not there, and ${error.message}`,
      {
        cause: error,
        hints: [`Write it from the types of another kernel: core-gen vmlinux --btf KERNEL.btf -o ${path}`],
      },
    );
  }
  console.error(`core-gen: ${path} was missing and is written, the types of the running kernel`);
  return path;
}

import { CloseStack } from "../../close-stack.ts";
import { CoreGenError } from "../../../errors.ts";
import type { Codec } from "../../codec.ts";
import { Iteration } from "./iteration.ts";
import { IterationReader } from "./iteration-reader.ts";
import { lineSplitter, recordSplitter } from "./splitters.ts";
import { Link } from "../link.ts";
import { Fd } from "../../sys/fd.ts";

/**
 * An iterator that is attached. Reading it makes the kernel run the program for one thing after the other; what the
 * program writes with `bpf_seq_printf` and `bpf_seq_write` is what is read. It can be read as often as one likes: each
 * time is an iteration of its own. Nothing runs while nobody reads.
 *
 * @example
 * using tasks = skel.progs.dump_task.attachIter();
 * for await (const line of tasks) console.log(line);
 */
export class IterLink extends Link {
  readonly #readers = new CloseStack();

  /**
   * Opens an iterator that is pinned in a BPF file system, to be read. It is yours to close; the pin keeps the program
   * attached after that.
   *
   * Throws a `CoreGenError` with code `bad-input` when nothing is pinned there, or something else than an iterator.
   *
   * @example
   * using tasks = IterLink.fromPin("/sys/fs/bpf/tasks");
   * console.log(tasks.readText());
   */
  static override fromPin(path: string): IterLink {
    using link = Link.fromPin(path);
    const { type } = link.info();
    if (type === "iter") return new IterLink(link.what, Fd.duplicate(link.fd, link.what), path);
    throw new CoreGenError("bad-input", `opening ${link.what}: it is a link of type ${type}, not an iterator`);
  }

  /** Detaches the program, and ends the iterations that are under way: their next read throws. */
  override detach(): void {
    this.#readers.close();
    super.detach();
  }

  /** All bytes of a new iteration, read at once. Throws a `KernelError` when the kernel can't go on. */
  read(): Uint8Array {
    const chunks: Uint8Array[] = [];
    using reader = this.#open();
    for (let chunk = reader.read(); chunk.length > 0; chunk = reader.read()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** All text of a new iteration, read at once: UTF-8. Throws a `KernelError` when the kernel can't go on. */
  readText(): string {
    return new TextDecoder().decode(this.read());
  }

  /**
   * What the program writes, line by line, without the line feeds: for `for`, which waits in the kernel, and for
   * `for await`, which does not hold up the process. Each loop is a new iteration, and ends it with `break`.
   */
  lines(): Iteration<string> {
    return new Iteration(() => this.#open(), lineSplitter);
  }

  /**
   * What the program writes with `bpf_seq_write`, struct by struct; a generated module exports the codecs of its structs
   * under their names. The loop throws a `CoreGenError` with code `bad-input` when the bytes are no whole number of structs.
   *
   * @example
   * for (const entry of link.records(Entry)) console.log(entry.key, entry.value);
   */
  records<T>(codec: Codec<T>): Iteration<T> {
    return new Iteration(
      () => this.#open(),
      () => recordSplitter(codec, this.what),
    );
  }

  /** The same as {@link lines}: `for await (const line of link)`. */
  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return this.lines()[Symbol.asyncIterator]();
  }

  #open(): IterationReader {
    const reader = new IterationReader(this.fd, this.what, () => {
      this.#readers.remove(reader);
    });
    this.#readers.add(reader);
    return reader;
  }
}

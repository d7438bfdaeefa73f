import { CoreGenError } from "../../errors.ts";
import { Fd } from "../sys/fd.ts";
import { programInfo } from "../sys/program-info.ts";
import { Link, type ProgramSource, type UpdateOptions } from "./link.ts";
import { forgetAtExit, undoAtExit } from "./undo-at-exit.ts";

/**
 * An attachment that is no BPF link: the kernel keeps it when its process is gone.
 *
 * It is undone when the process ends by itself or by SIGINT, SIGTERM or SIGHUP. After SIGKILL or a crash of the process
 * it stays.
 */
export abstract class LegacyLink extends Link {
  #program: Fd;
  #detached = false;

  /** For what is attached already; duplicates the program's descriptor. */
  constructor(what: string, program: number) {
    const fd = Fd.duplicate(program, `the program of ${what}`);
    super(what, fd);
    this.#program = fd;
    undoAtExit(this);
  }

  /** Takes the program away, if it is still this one. What is gone already is no error. */
  protected abstract takeAway(): void;

  /** Puts another program in its place; where that can't be done in one step, it throws. */
  protected replace(program: ProgramSource, _options: UpdateOptions): void {
    const doing = `putting program "${program.name}" in the place of ${this.what}`;
    throw new CoreGenError("unsupported", `${doing}: it is attached without a BPF link`, {
      hints: ["Attach the other one, and then detach this one."],
    });
  }

  /** Throws a `CoreGenError` when something else than this is to be replaced by `program`. */
  protected checkRuns(expected: ProgramSource | undefined, program: ProgramSource): void {
    if (expected === undefined) return;
    if (programInfo(expected.fd, expected.name).id === programInfo(this.fd, this.what).id) return;
    const doing = `putting program "${program.name}" in the place of ${this.what}`;
    throw new CoreGenError("bad-input", `${doing}: it does not run program "${expected.name}"`);
  }

  /** The number of the program's descriptor. Throws a `CoreGenError` with code `closed` after `detach`. */
  override get fd(): number {
    if (this.#detached) throw new CoreGenError("closed", `the link of ${this.what} is closed`);
    return this.#program.number;
  }

  override get closed(): boolean {
    return this.#detached;
  }

  override update(program: ProgramSource, options: UpdateOptions = {}): void {
    const replacement = Fd.duplicate(program.fd, `the program of ${this.what}`);
    try {
      this.replace(program, options);
    } catch (error) {
      replacement.close();
      throw error;
    }
    this.#program.close();
    this.#program = replacement;
    this.renameProgram(program.name);
  }

  override disconnect(): void {
    super.disconnect();
    forgetAtExit(this);
  }

  protected override undo(): void {
    try {
      this.takeAway();
    } finally {
      this.leave();
    }
  }

  protected override leave(): void {
    this.#detached = true;
    forgetAtExit(this);
    this.#program.close();
  }
}

import type { Link } from "./links/link.ts";

/** What a {@link Program} asks of the skeleton that it belongs to. */
export interface ProgramOwner {
  /** The descriptor's number; throws when the program was not loaded, or the skeleton is closed. */
  fd(): number;
  /** Attaches the program; the skeleton closes the link at its end. */
  attach(): Link;
}

/** A program of a loaded object. */
export class Program {
  /** Its C name. */
  readonly name: string;
  /** The ELF section: "tracepoint/syscalls/sys_enter_execve". */
  readonly section: string;
  /** False when its `autoload` was off: then it is not in the kernel. */
  readonly loaded: boolean;
  readonly #owner: ProgramOwner;

  constructor(
    facts: { readonly name: string; readonly section: string; readonly loaded: boolean },
    owner: ProgramOwner,
  ) {
    this.name = facts.name;
    this.section = facts.section;
    this.loaded = facts.loaded;
    this.#owner = owner;
  }

  /** The descriptor's number, for calls of your own; it stays the skeleton's. Throws with code `closed` after close. */
  get fd(): number {
    return this.#owner.fd();
  }

  /**
   * Attaches the program to what its section says. The link is the skeleton's, which closes it at its own end, and
   * yours to close earlier. Throws a `CoreGenError` when the section doesn't say what to attach to.
   */
  attach(): Link {
    return this.#owner.attach();
  }
}

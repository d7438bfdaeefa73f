import { CoreGenError } from "../../errors.ts";
import { Fd } from "../sys/fd.ts";
import { Link } from "./link.ts";

/**
 * An attachment that has no BPF link: the kernel keeps it until it is undone. If the process dies without closing it, the
 * program stays attached to what it was attached to, for as long as that is there.
 */
export class LegacyLink extends Link {
  readonly #undo: () => void;
  #closed = false;

  /** `undo` ends the attachment: it is called once, when the link is closed and not disconnected. */
  constructor(what: string, undo: () => void) {
    super(
      what,
      Fd.missing(what, () => noDescriptor(what)),
    );
    this.#undo = undo;
  }

  override get closed(): boolean {
    return this.#closed;
  }

  protected override undo(): void {
    this.#closed = true;
    this.#undo();
  }

  protected override leave(): void {
    this.#closed = true;
  }
}

function noDescriptor(what: string): CoreGenError {
  return new CoreGenError("unsupported", `${what} has no BPF link, and so no descriptor`, {
    hints: ["It can only be detached. A newer kernel may have links for it: see the method that attached it."],
  });
}

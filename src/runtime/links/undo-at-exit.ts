/** What is to be undone before the process ends, because the kernel would keep it. */
interface Undoable {
  detach(): void;
}

/** Signals that end a process whose app does not listen to them. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const pending = new Set<Undoable>();

/**
 * Detaches `attachment` when the process exits, or when one of {@link signals} ends it.
 *
 * An app that listens to a signal itself decides what it means: then nothing happens here before `process.exit`.
 */
export function undoAtExit(attachment: Undoable): void {
  if (pending.size === 0) listen();
  pending.add(attachment);
}

/** For what was detached. */
export function forgetAtExit(attachment: Undoable): void {
  if (pending.delete(attachment) && pending.size === 0) unlisten();
}

function listen(): void {
  process.on("exit", undoAll);
  // First of all listeners: those of process.once() are still there to be counted.
  for (const signal of signals) process.prependListener(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", undoAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  undoAll();
  unlisten();
  // Without a listener the signal does what it does to every process, and the parent sees which one it was.
  process.kill(process.pid, signal);
}

function undoAll(): void {
  for (const attachment of [...pending].reverse()) {
    try {
      attachment.detach();
    } catch (error) {
      process.emitWarning(`core-gen could not detach before the end: ${String(error)}`);
    }
  }
}

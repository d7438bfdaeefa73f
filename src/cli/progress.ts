/** Work that takes no longer needs no words. */
const PATIENCE_MS = 1000;
const EVERY_MS = 100;

/** Where progress is shown: standard error, as far as we need it. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * The same items, with the share of them that is done on the terminal once that takes longer than a second, and gone
 * again at the end. Nothing is shown where standard error is no terminal, or standard output is the same one.
 */
export function* withProgress<T>(
  items: Iterable<T>,
  total: number,
  what: string,
  terminal: ProgressTerminal = process.stderr,
  outputIsTerminal: boolean = process.stdout.isTTY,
): Generator<T> {
  const quiet = terminal.isTTY !== true || outputIsTerminal;
  let next = performance.now() + PATIENCE_MS;
  let done = 0;
  let shown = false;
  try {
    for (const item of items) {
      yield item;
      done++;
      // The clock is asked now and then only: there are hundreds of thousands of items.
      if (quiet || (done & 0xff) !== 0 || performance.now() < next) continue;
      terminal.write(`\r${what}: ${Math.floor((done / total) * 100)} %`);
      next = performance.now() + EVERY_MS;
      shown = true;
    }
  } finally {
    if (shown) terminal.write("\r\u001b[K");
  }
}

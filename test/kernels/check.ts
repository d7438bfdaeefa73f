import { CoreGenError } from "../../src/errors.ts";

let passed = 0;
let failed = 0;

/**
 * Runs one check of the suite and prints a line that run.ts reads: `ok NAME` or `not ok NAME: why`. A check fails by
 * throwing; the ones after it still run.
 */
export async function check(name: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body();
    passed++;
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${name}: ${oneLine(error)}`);
  }
}

/** Says that the suite came to its end: without this line run.ts takes it for a crash. */
export function finish(): void {
  console.log(`done ${passed + failed}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function oneLine(error: unknown): string {
  const hints = error instanceof CoreGenError ? error.hints : [];
  const text = error instanceof Error ? [error.message, ...hints].join(" | ") : String(error);
  return text.replaceAll("\n", " | ");
}

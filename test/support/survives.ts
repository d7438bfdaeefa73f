import { isCoreGenError } from "../../src/errors.ts";

/** Nobody waits longer than this for hostile data to be refused; good data takes a hundredth of it. */
const PATIENCE_MS = 1000;

/** Whether `run` returns or throws an error of ours in time. Any other error passes through. */
export function survives(run: () => unknown, patience: number = PATIENCE_MS): boolean {
  const start = performance.now();
  try {
    run();
  } catch (error) {
    if (!isCoreGenError(error)) throw error;
  }
  return performance.now() - start < patience;
}

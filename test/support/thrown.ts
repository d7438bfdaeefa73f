import { expect } from "vitest";

import { isCoreGenError, type CoreGenError } from "../../src/errors.ts";

/** The error that `run` throws on purpose; fails when it throws none, or another kind. */
export function thrownBy(run: () => unknown): CoreGenError {
  try {
    run();
  } catch (error) {
    if (isCoreGenError(error)) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

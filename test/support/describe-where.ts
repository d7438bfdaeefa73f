import { describe, it } from "vitest";

/** Why a group of tests can't run here. */
export interface Obstacle {
  readonly reason: string;
  /** The environment variable that, set to "1", turns the skip into a failure: CI can't go green by skipping. */
  readonly requiredBy?: string;
}

/**
 * `describe` that is skipped, with the reason printed, when there is an obstacle, and fails where it must not be. The
 * body of a skipped one is not run at all, so it may read at once what an obstacle would keep from it.
 */
export function describeWhere(name: string, obstacle: Obstacle | undefined, body: () => void): void {
  if (obstacle === undefined) {
    describe(name, body);
  } else if (obstacle.requiredBy !== undefined && process.env[obstacle.requiredBy] === "1") {
    describe(name, () => {
      it("runs on this machine", () => {
        throw new Error(`${obstacle.requiredBy!} is 1, but ${obstacle.reason}`);
      });
    });
  } else {
    console.warn(`skipped: ${name}: ${obstacle.reason}`);
    describe(name, () => it.skip(`can't run here: ${obstacle.reason}`));
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CoreGenError } from "../../src/errors.ts";
import { reportError, UsageError } from "../../src/cli/report.ts";

let printed: string[];
let exitCode: typeof process.exitCode;
beforeEach(() => {
  printed = [];
  exitCode = process.exitCode;
  vi.spyOn(console, "error").mockImplementation((line: string) => printed.push(line));
});
afterEach(() => {
  process.exitCode = exitCode;
  vi.restoreAllMocks();
});

describe("an error on the command line", () => {
  it("that was thrown on purpose is its message and its hints", () => {
    reportError(new CoreGenError("bad-input", "reading x: no such file", { hints: ["Look again."] }));
    expect(printed).toEqual(["core-gen: reading x: no such file", "  Look again."]);
    expect(process.exitCode).toBe(1);
  });

  it("of usage points to the help", () => {
    reportError(new UsageError("Unknown argument: x"));
    expect(printed).toEqual(["core-gen: Unknown argument: x", "  core-gen --help shows all commands and options."]);
    expect(process.exitCode).toBe(1);
  });

  it("that nobody expected says that it is a bug, and where", () => {
    reportError(new TypeError("x is not a function"));
    expect(printed.join("\n")).toMatch(
      /^core-gen: this is a bug in core-gen[^]*TypeError: x is not a function\n +at /u,
    );
    expect(process.exitCode).toBe(1);
  });
});

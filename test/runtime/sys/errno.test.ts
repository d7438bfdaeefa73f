import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import * as errno from "../../../src/runtime/sys/errno.ts";

describe("errno", () => {
  it.runIf(process.platform === "linux").each(Object.entries(constants.errno))(
    "%s is what Node says, where both know it",
    (name, number) => {
      const ours = errno.errnoName(number);
      // Node has several names for some numbers: EAGAIN is EWOULDBLOCK, too.
      const others = Object.entries(constants.errno).filter(([, other]) => other === number);
      const names = [...others.map(([other]) => other), `errno ${number}`];
      expect(names, name).toContain(ours);
    },
  );

  it("knows the error that only BPF lets out of the kernel", () => {
    expect([errno.errnoName(524), errno.errnoMeaning(524)]).toEqual(["ENOTSUPP", "not supported by this kernel"]);
  });

  it("has words for numbers without a name", () => {
    expect([errno.errnoName(4711), errno.errnoMeaning(4711)]).toEqual(["errno 4711", "unknown error"]);
  });
});

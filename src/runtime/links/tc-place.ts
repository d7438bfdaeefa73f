import { CoreGenError } from "../../errors.ts";
import { CLSACT_PARENTS, type Direction } from "./clsact.ts";

/** A qdisc or class as tc writes it, "1:" or "1:10", in hexadecimal, or as the kernel's number, 0x10010. */
export type TcHandle = `${string}:${string}` | number;

/** Whose filters: those of the clsact qdisc for one direction, or of another qdisc or class. */
export type TcPlace = Direction | { readonly parent: TcHandle };

/** `tcm_parent` of the filters there. Throws a `CoreGenError` with code `bad-input` for what is none. */
export function readTcPlace(place: TcPlace, doing: string): number {
  if (typeof place === "object") return readHandle(place.parent, doing);
  if (Object.hasOwn(CLSACT_PARENTS, place)) return CLSACT_PARENTS[place];
  throw new CoreGenError("bad-input", `${doing}: direction is "${place as string | undefined}"`, {
    hints: ['It is "ingress" or "egress".'],
  });
}

function readHandle(handle: TcHandle, doing: string): number {
  const [, major, minor] = /^([\da-f]{1,4}):([\da-f]{0,4})$/iu.exec(String(handle)) ?? [];
  const number = major === undefined ? Number(handle) : parseInt(major, 16) * 0x10000 + parseInt(`0${minor}`, 16);
  if (Number.isInteger(number) && number > 0 && number <= 0xffffffff) return number;
  throw new CoreGenError("bad-input", `${doing}: parent is ${JSON.stringify(handle)}`, {
    hints: ['It is a qdisc or class, such as "1:" or "1:10"; tc qdisc show lists them.'],
  });
}

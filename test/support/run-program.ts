import type { SocketFilterProgram } from "core-gen/runtime";

/** Runs a socket filter once, on an empty Ethernet frame, and returns what it returned. */
export function runOnFrame(program: SocketFilterProgram): number {
  return program.testRun({ data: new Uint8Array(14) }).returnValue;
}

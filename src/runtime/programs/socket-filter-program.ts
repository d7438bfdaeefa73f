import { PacketProgram } from "./packet-program.ts";

/** A program that says how much of a packet a socket gets: `SEC("socket")`. */
export class SocketFilterProgram extends PacketProgram {}

/* As runtime.test-d.ts: what must not compile. Nothing here runs. */
/* eslint-disable @typescript-eslint/no-unsafe-call -- the lines that do not compile have no types */
import { expectTypeOf } from "vitest";
import type { Link } from "core-gen/runtime";
import type { Sockets } from "../objects/sockets.skel.ts";

export function sockets({ progs, maps }: Sockets): void {
  expectTypeOf(progs.stream_verdict.attachSockmap(maps.sockets)).toEqualTypeOf<Link>();
  progs.msg.attachSockmap(maps.sockets_by_port, { legacy: true });
  progs.plain.attachSockmap(7, { as: "stream_parser" });
  // @ts-expect-error: to which map
  progs.stream_verdict.attachSockmap();
  // @ts-expect-error: sockets of a reuseport group have no such programs
  progs.stream_verdict.attachSockmap(maps.group);
  // @ts-expect-error: no such hook
  progs.plain.attachSockmap(maps.sockets, { as: "parser" });
  // @ts-expect-error: a verdict is for maps of sockets
  progs.stream_verdict.attachSocket(7);
  // @ts-expect-error: the kernel does not run it on request
  progs.stream_verdict.testRun({});

  expectTypeOf(progs.lookup.attachNetns()).toEqualTypeOf<Link>();
  progs.dissect.attachNetns({ netns: "/run/netns/blue" });
  progs.dissect.attachNetns({ netns: 7, legacy: true });
  // @ts-expect-error: a lookup is for network namespaces
  progs.lookup.attachSockmap(maps.sockets);

  expectTypeOf(progs.filter.attachSocket(7)).toEqualTypeOf<Link>();
  expectTypeOf(progs.filter.attachReuseport(7)).toEqualTypeOf<Link>();
  expectTypeOf(progs.selector.attachReuseport(7)).toEqualTypeOf<Link>();
  // @ts-expect-error: a socket is given by its descriptor
  progs.filter.attachSocket("eth0");
  // @ts-expect-error: a selector is for groups of sockets
  progs.selector.attachSocket(7);
}

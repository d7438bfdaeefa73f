/** How each member of a union is stored in a memory `M`, `at` being where the union begins. */
export type UnionWriters<M, T extends object> = {
  readonly [K in keyof T]?: (to: M, at: number, value: Exclude<T[K], undefined>) => void;
};

/** What this file needs of the class Memory, which imports it. */
interface Target<M> {
  readonly bytes: Uint8Array;
  clear(at: number, size: number): void;
  overKeepingPadding(bytes: Uint8Array): M;
}

/**
 * Stores a union: zeros, and over them the members that `value` has.
 *
 * Several members may be given, as reading a union gives all of them, when they agree on every bit that they share,
 * padding and what is behind the NUL of a text aside; if they don't, a RangeError names the two, for no rule says which
 * of them is meant.
 */
export function writeUnion<M extends Target<M>, T extends object>(
  to: M,
  at: number,
  size: number,
  value: T,
  members: UnionWriters<M, T>,
): void {
  to.clear(at, size);
  const given = givenMembers(value, members);
  const [only] = given;
  if (given.length === 1 && only !== undefined) only.write(to, at);
  else storeAll(to.bytes.subarray(at, at + size), agreed(given.map((member) => imageOf(member, size, to))));
}

interface GivenMember<M> {
  readonly name: string;
  write(to: M, at: number): void;
}

/** What one member stores: only the bits in `mask` are its own. */
interface MemberImage {
  readonly name: string;
  readonly bits: Uint8Array;
  readonly mask: Uint8Array;
}

function givenMembers<M, T extends object>(value: T, members: UnionWriters<M, T>): GivenMember<M>[] {
  const given: GivenMember<M>[] = [];
  for (const name of Object.keys(members)) {
    // The keys of a mapped type over T are keys of T; Object.keys only says string.
    const key = name as keyof T & string;
    const member = value[key];
    const write = members[key];
    if (member === undefined || write === undefined) continue;
    given.push({
      name,
      write: (to, at) => {
        write(to, at, member as Exclude<T[keyof T & string], undefined>);
      },
    });
  }
  return given;
}

/** Writes a member over zeros and over ones: the bits that are equal afterwards are those it wrote. */
function imageOf<M extends Target<M>>(member: GivenMember<M>, size: number, like: M): MemberImage {
  const overZeros = new Uint8Array(size);
  const overOnes = new Uint8Array(size).fill(0xff);
  member.write(like.overKeepingPadding(overZeros), 0);
  member.write(like.overKeepingPadding(overOnes), 0);
  const mask = overZeros.map((byte, i) => ~(byte ^ (overOnes[i] ?? 0)));
  return { name: member.name, bits: overZeros, mask };
}

/** The same images, when no two of them differ in a bit that both wrote. */
function agreed(images: readonly MemberImage[]): readonly MemberImage[] {
  images.forEach((image, i) => {
    const rival = images.slice(0, i).find((earlier) => differ(earlier, image));
    if (rival !== undefined)
      throw new RangeError(`union members ${rival.name} and ${image.name} hold different bytes: give one of them`);
  });
  return images;
}

function differ(one: MemberImage, other: MemberImage): boolean {
  return one.bits.some((byte, at) => {
    const shared = (one.mask[at] ?? 0) & (other.mask[at] ?? 0);
    return ((byte ^ (other.bits[at] ?? 0)) & shared) !== 0;
  });
}

function storeAll(target: Uint8Array, images: readonly MemberImage[]): void {
  for (const { bits, mask } of images)
    bits.forEach((byte, at) => {
      target[at] = ((target[at] ?? 0) & ~(mask[at] ?? 0)) | byte;
    });
}

/** Adds two numbers or two bigints: how the values of all CPUs become one, in most programs. */
export function sum<T extends number | bigint>(total: T, value: T): T;
export function sum(total: number, value: number): number {
  return total + value;
}

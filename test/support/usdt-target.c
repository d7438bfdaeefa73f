/*
 * Fires USDT probes whose arguments are in all kinds of places, and prints what they were: for each line that it reads it
 * fires every probe once and prints a line for each firing, the probe's name and its arguments.
 */
#define _SDT_HAS_SEMAPHORES 1
#include <stdio.h>
#include <sys/sdt.h>

#define SEMAPHORE(probe) \
    __extension__ volatile unsigned short coregen_##probe##_semaphore __attribute__((unused, section(".probes")))
SEMAPHORE(many);
SEMAPHORE(twice);
SEMAPHORE(plain);
SEMAPHORE(none);

/* From memory: without optimization, all are locals on the stack. */
__attribute__((noinline, optimize("O0"))) static void from_memory(long seed)
{
    signed char s8 = (signed char)(-seed - 1);
    unsigned char u8 = (unsigned char)(seed + 200);
    short s16 = (short)(-300 - seed);
    unsigned short u16 = (unsigned short)(60000 + seed);
    int s32 = (int)(-70000 - seed);
    unsigned int u32 = 4000000000u + (unsigned int)seed;
    long s64 = -5000000000l - seed;
    unsigned long u64 = 0xfedcba9876543210ul + (unsigned long)seed;
    STAP_PROBE12(coregen, many, s8, u8, s16, u16, s32, u32, s64, u64, -7, 123456789012345l, (short)-2, (unsigned char)255);
    printf("many %d %u %d %u %d %u %ld %ld -7 123456789012345 -2 255\n", s8, u8, s16, u16, s32, u32, s64, (long)u64);
}

/* From registers. */
__attribute__((noinline, optimize("O2"))) static void from_registers(int a, unsigned int b, long c, signed char d, unsigned short e)
{
    STAP_PROBE5(coregen, twice, a, b, c, d, e);
    printf("twice %d %u %ld %d %u\n", a, b, c, d, e);
}

/* The same probe with constants: another place, with another text. */
__attribute__((noinline)) static void from_constants(void)
{
    STAP_PROBE5(coregen, twice, 1, 2u, -3l, (signed char)-4, (unsigned short)5);
    printf("twice 1 2 -3 -4 5\n");
}

int main(void)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    for (long seed = 0; fgets(line, sizeof(line), stdin); seed++) {
        from_memory(seed);
        from_registers(-1 - (int)seed, 0xffffffffu, -1l << 40, (signed char)-128, 65535);
        from_constants();
        STAP_PROBE(coregen, none);
        printf("none\n");
        printf("semaphores %u %u\n", coregen_many_semaphore, coregen_none_semaphore);
    }
    return 0;
}

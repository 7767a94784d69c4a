/* Starts a program on a Cortex-M4 without an operating system: the vector table, and the way to
 * newlib's start. Rests on cortex_m4.ld. */
#include <stdint.h>

extern uint32_t __stack;
void _start(void);
void tad_reset(void);
void tad_fault(void);

/* Floating point is off until it is asked for. */
void tad_reset(void) {
    volatile uint32_t *const access = (volatile uint32_t *)(uintptr_t)0xe000ed88U;
    *access |= 0xfU << 20;
    __asm__ volatile("dsb\n\tisb");
    _start();
}

void tad_fault(void) {
    for (;;) {
    }
}

const void *const vectors[] __attribute__((section(".vectors"), used)) = {&__stack,
                                                                          (const void *)tad_reset,
                                                                          (const void *)tad_fault,
                                                                          (const void *)tad_fault,
                                                                          (const void *)tad_fault,
                                                                          (const void *)tad_fault,
                                                                          (const void *)tad_fault};

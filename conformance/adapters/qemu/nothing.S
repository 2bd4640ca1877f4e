// The least that an image can do and be seen to run: echo the boot word. The time until it does is what the
// same QEMU needs to enter any image at all, and what the agent's start is measured against.
#include "conformance/adapters/qemu/mailbox_layout.h"

        .machine power7
        .text
        .globl _start

        .org    0x100
_start: lis     %r13, HPTCK_MAILBOX_ADDRESS@h
        ld      %r15, HPTCK_MAILBOX_BOOT(%r13)
        std     %r15, HPTCK_MAILBOX_PROGRESS(%r13)
stop:   b       stop

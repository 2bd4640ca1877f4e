// The guest agent: all the software that the partition runs. It waits for a ticket in the mailbox, issues the
// hypercalls of the batch one after the other, and writes down every answer before it counts it in the
// progress word. It is assembler because the point is to control all of r3 to r12 around `sc 1` and to own no
// stack; its state lives in r13 and up, which a hypervisor has to preserve, and nothing of it in memory.
//
// QEMU loads the image at address 0 and enters it at 0x100 in real mode, r3 = flattened device tree.
#include "conformance/adapters/qemu/mailbox_layout.h"

        .machine power7
        .text
        .globl _start

        .org    0x100
_start: b       boot

// No interrupt is expected, so each one ends here: what happened goes into the mailbox, and the agent stops.
        .set    vector, 0x200
        .rept   (HPTCK_VECTORS_END - 0x200) / 0x20
        .org    vector
        li      %r14, vector
        b       trap
        .set    vector, vector + 0x20
        .endr
        .org    HPTCK_VECTORS_END

trap:   lis     %r13, HPTCK_MAILBOX_ADDRESS@h
        mfsrr0  %r15
        mfsrr1  %r16
        ld      %r17, HPTCK_MAILBOX_BOOT(%r13)
        std     %r15, HPTCK_MAILBOX_TRAP_SRR0(%r13)
        std     %r16, HPTCK_MAILBOX_TRAP_SRR1(%r13)
        add     %r14, %r14, %r17
        lwsync
        std     %r14, HPTCK_MAILBOX_TRAP(%r13)
stop:   b       stop

// A ticket that is already there belongs to an earlier boot: it counts as served.
boot:   lis     %r13, HPTCK_MAILBOX_ADDRESS@h
        ld      %r14, HPTCK_MAILBOX_TICKET(%r13)
        ld      %r15, HPTCK_MAILBOX_BOOT(%r13)
        std     %r3, HPTCK_MAILBOX_TREE(%r13)
        lwsync
        std     %r15, HPTCK_MAILBOX_PROGRESS(%r13)

idle:   ld      %r16, HPTCK_MAILBOX_TICKET(%r13)
        cmpd    %r16, %r14
        beq     idle
        lwsync
        mr      %r14, %r16
        ld      %r17, HPTCK_MAILBOX_COUNT(%r13)
        ld      %r18, HPTCK_MAILBOX_ROUNDS(%r13)

// r16 = progress; a round is one pass over the requests.
round:  mr      %r19, %r17
        addi    %r20, %r13, HPTCK_MAILBOX_REQUESTS
        addis   %r21, %r13, HPTCK_MAILBOX_RESPONSES@ha
        addi    %r21, %r21, HPTCK_MAILBOX_RESPONSES@l
call:   ld      %r3, 0(%r20)
        ld      %r4, 8(%r20)
        ld      %r5, 16(%r20)
        ld      %r6, 24(%r20)
        ld      %r7, 32(%r20)
        ld      %r8, 40(%r20)
        ld      %r9, 48(%r20)
        ld      %r10, 56(%r20)
        ld      %r11, 64(%r20)
        ld      %r12, 72(%r20)
        sc      1
        std     %r3, 0(%r21)
        std     %r4, 8(%r21)
        std     %r5, 16(%r21)
        std     %r6, 24(%r21)
        std     %r7, 32(%r21)
        std     %r8, 40(%r21)
        std     %r9, 48(%r21)
        std     %r10, 56(%r21)
        std     %r11, 64(%r21)
        std     %r12, 72(%r21)
        addi    %r16, %r16, 1
        add     %r3, %r3, %r16
        add     %r3, %r3, %r4
        add     %r3, %r3, %r5
        add     %r3, %r3, %r6
        add     %r3, %r3, %r7
        add     %r3, %r3, %r8
        add     %r3, %r3, %r9
        add     %r3, %r3, %r10
        add     %r3, %r3, %r11
        add     %r3, %r3, %r12
        std     %r3, 80(%r21)
        lwsync
        std     %r16, HPTCK_MAILBOX_PROGRESS(%r13)
        addi    %r20, %r20, HPTCK_REQUEST_SIZE
        addi    %r21, %r21, HPTCK_RESPONSE_SIZE
        addi    %r19, %r19, -1
        cmpdi   %r19, 0
        bne     call
        addi    %r18, %r18, -1
        cmpdi   %r18, 0
        bne     round
        b       idle

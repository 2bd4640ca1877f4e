// Where the guest agent and the kit meet: byte offsets in guest RAM. Macros instead of constants because the
// agent's assembler source reads this file too, and a layout written down twice would drift apart. Every
// field is a big-endian doubleword, the guest's own order, so that the swapping is done where time is cheap.
//
// One word from the host and one from the guest carry the whole protocol. For a batch of n calls the host
// picks a ticket at random and stores it last; the agent answers with progress = ticket + calls answered, so
// that one word says which batch is meant, how far it has come, and (being unpredictable) that nobody else
// wrote it. At boot, progress echoes the boot word in the same way.
#pragma once

// Beyond the agent's image at 0, and beneath any device tree (QEMU puts that at the end of real-mode memory).
#define HPTCK_MAILBOX_ADDRESS 0x100000

// Written by the host. Boot comes before the first instruction, ticket after all the others.
#define HPTCK_MAILBOX_BOOT 0
#define HPTCK_MAILBOX_TICKET 8
#define HPTCK_MAILBOX_COUNT 16
#define HPTCK_MAILBOX_ROUNDS 24  // how often to issue the whole batch: 1, but for benchmarks

// Written by the guest, in a cache line of its own.
#define HPTCK_MAILBOX_PROGRESS 128
#define HPTCK_MAILBOX_TREE 136  // address of the flattened device tree
#define HPTCK_MAILBOX_TRAP 144  // boot + vector of an interrupt that nobody expected
#define HPTCK_MAILBOX_TRAP_SRR0 152
#define HPTCK_MAILBOX_TRAP_SRR1 160

// A request is r3 to r12. A response is r3 to r12 and a check: their sum, plus the progress they are part of.
#define HPTCK_MAILBOX_CAPACITY 1024
#define HPTCK_REQUEST_SIZE 80
#define HPTCK_RESPONSE_SIZE 88
#define HPTCK_MAILBOX_REQUESTS 0x1000
#define HPTCK_MAILBOX_RESPONSES 0x15000
#define HPTCK_MAILBOX_SIZE 0x2b000

// The agent stops with a record of any interrupt through a vector beneath this.
#define HPTCK_VECTORS_END 0x1a00

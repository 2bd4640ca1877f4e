/* The plugin interface of hptck: how a hypervisor, or a model of one, is linked into the kit's reach as a
 * shared library. It is C11 without C++ and includes nothing but fixed-width integers, so that a plugin needs
 * this one file and no library of the kit, and can be written in any language that can export a C function. A
 * C++ interface was rejected because it would tie plugins to one compiler and standard library.
 *
 * Build it as a shared library that exports hptck_plugin_entry(), and name it:
 *
 *     cc -std=c11 -O2 -fPIC -shared -o my.so my.c
 *     hptck adapter-check --adapter plugin --library ./my.so
 *     hptck certify --adapter plugin --library ./my.so
 *
 * Units. All registers are full 64-bit words; a plugin that narrows them narrows them for the guest. Sizes
 * are in bytes, times in milliseconds, shifts are logarithms to base 2 of bytes. Strings are UTF-8 and end
 * with a zero byte; what is not printable ASCII is shown as a question mark, and 1000 bytes of a string are
 * kept.
 *
 * The process. The kit forks a child, loads the library there and calls it there. The child has no input;
 * what it writes to stdout and stderr is kept as evidence, the last lines of it. All descriptors of the kit
 * are closed but one, number 3, which is to be left alone; all signals are at their defaults. It is started
 * anew after each fault, so that nothing may be left to static variables that has to outlive an instance. It
 * is killed when the kit goes.
 *
 * Threads. Every function is called from one thread, one at a time, and always from the same one. A plugin
 * may have threads of its own; they must not touch calls, answers or `answered` after hcall() has returned.
 *
 * Lifetime. hptck_plugin_entry() once a process, then create(), then restart(); after that restart(),
 * hcall(), reset() and advance_time() in any order; destroy() at the end. There is one instance at a time.
 * There is no destroy() when the child is killed: after a fault, or because the kit was.
 *
 * Ownership. What the kit passes in is the kit's and good until the function returns; `calls` is read-only
 * memory. What the plugin returns (its struct, strings, the instance) is the plugin's and stays good until
 * the next function is called, the struct and its strings for ever.
 *
 * Errors. A plugin that crashes, ends its process or is silent for longer than --deadline-ms during hcall()
 * or reset() is what a guest would see of such a hypervisor: the kit survives, records that it died or hung,
 * counts the calls answered before, and starts a new child. (A process that SIGKILL or SIGTERM ended is taken
 * for one killed from outside, which is nobody's fault: verdict ERROR.) During loading, create() and
 * restart() the same is an error of the environment, because no hypercall is to blame. A plugin whose
 * hypervisor runs elsewhere reports what became of it with the results below. Nothing that is written to
 * shared memory is trusted.
 */
#ifndef HPTCK_PLUGIN_H
#define HPTCK_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever a plugin built with an older header would no longer work. */
#define HPTCK_PLUGIN_ABI 1

#if defined(__GNUC__)
#define HPTCK_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define HPTCK_PLUGIN_EXPORT
#endif

/* What a plugin can do; a bit mask. */
enum {
  HPTCK_CAN_FORBID_RESIZE = 1, /* restart() can make a partition that may not resize its HPT (H_AUTHORITY) */
  HPTCK_CAN_RESET = 2,         /* reset() reboots the guest */
  HPTCK_CAN_ADVANCE_TIME = 4   /* advance_time() moves a clock of its own; otherwise the kit sleeps */
};

/* What became of a function. Any other value is taken for HPTCK_GARBLED. */
enum {
  HPTCK_OK = 0,
  HPTCK_DIED = 1,    /* the hypervisor ended or crashed */
  HPTCK_HUNG = 2,    /* the hypervisor does not answer any more */
  HPTCK_GARBLED = 3, /* the hypervisor says what no hypervisor would say */
  HPTCK_ENVIRONMENT =
      4 /* something else failed (no memory, no connection); the verdict is ERROR, never FAIL */
};

/* Whether a partition may resize its HPT. */
enum {
  HPTCK_RESIZE_UNKNOWN = 0,
  HPTCK_RESIZE_ENABLED = 1,
  HPTCK_RESIZE_DISABLED = 2, /* the calls exist and answer H_AUTHORITY */
  HPTCK_RESIZE_ABSENT = 3    /* the partition is not offered the option */
};

/* Page sizes beyond 4 KiB in a segment of 4 KiB pages, which goes without saying; a bit mask. "64K in 16M"
 * would be a page of 16 MiB in a segment whose base pages have 64 KiB. In brackets: the value of LP (bits
 * 44:51 of doubleword 1, the most significant bit being 0) with L = 1; x stands for bits of the real page
 * number. */
enum {
  HPTCK_PAGES_64K = 0x01,        /* 64 KiB pages in segments of 64 KiB pages [xxxx0001] */
  HPTCK_PAGES_64K_IN_4K = 0x02,  /* 64 KiB pages in segments of 4 KiB pages [xxxx0111] */
  HPTCK_PAGES_16M_IN_4K = 0x04,  /* 16 MiB pages in segments of 4 KiB pages [00111000] */
  HPTCK_PAGES_16M_IN_64K = 0x08, /* 16 MiB pages in segments of 64 KiB pages [00001000] */
  HPTCK_PAGES_16M = 0x10,        /* 16 MiB pages in segments of 16 MiB pages [00000000] */
  HPTCK_PAGES_16G = 0x20         /* 16 GiB pages in segments of 16 GiB pages [00000011] */
};

/* A hypercall, and its answer. */
struct hptck_call {
  uint64_t token;   /* r3; any value */
  uint64_t args[9]; /* r4 to r12 */
};
struct hptck_answer {
  int64_t status;  /* r3 */
  uint64_t out[9]; /* r4 to r12; what a call does not define is not looked at */
};

/* What the plugin declares about a partition. Zero is always "not declared", and what is not known for
 * certain is best left so: what is declared is held against it. */
struct hptck_statement {
  uint32_t resize;        /* HPTCK_RESIZE_* */
  uint32_t initial_shift; /* size of the HPT at start: 18 to 46 */
  uint32_t max_shift;     /* largest HPT permitted: 18 to 46, and not below initial_shift */
  uint32_t pages_known;   /* not 0: pages is declared */
  uint32_t pages;         /* HPTCK_PAGES_* */
  uint32_t reserved;
  uint64_t ram_bytes; /* memory of the partition; this kit does not look at it yet */
};

struct hptck_plugin {
  uint32_t abi_version; /* HPTCK_PLUGIN_ABI */
  uint32_t struct_size; /* sizeof(struct hptck_plugin) */
  uint64_t abilities;   /* HPTCK_CAN_*; bits unknown to the kit are passed over */
  const char* name;     /* of the implementation, not empty: "MyVisor" */
  const char* version;  /* "1.2.3" */

  /* Makes the instance; `options` is the text of --library-options, or empty. NULL: it could not be made, and
   * last_error() says why. */
  void* (*create)(const char* options);
  void (*destroy)(void* instance);

  /* Replaces the partition by a fresh one: an empty HPT of the initial size, no Pending HPT. may_resize is 0
   * only with HPTCK_CAN_FORBID_RESIZE. `statement` comes all zero. Returns HPTCK_*. */
  int (*restart)(void* instance, int may_resize, struct hptck_statement* statement);

  /* Carries out count calls (1 to 512) in order. As soon as answers[n] is complete, *answered is set to n +
   * 1: it tells the kit which call was in play if the plugin does not survive it, and each step renews the
   * deadline. HPTCK_OK with *answered other than count is a fault of the plugin. With another result, call
   * *answered is the one to blame. */
  int (*hcall)(void* instance, const struct hptck_call* calls, uint32_t count, struct hptck_answer* answers,
               volatile uint32_t* answered);

  /* Reboots the guest in the same partition. NULL without HPTCK_CAN_RESET. Returns HPTCK_*. */
  int (*reset)(void* instance);

  /* Lets time pass for the guest. NULL without HPTCK_CAN_ADVANCE_TIME. Returns HPTCK_*; what goes wrong is
   * held against the hypercall that follows. */
  int (*advance_time)(void* instance, uint64_t milliseconds);

  /* Why the last function did not return HPTCK_OK, several lines if need be; instance is NULL after a
   * create() that failed. May be NULL, and may return NULL. */
  const char* (*last_error)(void* instance);
};

/* What a plugin exports. */
HPTCK_PLUGIN_EXPORT const struct hptck_plugin* hptck_plugin_entry(void);

#ifdef __cplusplus
}
#endif

#endif

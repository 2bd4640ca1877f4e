/* A plugin that goes wrong in the way that the environment variable HPTCK_MISBEHAVE names, at the first
 * hypercall whose token is 0xbad, or at the function that the way is about. It shows that the kit survives
 * each way. It is one source, built a second time without the exported function (HPTCK_NO_ENTRY). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance/adapters/plugin/hptck_plugin.h"

static int state;
static uint64_t bad_token = 0xbad;

static int way(const char* name) {
  const char* wanted = getenv("HPTCK_MISBEHAVE");
  return wanted != NULL && strcmp(wanted, name) == 0;
}

static void crash(void) { raise(SIGSEGV); }

static void hang(void) {
  for (;;) pause();
}

static void* create(const char* options) {
  if (way("no instance")) return NULL;
  if (way("crash in create")) crash();
  if (way("hang in create")) hang();
  if (*options != 0) bad_token = strtoull(options, NULL, 0);
  return &state;
}

static void destroy(void* instance) {
  (void)instance;
  if (way("hang in destroy")) hang();
}

static int restart(void* instance, int may_resize, struct hptck_statement* statement) {
  (void)instance;
  (void)may_resize;
  if (way("crash in restart")) crash();
  if (way("crash in the second restart") && state++ == 1) crash();
  if (way("shift out of range")) statement->initial_shift = 47;
  if (way("resize out of range")) statement->resize = 4;
  if (way("pages out of range")) statement->pages_known = 1, statement->pages = 0x40;
  if (way("limit below start")) statement->initial_shift = 24, statement->max_shift = 23;
  return way("no memory") ? HPTCK_ENVIRONMENT : HPTCK_OK;
}

/* Says what becomes of the batch, or that all is well. */
static int misbehave(const struct hptck_call* calls, uint32_t count, struct hptck_answer* answers,
                     volatile uint32_t* answered) {
  if (way("crash")) {
    fprintf(stderr, "about to\033[31m crash\n");
    crash();
  }
  if (way("abort")) abort();
  if (way("exit")) exit(7);
  if (way("hang")) hang();
  if (way("spin"))
    for (;;) *(volatile int*)&state = 0;
  if (way("SIGKILL")) raise(SIGKILL);
  if (way("SIGTERM")) raise(SIGTERM);
  if (way("too few")) return HPTCK_OK;
  if (way("too many")) {
    *answered = count + 1;
    return HPTCK_OK;
  }
  if (way("far too many and crash")) {
    *answered = ~0u;
    crash();
  }
  if (way("answers too many")) memset(answers + count, 0x55, 512 * sizeof *answers);
  if (way("writes to the requests")) memset((void*)(uintptr_t)calls, 0x55, sizeof *calls);
  /* `answered` stands among the words with which the child answers, a cache line each. */
  if (way("writes around the count")) {
    memset((char*)(uintptr_t)answered - 128, 0x55, 256);
    hang();
  }
  if (way("flood"))
    for (;;) puts("a line of output, of which there will be no end");
  if (way("says died")) return HPTCK_DIED;
  if (way("says hung")) return HPTCK_HUNG;
  if (way("says garbled")) return HPTCK_GARBLED;
  if (way("says environment")) return HPTCK_ENVIRONMENT;
  if (way("says nonsense")) return 99;
  return HPTCK_OK;
}

static int hcall(void* instance, const struct hptck_call* calls, uint32_t count, struct hptck_answer* answers,
                 volatile uint32_t* answered) {
  (void)instance;
  for (uint32_t n = 0; n < count; n++) {
    if (calls[n].token == bad_token) {
      const int result = misbehave(calls, count, answers, answered);
      if (result != HPTCK_OK || *answered != n || way("too few")) return result;
    }
    memset(&answers[n], 0, sizeof answers[n]);
    answers[n].out[0] = calls[n].args[0];
    *answered = n + 1;
  }
  return HPTCK_OK;
}

static int reset(void* instance) {
  (void)instance;
  if (way("crash in reset")) crash();
  return HPTCK_OK;
}

static int advance_time(void* instance, uint64_t milliseconds) {
  (void)instance;
  (void)milliseconds;
  if (way("crash in advance_time")) crash();
  return HPTCK_OK;
}

static const char* last_error(void* instance) {
  (void)instance;
  return "the reason that last_error() gives";
}

#ifndef HPTCK_NO_ENTRY
const struct hptck_plugin* hptck_plugin_entry(void) {
  static struct hptck_plugin plugin = {
      .abi_version = HPTCK_PLUGIN_ABI,
      .struct_size = sizeof(struct hptck_plugin),
      .abilities = HPTCK_CAN_FORBID_RESIZE | HPTCK_CAN_RESET | HPTCK_CAN_ADVANCE_TIME | 1ull << 40,
      .name = "misbehaving plugin",
      .version = "1",
      .create = create,
      .destroy = destroy,
      .restart = restart,
      .hcall = hcall,
      .reset = reset,
      .advance_time = advance_time,
      .last_error = last_error,
  };
  if (way("wrong version")) plugin.abi_version = HPTCK_PLUGIN_ABI + 1;
  if (way("short struct")) plugin.struct_size = 16;
  if (way("no name")) plugin.name = NULL;
  if (way("no hcall")) plugin.hcall = NULL;
  if (way("no reset")) plugin.reset = NULL;
  if (way("crash in entry")) crash();
  return way("no struct") ? NULL : &plugin;
}
#else
const void* const hptck_not_an_entry[] = {
    (const void*)create, (const void*)destroy,      (const void*)restart,   (const void*)hcall,
    (const void*)reset,  (const void*)advance_time, (const void*)last_error};
#endif

/* The example plugin, which also records what it answers (recording.h) in the file that its options name. */
#include <fcntl.h>
#include <unistd.h>

#include "conformance/adapters/plugin/hptck_plugin.h"

#define hptck_plugin_entry example_entry
#include "examples/plugin_c/hypervisor.c"
#undef hptck_plugin_entry

static int file = -1;

static void* recording_create(const char* options) {
  file = open(options, O_WRONLY | O_CREAT | O_APPEND, 0644);
  return file < 0 ? NULL : create("");
}

static int recording_hcall(void* instance, const struct hptck_call* calls, uint32_t count,
                           struct hptck_answer* answers, volatile uint32_t* answered) {
  for (uint32_t n = 0; n < count; n++) {
    volatile uint32_t one;
    struct {
      struct hptck_call call;
      struct hptck_answer answer;
    } record;
    hcall(instance, &calls[n], 1, &answers[n], &one);
    record.call = calls[n];
    record.answer = answers[n];
    if (write(file, &record, sizeof record) != sizeof record) abort();
    *answered = n + 1;
  }
  return HPTCK_OK;
}

const struct hptck_plugin* hptck_plugin_entry(void) {
  static struct hptck_plugin plugin;
  plugin = *example_entry();
  plugin.create = recording_create;
  plugin.hcall = recording_hcall;
  return &plugin;
}
